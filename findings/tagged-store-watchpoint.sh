#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A hardware watchpoint set through QEMU's gdbstub does not see a store through a tagged pointer.
#
# With top-byte-ignore (TCR_EL1.TBI0, Arm ARM D8.8, what HWASAN and KASAN_SW_TAGS run on) the bits
# 63:56 of a data address do not take part in translation, and the hardware's own watchpoints leave
# them out as well. QEMU compares the 64-bit address as the program gave it: the same word, stored to
# through another top byte, does not stop, and one sees a value change that nobody wrote.
#
# Seen with QEMU 7.2 and gdb 13.1 of Debian 12: a plain store stops at the watchpoint; the tagged
# store of 0x2222 does not, and is in memory.
#
# Exit status: 0 as described, 1 it behaves otherwise, 2 the packages could not be had.

. "$(dirname "$0")/lib/packages.sh"
fetch qemu-system-arm=1:7.2+dfsg-7+deb12u18+b3 gdb-multiarch=13.1-3 binutils-aarch64-linux-gnu=2.40-2

cat >guest.s <<'END'
        .global _start
_start: mov     x0, #1 << 37            // TCR_EL1.TBI0
        msr     tcr_el1, x0
        isb
        adr     x1, word
        mov     x2, #0x1111
        str     x2, [x1]                // the plain store
        movk    x1, #0x5a00, lsl #48
        mov     x2, #0x2222
        str     x2, [x1]                // the same word through a tag
end:    b       end
        .balign 8
word:   .quad   0
END
aarch64-linux-gnu-as -o guest.o guest.s
aarch64-linux-gnu-ld -Ttext=0x40080000 -o guest.elf guest.o

start_qemu qemu-system-aarch64 -M virt -cpu cortex-a57 -m 16 -kernel guest.elf
# shellcheck disable=SC2016 # gdb's $pc
gdb-multiarch -nx -batch -ex 'set pagination off' -ex "target remote $folder/gdb" \
    -ex 'watch *(long *)&word' -ex 'tbreak *&end' \
    -ex continue -ex 'printf "stop 1: %#lx\n", *(long *)&word' \
    -ex continue -ex 'printf "stop 2: %#lx\n", *(long *)&word' \
    -ex 'printf "stopped at the end: %d\n", $pc == (long)&end' -ex kill guest.elf >gdb.log 2>&1 || true
cat gdb.log

as_described() {
    grep -q '^Hardware watchpoint 1: ' gdb.log && grep -q '^stop 1: 0x1111$' gdb.log &&
        grep -q '^stop 2: 0x2222$' gdb.log && grep -q '^stopped at the end: 1$' gdb.log &&
        [ "$(grep -c '^Old value' gdb.log)" = 1 ]
}
as_described || finish 1 "this is not what was seen before"
finish 0 "as described: the tagged store went by unseen"
