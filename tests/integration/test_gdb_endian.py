# SPDX-License-Identifier: GPL-3.0-or-later
"""gdb on guests with numbers in either byte order. What gdb is given has the order that it expects."""

import unittest

from harness import ebb
from harness.gdb import Gdb


class EndianTests:
    name = None
    registers = ("x0", "pc", "sp")

    def setUp(self):
        session = ebb.current()
        recording = session.shared(self.name).recording
        self.gdb = Gdb(session.guests.elf(self.name), recording)
        self.addCleanup(self.gdb.close)

    def test_registers_and_memory(self):
        gdb = self.gdb
        gdb.run("break one_round")
        gdb.run("continue")
        self.assertEqual(gdb.run("continue").function, "one_round")
        self.assertEqual(gdb.number("value"), 0x11223301)
        self.assertEqual(gdb.number("own"), 0x11223300)
        self.assertEqual(gdb.number("other"), 0x00332211)
        self.assertEqual(gdb.number("wide") & 0xffffffffffffffff, 0x1122330000000000)
        self.assertEqual(gdb.number("$%s" % self.registers[0]), 0x11223301)
        self.assertIn("main", gdb.run("backtrace").text)
        answer = gdb.run("finish")
        self.assertEqual(gdb.number("own"), 0x11223301)
        gdb.run("reverse-continue")
        self.assertEqual(gdb.number("own"), 0x11223300)
        self.assertEqual(gdb.run("reverse-continue").function, "one_round")
        self.assertEqual(gdb.number("own"), 0)
        self.assertIsNotNone(answer.stop)

    def test_writes_registers(self):
        gdb = self.gdb
        gdb.run("break one_round")
        gdb.run("continue")
        gdb.run("set var $%s = 0x12345678" % self.registers[0])
        gdb.run("maintenance flush register-cache")
        self.assertEqual(gdb.number("$%s" % self.registers[0]), 0x12345678)
        gdb.run("set var $d3 = 1.5" if self.name.endswith("arm") else "set var $v3.d.f[0] = 1.5")
        gdb.run("maintenance flush register-cache")
        self.assertIn("1.5", gdb.value("$d3" if self.name.endswith("arm") else "$v3.d.f[0]"))

    def test_watches(self):
        gdb = self.gdb
        gdb.run("break main")
        gdb.run("continue")
        gdb.run("delete")
        gdb.run("watch other")
        values = []
        while True:
            answer = gdb.run("continue")
            if answer.at_end_of_history:
                break
            self.assertIn(answer.function, ("store_swapped", "one_round"))
            values.append(gdb.number("other"))
        self.assertEqual(values, [0x00332211 + (round_ << 24) for round_ in range(8)])


class BigEndianAarch64(EndianTests, unittest.TestCase):
    name = "endian-aarch64"


class BigEndianArm(EndianTests, unittest.TestCase):
    name = "endian-arm"
    registers = ("r0", "pc", "sp")


class OtherEndAarch64(EndianTests, unittest.TestCase):
    name = "otherend-aarch64"


class OtherEndArm(EndianTests, unittest.TestCase):
    name = "otherend-arm"
    registers = ("r0", "pc", "sp")
