# SPDX-License-Identifier: GPL-3.0-or-later
"""ebb exceptions and ebb irqs, compared with what breakpoints and single steps find."""

import random
import unittest

from harness import ebb, entries
from harness.rsp import Rsp

LINUX = {"arm64": 8, "armhf": 4}


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
        the next interrupt is taken there at once."""
        rsp.seek(row["position"])
        steps = 0
        while True:
            pc = rsp.move("s").pc
            steps += 1
            mode = entries.MODES[rsp.register(entries.PSR[width]) & 0x1F]
            if pc in vectors or (pc, mode) == (int(row["pc"], 16), row["mode"]):
                return steps

    def check_irqs(self, recording, width, looks):
        rows = self.ask("irqs", recording)
        truth = self.truth(recording, width)
        self.assertEqual([(row["position"], row["kind"], row["number"], row["latency"])
                          for row in rows],
                         [(entry.position, entry.what, entry.number, entry.position - entry.rose)
                          for entry in truth])
        short = [row for row in rows if row.get("duration", 1 << 30) < 6000]
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
