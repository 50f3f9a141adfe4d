# SPDX-License-Identifier: GPL-3.0-or-later
"""ebb origin: where values end up that began in known places, against single steps and what objdump
says of each instruction in between."""

import random
import re
import struct
import subprocess
import unittest

from harness import ebb
from harness.rsp import Rsp
from harness.truth import CORE

STEPPED = 300  # instructions between two steps of a trail that are looked at one by one
UART_ID = 0x09000FE0
# Mnemonics whose first operand is not written.
NO_RESULT = re.compile(
    r"(st(?!x|lx|rex)|cmp|cmn|tst|teq|ccmp|cbn?z|tbn?z|b\b|b\.|br|ret|msr|mcr|nop|dsb|isb|dmb|wf|"
    r"svc|cps|bx|b[a-z]{2}\b|it|push|prfm|hint)")
CONDITIONAL = re.compile(r".*(eq|ne|cs|cc|mi|pl|hi|ls|ge|lt|gt|le)$")
# Where each ends: the reason, and what the last step is in, or the memory that it is.
ENDS = {
    "computed": ("computed", "compute"),
    "copied": ("computed", "compute"),
    "called": ("computed", "compute"),
    "interrupted": ("computed", "compute"),
    "selected": ("computed", "compute"),
    "swapped": ("computed", "compute"),
    "compared": ("computed", "compute"),
    "pair": ("computed", "compute"),
    "constant": ("constant", "go_ways"),
    "turned": ("computed", "copy_parts"),
    "status": ("system", "status"),
    "device": ("device", "read_devices"),
    "dma": ("dma", "signature"),
    "initial": ("initial", "seed"),
    "word": ("initial", "word_begin"),
    "byte": ("initial", "byte_begin"),
    "signed": ("initial", "byte_begin"),
    "extracted": ("initial", "word_begin+1"),
    "half": ("initial", "word_begin+2"),
}
LENGTHS = {"half": 2, "word": 4, "byte": 4, "device": 4, "dma": 4, "turned": 4, "signed": 4,
           "extracted": 4}
# What trails go through.
WAYS = {"copied": "through_stack", "selected": "select_one", "swapped": "swap", "pair": "copy_pair",
        "compared": "store_if", "called": "through_stack"}


def register_of(what):
    """The number of the general register, or None."""
    match = re.match(r"[xwr](\d+)\b", what)
    return int(match[1]) if match else None


def number_of(step):
    return int(step["value"], 16)


class Listing:
    """What objdump says that instructions write."""

    def __init__(self, elf, wide):
        tool = "aarch64-linux-gnu-objdump" if wide else "arm-linux-gnueabihf-objdump"
        options = [] if wide else ["-M", "reg-names-raw"]
        text = subprocess.run([tool, "-d", "--no-show-raw-insn", *options, elf],
                              capture_output=True, check=True, text=True).stdout
        self.instructions = {int(address, 16): (mnemonic.strip(), operands.split("//")[0].strip())
                             for address, mnemonic, operands in
                             re.findall(r"(?m)^\s*([0-9a-f]+):\t([^\t\n]+)\t?([^\t\n;@]*)", text)}

    def depends(self, pc):
        """Whether the instruction has a condition."""
        return CONDITIONAL.match(self.instructions[pc][0])

    def writes(self, pc, number):
        """Whether the instruction writes the general register, for sure."""
        mnemonic, operands = self.instructions[pc]
        name = re.compile(r"\b[xwr]%d\b" % number)
        braces = re.search(r"\{(.*)\}", operands)
        base = re.search(r"\[([^\],]*)[^\]]*\](!|,\s*\S)", operands)
        if base and name.search(base[1]):
            return True
        if mnemonic.startswith(("pop", "ldm")):
            return any(name.fullmatch(reg.strip()) for reg in braces[1].split(","))
        if NO_RESULT.match(mnemonic) or self.depends(pc):
            return False
        operands = [operand.strip() for operand in operands.split(",")]
        if mnemonic.startswith("mrc"):
            return bool(name.fullmatch(operands[2]))
        if mnemonic.startswith("swp"):
            return bool(name.fullmatch(operands[1]))
        two = mnemonic.startswith(("ldp", "ldrd", "ldxp")) or \
            (mnemonic.startswith(("umull", "smull")) and len(operands) == 4)
        count = 2 if two else 1
        return any(name.fullmatch(operand) for operand in operands[:count])


