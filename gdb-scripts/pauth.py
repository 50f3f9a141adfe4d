# SPDX-License-Identifier: GPL-3.0-or-later
"""Backtraces through code with pointer authentication, for gdb before version 14.

Such code signs its return address: the bits above the virtual address hold a code (Arm ARM,
D8.10). gdb 14 takes it off, with the masks of the feature org.gnu.gdb.aarch64.pauth_v2 that our
server describes. Older ones know a feature without masks for a kernel's addresses, and QEMU has
none of that name: they take the signed address for what it is not.

Here is an unwinder for the frames of functions that have signed theirs; all others are left to gdb.
It reads a function from its first instruction to the PC, as gdb does where there is no call frame
information, so it needs the function's symbol and nothing else.
"""

import re
import struct

import gdb
from gdb.unwinder import Unwinder, register_unwinder

MASK = (1 << 64) - 1
KERNEL_HALF = 1 << 55  # selects TTBR1
FUNCTION_LIMIT = 1 << 16  # bytes of a function that are looked at

FP, LR, SP = 29, 30, 31
SIGN = (0xD503233F, 0xD503237F)  # paciasp, pacibsp
CHECK = (0xD50323BF, 0xD50323FF)  # autiasp, autibsp
RETURNS = (0xD65F03C0, 0xD65F0BFF, 0xD65F0FFF)  # ret, retaa, retab

SYMBOL = re.compile(r"^(.+?)(?: \+ (\d+))? in section ", re.MULTILINE)


def signed(value, bits):
    """A field of an instruction as a number with a sign."""
    return value - (1 << bits) if value >> (bits - 1) else value


class State:
    """What a function has done to its frame. Distances are counted down from the frame's address,
    which is SP before the first instruction."""

    def __init__(self):
        self.signed = False
        self.sp = 0  # None: SP moves by an amount that only the program knows
        self.fp = None  # None: x29 is the caller's
        self.saved = {}  # register: where it was stored

    def copy(self):
        other = State()
        other.__dict__.update(self.__dict__, saved=dict(self.saved))
        return other

    def base(self, register):
        """Where a register points to; None: not known."""
        return {SP: self.sp, FP: self.fp}.get(register)

    def add_to_sp(self, amount):
        if self.sp is not None:
            self.sp -= amount

    def store(self, registers, base, offset):
        for i, register in enumerate(registers):
            if base is not None and register not in self.saved:
                self.saved[register] = base - offset - 8 * i

    def load(self, registers, base, offset):
        """Takes down what store() has noted, if that is what is loaded."""
        for i, register in enumerate(registers):
            if base is not None and self.saved.get(register) == base - offset - 8 * i:
                del self.saved[register]
                if register == FP:
                    self.fp = None

    def step(self, word):
        """Executes one instruction (Arm ARM, C4.1)."""
        first, base, second = word & 31, word >> 5 & 31, word >> 10 & 31
        immediate = (word >> 10 & 0xFFF) << (12 if word >> 22 & 1 else 0)
        pair = signed(word >> 15 & 127, 7)
        kind, to, single = word & 0xFF800000, word & 0x3FF, word & 0xFFE00C00

        if word in SIGN or word in CHECK:
            self.signed = word in SIGN
        elif kind in (0x91000000, 0xD1000000):  # add and sub of a constant
            amount = immediate if kind == 0x91000000 else -immediate
            if to == SP << 5 | SP:
                self.add_to_sp(amount)
            elif to == FP << 5 | SP and self.fp is not None:
                self.sp = self.fp - amount
            elif to == SP << 5 | FP and self.sp is not None:
                self.fp = self.sp - amount
        elif word & 0xFFE0FFFF == 0xCB2063FF:  # sub sp, sp, register
            self.sp = None
        elif word & 0xFFC00000 == 0xA9000000:  # stp first, second, [base, #]
            self.store((first, second), self.base(base), pair * 8)
        elif word & 0xFFC00000 == 0xA9800000 and base == SP:  # stp first, second, [sp, #]!
            self.add_to_sp(pair * 8)
            self.store((first, second), self.sp, 0)
        elif single == 0xF8000C00 and base == SP:  # str first, [sp, #]!
            self.add_to_sp(signed(word >> 12 & 511, 9))
            self.store((first,), self.sp, 0)
        elif word & 0xFFC00000 == 0xF9000000:  # str first, [base, #]
            self.store((first,), self.base(base), (word >> 10 & 0xFFF) * 8)
        elif word & 0xFFC00000 == 0xA9400000:  # ldp first, second, [base, #]
            self.load((first, second), self.base(base), pair * 8)
        elif word & 0xFFC00000 == 0xA8C00000 and base == SP:  # ldp first, second, [sp], #
            self.load((first, second), self.sp, 0)
            self.add_to_sp(pair * 8)
        elif single == 0xF8400400 and base == SP:  # ldr first, [sp], #
            self.load((first,), self.sp, 0)
            self.add_to_sp(signed(word >> 12 & 511, 9))
        elif word & 0xFFC00000 == 0xF9400000:  # ldr first, [base, #]
            self.load((first,), self.base(base), (word >> 10 & 0xFFF) * 8)
        elif word & 0xFFC00000 in (0x6D800000, 0x6CC00000) and base == SP:  # stp, ldp of d0 to d31
            self.add_to_sp(pair * 8)
        elif word & 0xFFC00000 in (0xAD800000, 0xACC00000) and base == SP:  # of q0 to q31
            self.add_to_sp(pair * 16)

    def is_below(self, other):
        """Whether more of the frame has been taken down than at another place."""
        if len(self.saved) < len(other.saved) or self.sp is not None and other.sp is None:
            return True
        return self.sp is not None and other.sp is not None and self.sp < other.sp


