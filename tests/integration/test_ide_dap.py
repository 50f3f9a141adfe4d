# SPDX-License-Identifier: GPL-3.0-or-later
"""gdb's debug adapter (gdb -i dap) with gdb-scripts/ebb.py, driven by the requests that IDEs send."""

import os
import unittest

from harness import debuggers, ebb
from harness.commands import SCRIPT
from harness.dap import Dap, Refused
from harness.gdb_tests import MARKS, TOTALS
from harness.guests import SOURCES
from harness.process import WATCHDOG

STEPS = os.path.join(SOURCES, "steps.c")
PAUSES = 25


class Adapter:
    """A mixin; the class that uses it is a TestCase."""

    architecture = None
    debugger = None

    def setUp(self):
        self.ebb = ebb.current()
        self.end = self.ebb.info(self.recording("steps"))["end_position"]

    def recording(self, guest):
        return self.ebb.shared("%s-%s" % (guest, self.architecture)).recording

    def launch(self, *options):
        command = [debuggers.needed_by(self, self.debugger), "-nx", "-q", "-i", "dap", *options]
        dap = Dap(command)
        self.addCleanup(dap.close)
        return dap

    def attach(self, *options, guest="steps"):
        """An adapter at a recording's beginning; its capabilities are in .capabilities."""
        dap = self.launch(*(options or ["-x", SCRIPT]))
        dap.capabilities = dap.start(
            program=self.ebb.guests.elf("%s-%s" % (guest, self.architecture)),
            target="| %s replay --stdio %s" % (self.ebb.path, self.recording(guest)))
        return dap

    def break_at(self, dap, *lines):
        answer = dap.request("setBreakpoints", source={"path": STEPS},
                             breakpoints=[{"line": line} for line in lines])
        return [breakpoint["id"] for breakpoint in answer["breakpoints"]]

    def at(self, mark):
        """An adapter that has come forward to a marked line for the first time."""
        dap = self.attach()
        self.break_at(dap, MARKS[mark])
        self.assertEqual(dap.move("continue")["reason"], "breakpoint")
        self.break_at(dap)
        return dap

    def position(self, dap):
        return dap.request("ebb/position")["position"]

    def test_capability(self):
        """IDEs show their buttons for it."""
        self.assertTrue(self.attach().capabilities["supportsStepBack"])

    def test_step_back_over_a_call(self):
        dap = self.at("call sum_squares")
        start = self.position(dap)
        self.assertEqual(dap.move("next")["reason"], "step")
        self.assertEqual(dap.evaluate("total"), str(TOTALS[-1]))
        for arguments in ({}, {"granularity": "line"}, {"granularity": "statement"}):
            stop = dap.move("stepBack", **arguments)
            self.assertEqual((stop["reason"], stop["threadId"]), ("step", 1))
            self.assertEqual(dap.frame()["line"], MARKS["call sum_squares"])
            self.assertEqual(dap.evaluate("total"), "0")
            self.assertEqual(self.position(dap), start)
            dap.move("next")

    def test_step_back_an_instruction(self):
        dap = self.at("call sum_squares")
        start = self.position(dap)
        for _ in range(3):
            dap.move("stepIn", granularity="instruction")
        for back in (2, 1, 0):
            dap.move("stepBack", granularity="instruction")
            self.assertEqual(self.position(dap), start + back)

    def test_breakpoints_both_ways(self):
        dap = self.attach()
        numbers = self.break_at(dap, MARKS["add"])
        for expected in TOTALS[:-1]:
            self.assertEqual(dap.move("continue")["hitBreakpointIds"], numbers)
            self.assertEqual(dap.evaluate("total"), str(expected))
        self.assertEqual(dap.move("continue")["reason"], "end of history")
        for expected in reversed(TOTALS[:-1]):
            stop = dap.move("reverseContinue")
            self.assertEqual((stop["reason"], stop["hitBreakpointIds"]), ("breakpoint", numbers))
            self.assertEqual(dap.evaluate("total"), str(expected))
        self.assertEqual(dap.move("reverseContinue")["reason"], "beginning of history")

    def test_both_ends(self):
        dap = self.attach()
        for request in ("stepBack", "reverseContinue"):
            self.assertEqual(dap.move(request)["reason"], "beginning of history")
        self.assertEqual(self.position(dap), 0)
        for request in ("continue", "continue", "next"):
            self.assertEqual(dap.move(request)["reason"], "end of history")
        self.assertEqual(self.position(dap), self.end)
        dap.move("stepBack", granularity="instruction")
        self.assertEqual(self.position(dap), self.end - 1)

    def test_watchpoint_back(self):
        """Typed into the IDE's console, as gdb's adapter has no requests for watchpoints."""
        dap = self.at("call build_list")
        dap.command("watch total")
        self.assertEqual(dap.move("reverseContinue")["reason"], "data breakpoint")
        self.assertEqual(dap.evaluate("total"), str(TOTALS[-2]))

    def test_pause(self):
        """As soon as can be, while gdb goes from hit to hit of a breakpoint whose condition is
        never true."""
        dap = self.attach(guest="long")
        dap.command("set breakpoint condition-evaluation host")
        dap.command("break shuffle if rounds == 1000000")
        for place, request in (("end", "reverseContinue"), ("begin", "continue")):
            dap.request("ebb/seek", position=place)
            dap.event("stopped")
            for _ in range(PAUSES):
                dap.request(request, threadId=1)
                dap.request("pause", threadId=1)
                self.assertEqual(dap.event("stopped")["reason"], "pause")

    def test_pause_of_nothing(self):
        """Where nothing moves, and the next move is not stopped by it."""
        dap = self.at("call build_list")
        dap.request("pause", threadId=1)
        self.assertEqual(dap.move("next")["reason"], "step")

    def test_disconnect_from_what_runs(self):
        """Without a pause before; its end is the adapter's."""
        for back in (True, False):
            dap = self.attach(guest="long")
            dap.command("break shuffle if rounds == 1000000")
            dap.request("ebb/seek", position="end" if back else "begin")
            dap.event("stopped")
            dap.request("reverseContinue" if back else "continue", threadId=1)
            dap.request("disconnect")
            self.assertEqual(dap.process.wait(WATCHDOG), 0)

    def test_seek(self):
        dap = self.attach()
        for position, expected in ((5000, 5000), ("+20", 5020), ("end", self.end),
                                   (-7, self.end - 7), ("begin", 0)):
            self.assertEqual(dap.request("ebb/seek", position=position),
                             {"position": expected, "begin": 0, "end": self.end})
            self.assertEqual(dap.event("stopped")["reason"], "goto")
            self.assertEqual(self.position(dap), expected)
        self.assertEqual(dap.frame()["name"], "_start")
        dap.command("ebb seek 5000")
        self.assertEqual(dap.event("stopped")["reason"], "goto")
        self.assertEqual(dap.frame()["name"], "spin")

    def test_variables_are_read_anew_after_a_seek(self):
        """In the same frame, of which the adapter keeps what it has read until the guest moves."""
        dap = self.at("call sum_squares")
        before = self.position(dap)
        dap.move("next")
        self.assertEqual(self.variables(dap)["total"], str(TOTALS[-1]))
        dap.request("ebb/seek", position=before)
        dap.event("stopped")
        self.assertEqual(self.variables(dap)["total"], "0")

    def variables(self, dap):
        scopes = dap.request("scopes", frameId=dap.frame()["id"])["scopes"]
        reference = next(scope["variablesReference"] for scope in scopes
                         if scope["name"] == "Globals")
        listed = dap.request("variables", variablesReference=reference)["variables"]
        return {variable["name"]: variable["value"] for variable in listed}

    def test_refused(self):
        dap = self.attach()
        for request, arguments, why in (
                ("stepBack", {"threadId": 7}, "there is no thread 7"),
                ("stepBack", {"threadId": 1, "granularity": "word"}, "granularity 'word'"),
                ("reverseContinue", {}, "threadId"),
                ("ebb/seek", {"position": "there"}, "'there' is no position"),
                ("ebb/seek", {"position": self.end + 1}, "the recording goes from 0 to")):
            with self.assertRaisesRegex(Refused, why):
                dap.request(request, **arguments)
        self.assertEqual(self.position(dap), 0)

    def test_no_recording(self):
        """What cannot go back says so in the response; no client waits for a stop."""
        dap = self.launch("-x", SCRIPT)
        dap.request("initialize", adapterID="ebb")
        dap.event("initialized")
        for request in ("stepBack", "reverseContinue"):
            with self.assertRaisesRegex(Refused, "cannot go back"):
                dap.request(request, threadId=1)
        with self.assertRaisesRegex(Refused, "not connected to a recording"):
            dap.request("ebb/position")

    def test_code_without_symbols(self):
        """gdb refuses to step by lines there: the client waits for a stop, and gets one that says so."""
        dap = self.launch("-x", SCRIPT)
        dap.start(target="| %s replay --stdio --at end %s" % (self.ebb.path,
                                                              self.recording("steps")))
        stop = dap.move("stepBack")
        self.assertEqual(stop["reason"], "step")
        self.assertIn("bounds of current function", stop["text"])
        self.assertEqual(self.position(dap), self.end)
        dap.move("stepBack", granularity="instruction")
        self.assertEqual(self.position(dap), self.end - 1)

    def test_script_in_gdbinit(self):
        """For IDEs that start gdb with arguments of their own."""
        home = self.ebb.new_folder("home")
        os.mkdir(home)
        with open(os.path.join(home, ".gdbinit"), "w") as file:
            file.write("source %s\n" % SCRIPT)
        dap = Dap([debuggers.needed_by(self, self.debugger), "-i=dap"],
                  {"HOME": home, "XDG_CONFIG_HOME": home})
        self.addCleanup(dap.close)
        self.assertTrue(dap.request("initialize", adapterID="ebb")["supportsStepBack"])

    def test_script_loaded_late(self):
        """The client is told of the capability that was not there when it asked."""
        dap = self.attach("-q")
        self.assertNotIn("supportsStepBack", dap.capabilities)
        for _ in range(2):
            dap.command("source " + SCRIPT)
        self.assertTrue(dap.event("capabilities")["capabilities"]["supportsStepBack"])
        self.assertEqual(dap.move("stepBack")["reason"], "beginning of history")

    def test_older_adapters_are_left_alone(self):
        for change, why in (("gdb.VERSION = '15.2'", "gdb 16 is the first"),
                            ("del gdb.dap.events.expect_stop", "has no expect_stop")):
            dap = self.attach("-ex", "python " + change, "-x", SCRIPT)
            self.assertNotIn("supportsStepBack", dap.capabilities)
            dap.wait(lambda message: why in str(message.get("body")), why)
            with self.assertRaises(Refused):
                dap.request("stepBack", threadId=1)

    def test_thread_name(self):
        """It is all that some IDEs show of the guest in a narrow column."""
        dap = self.attach()
        dap.request("ebb/seek", position=12345)
        (thread,) = dap.request("threads")["threads"]
        self.assertEqual(thread["name"], "CPU#0 [position 12345]")


class Gdb16_AArch64(Adapter, unittest.TestCase):
    architecture, debugger = "aarch64", "gdb-16"


class Gdb18_AArch64(Adapter, unittest.TestCase):
    architecture, debugger = "aarch64", "gdb-18"


class Gdb16_Arm(Adapter, unittest.TestCase):
    architecture, debugger = "arm", "gdb-16"


class Gdb18_Arm(Adapter, unittest.TestCase):
    architecture, debugger = "arm", "gdb-18"
