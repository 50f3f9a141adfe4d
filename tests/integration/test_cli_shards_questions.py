# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions to a recording in shards: what is joined is what the question says in one go."""

import json
import os
import shutil
import unittest

from harness import ebb, shards

# One of each kind, in as many shards each.
QUESTIONS = (
    ["accesses", "ticks"],
    ["calls", "fibonacci"],
    ["count", "ticks", "--read", "--write", "--by-caller"],
    ["coverage"],
    ["exceptions"],
    ["history", "ticks"],
    ["irqs"],
    ["print", "on_tick", "ticks %u", "ticks"],
    ["profile", "--every", "100"],
)
COUNTS = (1, 2, 3, 7)

# What is not simply one row behind the other, or ends before the recording does; in SOME shards.
MORE = (
    ["accesses", "ticks", "--write", "--limit", "4"],
    ["accesses", "ticks", "--from", "150000", "--to", "420000"],
    ["calls", "main"],
    ["calls", "risky", "--limit", "3"],
    ["calls", "on_tick", "--limit", "4"],
    ["calls", "fibonacci", "--to", "1700"],
    ["count", "fibonacci"],
    ["count", "fibonacci", "--by-caller", "--limit", "5"],
    ["count", "on_tick", "--from", "200000"],
    ["exceptions", "--by-kind"],
    ["history", "ticks", "--limit", "3"],
    ["history", "ticks", "--from", "150000", "--to", "420000"],
    ["irqs", "--limit", "2"],
    ["irqs", "--by-device"],
    ["irqs", "--to", "203000"],
    ["print", "on_tick", "ticks %u", "ticks", "--limit", "4"],
    ["profile", "--folded"],
)
SOME = (4,)


class Shards:
    """A mixin: recordings, parts of them, and what is joined."""

    def setUp(self):
        self.ebb = ebb.current()
        self.folder = self.ebb.new_folder("parts")

    def calls(self, name="calls-aarch64", interval=37000):
        """With a keyframe in the middle of much that goes on."""
        return self.ebb.shared("%s with keyframes, %d" % (name, interval),
                               lambda: self.ebb.guests.bare(name),
                               ["--keyframe-interval", str(interval)]).recording

    def parts(self, recording, question, count):
        return shards.run(self.ebb, question[0], recording, count, self.folder, question[1:])

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()


