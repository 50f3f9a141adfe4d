# SPDX-License-Identifier: GPL-3.0-or-later
"""What gdb's steps make of interrupts, on a guest that has them all the time."""

import unittest

from harness import ebb
from harness.gdb import Gdb

COMPUTATION = ("mix", "body", "main")
COUNT = 14  # interrupts looked at


class Interrupts:
    """A mixin; the class that uses it is a TestCase."""

    architecture = None
    vector = None  # of the interrupt, behind the symbol `vectors`

    def setUp(self):
        self.ebb = ebb.current()
        self.elf = self.ebb.guests.elf("ticks-" + self.architecture)
        recording = self.ebb.shared("ticks-" + self.architecture).recording
        self.gdb = Gdb(self.elf, recording)
        self.addCleanup(self.gdb.close)

    def entries(self):
        """The positions of the first instructions of handlers that the computation called."""
        found = []
        self.gdb.run("break *((char *)vectors + %d)" % self.vector)
        while len(found) < COUNT:
            self.gdb.run("continue")
            found.append(self.gdb.position())
        self.gdb.run("delete")
        return [place for place in found if self.function_at(place - 1) in COMPUTATION]

    def function_at(self, place):
        self.gdb.seek(place)
        return self.function()

    def function(self):
        return self.gdb.run("info symbol $pc").text.split()[0]

    def assert_computes(self, command):
        self.gdb.run(command)
        begin, end = self.gdb.ends()
        self.assertIn(self.function(), COMPUTATION, command)
        self.assertNotIn(self.gdb.position(), (begin, end), command)

    def test_lines_go_over_interrupts(self):
        entries = self.entries()
        self.assertGreater(len(entries), COUNT // 2)
        for place in entries:
            for command in ("next", "step", "stepi 3"):
                self.gdb.seek(place - 1)
                self.assert_computes(command)
                self.assertGreater(self.gdb.position(), place + 20)
            # The way back, from where the interrupted code goes on and from a bit later.
            self.gdb.seek(place - 1)
            self.gdb.run("stepi 2")
            back = self.gdb.position() - 1
            for start, command in ((back, "reverse-next"), (back, "reverse-step"),
                                   (back + 1, "reverse-next"), (back + 1, "reverse-stepi 3")):
                self.gdb.seek(start)
                self.assert_computes(command)
            self.gdb.seek(back)
            self.gdb.run("reverse-stepi")  # may be a reverse-step: without our script none knows
            self.assertEqual(self.gdb.position(), place - 1)

    def test_a_step_off_a_breakpoint_goes_over_interrupts(self):
        for place in self.entries()[:5]:
            self.gdb.seek(place - 1)
            self.gdb.run("break *$pc")
            self.assert_computes("next")
            self.assertGreater(self.gdb.position(), place + 20)
            self.gdb.run("delete")

    def test_a_stepi_enters_the_handler(self):
        """... and who steps by instructions gets out of it again, both ways, one by one."""
        place = self.entries()[1]
        self.gdb.seek(place - 1)
        self.gdb.run("stepi")
        self.assertEqual(self.gdb.position(), place)
        self.assertIn("vectors", self.gdb.run("info symbol $pc").text)
        self.gdb.run("stepi")
        self.gdb.run("reverse-stepi")
        self.gdb.run("reverse-stepi")
        self.assertEqual(self.gdb.position(), place - 1)

    def test_our_script_tells_which_steps_are_of_one_instruction(self):
        """Whatever command was before it, and off a breakpoint too; forward likewise."""
        self.gdb.run("source gdb-scripts/ebb.py")
        for place in self.entries()[:4]:
            self.gdb.seek(place - 1)
            self.gdb.run("stepi 2")
            back = self.gdb.position() - 1
            self.assertGreater(back, place + 20)
            for command, start, end in (("reverse-stepi", back, back - 1),
                                        ("rsi", back, back - 1),
                                        ("stepi", place - 1, place),
                                        ("si", place - 1, place)):
                for breakpoint in (False, True):
                    self.gdb.seek(start)
                    if breakpoint:
                        self.gdb.run("break *$pc")
                    self.gdb.run(command)
                    self.assertEqual(self.gdb.position(), end, (command, breakpoint))
                    self.gdb.run("delete")
                    # ... and it is no sign of what the next command is.
                    self.gdb.seek(back)
                    self.gdb.run("reverse-step")
                    self.assertIn(self.function(), COMPUTATION)

    def test_what_is_in_a_handler_stops(self):
        place = self.entries()[1]
        self.gdb.run("break on_tick")
        self.gdb.seek(place - 1)
        self.assertEqual(self.gdb.run("next").function, "on_tick")
        inside = self.gdb.position()
        self.gdb.run("delete")
        self.gdb.seek(place - 1)
        self.gdb.run("stepi 2")
        back = self.gdb.position() - 1
        self.gdb.run("break on_tick")
        self.gdb.seek(back)
        self.gdb.run("reverse-next")
        self.assertEqual(self.gdb.position(), inside)
        self.gdb.run("delete")
        self.gdb.run("watch ticks")
        self.gdb.seek(place - 1)
        self.gdb.run("maintenance flush register-cache")
        answer = self.gdb.run("next")
        self.assertIn("New value", answer.text)
        self.assertEqual(answer.function, "on_tick")
        # Off a breakpoint gdb removes all others for the step.
        self.gdb.run("delete")
        self.gdb.seek(place - 1)
        self.gdb.run("break *$pc")
        self.gdb.run("break on_tick")
        self.assertEqual(self.gdb.run("continue").function, "on_tick")
        self.assertEqual(self.gdb.position(), inside)

    def test_off(self):
        place = self.entries()[1]
        self.gdb.run("monitor step-over-interrupts off")
        self.gdb.seek(place - 1)
        self.gdb.run("stepi 3")
        self.assertEqual(self.gdb.position(), place + 2)
        self.gdb.run("reverse-stepi 3")
        self.assertEqual(self.gdb.position(), place - 1)
        self.assertIn("is off", self.gdb.run("monitor step-over-interrupts").text)


class AArch64(Interrupts, unittest.TestCase):
    architecture = "aarch64"
    vector = 0x280


class Arm(Interrupts, unittest.TestCase):
    architecture = "arm"
    vector = 0x18
