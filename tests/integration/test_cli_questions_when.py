# SPDX-License-Identifier: GPL-3.0-or-later
"""ebb exceptions and ebb irqs, compared with what breakpoints and single steps find."""

import bisect
import collections
import os
import random
import re
import struct
import sys
import unittest
import xml.etree.ElementTree

from harness import ebb, entries, process, shards
from harness.commands import SCRIPT
from harness.guests import ROOT
from harness.rsp import Rsp
from harness.symbol_file import SymbolFile

sys.path.insert(0, os.path.dirname(SCRIPT))
from ebb_commands import btf  # noqa: E402

LINUX = {"arm64": 8, "armhf": 4}
STEPPED = 6000  # instructions, the most that single steps go through


class Questions(unittest.TestCase):
    def setUp(self):
        self.ebb = ebb.current()

    def ask(self, command, recording, *options):
        return self.ebb.json(command, "--json", *options, recording)

    def linux(self, architecture):
        return self.ebb.shared("linux-" + architecture,
                               lambda: self.ebb.guests.linux(architecture, "poweroff")).recording


class Exceptions(Questions):
    def check_entries(self, recording, width, looks=None, whole=True):
        """Compares the rows with breakpoints on all vectors of the tables that they name, or, where
        other code has its place in the tables (not whole), on those that they name; looks at the
        state in front of some. Returns the rows."""
        rows = self.ask("exceptions", recording)
        named = {int(row["to"]["pc"], 16) for row in rows}
        vectors = entries.vectors({entries.table_of(address, width) for address in named}, width)
        with Rsp(recording) as rsp:
            truth = entries.find(rsp, vectors if whole else {
                address: vectors[address] for address in named})
            self.assertEqual([(row["position"], int(row["to"]["pc"], 16)) for row in rows],
                             [entry.key() for entry in truth])
            pairs = list(zip(rows, truth))
            for row, entry in pairs if looks is None else random.Random(1).sample(pairs, looks):
                with self.subTest(position=row["position"]):
                    self.check_state(rsp, row, entry, width)
        return rows

    def check_state(self, rsp, row, entry, width):
        self.assertEqual(row["by_instruction"], entry.what not in entries.ASYNCHRONOUS)
        if entry.what != entries.SYNCHRONOUS:
            monitor = row["to"]["mode"] == "MON" and entry.what == "svc"
            self.assertEqual(row["kind"], "smc" if monitor else entry.what)
        # A software step comes behind its instruction.
        if row["by_instruction"] and not row.get("class", "").startswith("Software Step"):
            self.assertEqual((row["from"]["mode"], int(row["from"]["pc"], 16)),
                             entries.cause(rsp, entry, width))
        rsp.seek(entry.reached)
        self.assertEqual(row["to"]["mode"],
                         entries.MODES[rsp.register(entries.PSR[width]) & 0x1F])
        if width == 4 and not row["by_instruction"]:
            self.assertEqual(int(row["from"]["pc"], 16), rsp.register(entries.LINK) - 4)
        elif width == 8:
            self.check_registers(rsp.all_registers(), row, row["to"]["mode"][2])

    def check_registers(self, registers, row, level):
        """What the handler finds in ELR, SPSR, ESR and FAR of its exception level."""
        def value(name):
            return int.from_bytes(bytes.fromhex(registers["%s_EL%s" % (name, level)]), "little")

        back = int(row["from"]["pc"], 16) + (4 if "number" in row else 0)
        self.assertEqual(value("ELR"), back)
        self.assertEqual(entries.MODES[value("SPSR") & 0x1F], row["from"]["mode"])
        if row["by_instruction"]:
            self.assertEqual(value("ESR"), int(row.get("syndrome", "0"), 16))
        if "address" in row:
            self.assertEqual(value("FAR"), int(row["address"], 16))

    def kinds(self, recording):
        return {row["kind"]: row["count"]
                for row in self.ask("exceptions", recording, "--by-kind")}

    def check_each_kind(self, architecture, width):
        recording = self.ebb.shared("exceptions-" + architecture).recording
        rows = self.check_entries(recording, width)
        for i in range(10):
            call, undefined, load, store, fetch = rows[5 * i:5 * i + 5]
            self.assertEqual((call["kind"], undefined["kind"], load["kind"], store["kind"],
                              fetch["kind"]), ("svc", "undefined", "data-abort", "data-abort",
                                               "prefetch-abort"))
            self.assertEqual(call["number"], 7)
            self.assertEqual([(row["address"], row["write"], row["fault"])
                              for row in (load, store, fetch)],
                             [("0x%x" % (0x60000000 + i * 8), False, "synchronous External abort"),
                              ("0x%x" % (0x60000000 + i * 8), True, "synchronous External abort"),
                              ("0x%x" % (0x60000000 + i * 16), False,
                               "synchronous External abort")])
            self.assertIn("system_call", call["from"]["location"])
            self.assertIn("vectors", call["to"]["location"])
        self.assertEqual(self.kinds(recording),
                         {"undefined": 10, "svc": 10, "prefetch-abort": 10, "data-abort": 20})
        return rows

    def test_each_kind_aarch64(self):
        rows = self.check_each_kind("aarch64", 8)
        self.assertEqual(rows[0]["class"], "SVC in AArch64 state")
        self.assertEqual(rows[2]["class"], "Data Abort without a change in Exception level")

    def test_each_kind_arm(self):
        rows = self.check_each_kind("arm", 4)
        self.assertEqual([row["to"]["mode"] for row in rows[:5]],
                         ["SVC", "UND", "ABT", "ABT", "ABT"])
        # DFSR, with WnR or not, and IFSR: a synchronous External abort.
        self.assertEqual([row["status"] for row in rows[2:5]], ["0x8", "0x808", "0x8"])

    def test_kinds_and_limits(self):
        recording = self.ebb.shared("exceptions-aarch64").recording
        rows = self.ask("exceptions", recording)
        aborts = [row for row in rows if row["kind"].endswith("-abort")]
        kinds = ("--kind", "data-abort,prefetch-abort")
        self.assertEqual(self.ask("exceptions", recording, *kinds), aborts)
        self.assertEqual(self.ask("exceptions", recording, *kinds, "--limit", "7"), aborts[:7])
        result = self.ebb.run("exceptions", recording, *kinds, "--limit", "7")
        self.assertIn("--from %d goes on" % (aborts[6]["position"] + 1), result.errors.decode())
        self.assertEqual(len(result.text().splitlines()), 7)
        self.assertEqual(
            self.ask("exceptions", recording, *kinds, "--from", str(aborts[6]["position"] + 1)),
            aborts[7:])
        self.assertEqual(
            self.ask("exceptions", recording, *kinds, "--to", str(aborts[6]["position"])),
            aborts[:6])
        result = self.ebb.run("exceptions", recording, *kinds, "--limit", "7", "--by-kind")
        self.assertIn("--from %d goes on" % (aborts[6]["position"] + 1), result.errors.decode())
        result = self.ebb.run("exceptions", recording, *kinds, "--by-kind")
        self.assertNotIn("goes on", result.errors.decode())
        result = self.ebb.run("exceptions", recording, "--kind", "irq,abort")
        self.assertEqual(result.status, 2)
        self.assertIn('"abort" is no kind of exception', result.errors.decode())

    def test_pages_aarch64(self):
        """Faults of the MMU's, of each format of tables."""
        recording = self.ebb.shared("mmu-aarch64").recording
        rows = self.check_entries(recording, 8, 60)
        self.assertEqual({row["fault"] for row in rows},
                         {"translation fault, level 3", "permission fault, level 3"})

    def test_pages_arm(self):
        recording = self.ebb.shared("mmu-arm").recording
        rows = self.check_entries(recording, 4, 60)
        self.assertEqual({row["fault"] for row in rows},
                         {"translation fault, level 3", "permission fault, level 3"})

    def test_debug(self):
        """Breakpoints, watchpoints and single steps that the guest sets for itself."""
        recording = self.ebb.shared("watchpoints-aarch64").recording
        self.check_entries(recording, 8, 60)

    def test_interrupts(self):
        for name, width in (("interrupts-aarch64", 8), ("interrupts-arm", 4)):
            with self.subTest(name):
                recording = self.ebb.shared(name).recording
                rows = self.check_entries(recording, width, 50)
                self.assertEqual(self.kinds(recording), {"irq": 100})
                self.assertEqual({row["by_instruction"] for row in rows}, {False})

    def test_hypervisor(self):
        """Traps and calls to EL2, and interrupts taken there and in its guest."""
        rows = self.check_entries(self.ebb.shared("hypervisor-aarch64").recording, 8,
                                  whole=False)
        self.assertEqual({row["to"]["mode"] for row in rows}, {"EL1h", "EL2h"})
        self.assertEqual(sum(row["kind"] == "trap" for row in rows), 20)
        self.assertEqual(sum(row["kind"] == "irq" for row in rows), 40)

    def test_stage2(self):
        rows = self.check_entries(self.ebb.shared("stage2-aarch64").recording, 8,
                                  whole=False)
        self.assertIn("Data Abort from a lower Exception level",
                      {row.get("class") for row in rows})

    def test_secure_aarch64(self):
        rows = self.check_entries(self.ebb.shared("secure-aarch64").recording, 8,
                                  whole=False)
        self.assertIn("EL3h", {row["to"]["mode"] for row in rows})

    def test_secure_arm(self):
        rows = self.check_entries(self.ebb.shared("secure-arm").recording, 4,
                                  whole=False)
        self.assertIn("MON", {row["to"]["mode"] for row in rows})

    def test_calls_that_are_none(self):
        """Semihosting and PSCI: QEMU answers."""
        for architecture in ("aarch64", "arm"):
            with self.subTest(architecture):
                name = "semihosting-" + architecture
                recorder = self.ebb.shared(
                    "exceptions in " + name, lambda: self.ebb.guests.bare(name) + [
                        "-semihosting-config", "enable=on,target=native,arg=first,arg=second"])
                self.assertIn("PASS", recorder.text())
                self.assertEqual(self.ask("exceptions", recorder.recording), [])

    def test_linux(self):
        """A boot, on one worker and on three, which cut it elsewhere."""
        for architecture, width in LINUX.items():
            with self.subTest(architecture):
                recording = self.linux(architecture)
                rows = self.check_entries(recording, width, 60)
                for workers in ("1", "3"):
                    self.assertEqual(self.ask("exceptions", recording, "--workers", workers), rows)
                counts = self.kinds(recording)
                self.assertEqual(sum(counts.values()), len(rows))
                self.assertLess({"svc", "data-abort", "prefetch-abort", "irq"}, set(counts))


