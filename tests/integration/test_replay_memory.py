# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker that replays the same again and again does not grow."""

import unittest

from harness import ebb, process, rsp

WARM_UP = 12  # until what QEMU frees later, on a thread of its own, has come to a balance
PASSES = 30


class Memory(unittest.TestCase):
    def test_maps(self):
        """Programming a word of flash changes the memory map twice."""
        session = ebb.current()
        recording = session.shared("flash-aarch64").recording
        info = session.info(recording)
        self.assertGreater(info["events"]["memory-map"], 1000)
        with rsp.Rsp(recording) as replay:
            for number in range(WARM_UP + PASSES):
                replay.seek(0)
                replay.seek(info["end_position"] - 1)
                if number == WARM_UP - 1:
                    (worker,) = replay.workers()
                    before = process.private_memory(worker)
            self.assertEqual(replay.workers(), [worker])
            self.assertLess(process.private_memory(worker) - before, 16 << 20)
