# SPDX-License-Identifier: GPL-3.0-or-later
"""Physical memory in gdb: by QEMU's packets, by "monitor xp", and watched while the guest uses it
through several virtual addresses, or a device does."""

import re
import unittest

from harness import ebb
from harness.gdb import Gdb
from harness.rsp import Rsp

WINDOW = 0x80000000
STORY = re.compile(r"ebb: physical watchpoint (\d+): (.*) 0x([0-9a-f]+) at position (\d+)")


class PhysicalTests:
    """On the guest `mmu`, which maps two pages at addresses of their own, by turns."""
    name = None

    def setUp(self):
        self.ebb = ebb.current()
        self.recording = self.ebb.shared(self.name).recording
        self.gdb = Gdb(self.ebb.guests.elf(self.name), self.recording)
        self.addCleanup(self.gdb.close)
        self.gdb.run("break remap")
        self.gdb.run("continue")
        self.gdb.run("delete")
        self.word = self.gdb.number("&pages[0][4]")  # RAM is where it is, physically

    def stops(self, command, count):
        found = []
        for _ in range(count):
            answer = self.gdb.run(command)
            match = STORY.search(answer.text)
            self.assertIsNotNone(match, answer)
            self.assertEqual(int(match.group(3), 16) & ~3, self.word)
            found.append((int(match.group(4)), self.gdb.number("pages[0][4]"),
                          answer.function))
        return found

    def test_watch_sees_another_mapping(self):
        """The stores go through the window; gdb's own watchpoint does not see them."""
        self.gdb.run("monitor watch-physical %#x" % self.word)
        forward = self.stops("continue", 6)
        self.assertEqual([value for _, value, _ in forward], [1, 2, 3, 4, 5, 6])
        self.assertEqual({function for _, _, function in forward}, {"store_word"})
        for position, value, _ in reversed(forward):
            back = self.stops("reverse-continue", 1)[0]
            self.assertEqual(back, (position, value - 1, "store_word"))
            self.assertEqual(self.gdb.position(), position)
        self.assertIn("watchpoint 1: write to", self.gdb.run("monitor watch-physical").text)
        self.gdb.run("monitor unwatch-physical 1")
        self.assertTrue(self.gdb.run("reverse-continue").at_end_of_history)

    def test_watch_reads(self):
        self.gdb.run("monitor watch-physical %#x,4 read" % self.word)
        for _, _, function in self.stops("continue", 4):
            self.assertEqual(function, "remap")

    def test_stops_steps(self):
        """`next` over the store stops in it."""
        self.gdb.run("monitor watch-physical %#x,4" % self.word)
        for _ in range(12):
            answer = self.gdb.run("next")
            if STORY.search(answer.text):
                break
        self.assertEqual(answer.function, "store_word")
        self.assertEqual(self.gdb.number("pages[0][4]"), 1)

    def test_watching_changes_nothing(self):
        self.gdb.seek("end")
        end = self.gdb.digest()
        self.gdb.seek("begin")
        self.gdb.run("monitor watch-physical %#x,1048576 access" % (self.word & ~0xfffff))
        self.gdb.run("continue")
        self.gdb.run("continue")
        self.gdb.run("monitor unwatch-physical all")
        self.gdb.seek("end")
        self.assertEqual(self.gdb.digest(), end)

    def test_examines_memory(self):
        """The same bytes by physical address and by the virtual one; nothing at the window."""
        gdb = self.gdb
        table = gdb.number("&level1")
        for command in ("x /4xg", "x /7xw", "x /3dh", "x /9ub"):
            self.assertEqual(
                self.numbers(gdb.run("%s %#x" % (command, table)).text),
                self.numbers(gdb.run("monitor %s %#x"
                                     % (command.replace("x /", "xp /", 1), table)).text), command)
        self.assertIn("Cannot access memory", gdb.run("monitor xp %#x" % WINDOW).text)

    @staticmethod
    def numbers(text):
        """All numbers, without the addresses that lines begin with."""
        words = " ".join(line.split(":", 1)[1] for line in text.splitlines()).split()
        return [int(word, 0) for word in words if re.fullmatch(r"-?(0x[0-9a-f]+|\d+)", word)]

    def test_walks_page_tables(self):
        """As tools do that know QEMU: descriptors by physical address, down to the page."""
        gdb = self.gdb
        gdb.run("tbreak store_word")
        gdb.run("continue")
        self.assertIn("PhyMemMode", gdb.run("maintenance packet qqemu.Supported").text)
        window = gdb.number("address") & 0xffffffff
        table = gdb.number("&level1")
        self.physical_mode(True)
        gdb.run("maintenance flush dcache")
        for shift in (30, 21):
            entry = self.descriptor(table + 8 * (window >> shift & 0x1ff))
            self.assertEqual(entry & 3, 3)
            table = entry & 0xfffffff000
        entry = self.descriptor(table + 8 * (window >> 12 & 0x1ff))
        self.assertEqual(entry & 0xfffffff000, self.word & ~0xfff)
        self.assertIn("Cannot access memory",
                      gdb.try_run("output *(char *) %#x" % window).text)
        self.physical_mode(False)
        gdb.run("output *(char *) %#x" % window)

    def descriptor(self, address):
        return self.gdb.number("*(unsigned long long *) %#x" % address)

    def physical_mode(self, on):
        self.assertIn("OK", self.gdb.run("maintenance packet Qqemu.PhyMemMode:%d" % on).text)
        self.gdb.run("maintenance flush dcache")