class Joined(Shards, unittest.TestCase):
    def check(self, recording, questions, counts):
        for question in questions:
            whole = {options: self.ebb.run(question[0], recording, *question[1:], *options)
                     for options in ((), ("--json",))}
            for count in counts:
                with self.subTest(" ".join(question), shards=count):
                    parts = self.parts(recording, question, count)
                    for options, expected in whole.items():
                        joined = self.ebb.run("merge", *options, recording, *parts)
                        self.assertEqual(joined.text(), expected.text())
                        self.assertEqual(joined.errors, expected.errors)
                        self.assertEqual(joined.status, expected.status)
            self.assertEqual(whole[()].status, 0, whole[()].describe())
            self.assertTrue(whole[()].output)

    def test_each(self):
        self.check(self.calls(), QUESTIONS, COUNTS)

    def test_more(self):
        self.check(self.calls(), MORE, SOME)

    def test_32_bit(self):
        self.check(self.calls("calls-arm"),
                   [question for question in QUESTIONS if question[0] in ("calls", "history")],
                   SOME)

    def test_linux(self):
        linux = self.ebb.shared("linux-arm64",
                                lambda: self.ebb.guests.linux("arm64", "poweroff")).recording
        self.check(linux, (["switches", "--by-table"], ["irqs", "--by-device"]), SOME)

    def test_resets_and_devices_that_write(self):
        """Where they do on reaching a border, too."""
        for name, interval, place in (("reset-aarch64", 50000, "initialized"),
                                      ("dma-arm", 2000, "random_words,64")):
            recording = self.ebb.shared(name + " with keyframes",
                                        lambda name=name: self.ebb.guests.bare(name),
                                        ["--keyframe-interval", str(interval)]).recording
            self.check(recording, (["accesses", place], ["history", place.split(",")[0]]), (9,))

    def test_the_very_end(self):
        """What is there is told by the shard that comes there, not by that of the keyframe there."""
        recording = self.calls(interval=310000)
        end = self.ebb.info(recording)["end_position"]
        self.assertEqual(self.ebb.info(recording)["keyframes"][-1]["position"], end)
        question = ["profile", "--every", str(end)]
        self.check(recording, [question], (7,))
        found = shards.found(self.parts(recording, question, 7))
        self.assertTrue(found[-2]["rows"])
        self.assertFalse(found[-1]["rows"])

    def test_files(self):
        """Those that the whole question writes are those of ebb merge."""
        recording = self.calls()
        for command, option, words in (("coverage", "-o", ()),
                                       ("profile", "--svg", ("--svg", self.path("not this")))):
            parts = self.parts(recording, [command, *words], 3)
            whole = self.ebb.run(command, recording, option, self.path("whole"))
            joined = self.ebb.run("merge", recording, *parts, "-o", self.path("joined"))
            self.assertEqual((joined.status, joined.output, joined.errors),
                             (whole.status, whole.output, whole.errors))
            self.assertEqual(self.read("joined"), self.read("whole"))
        self.assertFalse(os.path.exists(self.path("not this")))

    def test_damage(self):
        """Rows end where they end in one go, with the same words."""
        copy = shards.damaged(self.ebb, self.calls())
        for question in ["accesses", "ticks"], ["count", "fibonacci"], ["irqs"]:
            whole = self.ebb.run(question[0], copy, *question[1:])
            self.assertEqual(whole.status, 4, whole.describe())
            joined = self.ebb.run("merge", copy, *self.parts(copy, question, 3))
            self.assertEqual((joined.status, joined.output, joined.errors),
                             (whole.status, whole.output, whole.errors))

    def test_behind_damage(self):
        """A part of history that begins at the first keyframe that is whole."""
        copy = shards.damaged(self.ebb, self.calls())
        whole = self.ebb.json("accesses", self.calls(), "ticks", "--json")
        status = 4
        info = json.loads(self.ebb.run("info", "--json", copy).output)
        for keyframe in info["keyframes"][1:]:
            start = keyframe["position"]
            result = self.ebb.run("accesses", copy, "ticks", "--json", "--from", str(start))
            self.assertTrue(result.status <= status, result.describe())
            status = result.status
            if status == 0:
                self.assertEqual(json.loads(result.output),
                                 [row for row in whole if row["position"] >= start])
                break
        self.assertEqual(status, 0)
        rows = self.ebb.json("history", copy, "ticks", "--json", "--from", str(start))
        self.assertEqual(rows[0]["from"], start)
        self.assertEqual(self.ebb.json("irqs", copy, "--json", "--from", str(start)),
                         self.ebb.json("irqs", self.calls(), "--json", "--from", str(start)))
        self.assertTrue(all(row["from"] <= row["to"] for row in rows))

    def test_elsewhere(self):
        """Parts of a recording by another name, joined where there is no gdb."""
        link = self.path("link")
        os.makedirs(self.folder)
        os.symlink(self.calls(), link)
        for question in ["print", "attempt", "%u", "count"], ["history", "ticks"]:
            parts = self.parts(link, question, 3)
            joined = self.ebb.run("merge", self.calls(), *parts,
                                  env=dict(os.environ, EBB_GDB="/nowhere/gdb"))
            whole = self.ebb.run(question[0], self.calls(), *question[1:])
            self.assertEqual((joined.status, joined.output), (0, whole.output), joined.describe())


