# SPDX-License-Identifier: GPL-3.0-or-later
"""cdt-gdb-adapter, which Theia and extensions of VS Code use, as it is: it has no way back of its own,
but its console has gdb's. docs/ide says what is tested here."""

import os
import unittest

from harness import debuggers, ebb
from harness.commands import SCRIPT
from harness.dap import Dap
from harness.gdb import find_gdb
from harness.gdb_tests import MARKS, TOTALS
from harness.guests import ROOT, SOURCES


class Sessions:
    """A mixin; the class that uses it is a TestCase."""

    architecture = None

    def setUp(self):
        self.ebb = ebb.current()
        name = "steps-" + self.architecture
        self.dap = Dap([debuggers.needed_by(self, "cdt-adapter")])
        self.addCleanup(self.dap.close)
        self.capabilities = self.dap.request("initialize", adapterID="gdbtarget", pathFormat="path")
        attached = self.dap.send(
            "attach", gdb=find_gdb(), program=self.ebb.guests.elf(name), cwd=ROOT,
            initCommands=["source " + SCRIPT],
            target={"connectCommands": ["-target-select remote | %s replay --stdio %s" % (
                self.ebb.path, self.ebb.shared(name).recording)]})
        self.dap.event("initialized")
        self.dap.request("setBreakpoints", source={"path": os.path.join(SOURCES, "steps.c")},
                         breakpoints=[{"line": MARKS["add"]}])
        self.dap.request("configurationDone")
        self.assertTrue(self.dap.answer(attached)["success"])

    def stopped(self):
        stop = self.dap.event("stopped")
        self.dap.request("threads")
        return stop

    def console(self, command):
        self.dap.evaluate(">" + command, "repl")

    def total(self):
        return int(self.dap.evaluate("total"))

    def test_forwards(self):
        """It lets the guest run when it has attached."""
        for total in TOTALS[:-1]:
            self.assertEqual(self.stopped()["reason"], "breakpoint")
            self.assertEqual(self.total(), total)
            self.dap.request("continue", threadId=1)
        self.assertEqual(self.stopped()["reason"], "generic")

    def test_backwards_in_the_console(self):
        for _ in range(3):
            self.stopped()
            self.dap.request("continue", threadId=1)
        self.stopped()
        self.console("reverse-continue")
        self.assertEqual(self.stopped()["reason"], "breakpoint")
        self.assertEqual(self.total(), TOTALS[2])
        self.dap.request("next", threadId=1)
        self.stopped()
        self.assertEqual(self.total(), TOTALS[3])
        self.console("reverse-next")
        self.stopped()
        self.assertEqual(self.total(), TOTALS[2])
        self.assertEqual(self.dap.frame()["line"], MARKS["add"])

    def test_no_buttons(self):
        """Once this fails the adapter can do more than docs/ide says."""
        self.stopped()
        self.assertFalse(self.capabilities.get("supportsStepBack"))


class AArch64(Sessions, unittest.TestCase):
    architecture = "aarch64"


class Arm(Sessions, unittest.TestCase):
    architecture = "arm"
