# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/coming-from.md: what it says to type here can be typed, and does not fail."""

import os
import re
import shlex
import unittest

from harness import documents, ebb, process
from harness.commands import Commands
from harness.guests import ROOT

DOCUMENT = "docs/coming-from.md"
TABLES = 3
# Those that end by themselves, and need no guest.
RUN = ("bisect", "console", "dump", "info", "verify")
# What a bare-metal guest refuses, and what it says.
LINUX_ONLY = {"ebb tasks": "there is no symbol"}


def cells():
    """The second cell of each row of the tables, without their heads."""
    tables = re.findall(r"(?m)^\|[^|]*\| here \|.*\n\|---.*\n((?:\|.*\n)+)",
                        documents.read(DOCUMENT))
    assert len(tables) == TABLES, len(tables)
    for table in tables:
        for row in table.splitlines():
            _, _, here, _, _ = row.split("|")
            yield here


def commands():
    """Lists of what is typed in one go."""
    found = [re.findall(r"`([^`]+)`", cell) for cell in cells()]
    text = re.sub(r"(?m)^\|.*\n", "", documents.read(DOCUMENT))
    return [one for one in found if one] + [[one] for one in
                                            re.findall(r"`(\$ [^`]+)`", text.replace("\n", " "))]


class ComingFrom(unittest.TestCase):
    def setUp(self):
        self.ebb = ebb.current()
        self.recording = self.ebb.shared("steps-aarch64").recording

    def check_shell(self, command):
        """A command of the shell: it exists, has the options, and is run if it ends by itself."""
        words = [word for word in shlex.split(command) if not word.startswith("EBB_GDB=")]
        self.assertEqual(words[0], "ebb")
        help_text = self.ebb.run("help", words[1])
        self.assertEqual(help_text.status, 0, help_text.describe())
        own = words[2:words.index("--")] if "--" in words else words[2:]
        for option in own:
            if option.startswith("-"):
                name = option.split("=")[0]
                self.assertRegex(help_text.text(), r"(?m)^  (-\w, )?%s[=,\s]|^  %s, " % (
                    name, name))
        if words[1] in RUN:
            result = process.run([self.ebb.path, *(self.recording if word == "boot" else word
                                                   for word in words[1:])], process.WATCHDOG)
            self.assertEqual(result.status, 0, result.describe())

    def check_gdb(self, gdb, command):
        answer = gdb.try_run(command)
        if command in LINUX_ONLY:
            self.assertIn(LINUX_ONLY[command], answer.error or "")
        else:
            self.assertIsNone(answer.error, answer)

    def test_commands(self):
        gdb = Commands(self.ebb.guests.elf("steps-aarch64"), self.recording)
        self.addCleanup(gdb.close)
        found = commands()
        self.assertGreater(len(found), 40, found)
        for row in found:
            for place in ("ebb goto begin", "ebb goto 50%", "ebb goto end"):
                gdb.run(place)
            for command in row:
                with self.subTest(command):
                    if command.startswith("$ "):
                        self.check_shell(command[2:])
                    else:
                        self.check_gdb(gdb, command)
            gdb.run("delete")
            gdb.try_run("ebb bookmark delete here")

    def test_names(self):
        """Those that are only named exist as well. gdb answers to wrong ones with help."""
        gdb = Commands(self.ebb.guests.elf("steps-aarch64"), self.recording)
        self.addCleanup(gdb.close)
        in_gdb = set(re.findall(r"(?m)^ebb (\S+)[^-\n]* -- ", gdb.run("help ebb").text))
        in_shell = set(re.findall(r"(?m)^  (\w+)  ", self.ebb.run("help").text()))
        for prompt, name in re.findall(r"`(\$ )?(?:EBB_GDB=\S+ )?ebb ([\w-]+)",
                                       documents.read(DOCUMENT)):
            with self.subTest(name):
                self.assertIn(name, in_shell if prompt else in_gdb | in_shell)

    def test_links(self):
        """What the document leads to is there."""
        for target in re.findall(r"\]\(([^)#]+)", documents.read(DOCUMENT)):
            self.assertTrue(os.path.exists(os.path.join(ROOT, "docs", target)), target)