class Origin:
    """A mixin; architecture is set."""

    def setUp(self):
        self.ebb = ebb.current()
        self.name = "origin-" + self.architecture
        self.recording = self.ebb.shared(self.name).recording
        self.elf = self.ebb.guests.elf(self.name)
        self.wide = self.architecture == "aarch64"
        self.width = 8 if self.wide else 4

    def trail(self, place, *arguments):
        steps = self.ebb.json("origin", "--json", self.recording, place, *arguments)
        self.assertEqual([step["did"] for step in steps].count("stops"), 1)
        self.assertEqual(steps[-1]["did"], "stops")
        self.assertEqual(steps[0]["did"], "is")
        return steps

    def end(self, name):
        return self.trail("end_%s,%d" % (name, LENGTHS.get(name, self.width)))

    def refused(self, *arguments, status=2):
        result = self.ebb.run("origin", self.recording, *arguments)
        self.assertEqual(result.status, status, result.describe())
        self.assertEqual(result.errors.count(b"\n"), 1)
        self.assertEqual(result.output, b"")
        return result.errors.decode()

    def test_ends(self):
        symbols = self.ebb.guests.symbols(self.elf)
        for name, (reason, where) in ENDS.items():
            with self.subTest(name):
                last = self.end(name)[-1]
                self.assertEqual(last["reason"], reason, last)
                if reason in ("initial", "dma"):
                    symbol, _, offset = where.partition("+")
                    self.assertEqual(int(last["what"].split(",")[0], 16),
                                     symbols[symbol] + int(offset or 0))
                else:
                    self.assertTrue(last["location"].startswith(where + "+"), last)

    def test_ways(self):
        for name, function in WAYS.items():
            with self.subTest(name):
                self.assertTrue(any(step.get("location", "").startswith(function + "+")
                                    for step in self.end(name)))

    def test_what_is_told_of_the_last_step(self):
        device = self.end("device")[-1]
        self.assertEqual(int(device["device"], 16), UART_ID)
        self.assertEqual(number_of(device), 0x11)
        self.assertIn("fw_cfg", self.end("dma")[-1]["text"])
        self.assertTrue(self.end("turned")[-1]["instruction"].startswith("rev"))
        self.assertIn("0x89abcdef", self.end("turned")[-1]["operands"].values())
        self.assertEqual(number_of(self.end("half")[-1]), 0x89AB)
        self.assertEqual(self.end("initial")[-1]["position"], 0)

    def test_an_interrupt_leads_through_its_stack(self):
        """The handler's entry has saved the register, and its return has restored it."""
        saved = [step for step in self.end("interrupted")
                 if re.match("save_frame|vector_irq|call_handler", step.get("location", ""))]
        self.assertEqual([step["did"] for step in saved], ["loaded", "stored"])

    def test_struct_copies(self):
        """memcpy() copies bytes: each has a trail, and the word has no single one."""
        for number in (0, 11):
            whole = self.trail("end_packet+%d,4" % (4 * number))
            self.assertEqual(whole[-1]["reason"], "parts")
            steps = self.trail("end_packet+%d,1" % (4 * number))
            self.assertEqual(number_of(steps[-1]) & 0xFF, 3 * number + 7)
            self.assertEqual(steps[-1]["reason"], "computed")
            self.assertTrue(any("copy_words" in step.get("location", "") for step in steps))

    def stepped(self, begin, end):
        """Positions from begin to end: (general registers, PC) in front of each instruction."""
        form = CORE[self.width]
        found = {}
        with Rsp(self.recording) as rsp:
            rsp.seek(begin)
            for position in range(begin, end + 1):
                registers = struct.unpack(
                    form, bytes.fromhex(rsp.registers())[:struct.calcsize(form)])
                found[position] = registers[:-1], registers[-1]
                rsp.move("s")
        return found

    def check_register(self, listing, step, since):
        """From its writer to where it was needed, nothing else has written the register."""
        number = register_of(step["what"])
        states = self.stepped(step["position"], since)
        self.assertEqual(states[step["position"]][1], int(step["pc"], 16))
        self.assertTrue(listing.writes(states[step["position"]][1], number) or
                        listing.depends(states[step["position"]][1]), step)
        kept = {states[position][0][number] for position in range(step["position"] + 1, since + 1)}
        self.assertEqual(len(kept), 1, step)
        offset = re.search(r" bytes? (\d+)", step["what"])
        value = kept.pop() >> 8 * int(offset[1] if offset else 0)
        self.assertEqual(value & ((1 << 4 * (len(step["value"]) - 2)) - 1), number_of(step))
        for position in range(step["position"] + 1, since):
            self.assertFalse(listing.writes(states[position][1], number), (step, position))

    def test_registers_are_those_of_single_steps(self):
        listing = Listing(self.elf, self.wide)
        checked = set()
        for name in ENDS:
            steps = self.end(name)
            for before, step in zip(steps, steps[1:]):
                since = before["position"]
                if (register_of(step["what"]) is None or "pc" not in step or
                        since - step["position"] > STEPPED or
                        (step["position"], step["what"]) in checked):
                    continue
                checked.add((step["position"], step["what"]))
                with self.subTest(name, position=step["position"]):
                    self.check_register(listing, step, since)
        self.assertGreater(len(checked), 20)

    def last_writer(self, listing, states, position, number):
        """By single steps: None if it is before them, or if what has a condition is in between."""
        while position - 1 in states:
            position -= 1
            (before, pc), (after, _) = states[position], states[position + 1]
            if before[number] != after[number] or listing.writes(pc, number):
                return position
            if listing.depends(pc):
                return None
        return None

    def test_any_register_at_any_position(self):
        """In code with interrupts, whatever the register is used for."""
        listing = Listing(self.elf, self.wide)
        end = self.end("interrupted")
        begin = next(step["position"] for step in end if step["did"] == "stored" and
                     "through" not in step["location"] and "go_ways" not in step["location"] and
                     "main" not in step["location"]) - 400
        states = self.stepped(begin, begin + 800)
        chance, checked = random.Random(1), 0
        for _ in range(500):
            position = chance.randrange(begin + 300, begin + 800)
            number = chance.randrange(0, 31 if self.wide else 13)
            writer = self.last_writer(listing, states, position, number)
            if writer is None or checked == 25:
                continue
            checked += 1
            steps = self.trail("%s%d" % ("x" if self.wide else "r", number), "-r", "--at",
                               str(position), "--steps", "1")
            self.assertEqual(steps[1]["position"], writer, (position, steps))
        self.assertEqual(checked, 25)

    def test_the_end_of_the_recording(self):
        """What comes next there is not executed any more."""
        end = self.trail("end_constant")[0]["position"]
        for number in range(31 if self.wide else 13):
            name = "%s%d" % ("x" if self.wide else "r", number)
            for step in self.trail(name, "--register", "--steps", "1")[1:]:
                self.assertLess(step["position"], end)

    def test_memory_is_that_of_ebb_last(self):
        for name in ENDS:
            steps = self.end(name)
            for before, step in zip(steps, steps[1:]):
                if step["did"] != "stored":
                    continue
                found = self.ebb.json("last", "--json", self.recording,
                                      step["what"].replace("physical ", ""), "--to",
                                      str(before["position"]))
                if name != "compared":  # of which the last comparison has not stored
                    self.assertEqual(found[-1]["position"], step["position"])
                self.assertEqual(int(found[-1]["after"], 16), number_of(step))

    def test_a_register_is_asked_for(self):
        computed = self.end("computed")
        stored = computed[1]
        name = stored["from"]
        steps = self.trail(name, "--register", "--at", str(stored["position"]))
        self.assertEqual([step["position"] for step in steps[1:]],
                         [step["position"] for step in computed[2:]])
        self.assertEqual(steps[0]["position"], stored["position"])
        self.assertEqual(self.trail("$" + name, "-r", "--to", str(stored["position"])), steps)

    def test_a_physical_address(self):
        address = self.ebb.guests.address(self.elf, "end_computed")
        steps = self.trail("0x%x,%d" % (address, self.width), "--physical")
        self.assertEqual(steps[2:], self.end("computed")[2:])
        self.assertTrue(steps[0]["what"].startswith("physical "))

    def test_a_bound(self):
        whole = self.end("copied")
        steps = self.trail("end_copied,%d" % self.width, "--steps", "2")
        self.assertEqual(steps[:-1], whole[:3])
        self.assertEqual(steps[-1]["reason"], "steps")
        last = whole[-1]["position"]
        steps = self.trail("end_copied,%d" % self.width, "--from", str(last + 1))
        self.assertEqual(steps[:-1], whole[:-1])
        self.assertEqual(steps[-1]["reason"], "initial")
        self.assertEqual(steps[-1]["position"], last + 1)

    def test_text_and_json_are_the_same(self):
        steps = self.end("copied")
        lines = self.ebb.run("origin", self.recording, "end_copied,%d" % self.width) \
            .text().splitlines()
        self.assertEqual([int(line.split()[0]) for line in lines],
                         [step["position"] for step in steps])
        for line, step in zip(lines, steps):
            self.assertIn(" %s %s " % (step["what"], step["value"]), line)
        self.assertTrue(lines[-1].endswith("; the trail stops here"))

    def test_end_is_where_it_looks_by_itself(self):
        self.assertEqual(self.trail("seed", "--at", "end"), self.trail("seed"))

    def test_bad_input(self):
        last = "0xffffffffffffffff" if self.wide else "0xffffffff"
        self.assertIn("no memory at", self.refused("0x20000000"))
        self.assertIn("0 bytes", self.refused("seed,0"))
        self.assertIn("17 bytes", self.refused("seed,17"))
        self.assertIn("beyond the end", self.refused(last + ",2"))
        self.assertIn("there is nothing", self.refused("seed", "--at", "99999999999"))
        self.assertIn("no symbol", self.refused("nowhere"))
        self.assertIn("no register", self.refused("q99", "--register"))
        self.assertIn("--register", self.refused("seed", "--register", "--physical"))
        self.assertIn("--steps", self.refused("seed", "--steps", "0"))
        self.assertIn("--at and --to", self.refused("seed", "--at", "5", "--to", "5"))


