# SPDX-License-Identifier: GPL-3.0-or-later
"""Page tables that the CPU updates by itself are memory that changes, too."""

import subprocess
import unittest

from harness import ebb, process
from harness.rsp import Rsp


class Tables(unittest.TestCase):
    def setUp(self):
        self.ebb = ebb.current()

    def address(self, elf, name):
        text = subprocess.run(["aarch64-linux-gnu-nm", elf], capture_output=True, check=True,
                              timeout=process.WATCHDOG).stdout.decode()
        return next(int(line.split()[0], 16) for line in text.splitlines()
                    if line.split()[2:] == [name])

    def test_any_way(self):
        """Straight on from the beginning, back from the end, and from a keyframe."""
        recorder = self.ebb.record(self.ebb.guests.bare("accessed-aarch64", cpu="max"),
                                   ["--keyframe-interval", "5M"])
        self.assertIn("accessed: PASS", recorder.text())
        states = []
        with Rsp(recorder.recording) as straight:
            straight.ask("Z0,%x,4" % self.address(self.ebb.guests.elf("accessed-aarch64"),
                                                  "accessed"))
            while straight.move("c").reason == "break":
                states.append(straight.state())
        self.assertEqual(len(states), 48)
        with Rsp(recorder.recording) as back:
            back.seek("end")
            for state in reversed(states[::3]):
                back.seek(state[0])
                self.assertEqual(back.state(), state)
        for state in states[12::12]:
            with Rsp(recorder.recording) as keyframe:
                keyframe.seek(state[0])
                self.assertEqual(keyframe.state(), state)
