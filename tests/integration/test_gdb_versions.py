# SPDX-License-Identifier: GPL-3.0-or-later
"""A choice of the gdb sessions with newer gdbs than the system's; `run.py --gdb VERSION` has all of
them with one."""

import os
import unittest
import unittest.mock

from harness import debuggers
from harness.gdb_tests import GdbTests
from test_gdb_session import Sessions


class Version:
    """A mixin that goes before the tests: has them find the gdb called `debugger`."""

    debugger = None

    def setUp(self):
        path = debuggers.needed_by(self, self.debugger)
        change = unittest.mock.patch.dict(os.environ, {"EBB_GDB": path})
        change.start()
        self.addCleanup(change.stop)
        super().setUp()


class Gdb16_Arm(Version, GdbTests, unittest.TestCase):
    architecture, debugger = "arm", "gdb-16"


class Gdb18_AArch64(Version, GdbTests, unittest.TestCase):
    architecture, debugger = "aarch64", "gdb-18"


class Gdb16_Sessions(Version, Sessions, unittest.TestCase):
    architecture, debugger = "aarch64", "gdb-16"


class Gdb18_Sessions(Version, Sessions, unittest.TestCase):
    architecture, debugger = "arm", "gdb-18"
