/* SPDX-License-Identifier: GPL-3.0-or-later */
    .section .text.start, "ax"
    .global _start
    .type _start, %function
_start:
    .cfi_startproc
    .cfi_undefined x30
    ldr x0, =stack_top
    mov sp, x0
    ldr x0, =vectors
    msr vbar_el1, x0
    mov x0, #(3 << 20)          /* floating point, without trapping */
    msr cpacr_el1, x0
    isb
    ldr x0, =bss_start
    ldr x1, =bss_end
1:  cmp x0, x1
    b.hs 2f
    stp xzr, xzr, [x0], #16
    b 1b
2:  mov x29, xzr
    mov x30, xzr
#ifdef FOR_KVM
    bl flat_map_on
#endif
    bl main
    bl power_off
    .cfi_endproc
    .size _start, . - _start

/* A struct frame on the stack (exception-aarch64.c), and the vector's number for the C code. */
    .macro vector number
    .balign 0x80
    sub sp, sp, #0x110
    stp x0, x1, [sp, #0x00]
    mov x1, #\number
    b save_frame
    .endm

    .balign 0x800
    .global vectors
    .type vectors, %function
vectors:
    .irp number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    vector \number
    .endr
    .size vectors, . - vectors

    .type save_frame, %function
save_frame:
    stp x2, x3, [sp, #0x10]
    stp x4, x5, [sp, #0x20]
    stp x6, x7, [sp, #0x30]
    stp x8, x9, [sp, #0x40]
    stp x10, x11, [sp, #0x50]
    stp x12, x13, [sp, #0x60]
    stp x14, x15, [sp, #0x70]
    stp x16, x17, [sp, #0x80]
    stp x18, x19, [sp, #0x90]
    stp x20, x21, [sp, #0xa0]
    stp x22, x23, [sp, #0xb0]
    stp x24, x25, [sp, #0xc0]
    stp x26, x27, [sp, #0xd0]
    stp x28, x29, [sp, #0xe0]
    mrs x2, elr_el1
    mrs x3, spsr_el1
    stp x30, x2, [sp, #0xf0]
    str x3, [sp, #0x100]
    mov x0, sp
    bl exception_entry
    ldp x30, x2, [sp, #0xf0]
    ldr x3, [sp, #0x100]
    msr elr_el1, x2
    msr spsr_el1, x3
    ldp x28, x29, [sp, #0xe0]
    ldp x26, x27, [sp, #0xd0]
    ldp x24, x25, [sp, #0xc0]
    ldp x22, x23, [sp, #0xb0]
    ldp x20, x21, [sp, #0xa0]
    ldp x18, x19, [sp, #0x90]
    ldp x16, x17, [sp, #0x80]
    ldp x14, x15, [sp, #0x70]
    ldp x12, x13, [sp, #0x60]
    ldp x10, x11, [sp, #0x50]
    ldp x8, x9, [sp, #0x40]
    ldp x6, x7, [sp, #0x30]
    ldp x4, x5, [sp, #0x20]
    ldp x2, x3, [sp, #0x10]
    ldp x0, x1, [sp, #0x00]
    add sp, sp, #0x110
    eret
    .size save_frame, . - save_frame

    .section .note.GNU-stack, "", @progbits
