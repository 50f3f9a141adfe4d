#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# QEMU's gdbstub sends an AArch64 guest's registers little-endian also when it runs big-endian, and gdb
# takes them for big-endian.
#
# QEMU starts a big-endian ELF file given with -kernel with SCTLR_EL1.EE set; loads and stores are
# big-endian. gdb reads the byte order from the same file and, as its manual says of the `g` packet
# ("Target byte order"), expects the registers so. Each value is shown with its bytes turned around: the
# PC points nowhere, there is no source, and `x/i $pc` fails, while memory looks right.
#
# Seen with QEMU 7.2 and gdb 13.1 of Debian 12: after one instruction at 0x40080000 $pc is
# 0x400084000000000, and x1, which that has set to 0x1234, is 0x3412000000000000.
#
# Exit status: 0 as described, 1 it behaves otherwise, 2 the packages could not be had.

. "$(dirname "$0")/lib/packages.sh"
fetch qemu-system-arm=1:7.2+dfsg-7+deb12u18+b3 gdb-multiarch=13.1-3 binutils-aarch64-linux-gnu=2.40-2

cat >guest.s <<'END'
        .global _start
_start: mov     x1, #0x1234
end:    b       end
END
aarch64-linux-gnu-as -EB -o guest.o guest.s
aarch64-linux-gnu-ld -EB -Ttext=0x40080000 -o guest.elf guest.o

start_qemu qemu-system-aarch64 -M virt -cpu cortex-a57 -m 16 -kernel guest.elf
# shellcheck disable=SC2016 # gdb's registers
gdb-multiarch -nx -batch -ex 'show endian' -ex "target remote $folder/gdb" \
    -ex 'stepi' -ex 'printf "pc %#lx, x1 %#lx\n", $pc, $x1' -ex kill \
    guest.elf >gdb.log 2>&1 || true
cat gdb.log

as_described() {
    grep -q 'currently big endian' gdb.log && grep -q '^pc 0x400084000000000, x1 0x3412000000000000$' gdb.log
}
as_described || finish 1 "this is not what was seen before"
finish 0 "as described: gdb shows each register with its bytes turned around"
