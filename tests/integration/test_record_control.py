# SPDX-License-Identifier: GPL-3.0-or-later
"""Recording begins and ends while the guest runs."""

import fcntl
import signal
import unittest

from harness import ebb, process

PIPE = 4096  # bytes: the smallest that there is, so that a guest cannot be far ahead of what is read


class StartAndStop(unittest.TestCase):
    def setUp(self):
        self.ebb = ebb.current()
        self.socket = self.ebb.new_folder("control")

    def start(self, *options, wait=True):
        own = ["--wait"] if wait else ["-o", self.ebb.new_folder()]
        recorder = process.Process(
            [self.ebb.path, "record", "--accel", "tcg", "--control", self.socket, *own, *options,
             "--", *self.ebb.guests.bare("forever-aarch64")])
        self.addCleanup(recorder.close)
        fcntl.fcntl(recorder.child.stdout, fcntl.F_SETPIPE_SZ, PIPE)
        recorder.expect("forever: round 3\r\n")
        return recorder

    def attach(self, *options):
        recording = self.ebb.new_folder()
        result = self.ebb.run("record", "--attach", self.socket, "-o", recording, *options)
        self.assertEqual(result.status, 0, result.describe())
        return recording

    def detach(self):
        result = self.ebb.run("record", "--detach", self.socket)
        self.assertEqual(result.status, 0, result.describe())

    def rounds(self, recorder, count=20):
        """Lets the guest go on for some rounds from now."""
        recorder.skip()
        # What was printed before may still be in the pipe, and as much in its reader's hands.
        recorder.expect(rb"(?s).{%d}" % (2 * PIPE))
        for _ in range(count):
            recorder.expect("forever: round")

    def check(self, recording, end):
        info = self.ebb.info(recording)
        self.assertEqual(info["end"], end)
        self.assertGreater(info["end_position"], 0)
        self.assertEqual(info["keyframes"][0]["position"], 0)
        result = self.ebb.verify(recording)
        self.assertEqual(result.status, 0, result.describe())
        return info

    def test_again_and_again(self):
        recorder = self.start()
        parts = []
        for _ in range(3):
            parts.append(self.attach())
            self.rounds(recorder)
            self.detach()
            self.rounds(recorder, 3)
        parts.append(self.attach())
        self.rounds(recorder)
        recorder.signal(signal.SIGTERM)
        self.assertEqual(recorder.wait(), 0, recorder.describe())
        for part in parts[:3]:
            self.check(part, "stopped")
        self.check(parts[3], "quit")
        lines = [line["text"] for line in self.ebb.json("console", "--json", parts[1])]
        self.assertIn(lines[len(lines) // 2], recorder.output.decode())

    def test_stop_what_was_recorded_from_the_start(self):
        recorder = self.start(wait=False)
        first = recorder.command[recorder.command.index("-o") + 1]
        self.assertEqual(self.ebb.run("record", "--attach", self.socket).status, 2)
        self.detach()
        self.rounds(recorder, 3)
        self.assertEqual(self.ebb.run("record", "--detach", self.socket).status, 2)
        recorder.signal(signal.SIGTERM)
        self.assertEqual(recorder.wait(), 0, recorder.describe())
        self.check(first, "stopped")

    def test_nothing_was_recorded(self):
        recorder = self.start()
        recorder.signal(signal.SIGTERM)
        self.assertEqual(recorder.wait(), 0, recorder.describe())

    def test_amounts(self):
        """Keyframes as often as --attach says, not as often as the one before."""
        recorder = self.start("--keyframe-interval", "0")
        many = self.attach("--keyframe-interval", "1M")
        self.rounds(recorder, 60)
        self.detach()
        few = self.attach("--keyframe-interval", "0")
        self.rounds(recorder, 60)
        self.detach()
        recorder.signal(signal.SIGTERM)
        self.assertEqual(recorder.wait(), 0, recorder.describe())
        self.assertGreater(self.check(many, "stopped")["keyframe_count"], 3)
        self.assertEqual(self.check(few, "stopped")["keyframe_count"], 2)
