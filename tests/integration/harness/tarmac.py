# SPDX-License-Identifier: GPL-3.0-or-later
"""Tarmac traces, taken apart line by line, and what they say that registers and memory hold."""

import re

INSTRUCTION = re.compile(
    r"(\d+) clk (IT|IS) \((\d+)\) ([0-9a-f]{8}(?:[0-9a-f]{8})?) ([0-9a-f]{4}(?:[0-9a-f]{4})?) "
    r"([ATO]) (\w+) : (\S.*)$")
REGISTER = re.compile(
    r"(\d+) clk R (X\d+|SP_EL\d|r\d+(?:_\w+)?|cpsr) ([0-9a-f]{8}(?:[0-9a-f]{8})?)$")
ACCESS = re.compile(
    r"(\d+) clk M([RW])([1248]) ([0-9a-f]{8}(?:[0-9a-f]{8})?) ([0-9a-f]+|x+)$")
EVENT = re.compile(r"(\d+) clk E ([0-9a-f]+) ([0-9a-f]{8,}) CoreEvent_(\w+)$")

STACK_POINTER = 31  # of AArch64, among the registers
CPSR = 32


class Access:
    def __init__(self, match):
        self.write = match[2] == "W"
        self.size = int(match[3])
        self.address = int(match[4], 16)
        self.value = None if match[5][0] == "x" else int(match[5], 16)

    def bytes(self, order):
        return self.value.to_bytes(self.size, order)


class Step:
    """What the trace has of one position. Registers are those in front of the instruction."""

    def __init__(self, position):
        self.position = position
        self.address = self.code = self.set = self.mode = self.text = None  # no instruction
        self.executed = None
        self.registers = None
        self.accesses = []
        self.events = []  # (address of the handler, kind)


def slot(name):
    """Registers that the two states of the CPU have in common have one number."""
    if name == "cpsr":
        return CPSR
    return STACK_POINTER if name.startswith("SP") else int(re.match(r"[Xr](\d+)", name)[1])


class Trace:
    """.steps by position, and .last: the registers behind all of them. A line that is none of those
    that there are, or that goes back in time, is an error."""

    def __init__(self, text):
        self.steps = {}
        self.last = {}
        self._now = 0
        for line in text.splitlines():
            self._read(line)

    def _step(self, position):
        if position < self._now:
            raise AssertionError("%d comes behind %d" % (position, self._now))
        self._now = position
        return self.steps.setdefault(position, Step(position))

    def _read(self, line):
        if match := INSTRUCTION.match(line):
            step = self._step(int(match[1]))
            if step.address is not None or match[3] != match[1]:
                raise AssertionError("no instruction: " + line)
            step.executed = match[2] == "IT"
            step.address, step.code = int(match[4], 16), match[5]
            step.set, step.mode, step.text = match[6], match[7], match[8]
            step.registers = dict(self.last)
        elif match := REGISTER.match(line):
            self._step(int(match[1]))
            number, value = slot(match[2]), int(match[3], 16)
            if len(match[3]) == 8:  # the lower half of AArch64's
                value |= self.last.get(number, 0) >> 32 << 32
            if self.last.get(number) == value:
                raise AssertionError("nothing new: " + line)
            self.last[number] = value
        elif match := ACCESS.match(line):
            step = self._step(int(match[1]))
            if len(match[5]) != 2 * int(match[3]) or step.address is None:
                raise AssertionError("no access: " + line)
            step.accesses.append(Access(match))
        elif match := EVENT.match(line):
            self._step(int(match[1])).events.append((int(match[2], 16), match[4]))
        else:
            raise AssertionError("no line of a trace: " + line)
