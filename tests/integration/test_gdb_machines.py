# SPDX-License-Identifier: GPL-3.0-or-later
"""gdb on machines with more than one world: secure and normal memory, a hypervisor with a GICv3."""

import unittest

from harness import ebb
from harness.gdb import Gdb

SECRET = 0x0e000000
ROUNDS = 12


class SecureTests:
    """Shared by both architectures."""
    name = None
    first_call = 0  # number of the first call that the normal world makes

    def setUp(self):
        self.ebb = ebb.current()
        self.recording = self.ebb.shared(self.name).recording
        self.gdb = Gdb(self.ebb.guests.elf(self.name), self.recording)
        self.addCleanup(self.gdb.close)

    def secret(self):
        return self.gdb.number("((struct secret *) %#x)->calls" % SECRET)

    def test_reads_through_the_security_state(self):
        """The monitor sees its RAM; the program that called it sees nothing there."""
        self.gdb.run("break monitor_call")
        for call in range(3):
            self.gdb.run("continue")
            self.assertEqual(self.secret(), call)
        self.gdb.run("break one_round")
        self.gdb.run("reverse-continue")
        answer = self.gdb.try_run("print ((struct secret *) %#x)->calls" % SECRET)
        self.assertIn("Cannot access memory", answer.text)
        self.assertEqual(self.gdb.number("calls_made"), 1 - self.first_call + 1)

    def test_watches_secure_memory_both_ways(self):
        self.gdb.run("break monitor_call")
        self.gdb.run("continue")
        self.gdb.run("delete")
        self.gdb.run("watch *(unsigned *) %#x" % SECRET)
        forward = []
        while True:
            answer = self.gdb.run("continue")
            if answer.at_end_of_history:
                break
            self.assertEqual(answer.function, "monitor_call")
            forward.append(self.secret())
        self.assertEqual(forward, list(range(1, ROUNDS + self.first_call + 1)))
        for value in reversed(forward):
            self.assertEqual(self.gdb.run("reverse-continue").function, "monitor_call")
            self.assertEqual(self.secret(), value - 1)

    def test_states_are_the_same_again(self):
        begin, end = self.gdb.ends()
        places = [begin + (end - begin) * i // 16 for i in range(17)]
        digests = []
        for place in places:
            self.gdb.seek(place)
            digests.append(self.gdb.digest())
        for place, digest in reversed(list(zip(places, digests))):
            self.gdb.seek(place)
            self.assertEqual(self.gdb.digest(), digest)


class SecureAarch64(SecureTests, unittest.TestCase):
    name = "secure-aarch64"


class SecureArm(SecureTests, unittest.TestCase):
    name = "secure-arm"
    first_call = 1


class Hypervisor(unittest.TestCase):
    def test_traps_and_interrupts(self):
        """The program's accesses trap, forwards and backwards, as often as they did."""
        session = ebb.current()
        recording = session.shared("hypervisor-aarch64").recording
        with Gdb(session.guests.elf("hypervisor-aarch64"), recording) as gdb:
            gdb.run("watch traps")
            found = []
            while True:
                answer = gdb.run("continue")
                if answer.at_end_of_history:
                    break
                self.assertEqual(answer.function, "hypervisor_call")
                found.append(gdb.number("traps"))
            self.assertEqual(found, list(range(1, 21)))
            for number in reversed(found):
                self.assertEqual(gdb.run("reverse-continue").function, "hypervisor_call")
                self.assertEqual(gdb.number("traps"), number - 1)
                self.assertEqual(gdb.number("received"), number)
