# SPDX-License-Identifier: GPL-3.0-or-later
"""Page tables that the CPU updates by itself are memory that changes, too."""

import unittest

from harness import ebb
from harness.rsp import Rsp


class Tables(unittest.TestCase):
    def setUp(self):
        self.ebb = ebb.current()

    def test_any_way(self):
        """Straight on from the beginning, back from the end, and from a keyframe."""
        recorder = self.ebb.record(self.ebb.guests.bare("accessed-aarch64", cpu="max"),
                                   ["--keyframe-interval", "5M"])
        self.assertIn("accessed: PASS", recorder.text())
        states = []
        with Rsp(recorder.recording) as straight:
            straight.ask("Z0,%x,4" % self.ebb.guests.address(
                self.ebb.guests.elf("accessed-aarch64"), "accessed"))
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
