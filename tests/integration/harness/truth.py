# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens in a recording, found out by executing it instruction by instruction."""

import struct

from .rsp import Rsp

CORE = {8: "<33Q", 4: "<16I"}  # of the g packet: AArch64's x0 to x30, SP, PC; ARM's r0 to PC


class Steps:
    """PCs, the words executed and the contents of some memory at the positions of the beginning."""

    def __init__(self, recording, count, address, size, width):
        self.pcs, self.words, self.contents, self.registers = [], [], [], []
        with Rsp(recording) as rsp:
            for _ in range(count + 1):
                packets = ["m%x,%x" % (address, size), "g"]
                (memory, _), (registers, _) = rsp.exchange_all(packets)
                self.contents.append(memory)
                core = bytes.fromhex(registers)[:struct.calcsize(CORE[width])]
                self.registers.append(struct.unpack(CORE[width], core))
                pc = self.registers[-1][-1]
                self.pcs.append(pc)
                self.words.append(int.from_bytes(bytes.fromhex(rsp.ask("m%x,4" % pc)), "little"))
                rsp.move("s")
        self.address, self.size, self.width = address, size, width

    def changes(self):
        """The positions of the instructions behind which the memory is another."""
        return [p for p in range(len(self.contents) - 1)
                if self.contents[p] != self.contents[p + 1]]

    def executed(self, address):
        return [p for p, pc in enumerate(self.pcs[:-1]) if pc == address]

    def loads(self):
        """The positions of single loads of a word from the memory (Arm ARM, C6.2.192 LDR
        (immediate), unsigned offset; F5.1.76 LDR (immediate), A1)."""
        return [p for p in range(len(self.pcs) - 1) if self.loaded(p) == self.address]

    def loaded(self, position):
        word, registers = self.words[position], self.registers[position]
        if self.width == 8 and word & 0xFFC00000 == 0xB9400000:
            return registers[word >> 5 & 31] + (word >> 10 & 0xFFF) * 4
        if self.width == 4 and word & 0x0F700000 == 0x05100000:
            offset = word & 0xFFF
            base = registers[word >> 16 & 15] + (8 if word >> 16 & 15 == 15 else 0)
            return base + (offset if word >> 23 & 1 else -offset)
        return None
