// SPDX-License-Identifier: GPL-3.0-or-later
// The accesses of hotpage.c.
.macro at name
.globl \name
\name:
.endm
.arch armv8.2-a+simd+lse+sve

.globl around_word
around_word:
    // x9: the value in each byte; q0 to q3, too
    mov x9, x1
    dup v0.16b, w9
    mov v1.16b, v0.16b
    mov v2.16b, v0.16b
    mov v3.16b, v0.16b
    ptrue p0.b
at write_word
    str w9, [x0]
at write_again
    str w9, [x0]
at write_byte
    strb w9, [x0, #7]
at write_half_before
    sturh w9, [x0, #-1]
at write_first
    stur x9, [x0, #-7]
at near_before
    stur x9, [x0, #-8]
at write_last
    stur x9, [x0, #7]
at near_behind
    str x9, [x0, #8]
at read_word
    ldr w10, [x0, #4]
at read_byte
    ldrb w10, [x0]
at near_read
    ldrb w10, [x0, #8]
    // pairs; with another value than before
    mvn x9, x9
at write_pair
    stp x9, x9, [x0, #-8]
at write_pair_first
    stp x9, x9, [x0]
at near_pair
    stp x9, x9, [x0, #8]
at write_pair_words
    stp w9, w9, [x0, #-4]
at read_pair
    ldp x10, x11, [x0]
at write_no_temporal
    stnp x9, x9, [x0]
    // base registers change
    mov x10, x0
at write_post_indexed
    str x9, [x10], #8
at write_pre_indexed
    str w9, [x10, #-4]!
    // SIMD
at write_vector
    str q0, [x0]
at write_vector_unaligned
    stur q0, [x0, #-15]
at near_vector
    stur q0, [x0, #-16]
at write_vector_pair
    stp q0, q1, [x0, #-16]
at read_vector
    ldr q1, [x0]
    mov v1.16b, v0.16b
    sub x10, x0, #32
at write_four
    st1 {v0.16b-v3.16b}, [x10]
at write_interleaved
    st4 {v0.8h-v3.8h}, [x10]
at write_lane
    st1 {v0.b}[3], [x0]
at read_four
    ld1 {v0.16b-v3.16b}, [x10]
    // 16 bytes at least
    sub x12, x0, #8
at write_scalable
    st1b {z0.b}, p0, [x12]
at read_scalable
    ld1b {z4.b}, p0/z, [x12]
    // exclusive: QEMU reads for a store, too
at read_exclusive
    ldxr x10, [x0]
at both_exclusive
    stxr w11, x9, [x0]
at read_exclusive_pair
    ldaxp x10, x11, [x0]
at both_exclusive_pair
    stlxp w12, x10, x11, [x0]
at write_release
    stlr x9, [x0]
at read_acquire
    ldar x10, [x0]
    // atomic
    mov x11, #1
at both_add
    ldadd x11, x10, [x0]
at both_add_byte
    staddb w11, [x0]
at both_swap
    swpal x9, x10, [x0]
at both_compare
    cas x10, x11, [x0]
    // maybe in vain
    mov x12, x9
    ldr x13, [x0, #8]
    mov x14, x9
    mov x15, x9
at both_compare_pair
    casp x12, x13, x14, x15, [x0]
    // with a tag
    mov x11, #0x5a00000000000000
    orr x10, x0, x11
at write_tagged
    strh w9, [x10, #2]
at read_tagged
    ldrh w11, [x10, #6]
at both_tagged
    ldadd x9, xzr, [x10]
    // by blocks
at write_zeroes
    dc zva, x0
at write_zeroes_again
    dc zva, x0
    // what was there already
at read_same
    ldr x10, [x0]
at write_same
    str x10, [x0]
at write_same_vector
    str d4, [x0]
at write_back
    stp x9, x10, [x0]
    ret

.globl around_edge
around_edge:
    // x9: the value in each byte; q0 to q3, too
    mov x9, x1
    dup v0.16b, w9
    mov v1.16b, v0.16b
    mov v2.16b, v0.16b
    mov v3.16b, v0.16b
    ptrue p0.b
at cross_write_word
    stur x9, [x0, #-4]
at cross_write_again
    stur x9, [x0, #-4]
at cross_near_before
    stur x9, [x0, #-12]
at cross_write_first
    stur x9, [x0, #-11]
at cross_write_byte_0
    sturb w9, [x0, #-1]
at cross_write_byte_1
    strb w9, [x0]
at cross_near_behind
    str x9, [x0, #8]
at cross_read_word
    ldur x10, [x0, #-1]
    mvn x9, x9
at cross_write_pair
    stp x9, x9, [x0, #-8]
at cross_write_vector
    stur q0, [x0, #-7]
at cross_write_vectors
    stp q0, q1, [x0, #-16]
    sub x10, x0, #31
at cross_write_four
    st1 {v0.16b-v3.16b}, [x10]
    sub x12, x0, #8
at cross_write_scalable
    st1b {z0.b}, p0, [x12]
at cross_read_scalable
    ld1b {z4.b}, p0/z, [x12]
at cross_write_zeroes
    dc zva, x0
    ret

.globl before_end
before_end:
    // x9: the value in each byte; q0 to q3, too
    mov x9, x1
    dup v0.16b, w9
    mov v1.16b, v0.16b
    mov v2.16b, v0.16b
    mov v3.16b, v0.16b
    ptrue p0.b
    sub x10, x0, #32
at faults_four
    st1 {v0.16b-v3.16b}, [x10]
at faults_four_again
    st1 {v0.16b-v3.16b}, [x10]
    ret

.globl accesses_end
accesses_end:
