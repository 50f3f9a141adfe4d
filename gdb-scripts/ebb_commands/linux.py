# SPDX-License-Identifier: GPL-3.0-or-later
"""Linux in the guest: its tasks, its log, a process' symbols."""

import os
import struct

import gdb

from . import console, server
from .kernel import Kernel

STATES = ((0x001, "S"), (0x002, "D"), (0x004, "T"), (0x008, "t"), (0x010, "X"), (0x020, "Z"),
          (0x040, "P"), (0x080, "I"))
IDLE = 0x402  # sleeps without being counted as load


class Task:
    def __init__(self, kernel, address):
        self.kernel = kernel
        self.address = address
        self.pid = self.field("pid")
        self.parent = kernel.field(self.field("real_parent"), "task_struct", "tgid")
        self.mm = self.field("mm")
        offset, size = kernel.member("task_struct", "comm")
        self.name = kernel.text(address + offset, size)

    def field(self, *paths):
        return self.kernel.field(self.address, "task_struct", *paths)

    def state(self):
        number = self.field("__state", "state") & 0xFFFFFFFF
        if number & 0x4FF == IDLE:
            return "I"
        number = number & 0xFF or self.field("exit_state")
        return next((letter for bit, letter in STATES if number & bit), "R")


def tasks(kernel):
    """All processes, the first of their threads of each."""
    first = kernel.symbol("init_task")
    offset = kernel.member("task_struct", "tasks")[0]
    address, seen = first, set()
    while address not in seen:
        seen.add(address)
        yield Task(kernel, address)
        address = kernel.number(address + offset) - offset & kernel.mask
    if address != first:
        raise gdb.GdbError("the list of tasks does not end: it is damaged, or no list here")


class Tasks(server.Command):
    """Prints the guest's processes, as Linux has them at this moment; a > marks the running one.

For each: PID, that of the parent, state as ps has it, address of the task_struct, name; names of
kernel threads are in brackets. Needs the kernel's symbols (ebb replay --symbols vmlinux); the
layout of structures is taken from the vmlinux's debugging information or from the BTF in the
kernel's memory.
Example:
    ebb tasks"""

    def __init__(self):
        super().__init__("ebb tasks", kind=gdb.COMMAND_STATUS)

    def run(self, argument):
        server.place()
        kernel = Kernel()
        current = kernel.current()
        leader = kernel.field(current, "task_struct", "tgid") if current else 0
        print("    PID   PPID  S  task_struct         name")
        for task in tasks(kernel):
            name = task.name if task.mm else f"[{task.name}]"
            print(f"{'>' if current and task.pid == leader else ' '}{task.pid:>6} "
                  f"{task.parent:>6}  {task.state()}  0x{task.address:<16x}  {name}")


class Ring:
    """The log's records (Linux, kernel/printk/printk_ringbuffer.h, from 5.10 on)."""

    COMMITTED, FINALIZED = 1, 2

    def __init__(self, kernel):
        self.kernel = kernel
        self.ring = kernel.number(kernel.symbol("prb"))
        self.bits = 8 * kernel.word
        self.descriptors = self.field("desc_ring.descs")
        self.infos = self.field("desc_ring.infos")
        self.count = 1 << self.field("desc_ring.count_bits")
        self.data = self.field("text_data_ring.data")
        self.size = 1 << self.field("text_data_ring.size_bits")
        if self.count > 1 << 24 or self.size > 1 << 30:
            raise gdb.GdbError("the kernel's log is not set up here")

    def field(self, path):
        return self.kernel.field(self.ring, "printk_ringbuffer", path)

    def identifiers(self):
        last = self.field("desc_ring.head_id.counter")
        one = self.field("desc_ring.tail_id.counter")
        mask = (1 << self.bits - 2) - 1
        for _ in range(self.count):
            yield one
            if one == last:
                return
            one = one + 1 & mask

    def record(self, one):
        """(nanoseconds, text); None: it is not finished, or has been given up for others."""
        kernel, index = self.kernel, one % self.count
        descriptor = self.descriptors + index * kernel.layout.sizeof("prb_desc")
        state = kernel.field(descriptor, "prb_desc", "state_var.counter")
        if state >> self.bits - 2 not in (self.COMMITTED, self.FINALIZED) or \
                state & (1 << self.bits - 2) - 1 != one:
            return None
        info = self.infos + index * kernel.layout.sizeof("printk_info")
        begin, after = (kernel.field(descriptor, "prb_desc", "text_blk_lpos." + name)
                        for name in ("begin", "next"))
        length = kernel.field(info, "printk_info", "text_len")
        nanoseconds = kernel.field(info, "printk_info", "ts_nsec")
        return nanoseconds, "" if begin & 1 else self.text(begin, after, length)

    def text(self, begin, after, length):
        at, word = begin % self.size, self.kernel.word
        if begin // self.size != after // self.size and after % self.size:
            at = 0  # it did not fit behind the others
        length = min(length, self.size - at - word)
        data = self.kernel.read(self.data + at + word, max(0, length))
        return data.decode(errors="surrogateescape")