class Irqs(Questions):
    def truth(self, recording, width):
        """The entries of interrupts, and of each the number that the GIC told next and when the
        CPU's line rose, as the log has them."""
        rows = self.ask("exceptions", recording, "--kind", "irq,fiq")
        tables = {entries.table_of(int(row["to"]["pc"], 16), width) for row in rows}
        wanted = {address: what for address, what in entries.vectors(tables, width).items()
                  if what in ("irq", "fiq")}
        with Rsp(recording) as rsp:
            found = entries.find(rsp, wanted)
        events = self.ask("dump", recording)
        for entry in found:
            entry.number = next(
                event["value"] & 0x3FF for event in events
                if event["position"] >= entry.position and
                (event.get("register", "").startswith("ICC_IAR1") or
                 event["kind"] == "mmio-read" and event["address"] in (0x801000C, 0x2C00200C)))
            entry.rose = [event["position"] + event.get("nested", False)
                          for event in events
                          if event["kind"] == "interrupt-line" and event["value"] and
                          event["address"] == (entry.what == "fiq") and
                          event["position"] <= entry.position][-1]
        return found

    def duration(self, rsp, row, width, vectors):
        """Steps until the handler is back at the instruction and in the mode that it came from, or
        the next interrupt is taken there at once; None if there are too many."""
        rsp.seek(row["position"])
        for steps in range(1, STEPPED):
            pc = rsp.move("s").pc
            mode = entries.MODES[rsp.register(entries.PSR[width]) & 0x1F]
            if pc in vectors or (pc, mode) == (int(row["pc"], 16), row["mode"]):
                return steps
        return None

    def check_irqs(self, recording, width, looks):
        rows = self.ask("irqs", recording)
        truth = self.truth(recording, width)
        self.assertEqual([(row["position"], row["kind"], row["number"], row["latency"])
                          for row in rows],
                         [(entry.position, entry.what, entry.number, entry.position - entry.rose)
                          for entry in truth])
        short = [row for row in rows if row.get("duration", STEPPED) < STEPPED]
        with Rsp(recording) as rsp:
            for row in random.Random(1).sample(short, looks):
                self.assertEqual(row["duration"], self.duration(
                    rsp, row, width, {entry.vector for entry in truth}), row)
        return rows

    def test_bare(self):
        for name, gic, width in (("interrupts-aarch64", 2, 8), ("interrupts-arm", 2, 4),
                                 ("interrupts-aarch64", 3, 8), ("interrupts-vexpress", 2, 4)):
            with self.subTest(name, gic=gic):
                shared = name if gic == 2 else name + "-gicv3"
                recording = self.ebb.shared(
                    shared, lambda: self.ebb.guests.bare(name, gic=gic)).recording
                rows = self.check_irqs(recording, width, 10)
                self.assertEqual({(row["number"], row["device"]) for row in rows},
                                 {(3, "software generated"), (27, "EL1 virtual timer")})
                devices = self.ask("irqs", recording, "--by-device")
                self.assertEqual([(row["number"], row["count"]) for row in devices],
                                 [(3, 20), (27, 80)])
                for device in devices:
                    of = [row for row in rows if row["number"] == device["number"]]
                    self.assertEqual(device["latency_max"], max(row["latency"] for row in of))
                    self.assertEqual(device["duration_max"], max(row["duration"] for row in of))
                    self.assertEqual(device["duration_sum"], sum(row["duration"] for row in of))

    def test_parts(self):
        """A handler that returns behind the end of the part is followed up to there."""
        recording = self.ebb.shared("interrupts-aarch64").recording
        rows = self.ask("irqs", recording)
        to = str(rows[20]["position"] + 1)
        self.assertEqual(self.ask("irqs", recording, "--to", to), rows[:21])
        self.assertEqual(self.ask("irqs", recording, "--from", to), rows[21:])
        self.assertEqual(self.ask("irqs", recording, "--limit", "7"), rows[:7])
        result = self.ebb.run("irqs", recording, "--limit", "7")
        self.assertIn("--from %d goes on" % (rows[6]["position"] + 1), result.errors.decode())
        self.assertEqual(len(result.text().splitlines()), 7)

    def test_hypervisor(self):
        """Its guest is told the numbers by the virtual interface."""
        recording = self.ebb.shared("hypervisor-aarch64").recording
        rows = self.ask("irqs", recording)
        self.assertEqual([row["number"] for row in rows], [5, 7] * 20)
        lines = [event for event in self.ask("dump", recording)
                 if event["kind"] == "interrupt-line" and event["value"]]
        self.assertEqual([row["position"] - row["latency"] for row in rows],
                         [event["position"] + 1 for event in lines])

    def test_linux(self):
        recording = self.linux("arm64")
        rows = self.check_irqs(recording, 8, 5)
        self.assertEqual(self.ask("irqs", recording, "--workers", "3"), rows)
        self.assertIn((27, "EL1 virtual timer"), {(row["number"], row["device"]) for row in rows})
        # Names of shared interrupts are the device tree's.
        self.assertLess({row.get("device") for row in rows} - {"EL1 virtual timer"},
                        {"pl011@9000000", None})


