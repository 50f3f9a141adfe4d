#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A live migration of a QEMU guest under TCG loses what the CPU itself writes to page tables.
#
# With FEAT_HAFDBS (`-cpu max`) a table walk sets a descriptor's access flag (Arm ARM D8.5.4). QEMU does
# that past its dirty bitmap: if the page was sent before and nothing else on it changes, the destination
# has the descriptor without the flag. All that copies dirty pages only has the same hole.
#
# Seen with QEMU 7.2 of Debian 12: a guest reads through a descriptor without the flag while it is
# migrated, after the page's first transfer, and stores a word to another page right after. At the end
# the source has the flag set, and the destination has the word, but not the flag.
#
# Exit status: 0 as described, 1 it behaves otherwise, 2 the packages could not be had.

. "$(dirname "$0")/lib/packages.sh"
fetch qemu-system-arm=1:7.2+dfsg-7+deb12u18+b3 binutils-aarch64-linux-gnu=2.40-2

cat >guest.s <<'END'
        .global _start
_start: ldr     x0, =table
        ldr     x1, =0x401              // 0: devices, access flag
        str     x1, [x0]
        ldr     x1, =0x40000705         // 0x40000000: RAM, access flag
        str     x1, [x0, #8]
        ldr     x1, =0x40000305         // 0x80000000: the same RAM, no access flag
        str     x1, [x0, #16]
        msr     ttbr0_el1, x0
        mov     x1, #0xff00             // attributes: 0 device, 1 normal
        msr     mair_el1, x1
        ldr     x1, =0x8000803519       // T0SZ 25, 4 KiB, HA, no TTBR1
        orr     x1, x1, #1 << 23
        msr     tcr_el1, x1
        dsb     sy
        isb
        mrs     x1, sctlr_el1
        orr     x1, x1, #1
        msr     sctlr_el1, x1
        isb
        mov     x10, #0x09000000        // PL011
        ldr     x11, =0x40800000
        mov     w12, #0
dirty:  and     w13, w12, #0x3ff        // keeps the migration busy, 1024 pages round and round
        add     x14, x11, x13, lsl #12
        str     w12, [x14]
        add     w12, w12, #1
        ldr     w15, [x10, #0x18]
        tbnz    w15, #4, dirty          // until something is received
        mov     x0, #0x80000000
        ldr     w1, [x0]                // sets the flag
        ldr     x0, =word
        mov     w1, #0x77
        str     w1, [x0]
        mov     w1, #'!'
        str     w1, [x10]
end:    b       end
        .ltorg
        .balign 4096
table:  .skip   4096
word:   .quad   0
END
aarch64-linux-gnu-as -o guest.o guest.s
aarch64-linux-gnu-ld -Ttext=0x40080000 -o guest.elf guest.o
aarch64-linux-gnu-nm guest.elf >symbols

cat >drive.py <<'END'
import re, socket, subprocess

def symbol(name):
    return int(re.search(r"(\w+) . %s$" % name, open("symbols").read(), re.M).group(1), 16)

def listen(path):
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen()
    return server

class Machine:
    def __init__(self, name, *more):
        monitor, serial = listen(name + ".monitor"), listen(name + ".serial")
        self.process = subprocess.Popen(
            ["qemu-system-aarch64", "-M", "virt", "-cpu", "max", "-m", "32", "-nodefaults", "-display",
             "none", "-kernel", "guest.elf", "-L", "root/usr/share/qemu", "-monitor",
             "unix:%s.monitor" % name, "-serial", "unix:%s.serial" % name, *more])
        self.monitor, self.serial = monitor.accept()[0], serial.accept()[0]
        self.answer()

    def answer(self):
        text = b""
        while not text.endswith(b"(qemu) "):
            text += self.monitor.recv(4096)
        return text.decode(errors="replace")

    def say(self, command):
        self.monitor.sendall(command.encode() + b"\n")
        return self.answer()

    def word(self, address):
        return int(re.findall(r": (0x\w+)", self.say("xp /1gx %#x" % address))[-1], 16)

    def status(self, name):
        found = re.search(name + r": (\S+)", self.say("info migrate"))
        return found.group(1) if found else ""

machines = []
try:
    source = Machine("source")
    machines.append(source)
    source.say("migrate_set_parameter max-bandwidth 20M")
    source.say("migrate_set_parameter downtime-limit 1")
    source.say('migrate -d "exec:cat >state"')
    while int(source.status("dirty sync count") or 0) < 3:  # all pages have been sent at least once
        pass
    before = source.status("Migration status")
    source.serial.sendall(b"go")
    source.serial.recv(1)
    source.say("migrate_set_parameter max-bandwidth 10G")
    while source.status("Migration status") not in ("completed", "failed"):
        pass
    destination = Machine("destination", "-incoming", "exec:cat state")
    machines.append(destination)
    while "inmigrate" in destination.say("info status"):
        pass
    entry = symbol("table") + 16
    print("while it was", before)
    for name, machine in (("source", source), ("destination", destination)):
        print("%s: descriptor %#x, word %#x" % (name, machine.word(entry), machine.word(symbol("word"))))
finally:
    for machine in machines:
        machine.process.kill()
END
timeout 60 python3 drive.py 2>&1 | tee drive.log

as_described() {
    grep -q '^while it was active$' drive.log && grep -q '^source: descriptor 0x40000705, word 0x77$' drive.log &&
        grep -q '^destination: descriptor 0x40000305, word 0x77$' drive.log
}
as_described || finish 1 "this is not what was seen before"
finish 0 "as described: the access flag did not arrive"
