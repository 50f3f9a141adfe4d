/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The AArch32 program that compat.c runs: ARM and Thumb code. r0: its memory. */
    .syntax unified
    .arm
    .text
    .global program
program:
    mov r1, #0
    add sp, r0, #256
    ldr r5, =0xcafe0005
    ldr r12, =0xc0de000c
program_loop:
    add r1, r1, #1
    str r1, [r0]                /* rounds */
    blx in_thumb
    svc #7                      /* answers in memory */
    ldr r3, [r0, #8]
    ldr r4, [r0, #12]
    add r4, r4, r3
    str r4, [r0, #12]           /* sum */
    cmp r1, #40
    bne program_loop
    svc #1
    b .

    .thumb
    .thumb_func
in_thumb:
    push {r4, lr}
    ldr r2, [r0, #4]
    adds r2, r2, #1
    add.w r8, r2, #0x100
    movs r4, #2
    tst r4, r4
    ite ne
    addne r2, r2, #2
    addeq r2, r2, #100
thumb_store:
    str r2, [r0, #4]            /* thumb */
    pop {r4, pc}

    .section .note.GNU-stack, "", %progbits