def memory(rsp, address, size):
    data = b""
    while len(data) < size:
        part = bytes.fromhex(rsp.ask("m%x,%x" % (address + len(data), min(size - len(data), 1 << 14))))
        data += part
        if not part:
            raise AssertionError("0x%x cannot be read" % (address + len(data)))
    return data


class Switches(Questions):
    """Of Debian's kernels, with a file made of the symbols that they tell of."""

    def recorder(self, architecture):
        return self.ebb.shared("symbols-" + architecture,
                               lambda: self.ebb.guests.linux(architecture, "symbols"))

    def symbols(self, recorder):
        return {name: int(address, 16) for address, name in
                re.findall(r"guest: symbol (\w+) \w (\S+)", recorder.text())}

    def find_types(self, recording, symbols):
        """Where the kernel has its types; it does not tell."""
        header = struct.pack("<HBBI", btf.MAGIC, 1, 0, 24)
        with Rsp(recording, "--at", "end") as rsp:
            for place in range(symbols["_etext"] & ~0xFFF, symbols["_etext"] + (64 << 20), 1 << 14):
                found = memory(rsp, place, (1 << 14) + len(header)).find(header)
                if found >= 0:
                    place += found
                    _, size, strings, length = struct.unpack("<IIII", memory(rsp, place + 8, 16))
                    self.assertEqual(size, strings)
                    return place, memory(rsp, place, 24 + strings + length)
        raise AssertionError("the kernel's types are not in its memory")

    def file(self, symbols, wide):
        path = self.ebb.new_folder("vmlinux")
        SymbolFile(symbols, wide).write(path)
        return path

    def truth(self, recording, address, width, following, offsets):
        """(position, task, PID, name, kernel thread of both) by a breakpoint; following: the
        register of the next task. offsets: of PID, name and memory."""
        found = []
        pid, name, mm = offsets
        with Rsp(recording) as rsp:
            rsp.ask("Z1,%x,4" % address)
            while rsp.move("c").reason != "end":
                one = [rsp.position()]
                for task in rsp.register(0), rsp.register(following):
                    one += [task,
                            pid and int.from_bytes(memory(rsp, task + pid, 4), "little"),
                            memory(rsp, task + name, 16).split(b"\0")[0].decode(),
                            mm and not any(memory(rsp, task + mm, width))]
                found.append(tuple(one))
        return found

    def rows(self, recording, *options):
        def task(side):
            return (int(side["task"], 16), side.get("pid"), side["name"],
                    side.get("kernel_thread"))

        rows = self.ask("switches", recording, *options)
        self.assertEqual([row.get("ran") for row in rows],
                         [None] + [rows[i]["position"] - rows[i - 1]["position"]
                                   for i in range(1, len(rows))])
        return [(row["position"], *task(row["from"]), *task(row["to"])) for row in rows]

    def test_types_in_memory(self):
        recorder = self.recorder("arm64")
        symbols = self.symbols(recorder)
        place, data = self.find_types(recorder.recording, symbols)
        types = btf.Btf(data, 8)
        offsets = [types.member("task_struct", name)[0] for name in ("pid", "comm", "mm")]
        symbols["__start_BTF"] = place
        symbols["__stop_BTF"] = place + len(data)
        file = self.file(symbols, True)
        truth = self.truth(recorder.recording, symbols["__switch_to"], 8, 1, offsets)
        self.assertGreater(len(truth), 100)
        self.assertEqual(self.rows(recorder.recording, "--symbols", file), truth)
        self.assertEqual(self.rows(recorder.recording, "--symbols", file, "--limit", "5",
                                   "--from", str(truth[7][0])), truth[7:12])
        self.assertIn((2, "kthreadd", True), {one[2:5] for one in truth})
        self.assertIn((1, "init", False), {one[2:5] for one in truth})
        words = ("--symbols", file)
        parts = shards.run(self.ebb, "switches", recorder.recording, 3, self.ebb.new_folder(), words)
        joined = self.ebb.run("merge", recorder.recording, *parts)
        whole = self.ebb.run("switches", recorder.recording, *words)
        self.assertEqual((joined.status, joined.output), (0, whole.output), joined.describe())

    def test_without_types(self):
        """Names can be found all the same."""
        recorder = self.recorder("armhf")
        symbols = self.symbols(recorder)
        file = self.file(symbols, False)
        rows = self.rows(recorder.recording, "--symbols", file)
        with Rsp(recorder.recording) as rsp:
            rsp.seek(rows[0][0])
            task = memory(rsp, rows[0][1], 1 << 14)
        name = re.search(rb"swapper(/0)?\0", task).start()
        self.assertEqual(rows, self.truth(recorder.recording, symbols["__switch_to"], 4, 2,
                                          (None, name, None)))
        result = self.ebb.run("switches", recorder.recording, "--symbols", file, "--limit", "1")
        self.assertIn("tasks have no PID", result.errors.decode())

    def test_tables(self):
        """Where user code runs again with another table."""
        recording = self.recorder("arm64").recording
        rows = self.ask("switches", recording, "--by-table", "--limit", "20")
        with Rsp(recording) as rsp:
            numbers = {name: number for number, name in rsp.names()}
            for row in rows:
                rsp.seek(row["position"] + 1)
                self.assertEqual(rsp.register(entries.PSR[8]) & 0xF, 0)
                self.assertEqual(rsp.register(numbers["TTBR0_EL1"]) & 0xFFFFFFFFFFFE,
                                 int(row["to"]["table"], 16))
        self.assertEqual([row["from"]["table"] for row in rows[1:]],
                         [row["to"]["table"] for row in rows[:-1]])

    def test_no_kernel(self):
        result = self.ebb.run("switches", self.ebb.shared("steps-aarch64").recording)
        self.assertEqual(result.status, 2)
        self.assertIn("there is no symbol __switch_to", result.errors.decode())


