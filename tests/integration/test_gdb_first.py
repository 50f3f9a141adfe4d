# SPDX-License-Identifier: GPL-3.0-or-later
"""ebb first: the first position at which a condition holds, in gdb."""

import unittest

from harness import ebb
from harness.commands import Commands


class First:
    """A mixin; architecture is set."""

    def setUp(self):
        self.ebb = ebb.current()
        name = "steps-" + self.architecture
        self.gdb = Commands(self.ebb.guests.elf(name), self.ebb.shared(name).recording)
        self.addCleanup(self.gdb.close)
        self.register = "$x0" if self.architecture.endswith("aarch64") else "$r0"

    def check(self, condition, arguments=""):
        """It holds where the command goes to, and not right before."""
        text = self.gdb.run("ebb first %s %s" % (arguments, condition)).text
        found = self.gdb.position()
        self.assertRegex(text, r"holds first at position \d+(?: \d{3})*\n")
        self.assertTrue(self.gdb.number(condition))
        self.gdb.seek(found - 1)
        self.assertFalse(self.gdb.number(condition))
        self.gdb.seek(found)
        return found, text

    def test_variables(self):
        """What holds for a moment only is found as well."""
        self.gdb.seek(600)
        for condition, value in (("total > 100", 140), ("total == 55", 55),
                                 ("total > 54 && total < 60", 55),
                                 ("items[2].number == 2 && total > 0", 385)):
            _, text = self.check(condition)
            self.assertEqual(self.gdb.number("total"), value)
            self.assertIn("total = %d\n" % value, text)
            self.assertNotIn("no longer", text)
        self.gdb.run("ebb back")
        here = self.gdb.position()
        self.assertIn("does not hold at any position; the position is still",
                      self.gdb.run("ebb first total == 56").text)
        self.assertEqual(self.gdb.position(), here)
        for condition in ("total == 0", "-total == 0"):
            self.assertIn("already at the first, position 0",
                          self.gdb.run("ebb first " + condition).text)

    def test_memory(self):
        address = "*(unsigned int *)0x%x" % self.gdb.number("(unsigned long)&total")
        one, _ = self.check(address + " == 140")
        other, _ = self.check("total == 140")
        self.assertEqual(one, other)

    def test_groups(self):
        """What is compared in brackets is looked at behind each write as well."""
        self.gdb.seek(0)
        found = {self.check("total == 385 && " + condition)[0] for condition in
                 ("items[3].value == 6", "!(items[3].value == 0)", "-(items[3].value > 1) == -1",
                  "!(!(total != 55 && items[3].value == 6))", "(items[3].value)")}
        self.assertEqual(len(found), 1, found)
        self.gdb.run("python import ebb_commands.conditions as c")
        for condition, operands in (
                ("(total > 1) + (spins == 2) == 2", ["(total > 1) + (spins == 2)"]),
                ("items[(total == 385) + 2].value == 6", ["items[(total == 385) + 2].value"]),
                ("total > (spins) && !(total < (5))", ["total", "spins"])):
            with self.subTest(condition):
                self.assertEqual(self.gdb.run("python print(c.operands('%s'))" % condition).text,
                                 "%s\n" % operands)
                self.assertEqual(self.gdb.run("python print(c.memory('%s') is None)" %
                                              condition).text, "%s\n" % (len(operands) == 1))

    def test_constants(self):
        """An enumerator, true and a number by way of a macro never change, so that what is stored
        is looked at behind each store."""
        name = "exceptions-" + self.architecture
        self.gdb = Commands(self.ebb.guests.elf(name), self.ebb.shared(name).recording)
        self.addCleanup(self.gdb.close)
        self.gdb.run("macro define KIND 3")
        found = {self.check(condition)[0] for condition in
                 ("last.kind == EXCEPTION_DATA_ABORT", "EXCEPTION_DATA_ABORT == last.kind",
                  "last.kind == KIND", "last.kind == 3")}
        self.assertEqual(len(found), 1, found)
        self.assertIn("does not hold at any position;",
                      self.gdb.run("ebb first last.kind == EXCEPTION_OTHER").text)
        # What a macro stands for may depend on more.
        self.gdb.run("macro define NEXT last.kind + 1")
        self.assertEqual(self.gdb.run("python import ebb_commands.conditions as c; "
                                      "print(c.memory('NEXT == 4'))").text, "None\n")
        self.assertIn("already at the first", self.gdb.run("ebb first EXCEPTION_OTHER").text)

    def test_what_is_at_no_fixed_place(self):
        """What is behind a pointer is elsewhere when that changes."""
        self.gdb.run("macro define FRONT (*head)")
        self.gdb.run("macro define SUM total")
        self.gdb.run("python import ebb_commands.conditions as c")
        for condition, fixed in (("head[0].number == 3", False), ("FRONT.number == 3", False),
                                 ("items[3].number == 3", True), ("head == 0", True),
                                 ("head->number == 3", False), ("SUM == 5", False)):
            with self.subTest(condition):
                text = self.gdb.run("python print(c.memory('%s') is not None)" % condition).text
                self.assertEqual(text, "%s\n" % fixed)

    def test_registers(self):
        self.gdb.run("ebb nth 5 square")
        square = self.gdb.position()
        found, _ = self.check(self.register + " == 25",
                              "-scan -from %d -to %d" % (square, square + 60))
        self.assertGreater(found, square)
        # Without looking at each it is found only if a look comes by.
        text = self.gdb.run("ebb first -from %d -to %d %s == 25" % (found - 1, found + 30,
                                                                   self.register)).text
        self.assertEqual(self.gdb.position(), found)
        self.assertIn("it no longer holds at position", text)
        self.gdb.run("ebb goto begin")
        self.assertIn("first at", self.gdb.run("ebb first $sp != 0").text)
        self.assertNotIn("no longer", self.gdb.run("ebb first -from end $sp != 0").text)

    def test_locals(self):
        """It is out of scope nearly everywhere."""
        self.gdb.run("ebb nth 5 *square")
        square = self.gdb.position()
        found, _ = self.check_scope(square)
        self.assertEqual(self.gdb.number("x"), 5)
        self.assertGreaterEqual(found, square)

    def check_scope(self, square):
        text = self.gdb.run("ebb first -scan -from %d -to %d x == 5" % (square - 20,
                                                                       square + 20)).text
        return self.gdb.position(), text

    def test_interruption(self):
        """Ctrl-C ends a scan in a sentence, and the position is the one before."""
        self.gdb.seek(600)
        self.gdb.run("python import ebb_commands.server as server; ask = server.monitor")
        self.gdb.run("python server.monitor = "
                     "lambda text: (print('asked', text, flush=True), ask(text))[1]")
        answer = self.gdb.start("ebb first -scan -from 1000 -to 800000 $sp == 1")
        self.gdb.wait_for("asked seek 1010", answer)
        self.gdb.interrupt()
        self.gdb.finish(answer)
        self.assertIn("interrupted; the position is 600", answer.text)
        self.assertNotIn("Traceback", answer.text)
        self.gdb.run("python server.monitor = ask")
        self.assertEqual(self.gdb.position(), 600)

    def test_refused(self):
        here = self.gdb.position()
        for text, why in (("", "which condition"), ("-scan", "which condition"),
                          ("-to", "which condition"),
                          ("-from end -to begin $pc == 1", "behind"),
                          ("nosuch > 1", "No symbol"), ("total >", "syntax"),
                          ("-from nowhere total", "no position"),
                          ("-bogus total", "-bogus is no option"),
                          ("items", "neither true nor false"),
                          ("-scan $pc == 1", "would look at 1 20")):
            with self.subTest(text):
                self.assertIn(why, self.gdb.refused("ebb first " + text))
                self.assertEqual(self.gdb.position(), here)

    def test_completion(self):
        self.assertEqual(self.gdb.completed("ebb first tota"), ["ebb first total"])


class Aarch64(First, unittest.TestCase):
    architecture = "aarch64"


class Arm(First, unittest.TestCase):
    architecture = "arm"
