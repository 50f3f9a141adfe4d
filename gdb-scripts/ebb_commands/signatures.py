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


class Signature:
    def __init__(self, block):
        self.types = block.function.type
        self.word = gdb.lookup_type("long").sizeof
        self.wide = self.word == 8
        self.order = "big" if "big" in gdb.execute("show endian", to_string=True) else "little"
        self.returned = self.types.target()
        self.cache = {}
        self.places = []  # (name, type, its first register or None, number of registers)
        self.assign([symbol for symbol in block if symbol.is_argument])

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
            self.places.append((symbol.name, symbol.type, place, count))
            free = min(free + count, registers)

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

    def text(self, kind, values):
        """A value as gdb prints it, but for the text that a pointer points to: that is elsewhere in
        time."""
        key = (str(kind), *values)
        if key not in self.cache:
            if len(self.cache) > 100000:
                self.cache.clear()
            self.cache[key] = self.format(kind, values)
        return self.cache[key]

    def format(self, kind, values):
        stripped = kind.strip_typedefs()
        size = stripped.sizeof
        if stripped.code in COMPOSITES:
            image = b"".join(value.to_bytes(8, "little")[:self.word][::self.step()]
                             for value in values)[:size]
        else:
            number = sum((value & (1 << 8 * self.word) - 1) << 8 * self.word * place
                         for place, value in enumerate(values[::self.step()]))
            image = (number & (1 << 8 * size) - 1).to_bytes(size, self.order)
        if stripped.code in (gdb.TYPE_CODE_REF, gdb.TYPE_CODE_RVALUE_REF) or is_text(kind):
            return "0x%x" % int.from_bytes(image, self.order)
        return gdb.Value(image, kind).format_string(max_elements=16)

    def step(self):
        return -1 if self.order == "big" else 1

    def arguments(self, registers):
        """[name, type, value or None] for each."""
        return [[name, str(kind), None if place is None else
                 self.text(kind, tuple(registers[place:place + count]))]
                for name, kind, place, count in self.places]

    def result(self, registers):
        """[type, value or None]; [] for none."""
        kind = self.returned.strip_typedefs()
        if kind.code == gdb.TYPE_CODE_VOID:
            return []
        most = self.word if kind.code in COMPOSITES and not self.wide else 2 * self.word
        if not self.registers_of(kind) or kind.sizeof > most or (
                kind.code in COMPOSITES and has_text(kind)):
            return [str(self.returned), None]
        count = -(-kind.sizeof // self.word)
        return [str(self.returned), self.text(self.returned, tuple(registers[:count]))]