class AArch64(Origin, unittest.TestCase):
    architecture = "aarch64"


class Arm(Origin, unittest.TestCase):
    architecture = "arm"


class Thumb(Origin, unittest.TestCase):
    architecture = "thumb"


class Reset(unittest.TestCase):
    def test_a_reset_is_the_end(self):
        """It loads a variable of four bytes anew, two of which it changes."""
        for name in ("reset-aarch64", "reset-arm"):
            with self.subTest(name):
                recording = ebb.current().shared(name).recording
                reset = ebb.current().json("dump", "--json", "--kind", "reset", recording)[-1]
                steps = ebb.current().json("origin", "--json", recording, "initialized", "--at",
                                           str(reset["position"] + 1))
                self.assertEqual([number_of(step) for step in steps], [0x1234, 0x1234])
                self.assertEqual((steps[1]["reason"], steps[1]["position"]),
                                 ("reset", reset["position"]))


class Endian(unittest.TestCase):
    """Guests that are big-endian, or turn that around for some stores."""

    def test_a_number_is_followed(self):
        for name in ("endian-aarch64", "endian-arm", "otherend-aarch64", "otherend-arm"):
            for variable, turned in (("own", "endian-" in name), ("other", "otherend-" in name)):
                with self.subTest(name, variable=variable):
                    steps = ebb.current().json(
                        "origin", "--json", ebb.current().shared(name).recording, variable)
                    self.assertEqual(steps[-1]["reason"], "computed", steps)
                    self.assertIn("main+", steps[-1]["location"])
                    self.assertEqual(number_of(steps[-1]) & 0xFFFFFF00, 0x11223300)
                    stored = number_of(steps[0]).to_bytes(4, "little")
                    self.assertEqual(int.from_bytes(stored, "big" if turned else "little"),
                                     number_of(steps[-1]))


