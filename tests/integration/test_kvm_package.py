# SPDX-License-Identifier: GPL-3.0-or-later
"""The archive for ARM hosts: unpacked on one, it records and replays with nothing else of ours."""

import os
import subprocess
import unittest

from harness import ebb, kvm, process
from harness.guests import ROOT

SCRIPT = """
mkdir "$PWD/unpacked" && cd "$PWD/unpacked" || exit 1
xz -dc "$EBB_FILES/package.tar.xz" | tar -x || exit 1
cd ebb-* || exit 1
# Only what is in the archive is to be found.
for program in ebb qemu-img qemu-system-aarch64; do
    rm -f "$EBB_FILES/bin/$program"
done
bin/ebb --version
./selftest kvm
status=$?
cd ../..
rm -rf unpacked
exit $status
"""


class KvmPackage(unittest.TestCase):
    def test_selftest(self):
        session = ebb.current()
        package = subprocess.run(
            [os.path.join(ROOT, "scripts", "package.sh"), "arm64", session.build],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=process.WATCHDOG, text=True)
        self.assertEqual(package.returncode, 0, package.stderr)
        host = kvm.open_host("neoverse-n1", "6.1", build=session.build,
                             timeout=kvm.HOST_TIMEOUT)
        results = host.run(SCRIPT, {"package.tar.xz": package.stdout.strip()},
                           session.new_folder("package"))
        self.assertEqual(results.status, 0, results.output)
        self.assertRegex(results.output, r"(?m)^ebb \d")
        self.assertRegex(results.output, r"(?m)^7 passed, 0 failed$")


def load_tests(_loader, tests, _pattern):
    """The archive is cross-built, so it is no test of an ARM host."""
    return unittest.TestSuite() if kvm.is_arm_host() else tests
