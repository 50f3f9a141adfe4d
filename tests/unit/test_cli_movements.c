/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What instructions move: each was assembled by binutils from the text that stands with it. */
#include "cli/arm_state.h"
#include "cli/movements/decode.h"

#include "unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum set { A64, A32, T32 };

#define THUMB 0x20u
#define SUPERVISOR 0x13u
#define ZERO 0x40000000u /* PSTATE.Z */

/* The text of movements: a place is g, v or m for general, vector or memory, then the register or
 * the address, its first byte there, how many; then what it is. "?": may fail; "~": reversed. */
struct sample {
    enum set set;
    uint32_t word;
    const char *text, *moves;
};

/* General register n has n times 0x1000. */
/* clang-format off: a table */
static const struct sample samples[] = {
    {A64, 0xaa0203e1, "mov x1, x2", "g1.0+8<-g2.0+8"},
    {A64, 0x2a0203e1, "mov w1, w2", "g1.0+4<-g2.0+4 g1.4+4=filled"},
    {A64, 0x9100005f, "mov sp, x2", "g31.0+8<-g2.0+8"},
    {A64, 0x910003e1, "mov x1, sp", "g1.0+8<-g31.0+8"},
    {A64, 0x91000441, "add x1, x2, #1", "g1.0+8=computed"},
    {A64, 0xd28000a1, "movz x1, #5", "g1.0+8=constant"},
    {A64, 0xf2a000a1, "movk x1, #5, lsl #16", "g1.2+2=constant"},
    {A64, 0xd360fc41, "lsr x1, x2, #32", "g1.0+4<-g2.4+4 g1.4+4=filled"},
    {A64, 0x53185c41, "lsl w1, w2, #8", "g1.1+3<-g2.0+3 g1.0+1=filled g1.4+4=filled"},
    {A64, 0x9343fc41, "asr x1, x2, #3", "g1.0+8=computed"},
    {A64, 0x53001c41, "uxtb w1, w2", "g1.0+1<-g2.0+1 g1.1+7=filled"},
    {A64, 0x93407c41, "sxtw x1, w2", "g1.0+4<-g2.0+4 g1.4+4=filled"},
    {A64, 0xb3783c41, "bfi x1, x2, #8, #16", "g1.1+2<-g2.0+2"},
    {A64, 0x12001c41, "and w1, w2, #0xff", "g1.0+1<-g2.0+1 g1.1+7=filled"},
    {A64, 0x92403c41, "and x1, x2, #0xffff", "g1.0+2<-g2.0+2 g1.2+6=filled"},
    {A64, 0x927c0c41, "and x1, x2, #0xf0", "g1.0+8=computed"},
    {A64, 0xeb02003f, "cmp x1, x2", ""},
    {A64, 0xea02003f, "tst x1, x2", ""},
    {A64, 0xfa420020, "ccmp x1, x2, #0, eq", ""},
    {A64, 0x9a830041, "csel x1, x2, x3, eq", "g1.0+8<-g3.0+8"},
    {A64, 0x9a9f17e1, "cset x1, eq", "g1.0+8=constant"},
    {A64, 0x10000001, "adr x1, .", "g1.0+8=constant"},
    {A64, 0x94000000, "bl .", "g30.0+8=link"},
    {A64, 0xd63f0040, "blr x2", "g30.0+8=link"},
    {A64, 0xd538c001, "mrs x1, vbar_el1", "g1.0+8=system"},
    {A64, 0xd518c001, "msr vbar_el1, x1", ""},
    {A64, 0xd503233f, "paciasp", "g30.0+8=computed"},
    {A64, 0xd503201f, "nop", ""},
    {A64, 0x9b031041, "madd x1, x2, x3, x4", "g1.0+8=computed"},
    {A64, 0xdac00c41, "rev x1, x2", "g1.0+8=computed"},
    {A64, 0x9adf105f, "irg sp, x2", "g31.0+8=computed"},
    {A64, 0xd50b7422, "dc zva, x2", "m2000+2048=constant"},
    {A64, 0xf9400441, "ldr x1, [x2, #8]", "g1.0+8<-m2008+8"},
    {A64, 0xf8408441, "ldr x1, [x2], #8", "g1.0+8<-m2000+8 g2.0+8=computed"},
    {A64, 0xb8637841, "ldr w1, [x2, x3, lsl #2]", "g1.0+4<-me000+4 g1.4+4=filled"},
    {A64, 0x39800041, "ldrsb x1, [x2]", "g1.0+1<-m2000+1 g1.1+7=filled"},
    {A64, 0x58000001, "ldr x1, .", "g1.0+8<-m8000+8"},
    {A64, 0xf8008c41, "str x1, [x2, #8]!", "m2008+8<-g1.0+8 g2.0+8=computed"},
    {A64, 0xb900005f, "str wzr, [x2]", "m2000+4=constant"},
    {A64, 0x381ff041, "strb w1, [x2, #-1]", "m1fff+1<-g1.0+1"},
    {A64, 0xa9010c41, "stp x1, x3, [x2, #16]", "m2010+8<-g1.0+8 m2018+8<-g3.0+8"},
    {A64, 0x28c10c41, "ldp w1, w3, [x2], #8",
     "g1.0+4<-m2000+4 g1.4+4=filled g3.0+4<-m2004+4 g3.4+4=filled g2.0+8=computed"},
    {A64, 0x69400c41, "ldpsw x1, x3, [x2]",
     "g1.0+4<-m2000+4 g1.4+4=filled g3.0+4<-m2004+4 g3.4+4=filled"},
    {A64, 0xf9800040, "prfm pldl1keep, [x2]", ""},
    {A64, 0xc85f7c41, "ldxr x1, [x2]", "g1.0+8<-m2000+8"},
    {A64, 0xc8037c41, "stxr w3, x1, [x2]", "m2000+8?<-g1.0+8 g3.0+8=computed"},
    {A64, 0xc87f0c41, "ldxp x1, x3, [x2]", "g1.0+8<-m2000+8 g3.0+8<-m2008+8"},
    {A64, 0x88dffc41, "ldar w1, [x2]", "g1.0+4<-m2000+4 g1.4+4=filled"},
    {A64, 0xc8a17c43, "cas x1, x3, [x2]", "g1.0+8<-m2000+8 m2000+8?<-g3.0+8"},
    {A64, 0x48247c46, "casp x4, x5, x6, x7, [x2]",
     "g4.0+8<-m2000+8 m2000+8?<-g6.0+8 g5.0+8<-m2008+8 m2008+8?<-g7.0+8"},
    {A64, 0xb8218043, "swp w1, w3, [x2]", "g3.0+4<-m2000+4 g3.4+4=filled m2000+4<-g1.0+4"},
    {A64, 0xf8210043, "ldadd x1, x3, [x2]", "g3.0+8<-m2000+8 m2000+8=computed"},
    {A64, 0xf821005f, "stadd x1, [x2]", "m2000+8=computed"},
    {A64, 0xf8bfc041, "ldapr x1, [x2]", "g1.0+8<-m2000+8"},
    {A64, 0xd9408041, "ldapur x1, [x2, #8]", "g1.0+8<-m2008+8"},
    {A64, 0x3dc00441, "ldr q1, [x2, #16]", "v1.0+16<-m2010+16"},
    {A64, 0xfd000041, "str d1, [x2]", "m2000+8<-v1.0+8"},
    {A64, 0x3d400041, "ldr b1, [x2]", "v1.0+1<-m2000+1 v1.1+15=filled"},
    {A64, 0xad000c41, "stp q1, q3, [x2]", "m2000+16<-v1.0+16 m2010+16<-v3.0+16"},
    {A64, 0x4c40a041, "ld1 {v1.16b, v2.16b}, [x2]", "v1.0+16<-m2000+16 v2.0+16<-m2010+16"},
    {A64, 0x0cdf7041, "ld1 {v1.8b}, [x2], #8", "v1.0+8<-m2000+8 v1.8+8=filled g2.0+8=computed"},
    {A64, 0x4d008041, "st1 {v1.s}[2], [x2]", "m2000+4<-v1.8+4"},
    {A64, 0x4d40cc41, "ld1r {v1.2d}, [x2]", "v1.0+8<-m2000+8 v1.8+8<-m2000+8"},
    {A64, 0x4c008c41, "st2 {v1.2d, v2.2d}, [x2]",
     "m2000+8<-v1.0+8 m2008+8<-v2.0+8 m2010+8<-v1.8+8 m2018+8<-v2.8+8"},
    {A64, 0x9e660041, "fmov x1, d2", "g1.0+8<-v2.0+8"},
    {A64, 0x9e670041, "fmov d1, x2", "v1.0+8<-g2.0+8 v1.8+8=filled"},
    {A64, 0x9eaf0041, "fmov v1.d[1], x2", "v1.8+8<-g2.0+8"},
    {A64, 0x1e604041, "fmov d1, d2", "v1.0+8<-v2.0+8 v1.8+8=filled"},
    {A64, 0x4ea21c41, "mov v1.16b, v2.16b", "v1.0+16<-v2.0+16"},
    {A64, 0x4e0c1c41, "mov v1.s[1], w2", "v1.4+4<-g2.0+4"},
    {A64, 0x6e0c6441, "mov v1.s[1], v2.s[3]", "v1.4+4<-v2.12+4"},
    {A64, 0x0e0b3c41, "umov w1, v2.b[5]", "g1.0+1<-v2.5+1 g1.1+7=filled"},
    {A64, 0x4e080c41, "dup v1.2d, x2", "v1.0+8<-g2.0+8 v1.8+8<-g2.0+8"},
    {A64, 0x4f00e421, "movi v1.16b, #1", "v1.0+16=constant"},
    {A64, 0x4ea38441, "add v1.4s, v2.4s, v3.4s", "v1.0+16=computed"},
    {A64, 0x1e622020, "fcmp d1, d2", ""},
    {A64, 0x9e780041, "fcvtzs x1, d2", "g1.0+8=computed"},
    {A64, 0x9e620041, "scvtf d1, x2", "v1.0+16=computed"},
    {A32, 0xe1a01002, "mov r1, r2", "g1.0+4<-g2.0+4"},
    {A32, 0xe3a01005, "mov r1, #5", "g1.0+4=constant"},
    {A32, 0xe3001005, "movw r1, #5", "g1.0+4=constant"},
    {A32, 0xe3401005, "movt r1, #5", "g1.2+2=constant"},
    {A32, 0xe1a01822, "lsr r1, r2, #16", "g1.0+2<-g2.2+2 g1.2+2=filled"},
    {A32, 0xe1a01402, "lsl r1, r2, #8", "g1.1+3<-g2.0+3 g1.0+1=filled"},
    {A32, 0xe1a01332, "lsr r1, r2, r3", "g1.0+4=computed"},
    {A32, 0xe20210ff, "and r1, r2, #255", "g1.0+1<-g2.0+1 g1.1+3=filled"},
    {A32, 0xe0821003, "add r1, r2, r3", "g1.0+4=computed"},
    {A32, 0xe1510002, "cmp r1, r2", ""},
    {A32, 0x01a01002, "moveq r1, r2", ""},
    {A32, 0xe0010392, "mul r1, r2, r3", "g1.0+4=computed"},
    {A32, 0xe0831492, "umull r1, r3, r2, r4", "g3.0+4=computed g1.0+4=computed"},
    {A32, 0xe6ef1072, "uxtb r1, r2", "g1.0+1<-g2.0+1 g1.1+3=filled"},
    {A32, 0xe6e21073, "uxtab r1, r2, r3", "g1.0+4=computed"},
    {A32, 0xe7ef1452, "ubfx r1, r2, #8, #16", "g1.0+2<-g2.1+2 g1.2+2=filled"},
    {A32, 0xe6bf1f32, "rev r1, r2", "g1.0+4=computed"},
    {A32, 0xe16f1f12, "clz r1, r2", "g1.0+4=computed"},
    {A32, 0xeb000000, "bl .+8", "g18.0+4=link"},
    {A32, 0xe12fff32, "blx r2", "g18.0+4=link"},
    {A32, 0xe12fff1e, "bx lr", ""},
    {A32, 0xe10f1000, "mrs r1, cpsr", "g1.0+4=system"},
    {A32, 0xee111f10, "mrc p15, 0, r1, c1, c0, 0", "g1.0+4=system"},
    {A32, 0xec531f0e, "mrrc p15, 0, r1, r3, c14", "g1.0+4=system g3.0+4=system"},
    {A32, 0xe5921008, "ldr r1, [r2, #8]", "g1.0+4<-m2008+4"},
    {A32, 0xe4921008, "ldr r1, [r2], #8", "g1.0+4<-m2000+4 g2.0+4=computed"},
    {A32, 0xe59f1008, "ldr r1, [pc, #8]", "g1.0+4<-m8010+4"},
    {A32, 0xe7921103, "ldr r1, [r2, r3, lsl #2]", "g1.0+4<-me000+4"},
    {A32, 0xe5221004, "str r1, [r2, #-4]!", "m1ffc+4<-g1.0+4 g2.0+4=computed"},
    {A32, 0xe5c21000, "strb r1, [r2]", "m2000+1<-g1.0+1"},
    {A32, 0xe1d210b2, "ldrh r1, [r2, #2]", "g1.0+2<-m2002+2 g1.2+2=filled"},
    {A32, 0xe19210d3, "ldrsb r1, [r2, r3]", "g1.0+1<-m5000+1 g1.1+3=filled"},
    {A32, 0xe1c200d0, "ldrd r0, r1, [r2]", "g0.0+4<-m2000+4 g1.0+4<-m2004+4"},
    {A32, 0xe1c200f8, "strd r0, r1, [r2, #8]", "m2008+4<-g0.0+4 m200c+4<-g1.0+4"},
    {A32, 0xe892000a, "ldm r2, {r1, r3}", "g1.0+4<-m2000+4 g3.0+4<-m2004+4"},
    {A32, 0xe922000a, "stmdb r2!, {r1, r3}", "m1ff8+4<-g1.0+4 m1ffc+4<-g3.0+4 g2.0+4=computed"},
    {A32, 0xe982000a, "stmib r2, {r1, r3}", "m2004+4<-g1.0+4 m2008+4<-g3.0+4"},
    {A32, 0xe92d4002, "push {r1, lr}", "m12ff8+4<-g1.0+4 m12ffc+4<-g18.0+4 g19.0+4=computed"},
    {A32, 0xe8bd8002, "pop {r1, pc}", "g1.0+4<-m13000+4 g19.0+4=computed"},
    {A32, 0xe8d22002, "ldm r2, {r1, sp}^", "g1.0+4<-m2000+4 g13.0+4<-m2004+4"},
    {A32, 0xe1921f9f, "ldrex r1, [r2]", "g1.0+4<-m2000+4"},
    {A32, 0xe1823f91, "strex r3, r1, [r2]", "m2000+4?<-g1.0+4 g3.0+4=computed"},
    {A32, 0xe1b20f9f, "ldrexd r0, r1, [r2]", "g0.0+4<-m2000+4 g1.0+4<-m2004+4"},
    {A32, 0xed921b02, "vldr d1, [r2, #8]", "v0.8+8<-m2008+8"},
    {A32, 0xedc20a00, "vstr s1, [r2]", "m2000+4<-v0.4+4"},
    {A32, 0xecb21b04, "vldmia r2!, {d1, d2}", "v0.8+8<-m2000+8 v1.0+8<-m2008+8 g2.0+4=computed"},
    {A32, 0xec531b12, "vmov r1, r3, d2", "g1.0+4<-v1.0+4 g3.0+4<-v1.4+4"},
    {A32, 0xee002a90, "vmov s1, r2", "v0.4+4<-g2.0+4"},
    {A32, 0xee111a10, "vmov r1, s2", "g1.0+4<-v0.8+4"},
    {A32, 0xf2221112, "vmov d1, d2", "v0.8+8<-v1.0+8"},
    {A32, 0xf4221a0d, "vld1.8 {d1, d2}, [r2]!", "v0.8+8<-m2000+8 v1.0+8<-m2008+8 g2.0+4=computed"},
    {A32, 0xf402170f, "vst1.8 {d1}, [r2]", "m2000+8<-v0.8+8"},
    {A32, 0xf2242154, "vmov q1, q2", "v1.0+16<-v2.0+16"},
    {A32, 0xf2242846, "vadd.i32 q1, q2, q3", "v1.0+16=maybe"},
    {A32, 0xee710a21, "vadd.f32 s1, s2, s3", "v8.0+16=maybe v0.0+16=maybe"},
    {T32, 0x00000011, "movs r1, r2", "g1.0+4<-g2.0+4"},
    {T32, 0x00004690, "mov r8, r2", "g8.0+4<-g2.0+4"},
    {T32, 0x00002105, "movs r1, #5", "g1.0+4=constant"},
    {T32, 0x00000c11, "lsrs r1, r2, #16", "g1.0+2<-g2.2+2 g1.2+2=filled"},
    {T32, 0x00000211, "lsls r1, r2, #8", "g1.1+3<-g2.0+3 g1.0+1=filled"},
    {T32, 0x00001c51, "adds r1, r2, #1", "g1.0+4=computed"},
    {T32, 0x00004291, "cmp r1, r2", ""},
    {T32, 0x00004011, "ands r1, r2", "g1.0+4=computed"},
    {T32, 0x00004211, "tst r1, r2", ""},
    {T32, 0x0000ba11, "rev r1, r2", "g1.0+4=computed"},
    {T32, 0x0000b2d1, "uxtb r1, r2", "g1.0+1<-g2.0+1 g1.1+3=filled"},
    {T32, 0x00006891, "ldr r1, [r2, #8]", "g1.0+4<-m2008+4"},
    {T32, 0x00007051, "strb r1, [r2, #1]", "m2001+1<-g1.0+1"},
    {T32, 0x00005ed1, "ldrsh r1, [r2, r3]", "g1.0+2<-m5000+2 g1.2+2=filled"},
    {T32, 0x00004902, "ldr r1, [pc, #8]", "g1.0+4<-m800c+4"},
    {T32, 0x00009102, "str r1, [sp, #8]", "m13008+4<-g1.0+4"},
    {T32, 0x0000b502, "push {r1, lr}", "m12ff8+4<-g1.0+4 m12ffc+4<-g18.0+4 g19.0+4=computed"},
    {T32, 0x0000bd02, "pop {r1, pc}", "g1.0+4<-m13000+4 g19.0+4=computed"},
    {T32, 0x0000ca0a, "ldmia r2!, {r1, r3}", "g1.0+4<-m2000+4 g3.0+4<-m2004+4 g2.0+4=computed"},
    {T32, 0x0000a902, "add r1, sp, #8", "g1.0+4=computed"},
    {T32, 0x00004790, "blx r2", "g18.0+4=link"},
    {T32, 0x0102ea4f, "mov.w r1, r2", "g1.0+4<-g2.0+4"},
    {T32, 0x4112ea4f, "mov.w r1, r2, lsr #16", "g1.0+2<-g2.2+2 g1.2+2=filled"},
    {T32, 0x01fff002, "and.w r1, r2, #255", "g1.0+1<-g2.0+1 g1.1+3=filled"},
    {T32, 0x0105f240, "movw r1, #5", "g1.0+4=constant"},
    {T32, 0x0105f2c0, "movt r1, #5", "g1.2+2=constant"},
    {T32, 0x0103eb02, "add.w r1, r2, r3", "g1.0+4=computed"},
    {T32, 0x0f02ebb1, "cmp.w r1, r2", ""},
    {T32, 0x2107f3c2, "ubfx r1, r2, #8, #8", "g1.0+1<-g2.1+1 g1.1+3=filled"},
    {T32, 0xf882fa0f, "sxth.w r8, r2", "g8.0+2<-g2.0+2 g8.2+2=filled"},
    {T32, 0xf183fa52, "uxtab r1, r2, r3", "g1.0+4=computed"},
    {T32, 0xf103fb02, "mul r1, r2, r3", "g1.0+4=computed"},
    {T32, 0x1304fba2, "umull r1, r3, r2, r4", "g3.0+4=computed g1.0+4=computed"},
    {T32, 0xf1f3fb92, "sdiv r1, r2, r3", "g1.0+4=computed"},
    {T32, 0xf802f000, "bl .+8", "g18.0+4=link"},
    {T32, 0x8100f3ef, "mrs r1, cpsr", "g1.0+4=system"},
    {T32, 0x1f10ee11, "mrc p15, 0, r1, c1, c0, 0", "g1.0+4=system"},
    {T32, 0x1100f8d2, "ldr.w r1, [r2, #256]", "g1.0+4<-m2100+4"},
    {T32, 0x1b08f852, "ldr r1, [r2], #8", "g1.0+4<-m2000+4 g2.0+4=computed"},
    {T32, 0x1d04f842, "str r1, [r2, #-4]!", "m1ffc+4<-g1.0+4 g2.0+4=computed"},
    {T32, 0x1023f852, "ldr.w r1, [r2, r3, lsl #2]", "g1.0+4<-me000+4"},
    {T32, 0x1000f8a2, "strh.w r1, [r2]", "m2000+2<-g1.0+2"},
    {T32, 0x1300e9d2, "ldrd r1, r3, [r2]", "g1.0+4<-m2000+4 g3.0+4<-m2004+4"},
    {T32, 0x1302e9e2, "strd r1, r3, [r2, #8]!", "m2008+4<-g1.0+4 m200c+4<-g3.0+4 g2.0+4=computed"},
    {T32, 0x0102e892, "ldm.w r2, {r1, r8}", "g1.0+4<-m2000+4 g8.0+4<-m2004+4"},
    {T32, 0x0102e922, "stmdb r2!, {r1, r8}", "m1ff8+4<-g1.0+4 m1ffc+4<-g8.0+4 g2.0+4=computed"},
    {T32, 0x1f01e852, "ldrex r1, [r2, #4]", "g1.0+4<-m2004+4"},
    {T32, 0x1300e842, "strex r3, r1, [r2]", "m2000+4?<-g1.0+4 g3.0+4=computed"},
    {T32, 0x1f43e8c2, "strexb r3, r1, [r2]", "m2000+1?<-g1.0+1 g3.0+4=computed"},
    {T32, 0x1b02ed92, "vldr d1, [r2, #8]", "v0.8+8<-m2008+8"},
    {T32, 0x2154ef24, "vmov q1, q2", "v1.0+16<-v2.0+16"},
    {T32, 0x170ff902, "vst1.8 {d1}, [r2]", "m2000+8<-v0.8+8"},
};
/* clang-format on */

