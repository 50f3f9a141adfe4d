#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# GCC's frame information for ARM says that the return address is saved one instruction before it is, so
# that gdb, stepping by instructions, shows a caller that is not there.
#
# Tuned for cortex-a15 gcc enters a function in ARM state with `str fp, [sp, #-8]!` and then `str lr,
# [sp, #4]` in place of a push. .debug_frame has both registers saved after the first of them (DWARF 5,
# section 6.4: each row holds from its location on). Right between the two, the return address is still
# in LR and its place on the stack holds what was there before: a step backwards or forwards that ends
# there has a wrong backtrace, and `finish` a wrong place to stop.
#
# Seen with gcc 12.2, gdb 13.1 and QEMU 7.2 of Debian 12: on the second instruction of callee() the
# frame above is 0x5555aaaa, which was on the stack; LR has the return into _start.
#
# Exit status: 0 as described, 1 it behaves otherwise, 2 the packages could not be had.

. "$(dirname "$0")/lib/packages.sh"
fetch qemu-system-arm=1:7.2+dfsg-7+deb12u18+b3 gdb-multiarch=13.1-3 \
    gcc-12-arm-linux-gnueabihf=12.2.0-14cross1 binutils-arm-linux-gnueabihf=2.40-2

cat >guest.c <<'END'
__attribute__((noinline)) int other(int x)
{
    return x * 3;
}
__attribute__((noinline)) int callee(int x)
{
    int a[2];
    a[0] = other(x);
    return a[0] + 1;
}
__attribute__((naked)) void _start(void)
{
    /* What was on the stack before is easily known again. */
    __asm__("ldr sp, =0x40800000\n ldr r0, =0x5555aaaa\n str r0, [sp, #-4]\n bl callee\n b .");
}
END
arm-linux-gnueabihf-gcc-12 -O0 -marm -mcpu=cortex-a15 -g -ffreestanding -nostdlib -static \
    -Wl,--build-id=none -Wl,-Ttext=0x40010000 -o guest.elf guest.c

start_qemu qemu-system-arm -M virt -cpu cortex-a15 -m 16 -kernel guest.elf
# shellcheck disable=SC2016 # gdb's registers
gdb-multiarch -nx -batch -ex "target remote $folder/gdb" -ex 'break *callee' -ex continue -ex stepi \
    -ex 'x/2i $pc - 4' -ex 'printf "lr %#x\n", $lr' -ex 'up' -ex 'printf "caller %#x\n", $pc' \
    -ex kill guest.elf >gdb.log 2>&1 || true
cat gdb.log

as_described() {
    grep -q '^=> .*<callee+4>:.*str.*lr, \[sp, #4\]' gdb.log && grep -q '^lr 0x4001' gdb.log &&
        grep -q '^caller 0x5555aaaa$' gdb.log
}
as_described || finish 1 "this is not what was seen before"
finish 0 "as described: gdb took for saved what was not stored yet"