class Refused(Shards, unittest.TestCase):
    def merge(self, recording, *parts):
        result = self.ebb.run("merge", recording, *parts, "-o", self.path("joined"))
        self.assertEqual((result.status, result.output), (2, b""), result.describe())
        self.assertRegex(result.errors, rb"\Aebb: [^\n]*\n\Z")
        self.assertFalse(os.path.exists(self.path("joined")))
        return result.errors.decode()

    def test_shards(self):
        recording = self.calls()
        one, two = self.parts(recording, ["accesses", "ticks"], 2)
        self.assertIn("shard 2 of 2 is missing", self.merge(recording, one))
        self.assertIn("both shard 1 of 2", self.merge(recording, one, one, two))
        self.assertIn("another recording", self.merge(self.calls("calls-arm"), one, two))

    def test_questions(self):
        recording = self.calls()
        asked = {}
        for name, question in (("ticks", ["accesses", "ticks"]),
                               ("writes", ["accesses", "ticks", "--write"]),
                               ("other", ["accesses", "effects"]), ("counts", ["count", "fibonacci"])):
            asked[name] = [shutil.move(part, part + name)
                           for part in self.parts(recording, question, 2)]
        for name in "writes", "other":
            self.assertIn("other operands or options",
                          self.merge(recording, asked["ticks"][0], asked[name][1]))
        self.assertIn("join those of one command",
                      self.merge(recording, asked["ticks"][0], asked["counts"][1]))

    def test_files(self):
        recording = self.calls()
        parts = self.parts(recording, ["accesses", "ticks"], 2)
        whole = self.read(parts[0])
        for damaged in whole[:-20], whole.replace(b"ticks", b"effects"):
            with open(parts[0], "wb") as file:
                file.write(damaged)
            self.assertIn("damaged", self.merge(recording, *parts))

    def test_what_is_no_answer(self):
        """Parts that are whole, and of which a stranger has written the digest."""
        recording = self.calls()
        parts = self.parts(recording, ["accesses", "ticks"], 2)
        documents = [json.loads(self.read(part)) for part in parts]
        good = documents[0]
        for name, value in (("rows", "00"), ("rows", "zz"), ("rows", 7), ("rows", "ff" * 40),
                            ("count", -1), ("directory", None), ("problem", {"reason": 99}),
                            ("answers", [[3, "x"], [2, "y"]])):
            shards.write(parts[0], dict(good, found=dict(good["found"], **{name: value})))
            self.assertIn("makes no sense", self.merge(recording, *parts))

        def ask(question):
            for part, document in zip(parts, documents):
                shards.write(part, dict(document, found=dict(document["found"],
                                                             question=question)))

        for question in ({}, {"operands": ["ticks"], "options": {"output": "joined"}},
                         {"operands": ["ticks"], "options": {"nothing": ""}},
                         {"operands": ["ticks", "effects"], "options": {}},
                         {"operands": [7], "options": {}}):
            ask(question)
            self.assertIn("makes no sense", self.merge(recording, *parts))
        ask({"operands": ["ticks"], "options": {}})
        self.assertEqual(self.ebb.run("merge", recording, *parts).text(),
                         self.ebb.run("accesses", recording, "ticks").text())

    def test_nothing_of_a_part_is_evaluated(self):
        """gdb's expressions can do anything, so that only shards have them evaluated."""
        recording = self.calls()
        parts = self.parts(recording, ["history", "ticks"], 1)
        document = json.loads(self.read(parts[0]))
        expression = '$_shell("touch %s")' % self.path("touched")
        for found in (dict(answers=[]), dict(facts={}), dict(facts={"memory": {"memory": None}})):
            question = {"operands": [expression], "options": {}}
            shards.write(parts[0], dict(document, found=dict(document["found"], question=question,
                                                             **found)))
            self.merge(recording, *parts)
        self.assertFalse(os.path.exists(self.path("touched")))

    def refused(self, *arguments):
        result = self.ebb.run(*arguments)
        self.assertEqual((result.status, result.output), (2, b""), result.describe())
        return result.errors.decode()

    def test_usage(self):
        recording, part = self.calls(), self.path("part")
        os.makedirs(self.folder)
        for words, why in ((["--shard", "1/2"], "go together"), (["-o", part], "go together"),
                           (["--shard", "3/2", "-o", part], "is no shard"),
                           (["--shard", "1/2", "-o", part, "--json"], "which is for ebb merge")):
            self.assertIn(why, self.refused("accesses", recording, "ticks", *words))
        self.assertIn("no option", self.refused("last", recording, "ticks", "--shard", "1/2"))
        self.assertFalse(os.path.exists(part))

    def test_what_gdb_follows(self):
        recording = self.ebb.shared("steps-aarch64").recording
        os.makedirs(self.folder)
        self.assertIn("ask without --shard", self.refused(
            "history", recording, "head->value", "--shard", "1/2", "-o",
            self.path("part")))


if __name__ == "__main__":
    unittest.main()
