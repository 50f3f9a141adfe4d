# SPDX-License-Identifier: GPL-3.0-or-later
"""What a recording's history answers to every move, worked out by brute force from lists.

Places in history where a move may stop are numbered by keys, in the order of time: 4 P for a
device's write on reaching position P, 4 P + 1 for a breakpoint on the instruction at P, 4 P + 2 for
an access by that instruction (devices' writes inside of it included)."""

import bisect

KINDS = {2: "watch", 3: "rwatch", 4: "awatch"}


def reaching(position):
    return 4 * position


def standing(position):
    return 4 * position + 1


def accessing(position):
    return 4 * position + 2


class Condition:
    """That the bits of a register under a mask have some value; with in_memory, those of the word
    that the register points to. Numbers are little-endian."""

    def __init__(self, register, mask, bits, in_memory=False):
        self.register = register
        self.mask = mask
        self.bits = bits
        self.in_memory = in_memory

    def packet(self):
        """An agent expression: reg, ref32, const8, bit_and, const8, equal, end."""
        code = b"\x26" + self.register.to_bytes(2, "big") + (b"\x19" if self.in_memory else b"") + \
            bytes([0x22, self.mask, 0x0f, 0x22, self.bits, 0x13, 0x27])
        return "X%x,%s" % (len(code), code.hex())

    def holds(self, value):
        """Of the register or the word; None: it cannot be read, which counts as true."""
        return value is None or value & self.mask == self.bits


class Breakpoint:
    """A breakpoint (types 0 and 1) or watchpoint (2 to 4) and the keys of all its hits between two
    positions. The server keeps one of a type, an address and a length: those are equal."""

    def __init__(self, type_, address, length, keys=(), condition=None):
        self.type = type_
        self.address = address
        self.length = length
        self.keys = sorted(keys)
        self.condition = condition

    @property
    def is_watch(self):
        return self.type >= 2

    @property
    def sees_devices(self):
        return self.type in (2, 4)

    def packet(self, letter):
        condition = ";" + self.condition.packet() if self.condition and letter == "Z" else ""
        return "%s%d,%x,%x%s" % (letter, self.type, self.address, self.length, condition)

    def overlaps(self, address, length):
        return address < self.address + self.length and self.address < address + length

    def fires(self, key):
        place = bisect.bisect_left(self.keys, key)
        return place < len(self.keys) and self.keys[place] == key

    def first(self, low, high):
        """The first hit with low <= key <= high, or None."""
        place = bisect.bisect_left(self.keys, low)
        found = self.keys[place] if place < len(self.keys) else None
        return found if found is not None and found <= high else None

    def last(self, low, high):
        place = bisect.bisect_right(self.keys, high)
        found = self.keys[place - 1] if place else None
        return found if found is not None and found >= low else None

    def __eq__(self, other):
        return self.packet("z") == other.packet("z")

    def __repr__(self):
        return "%s (%d hits)" % (self.packet("Z"), len(self.keys))


class Answer:
    """What a move has to end with."""

    def __init__(self, reason, position, key=None):
        self.reason = reason
        self.position = position
        self.key = key

    def __repr__(self):
        return "%s at %d (key %s)" % (self.reason, self.position, self.key)


class Model:
    """A place in history and the breakpoints that are set."""

    def __init__(self, begin, end):
        self.begin = begin
        self.end = end
        self.position = begin
        self.shown_device = False  # a device's write on reaching this position has been reported
        self.breakpoints = []

    def _arrive(self, reason, position, key=None):
        if position != self.position:
            self.shown_device = False
        self.position = position
        if key is not None and key % 4 == 0:
            self.shown_device = True
        return Answer(reason, position, key)

    def _hit(self, key, position):
        return self._arrive("break" if key % 4 == 1 else "watch", position, key)

    def seek(self, position):
        self.shown_device = False
        return self._arrive("step", position)

    def step_range(self, pcs, start, end):
        """Steps one by one until the PC is outside of the range; pcs: by position. A breakpoint that
        one of them leads to is a stop."""
        while True:
            answer = self.move("s")
            if answer.reason != "step":
                return answer
            key = standing(answer.position)
            if any(b.fires(key) for b in self.breakpoints if not b.is_watch):
                return Answer("break", answer.position, key)
            if not start <= pcs[answer.position] < end:
                return answer

    def _first(self, low, high):
        return min((key for key in (b.first(low, high) for b in self.breakpoints)
                    if key is not None), default=None)

    def _last(self, low, high):
        return max((key for key in (b.last(low, high) for b in self.breakpoints)
                    if key is not None), default=None)

    def _forward(self, target, reason):
        key = self._first(accessing(self.position), reaching(target))
        return self._arrive(reason, target) if key is None else self._hit(key, key // 4)

    def _backward(self, low, target, reason):
        high = reaching(self.position) - (1 if self.shown_device else 0)
        key = self._last(low, high)
        if key is None:
            return self._arrive(reason, target)
        return self._hit(key, key // 4 + (1 if key % 4 == 2 else 0))

    def move(self, packet):
        if packet == "s":
            if self.position == self.end:
                return self._arrive("end", self.end)
            return self._forward(self.position + 1, "step")
        if packet == "c":
            if self.position == self.end:
                return self._arrive("end", self.end)
            return self._forward(self.end, "end")
        if self.position == self.begin:
            return self._arrive("begin", self.begin)
        if packet == "bs":
            return self._backward(accessing(self.position - 1), self.position - 1, "step")
        return self._backward(standing(self.begin), self.begin, "begin")
