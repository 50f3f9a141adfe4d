# SPDX-License-Identifier: GPL-3.0-or-later
"""LLDB on recordings, forwards and, in the versions that can, backwards."""

import os
import unittest

from harness import debuggers, ebb
from harness.gdb_tests import MARKS, TOTALS
from harness.guests import ROOT
from harness.lldb import Lldb
from harness.server import Server

SCRIPT = os.path.join(ROOT, "lldb-scripts", "ebb_lldb.py")
FORWARD = "process continue"
FORWARD_AGAIN = "process continue --forward"
BACK = "process continue --reverse"


class Sessions:
    """A mixin; the class that uses it is a TestCase."""

    architecture = None
    debugger = None

    def setUp(self):
        self.ebb = ebb.current()
        name = "steps-" + self.architecture
        recording = self.ebb.shared(name).recording
        self.end = self.ebb.info(recording)["end_position"]
        self.connect(name, recording)

    def connect(self, guest, recording):
        program = debuggers.needed_by(self, self.debugger)
        server = Server(self.ebb, recording)
        self.addCleanup(server.close)
        self.lldb = Lldb(program)
        self.addCleanup(self.lldb.close)
        self.lldb.run("target create " + self.ebb.guests.elf(guest))
        self.lldb.run("process connect --plugin gdb-remote unix-connect://" + server.path)

    def at(self, mark):
        """Goes forward to a marked line for the first time."""
        self.lldb.run("breakpoint set --one-shot true --file steps.c --line %d" % MARKS[mark])
        self.lldb.move(FORWARD)
        self.assertEqual(self.lldb.stop["line"], MARKS[mark])

    def test_steps_and_frames(self):
        self.at("call sum_squares")
        start = self.lldb.position()
        self.lldb.run("thread step-inst")
        self.assertEqual(self.lldb.position(), start + 1)
        self.lldb.run("breakpoint set --name square")
        self.assertIn("breakpoint", self.lldb.move(FORWARD))
        self.assertEqual(self.lldb.stop["function"], "square")
        self.assertIn("main at steps.c", self.lldb.run("bt"))
        self.assertEqual(self.lldb.number("x"), 1)
        self.assertIn("0x", self.lldb.run("register read pc"))
        self.assertIn("total", self.lldb.run("image lookup --symbol total"))
        self.lldb.run("thread step-out")
        self.assertEqual(self.lldb.stop["function"], "sum_squares")

    def test_watchpoint_forwards(self):
        """LLDB says both values, and the new one is there to be read."""
        self.at("call sum_squares")
        self.lldb.run("watchpoint set variable total")
        for value in TOTALS[1:5]:
            self.assertEqual(self.lldb.move(FORWARD), "watchpoint 1")
            self.assertEqual(self.lldb.number("total"), value)

    def test_position_and_goto(self):
        self.lldb.run("command script import " + SCRIPT)
        self.lldb.run("breakpoint set --name add_to_total")
        self.lldb.move(FORWARD)
        self.assertEqual(self.lldb.number("total"), 0)
        place = self.lldb.position()
        for wanted, expected in (("5000", 5000), ("+20", 5020), ("-21", 4999), ("end", self.end),
                                 ("begin", 0), (str(place), place)):
            text = self.lldb.run("ebb goto " + wanted)
            self.assertIn("position {:,} of".format(expected).replace(",", " "), text)
            self.assertEqual(self.lldb.position(), expected)
            self.assertEqual(self.lldb.run("ebb position").strip(), text.strip())
            percent = min(99, (200 * expected + self.end) // (2 * self.end))
            self.assertIn("(%d %%)" % (100 if expected == self.end else percent), text)
        for wanted, percent in ((self.end // 2, 50), (self.end - 1, 99)):
            self.assertIn("(%d %%)" % percent, self.lldb.run("ebb goto %d" % wanted))
        self.lldb.run("ebb goto %d" % place)
        self.assertEqual(self.lldb.stop["function"], "add_to_total")
        self.lldb.run("ebb goto 5000")
        self.assertEqual(self.lldb.stop["function"], "spin")
        self.assertEqual(self.lldb.number("total"), TOTALS[-1])
        self.lldb.run("ebb seek begin")  # its other name
        self.lldb.move(FORWARD)
        self.assertEqual(self.lldb.position(), place)

    def test_goto_nowhere(self):
        self.lldb.run("command script import " + SCRIPT)
        for wanted, why in (("99999999999", "outside of the recording"),
                            ("there", "'there' is no position"), ("", "where to?")):
            self.assertIn(why, self.lldb.try_run("ebb goto " + wanted))
        self.assertIn("event", self.lldb.run("ebb events 0 3"))
        self.assertEqual(self.lldb.position(), 0)


class Back(Sessions):
    """Those that only LLDB 21 and newer can do."""

    def test_breakpoints_back(self):
        self.lldb.run("breakpoint set --name add_to_total")
        for value in TOTALS[:-1]:
            self.assertIn("breakpoint", self.lldb.move(FORWARD_AGAIN))
            self.assertEqual(self.lldb.number("total"), value)
        self.assertEqual(self.lldb.move(FORWARD_AGAIN), "history boundary")
        self.assertEqual(self.lldb.position(), self.end)
        for value in reversed(TOTALS[:-1]):
            self.assertIn("breakpoint", self.lldb.move(BACK))
            self.assertEqual(self.lldb.number("total"), value)
        self.assertEqual(self.lldb.move(BACK), "history boundary")
        self.assertEqual(self.lldb.position(), 0)

    def test_watchpoint_back(self):
        """Each store is found, and the value before it is there to be read."""
        self.at("call build_list")
        self.lldb.run("watchpoint set variable total")
        for value in reversed(TOTALS[:-1]):
            self.assertEqual(self.lldb.move(BACK), "watchpoint 1")
            self.assertEqual(self.lldb.number("total"), value)
        self.assertEqual(self.lldb.move(BACK), "history boundary")

    def test_watchpoint_there_and_back(self):
        self.at("call sum_squares")
        self.lldb.run("watchpoint set variable total")
        for _ in range(3):
            self.lldb.move(FORWARD_AGAIN)
        self.assertEqual(self.lldb.number("total"), TOTALS[3])
        behind = self.lldb.position()
        self.lldb.move(BACK)
        self.assertEqual(self.lldb.number("total"), TOTALS[2])
        self.assertEqual(self.lldb.position(), behind - 1)

    def test_watch_sees_devices_write(self):
        """Inside of an instruction, and between two."""
        name = "dma-" + self.architecture
        recorder = self.ebb.shared(name, lambda: self.ebb.guests.bare(name) +
                                   ["-device", "virtio-rng-device"])
        self.connect(name, recorder.recording)
        for variable, count in (("signature", 1), ("random_words[3]", 3)):
            self.lldb.run("watchpoint set expression -s 4 -- &" + variable)
            values = [self.lldb.number(variable)]
            for _ in range(count):
                self.assertIn("watchpoint", self.lldb.move(FORWARD_AGAIN))
                values.append(self.lldb.number(variable))
            self.assertEqual(len(set(values)), count + 1)
            for value in reversed(values[:-1]):
                self.assertIn("watchpoint", self.lldb.move(BACK))
                self.assertEqual(self.lldb.number(variable), value)
            self.lldb.run("watchpoint delete --force")

    def test_direction_sticks(self):
        """docs/ide says so."""
        self.at("call build_list")
        self.lldb.run("breakpoint set --name add_to_total")
        self.lldb.move(BACK)
        self.assertEqual(self.lldb.number("total"), TOTALS[-2])
        self.lldb.move(FORWARD)
        self.assertEqual(self.lldb.number("total"), TOTALS[-3])


class Lldb19_AArch64(Sessions, unittest.TestCase):
    architecture, debugger = "aarch64", "lldb-19"


class Lldb19_Arm(Sessions, unittest.TestCase):
    architecture, debugger = "arm", "lldb-19"


class Lldb22_AArch64(Back, unittest.TestCase):
    architecture, debugger = "aarch64", "lldb-22"


class Lldb22_Arm(Back, unittest.TestCase):
    architecture, debugger = "arm", "lldb-22"