static int write_place(char *text, const struct movement_place *place)
{
    switch (place->space) {
    case MOVEMENT_GENERAL:
        return sprintf(text, "g%u.%u+%u", (unsigned)place->address / 8,
                       (unsigned)place->address % 8, place->length);
    case MOVEMENT_VECTOR:
        return sprintf(text, "v%u.%u+%u", (unsigned)place->address / 16,
                       (unsigned)place->address % 16, place->length);
    default:
        return sprintf(text, "m%" PRIx64 "+%u", place->address, place->length);
    }
}

static void write_moves(char *text, const struct movements *movements)
{
    static const char *const kinds[] = {
        [MOVEMENT_COPY] = "<-",
        [MOVEMENT_EXTENSION] = "=filled",
        [MOVEMENT_CONSTANT] = "=constant",
        [MOVEMENT_COMPUTED] = "=computed",
        [MOVEMENT_SYSTEM] = "=system",
        [MOVEMENT_LINK] = "=link",
        [MOVEMENT_UNKNOWN] = "=maybe",
    };

    *text = '\0';
    for (unsigned i = 0; i < movements->count; i++) {
        const struct movement *movement = &movements->list[i];

        text += sprintf(text, "%s", i ? " " : "");
        text += write_place(text, &movement->to);
        text += sprintf(text, "%s%s", movement->may_fail ? "?" : "", kinds[movement->kind]);
        if (movement->kind == MOVEMENT_COPY) {
            text += write_place(text, &movement->from);
        }
        text += sprintf(text, "%s", movement->reversed ? "~" : "");
    }
    sprintf(text, "%s", movements->unknown ? " unknown" : "");
}

