# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo's session prints what the README says, and leaves one who goes on with ebb's commands."""

import subprocess
import unittest

from harness import documents, ebb
from harness.commands import SCRIPT
from harness.gdb import find_gdb
from harness.guests import ROOT
from harness.process import WATCHDOG

BEGIN, END = "# This is the recording's end", "instructions before the crash.\n"


def session(text):
    """From the first word of explanation to the last."""
    return text[text.index(BEGIN):text.index(END) + len(END)]


class Demo(unittest.TestCase):
    maxDiff = None

    def test_session(self):
        tested = ebb.current()
        recording = tested.shared("jobs-aarch64").recording
        result = subprocess.run(
            [find_gdb(), "-nx", "-q", "-batch", tested.guests.elf("jobs-aarch64"),
             "-ex", "set debuginfod enabled off",
             "-ex", f"target remote | '{tested.path}' replay --stdio --at end '{recording}'",
             "-x", SCRIPT, "-x", "demo/session.gdb", "-ex", "ebb goto 50%", "-ex", "ebb help"],
            cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, timeout=WATCHDOG)
        text = result.stdout.decode()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(documents.masked(session(text)),
                         documents.masked(session(documents.read("README.md"))))
        self.assertRegex(text, r"(?m)^position [\d ]+ of [\d ]+ \(50 %\)$")
        self.assertIn("List of ebb subcommands:", text)
