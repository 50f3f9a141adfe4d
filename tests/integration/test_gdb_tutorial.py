# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/tutorial.md, followed word for word: what it types is typed, and what it says comes."""

import os
import re
import unittest

from harness import debuggers, documents, ebb, tutorial
from harness.commands import SCRIPT
from harness.dap import Dap

DOCUMENT = "docs/tutorial.md"
SESSIONS = 7  # commands of the shell, with what is typed in gdb
MOVES = ("reverseContinue", "stepBack", "continue")


class Tutorial(unittest.TestCase):
    def setUp(self):
        folder = ebb.current().new_folder("tutorial")
        os.mkdir(folder)
        self.follower = tutorial.Follower(ebb.current(), folder)
        self.text = documents.read(DOCUMENT)

    def test_word_for_word(self):
        sessions = tutorial.sessions(self.text)
        self.assertEqual(len(sessions), SESSIONS)
        for session in sessions:
            for command, difference in self.follower.follow(session):
                with self.subTest(command):
                    self.assertIsNone(difference)
        self.check_ide(debuggers.needed_by(self, "gdb-16"))

    def check_ide(self, program):
        """The table's requests, and what comes of them: its numbers are those of the transcripts."""
        rows = re.findall(r"(?m)^\| (?!in VS|-)[^|]* \| `([^|]*)` \|([^|]*)\|$",
                          self.text.split("## In an IDE")[1])
        self.assertGreater(len(rows), 8)
        dap = Dap([program, "-nx", "-q", "-i", "dap", "-x", SCRIPT], self.follower.environment)
        self.addCleanup(dap.close)
        for request, shown in rows:
            with self.subTest(request):
                name, _, argument = self.follower.numbers.replaced(request).partition(" ")
                self.assertEqual(self.shown(dap, name, argument, shown),
                                 re.findall(r"`([^`]*)`", self.follower.numbers.replaced(shown)))

    def shown(self, dap, name, argument, wanted):
        """What an IDE shows after a request, as many things as the document has."""
        if name in MOVES:
            reason = dap.move(name)["reason"]
            frame = dap.frame()
            found = [reason, frame["name"], str(frame["line"]), self.position(dap)]
        elif name == "attach":
            target = self.follower.numbers.replaced(re.search(r'"target": "(.*)"', self.text)[1])
            dap.start(target=target.replace("${workspaceFolder}", self.follower.folder))
            found = [self.position(dap)]
        elif name == "setBreakpoints":
            answer = dap.request("setBreakpoints", breakpoints=[{"line": int(argument)}],
                                 source={"path": os.path.join(self.follower.folder, "meters.c")})
            self.assertTrue(answer["breakpoints"][0]["verified"], answer)
            found = []
        elif name == "console":
            dap.command(argument.replace("FOLDER", self.follower.folder))
            found = []
        else:
            found = [getattr(dap, name)(argument)]
        return found[:wanted.count("`") // 2]

    def position(self, dap):
        thread = dap.request("threads")["threads"][0]["name"]
        return re.search(r"\[position (\d+)\]", thread)[1]
