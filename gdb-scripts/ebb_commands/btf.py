# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's types as it carries them itself: BTF (Linux, Documentation/bpf/btf.rst)."""

import struct

MAGIC = 0xEB9F
INT, PTR, ARRAY, STRUCT, UNION, ENUM, FWD, TYPEDEF, VOLATILE, CONST, RESTRICT = range(1, 12)
FUNC_PROTO, VAR, DATASEC, DECL_TAG, TYPE_TAG, ENUM64 = 13, 14, 15, 17, 18, 19
SKIPPED = (TYPEDEF, VOLATILE, CONST, RESTRICT, TYPE_TAG)

# Bytes behind a type, and behind it for each of its members.
TAIL = {INT: (4, 0), ARRAY: (12, 0), STRUCT: (0, 12), UNION: (0, 12), ENUM: (0, 8),
        FUNC_PROTO: (0, 8), VAR: (4, 0), DATASEC: (0, 12), DECL_TAG: (4, 0), ENUM64: (0, 12)}

QUALIFIERS_MAX = 64  # of one type, one behind the other
DAMAGE = (ValueError, IndexError, struct.error, RecursionError)


class Btf:
    """Raises one of DAMAGE, when it is made or later, at what is no BTF."""

    def __init__(self, data, pointer_size):
        magic, _, _, header, types, types_size, strings, strings_size = struct.unpack_from(
            "<HBBIIIII", data)
        if magic != MAGIC:
            raise ValueError("no BTF")
        self.pointer_size = pointer_size
        self.types = data[header + types:header + types + types_size]
        self.strings = data[header + strings:header + strings + strings_size]
        if len(self.types) != types_size or len(self.strings) != strings_size:
            raise ValueError("BTF that is cut short")
        self.offsets = [0]  # of each type; number 0 is void
        self.structs = {}
        self.index()

    def index(self):
        offset = 0
        while offset < len(self.types):
            name, info, _ = struct.unpack_from("<III", self.types, offset)
            kind, count = info >> 24 & 31, info & 0xFFFF
            if kind == STRUCT and name:
                self.structs.setdefault(self.string(name), len(self.offsets))
            self.offsets.append(offset)
            fixed, each = TAIL.get(kind, (0, 0))
            offset += 12 + fixed + each * count

    def string(self, offset):
        return self.strings[offset:self.strings.index(b"\0", offset)].decode(errors="replace")

    def header(self, number):
        """(kind, number of members, size or type, offset of what follows)"""
        for _ in range(QUALIFIERS_MAX):
            offset = self.offsets[number]
            _, info, other = struct.unpack_from("<III", self.types, offset)
            if info >> 24 & 31 not in SKIPPED:
                return info >> 24 & 31, info & 0xFFFF, other, offset + 12
            number = other
        raise ValueError("a type that is made of itself")

    def size(self, number):
        kind, _, size, offset = self.header(number)
        if kind == PTR:
            return self.pointer_size
        if kind == ARRAY:
            element, _, count = struct.unpack_from("<III", self.types, offset)
            return self.size(element) * count
        return size

    def in_type(self, number, name):
        """(offset, type) of a member, also of one in a member without a name; None: none."""
        kind, count, _, place = self.header(number)
        if kind not in (STRUCT, UNION):
            return None
        for i in range(count):
            named, inner, bits = struct.unpack_from("<III", self.types, place + 12 * i)
            offset = (bits & 0xFFFFFF) // 8
            if named and self.string(named) == name:
                return offset, inner
            found = None if named else self.in_type(inner, name)
            if found:
                return offset + found[0], found[1]
        return None

    def member(self, struct_name, path):
        """(offset, size) of "a.b" in a struct, in bytes; None: there is no such member."""
        number = self.structs.get(struct_name)
        total = 0
        for name in path.split("."):
            found = self.in_type(number, name) if number else None
            if not found:
                return None
            total, number = total + found[0], found[1]
        return total, self.size(number)

    def sizeof(self, struct_name):
        number = self.structs.get(struct_name)
        return self.size(number) if number else None
