# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/questions.md: its examples print what it says, but for numbers that another compiler or
another run of the guest may make different. Lines of the sources are none of these,
but for where an interrupt came."""

import re
import shlex
import unittest

from harness import documents, ebb


def masked(text, question):
    if question == "origin":
        text = re.sub(r" by [a-z].*? at 0x", " by INSTRUCTION at 0x", text)
        text = re.sub(r"\b[xw]\d+\b", "REGISTER", text)
    text = re.sub(r"\+0x\w+ \(", "+N (", text)
    if question != "irqs":  # an interrupt comes where it pleases
        text = re.sub(r"(\.[chS]:)(\d+)", r"\1line\2", text)  # kept: not a number by itself
    return documents.masked(re.sub(r"\d+\.\d\d%", "N%", text))


class Document(unittest.TestCase):
    def setUp(self):
        self.ebb = ebb.current()

    def recording(self, name):
        if name == "linux":
            return self.ebb.shared("symbols-arm64", lambda: self.ebb.guests.linux(
                "arm64", "symbols")).recording
        return self.ebb.shared(name + "-aarch64").recording

    def examples(self):
        """(words behind ebb, command, what it prints) of each."""
        return [(shlex.split(command)[1:], command, printed) for command, printed in
                documents.transcripts(documents.read("docs/questions.md"))]

    def test_examples(self):
        place = documents.Place(self.ebb)
        for words, command, printed in self.examples():
            with self.subTest(command):
                if not place.has(words[1]):
                    place.add(words[1], self.recording(words[1]))
                result = place.run(command)
                self.assertEqual(result.status, 0, result.describe())
                self.assertEqual(masked(result.text(), words[0]), masked(printed, words[0]))

    def test_each_question_has_one(self):
        declared = re.findall(r"command_(\w+);", documents.read("cli/questions/questions.h"))
        self.assertEqual({words[0] for words, _, _ in self.examples()}, set(declared))

    def test_the_readme_names_all(self):
        readme = documents.read("README.md")
        for name in re.findall(r"command_(\w+);", documents.read("cli/questions/questions.h")):
            self.assertIn("`ebb %s`" % name, readme)
        for name in re.findall(r"&export_(\w+),", documents.read("cli/exports/export.c")):
            self.assertIn("`%s`, " % name, readme)

    def test_reasons_of_origin(self):
        table = documents.read("docs/questions.md").split("(`reason` in `--json`):\n\n", 1)[1]
        listed = [name for names in re.findall(r"(?m)^\| (`.*?) \|", table.split("\n\n", 1)[0])
                  for name in re.findall(r"`([\w-]+)`", names)]
        names = documents.read("cli/questions/origin_print.c").split("reasons[] = {", 1)[1]
        self.assertEqual(sorted(listed),
                         sorted(re.findall(r'"([\w-]+)"', names.split("};", 1)[0])))
