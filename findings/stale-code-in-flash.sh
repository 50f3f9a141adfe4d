#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A guest that programs code into QEMU's CFI flash, runs it, programs other code in its place and runs
# that, still runs the first, whatever cache maintenance it does between.
#
# Translations of code in RAM go when the guest stores there. Flash is programmed by commands to the
# device, which changes the memory behind their back; and `ic ivau` does nothing under TCG, since
# stores are what it relies on. Firmware that updates itself or a driver in place meets it.
#
# Seen with QEMU 7.2 of Debian 12, machine virt, its second flash: the code is read back as the second
# version (mov w0, #2), and returns what the first one did: 1.
#
# Exit status: 0 as described, 1 it behaves otherwise, 2 the packages could not be had.

. "$(dirname "$0")/lib/packages.sh"
fetch qemu-system-arm=1:7.2+dfsg-7+deb12u18+b3 gdb-multiarch=13.1-3 binutils-aarch64-linux-gnu=2.40-2

cat >guest.s <<'END'
        .global _start
_start: ldr     x20, =0x04000000        // the second flash: two 16-bit chips side by side
        ldr     x21, =results
        ldr     w1, =0x52800020         // mov w0, #1
        bl      program
        blr     x20
        str     w0, [x21]
        ldr     w1, =0x52800040         // mov w0, #2
        bl      program
        ldr     w0, [x20]
        str     w0, [x21, #8]
        blr     x20
        str     w0, [x21, #4]
end:    b       end

program:                                // erases the block, programs w1 and a ret
        ldr     w2, =0x00200020
        str     w2, [x20]
        ldr     w2, =0x00d000d0
        str     w2, [x20]
        ldr     w2, =0x00400040
        str     w2, [x20]
        str     w1, [x20]
        ldr     w3, =0xd65f03c0
        str     w2, [x20, #4]
        str     w3, [x20, #4]
        ldr     w2, =0x00ff00ff         // reading again
        str     w2, [x20]
        ic      ivau, x20
        dsb     sy
        isb
        ret
        .balign 8
results: .quad  0, 0
END
aarch64-linux-gnu-as -o guest.o guest.s
aarch64-linux-gnu-ld -Ttext=0x40080000 -o guest.elf guest.o

start_qemu qemu-system-aarch64 -M virt -cpu cortex-a57 -m 16 -kernel guest.elf
gdb-multiarch -nx -batch -ex "target remote $folder/gdb" -ex 'tbreak *&end' -ex continue \
    -ex 'printf "first %d, then %d; read back %#x\n", *(int *)&results, *((int *)&results + 1), *((int *)&results + 2)' \
    -ex kill guest.elf >gdb.log 2>&1 || true
cat gdb.log

grep -q '^first 1, then 1; read back 0x52800040$' gdb.log || finish 1 "this is not what was seen before"
finish 0 "as described: code that is there no longer was run"
