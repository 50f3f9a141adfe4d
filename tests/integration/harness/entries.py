# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a recording enters exception vectors, found by breakpoints on all of them, and the state
around each entry. What ebb exceptions and ebb irqs say is compared with it."""

PSR = {8: 0x21, 4: 0x19}  # gdb's number of the processor state; AArch64's, ARM's
PC = {8: 0x20, 4: 0x0F}
LINK = 14

# What is at an offset of a table of vectors (Arm ARM, D1.3.1.5 and G1.12.1).
SYNCHRONOUS = "synchronous"
A64 = {0x00: SYNCHRONOUS, 0x80: "irq", 0x100: "fiq", 0x180: "serror"}
A32 = {0x04: "undefined", 0x08: "svc", 0x0C: "prefetch-abort", 0x10: "data-abort",
       0x18: "irq", 0x1C: "fiq"}
MODES = {0: "EL0t", 4: "EL1t", 5: "EL1h", 8: "EL2t", 9: "EL2h", 0xC: "EL3t", 0xD: "EL3h",
         0x10: "USR", 0x11: "FIQ", 0x12: "IRQ", 0x13: "SVC", 0x16: "MON", 0x17: "ABT",
         0x1A: "HYP", 0x1B: "UND", 0x1F: "SYS"}
ASYNCHRONOUS = ("irq", "fiq", "serror")


def vectors(tables, width):
    """The addresses of the vectors in some tables, and what is taken there."""
    if width == 8:
        return {table + quarter + offset: what for table in tables
                for quarter in range(0, 0x800, 0x200) for offset, what in A64.items()}
    return {table + offset: what for table in tables for offset, what in A32.items()}


def table_of(address, width):
    return address & ~(0x7FF if width == 8 else 0x1F)


class Entry:
    """An entry: the position of the instruction that has caused it, or in front of which it was
    taken, the vector, and what is taken there."""

    def __init__(self, reached, vector, what):
        self.vector = vector
        self.what = what
        self.reached = reached
        self.position = reached if what in ASYNCHRONOUS else reached - 1

    def key(self):
        return self.position, self.vector


def find(rsp, wanted):
    """All entries of these vectors."""
    for address in wanted:
        rsp.ask("Z1,%x,4" % address)
    rsp.seek("begin")
    found = []
    while True:
        stop = rsp.move("c")
        if stop.reason == "end":
            break
        found.append(Entry(rsp.position(), stop.pc, wanted[stop.pc]))
    for address in wanted:
        rsp.ask("z1,%x,4" % address)
    return found


def cause(rsp, entry, width):
    """Mode and PC of what an exception that an instruction has caused came from: the state in front
    of that instruction."""
    rsp.seek(entry.position)
    return MODES[rsp.register(PSR[width]) & 0x1F], rsp.register(PC[width])
