# SPDX-License-Identifier: GPL-3.0-or-later
"""A recorder is killed at each kind of operation on files, or finds the disk full: what was written
before can be replayed. faults.py in this folder does the same at all of them."""

import unittest

from harness import ebb, faults

EACH = 4  # operations of each kind


class Faults(unittest.TestCase):
    def recorder(self, *options):
        session = ebb.current()
        return faults.FaultyRecorder(session, session.guests.bare("steps-aarch64"), options)

    def check(self, recorder):
        operations = recorder.operations()
        self.assertIn("rename", {operation.name for operation in operations})
        left = set()
        for fault in faults.KINDS:
            for number in faults.sample(operations, fault, EACH):
                with self.subTest(fault=fault, operation=number):
                    left.add(recorder.check(fault, number))
        self.assertLessEqual({"nothing", "cut off"}, left)

    def test_whole_recording(self):
        self.check(self.recorder("--keyframe-interval", "100000"))

    def test_flight_recording(self):
        recorder = self.recorder("--keyframe-interval", "50000", "--last", "300000")
        self.assertIn("fallocate", {operation.name for operation in recorder.operations()})
        self.check(recorder)


if __name__ == "__main__":
    unittest.main()
