# SPDX-License-Identifier: GPL-3.0-or-later
"""ebb tasks, dmesg and process: on tests/guests/tasks.c, whose every structure is known."""

import itertools
import os
import re
import struct
import sys
import unittest

from harness import ebb
from harness.commands import SCRIPT, Commands

sys.path.insert(0, os.path.dirname(SCRIPT))
from ebb_commands import btf  # noqa: E402

LOG = ["[    6.000000] fifth", "[    7.500000] sixth, longer than others", "[    9.000000] seventh",
       "[   10.500000] two", "[   10.500000] lines"]


class Tasks:
    """A mixin; architecture is set."""

    def setUp(self):
        self.ebb = ebb.current()
        self.name = "tasks-" + self.architecture

    def gdb(self, elf=None, name=None):
        gdb = Commands(elf or self.ebb.guests.elf(self.name),
                       self.ebb.shared(name or self.name).recording)
        self.addCleanup(gdb.close)
        return gdb

    def running(self, number):
        """A gdb where main switches to a task for that time, and over it."""
        gdb = self.gdb()
        gdb.run("ebb nth %d switch_to" % number)
        gdb.run("finish")
        return gdb

    def test_tasks(self):
        for number, marked in ((1, "17"), (2, "23")):
            text = self.running(number).run("ebb tasks").text
            rows = re.findall(r"(?m)^([> ]) +(\d+) +(\d+)  (\w)  0x\w+ +(.*)$", text)
            self.assertEqual([row[1:] for row in rows],
                             [("0", "0", "R", "[i]"), ("17", "0", "S", r"daemon\x1b[2J"),
                              ("23", "0", "I", "[worker/0]")])
            self.assertEqual([row[1] for row in rows if row[0] == ">"], [marked])

    def test_log(self):
        """At each time, what was there; what was overwritten is not."""
        gdb = self.running(1)
        self.assertEqual(gdb.run("ebb dmesg").text.splitlines(), LOG)
        self.assertEqual(gdb.run("ebb dmesg /sixth|two/").text.splitlines(), [LOG[1], LOG[3]])
        gdb.run("ebb nth 5 add_record")
        lines = gdb.run("ebb dmesg").text.splitlines()
        self.assertEqual(len(lines), 4)
        self.assertEqual(lines[0], "[    0.000000] first")
        self.assertEqual(lines[3], r"[    4.500000] escape \x1b[31m\x07")
        self.assertIn("no POSIX extended regular expression", gdb.refused("ebb dmesg /(/"))

    def test_endless_list(self):
        """Nothing that the guest's memory says makes a command run for ever."""
        gdb = self.running(1)
        gdb.run("set var worker.tasks.next = &daemon.tasks")
        gdb.run("set var prb->desc_ring.count_bits = 40")
        self.assertIn("does not end", gdb.refused("ebb tasks"))
        self.assertIn("not set up", gdb.refused("ebb dmesg"))
        gdb.run("set var worker.tasks.next = 16")
        self.assertRegex(gdb.refused("ebb tasks"), "not mapped here|is not the kernel's")

    def test_process(self):
        gdb = self.running(1)
        program = self.ebb.guests.elf("steps-" + self.architecture)
        text = gdb.run("ebb process " + program).text
        moved = 0x12340000 - 0x40100000 & (1 << (64 if self.architecture == "aarch64" else 32)) - 1
        self.assertRegex(text, r"^daemon\\x1b\[2J \(PID 17\) executes it, moved by 0x%x$" % moved)
        symbol = gdb.run("info address sum_squares").text
        self.assertIn(" at address 0x1234", symbol)
        gdb.run("ebb process " + program)  # in place of it, not beside it
        self.assertEqual(gdb.run("info line square").text.count("Line "), 1)
        for path, wanted in (("", "which program?"), ("/nowhere", "cannot read /nowhere"),
                             ("/dev/null", "is no program"), (SCRIPT, "is no program")):
            self.assertIn(wanted, gdb.refused("ebb process " + path))
        gdb = self.running(2)
        self.assertIn("the kernel's own", gdb.refused("ebb process " + program))

    def test_no_kernel(self):
        """What is missing is said."""
        gdb = self.gdb(self.ebb.guests.elf("steps-" + self.architecture),
                       "steps-" + self.architecture)
        for command in ("tasks", "dmesg", "process " + self.ebb.guests.elf(self.name)):
            self.assertIn("there is no symbol", gdb.refused("ebb " + command))


class Aarch64(Tasks, unittest.TestCase):
    architecture = "aarch64"


class Arm(Tasks, unittest.TestCase):
    architecture = "arm"


class TypesInMemory(unittest.TestCase):
    """BTF, made by hand: struct outer {int a; union {struct {char b[6]; void *c;};};}."""

    def blob(self, constant=1):
        """constant: what type a's type is a constant of."""
        strings = b"\0outer\0a\0b\0c\0int\0char\0"

        def name(text):
            return strings.index(b"\0" + text + b"\0") + 1

        def kind(number, count=0):
            return number << 24 | count

        types = struct.pack("<IIII", name(b"int"), kind(btf.INT), 4, 32)          # 1
        types += struct.pack("<IIII", name(b"char"), kind(btf.INT), 1, 8)         # 2
        types += struct.pack("<IIIIII", 0, kind(btf.ARRAY), 0, 2, 1, 6)           # 3
        types += struct.pack("<III", 0, kind(btf.PTR), 0)                         # 4
        types += struct.pack("<IIIIIIIII", 0, kind(btf.STRUCT, 2), 16,            # 5
                             name(b"b"), 3, 0, name(b"c"), 4, 64)
        types += struct.pack("<IIIIII", 0, kind(btf.UNION, 1), 16, 0, 5, 0)       # 6
        types += struct.pack("<III", 0, kind(btf.CONST), constant)                # 7
        types += struct.pack("<IIIIIIIII", name(b"outer"), kind(btf.STRUCT, 2), 24,
                             name(b"a"), 7, 0, 0, 6, 64)
        return struct.pack("<HBBIIIII", btf.MAGIC, 1, 0, 24, 0, len(types), len(types),
                           len(strings)) + types + strings

    def test_members(self):
        types = btf.Btf(self.blob(), 8)
        self.assertEqual(types.sizeof("outer"), 24)
        self.assertEqual(types.member("outer", "a"), (0, 4))
        self.assertEqual(types.member("outer", "b"), (8, 6))
        self.assertEqual(types.member("outer", "c"), (16, 8))
        self.assertIsNone(types.member("outer", "d"))
        self.assertIsNone(types.member("inner", "a"))
        self.assertIsNone(types.member("outer", "a.b"))

    def test_cut_short(self):
        blob = self.blob()
        for length in range(len(blob)):
            with self.subTest(length), self.assertRaises(btf.DAMAGE):
                btf.Btf(blob[:length], 8)

    def test_type_of_itself(self):
        types = btf.Btf(self.blob(constant=7), 8)
        self.assertEqual(types.member("outer", "c"), (16, 8))
        with self.assertRaises(btf.DAMAGE):
            types.member("outer", "a")

    def test_damaged(self):
        """It is refused with an error that the caller knows, or answered: anything else is raised
        here."""
        blob, refused = self.blob(), 0
        for place, byte in itertools.product(range(len(blob)), (0x00, 0x03, 0x08, 0xff)):
            try:
                types = btf.Btf(blob[:place] + bytes([byte]) + blob[place + 1:], 8)
                for name in "abc":
                    types.member("outer", name)
            except btf.DAMAGE:
                refused += 1
        self.assertGreater(refused, len(blob) // 4)