class Dmesg(server.Command):
    """Prints the kernel's log as it is in its memory at this moment.
Usage: ebb dmesg [/REGEX/]

Needs what ebb tasks needs. What the kernel has logged and not yet written to its console is here.
Example:
    ebb dmesg /virtio/"""

    def __init__(self):
        super().__init__("ebb dmesg", kind=gdb.COMMAND_STATUS)

    def run(self, argument):
        server.place()
        pattern = console.parse(argument) if argument else None
        ring = Ring(Kernel())
        for one in ring.identifiers():
            record = ring.record(one)
            if not record:
                continue
            stamp = "[%5d.%06d] " % (record[0] // 10 ** 9, record[0] // 1000 % 10 ** 6)
            for line in record[1].split("\n"):
                text = stamp + server.printable(line)
                if not pattern or pattern.search(text):
                    print(text)


def code_address(path):
    """Where the first executable part of an ELF file belongs if nothing moves it."""
    try:
        with open(os.path.expanduser(path), "rb") as file:
            data = file.read(1 << 16)
        wide = data[4] == 2
        if data[:4] != b"\x7fELF" or data[5] != 1:
            raise ValueError
        offset = struct.unpack_from("<Q" if wide else "<I", data, 32 if wide else 28)[0]
        size, count = struct.unpack_from("<HH", data, 54 if wide else 42)
        found = []
        for i in range(count):
            at = offset + i * size
            kind = struct.unpack_from("<I", data, at)[0]
            flags = struct.unpack_from("<I", data, at + (4 if wide else 24))[0]
            if kind == 1 and flags & 1:
                found.append(struct.unpack_from("<Q" if wide else "<I", data,
                                                at + (16 if wide else 8))[0])
        return min(found)
    except OSError as error:
        raise gdb.GdbError(f"cannot read {server.printable(path)}: {error.strerror}") from None
    except (ValueError, IndexError, struct.error):
        raise gdb.GdbError(f"{server.printable(path)} is no program (little-endian ELF)") from None


class Process(server.Command):
    """Loads the symbols of the program that the guest's running process executes.
Usage: ebb process FILE

FILE is the program on this machine. Where the process has it, Linux tells; what ebb process loaded
before is dropped. Needs what ebb tasks needs.
Example:
    ebb process rootfs/bin/busybox"""

    loaded = None

    def __init__(self):
        super().__init__("ebb process", gdb.COMPLETE_FILENAME)

    def run(self, argument):
        if not argument:
            raise gdb.GdbError("which program? write: ebb process FILE")
        server.place()
        address = code_address(argument)
        path = os.path.abspath(os.path.expanduser(argument))
        kernel = Kernel()
        task = Task(kernel, kernel.current())
        if not task.mm:
            raise gdb.GdbError(f"the running task {task.name} (PID {task.pid}) is the kernel's "
                               "own, and has no program")
        moved = kernel.field(task.mm, "mm_struct", "start_code") - address & kernel.mask
        if self.loaded:
            try:
                gdb.execute("remove-symbol-file -a 0x%x" % self.loaded, to_string=True)
            except gdb.error:
                pass  # somebody has removed it
        gdb.execute("add-symbol-file %s -o 0x%x" % (server.quoted(path), moved), to_string=True)
        Process.loaded = address + moved & kernel.mask
        print(f"{task.name} (PID {task.pid}) executes it, moved by 0x{moved:x}")


Tasks()
Dmesg()
Process()
