# SPDX-License-Identifier: GPL-3.0-or-later
"""ebb export tarmac: against stepping, and read by Arm's tarmac-trace-utilities."""

import os
import random
import re
import signal
import subprocess
import unittest

from harness import documents, ebb, process, tarmac
from harness.rsp import Rsp

LOOKS = 300
SOME = 40000  # instructions: few enough to be read in some seconds
TOOLS = "EBB_TARMAC_UTILITIES"
CPSR_OF_ARM, CPSR_OF_AARCH64 = 25, 33
PAGE = 4096


def numbers(replies):
    return [int.from_bytes(bytes.fromhex(reply), "little") for reply, _ in replies]


class Tarmac(unittest.TestCase):
    def setUp(self):
        self.ebb = ebb.current()

    def export(self, recording, begin, end, *options):
        result = self.ebb.run("export", "tarmac", recording, "--from", str(begin), "--to", str(end),
                              *options)
        self.assertEqual((result.status, result.errors), (0, b""), result.describe())
        return result.text()

    def trace(self, recording, begin, end, *options):
        trace = tarmac.Trace(self.export(recording, begin, end, *options))
        self.assertTrue(sorted(trace.steps) == list(range(begin, end)), (begin, end))
        return trace

    def linux(self, architecture):
        return self.ebb.shared("linux-" + architecture,
                               lambda: self.ebb.guests.linux(architecture, "poweroff")).recording

    def ends(self, recording):
        info = self.ebb.info(recording)
        return info["begin_position"], info["end_position"]

    # Against the same interval in the debugger.

    def registers(self, rsp, wide):
        """By the numbers of a trace, and the PC."""
        wanted = [*range(33), CPSR_OF_AARCH64] if wide else [*range(16), CPSR_OF_ARM]
        values = numbers(rsp.exchange_all(["p%x" % number for number in wanted]))
        pc = values.pop(-2)
        found = dict(enumerate(values[:-1]))
        found[tarmac.CPSR] = values[-1]
        return pc, found

    def memory(self, rsp, address, size):
        reply = rsp.exchange("m%x,%x" % (address, size))[0]
        return bytes.fromhex(reply) if len(reply) == 2 * size else None

    def check_registers(self, known, found, where):
        wide = found[tarmac.CPSR] & 0x10 == 0
        for number, value in found.items():
            if not wide and number >= 15 and number != tarmac.CPSR:
                continue  # AArch64's, of which AArch32 code has none
            mask = 2**64 - 1 if wide else 2**32 - 1
            self.assertEqual(known[number] & mask, value & mask, (where, number))

    def check_code(self, rsp, step):
        code = self.memory(rsp, step.address, len(step.code) // 2)
        halves = [code[i:i + 2] for i in range(0, len(code), 2)]
        order = halves if step.set == "T" else reversed(halves)
        self.assertEqual(step.code, b"".join(half[::-1] for half in order).hex(), step.position)

    def check_step(self, rsp, step, wide, order):
        """In front of the instruction. Returns how many accesses were looked at."""
        pc, found = self.registers(rsp, wide)
        if step.address is None:
            self.assertIsNone(self.memory(rsp, pc, 4), step.position)
            return 0
        self.assertEqual(step.address, pc, step.position)
        self.check_registers(step.registers, found, step.position)
        self.check_code(rsp, step)
        reads = [access for access in step.accesses
                 if not access.write and access.value is not None]
        for access in reads:
            self.assertEqual(self.memory(rsp, access.address, access.size), access.bytes(order),
                             (step.position, hex(access.address)))
        writes = [access for access in step.accesses
                  if access.write and access.value is not None]
        if writes and not step.events:
            rsp.seek(step.position + 1)
            for access in writes:
                self.assertIn(self.memory(rsp, access.address, access.size),
                              (access.bytes(order), None), (step.position, hex(access.address)))
        return len(reads) + len(writes)

    def check_steps(self, recording, begin, end, looks=LOOKS, wide=True, order="little"):
        """Looks at some positions of an interval. Returns its trace."""
        trace = self.trace(recording, begin, end)
        chosen = random.Random(begin).sample(range(begin, end), min(looks, end - begin))
        accesses = 0
        with Rsp(recording) as rsp:
            for position in sorted(chosen):
                rsp.seek(position)
                accesses += self.check_step(rsp, trace.steps[position], wide, order)
            rsp.seek(end)
            self.check_registers(trace.last, self.registers(rsp, wide)[1], end)
        self.assertGreater(accesses, looks // 20)
        return trace

    def check_writes(self, recording, trace, order="little"):
        """Memory where something is written is, in the end, what was there and what was written."""
        begin, end = min(trace.steps), max(trace.steps) + 1
        written = [access for step in trace.steps.values() for access in step.accesses
                   if access.write and access.value is not None]
        pages = sorted({access.address // PAGE for access in written})
        with Rsp(recording) as rsp:
            rsp.seek(begin)
            memory = {page: bytearray(self.memory(rsp, page * PAGE, PAGE)) for page in pages}
            for access in written:
                for i, byte in enumerate(access.bytes(order)):
                    memory[(access.address + i) // PAGE][(access.address + i) % PAGE] = byte
            rsp.seek(end)
            for page in pages:
                self.assertEqual(self.memory(rsp, page * PAGE, PAGE), memory[page], hex(page))
        return len(written)

    def check_guest(self, name, length=6000, wide=True, order="little"):
        recording = self.ebb.shared(name).recording
        first, last = self.ends(recording)
        middle = first + (last - first) // 3
        end = min(middle + length, last)
        return recording, self.check_steps(recording, middle, end, wide=wide, order=order)

    def test_steps(self):
        for name, letter in (("steps-aarch64", "O"), ("steps-arm", "A"), ("steps-thumb", "T")):
            with self.subTest(name):
                recording, trace = self.check_guest(name, wide=letter == "O")
                self.assertEqual({step.set for step in trace.steps.values()}, {letter})
                self.assertGreater(self.check_writes(recording, trace), 100)

    def test_whole_recording(self):
        """From where nothing is known of what was before, to where nothing executes any more."""
        for name in ("exceptions-aarch64", "exceptions-arm", "reset-aarch64"):
            with self.subTest(name):
                recording = self.ebb.shared(name).recording
                first, last = self.ends(recording)
                whole = self.ebb.run("export", "tarmac", recording)
                self.assertTrue(whole.text() == self.export(recording, first, last))
                self.check_steps(recording, first, last, wide=name.endswith("64"))

    def test_code_that_changes(self):
        for name, wide in (("rewritten-aarch64", True), ("rewritten-arm", False)):
            with self.subTest(name):
                recording = self.ebb.shared(name).recording
                trace = self.check_steps(recording, *self.ends(recording), wide=wide)
                codes = {}
                for step in trace.steps.values():
                    codes.setdefault(step.address, set()).add(step.code)
                self.assertTrue(any(len(some) == 20 for some in codes.values()))

    def test_both_states(self):
        """An AArch32 program under an AArch64 kernel."""
        recording = self.ebb.shared("compat-aarch64").recording
        svc = next(row["position"] for row in self.ebb.json("exceptions", "--json", recording)
                   if row["from"]["mode"] == "USR")
        trace = self.check_steps(recording, max(svc - 3000, self.ends(recording)[0]), svc + 3000)
        self.assertLess({"O"}, {step.set for step in trace.steps.values()})

    def test_byte_orders(self):
        """A number in memory is the one that the register has, whatever the CPU is switched to."""
        for name in ("endian", "otherend"):
            for architecture, store in (("aarch64", r"str w(\d+), \["), ("arm", r"str r(\d+), \[")):
                with self.subTest(name, architecture=architecture):
                    recording = self.ebb.shared("%s-%s" % (name, architecture)).recording
                    first, last = self.ends(recording)
                    trace = self.trace(recording, first, min(last, first + SOME))
                    compared = 0
                    for step in trace.steps.values():
                        match = step.text and re.match(store, step.text)
                        for access in step.accesses if match and step.executed else ():
                            if access.value is not None and access.write:
                                value = step.registers[int(match[1])] & 0xFFFFFFFF
                                self.assertEqual(access.value, value, step.position)
                                compared += 1
                    self.assertGreater(compared, 20)

    def test_linux(self):
        for architecture, wide in (("arm64", True), ("armhf", False)):
            with self.subTest(architecture):
                recording = self.linux(architecture)
                first, last = self.ends(recording)
                rows = self.ebb.json("exceptions", "--json", recording, "--kind", "svc")
                for begin in (first + (last - first) // 2, rows[len(rows) // 2]["position"] - 500):
                    trace = self.check_steps(recording, begin, begin + 20000, LOOKS // 2, wide)
                    self.check_exceptions(recording, trace)
                modes = {step.mode for step in trace.steps.values()}
                self.assertLess({"EL0t", "EL1h"} if wide else {"USR", "SVC"}, modes | {""})

    # Against other questions.

    def check_exceptions(self, recording, trace):
        rows = self.ebb.json("exceptions", "--json", recording, "--from", str(min(trace.steps)),
                             "--to", str(max(trace.steps) + 1))
        wanted = [(row["position"], int(row["to"]["pc"], 16),
                   row["kind"].upper().replace("-", "_")) for row in rows]
        found = [(step.position, *event) for step in trace.steps.values() for event in step.events]
        self.assertEqual(found, wanted)
        return found

    def test_exceptions(self):
        for name in ("exceptions-aarch64", "exceptions-arm", "interrupts-aarch64",
                     "interrupts-arm"):
            with self.subTest(name):
                recording = self.ebb.shared(name).recording
                first, last = self.ends(recording)
                rows = self.ebb.json("exceptions", "--json", recording)
                at = rows[len(rows) // 2]["position"]
                begin, end = max(first, at - 2000), min(at + 4000, last)
                trace = self.check_steps(recording, begin, end, wide=name.endswith("64"))
                found = self.check_exceptions(recording, trace)
                self.assertIn(at, [position for position, *_ in found])
                # An interval may begin or end with one.
                for begin, end in ((at, at + 10), (at - 9, at + 1), (at - 9, at)):
                    self.check_exceptions(recording, self.check_steps(
                        recording, begin, end, 10, wide=name.endswith("64")))

    def test_accesses(self):
        recording = self.ebb.shared("steps-aarch64").recording
        every = self.ebb.json("accesses", "--json", recording, "items,64")
        begin = every[0]["position"]
        end = min(every[-1]["position"] + 1, begin + SOME)
        trace = self.trace(recording, begin, end)
        for place in ("total,8", "items,64"):
            rows = self.ebb.json("accesses", "--json", recording, place, "--from", str(begin),
                                 "--to", str(end))
            self.assertGreater(len(rows), 10)
            found = {(step.position, access.write, access.address + i)
                     for step in trace.steps.values() for access in step.accesses
                     for i in range(access.size)}
            wanted = {(row["position"], row["access"] == "write", int(row["address"], 16) + i)
                      for row in rows for i in range(row["length"])}
            bytes_there = {address for *_, address in wanted}
            self.assertEqual({one for one in found if one[2] in bytes_there}, wanted)

    def test_conditions(self):
        """What fails its condition is IS, and changes nothing but the flow."""
        for name in ("calls-aarch64", "calls-arm", "calls-thumb", "steps-arm"):
            with self.subTest(name):
                recording = self.ebb.shared(name).recording
                first, last = self.ends(recording)
                trace = self.trace(recording, first, min(last, first + SOME))
                skipped, taken = 0, 0
                for step in trace.steps.values():
                    behind = trace.steps.get(step.position + 1)
                    if not behind or behind.events or step.events or behind.address is None:
                        continue
                    falls = behind.address == step.address + len(step.code) // 2
                    if not step.executed:
                        self.assertTrue(falls and not step.accesses, step.position)
                        self.assertEqual({**step.registers, tarmac.CPSR: 0},
                                         {**behind.registers, tarmac.CPSR: 0}, step.position)
                        skipped += 1
                    elif re.match(r"b\.?(eq|ne|cs|cc|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)(\.n|\.w)? ",
                                  step.text):
                        self.assertFalse(falls, step.position)
                        taken += 1
                self.assertGreater(min(skipped, taken), 5)

    def test_exclusives(self):
        """A store-exclusive reads nothing, and an atomic instruction does."""
        recording = self.ebb.shared("exclusives-aarch64").recording
        first, last = self.ends(recording)
        trace = self.trace(recording, first, min(last, first + SOME))
        kinds = [[access.write for access in step.accesses] for step in trace.steps.values()
                 if step.text and re.match("st(lx|x)r", step.text)]
        self.assertIn([True], kinds)
        self.assertFalse([some for some in kinds if some not in ([True], [])])

    # The command.

    def test_workers(self):
        recording = self.ebb.shared("interrupts-aarch64").recording
        first, last = self.ends(recording)
        end = min(last, first + 150000)
        self.assertTrue(
            self.export(recording, first, end, "--workers", "1", "--memory", "64M") ==
            self.export(recording, first, end, "--workers", "3"))

    def test_file(self):
        recording = self.ebb.shared("steps-aarch64").recording
        path = self.ebb.new_folder("trace")
        self.assertEqual(self.export(recording, 100, 200, "-o", path), "")
        with open(path) as file:
            self.assertEqual(file.read(), self.export(recording, 100, 200))

    def start(self, recording, *options, **keywords):
        return subprocess.Popen([self.ebb.path, "export", "tarmac", recording, *options],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **keywords)

    def test_interrupted(self):
        recording = self.linux("arm64")  # all of it would take many minutes
        path = self.ebb.new_folder("trace")
        os.mkdir(path)
        with process.guarded(self.start(recording, "-o", os.path.join(path, "trace"))) as child:
            while not any(entry.stat().st_size for entry in os.scandir(path)):
                self.assertIsNone(child.poll())
            child.send_signal(signal.SIGINT)
            _, errors = child.communicate()
        self.assertIn(b"stopped", errors)
        self.assertEqual(child.returncode, 6)
        self.assertEqual(os.listdir(path), [])

    def test_pipe_that_closes(self):
        with process.guarded(self.start(self.linux("arm64"))) as child:
            lines = [child.stdout.readline().decode() for _ in range(100)]
            self.assertGreater(len(tarmac.Trace("".join(lines)).steps), 10)
            child.stdout.close()
            errors = child.stderr.read()
            status = child.wait()
        self.assertEqual((status, errors), (0, b""))

    # Others that read it.

    def tool(self, name, *arguments):
        result = subprocess.run([os.path.join(os.environ[TOOLS], name), *arguments],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                timeout=process.WATCHDOG)
        self.assertEqual(result.returncode, 0, result.stdout)
        return result.stdout.decode()

    def whole_trace(self, name):
        recording = self.ebb.shared(name).recording
        path = self.ebb.new_folder("trace")
        self.export(recording, *self.ends(recording), "-o", path)
        return recording, path

    def test_tools_find_the_calls(self):
        for name in ("calls-aarch64", "calls-arm", "calls-thumb"):
            with self.subTest(name):
                recording, path = self.whole_trace(name)
                image = self.ebb.guests.elf(name)
                wanted = self.ebb.json("calls", "--json", recording, "fibonacci")
                said = self.tool("tarmac-callinfo", "--image", image, path, "fibonacci")
                self.assertEqual([int(time) for time in re.findall(r"time: (\d+)", said)],
                                 [row["position"] for row in wanted])
                tree = self.tool("tarmac-calltree", "--image", image, path)
                self.assertRegex(tree, r"(?m)^ +o t:%d .* : fibonacci$" % wanted[0]["position"])

    # The document.

    def test_example(self):
        """The transcript, but for what another compiler may make different."""
        command, printed = documents.transcripts(documents.section("docs/exports.md", "tarmac"))[0]
        place = documents.Place(self.ebb)
        recording = self.ebb.shared("interrupts-aarch64").recording
        place.add("interrupts", recording)
        # Which instruction an interrupt comes in front of is up to the host.
        irq = self.ebb.json("irqs", "--json", "--limit", "1", recording)[0]["position"]
        command = re.sub(r"--from \d+ --to \d+", "--from %d --to %d" % (irq - 2, irq + 2), command)
        result = place.run(command)
        self.assertEqual((result.status, result.errors), (0, b""))
        for text in (result.text(), printed):
            self.assertRegex(text, r"(?s)\A\d+ clk IT .* clk E .*CoreEvent_IRQ\n.* R SP_EL1 .* MW8 ")
        behind = [self.masked(text.split("CoreEvent_IRQ", 1)[1])
                  for text in (result.text(), printed)]
        self.assertEqual(*behind)

    def masked(self, text):
        return re.sub(r"\b(?:0x)?[0-9a-f]{8,}\b|\b\d+\b", "N", text)


if TOOLS not in os.environ:  # the tools are in no package: who has built them says where
    del Tarmac.test_tools_find_the_calls


if __name__ == "__main__":
    unittest.main()