static struct movements_cpu cpu_of(enum set set)
{
    struct movements_cpu cpu = {
        .wide = set == A64, .mode = set == A64 ? 5 : SUPERVISOR, .pc = 0x8000};

    cpu.psr = cpu.mode | (set == T32 ? THUMB : 0);
    for (unsigned i = 0; i < MOVEMENTS_GENERAL; i++) {
        cpu.general[i] = 0x1000u * i;
    }
    return cpu;
}

/* T32's halves in the order of memory, which is that of the word. */
static void decode(const struct movements_cpu *cpu, uint32_t word, char *text)
{
    struct movements movements;

    movements_decode(&movements, cpu, word);
    write_moves(text, &movements);
}

static void test_moves(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        struct movements_cpu cpu = cpu_of(samples[i].set);
        char text[8192];

        decode(&cpu, samples[i].word, text);
        if (strcmp(text, samples[i].moves) != 0) {
            fail_msg("%s: %s, not %s", samples[i].text, text, samples[i].moves);
        }
    }
}

static void test_conditions(void **state)
{
    struct movements_cpu wide = cpu_of(A64), narrow = cpu_of(A32), thumb = cpu_of(T32);
    char text[8192];

    (void)state;
    decode(&wide, 0x9a830041, text); /* csel x1, x2, x3, eq */
    assert_string_equal(text, "g1.0+8<-g3.0+8");
    wide.psr |= ZERO;
    decode(&wide, 0x9a830041, text);
    assert_string_equal(text, "g1.0+8<-g2.0+8");

    decode(&narrow, 0x01a01002, text); /* moveq r1, r2 */
    assert_string_equal(text, "");
    narrow.psr |= ZERO;
    decode(&narrow, 0x01a01002, text);
    assert_string_equal(text, "g1.0+4<-g2.0+4");

    thumb.psr |= 0x0800;          /* IT: the next one if equal */
    decode(&thumb, 0x4611, text); /* mov r1, r2 */
    assert_string_equal(text, "");
    thumb.psr |= ZERO;
    decode(&thumb, 0x4611, text);
    assert_string_equal(text, "g1.0+4<-g2.0+4");
}

