# SPDX-License-Identifier: GPL-3.0-or-later
"""Of a long run only the newest part is kept, and it can be replayed."""

import os
import re
import signal
import unittest

from harness import ebb


class FlightRecorder(unittest.TestCase):
    def setUp(self):
        self.ebb = ebb.current()

    def record(self, *options):
        recorder = self.ebb.start_recording(self.ebb.guests.bare("forever-aarch64"),
                                            ["--accel", "tcg", *options])
        self.addCleanup(recorder.close)
        recorder.expect("forever: round 2000\r\n")
        recorder.signal(signal.SIGTERM)
        self.assertEqual(recorder.wait(), 0, recorder.describe())
        return recorder

    def check(self, recorder):
        info = self.ebb.info(recorder.recording)
        self.assertGreater(info["begin_position"], 0)
        self.assertGreater(info["first_event"], 0)
        self.assertEqual(info["keyframes"][0]["position"], info["begin_position"])
        result = self.ebb.verify(recorder.recording)
        self.assertEqual(result.status, 0, result.describe())
        text = self.ebb.run("console", recorder.recording).text()
        self.assertNotIn("forever: round 3\n", text)
        # However much further the guest got before it was stopped.
        last = re.findall(r"forever: round \d+\n", recorder.text())[-1]
        self.assertIn(last, text)
        return info

    def test_instructions(self):
        recorder = self.record("--last", "20M", "--keyframe-interval", "2M")
        info = self.check(recorder)
        kept = info["end_position"] - info["begin_position"]
        self.assertGreaterEqual(kept, 20_000_000)
        self.assertLess(kept, 80_000_000)

    def test_bytes(self):
        recorder = self.record("--last", "200kB", "--keyframe-interval", "2M")
        self.check(recorder)
        used = sum(os.stat(os.path.join(recorder.recording, name)).st_blocks * 512
                   for name in os.listdir(recorder.recording))
        self.assertLess(used, 1_000_000)
