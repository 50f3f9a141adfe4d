# SPDX-License-Identifier: GPL-3.0-or-later
"""gdb's machine interface on recordings: what it can do backwards, and how it tells of the ends."""

import unittest

from harness import ebb
from harness.commands import SCRIPT
from harness.debuggers import Version
from harness.gdb import Gdb, version
from harness.gdb_tests import MARKS, TOTALS


class Interface:
    """A mixin; the class that uses it is a TestCase."""

    architecture = None

    def setUp(self):
        self.ebb = ebb.current()
        self.version = version()
        name = "steps-" + self.architecture
        self.gdb = Gdb(self.ebb.guests.elf(name))
        self.addCleanup(self.gdb.close)
        self.gdb.run("source " + SCRIPT)
        self.gdb.mi("-target-select remote | %s replay --stdio %s" % (
            self.ebb.path, self.ebb.shared(name).recording))

    def at(self, mark):
        self.gdb.mi("-break-insert -t steps.c:%d" % MARKS[mark])
        self.assertEqual(self.gdb.mi("-exec-continue").line, MARKS[mark])

    def test_feature(self):
        """IDEs show their reverse buttons for it."""
        self.gdb.mi("-list-target-features")
        self.assertIn('features=["reverse"', "\n".join(self.gdb.transcript[-3:]))

    def test_instructions_back(self):
        self.at("call sum_squares")
        start = self.gdb.position()
        for back in ("-exec-step-instruction --reverse", "-exec-next-instruction --reverse"):
            self.gdb.mi("-exec-step-instruction")
            self.assertEqual(self.gdb.position(), start + 1)
            self.assertEqual(self.gdb.mi(back).stop["reason"], "end-stepping-range")
            self.assertEqual(self.gdb.position(), start)

    def test_lines_back(self):
        self.at("call sum_squares")
        start = self.gdb.position()
        self.gdb.mi("-exec-next")
        self.assertEqual(self.gdb.number("total"), TOTALS[-1])
        answer = self.gdb.mi("-exec-next --reverse")
        self.assertEqual((answer.line, self.gdb.position()), (MARKS["call sum_squares"], start))
        self.gdb.mi("-exec-next")
        self.assertEqual(self.gdb.mi("-exec-step --reverse").function, "sum_squares")
        answer = self.gdb.mi("-exec-finish --reverse")
        self.assertEqual((answer.function, answer.line), ("main", MARKS["call sum_squares"]))

    def test_continue_back(self):
        self.at("call build_list")
        self.gdb.mi("-break-insert add_to_total")
        for total in reversed(TOTALS[:-1]):
            answer = self.gdb.mi("-exec-continue --reverse")
            self.assertEqual(answer.stop["reason"], "breakpoint-hit")
            self.assertEqual(self.gdb.number("total"), total)

    def test_both_ends(self):
        """gdb 13 gives no reason, the others give one."""
        reason = "no-history" if self.version >= (16,) else None
        for moves, place in (
                (("-exec-continue --reverse", "-exec-step --reverse", "-exec-next --reverse",
                  "-exec-step-instruction --reverse"), 0),
                (("-exec-continue", "-exec-next", "-exec-step-instruction"), self.gdb.ends()[1])):
            for move in moves:
                answer = self.gdb.mi(move)
                self.assertEqual(answer.stop.get("reason"), reason, move)
                self.assertEqual(self.gdb.position(), place, move)

    def test_what_the_end_means(self):
        """gdb 16 and newer say that going on adds to the history, as it does to gdb's own."""
        self.gdb.mi("-exec-continue --reverse")
        begin = self.gdb.run("ebb position").text
        end = self.gdb.mi("-exec-continue").text + self.gdb.run("ebb position").text
        promise, note = "will be added to history", "nothing is added to a recording"
        self.assertNotIn(note, begin)
        self.assertEqual((promise in end, note in end), (self.version >= (16,),) * 2)

    def test_our_commands(self):
        """gdb 18 hands what the server prints to scripts as records, in some places."""
        self.gdb.run("ebb goto 5000")
        self.gdb.mi("-exec-step-instruction")
        self.assertIn("position 5 001 of", self.gdb.run("ebb position").text)
        self.assertIn("event", self.gdb.run("ebb events 0 2").text)

    def test_a_step_that_is_a_seek(self):
        """IDEs show the new place after a move of their own only."""
        self.gdb.run("monitor next-is-seek 5000")
        self.assertEqual(self.gdb.mi("-exec-step-instruction").function, "spin")
        self.assertEqual(self.gdb.position(), 5000)

    def test_a_line_from_a_seek(self):
        """Moves by lines go on to where one begins: docs/ide says so."""
        ends = {}
        for place in range(6000, 6006):  # some of which are inside of a line
            self.gdb.run("monitor next-is-seek %d" % place)
            self.gdb.mi("-exec-next")
            ends[place] = self.gdb.position()
        self.assertTrue(all(end >= place for place, end in ends.items()), ends)
        self.assertTrue(any(end > place for place, end in ends.items()), ends)


class Gdb_AArch64(Interface, unittest.TestCase):
    architecture = "aarch64"


class Gdb16_AArch64(Version, Interface, unittest.TestCase):
    architecture, debugger = "aarch64", "gdb-16"


class Gdb18_AArch64(Version, Interface, unittest.TestCase):
    architecture, debugger = "aarch64", "gdb-18"


class Gdb_Arm(Interface, unittest.TestCase):
    architecture = "arm"


class Gdb16_Arm(Version, Interface, unittest.TestCase):
    architecture, debugger = "arm", "gdb-16"


class Gdb18_Arm(Version, Interface, unittest.TestCase):
    architecture, debugger = "arm", "gdb-18"
