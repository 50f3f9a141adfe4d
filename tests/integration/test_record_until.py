# SPDX-License-Identifier: GPL-3.0-or-later
"""`ebb record --until` and `--repeat`: what ends a recording, and the run that is kept."""

import os
import re
import signal
import subprocess
import unittest

from harness import ebb, gdb, process
from harness.commands import Commands, number

FAILED, NOT_FAILED, STOPPED = 0, 7, 6
NEAR = 120000000  # instructions, 0.2 s: what is replayed at most to get to where it ends


class Until(unittest.TestCase):
    def setUp(self):
        self.ebb = ebb.current()

    def record(self, guest, *options, status=FAILED):
        """Records a guest to its end; returns the Process."""
        recorder = self.ebb.start_recording(guest, options)
        self.addCleanup(recorder.close)
        self.assertEqual(recorder.wait(), status, recorder.describe())
        return recorder

    def check(self, recorder, condition, end, text=None):
        """The recording is whole, and says what ended it. Returns what ebb info says."""
        info = self.ebb.info(recorder.recording)
        self.assertTrue(info["complete"])
        self.assertEqual(info["end"], end)
        self.assertEqual(info["until"]["condition"], condition)
        if text is None:
            self.assertIsNone(info["until"]["text"])
        else:
            self.assertRegex(info["until"]["text"], text)
        self.assertIn(condition, self.ebb.run("info", recorder.recording).text())
        result = self.ebb.json("verify", "--json", recorder.recording)
        self.assertTrue(result["end_state_compared"], result)
        return info

    def opened(self, recorder, *options, elf=None):
        debugger = gdb.Gdb(elf=elf, recording=recorder.recording, options=options)
        self.addCleanup(debugger.close)
        return debugger

    def check_console(self, architecture):
        name = "forever-" + architecture
        recorder = self.record(self.ebb.guests.bare(name), "--until", "panic",
                               "--until", "console:/round 5[7-9]$/")
        info = self.check(recorder, "console:/round 5[7-9]$/", "stopped", "^forever: round 57$")
        self.assertNotIn("round 58", recorder.text())
        self.assertEqual(info["until"]["position"], info["end_position"])
        debugger = self.opened(recorder, elf=self.ebb.guests.elf(name))
        self.assertEqual(debugger.position(), info["until"]["position"])
        self.assertIn("print", debugger.run("backtrace").text)
        other = self.opened(recorder, "--at", "0")
        self.assertEqual(other.position(), 0)

    def test_console_aarch64(self):
        self.check_console("aarch64")

    def test_console_arm(self):
        self.check_console("arm")

    def test_semihosting(self):
        """Text that came by other means than a UART."""
        recorder = self.record(self.ebb.guests.bare("semihosting-aarch64") +
                               ["-semihosting-config", "enable=on,target=native"],
                               "--until", "console:/semihosting/")
        self.check(recorder, "console:/semihosting/", "stopped", "semihosting")

    def check_last_line(self, architecture):
        """The last one counts, too, of a guest that ends before it would be taken for a prompt. What does
        not begin or end a line does not match in a long one that is looked at in pieces."""
        recorder = self.record(self.ebb.guests.bare("lastline-" + architecture),
                               "--until", "console:/^y$/", "--until", "console:/x$/",
                               "--until", "console:/stuck> $/", "--repeat", "2")
        info = self.check(recorder, "console:/stuck> $/", "power-off", "^lastline: stuck> $")
        self.assertLess(info["until"]["position"], info["end_position"])
        self.assertEqual(recorder.text().count("stuck"), 1)

    def test_last_line_aarch64(self):
        self.check_last_line("aarch64")

    def test_last_line_arm(self):
        self.check_last_line("arm")

    def test_timeout(self):
        """Of several the shortest, also of a guest whose CPU sleeps."""
        for name in "echo-aarch64", "forever-arm":
            with self.subTest(name=name):
                recorder = self.record(self.ebb.guests.bare(name), "--until", "timeout:9999",
                                       "--until", "timeout:1", "--until", "console:/never/")
                info = self.check(recorder, "timeout:1", "stopped")
                self.assertEqual(info["until"]["position"], info["end_position"])

    def test_exit(self):
        """Also where QEMU would stay when the guest has ended."""
        for options in [], ["-no-shutdown"]:
            with self.subTest(options=options):
                recorder = self.record(self.ebb.guests.bare("steps-arm") + options,
                                       "--until", "exit")
                self.check(recorder, "exit", "power-off")

    def test_not_failed(self):
        """The recording is kept, and the exit status is not that of a failure."""
        guest = self.ebb.guests.bare("steps-aarch64")
        for options in ["--until", "panic"], ["--until", "pass:exit"]:
            with self.subTest(options=options):
                recorder = self.record(guest, *options, status=NOT_FAILED)
                self.assertIn("did not fail", recorder.errors.decode())
                self.assertTrue(self.ebb.info(recorder.recording)["complete"])

    def test_stopped(self):
        recorder = self.ebb.start_recording(self.ebb.guests.bare("forever-aarch64"),
                                            ["--until", "panic", "--repeat", "9"])
        self.addCleanup(recorder.close)
        recorder.expect("forever: round 20")
        recorder.signal(signal.SIGINT)
        self.assertEqual(recorder.wait(), STOPPED, recorder.describe())
        self.assertIn("in run 1 of 9", recorder.errors.decode())
        self.assertIsNone(self.ebb.info(recorder.recording)["until"])

    def check_stopped_between(self, number, send):
        """Of a guest whose runs are short, a signal comes while one ends, its recording is deleted,
        QEMU starts, or the recording begins: what is left is whole, or nothing."""
        for runs in range(1, 9):
            recorder = self.ebb.start_recording(self.ebb.guests.bare("steps-aarch64"),
                                                ["--until", "panic", "--repeat", "1000"])
            self.addCleanup(recorder.close)
            for _ in range(runs):
                recorder.expect("steps: PASS")
            send(recorder, number)
            self.assertEqual(recorder.wait(30), STOPPED, recorder.describe())
            said = re.findall("^ebb: .*", recorder.errors.decode(), re.MULTILINE)
            self.assertEqual(len(said), 1, said)
            self.assertRegex(said[0], r"^ebb: stopped in run \d+ of 1000 ")
            if os.path.exists(recorder.recording):
                self.assertIn("recorded into " + recorder.recording, said[0])
                self.assertTrue(self.ebb.info(recorder.recording)["complete"])
            else:
                self.assertIn("no recording is left", said[0])

    def test_stopped_between_runs(self):
        for number in signal.SIGINT, signal.SIGTERM:
            with self.subTest(number=number):
                self.check_stopped_between(number, process.Process.signal)

    def test_all_stopped_between_runs(self):
        """A signal that QEMU gets as well."""
        for number in signal.SIGINT, signal.SIGTERM:
            with self.subTest(number=number):
                self.check_stopped_between(
                    number, lambda recorder, number: os.killpg(recorder.child.pid, number))

    def check_repeat(self, architecture):
        """Of a guest that fails now and then, only the run in which it does is left. Its console
        ends with a line that is not ended."""
        recorder = self.record(self.ebb.guests.bare("flaky-" + architecture),
                               "--until", "console:/stuck> $/", "--repeat", "500")
        self.check(recorder, "console:/stuck> $/", "stopped", "^flaky: stuck> $")
        said = re.search(r"run (\d+) of 500: .*; recorded into (\S+)", recorder.errors.decode())
        self.assertEqual(int(said[1]), recorder.text().count("PASS") + 1)
        self.assertEqual(said[2], recorder.recording)
        debugger = self.opened(recorder, elf=self.ebb.guests.elf("flaky-" + architecture))
        self.assertEqual(debugger.number("drawn") % 4, 0)

    def test_repeat_aarch64(self):
        self.check_repeat("aarch64")

    def test_repeat_arm(self):
        self.check_repeat("arm")

    def test_repeat_without_failure(self):
        recorder = self.record(self.ebb.guests.bare("steps-aarch64"), "--until", "panic",
                               "--repeat", "3", status=NOT_FAILED)
        self.assertEqual(recorder.text().count("steps: PASS"), 3)
        self.assertIn("in 3 runs", recorder.errors.decode())
        self.assertFalse(os.path.exists(recorder.recording))

    def test_pass(self):
        """A guest that never ends by itself can be run again as well."""
        recorder = self.record(self.ebb.guests.bare("forever-arm"), "--repeat", "2",
                               "--until", "pass:console:/round 3$/", "--until", "panic",
                               status=NOT_FAILED)
        self.assertEqual(recorder.text().split().count("3"), 2)

    def test_flight_recorder(self):
        """Of a long run the newest part is kept, and it has the failure."""
        recorder = self.record(self.ebb.guests.bare("forever-aarch64"), "--last", "40M",
                               "--keyframe-interval", "5M", "--until", "console:/round 900$/")
        info = self.check(recorder, "console:/round 900$/", "stopped", "round 900$")
        self.assertGreater(info["begin_position"], 0)
        debugger = self.opened(recorder)
        self.assertEqual(debugger.position(), info["end_position"])

    def test_words(self):
        """Where it ended is a word for positions."""
        recorder = self.record(self.ebb.guests.bare("steps-aarch64"), "--until", "exit")
        end = self.ebb.info(recorder.recording)["end_position"]
        debugger = self.opened(recorder, "--at", "until")
        self.assertEqual(debugger.position(), end)
        other = self.ebb.shared("steps-aarch64")
        with Commands(self.ebb.guests.elf("steps-aarch64"), recorder.recording,
                      ["--at", "begin"]) as commands:
            commands.run("ebb goto until")
            self.assertEqual(commands.position(), end)
        shell = subprocess.run([self.ebb.path, "shell", recorder.recording], capture_output=True,
                               text=True, input="seek until\n")
        self.assertEqual(number(shell.stdout.split("  ")[0]), end)
        refused = self.ebb.run("replay", "--at", "until", other.recording, "--", "-batch")
        self.assertEqual(refused.status, 2)
        self.assertIn("no condition", refused.errors.decode())

    def check_panic(self, architecture):
        recorder = self.record(self.ebb.guests.linux(architecture, "panic"), "--until", "panic",
                               "--until", "timeout:3000")
        info = self.check(recorder, "panic", "panic", "Kernel panic - not syncing: Attempted to kill")
        self.assertEqual(info["until"]["position"], info["end_position"])
        debugger = self.opened(recorder)
        self.assertEqual(debugger.position(), info["end_position"])
        # The last keyframe is there; only steps back from it are prepared for.
        replayed = re.search(r"instructions replayed +(\d+)", debugger.run("monitor stats").text)
        self.assertLess(int(replayed[1]), NEAR)

    def test_panic_arm64(self):
        self.check_panic("arm64")

    def test_panic_armhf(self):
        self.check_panic("armhf")
