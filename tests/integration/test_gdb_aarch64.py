# SPDX-License-Identifier: GPL-3.0-or-later
"""gdb sessions on AArch64 guests."""

import unittest

from harness.gdb_tests import GdbTests


class AArch64(GdbTests, unittest.TestCase):
    architecture = "aarch64"