class PhysicalAarch64(PhysicalTests, unittest.TestCase):
    name = "mmu-aarch64"


class PhysicalArm(PhysicalTests, unittest.TestCase):
    name = "mmu-arm"


class Devices(unittest.TestCase):
    def test_names_the_device(self):
        """What a device writes is seen both ways, at the same places."""
        session = ebb.current()
        name = "secure-aarch64"
        recording = session.shared(name).recording
        with Gdb(session.guests.elf(name), recording) as gdb:
            gdb.run("break leave_secure_world")
            gdb.run("continue")
            gdb.run("delete")
            gdb.run("monitor watch-physical %#x,16" % gdb.number("&random_words"))
            forward = []
            while True:
                answer = gdb.run("continue")
                if answer.at_end_of_history:
                    break
                self.assertIn("a device's write to", answer.text)
                forward.append(gdb.position())
            self.assertEqual(len(forward), 12)
            for position in reversed(forward):
                answer = gdb.run("reverse-continue")
                self.assertIn("a device's write to", answer.text)
                self.assertEqual(gdb.position(), position)

    def test_inside_of_an_instruction(self):
        """A write that a device makes in an access to it is gone over like a store."""
        session = ebb.current()
        for name in ("dma-aarch64", "dma-arm"):
            recording = session.shared(name, lambda name=name: session.guests.bare(name) + [
                "-device", "virtio-rng-device"]).recording
            with self.subTest(name), Gdb(session.guests.elf(name), recording) as gdb:
                wrote = next(event["position"] for event in session.json("dump", "--json", recording)
                             if event["kind"] == "dma")
                gdb.seek(wrote - 10)
                gdb.run("monitor watch-physical %#x,4" % gdb.number("&signature"))
                text = "a device's write to 0x%x at position %d" % (gdb.number("&signature"), wrote)
                self.assertIn(text, gdb.run("continue").text)
                self.assertNotEqual(gdb.number("signature"), 0)
                self.assertTrue(gdb.run("continue").at_end_of_history)
                self.assertIn(text, gdb.run("reverse-continue").text)
                self.assertEqual((gdb.position(), gdb.number("signature")), (wrote, 0))

    def test_secure_memory(self):
        """A physical address means both worlds', for looking and for watching."""
        session = ebb.current()
        for name in ("secure-aarch64", "secure-arm"):
            recording = session.shared(name).recording
            with Gdb(session.guests.elf(name), recording) as gdb:
                gdb.run("break one_round")
                for _ in range(3):
                    gdb.run("continue")
                gdb.run("delete")
                before = int(gdb.run("monitor xp 0x0e000000").text.split()[1], 0)
                gdb.run("monitor watch-physical 0x0e000000")
                answer = gdb.run("continue")
                self.assertEqual(answer.function, "monitor_call")
                self.assertIn("write to 0xe000000", answer.text)
                after = int(gdb.run("monitor xp 0x0e000000").text.split()[1], 0)
                self.assertEqual(after, before + 1)


class HostAddress(unittest.TestCase):
    """As gdb-pt-dump reads physical memory: out of the process that has it."""

    def test_reads_memory_of_the_worker(self):
        session = ebb.current()
        for name in ("mmu-aarch64", "mmu-arm", "secure-aarch64"):
            with self.subTest(name), Rsp(session.shared(name).recording, "--workers", "1") as rsp:
                for place in ("begin", "+1000", "end"):
                    rsp.seek(place)
                    self.check(rsp, 0x40000000)
                self.check(rsp, 0x40100040)

    def check(self, rsp, address):
        told = re.fullmatch(r"Host virtual address for 0x%x \(.*\) is (0x[0-9a-f]+)\n" % address,
                            rsp.monitor("gpa2hva %#x" % address))
        rsp.ask("Qqemu.PhyMemMode:1")
        wanted = rsp.ask("m%x,40" % address)
        rsp.ask("Qqemu.PhyMemMode:0")
        with open("/proc/%d/mem" % rsp.workers()[0], "rb", 0) as memory:
            memory.seek(int(told[1], 16))
            self.assertEqual(memory.read(0x40).hex(), wanted)
