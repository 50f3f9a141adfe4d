#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# gdb takes the address of a function for 0 in the expressions that it has a target evaluate.
#
# A condition of a breakpoint that a target can evaluate is sent to it as an agent expression (gdb
# manual, "The GDB Agent Expression Mechanism"). In it `&function` is the constant 0, where gdb itself
# has the function's address for it; `function` without & is right. So `break f if callback ==
# &handler` never stops.
#
# Seen with gdb 13.1 of Debian 12 and with 16.3 and 18.1, on ARM and AArch64. (QEMU 7.2 is there to
# have a frame; it has no part in it.)
#
# Exit status: 0 as described, 1 it behaves otherwise, 2 the packages could not be had.

. "$(dirname "$0")/lib/packages.sh"
fetch qemu-system-arm=1:7.2+dfsg-7+deb12u18+b3 gdb-multiarch=13.1-3 \
    gcc-12-arm-linux-gnueabihf=12.2.0-14cross1 binutils-arm-linux-gnueabihf=2.40-2

cat >guest.c <<'END'
int handler(int x)
{
    return x + 1;
}
int (*callback)(int) = handler;
void _start(void)
{
    for (;;) {
    }
}
END
arm-linux-gnueabihf-gcc-12 -O0 -marm -mcpu=cortex-a15 -g -ffreestanding -nostdlib -static \
    -Wl,--build-id=none -Wl,-Ttext=0x40010000 -o guest.elf guest.c

start_qemu qemu-system-arm -M virt -cpu cortex-a15 -m 16 -kernel guest.elf
gdb-multiarch -nx -batch -ex "target remote $folder/gdb" \
    -ex 'print callback == &handler' -ex 'maintenance agent-eval callback == &handler' \
    -ex 'maintenance agent-eval callback == handler' -ex kill guest.elf >gdb.log 2>&1 || true
cat gdb.log

# shellcheck disable=SC2016 # gdb's values
as_described() {
    grep -q '^\$1 = 1$' gdb.log &&
        [ "$(grep -A 1 'const8 0' gdb.log | grep -c equal)" = 1 ] &&
        grep -q "const32 $((0x40010000))" gdb.log
}
as_described || finish 1 "this is not what was seen before"
finish 0 "as described: gdb itself finds the two equal, and has a target compare with 0"
