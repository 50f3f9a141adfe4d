@ SPDX-License-Identifier: GPL-3.0-or-later
@ The accesses of hotpage.c.
.macro at name
.globl \name
\name:
.endm
.syntax unified
.fpu neon
.arm

.globl around_word
around_word:
    push {r4-r8, lr}
    mov r4, r1
    mov r5, r4
    mov r6, r4
    mov r7, r4
    vdup.8 q0, r4
    vmov q1, q0
at write_word
    str r4, [r0]
at write_again
    str r4, [r0]
at write_byte
    strb r4, [r0, #7]
at write_half_before
    strh r4, [r0, #-1]
at write_first
    str r4, [r0, #-3]
at near_before
    str r4, [r0, #-4]
at write_last
    str r4, [r0, #7]
at near_behind
    str r4, [r0, #8]
at read_word
    ldr r8, [r0, #4]
at read_byte
    ldrb r8, [r0]
at near_read
    ldrb r8, [r0, #8]
    mvn r4, r4
    mvn r5, r5
    mvn r6, r6
    mvn r7, r7
at write_double
    strd r4, r5, [r0]
at near_double
    strd r4, r5, [r0, #8]
at read_double
    ldrd r2, r3, [r0]
    @ many registers, and base registers that change
at write_many
    stm r0, {r4-r7}
at read_many
    ldm r0, {r2, r3, r8, r12}
at near_many_before
    stmdb r0, {r4-r7}
    add r12, r0, #8
at write_many_down
    stmdb r12!, {r4-r7}
at read_many_up
    ldmia r12!, {r4-r7}
    mov r12, r0
at write_post_indexed
    str r4, [r12], #4
at write_pre_indexed
    strb r4, [r12, #1]!
    @ if a condition holds
    cmp r4, r4
at near_if
    strne r4, [r0]
at write_if
    streq r4, [r0]
    @ SIMD
at write_vector
    vst1.8 {q0}, [r0]
at write_vectors
    vst1.8 {d0-d3}, [r0]
at write_lane
    vst1.8 {d0[2]}, [r0]
at write_floats
    vstm r0, {s0-s5}
at write_float
    vstr d0, [r0]
at read_vector
    vld1.8 {q1}, [r0]
at read_interleaved
    vld4.8 {d0-d3}, [r0]
at write_interleaved
    vst4.8 {d0-d3}, [r0]
    @ exclusive: QEMU reads for a store, too
at read_exclusive
    ldrex r8, [r0]
at both_exclusive
    strex r12, r4, [r0]
at read_exclusive_double
    ldrexd r2, r3, [r0]
at both_exclusive_double
    strexd r12, r2, r3, [r0]
at read_exclusive_byte
    ldrexb r8, [r0]
at both_exclusive_byte
    strexb r12, r4, [r0]
    @ what was there already
at read_same
    ldrd r2, r3, [r0]
at write_same
    strd r2, r3, [r0]
    mov r12, r0
    blx in_thumb
    pop {r4-r8, pc}

.globl around_edge
around_edge:
    push {r4-r8, lr}
    mov r4, r1
    mov r5, r4
    mov r6, r4
    mov r7, r4
    vdup.8 q0, r4
    vmov q1, q0
at cross_write_word
    str r4, [r0, #-2]
at cross_write_again
    str r4, [r0, #-2]
at cross_near_before
    str r4, [r0, #-8]
at cross_write_first
    str r4, [r0, #-7]
at cross_write_byte_0
    strb r4, [r0, #-1]
at cross_write_byte_1
    strb r4, [r0]
at cross_near_behind
    str r4, [r0, #4]
at cross_read_word
    ldr r8, [r0, #-1]
    mvn r4, r4
    sub r12, r0, #4
at cross_write_double
    strd r4, r5, [r12]
    sub r12, r0, #8
at cross_write_many
    stm r12, {r4-r7}
at cross_write_vectors
    vst1.8 {d0-d3}, [r12]
    pop {r4-r8, pc}

.globl before_end
before_end:
    push {r4-r8, lr}
    mov r4, r1
    mov r5, r4
    mov r6, r4
    mov r7, r4
    vdup.8 q0, r4
    vmov q1, q0
    sub r12, r0, #8
at faults_many
    stm r12, {r4-r7}
at faults_many_again
    stm r12, {r4-r7}
    pop {r4-r8, pc}

.thumb
.thumb_func
in_thumb:
at write_thumb
    strb r4, [r12, #3]
at write_thumb_many
    stmia.w r12, {r2, r3}
at write_thumb_double
    strd r4, r5, [r12, #-4]
    cmp r4, r4
    itte eq
at write_thumb_if
    streq r4, [r12]
at write_thumb_if_2
    strheq r5, [r12, #2]
at near_thumb_if
    strne r6, [r12]
at read_thumb
    ldr r2, [r12]
    bx lr
.arm

.globl accesses_end
accesses_end:
