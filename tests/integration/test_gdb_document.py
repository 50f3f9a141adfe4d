# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/commands.md: every command in it is run, and prints what it says, other numbers aside."""

import os
import re
import unittest
from unittest import mock

from harness import documents, ebb
from harness.commands import Commands
from harness.guests import ROOT


def examples():
    """(guest, [(command, what it prints)]) for each block."""
    text = documents.read("docs/commands.md")
    guest = "steps"
    for named, block in re.findall(r"<!-- guest: (\w+) -->|^```\n(.*?)^```$", text, re.M | re.S):
        guest = named or guest
        if block:
            parts = re.split(r"(?m)^\(gdb\) (.*)\n", block)
            yield guest, list(zip(parts[1::2], parts[2::2]))


def comparable(command, text):
    lines = documents.masked(text)
    if command == "ebb checkpoints":
        return sorted(set(lines))  # how many there are depends on the machine's memory and speed
    if command == "ebb last random_words[0]":
        return lines[:3]  # the device writes when it pleases, wherever the guest is then
    return lines


class Paths(unittest.TestCase):
    def test_of_what_is_in_the_sources(self):
        """What documents name by $EBB, the folder of the sources, is there."""
        for name in ("docs/ide/README.md", "docs/tutorial.md"):
            text = documents.read(name)
            self.assertNotIn("/usr/local/share/ebb", text)
            # What is built is in the folder of the build that is tested, which may be another.
            paths = [path for path in re.findall(r"\$EBB/([\w./-]+)", text)
                     if not path.startswith("build/")]
            self.assertIn("gdb-scripts/ebb.py", paths)
            for path in paths:
                self.assertTrue(os.path.exists(os.path.join(ROOT, path)), path)


class Document(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.ebb = ebb.current()
        environment = mock.patch.dict(os.environ, {
            "XDG_DATA_HOME": self.ebb.new_folder("data"), "EBB_PROGRAM": self.ebb.path})
        environment.start()
        self.addCleanup(environment.stop)

    def gdb(self, guest):
        name = guest + "-aarch64"
        recorder = self.ebb.shared(name, lambda: self.ebb.guests.bare(name) + (
            ["-device", "virtio-rng-device"] if guest == "dma" else []))
        gdb = Commands(self.ebb.guests.elf(name), recorder.recording)
        self.addCleanup(gdb.close)
        return gdb

    def printed(self, gdb, command):
        """What a failing command says comes twice: on the console, and as its result."""
        answer = gdb.try_run(command)
        return answer.error if answer.error is not None else answer.text

    def test_every_command(self):
        sessions, seen = {}, set()
        for guest, commands in examples():
            if guest not in sessions:
                sessions[guest] = self.gdb(guest)
            gdb = sessions[guest]
            for command, printed in commands:
                seen.add(command.split()[1])
                with self.subTest(command):
                    self.assertEqual(comparable(command, self.printed(gdb, command)),
                                     comparable(command, printed))
        # None is left out.
        text = sessions["steps"].run("help ebb").text
        names = set(re.findall(r"(?m)^ebb (\S+)[^-\n]* -- ", text))
        self.assertGreater(len(names), 15, text)
        self.assertEqual(names - seen - {"help", "seek"}, set())