def leaves(word):
    """Whether an instruction ends a path through a function: ret, b, br."""
    return word in RETURNS or word >> 26 == 5 or word & 0xFFFFFC1F == 0xD61F0000


def analyse(words):
    """The state behind the instructions from a function's beginning to some place in it."""
    state, body = State(), None
    for word in words:
        before = state.copy()
        state.step(word)
        if body is None and state.is_below(before):
            body = before
        elif body is not None and leaves(word):
            # What follows is entered from the body, by a branch over all this.
            state, body = body, None
    return state


class FrameId:
    def __init__(self, sp, pc):
        self.sp = sp
        self.pc = pc


class PointerAuthentication(Unwinder):
    def __init__(self):
        super().__init__("ebb pointer authentication")
        self.masks = None  # of the lower half and of the upper half
        self.functions = {}  # address: where its function begins; None: unknown

    def forget(self, _event):
        self.functions.clear()

    def number(self, frame, register):
        """A register of a frame; None: it is not known there."""
        try:
            value = frame.read_register(register)
            return None if value.is_optimized_out else int(value) & MASK
        except (gdb.error, ValueError):
            return None

    def strip(self, frame, address):
        masks = tuple(self.number(frame, name) for name in ("pauth_cmask", "pauth_cmask_high"))
        if None not in masks:
            self.masks = masks
        if not self.masks:
            return address
        if address & KERNEL_HALF:
            return address | self.masks[1]
        return address & ~self.masks[0] & MASK

    def beginning(self, address):
        """Where the function at an address begins; None: it is none that gdb knows."""
        if address not in self.functions:
            text = gdb.execute("info symbol 0x%x" % address, to_string=True)
            match = SYMBOL.search(text)
            self.functions[address] = address - int(match[2] or 0) if match else None
        return self.functions[address]

    def state(self, frame, pc):
        """(function's beginning, what it has done at the PC); None if that is gdb's to find out."""
        link = self.number(frame, "x30")
        # A call that never returns may be the last instruction of its function.
        called = link is not None and self.strip(frame, link) == pc
        begin = self.beginning((pc - 4 if called else pc) & MASK)
        if begin is None or not 0 < pc - begin <= FUNCTION_LIMIT:
            return None
        code = bytes(gdb.selected_inferior().read_memory(begin, pc - begin))
        words = struct.unpack("<%dI" % (len(code) // 4), code[:len(code) // 4 * 4])
        if not any(word in words for word in SIGN):
            return None
        return begin, analyse(words)

    def __call__(self, frame):
        if not frame.architecture().name().startswith("aarch64"):
            return None
        try:
            return self.unwind(frame)
        except gdb.MemoryError:
            return None

    def unwind(self, frame):
        pc = self.number(frame, "pc")
        found = self.state(frame, pc) if pc else None
        if not found or not found[1].signed:
            return None
        begin, state = found
        pointer = FP if state.fp is not None else SP
        base = self.number(frame, "x29" if pointer == FP else "sp")
        if base is None or state.base(pointer) is None:
            return None
        address = base + state.base(pointer) & MASK
        number = frame.architecture().integer_type(64, False)
        info = frame.create_unwind_info(FrameId(gdb.Value(address).cast(number),
                                                gdb.Value(begin).cast(number)))
        values = {"x%d" % i: self.number(frame, "x%d" % i) for i in range(31)}
        for register, down in state.saved.items():
            if 19 <= register <= LR:
                memory = gdb.selected_inferior().read_memory(address - down, 8)
                values["x%d" % register], = struct.unpack("<Q", bytes(memory))
        if values["x30"] is None:
            return None
        values["pc"] = values["x30"] = self.strip(frame, values["x30"])
        values["sp"] = address
        for name in ("pauth_cmask", "pauth_cmask_high"):
            values[name] = self.number(frame, name)
        for name, value in values.items():
            if value is not None:
                info.add_saved_register(name, gdb.Value(value).cast(number))
        info.add_saved_register("cpsr", frame.read_register("cpsr"))
        return info


unwinder = PointerAuthentication()
gdb.events.new_objfile.connect(unwinder.forget)
gdb.events.clear_objfiles.connect(unwinder.forget)
register_unwinder(None, unwinder, replace=True)
