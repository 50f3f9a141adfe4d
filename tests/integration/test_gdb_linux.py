# SPDX-License-Identifier: GPL-3.0-or-later
"""gdb sessions on recordings of Linux and of U-Boot, at raw addresses, at several points."""

import os
import signal
import unittest

from harness import ebb
from harness.gdb import Gdb


def descendants(ancestor):
    """The (pid, command line) of all that a process started, and what that started."""
    children = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % entry) as file:
                parent = int(file.read().rsplit(")", 1)[1].split()[1])
            with open("/proc/%s/cmdline" % entry, "rb") as file:
                children.setdefault(parent, []).append((int(entry), file.read()))
        except (FileNotFoundError, ProcessLookupError):
            pass
    found = children.get(ancestor, [])
    for child, _ in found:
        found.extend(children.get(child, []))
    return found


class Session:
    """A mixin; recording() gives what is debugged."""

    def setUp(self):
        self.ebb = ebb.current()

    def gdb(self, options=()):
        gdb = Gdb(recording=self.recording(), options=options)
        self.addCleanup(gdb.close)
        return gdb

    def state(self, gdb):
        return [gdb.digest()] + gdb.registers().splitlines()

    def step(self, gdb, command):
        """One instruction. gdb may complain that it cannot unwind code without symbols."""
        answer = gdb.try_run(command)
        self.assertTrue(answer.error is None or "Cannot access memory" in answer.error, answer)

    def assert_same(self, state, expected):
        self.assertEqual([line for line in state if line not in expected], [])
        self.assertEqual(state, expected)

    def test_points(self):
        """Any order of visits finds the same states."""
        gdb = self.gdb()
        last = gdb.ends()[1]
        places = [last // 7 * part for part in range(1, 8)]
        states = {}
        for place in (places[i] for i in (3, 0, 6, 2, 5, 1, 4)):
            gdb.seek(place)
            states[place] = self.state(gdb)
        for place in places:
            gdb.seek(place)
            self.assert_same(self.state(gdb), states[place])
            gdb.seek("-100")
            self.assertEqual(gdb.position(), place - 100)
            gdb.seek("+100")
            self.assert_same(self.state(gdb), states[place])
            self.step(gdb, "reverse-stepi")
            self.step(gdb, "stepi")
            # gdb takes a sequence of exclusive accesses that begins here in one step.
            self.assertIn(gdb.position() - place, range(20))
            gdb.seek(place)
            self.assert_same(self.state(gdb), states[place])

    def test_breakpoint_both_ways(self):
        """Back to where the code at hand ran before, and forward again."""
        gdb = self.gdb()
        last = gdb.ends()[1]
        for part in (3, 5, 6):
            gdb.seek(last // 7 * part)
            place, pc, state = gdb.position(), gdb.pc(), self.state(gdb)
            gdb.run("break *0x%x" % pc)
            self.step(gdb, "stepi 5")
            self.assertEqual(gdb.run("reverse-continue").stop["reason"], "breakpoint-hit")
            self.assertEqual((gdb.position(), gdb.pc()), (place, pc))
            answer = gdb.run("reverse-continue")
            if not answer.at_end_of_history:
                self.assertEqual(gdb.pc(), pc)
            self.assertLess(gdb.position(), place)
            gdb.run("continue")
            self.assertEqual(gdb.position(), place)
            self.assert_same(self.state(gdb), state)
            gdb.run("delete")

    def test_watchpoint_both_ways(self):
        """Who wrote what the stack pointer points at? Forward again the same write is met."""
        gdb = self.gdb()
        last = gdb.ends()[1]
        # Not in the kernel's decompressor, which writes the same values to its stack over and over:
        # gdb looks at each write before it goes on.
        for part in (4, 5, 6):
            gdb.seek(last // 7 * part)
            value = gdb.value("*(int *)$sp")
            gdb.run("watch *(int *)0x%x" % (gdb.number("(long)$sp") & 0xffffffffffffffff))
            answer = gdb.run("reverse-continue")
            if answer.at_end_of_history:
                gdb.run("delete")
                continue
            write = gdb.position()
            self.assertIn("Old value = " + value, answer.text)
            answer = gdb.run("continue")
            self.assertIn("New value = " + value, answer.text)
            self.assertEqual(gdb.position(), write + 1)
            gdb.run("delete")

    def test_worker_dies(self):
        """The session outlives the process that runs the guest."""
        gdb = self.gdb()
        gdb.seek(gdb.ends()[1] // 2)
        place, state = gdb.position(), self.state(gdb)
        workers = [pid for pid, command in descendants(gdb.child.pid) if b"\0ebb," in command]
        self.assertTrue(workers)
        for pid in workers:
            os.kill(pid, signal.SIGKILL)
        self.step(gdb, "stepi")
        self.assertEqual(gdb.position(), place + 1)
        self.step(gdb, "reverse-stepi")
        self.assert_same(self.state(gdb), state)
        self.assertRegex(gdb.run("monitor stats").text, r"workers replaced +[1-9]")


class Arm64(Session, unittest.TestCase):
    def recording(self):
        return self.ebb.shared(
            "linux-arm64", lambda: self.ebb.guests.linux("arm64", "poweroff")).recording


class Armhf(Session, unittest.TestCase):
    def recording(self):
        return self.ebb.shared(
            "linux-armhf", lambda: self.ebb.guests.linux("armhf", "poweroff")).recording


class UBoot(Session, unittest.TestCase):
    def recording(self):
        return self.ebb.shared(
            "u-boot", lambda: ["-M", "virt", "-cpu", "cortex-a57", "-m", "64", "-nodefaults",
                               "-display", "none", "-serial", "stdio", "-bios",
                               self.ebb.guests.fetched("u-boot-qemu_arm64.bin")],
            typed=[("Hit any key to stop autoboot", "\n"), ("=> ", "poweroff\n")]).recording
