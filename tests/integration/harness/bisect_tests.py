# SPDX-License-Identifier: GPL-3.0-or-later
"""The tests of ebb bisect that are the same whoever has made the recording: see test_cli_bisect.py
and test_kvm_clients.py. What bisecting finds is what the guest says itself, and what gdb finds by
watching and running backwards."""

import json
import os
import re

from . import ebb
from .gdb import Gdb
from .guests import SOURCES

GOOD = 0x600d
BAD = 0xbad0  # and the number of the writer
with open(os.path.join(SOURCES, "culprit.h")) as _file:
    WRITERS = _file.readlines()


class Bisecting:
    """A mixin: what all tests of bisecting use."""

    def setUp(self):
        self.ebb = ebb.current()

    def bisect(self, recording, *options):
        return self.ebb.json("bisect", "--json", recording, *options)


class CulpritTests(Bisecting):
    """A mixin: recordings of guests in which one of several writers overwrites what is not its own,
    in a round taken at random."""

    def choice(self, recorder):
        """The writer and the round, which the guest prints."""
        found = re.search(r"(?m)^culprit: writer (\d) in round (\d+)$", recorder.text())
        self.assertTrue(found, recorder.describe())
        return int(found[1]), int(found[2])

    def store_by_gdb(self, elf, recorder):
        """The position of the store that overwrites `guarded`, its PC, and the function: gdb runs
        to the breakpoint behind it, and back to the store."""
        writer, number = self.choice(recorder)
        with Gdb(elf, recorder.recording) as gdb:
            gdb.run("tbreak culprit_wrote")
            gdb.run("continue")
            self.assertEqual(gdb.number("guarded"), BAD + writer)
            self.assertEqual(gdb.number("rounds"), number)
            gdb.run("watch guarded")
            gdb.run("reverse-continue")
            self.assertEqual(gdb.number("guarded"), GOOD)
            function = gdb.run("info symbol $pc").text.split()[0]
            self.assertEqual(function, "writer_%d" % writer)
            return gdb.position(), gdb.pc(), function

    def check_store(self, report, truth):
        position, pc, function = truth
        self.assertEqual(report["position"], position + 1, report)
        self.assertEqual(report["instruction_at"], position)
        self.assertEqual(int(report["pc"], 16), pc)
        self.assertEqual(report["by"], "instruction")
        self.assertRegex(report["instruction"], r"^str")
        self.assertEqual(report["function"], function)
        self.assertTrue(report["file"].endswith("culprit.h"), report["file"])
        self.assertEqual(report["line"], WRITERS.index("WRITER(%s)\n" % function[-1]) + 1)
        self.assertEqual([frame["function"] for frame in report["backtrace"][:2]],
                         [function, "culprit_run"])
        pcs = [change for change in report["registers"] if change["name"] == "pc"]
        self.assertEqual(int(pcs[0]["before"], 16), pc)
        self.assertTrue(report["monotone"])

    def check_recording(self, elf, recorder):
        """By a symbol, which gdb evaluates, and by the address."""
        truth = self.store_by_gdb(elf, recorder)
        address = "*(unsigned int *)0x%x" % self.ebb.guests.address(elf, "guarded")
        bad = BAD + self.choice(recorder)[0]
        report = self.bisect_with(elf, recorder, "--expr", "guarded != 0x%x" % GOOD)
        self.check_store(report, truth)
        self.assertEqual(report["operands"], [{"text": "guarded", "before": str(GOOD),
                                               "after": str(bad)}])
        report = self.bisect_with(elf, recorder, "--expr", "%s != 0x%x" % (address, GOOD))
        self.check_store(report, truth)
        self.assertEqual(report["operands"], [{"text": address, "before": "0x%x" % GOOD,
                                               "after": "0x%x" % bad}])
        return truth, address

    def bisect_with(self, elf, recorder, *options):
        """The symbols are named, as the recording's own kernel may be elsewhere, or no program."""
        return self.bisect(recorder.recording, "--symbols", elf, *options)

    def check_console(self, elf, recorder):
        """The line that the guest prints about it, and what has begun that line."""
        lines = self.ebb.json("console", "--json", recorder.recording)
        line = next(line for line in lines if line["text"].startswith("culprit: writer"))
        report = self.bisect_with(elf, recorder, "--console", "^culprit: writer [0-9] in round")
        self.assertEqual(report["position"], line["position"])
        self.assertEqual(report["events"][-1]["kind"], "mmio-write")
        self.assertEqual(int(report["events"][-1]["value"], 16), ord("c"))


