# SPDX-License-Identifier: GPL-3.0-or-later
"""ELF files in a vmlinux's place: with the symbols that a guest has told of, and little else."""

import struct

NOBITS, PROGBITS, SYMTAB, STRTAB = 8, 1, 2, 3
WRITE, ALLOCATED, EXECUTED = 1, 2, 4


class SymbolFile:
    """Symbols of code and data by name, all of them in one section that has no contents, or in one
    of those that add() makes."""

    def __init__(self, symbols, wide=True):
        self.symbols = dict(symbols)
        self.wide = wide
        begin = min(self.symbols.values()) & ~0xFFF
        self.sections = [(".text", NOBITS, ALLOCATED | EXECUTED, begin,
                          max(self.symbols.values()) + 0x1000 - begin, b"")]

    def add(self, name, address, contents, flags=ALLOCATED):
        """A symbol in a section of its own, with contents."""
        self.symbols[name] = address
        self.sections.append((".contents.%s" % name, PROGBITS, flags, address, len(contents),
                              contents))

    def _section_of(self, address):
        """The last one wins: those of add() may be inside the first one."""
        for number, section in reversed(list(enumerate(self.sections, 1))):
            if section[3] <= address < section[3] + section[4]:
                return number
        raise ValueError("0x%x is in no section" % address)

    def _symbol_table(self):
        strings, table = b"\0", bytes(24 if self.wide else 16)
        for name, address in sorted(self.symbols.items()):
            section = self._section_of(address)
            kind = 0x12 if self.sections[section - 1][2] & EXECUTED else 0x11  # global function, data
            if self.wide:
                table += struct.pack("<IBBHQQ", len(strings), kind, 0, section, address, 0)
            else:
                table += struct.pack("<IIIBBH", len(strings), address, 0, kind, 0, section)
            strings += name.encode() + b"\0"
        return table, strings

    def write(self, path):
        table, strings = self._symbol_table()
        count = len(self.sections)
        sections = [("", 0, 0, 0, 0, b"", 0, 0, 0)]
        sections += [(*section, 0, 0, 0) for section in self.sections]
        sections += [(".symtab", SYMTAB, 0, 0, len(table), table, count + 2, 1,
                      24 if self.wide else 16),
                     (".strtab", STRTAB, 0, 0, len(strings), strings, 0, 0, 0)]
        names = b"".join(section[0].encode() + b"\0" for section in sections) + b".shstrtab\0"
        sections.append((".shstrtab", STRTAB, 0, 0, len(names), names, 0, 0, 0))
        header_size, entry = (64, "<IIQQQQIIQQ") if self.wide else (52, "<IIIIIIIIII")
        headers, body, name = b"", b"", 0
        for title, kind, flags, address, size, contents, link, info, entry_size in sections:
            headers += struct.pack(entry, name, kind, flags, address, header_size + len(body), size,
                                   link, info, 1, entry_size)
            body += contents + bytes(-len(contents) % 8)
            name += len(title) + 1
        header = struct.pack(
            "<4sBBBB8xHHI" + ("QQQ" if self.wide else "III") + "IHHHHHH",
            b"\x7fELF", 2 if self.wide else 1, 1, 1, 0, 2, 183 if self.wide else 40, 1,
            0, 0, header_size + len(body), 0 if self.wide else 0x05000000, header_size, 0, 0,
            struct.calcsize(entry), len(sections), len(sections) - 1)
        with open(path, "wb") as file:
            file.write(header + body + headers)
