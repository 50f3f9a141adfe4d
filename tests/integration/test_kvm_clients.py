# SPDX-License-Identifier: GPL-3.0-or-later
"""What drives a recording drives one that was made under KVM: ebb bisect, the debuggers of IDEs,
our commands in gdb, ebb shell. The tests are some of those of recordings made under TCG. One kind of
host does: recordings of all have the same format. With EBB_KVM_ALL in the environment ebb bisect has
to find the store in ten boots of Linux of each architecture."""

import functools
import os
import unittest

import test_cli_shell
import test_gdb_accesses
import test_gdb_first
import test_gdb_places
import test_ide_cdt
import test_ide_dap
import test_ide_lldb
import test_ide_mi
from harness import debuggers, ebb, kvm
from harness.bisect_tests import BAD, GOOD, CulpritTests, LinuxStoreTests, StoreTests
from harness.commands import SCRIPT, Commands
from harness.dap import Dap
from harness.debuggers import Version
from harness.gdb import Gdb
from harness.lldb import Lldb
from harness.server import Server
from harness.shell import Shell

ARCHITECTURES = {64: "aarch64", 32: "arm"}
LINUX = {"arm64": "aarch64", "armhf": "arm"}
GUESTS = ("steps", "dma", "exceptions")
CULPRITS = 10
BOOTS = 10 if os.environ.get("EBB_KVM_ALL") else 1


def architectures(host):
    return [ARCHITECTURES[bits] for bits in ARCHITECTURES if bits == 64 or host.arm]


def make_plan(host, guests):
    plan = kvm.Plan(guests)
    for architecture in architectures(host):
        for guest in GUESTS:
            name = "%s-kvm-%s" % (guest, architecture)
            plan.record(name, plan.bare(name))
        name = "culprit-kvm-" + architecture
        plan.record(name, plan.bare(name), times=CULPRITS)
    for linux, architecture in LINUX.items():
        if architecture in architectures(host):
            elf = guests.elf("culprit-linux-" + architecture)
            plan.record("linux-" + architecture,
                        plan.linux(linux, "culprit", programs={"bin/culprit": elf}), times=BOOTS)
    return plan


HOSTS = kvm.Hosts(make_plan, [kvm.A72_612])
HOST = next(iter(HOSTS))


@functools.lru_cache(maxsize=None)
def recorded(name, number=0):
    """A recording of the host, all of which replays; its positions are known from now on."""
    name = "%s-%d" % (name, number + 1) if number else name
    made = HOSTS.get(HOST.name).made(name)
    if made.status != 0 or "not ok" in made.text():
        raise AssertionError(made.describe())
    result = ebb.current().json("verify", "--json", made.recording)
    if not (result["verified"] and result["end_state_compared"]):
        raise AssertionError("%s: %s" % (name, result))
    return made


@functools.lru_cache(maxsize=None)
def store_on_linux():
    """The position of the store in the first boot of arm64, by bisection."""
    session = ebb.current()
    address = session.guests.address(session.guests.elf("culprit-linux-aarch64"), "guarded")
    return session.json("bisect", "--json", recorded("linux-aarch64").recording, "--expr",
                        "*(unsigned int *)0x%x != 0x%x" % (address, GOOD))["instruction_at"]


class OfHost:
    """A mixin that goes before the tests: what they take for recordings that they share, of the
    guests in .guests, was made by the host."""

    guests = ("steps",)
    architecture = None

    def setUp(self):
        for guest in self.guests:
            name = "%s-%s" % (guest, self.architecture)
            ebb.current().share(name, recorded(name))
        super().setUp()


class Stores(StoreTests):
    recordings = CULPRITS

    def shared(self, name, devices=()):
        return recorded(name)

    def culprit(self, number):
        return recorded("culprit-" + self.architecture, number)


class LinuxStores(LinuxStoreTests):
    recordings = BOOTS

    def culprit(self, number, architecture, elf):
        return recorded("linux-" + LINUX[architecture], number)


