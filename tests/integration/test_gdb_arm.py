# SPDX-License-Identifier: GPL-3.0-or-later
"""gdb sessions on ARMv7 guests."""

import unittest

from harness.gdb_tests import GdbTests


class ARMv7(GdbTests, unittest.TestCase):
    architecture = "arm"

    def test_halves_of_a_vector_register(self):
        """gdb writes all registers back after a call, and halves that are swapped would be swapped then."""
        gdb = self.at("call build_list")
        gdb.run("set variable $d0.u64 = 0x1111")
        gdb.run("set variable $d1.u64 = 0x2222")
        for _ in range(2):
            self.assertEqual([gdb.number("$q0.u64[%d]" % half) for half in (0, 1)], [0x1111, 0x2222])
            self.assertEqual([gdb.number("$d%d.u64" % half) for half in (0, 1)], [0x1111, 0x2222])
            self.assertEqual(gdb.number("square(12)"), 144)


class Thumb(GdbTests, unittest.TestCase):
    architecture = "thumb"
