/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the AAPCS makes a function preserve: r4 to r11, SP, and d8 to d15; and LR, in word 9: gdb takes
 * the program for one of Linux, and looks there (ARM_LINUX_JB_PC_EABI in its arm-linux-tdep.c). It steps
 * into longjmp, too, and finds the caller as long as LR is what it was.
 */
    .syntax unified
    .arm
    .fpu neon
    .text
    .global setjmp
    .type setjmp, %function
setjmp:
    .cfi_startproc
    mov r1, r0
    mov r2, sp
    stmia r1!, {r2, r4-r11, lr}
    vstmia r1, {d8-d15}
    mov r0, #0
    bx lr
    .cfi_endproc
    .size setjmp, . - setjmp

    .global longjmp
    .type longjmp, %function
longjmp:
    .cfi_startproc
    add r2, r0, #40
    vldmia r2, {d8-d15}
    ldmia r0, {r2, r4-r11, lr}
    mov sp, r2
    movs r0, r1
    moveq r0, #1
    bx lr
    .cfi_endproc
    .size longjmp, . - longjmp

    .section .note.GNU-stack, "", %progbits
