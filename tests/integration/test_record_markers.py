# SPDX-License-Identifier: GPL-3.0-or-later
"""Markers that guests store: where they are told, and how one gets to them."""

import json
import os
import subprocess
import unittest

from harness import ebb
from harness.commands import Commands, number

NAMES = ["7", "boot done", "7", r"\x1b[2Jescape\x80", 200 * "x", "", "4660", "a"]
FAULTS = {4: "longer than 200 bytes", 5: "no text", 7: "no end"}


class Markers(unittest.TestCase):
    def setUp(self):
        self.ebb = ebb.current()

    def recorded(self, architecture):
        return self.ebb.shared("markers-" + architecture)

    def check_told(self, architecture):
        recorder = self.recorded(architecture)
        self.assertIn("markers: PASS", recorder.text())
        markers = self.ebb.info(recorder.recording)["markers"]
        self.assertEqual([marker["name"] for marker in markers], NAMES)
        positions = [marker["position"] for marker in markers]
        self.assertEqual(positions, sorted(positions))
        for i, marker in enumerate(markers):
            self.assertIn(FAULTS.get(i, ""), marker["fault"] or "")
            self.assertEqual(marker["fault"] is not None, i in FAULTS)
        text = self.ebb.run("info", recorder.recording).text()
        self.assertIn("boot done", text)
        lines = self.ebb.run("console", recorder.recording).text().splitlines()
        self.assertEqual([line.split("  ")[-1] for line in lines if "[marker" in line][:2],
                         ["[marker 7]", "[marker boot done]"])
        half = next(i for i, line in enumerate(lines) if line.endswith("markers: half"))
        self.assertIn("[marker boot done]", lines[half - 1])
        self.assertIn("[marker 7]", lines[half + 1])
        found = [line["marker"] for line in
                 self.ebb.json("console", "--json", recorder.recording) if "marker" in line]
        self.assertEqual(found, NAMES)

    def test_told_aarch64(self):
        self.check_told("aarch64")

    def test_told_arm(self):
        self.check_told("arm")

    def test_told_vexpress(self):
        """Another board, another address."""
        self.check_told("vexpress")

    def check_gdb(self, architecture):
        recorder = self.recorded(architecture)
        gdb = Commands(self.ebb.guests.elf("markers-" + architecture), recorder.recording)
        self.addCleanup(gdb.close)
        seven, done, again = [marker["position"]
                              for marker in self.ebb.info(recorder.recording)["markers"]][:3]
        for name, place in ("7", seven), ("7", again), ("boot done", done), ("7", again):
            gdb.run("ebb goto marker " + name)
            self.assertEqual(gdb.position(), place)
        self.assertIn("from the beginning", gdb.run("ebb goto marker 7").text)
        self.assertEqual(gdb.position(), seven)
        self.assertIn("mark", gdb.run("backtrace").text)
        line = gdb.run("ebb timeline").text
        self.assertIn("m marker", line)
        self.assertIn("m", line.split("|")[1])
        text = gdb.run("ebb console").text
        self.assertIn("[marker boot done]", text)
        self.assertLess(text.index("[marker boot done]"), text.index("markers: half"))
        self.assertNotIn("marker", gdb.run("ebb console /half/").text.replace("markers: half", ""))
        self.assertIn("there is no marker", gdb.refused("ebb goto marker nothing"))
        self.assertIn("no condition", gdb.refused("ebb goto until"))
        self.assertIn("ebb goto marker boot done", gdb.completed("ebb goto marker boot d"))
        self.assertEqual(gdb.position(), seven)

    def test_gdb_aarch64(self):
        self.check_gdb("aarch64")

    def test_gdb_arm(self):
        self.check_gdb("arm")

    def test_shell(self):
        recorder = self.recorded("arm")
        positions = [marker["position"] for marker in self.ebb.info(recorder.recording)["markers"]]
        result = subprocess.run(
            [self.ebb.path, "shell", recorder.recording], capture_output=True, text=True,
            input="markers\nseek marker 7\ngoto marker 7\nseek marker boot done\nseek marker none\n")
        self.assertEqual(result.returncode, 2)
        self.assertIn('there is no marker "none"', result.stderr)
        lines = result.stdout.splitlines()
        self.assertEqual(len(lines), len(NAMES) + 3)
        self.assertEqual([number(line.split("  ")[0]) for line in lines[-3:]],
                         [positions[0], positions[2], positions[1]])

    def test_not_recorded(self):
        """The guest does the same where nobody records it."""
        guest = self.ebb.guests.bare("markers-aarch64")
        result = subprocess.run(
            [os.path.join(self.ebb.build, "qemu", "qemu-system-aarch64"), *guest],
            capture_output=True)
        self.assertEqual(result.stdout, self.recorded("aarch64").output)

    def test_address(self):
        """One that the user names; what is none is refused in a sentence, and nothing is recorded."""
        guest = self.ebb.guests.bare("markers-aarch64")
        recorder = self.ebb.record(guest, ["--markers", "0x0a0003f0"])
        self.assertEqual(self.ebb.info(recorder.recording)["markers"], [])
        with open(os.path.join(recorder.recording, "manifest.json")) as file:
            self.assertEqual(json.load(file)["markers"], 0x0a0003f0)
        for address, why in ("0x40000000", "is RAM"), ("0x3f000000", "is nothing"), \
                ("0x09000ff8", "are no 16 bytes"), ("0x08fffff8", "are no 16 bytes"):
            with self.subTest(address), \
                    self.ebb.start_recording(guest, ["--markers", address]) as refused:
                self.assertEqual(refused.wait(), 5)
                self.assertIn(why, refused.errors.decode())
                self.assertFalse(os.path.exists(refused.recording))

    def check_linux(self, architecture):
        recorder = self.ebb.record(self.ebb.guests.linux(architecture, "markers"))
        self.assertIn("guest: PASS", recorder.text())
        markers = self.ebb.info(recorder.recording)["markers"]
        self.assertEqual([marker["name"] for marker in markers], ["42", "init is done"])
        between = next(line["position"]
                       for line in self.ebb.json("console", "--json", recorder.recording)
                       if line.get("text") == "guest: between")
        self.assertLess(markers[0]["position"], between)
        self.assertGreater(markers[1]["position"], between)

    def test_linux_arm64(self):
        self.check_linux("arm64")

    def test_linux_armhf(self):
        self.check_linux("armhf")