class Linux(unittest.TestCase):
    """Debian's kernel, that moves pages between programs and writes them from buffer to buffer."""

    def test_what_is_printed_comes_from_the_program(self):
        """A byte at the serial port was written by a program's system call, which had it from its
        own memory: the same byte by addresses of both."""
        recording = ebb.current().shared("symbols-arm64", lambda: ebb.current().guests.linux(
            "arm64", "symbols")).recording
        position = next(line["position"] for line in
                        ebb.current().json("console", "--json", recording)
                        if line.get("text") == "done")
        with Rsp(recording) as rsp:
            rsp.seek(position)
            core = struct.unpack(CORE[8], bytes.fromhex(rsp.registers())[:33 * 8])
            word = rsp.word(core[-1])
        register = "w%d" % (word & 31)
        self.assertEqual(core[word & 31], ord("d"))
        steps = ebb.current().json("origin", "--json", recording, register, "-r", "--at",
                                   str(position), "--steps", "12")
        self.assertEqual({number_of(step) for step in steps}, {ord("d")})
        user = [step for step in steps if "pc" in step and int(step["pc"], 16) < 1 << 48]
        self.assertTrue(user)
        crossing = steps[steps.index(user[0]) - 1]  # the kernel's load of what the program stored
        self.assertGreater(int(crossing["pc"], 16), 1 << 48)
        self.assertEqual(crossing["did"], "loaded")
        self.assertEqual(crossing["from"], user[0]["what"])