class Instructions(Questions):
    """What executed, by single steps over a whole recording."""

    stepped = {}  # recording -> PCs by position

    def pcs(self, recording, count=None):
        if recording not in self.stepped:
            with Rsp(recording) as rsp:
                _, begin, end = rsp.place()
                pcs = [rsp.register(0x20 if rsp.document("target.xml").find("aarch64") >= 0
                                    else 0x0F)]
                while len(pcs) < (count or end - begin):
                    pcs.append(rsp.move("s").pc)
            self.stepped[recording] = pcs
        return self.stepped[recording]

    def functions(self, elf):
        """Where the functions of a file begin, and their names."""
        listing = process.run(["nm", elf]).text()
        return sorted((int(address, 16) & ~1, name) for address, name in
                      re.findall(r"(?m)^(\w+) [tT] ([^$\s]\S*)$", listing))

    def function_at(self, functions, address):
        return functions[bisect.bisect_right(functions, (address, "\xff")) - 1][1]

    def lines(self, elf, addresses):
        """(file, line) of addresses, as binutils tell."""
        addresses = sorted(addresses)
        listing = process.run(["addr2line", "-e", elf, *("%x" % one for one in addresses)]).text()
        found = set()
        for line in listing.splitlines():
            file, number = re.match(r"(.*):(\d+|\?)", line).groups()
            if number not in ("0", "?"):
                found.add((file, int(number)))
        return found

    def check_profile(self, architecture):
        name = "exceptions-" + architecture
        recording, elf = self.ebb.shared(name).recording, self.ebb.guests.elf(name)
        functions = self.functions(elf)
        # Nothing is known of what happens on reaching the first position.
        executed = self.pcs(recording)[1:]
        fetched = [pc for pc in executed if 0x40000000 <= pc < 0x60000000]
        truth = collections.Counter(self.function_at(functions, pc) for pc in fetched)
        truth["[unknown]"] = len(executed) - len(fetched)
        rows = self.ask("profile", recording, "--every", "1")
        self.assertEqual({row["function"]: row["self"] for row in rows if row["self"]},
                         dict(truth))
        for row in rows:
            self.assertAlmostEqual(row["self_percent"], 100 * row["self"] / len(executed))
            self.assertLessEqual(row["self"], row["total"])
        every = collections.Counter(self.function_at(functions, pc) for pc in executed[6::7]
                                    if 0x40000000 <= pc < 0x60000000)
        rows = self.ask("profile", recording, "--every", "7")
        self.assertEqual({row["function"]: row["self"] for row in rows
                          if row["self"] and row["function"] != "[unknown]"}, dict(every))
        return recording, functions, executed

    def test_profile_aarch64(self):
        self.check_profile("aarch64")

    def test_profile_arm(self):
        recording, _, _ = self.check_profile("arm")
        for row in self.ask("profile", recording, "--every", "7"):
            self.assertEqual(row["self"], row["total"])

    def stacks(self, recording, functions, every):
        """Stacks at some positions, by walking the frames."""
        found = collections.Counter()
        with Rsp(recording) as rsp:
            _, begin, end = rsp.place()
            for position in range(begin + every, end, every):
                rsp.seek(position)
                addresses, frame = [rsp.register(0x20)], rsp.register(29)
                while frame:
                    frame, back = struct.unpack("<QQ", memory(rsp, frame, 16))
                    if not back:
                        break
                    addresses.append(back - 1)
                found[";".join(self.function_at(functions, address)
                               if 0x40000000 <= address < 0x60000000 else "[unknown]"
                               for address in reversed(addresses))] += 1
        return found

    def test_stacks(self):
        name = "exceptions-aarch64"
        recording, functions = self.ebb.shared(name).recording, self.functions(
            self.ebb.guests.elf(name))
        truth = self.stacks(recording, functions, 61)
        printed = self.ebb.run("profile", recording, "--every", "61", "--folded").text()
        folded = {line.rsplit(" ", 1)[0]: int(line.rsplit(" ", 1)[1])
                  for line in printed.splitlines()}
        self.assertEqual(folded, dict(truth))
        totals = collections.Counter()
        for stack, count in folded.items():
            for function in set(stack.split(";")):
                totals[function] += count
        rows = self.ask("profile", recording, "--every", "61")
        self.assertEqual({row["function"]: row["total"] for row in rows}, dict(totals))
        self.check_picture(recording, folded)

    def check_picture(self, recording, folded):
        path = self.ebb.new_folder("profile.svg")
        self.assertEqual(self.ebb.run("profile", recording, "--every", "61", "--svg",
                                      path).status, 0)
        root = xml.etree.ElementTree.parse(path).getroot()
        space = "{http://www.w3.org/2000/svg}"
        counts = collections.Counter()
        for group in root.iter(space + "g"):
            title = group.find(space + "title").text
            function, count = re.match(r"(.*) \((\d+) samples, ", title).groups()
            counts[function] += int(count)
            width = float(group.find(space + "rect").get("width"))
            self.assertAlmostEqual(width, 1200 * int(count) / sum(folded.values()), delta=0.01)
        truth = collections.Counter()
        for stack, count in folded.items():
            for function in stack.split(";"):
                truth[function] += count
        self.assertEqual(counts, truth)

    def test_options_that_go_with_a_table(self):
        recording = self.ebb.shared("exceptions-aarch64").recording
        for words in (("profile", "--folded", "--json"), ("profile", "--folded", "--limit", "1"),
                      ("profile", "--svg", "x", "--json"), ("profile", "--svg", "x", "--folded"),
                      ("coverage", "-o", "x", "--json")):
            result = self.ebb.run(*words, recording)
            self.assertEqual(result.status, 2, result.describe())
            self.assertRegex(result.errors.decode(), r"^ebb: --\w+ does not go with -+\w+, which "
                                                     r"prints no table\n$")
        self.assertFalse(os.path.exists("x"))

    def tracefile(self, recording, *options):
        """{(file, line): count} of a tracefile."""
        path = self.ebb.new_folder("trace.info")
        result = self.ebb.run("coverage", recording, "-o", path, *options)
        self.assertEqual(result.status, 0, result.describe())
        found, file = {}, None
        with open(path) as trace:
            for line in trace:
                kind, _, rest = line.strip().partition(":")
                if kind == "SF":
                    file = rest
                elif kind == "DA":
                    number, count = rest.split(",")
                    self.assertNotIn((file, int(number)), found)
                    found[file, int(number)] = int(count)
        return path, found

    def check_coverage(self, name, count=None):
        recording, elf = self.ebb.shared(name).recording, self.ebb.guests.elf(name)
        pcs = self.pcs(recording, count)
        options = ("--to", str(count)) if count else ()
        path, lines = self.tracefile(recording, *options)
        truth = self.lines(elf, set(pcs[:count]))
        self.assertEqual({line for line, executed in lines.items() if executed}, truth)
        half = len(pcs) // 2
        _, later = self.tracefile(recording, "--from", str(half), *options)
        self.assertEqual({line for line, executed in later.items() if executed},
                         self.lines(elf, set(pcs[half:count])))
        self.assertEqual(set(later), set(lines))
        sections = process.run(["objdump", "-h", elf]).text()
        code = [(int(address, 16), int(size, 16)) for size, address in re.findall(
            r"(?m)^ *\d+ \S+ +(\w+) +(\w+) .*\n.*CODE", sections)]
        self.assertLessEqual(set(lines), self.lines(
            elf, [address for begin, size in code for address in range(begin, begin + size, 2)]))
        self.assertGreater(len(lines), len(truth))
        return path, lines

    def test_coverage_aarch64(self):
        path, lines = self.check_coverage("exceptions-aarch64")
        pages = self.ebb.new_folder("pages")
        result = process.run(["genhtml", "-o", pages, path], cwd=ROOT)
        self.assertEqual(result.status, 0, result.describe())
        self.assertIn("(%d of %d lines)" % (sum(lines.values()), len(lines)), result.text())
        files = self.ask("coverage", self.ebb.shared("exceptions-aarch64").recording)
        self.assertEqual(sum(file["lines"] for file in files), len(lines))
        self.assertEqual(sum(file["executed"] for file in files), sum(lines.values()))

    def test_coverage_arm(self):
        self.check_coverage("exceptions-arm")

    def test_coverage_thumb(self):
        self.check_coverage("steps-thumb", 3000)

    def test_coverage_of_a_table(self):
        """Of pages that one address space has."""
        recording = self.ebb.shared("mmu-aarch64").recording
        with Rsp(recording, "--at", "end") as rsp:
            numbers = {name: number for number, name in rsp.names()}
            table = rsp.register(numbers["TTBR0_EL1"]) & 0xFFFFFFFFFFFE
        _, whole = self.tracefile(recording)
        _, part = self.tracefile(recording, "--table", "0x%x" % table)
        _, none = self.tracefile(recording, "--table", "0x%x" % (table + 0x10000))
        self.assertEqual(sum(none.values()), 0)
        self.assertGreater(sum(whole.values()), sum(part.values()))
        self.assertGreater(sum(part.values()), 0)

    def test_coverage_without_lines(self):
        result = self.ebb.run("coverage", self.ebb.shared("steps-aarch64").recording, "--symbols",
                              "/bin/true")
        self.assertNotEqual(result.status, 0)
