# SPDX-License-Identifier: GPL-3.0-or-later
"""A choice of the gdb sessions with newer gdbs than the system's; `run.py --gdb VERSION` has all of
them with one."""

import unittest

from harness.debuggers import Version
from harness.gdb_tests import GdbTests
from test_gdb_session import Sessions


class Gdb16_Arm(Version, GdbTests, unittest.TestCase):
    architecture, debugger = "arm", "gdb-16"


class Gdb18_AArch64(Version, GdbTests, unittest.TestCase):
    architecture, debugger = "aarch64", "gdb-18"


class Gdb16_Sessions(Version, Sessions, unittest.TestCase):
    architecture, debugger = "aarch64", "gdb-16"


class Gdb18_Sessions(Version, Sessions, unittest.TestCase):
    architecture, debugger = "arm", "gdb-18"
