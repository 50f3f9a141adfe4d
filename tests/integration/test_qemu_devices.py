#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machines and devices that QEMU is built with are those that docs/building.md lists.

    test_qemu_devices.py QEMU      prints the list for the page
"""

import os
import re
import subprocess
import sys
import textwrap
import unittest

from harness import ebb, process

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PAGE = os.path.join(ROOT, "docs", "building.md")
LIST = re.compile(r"<!-- the list begins -->\n\n(.*?)\n\n<!-- the list ends -->", re.DOTALL)
WIDTH = 110
# One that stands for several machines or devices is enough.
VARIANT = re.compile(r"^virt-[\d.]+$|^(none|ebb)$|-(non-)?transitional$")


def ask(qemu, *arguments):
    return subprocess.run([qemu, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=process.WATCHDOG, check=True).stdout.splitlines()


def entry(title, names):
    words = ", ".join("`%s`" % name for name in names if not VARIANT.search(name))
    return "\n".join(textwrap.wrap("* %s: %s" % (title, words), WIDTH, subsequent_indent="  ",
                                   break_on_hyphens=False))


def device_list(qemu):
    """What QEMU has, in its own words, as Markdown."""
    machines = [line.split()[0] for line in ask(qemu, "-M", "help")[1:]]
    groups = [("Machines", machines)]
    for line in ask(qemu, "-device", "help"):
        if line.endswith(":"):
            groups.append((line[:-1], []))
        elif line:
            groups[-1][1].append(re.match(r'name "([^"]*)"', line).group(1))
    return "\n".join(entry(*group) for group in groups)


class QemuDevices(unittest.TestCase):
    maxDiff = None

    def test_machines_start(self):
        """Each machine has all of its parts."""
        qemu = os.path.join(ebb.current().build, "qemu", "qemu-system-aarch64")
        machines = [line.split()[0] for line in ask(qemu, "-M", "help")[1:]]
        machines = [name for name in machines if not VARIANT.search(name)]
        self.assertIn("virt", machines)
        for name in machines:
            with self.subTest(machine=name):
                ended = subprocess.run(
                    [qemu, "-M", name, "-S", "-nodefaults", "-audio", "none", "-display", "none",
                     "-monitor", "stdio"], input="quit\n", capture_output=True, text=True,
                    timeout=process.WATCHDOG, check=False)
                self.assertEqual((ended.returncode, ended.stderr), (0, ""))

    def test_list_in_documentation(self):
        qemu = os.path.join(ebb.current().build, "qemu", "qemu-system-aarch64")
        have = device_list(qemu)
        if "`raspi" in have:
            self.skipTest("this QEMU was built with all devices")
        with open(PAGE) as page:
            self.assertEqual(LIST.search(page.read()).group(1), have)


if __name__ == "__main__":
    print(device_list(sys.argv[1]))
