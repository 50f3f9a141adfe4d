/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the AAPCS64 makes a function preserve: x19 to x30, SP, d8 to d15. x30 is where gdb, which takes
 * the program for one of Linux, looks for it (AARCH64_LINUX_JB_PC in its aarch64-linux-tdep.c: word 11).
 */
    .text
    .global setjmp
    .type setjmp, %function
setjmp:
    .cfi_startproc
    mov x2, sp
    stp x19, x20, [x0, #0x00]
    stp x21, x22, [x0, #0x10]
    stp x23, x24, [x0, #0x20]
    stp x25, x26, [x0, #0x30]
    stp x27, x28, [x0, #0x40]
    stp x29, x30, [x0, #0x50]
    str x2, [x0, #0x60]
    stp d8, d9, [x0, #0x70]
    stp d10, d11, [x0, #0x80]
    stp d12, d13, [x0, #0x90]
    stp d14, d15, [x0, #0xa0]
    mov w0, #0
    ret
    .cfi_endproc
    .size setjmp, . - setjmp

    .global longjmp
    .type longjmp, %function
longjmp:
    .cfi_startproc
    ldp x19, x20, [x0, #0x00]
    ldp x21, x22, [x0, #0x10]
    ldp x23, x24, [x0, #0x20]
    ldp x25, x26, [x0, #0x30]
    ldp x27, x28, [x0, #0x40]
    ldp x29, x30, [x0, #0x50]
    ldr x2, [x0, #0x60]
    ldp d8, d9, [x0, #0x70]
    ldp d10, d11, [x0, #0x80]
    ldp d12, d13, [x0, #0x90]
    ldp d14, d15, [x0, #0xa0]
    mov sp, x2
    cmp w1, #0
    csinc w0, w1, wzr, ne
    ret
    .cfi_endproc
    .size longjmp, . - longjmp

    .section .note.GNU-stack, "", @progbits
