# SPDX-License-Identifier: GPL-3.0-or-later
"""ebb ask in gdb, and ebb.ask() in its scripts: what ebb answers on the command line."""

import json
import os
import re
import unittest
from unittest import mock

from harness import documents, ebb
from harness.commands import Commands


class Ask(unittest.TestCase):
    def setUp(self):
        self.ebb = ebb.current()
        environment = mock.patch.dict(os.environ, {"EBB_PROGRAM": self.ebb.path})
        environment.start()
        self.addCleanup(environment.stop)
        self.recording = self.ebb.shared("steps-aarch64").recording
        self.gdb = self.connect()

    def connect(self):
        gdb = Commands(self.ebb.guests.elf("steps-aarch64"), self.recording)
        self.addCleanup(gdb.close)
        return gdb

    def test_answers(self):
        """And the position stays what it is."""
        self.gdb.seek(600)
        for question in (["accesses", "total"], ["calls", "factorial", "--limit", "3"],
                         ["count", "factorial", "--by-caller"], ["first", "total"],
                         ["print", "square", "x is %d"], ["print", "square", "x is %d\\n", "x"],
                         ["profile", "--limit", "2"], ["irqs"]):
            words = " ".join("'%s'" % word for word in question)
            whole = self.ebb.run(question[0], self.recording, *question[1:])
            answer = self.gdb.try_run("ebb ask " + words)
            with self.subTest(words):
                if whole.status:
                    self.assertEqual("ebb: " + answer.error, whole.errors.decode().rstrip("\n"))
                else:
                    self.assertEqual(answer.text.rstrip("\n"),
                                     (whole.text() + whole.errors.decode()).rstrip("\n"))
        self.assertEqual(self.gdb.position(), 600)

    def test_rows(self):
        rows = self.ebb.json("accesses", self.recording, "total", "--write", "--limit", "5", "--json")
        for importing in "", "import ebb; ":
            answer = self.gdb.run("python %simport json; print(json.dumps("
                                  "ebb.ask('accesses', 'total', '--write', '--limit', 5)))"
                                  % importing).text
            self.assertEqual(json.loads(answer[answer.index("["):answer.rindex("]") + 1]), rows)
        answer = self.gdb.try_run("python ebb.ask('accesses', 'nothing_of_that_name')")
        self.assertIn("no symbol", answer.error + answer.text)

    def test_all_questions(self):
        declared = re.findall(r"command_(\w+);", documents.read("cli/questions/questions.h"))
        self.assertEqual(self.gdb.completed("ebb ask "),
                         ["ebb ask " + name for name in sorted(declared)])
        self.assertEqual(self.gdb.completed("ebb ask ori"), ["ebb ask origin"])
        help_text = self.gdb.run("help ebb ask").text
        for name in declared:
            self.assertIn(name, help_text)

    def test_report(self):
        page = os.path.join(self.ebb.new_folder("page"), "report.html")
        os.makedirs(os.path.dirname(page))
        self.gdb.run("ebb ask report -o '%s'" % page)
        with open(page) as file:
            self.assertIn("<html", file.read())
        answer = self.gdb.try_run("python ebb.ask('report')")
        self.assertIn("a report is a page and has no rows", answer.error + answer.text)

    def test_refused(self):
        for words, why in (("", "which question?"), ("record -o x", "there is no question 'record'"),
                           ("accesses 'total", "No closing quotation"),
                           ("accesses total --nothing", "nothing"),
                           ("accesses", "say what accesses is asked about")):
            self.assertIn(why, self.gdb.refused("ebb ask " + words))
        self.gdb.run("python import os; os.environ['EBB_PROGRAM'] = '/nowhere/ebb'")
        self.assertIn("cannot run ebb", self.gdb.refused("ebb ask irqs"))
        self.gdb.run("python del os.environ['EBB_PROGRAM']; os.environ['PATH'] = '/nowhere'")
        self.assertIn("EBB_PROGRAM names one", self.gdb.refused("ebb ask irqs"))

    def test_where_the_recording_is_not(self):
        self.gdb.run("python import ebb_commands.server as server; "
                     "server.facts = lambda: {'directory': '/nowhere/rec'}")
        self.assertIn("and not here", self.gdb.refused("ebb ask irqs"))
        self.gdb.run("disconnect")

    def test_without_a_recording(self):
        self.gdb.run("disconnect")
        self.assertIn("not connected to a recording", self.gdb.refused("ebb ask irqs"))

    def test_interruption(self):
        """Ctrl-C ends ebb, however long it would have gone on, and the rest in a sentence."""
        folder = self.ebb.new_folder("slow")
        os.makedirs(folder)
        program, ended = os.path.join(folder, "ebb"), os.path.join(folder, "ended")
        never = os.path.join(folder, "never")  # nobody writes into it
        os.mkfifo(never)
        with open(program, "w") as file:
            file.write('#!/bin/sh\ntrap \'echo yes >"%s"; exit 6\' INT\necho a row\n'
                       'while :; do read nothing <"%s"; done\n' % (ended, never))
        os.chmod(program, 0o755)
        self.gdb.run("python import os; os.environ['EBB_PROGRAM'] = '%s'" % program)
        answer = self.gdb.start("ebb ask irqs")
        self.gdb.wait_for("a row", answer)
        self.gdb.interrupt()
        self.gdb.finish(answer)
        self.assertIn("interrupted; the position is ", answer.text + str(answer.error))
        self.assertNotIn("Traceback", answer.text)
        self.assertTrue(os.path.exists(ended))

    def test_in_the_gdb_that_replay_starts(self):
        """It finds the ebb that has started it."""
        with mock.patch.dict(os.environ):
            del os.environ["EBB_PROGRAM"]
            result = self.ebb.run("replay", self.recording, "--", "-nx", "-batch", "-ex",
                                  "ebb ask count factorial")
        self.assertEqual(result.status, 0, result.describe())
        self.assertIn(self.ebb.run("count", self.recording, "factorial").text(), result.text())


if __name__ == "__main__":
    unittest.main()