class LinuxClients(CulpritTests):
    """Each client goes back to the store of the program on Linux, from right behind it."""

    def setUp(self):
        super().setUp()
        self.recorder = recorded("linux-aarch64")
        self.recording = self.recorder.recording
        self.elf = self.ebb.guests.elf("culprit-linux-aarch64")
        self.writer = "writer_%d" % self.choice(self.recorder)[0]
        self.bad = BAD + self.choice(self.recorder)[0]
        self.store = store_on_linux()
        self.behind = self.store + 1
        self.target = "| %s replay --stdio --at %d %s" % (self.ebb.path, self.behind,
                                                          self.recording)

    def closed_in_the_end(self, client):
        self.addCleanup(client.close)
        return client

    def test_gdb_commands(self):
        gdb = self.closed_in_the_end(Commands(self.elf, self.recording, ["--at", "end"]))
        gdb.run("ebb goto %d" % self.behind)
        self.assertEqual(gdb.number("guarded"), self.bad)
        text = gdb.run("ebb last guarded").text
        self.assertIn("old value = %d\nnew value = %d\n" % (GOOD, self.bad), text)
        self.assertEqual(gdb.position(), self.store)
        gdb.run("ebb goto begin")
        gdb.run("ebb first -from %d guarded != 0x%x" % (self.store - 10000, GOOD))
        self.assertEqual(gdb.position(), self.behind)

    def test_shell(self):
        shell = self.closed_in_the_end(Shell(self.ebb, self.recording, ["--symbols", self.elf]))
        shell.run("goto %d" % self.behind)
        self.assertIn("old value = %d (0x%x)\nnew value = %d (0x%x)\n" % (
            GOOD, GOOD, self.bad, self.bad), shell.run("last guarded"))
        self.assertEqual(shell.position(), self.store)
        self.assertIn("  %s+0x" % self.writer, shell.run("registers pc"))
        self.assertEqual(int(shell.run("registers x0").split()[1], 16),
                         self.ebb.guests.address(self.elf, "guarded"))
        shell.run("goto console /^culprit: writer/")
        self.assertGreater(shell.position(), self.behind)

    def test_dap(self):
        dap = self.closed_in_the_end(Dap([debuggers.needed_by(self, "gdb-18"), "-nx", "-q", "-i",
                                          "dap", "-x", SCRIPT]))
        dap.start(program=self.elf, target=self.target)
        dap.command("watch guarded")
        self.assertEqual(dap.move("reverseContinue")["reason"], "data breakpoint")
        self.assertEqual(dap.request("ebb/position")["position"], self.store)
        self.assertEqual((dap.evaluate("guarded"), dap.frame()["name"]), (str(GOOD), self.writer))

    def test_mi(self):
        gdb = self.closed_in_the_end(Gdb(self.elf))
        gdb.mi("-target-select remote " + self.target)
        gdb.mi("-break-watch guarded")
        self.assertEqual(gdb.mi("-exec-continue --reverse").function, self.writer)
        self.assertEqual((gdb.position(), gdb.number("guarded")), (self.store, GOOD))

    def test_lldb(self):
        server = self.closed_in_the_end(Server(self.ebb, self.recording, "--at", str(self.behind)))
        lldb = self.closed_in_the_end(Lldb(debuggers.needed_by(self, "lldb-22")))
        lldb.run("target create " + self.elf)
        lldb.run("process connect --plugin gdb-remote unix-connect://" + server.path)
        lldb.run("watchpoint set variable guarded")
        self.assertEqual(lldb.move(test_ide_lldb.BACK), "watchpoint 1")
        self.assertEqual((lldb.position(), lldb.number("guarded")), (self.store, GOOD))
        self.assertEqual(lldb.stop["function"], self.writer)


class Shells(test_cli_shell.Shells):
    def options(self, name):
        """The host has the file that the recording names."""
        return ["--symbols", self.ebb.guests.elf(name)]


def _add(name, parts, tests=None, **attributes):
    """A class made of the parts, with those tests of theirs only."""
    name = "Kvm_%s_%s" % (HOST.name, name)
    found = type(name, (*parts, unittest.TestCase),
                 {"__module__": __name__, "__doc__": parts[-1].__doc__, **attributes})
    for method in unittest.defaultTestLoader.getTestCaseNames(found):
        if tests and method not in tests:
            setattr(found, method, None)
    for test in tests or ():
        if not callable(getattr(found, test)):
            raise AttributeError("%s has no test %s" % (name, test))
    globals()[name] = found


def _add_clients(name, parts, tests, bits=(64, 32), **attributes):
    for each in bits:
        if ARCHITECTURES[each] in architectures(HOST):
            _add("%s_%d" % (name, each), (OfHost, *parts), tests, width=each // 8,
                 architecture="kvm-" + ARCHITECTURES[each], **attributes)


_add_clients("Bisect", (Stores,), None, guests=())
_add("Bisect_Linux", (LinuxStores,),
     ["test_" + linux for linux in LINUX if LINUX[linux] in architectures(HOST)])
_add("Clients_Linux", (LinuxClients,))

for _version in ("16", "18"):
    _add_clients("Dap_gdb_" + _version, (test_ide_dap.Adapter,),
                 ["test_step_back_over_a_call", "test_step_back_an_instruction",
                  "test_breakpoints_both_ways", "test_both_ends", "test_watchpoint_back"],
                 debugger="gdb-" + _version)
for _version, _parts in (("", ()), ("_16", (Version,)), ("_18", (Version,))):
    _add_clients("Mi_gdb" + _version, (*_parts, test_ide_mi.Interface),
                 ["test_feature", "test_instructions_back", "test_lines_back",
                  "test_continue_back", "test_both_ends"],
                 debugger="gdb" + _version.replace("_", "-"))
_add_clients("Lldb_19", (test_ide_lldb.Sessions,),
             ["test_steps_and_frames", "test_watchpoint_forwards"], debugger="lldb-19")
_add_clients("Lldb_22", (test_ide_lldb.Back,),
             ["test_breakpoints_back", "test_watchpoint_back", "test_watchpoint_there_and_back",
              "test_watch_sees_devices_write"], debugger="lldb-22", guests=("steps", "dma"))
_add_clients("Cdt", (test_ide_cdt.Sessions,), ["test_backwards_in_the_console"])
_add_clients("Places", (test_gdb_places.Places,),
             ["test_ways_to_write_a_position", "test_events", "test_console_lines",
              "test_back_and_forward", "test_bookmarks_last"])
_add_clients("First", (test_gdb_first.First,),
             ["test_variables", "test_memory", "test_registers"])
# The other one has much to do before.
_add_clients("Accesses", (test_gdb_accesses.Accesses,),
             ["test_writes_and_reads", "test_one_after_the_other"], bits=(64,))
_add_clients("Shell", (Shells,),
             ["test_ways_to_write_a_position", "test_events_and_console", "test_registers",
              "test_last_and_next_are_gdbs", "test_first_of_memory", "test_bookmarks_are_gdbs",
              "test_device"], guests=("steps", "dma"))
