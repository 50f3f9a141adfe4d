# SPDX-License-Identifier: GPL-3.0-or-later
"""gdb sessions on ARMv7 guests."""

import unittest

from harness.gdb_tests import GdbTests


class ARMv7(GdbTests, unittest.TestCase):
    architecture = "arm"


class Thumb(GdbTests, unittest.TestCase):
    architecture = "thumb"
