# SPDX-License-Identifier: GPL-3.0-or-later
"""What the real gdb makes of the server: Ctrl-C between packets, the ends of history, functions that
are called, and the ways to connect."""

import unittest

from harness import ebb
from harness.gdb import Gdb, version
from harness.gdb_tests import MARKS
from harness.server import Server


class Sessions:
    """A mixin; the class that uses it is a TestCase."""

    architecture = None

    def setUp(self):
        self.ebb = ebb.current()
        self.name = "steps-" + self.architecture
        self.elf = self.ebb.guests.elf(self.name)
        self.recording = self.ebb.shared(self.name).recording

    def gdb(self, *options, name=None):
        name = name or self.name
        gdb = Gdb(self.ebb.guests.elf(name), self.ebb.shared(name).recording, options)
        self.addCleanup(gdb.close)
        return gdb

    def sent(self, gdb, packet, since=0):
        """How many packets with that beginning gdb has sent."""
        text = "Sending packet: $" + packet
        return sum(text in line for line in gdb.transcript[since:])

    def test_interrupt_between_packets(self):
        """gdb evaluates a condition that is never true: at any time it may be about to go on."""
        gdb = self.gdb("--at", "end", name="long-" + self.architecture)
        gdb.run("set breakpoint condition-evaluation host")
        gdb.run("break shuffle if rounds == 1000000")
        gdb.run("set debug remote 1")
        read = "Sending packet: $" + ("x" if version() >= (16,) else "m")
        for heard in ("Packet received: T05", read, "Sending packet: $bc"):
            answer = gdb.start("reverse-continue")
            gdb.wait_for("Packet received: T05", answer)
            gdb.wait_for(read, answer)
            gdb.wait_for(heard, answer)
            gdb.interrupt()
            gdb.finish(answer, running=True)
            self.assertIn("SIGINT", answer.text + str(answer.stop))
        gdb.run("set debug remote 0")
        gdb.run("stepi")

    def test_breakpoint_at_the_end(self):
        """gdb 13 must not be told of the end while it steps off a breakpoint."""
        gdb = self.gdb("--at", "end")
        last = gdb.ends()[1]
        gdb.run("break *$pc")
        for command in ("continue", "stepi", "continue", "reverse-stepi", "reverse-stepi", "stepi",
                        "continue", "continue", "next", "continue"):
            gdb.run(command)
        self.assertEqual(gdb.position(), last)
        gdb.run("reverse-stepi")
        self.assertEqual(gdb.position(), last - 1)
        gdb.run("reverse-continue")
        self.assertEqual(gdb.position(), 0)

    def test_function_calls(self):
        """Without a packet for each register, and at the end, where the guest is switched off."""
        gdb = self.gdb("--at", "end")
        gdb.run("set debug remote 1")
        begun = len(gdb.transcript)
        self.assertRegex(gdb.run("call square(12)").text, r"(?m)^\$1 = 144$")
        self.assertRegex(gdb.run("call factorial(6)").text, r"(?m)^\$2 = 720$")
        self.assertEqual(self.sent(gdb, "p", begun), 0)
        gdb.run("set debug remote 0")
        gdb.run("reverse-stepi")
        self.assertEqual(gdb.position(), gdb.ends()[1] - 1)

    def test_jump_to_a_breakpoint(self):
        gdb = self.gdb()
        gdb.run("tbreak square")
        gdb.run("continue")
        gdb.run("break factorial")
        self.assertEqual(gdb.run("jump factorial").function, "factorial")

    def test_jump_to_where_it_is(self):
        """gdb steps off a breakpoint before it goes on, and so wants to be at one that it has not
        stepped off."""
        gdb = self.gdb()
        gdb.run("tbreak square")
        gdb.run("continue")
        for inserted in ("off", "on"):
            gdb.run("set breakpoint always-inserted " + inserted)
            gdb.run("stepi")
            place = gdb.position()
            gdb.run("break *$pc")
            for _ in range(2):
                answer = gdb.run("jump *$pc")
                self.assertEqual((answer.stop or {}).get("reason"), "breakpoint-hit", answer)
                self.assertEqual(gdb.position(), place)
            gdb.run("continue")
            self.assertGreater(gdb.position(), place)

    def test_breakpoint_where_a_monitor_command_has_led(self):
        """gdb has not heard of it, and does not step off: to continue is to go on all the same."""
        gdb = self.gdb()
        gdb.run("break square")
        gdb.run("continue")
        places = [gdb.position()]
        gdb.run("continue")
        places.append(gdb.position())
        gdb.run("stepi")
        gdb.run("monitor seek %d" % places[0])
        gdb.run("maintenance flush register-cache")
        self.assertEqual(gdb.run("continue").function, "square")
        self.assertEqual(gdb.position(), places[1])

    def test_writes_are_not_undone_in_silence(self):
        gdb = self.gdb()
        gdb.run("tbreak steps.c:%d" % MARKS["call build_list"])
        gdb.run("continue")
        self.assertEqual(gdb.number("square(3)"), 9)
        self.assertNotIn("undone", gdb.run("stepi").text)
        self.assertEqual(gdb.number("square(3)"), 9)
        gdb.run("set variable total = 7")
        self.assertIn("undone", gdb.run("stepi").text)

    def test_few_packets(self):
        """The registers come with a stop, and the steps in a line are one packet."""
        gdb = self.gdb()
        gdb.run("tbreak steps.c:%d" % MARKS["call sum_squares"])
        gdb.run("continue")
        gdb.run("set debug remote 1")
        begun = len(gdb.transcript)
        gdb.run("next")
        gdb.run("reverse-next")
        self.assertEqual(self.sent(gdb, "g", begun), 0)
        self.assertLessEqual(self.sent(gdb, "vCont", begun), 4)

    def test_fewer_packets_with_trusted_code(self):
        """What remains where gdb reads code from the symbols' file: the moves themselves, a breakpoint
        and the stack."""
        gdb = self.gdb()
        gdb.run("set trust-readonly-sections on")
        gdb.run("tbreak steps.c:%d" % MARKS["call sum_squares"])
        gdb.run("continue")
        gdb.run("next")
        gdb.run("set debug remote 1")
        begun = len(gdb.transcript)
        gdb.run("reverse-next")
        self.assertLessEqual(self.sent(gdb, "", begun), 12)

    def serve(self):
        server = Server(self.ebb, self.recording)
        self.addCleanup(server.close)
        return server

    def test_extended_remote(self):
        """The connection outlives detach and kill, and run goes to the beginning."""
        server = self.serve()
        gdb = Gdb(self.elf)
        self.addCleanup(gdb.close)
        gdb.run("target extended-remote " + server.path)
        gdb.run("break square")
        self.assertEqual(gdb.run("continue").function, "square")
        place = gdb.position()
        gdb.run("detach")
        gdb.run("attach 1")
        self.assertEqual(gdb.position(), place)
        for _ in range(2):
            self.assertEqual(gdb.run("run").function, "square")
            self.assertEqual(gdb.position(), place)
        gdb.run("kill")
        self.assertEqual(gdb.run("run").function, "square")
        gdb.run("monitor halt")
        gdb.run("monitor reset halt")
        gdb.run("monitor arm semihosting enable")
        self.assertEqual(gdb.position(), 0)
        gdb.run("disconnect")
        gdb.run("target remote " + server.path)
        gdb.run("kill")
        server.wait()

    def test_second_client(self):
        """It is told that the place is taken; the first one goes on."""
        server = self.serve()
        first = Gdb(self.elf, socket=server.path)
        self.addCleanup(first.close)
        second = Gdb(self.elf)
        self.addCleanup(second.close)
        answer = second.try_run("target remote " + server.path)
        self.assertIn("another debugger is connected", answer.text)
        first.run("stepi")
        first.run("detach")
        second.run("target remote " + server.path)
        self.assertEqual(second.position(), 1)
        second.run("kill")
        server.wait()


class AArch64(Sessions, unittest.TestCase):
    architecture = "aarch64"


class Arm(Sessions, unittest.TestCase):
    architecture = "arm"
