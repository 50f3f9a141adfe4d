# SPDX-License-Identifier: GPL-3.0-or-later
"""The ebb command on a real recording."""

import json
import os
import re
import shutil
import signal
import subprocess
import unittest

from harness import ebb, process


class Commands(unittest.TestCase):
    def setUp(self):
        self.ebb = ebb.current()
        self.recorder = self.ebb.shared("steps-aarch64")
        self.recording = self.recorder.recording

    def test_info(self):
        text = self.ebb.run("info", self.recording).text()
        for word in ("virt", "cortex-a53", "instructions", "keyframes", "complete (power-off)"):
            self.assertIn(word, text)
        info = self.ebb.info(self.recording)
        self.assertEqual(info["end"], "power-off")
        self.assertEqual(sum(info["events"].values()), info["event_count"])
        self.assertEqual(info["keyframes"][0]["position"], 0)
        self.assertIn(str(info["event_count"]), text.replace(",", "").replace("_", "")
                      .replace(" ", ""))

    def test_dump(self):
        events = self.ebb.json("dump", "--json", self.recording)
        info = self.ebb.info(self.recording)
        self.assertEqual(len(events), info["event_count"])
        positions = [event["position"] for event in events]
        self.assertEqual(positions, sorted(positions))
        self.assertEqual(events[-1]["kind"], "end")
        uart = [event for event in events
                if event["kind"] == "mmio-write" and event["address"] == 0x09000000]
        written = bytes(event["value"] & 0xff for event in uart).decode().replace("\r\n", "\n")
        self.assertEqual(written, self.recorder.text())
        lines = self.ebb.run("dump", self.recording).text().splitlines()
        self.assertGreaterEqual(len(lines), len(events))

    def test_dump_with_symbols(self):
        result = self.ebb.run("dump", "--symbols", self.ebb.guests.elf("steps-aarch64"),
                              self.recording)
        self.assertEqual(result.status, 0, result.describe())

    def test_console(self):
        lines = self.ebb.json("console", "--json", self.recording)
        self.assertEqual([line["text"].rstrip("\r\n") for line in lines],
                         self.recorder.text().splitlines())
        text = self.ebb.run("console", self.recording).text()
        self.assertIn("steps: total 385, list 5914", text)
        self.assertRegex(text, r"(?m)^\s*%d\s+steps: total" % lines[0]["position"])

    def test_verify(self):
        result = self.ebb.run("verify", self.recording)
        self.assertEqual(result.status, 0)
        self.assertIn("as recorded", result.text())
        self.assertEqual(result.errors, b"")  # no progress line in a pipe

    def test_record_in_a_pipe(self):
        """It says where the recording is, and nothing else."""
        self.assertRegex(self.recorder.errors.decode(),
                         r"^ebb: recorded into %s \(.+\)\n$" % re.escape(self.recording))

    def test_stats(self):
        path = os.path.join(self.ebb.folder, "stats.json")
        recorder = self.ebb.record(self.ebb.guests.bare("steps-aarch64"), ["--stats=" + path])
        with open(path) as file:
            stats = json.load(file)
        self.assertEqual(stats["directory"], recorder.recording)
        self.assertEqual(stats["qemu_exit_status"], 0)
        self.assertEqual(stats["end"], "power-off")

    def test_newest_recording_is_the_default(self):
        folder = self.ebb.new_folder("here")
        os.mkdir(folder)
        for _ in range(2):
            result = subprocess.run(
                [self.ebb.path, "record", *self.ebb.guests.bare("float-arm")], cwd=folder,
                stdin=subprocess.DEVNULL, capture_output=True, timeout=process.WATCHDOG)
            self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(sorted(os.listdir(folder)), ["ebb-recording-1", "ebb-recording-2"])
        result = subprocess.run([self.ebb.path, "info", "--json"], cwd=folder,
                                timeout=process.WATCHDOG, capture_output=True)
        self.assertIn("ebb-recording-2", json.loads(result.stdout)["directory"])

    def test_existing_folder_is_left_alone(self):
        folder = self.ebb.new_folder("full")
        os.mkdir(folder)
        with open(os.path.join(folder, "precious"), "w"):
            pass
        result = self.ebb.run("record", "-o", folder, "--", *self.ebb.guests.bare("float-arm"))
        self.assertNotEqual(result.status, 0)
        self.assertEqual(os.listdir(folder), ["precious"])

    def test_no_recording(self):
        for command in ("info", "dump", "console", "verify", "resolve"):
            result = self.ebb.run(command, os.path.join(self.ebb.folder, "nothing-here"))
            self.assertNotEqual(result.status, 0)
            self.assertIn("nothing-here", result.errors.decode())

    def test_changed_recording_is_found_out(self):
        """A bit flipped in the log is damage, not another history."""
        copy = self.ebb.new_folder("damaged")
        shutil.copytree(self.recording, copy)
        log = max((os.path.join(path, name) for path, _, names in os.walk(copy)
                   for name in names if "log" in name), key=os.path.getsize)
        with open(log, "r+b") as file:
            file.seek(os.path.getsize(log) // 2)
            byte = file.read(1)[0]
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte ^ 0x10]))
        result = self.ebb.run("verify", copy)
        self.assertTrue(result.status in (3, 4) or "cut off" in result.text(), result.describe())

    def test_strange_manifest(self):
        """What a CPU cannot have been like is damage, told in a line, and not the worker's end."""
        copy = self.ebb.new_folder("strange")
        shutil.copytree(self.recording, copy)
        path = os.path.join(copy, "manifest.json")
        with open(path) as file:
            text = file.read()
        for name, value in (("realized", True), ("hotplugged", True), ("core-count", 7),
                            ("secure-memory", "x"), ("type", "x"), ("cntfrq", None),
                            ("aarch64", False), ("vfp", False), ("vfp", 1), ("vfp", {}),
                            ("midr", 1.5), ("midr", "x"), ("midr", [1])):
            manifest = json.loads(text)
            manifest["cpu"]["properties"][name] = value
            self.check_damaged(copy, manifest, name)
        for name, value in (("properties", 5), ("properties", []), ("semihosting", 5),
                            ("gic_cpu_interface", "x"), ("gic_priority_bits", "x")):
            manifest = json.loads(text)
            manifest["cpu"][name] = value
            self.check_damaged(copy, manifest, "manifest")
        manifest = json.loads(text)
        manifest["memory_map"] = []
        self.check_damaged(copy, manifest, "memory_map")

    def check_damaged(self, recording, manifest, word):
        with open(os.path.join(recording, "manifest.json"), "w") as file:
            json.dump(manifest, file)
        result = self.ebb.run("verify", recording)
        errors = result.errors.decode()
        self.assertEqual(result.status, 4, result.describe())
        self.assertEqual(errors.count("\n"), 1, errors)
        self.assertNotIn("died", errors)
        self.assertIn(word.lower(), errors.lower())
        self.assertIn("cannot be replayed", errors)

    def test_replay_starts_gdb(self):
        """`ebb replay` alone: gdb comes up connected, with the guest's symbols."""
        session = subprocess.run(
            [self.ebb.path, "replay", self.recording], timeout=process.WATCHDOG,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            input=b"monitor position\ntbreak build_list\ncontinue\nquit\n",
            env={**os.environ, "DEBUGINFOD_URLS": "", "TERM": "dumb"})
        text = session.stdout.decode(errors="replace")
        self.assertIn("position 0 of 0 to", text)
        self.assertRegex(text, r"Temporary breakpoint 1, .*build_list")

    def test_nohup(self):
        """A hang-up ends a server, but not one that was started so as to survive it."""
        for prefix, ends in (([], True), (["sh", "-c", "trap '' HUP; exec \"$@\"", "sh"], False)):
            path = self.ebb.new_folder("socket")
            with process.Process([*prefix, self.ebb.path, "replay", "--listen", "unix:" + path,
                                  self.recording]) as server:
                server.wait_for(path)
                self.assertEqual(process.waits_for(server.child.pid, signal.SIGHUP), ends)
                self.assertTrue(process.waits_for(server.child.pid, signal.SIGTERM))

    def test_help(self):
        text = self.ebb.run("--help").text()
        for command in ("record", "replay", "info", "dump", "verify", "resolve", "merge", "console",
                        "doctor"):
            self.assertIn(command, text)
            self.assertIn("ebb " + command, self.ebb.run("help", command).text())
        self.assertRegex(self.ebb.run("--version").text(), r"ebb \d+\.\d+")
        self.assertEqual(self.ebb.run("no-such-command").status, 2)

    def test_doctor(self):
        result = self.ebb.run("doctor")
        self.assertIn(result.status, (0, 1))
        report = json.loads(self.ebb.run("doctor", "--json").output)
        self.assertEqual(report["kvm"], result.status == 0)
        self.assertIn("This host records", result.text().splitlines()[-1])

    def test_kvm_is_refused_with_a_reason(self):
        """On a host that records under KVM there is no reason to."""
        recording = self.ebb.new_folder("kvm")
        result = self.ebb.run("record", "--accel", "kvm", "-o", recording, "--",
                              *self.ebb.guests.bare("steps-kvm-aarch64", cpu="host"))
        if self.ebb.run("doctor").status == 0:
            self.assertEqual(result.status, 0, result.describe())
            self.assertEqual(self.ebb.verify(recording).status, 0)
        else:
            self.assertEqual(result.status, 5)
            self.assertIn("cannot record under KVM here", result.errors.decode())
