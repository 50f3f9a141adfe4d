# SPDX-License-Identifier: GPL-3.0-or-later
"""Recording and replaying take memory for the pages that a guest uses, not for the RAM it has."""

import sys
import unittest

from harness import ebb, process, rsp

SMALL, LARGE = "32", "4096"  # MiB
# Bytes that 4 GiB may take more than 32 MiB: what is kept of each page, and pages that the host's kernel
# maps 2 MiB at a time. The guest uses 16 MiB.
MOST = 48 << 20

# Runs a command to its end and prints the most bytes that any of its processes had in memory.
MEASURE = """
import resource, subprocess, sys
status = subprocess.call(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=sys.stderr)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss << 10)
sys.exit(status)
"""


class UnusedRam(unittest.TestCase):
    def setUp(self):
        self.ebb = ebb.current()

    def peak(self, *arguments):
        result = process.run([sys.executable, "-c", MEASURE, self.ebb.path, *arguments])
        self.assertEqual(result.status, 0, result.describe())
        return int(result.output)

    def record(self, ram):
        """Returns the recording and the most memory that was used for it."""
        recording = self.ebb.new_folder()
        guest = self.ebb.guests.bare("spread-aarch64", ram=ram)
        peak = self.peak("record", "--accel", "tcg", "--keyframe-interval", "20M", "-o", recording,
                         "--", *guest)
        self.assertGreater(len(self.ebb.info(recording)["keyframes"]), 2)
        return recording, peak

    def replay(self, recording):
        """The most memory that a debugger's session at the end takes, in ebb and in its worker."""
        with rsp.Rsp(recording, "--at", "end") as replay:
            replay.registers()
            (worker,) = replay.workers()
            return process.peak_memory(replay.child.pid), process.peak_memory(worker)

    def test_large(self):
        (small, small_peak), (large, large_peak) = self.record(SMALL), self.record(LARGE)
        self.assertLess(large_peak - small_peak, MOST)
        self.assertLess(self.peak("verify", large) - self.peak("verify", small), MOST)
        for of_large, of_small in zip(self.replay(large), self.replay(small)):
            self.assertLess(of_large - of_small, MOST)
