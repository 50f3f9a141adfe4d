# SPDX-License-Identifier: GPL-3.0-or-later
"""Arguments and results of functions, from the registers that calling conventions put them in.

AAPCS64, 6.8 and 6.9; AAPCS32, 6.4 and 6.5. What these put elsewhere (on the stack, into
floating-point registers, behind a pointer) is not known here.
"""

import gdb

INTEGERS = (gdb.TYPE_CODE_INT, gdb.TYPE_CODE_CHAR, gdb.TYPE_CODE_BOOL, gdb.TYPE_CODE_ENUM,
            gdb.TYPE_CODE_PTR, gdb.TYPE_CODE_REF, gdb.TYPE_CODE_RVALUE_REF, gdb.TYPE_CODE_RANGE)
COMPOSITES = (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION)
CHARACTERS = (gdb.TYPE_CODE_INT, gdb.TYPE_CODE_CHAR)
WIDE_CHARACTERS = ("wchar_t", "char16_t", "char32_t")


def find(address):
    """The signature of the function that begins at an address; None: there are no types."""
    block, function = gdb.block_for_pc(address), None
    while block is not None and not block.is_global and not block.is_static:
        if block.function is not None and block.start == address:
            function = block  # the outermost: others are inlined into it
        block = block.superblock
    if function is None or function.function.type.code != gdb.TYPE_CODE_FUNC:
        return None
    return Signature(function)


def floats_only(composite):
    """Homogeneous aggregates have registers of their own."""
    for field in composite.fields():
        kind = field.type.strip_typedefs()
        while kind.code == gdb.TYPE_CODE_ARRAY:
            kind = kind.target().strip_typedefs()
        if kind.code in COMPOSITES and floats_only(kind):
            continue
        if kind.code != gdb.TYPE_CODE_FLT:
            return False
    return True


def is_text(kind):
    """A pointer to characters, which gdb would follow."""
    kind = kind.strip_typedefs()
    if kind.code != gdb.TYPE_CODE_PTR:
        return False
    target = kind.target()
    if target.unqualified().name in WIDE_CHARACTERS:
        return True
    target = target.strip_typedefs()
    return target.code in CHARACTERS and target.sizeof == 1


def has_text(kind):
    kind = kind.strip_typedefs()
    if kind.code == gdb.TYPE_CODE_ARRAY:
        return has_text(kind.target())
    if kind.code in COMPOSITES:
        return any(has_text(field.type) for field in kind.fields())
    return is_text(kind)


def is_signed(kind):
    """Of an integer."""
    return gdb.Value(-1).cast(kind) < 0


class Value:
    """Where a value is, and how it is told."""

    def __init__(self, kind, place, count, order):
        self.kind = kind
        self.stripped = kind.strip_typedefs()
        self.size = self.stripped.sizeof
        self.place = place  # its first register, or None
        self.count = count  # of registers
        self.is_address = self.stripped.code in (gdb.TYPE_CODE_REF, gdb.TYPE_CODE_RVALUE_REF) or (
            is_text(kind))
        # What gdb prints as a number, and as no character, is one without asking gdb again.
        self.is_number = self.stripped.code == gdb.TYPE_CODE_INT and (
            gdb.Value((97).to_bytes(self.size, order), kind).format_string() == "97")
        self.half = 1 << 8 * self.size - 1 if self.is_number and is_signed(self.stripped) else None


class Signature:
    def __init__(self, block):
        self.types = block.function.type
        self.word = gdb.lookup_type("long").sizeof
        self.wide = self.word == 8
        self.order = "big" if "big" in gdb.execute("show endian", to_string=True) else "little"
        self.step = -1 if self.order == "big" else 1
        self.returned = self.types.target()
        self.cache = {}
        self.values = []  # of the arguments
        self.names = []  # [name, type]
        self.assign([symbol for symbol in block if symbol.is_argument])
        self.returned_value = self.place_result()

    def describe(self):
        """Names and types, and how many registers have something of what is to be told."""
        last = [value.place + value.count for value in self.values if value.place is not None]
        is_void = self.returned.strip_typedefs().code == gdb.TYPE_CODE_VOID
        return {"arguments": self.names, "argument_registers": max(last, default=0),
                "result": None if is_void else str(self.returned),
                "result_registers": self.returned_value.count if self.returned_value else 0}

    def assign(self, symbols):
        free, registers = self.first_register(), 8 if self.wide else 4
        for symbol in symbols:
            kind = symbol.type.strip_typedefs()
            count = self.registers_of(kind)
            if count is None:  # what follows it may be anywhere
                free, count = registers, 0
            elif count and kind.sizeof > self.word and kind.alignof > self.word:
                free += free % 2
            place = free if count and free + count <= registers else None
            if self.is_indirect(kind) or (kind.code in COMPOSITES and has_text(kind)):
                place = None
            self.names.append([symbol.name, str(symbol.type)])
            self.values.append(Value(symbol.type, place, count, self.order))
            free = min(free + count, registers)

    def place_result(self):
        """None: there is none, or it is not in general registers."""
        kind = self.returned.strip_typedefs()
        if kind.code == gdb.TYPE_CODE_VOID:
            return None
        most = self.word if kind.code in COMPOSITES and not self.wide else 2 * self.word
        if not self.registers_of(kind) or kind.sizeof > most or (
                kind.code in COMPOSITES and has_text(kind)):
            return None
        return Value(self.returned, 0, -(-kind.sizeof // self.word), self.order)

    def first_register(self):
        """An ARM function stores a large result where r0 says."""
        kind = self.returned.strip_typedefs()
        return int(not self.wide and kind.code in COMPOSITES and kind.sizeof > self.word)

    def is_indirect(self, kind):
        return self.wide and kind.code in COMPOSITES and kind.sizeof > 2 * self.word

    def registers_of(self, kind):
        """How many general registers an argument takes; None: that is not known."""
        if self.is_indirect(kind) and not floats_only(kind):
            return 1
        if kind.code in INTEGERS or (kind.code in COMPOSITES and not floats_only(kind)):
            return -(-kind.sizeof // self.word)
        return 0 if self.wide else None  # by the float ABI, of which there are two

    def text(self, value, registers):
        """A value as gdb prints it, but for the text that a pointer points to: that is elsewhere in
        time."""
        if value is None or value.place is None:
            return None
        words = registers[value.place:value.place + value.count]
        if value.is_number:
            return str(self.number(value, words))
        key = (value, *words)
        if key not in self.cache:
            if len(self.cache) > 100000:
                self.cache.clear()
            self.cache[key] = self.format(value, words)
        return self.cache[key]

    def unsigned(self, value, words):
        number = sum((word & (1 << 8 * self.word) - 1) << 8 * self.word * place
                     for place, word in enumerate(words[::self.step]))
        return number & (1 << 8 * value.size) - 1

    def number(self, value, words):
        number = self.unsigned(value, words)
        return number - 2 * value.half if value.half and number >= value.half else number

    def format(self, value, words):
        if value.is_address:
            return "0x%x" % self.unsigned(value, words)
        if value.stripped.code in COMPOSITES:
            image = b"".join(word.to_bytes(8, "little")[:self.word][::self.step]
                             for word in words)[:value.size]
        else:
            image = self.unsigned(value, words).to_bytes(value.size, self.order)
        return gdb.Value(image, value.kind).format_string(max_elements=16)

    def arguments(self, registers):
        """The value of each, or None."""
        return [self.text(value, registers) for value in self.values]

    def result(self, registers):
        return self.text(self.returned_value, registers)