class StoreTests(CulpritTests):
    """In guests without an operating system. A class that uses it has shared(NAME, DEVICES), which
    returns the recording of a guest that all tests share, and culprit(NUMBER), one of some more
    recordings of "culprit-ARCHITECTURE": .recordings of them."""

    architecture = None
    recordings = None

    def setUp(self):
        super().setUp()
        self.elf = self.ebb.guests.elf("culprit-" + self.architecture)

    def test_store(self):
        for number in range(self.recordings):
            with self.subTest(number=number):
                recorder = self.culprit(number)
                truth, address = self.check_recording(self.elf, recorder)
                report = self.bisect_with(self.elf, recorder, "--scan", "--expr",
                                          "%s != 0x%x" % (address, GOOD))
                self.assertTrue(report["scanned"])
                self.assertEqual(report["position"], truth[0] + 1)

    def test_console(self):
        self.check_console(self.elf, self.shared("culprit-" + self.architecture))

    def test_run(self):
        """A command that asks gdb; it is told where it is."""
        recorder = self.shared("culprit-" + self.architecture)
        script = self.ebb.script(
            "echo probe $EBB_POSITION\n"
            "$EBB_GDB -q -nx -batch $EBB_SYMBOLS -ex \"target remote $EBB_TARGET\" -ex "
            "'python gdb.execute(\"quit %d\" % (gdb.parse_and_eval(\"guarded\") != 0x600d))' "
            ">/dev/null 2>&1\n")
        result = self.ebb.run("bisect", recorder.recording, "--json", "--symbols", self.elf,
                              "--run", script)
        report = json.loads(result.output)
        self.assertEqual(report["position"], self.store_by_gdb(self.elf, recorder)[0] + 1)
        self.assertEqual(len(re.findall(r"(?m)^probe \d+$", result.errors.decode())),
                         report["probes"])

    def test_device(self):
        """DMA, by itself and within a store to the device; the same by a scan, and by gdb's."""
        name = "dma-" + self.architecture
        elf = self.ebb.guests.elf(name)
        recorder = self.shared(name, ["-device", "virtio-rng-device"])
        dma = self.ebb.json("dump", "--json", "--kind", "dma", recorder.recording)
        offset = 0x40000000
        for variable, nested in (("signature", True), ("random_words", False)):
            address = self.ebb.guests.address(elf, variable)
            event = next(event for event in dma if event["address"] + offset == address)
            plain = "*(unsigned int *)0x%x != 0" % address
            first = "random_words[0] != 0" if variable == "random_words" else "signature != 0"
            for condition in (plain, first):
                for scan in ((), ("--scan",)):
                    report = self.bisect_with(elf, recorder, "--expr", condition, *scan)
                    self.assertEqual(report["by"], "device", report)
                    self.assertEqual(report["position"], event["position"] + (1 if nested else 0))
                    self.assertIn("dma", [found["kind"] for found in report["events"]])
                    self.assertEqual(report["device"]["name"],
                                     "fw_cfg_mem" if nested else "virtio-rng-device")
                    self.assertEqual(report["device"]["virtio"], None if nested else "entropy")
                    self.assertEqual(report["device"]["certain"], nested)
            # gdb's watchpoint steps once more behind what a device has written.
            for last in (report["position"], report["position"] + 1):
                found = self.bisect_with(elf, recorder, "--to", str(last), "--scan", "--expr",
                                         first.replace(" !=", " + 0 !="))
                self.assertEqual(found["position"], report["position"])

    def test_enumerator(self):
        """It is no memory, and whether one looks at each store or not is the same."""
        name = "exceptions-" + self.architecture
        elf, recorder = self.ebb.guests.elf(name), self.shared(name)
        self.assertEqual(*[self.bisect_with(elf, recorder, "--to", "20000", "--scan", "--expr",
                                            "last.kind == " + kind)["position"]
                           for kind in ("EXCEPTION_DATA_ABORT", "3")])
        report = self.bisect_with(elf, recorder, "--expr", "last.kind >= EXCEPTION_CALL")
        self.assertEqual((report["by"], report["function"]), ("instruction", "on_exception"))

    def test_groups(self):
        """What is compared in brackets counts as well: a scan finds what gdb stops at."""
        name = "steps-" + self.architecture
        elf, recorder = self.ebb.guests.elf(name), self.shared(name)
        with Gdb(elf, recorder.recording) as gdb:
            gdb.run("watch items[3].value")
            gdb.run("continue")
            self.assertEqual(gdb.number("items[3].value"), 6)
            self.assertEqual(gdb.number("total"), 385)
            position = gdb.position()
        for condition in ("!(items[3].value == 0)", "-(items[3].value > 1) == -1",
                          "!(!(total == 385 && items[3].value == 6))",
                          "items[(total == 385) + 2].value == 6"):
            with self.subTest(condition):
                report = self.bisect_with(elf, recorder, "--scan", "--expr",
                                          "total == 385 && " + condition)
                self.assertEqual(report["position"], position)
                self.assertEqual(report["operands"][0]["text"], "total")
                self.assertEqual(report["operands"][-1]["after"], "6")

    def test_register(self):
        """At each instruction; gdb's single steps see the same."""
        name = "steps-" + self.architecture
        elf, recorder = self.ebb.guests.elf(name), self.shared(name)
        register = "$x0" if self.architecture.endswith("aarch64") else "$r0"
        with Gdb(elf, recorder.recording) as gdb:
            gdb.run("tbreak square")
            gdb.run("continue")
            start = gdb.position()
            gdb.seek(start + 200)
            wanted = gdb.number(register)
            values = []
            while wanted not in values:
                gdb.seek(start + len(values))
                values.append(gdb.number(register))
        position = start + len(values) - 1
        for condition in ("%s == %d" % (register, wanted), "%s + 0 == %d" % (register, wanted)):
            report = self.bisect_with(elf, recorder, "--from", str(start), "--to",
                                      str(start + 200), "--expr", condition, "--scan")
            self.assertEqual(report["position"], position)


class LinuxStoreTests(CulpritTests):
    """In a program on Linux, whose memory is not mapped most of the time. A class that uses it has
    culprit(NUMBER, ARCHITECTURE, ELF), one of the .recordings of it. ARCHITECTURE is Debian's."""

    recordings = None

    def test_arm64(self):
        self.check_linux("arm64", "aarch64")

    def test_armhf(self):
        self.check_linux("armhf", "arm")

    def check_linux(self, architecture, program):
        elf = self.ebb.guests.elf("culprit-linux-" + program)
        for number in range(self.recordings):
            with self.subTest(number=number):
                recorder = self.culprit(number, architecture, elf)
                truth, address = self.check_recording(elf, recorder)
                self.check_scans(elf, recorder, truth, address)
                self.check_console(elf, recorder)

    def check_scans(self, elf, recorder, truth, address):
        """Behind each store. The kernel writes the program's memory as well, and before it is
        there; at a virtual address anything else may have been."""
        for variable in (address, "guarded"):
            report = self.bisect_with(elf, recorder, "--from", str(truth[0] - 50000), "--scan",
                                      "--expr", "%s != 0x%x" % (variable, GOOD))
            self.assertEqual(report["position"], truth[0] + 1)
