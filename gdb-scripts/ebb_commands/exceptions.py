# SPDX-License-Identifier: GPL-3.0-or-later
"""The exceptions that the guest has taken."""

import re

import gdb

from . import calls, positions, server

LINES = 10

# Arm ARM, D1.4.1: offsets in each of the four groups of AArch64 vectors; of AArch32, from G1.12 on.
WIDE_GROUPS = (0x000, 0x200, 0x400, 0x600)
WIDE = {0x000: None, 0x080: "IRQ", 0x100: "FIQ", 0x180: "SError"}
NARROW = {0x04: "undefined instruction", 0x08: "system call (SVC)", 0x0c: "prefetch abort",
          0x10: "data abort", 0x18: "IRQ", 0x1c: "FIQ"}
INTERRUPTS = ("IRQ", "FIQ")

# Arm ARM, D24.2: ESR_ELx.EC.
CLASSES = {
    0x00: "undefined instruction", 0x01: "WFI or WFE trapped", 0x07: "floating point trapped",
    0x09: "pointer authentication trapped", 0x0d: "branch target", 0x0e: "illegal state",
    0x11: "system call (SVC)", 0x12: "hypercall", 0x15: "system call (SVC)", 0x16: "hypercall",
    0x17: "secure monitor call", 0x18: "system register trapped", 0x19: "SVE trapped",
    0x1c: "pointer authentication", 0x20: "instruction abort, from below",
    0x21: "instruction abort", 0x22: "misaligned PC", 0x24: "data abort, from below",
    0x25: "data abort", 0x26: "misaligned SP", 0x2c: "floating point", 0x2f: "SError",
    0x30: "breakpoint, from below", 0x31: "breakpoint", 0x32: "single step, from below",
    0x33: "single step", 0x34: "watchpoint, from below", 0x35: "watchpoint", 0x38: "BKPT",
    0x3c: "BRK",
}
WITH_ADDRESS = (0x20, 0x21, 0x22, 0x24, 0x25, 0x34, 0x35)


def register(name):
    """None: there is no such register."""
    value = gdb.parse_and_eval("$" + name)
    return None if value.type.code == gdb.TYPE_CODE_VOID else int(value) & server.ADDRESS


def symbol(address):
    text = server.capture("info symbol 0x%x" % address)
    match = re.match(r"(\S+)(?: \+ (\d+))? in section", text)
    return "0x%x" % address + (" <%s+%s>" % (match[1], match[2] or 0) if match else "")


class Wide:
    """AArch64: where the vectors of the level are that takes exceptions here."""

    def __init__(self):
        level = max(1, register("cpsr") >> 2 & 3)
        self.suffix = "_EL%d" % level
        self.base = register("VBAR" + self.suffix)
        if self.base is None and level == 1:
            self.base = register("VBAR")
        if not self.base:
            raise gdb.GdbError("the guest has set no exception vectors yet here")
        self.places = {self.base + group + offset: kind for group in WIDE_GROUPS
                       for offset, kind in WIDE.items()}

    def describe(self, vector):
        """(what, where it came from)"""
        kind, origin = self.places[vector], symbol(register("ELR" + self.suffix) or 0)
        if kind is None:
            syndrome = register("ESR" + self.suffix) or 0
            number = syndrome >> 26 & 63
            kind = CLASSES.get(number, "class 0x%02x" % number)
            if number in WITH_ADDRESS:
                kind += " at 0x%x" % (register("FAR" + self.suffix) or 0)
        return kind, origin


class Narrow:
    """AArch32."""

    def __init__(self):
        high = (register("SCTLR") or 0) >> 13 & 1
        self.base = 0xffff0000 if high else register("VBAR") or 0
        self.places = {self.base + offset: kind for offset, kind in NARROW.items()}

    def describe(self, vector):
        kind, link = self.places[vector], register("lr") & 0xffffffff
        thumb = register("cpsr") and (register("SPSR") or 0) >> 5 & 1
        back = {"undefined instruction": 2 if thumb else 4, "system call (SVC)": 2 if thumb else 4,
                "data abort": 8}.get(kind, 4)
        if kind == "data abort":
            kind += " at 0x%x" % (register("DFAR") or 0)
        return kind, symbol(link - back & 0xffffffff)


def vectors():
    return Wide() if server.is_aarch64() else Narrow()


class Exceptions(server.Command):
    __doc__ = """Prints the exceptions that the guest took last before this.
Usage: ebb exceptions [-i] [-n N] [-to POSITION]

Prints N of them, %d if that is not said, the latest one last: position, what it was, and where it
came from. With -i, interrupts as well. With -to, before POSITION (one word, as ebb goto has it)
instead of here. The vectors are those of the exception level, or mode, at that place, and what has
been taken by others is not seen. Where we are does not change.
Example:
    ebb exceptions -n 3""" % LINES

    def __init__(self):
        super().__init__("ebb exceptions")

    def parse(self, argument):
        lines, interrupts, end = LINES, False, None
        words = iter(argument.split())
        for word in words:
            if word == "-i":
                interrupts = True
            elif word == "-n":
                number = next(words, "")
                if not number.isdigit() or int(number) == 0:
                    raise gdb.GdbError("-n is followed by a number of lines")
                lines = int(number)
            elif word == "-to":
                end = positions.parse(next(words, ""))
            else:
                raise gdb.GdbError("write: ebb exceptions [-i] [-n N] [-to POSITION]")
        return lines, interrupts, end

    def run(self, argument):
        lines, interrupts, end = self.parse(argument)
        rows = []
        with server.Return():
            if end is not None:
                server.go(end)
            taken = vectors()
            places = ["0x%x" % place for place, kind in taken.places.items()
                      if interrupts or kind not in INTERRUPTS]
            while len(rows) < lines:
                step = calls.search("last", places)
                if step is None:
                    break
                rows.append((step, *taken.describe(register("pc"))))
        for step, what, origin in reversed(rows):
            print(f"{server.grouped(step):>18}  {what:<30}  {origin}")
        if not rows:
            print("the guest took no exceptions before this, with vectors at 0x%x" % taken.base)


Exceptions()
