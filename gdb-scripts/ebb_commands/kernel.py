# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of the Linux kernel in the guest: symbols, the layout of its structures, memory."""

import gdb

from . import btf, server

BTF_MAX = 64 << 20  # bytes


class Dwarf:
    """Layouts from the debugging information of the file that gdb has loaded."""

    def member(self, struct_name, path):
        kind, total = gdb.lookup_type("struct " + struct_name), 0
        for name in path.split("."):
            found = self.in_type(kind, name)
            if found is None:
                return None
            total, kind = total + found[0], found[1].strip_typedefs()
        return total, kind.sizeof

    def in_type(self, kind, name):
        for field in kind.fields():
            if field.name == name:
                return field.bitpos // 8, field.type
            if not field.name and field.type.code in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION):
                found = self.in_type(field.type, name)
                if found:
                    return field.bitpos // 8 + found[0], found[1]
        return None

    def sizeof(self, struct_name):
        return gdb.lookup_type("struct " + struct_name).sizeof


class Kernel:
    """The kernel at the present position. layouts: of a kernel's symbols, by an address of it."""

    layouts = {}

    def __init__(self):
        self.word = 8 if server.is_aarch64() else 4
        self.mask = (1 << 8 * self.word) - 1
        anchor = self.symbol("init_task")
        if anchor not in self.layouts:
            self.layouts[anchor] = self.find_layout()
        self.layout = self.layouts[anchor]

    def symbol(self, name):
        try:
            return int(gdb.parse_and_eval("(unsigned long)&%s" % name)) & self.mask
        except gdb.error:
            raise gdb.GdbError(
                f"there is no symbol {name}: load those of the guest's kernel, with "
                "ebb replay --symbols vmlinux, or in gdb with symbol-file") from None

    def find_layout(self):
        try:
            gdb.lookup_type("struct task_struct").fields()
            return Dwarf()
        except (gdb.error, TypeError):
            pass
        try:
            begin, end = self.symbol("__start_BTF"), self.symbol("__stop_BTF")
        except gdb.GdbError:
            raise gdb.GdbError(
                "the kernel's symbols have no types (DWARF), and no __start_BTF, where types are "
                "in its memory; take the vmlinux of the kernel's -dbg package") from None
        try:
            if not 0 < end - begin < BTF_MAX:
                raise ValueError("no BTF")
            return btf.Btf(self.read(begin, end - begin), self.word)
        except btf.DAMAGE:
            raise gdb.GdbError("the types in the kernel's memory (BTF) cannot be read here; go to "
                               "where the kernel runs already") from None

    def read(self, address, size):
        try:
            return bytes(gdb.selected_inferior().read_memory(address & self.mask, size))
        except gdb.MemoryError:
            raise gdb.GdbError("0x%x is not mapped here: the kernel does not run yet, or its "
                               "symbols are of another one" % (address & self.mask)) from None

    def number(self, address, size=None):
        return int.from_bytes(self.read(address, size or self.word), "little")

    def member(self, struct_name, *paths):
        """(offset, size) of the first of these that there is: names have changed over time."""
        for path in paths:
            try:
                found = self.layout.member(struct_name, path)
            except btf.DAMAGE:
                raise gdb.GdbError("the types in the kernel's memory (BTF) are damaged: load a "
                                   "vmlinux with types (DWARF)") from None
            if found:
                return found
        raise gdb.GdbError(f"this kernel's struct {struct_name} has no {paths[0]}")

    def field(self, address, struct_name, *paths):
        offset, size = self.member(struct_name, *paths)
        return self.number(address + offset, size)

    def text(self, address, size):
        data = self.read(address, size).split(b"\0")[0]
        return server.printable(data.decode(errors="surrogateescape"))

    def current(self):
        """The address of the task that the CPU runs."""
        offset = self.number(self.symbol("__per_cpu_offset"))
        return self.number(self.symbol("__entry_task") + offset)
