# SPDX-License-Identifier: GPL-3.0-or-later
"""Code with accesses to the CPU's counter that is not in the guest's image: a rescan of the guest's
memory finds it, where the user says (`--rescan-at`), when the user says (`--rescan`), when a
recording begins in a running guest, and before it is executed (`--rescan-on-execute on`), where the
host tells of that. One kind of host does: what they share is KVM's interface. With EBB_KVM_ALL in
the environment an ARMv7 Linux boots as well."""

import os
import unittest

from harness import ebb, kvm
from harness.gdb import Gdb

ARCHITECTURES = {64: "aarch64", 32: "arm"}
ALL = bool(os.environ.get("EBB_KVM_ALL"))
BREAKPOINTS = {64: "00603dd4", 32: "70a12ee1"}  # instead of the guest's read
OPEN_READS = {64: "40e33bd5", 32: "3e0f51ec"}  # instead of such a breakpoint


def make_plan(host, guests):
    plan = kvm.Plan(guests)
    for bits, architecture in ARCHITECTURES.items():
        if bits == 64 or host.arm:
            add(plan, guests, bits, architecture)
    if ALL and host.arm:
        plan.record("linux", plan.linux("armhf", "work", "work=compute"),
                    ["--rescan-on-execute", "on"])
    return plan


def add(plan, guests, bits, architecture):
    late, awaiting = ("%s-kvm-%s" % (name, architecture) for name in ("latecode", "rescanned"))
    places = [guests.address(guests.elf(late), name) for name in ("main", "code")]
    plan.record("execute-%d" % bits, plan.bare(late), ["--rescan-on-execute", "on"])
    plan.record("late-%d" % bits, plan.bare(late),
                ["--rescan-at", ",".join("%#x" % place for place in places)])
    plan.shell("""start_until asked-NN 'latecode: written' ebb record --accel kvm -o asked-NN \
                      --control control-NN -- ARGUMENTS
                  ebb record --rescan control-NN >asked-NN.rescan
                  finish_started
                  start_until waiting-NN 'latecode: written' ebb record --accel kvm --wait \
                      --control control-NN -- ARGUMENTS
                  ebb record --attach control-NN -o attached-NN
                  finish_started
                  mv waiting-NN.out attached-NN.out
                  mv waiting-NN.err attached-NN.err
                  mv waiting-NN.status attached-NN.status""".replace("NN", str(bits)),
               plan.bare(awaiting))


HOSTS = kvm.Hosts(make_plan, [kvm.A72_612])
HOST = next(iter(HOSTS))


class Rescans:
    """A mixin. bits: of the guest."""

    bits = None

    def setUp(self):
        self.ebb = ebb.current()

    def check(self, name, replaced):
        """The recording verifies to the guest's end, and has so many replacements."""
        made = HOSTS.get(HOST.name).made("%s-%d" % (name, self.bits))
        self.assertEqual(made.status, 0, made.describe())
        self.assertRegex(made.text(), "latecode: PASS")
        result = self.ebb.json("verify", "--json", made.recording)
        self.assertTrue(result["verified"], result)
        self.assertTrue(result["end_state_compared"], result)
        self.assertEqual(self.ebb.info(made.recording)["end"], "power-off")
        self.check_events(made, replaced)
        return made

    def changes(self, made):
        """What the recorder has written over the guest's read, one after the other."""
        return [event["data"] for event in
                self.ebb.json("dump", "--json", "--kind", "dma", made.recording)
                if event["data"] in (BREAKPOINTS[self.bits], OPEN_READS[self.bits])]

    def check_events(self, made, replaced):
        """The guest reads twice. The first one is an event; the second one is none where the first
        has opened the read, which it does in a kernel's memory, unless a wait has closed it."""
        changes = self.changes(made)
        opened = changes.count(OPEN_READS[self.bits])
        closed = changes.count(BREAKPOINTS[self.bits]) - replaced
        self.assertIn(closed, range(opened + 1))
        reads = self.ebb.json("dump", "--json", "--kind", "sysreg-read", made.recording)
        self.assertIn(len(reads), [1, 2] if closed else [1] if opened else [2])

    def test_on_execution(self):
        """Nobody has to say where, if the host tells what the guest is about to execute."""
        name = "execute-%d" % self.bits
        noticed = HOSTS.get(HOST.name).made(name).stats()["execution_noticed"]
        if not noticed and not HOST.kernel:
            self.skipTest("this host does not tell what the guest is about to execute")
        self.assertTrue(noticed)
        self.check("execute", 1)

    def test_at_its_entry(self):
        """The first of the two places is met before there is anything to replace."""
        made = self.check("late", 1)
        self.assertEqual(made.stats()["rescans"], 2)
        self.assertEqual(made.stats()["replaced_in_image"], 0)
        self.assertEqual(made.stats()["replaced_by_rescans"], 1)
        self.assertRegex(made.errors, "memory: 0 replaced")
        self.assertRegex(made.errors, "memory: 1 replaced")
        with Gdb(self.ebb.guests.elf("latecode-kvm-" + ARCHITECTURES[self.bits]), made.recording,
                 ["--at", "end"]) as gdb:
            gdb.run("watch code[1]")
            for _ in self.changes(made):
                gdb.run("reverse-continue")
            self.assertEqual(gdb.number("code[1] + inverted[0]") & 0xffffffff, 0xffffffff)
            gdb.run("delete")
            gdb.run("stepi")
            self.assertEqual(gdb.pc(), gdb.number("(long) code"))
            self.assertNotEqual(gdb.number("code[1] + inverted[0]") & 0xffffffff, 0xffffffff)

    def test_when_asked(self):
        """The guest may have ended before its recorder is asked for the numbers."""
        made = self.check("asked", 1)
        self.assertRegex(HOSTS.get(HOST.name).results().text("asked-%d.rescan" % self.bits),
                         "^(1 replaced, 0 that look like one left alone|done; .*)$")
        self.assertRegex(made.errors, "memory: 1 replaced")

    def test_at_the_beginning(self):
        """What was written before the recording is replaced before it."""
        self.check("attached", 0)


class Linux:
    """A mixin."""

    def test_on_execution(self):
        """It looks whether it may have breakpoints itself when KVM has begun to need them."""
        made = HOSTS.get(HOST.name).made("linux")
        self.assertEqual(made.status, 0, made.describe())
        self.assertRegex(made.text(), "guest: PASS")
        self.assertGreater(made.stats()["replaced_by_rescans"], 0)
        result = ebb.current().json("verify", "--json", made.recording)
        self.assertTrue(result["verified"], result)
        self.assertTrue(result["end_state_compared"], result)


def _add_linux():
    name = "Kvm_%s_Rescan_Linux" % HOST.name
    globals()[name] = type(name, (Linux, unittest.TestCase),
                           {"__module__": __name__, "__doc__": Linux.__doc__})


def _add_class(bits):
    name = "Kvm_%s_Rescan_%d" % (HOST.name, bits)
    globals()[name] = type(name, (Rescans, unittest.TestCase),
                           {"bits": bits, "__module__": __name__, "__doc__": Rescans.__doc__})


_add_class(64)
if HOST.arm:
    _add_class(32)
    if ALL:
        _add_linux()