/* Each mode has some registers of its own; user mode's can be named in others. */
static void test_modes(void **state)
{
    struct movements_cpu cpu = cpu_of(A32);
    char text[8192];

    (void)state;
    assert_int_equal(arm_state_bank(0x10, 13), 13);
    assert_int_equal(arm_state_bank(0x12, 14), 16);
    assert_int_equal(arm_state_bank(0x13, 13), 19);
    assert_int_equal(arm_state_bank(0x17, 14), 20);
    assert_int_equal(arm_state_bank(0x1b, 13), 23);
    assert_int_equal(arm_state_bank(0x11, 8), 24);
    assert_int_equal(arm_state_bank(0x11, 14), 30);
    assert_int_equal(arm_state_bank(0x1a, 13), 15);
    assert_int_equal(arm_state_bank(0x1a, 14), 14);
    assert_int_equal(arm_state_bank(0x11, 7), 7);
    decode(&cpu, 0xe1a0d00e, text); /* mov sp, lr */
    assert_string_equal(text, "g19.0+4<-g18.0+4");
    decode(&cpu, 0xe8d22002, text); /* ldm r2, {r1, sp}^ */
    assert_string_equal(text, "g1.0+4<-m2000+4 g13.0+4<-m2004+4");
}

static void test_big_endian(void **state)
{
    struct movements_cpu cpu = cpu_of(A64);
    char text[8192];

    (void)state;
    cpu.big_endian = true;
    decode(&cpu, 0xb9400041, text); /* ldr w1, [x2] */
    assert_string_equal(text, "g1.0+4<-m2000+4~ g1.4+4=filled");
    decode(&cpu, 0x39000041, text); /* strb w1, [x2] */
    assert_string_equal(text, "m2000+1<-g1.0+1");
    decode(&cpu, 0x4c007841, text); /* st1 {v1.4s}, [x2] */
    assert_string_equal(text, "m2000+4<-v1.0+4~ m2004+4<-v1.4+4~ m2008+4<-v1.8+4~ "
                              "m200c+4<-v1.12+4~");
}

/* Whatever the bits are, the list ends. */
static void test_anything(void **state)
{
    uint32_t word = 1;

    (void)state;
    for (unsigned i = 0; i < 300000; i++) {
        struct movements_cpu cpu = cpu_of(i % 3);
        struct movements movements;

        word = word * 1664525u + 1013904223u;
        cpu.big_endian = i & 8;
        movements_decode(&movements, &cpu, word ^ word >> 13);
        assert_true(movements.count <= MOVEMENTS_MAX);
        for (unsigned k = 0; k < movements.count; k++) {
            const struct movement_place *to = &movements.list[k].to;

            assert_true(to->length > 0);
            assert_true(to->space != MOVEMENT_GENERAL ||
                        to->address + to->length <= 8u * MOVEMENTS_GENERAL);
            assert_true(to->space != MOVEMENT_VECTOR || to->address + to->length <= 512);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_moves),    cmocka_unit_test(test_conditions),
        cmocka_unit_test(test_modes),    cmocka_unit_test(test_big_endian),
        cmocka_unit_test(test_anything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
