#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# In QEMU an interrupt of an AArch32 guest says in DBGDSCR that it was the breakpoint before it.
#
# DBGDSCR.MOE is the reason of the last debug exception (ARMv7 Architecture Reference Manual, Debug
# registers): only such an exception changes it. QEMU sets it at every exception, from the syndrome of the
# last one that had a syndrome, which an interrupt has not. A debugger in the guest that reads MOE at a BKPT
# and writes it back to 0 finds 3 (BKPT) there again after the next interrupt, though no breakpoint was met.
#
# Seen with QEMU 7.2 of Debian 12: 3 behind a BKPT, 0 when written, 3 behind an interrupt of the GIC that
# the program has sent to itself.
#
# Exit status: 0 as described, 1 it behaves otherwise, 2 the packages could not be had.

. "$(dirname "$0")/lib/packages.sh"
fetch qemu-system-arm=1:7.2+dfsg-7+deb12u18+b3 gdb-multiarch=13.1-3 \
    gcc-12-arm-linux-gnueabihf=12.2.0-14cross1 binutils-arm-linux-gnueabihf=2.40-2

cat >guest.S <<'END'
    .text
    .globl _start
_start:
    ldr r0, =vectors
    mcr p15, 0, r0, c12, c0, 0      @ VBAR
    bkpt
    bl reason
    mov r4, r1                      @ behind the breakpoint
    mov r0, #0
    mcr p14, 0, r0, c0, c2, 2       @ DBGDSCRext
    bl reason
    mov r5, r1                      @ as written
    ldr r0, =0x08000000             @ the GIC's distributor
    mov r2, #1
    str r2, [r0]
    ldr r3, =0x08010000             @ its CPU interface
    mov r1, #0xff
    str r1, [r3, #4]
    str r2, [r3]
    mov r7, #0
    cpsie i
    ldr r1, =0x02000001             @ interrupt 1, to this CPU
    str r1, [r0, #0xf00]
wait:
    cmp r7, #1
    bne wait
    bl reason
    mov r6, r1                      @ behind the interrupt
    .globl done
done:
    b done

reason:
    mrc p14, 0, r1, c0, c1, 0       @ DBGDSCRint
    ubfx r1, r1, #2, #4
    bx lr

prefetch_abort:
    movs pc, lr                     @ behind the BKPT

interrupt:
    ldr r8, [r3, #0xc]
    str r8, [r3, #0x10]
    mov r7, #1
    subs pc, lr, #4

    .balign 32
vectors:
    b .
    b .
    b .
    b prefetch_abort
    b .
    b .
    b interrupt
    b .
END
arm-linux-gnueabihf-gcc-12 -marm -mcpu=cortex-a15 -nostdlib -static -Wl,--build-id=none \
    -Wl,-Ttext=0x40010000 -o guest.elf guest.S

start_qemu qemu-system-arm -M virt -cpu cortex-a15 -m 16 -kernel guest.elf
# shellcheck disable=SC2016 # gdb's registers
gdb-multiarch -nx -batch -ex "target remote $folder/gdb" -ex 'break done' -ex continue \
    -ex 'printf "breakpoint %d written %d interrupt %d\n", $r4, $r5, $r6' -ex kill guest.elf \
    >gdb.log 2>&1 || true
cat gdb.log

grep -q '^breakpoint 3 written 0 interrupt 3$' gdb.log || finish 1 "this is not what was seen before"
finish 0 "as described: the interrupt has the reason of the breakpoint"
