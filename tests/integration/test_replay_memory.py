# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker that replays the same again and again does not grow."""

import unittest

from harness import ebb, process, rsp

WARM_UP = 30  # until what QEMU frees later, on a thread of its own, has come to a balance
PASSES = 90
# Bytes; how much is waiting to be freed depends on when the thread runs. A worker that kept the views of
# all maps grew by more than a megabyte in each pass.
MOST = 48 << 20


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
            self.assertLess(process.private_memory(worker) - before, MOST)
