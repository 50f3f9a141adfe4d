#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# gdb takes the address of a function for something else in expressions that a target evaluates.
#
# A condition of a breakpoint that a target can evaluate is sent to it as an agent expression (gdb
# manual, "The GDB Agent Expression Mechanism"). In it `&function` is the constant 0, and without debug
# information of the function it is what the function's code begins with, read from there; gdb itself
# has the function's address for both. `function` without & is right. So `break f if callback ==
# &handler` never stops.
#
# Seen with gdb 13.1 of Debian 12 and with 16.3 and 18.1, on ARM and AArch64.
#
# Exit status: 0 as described, 1 it behaves otherwise, 2 the packages could not be had.

. "$(dirname "$0")/lib/packages.sh"
fetch gdb-multiarch=13.1-3 gcc-12-arm-linux-gnueabihf=12.2.0-14cross1 \
    binutils-arm-linux-gnueabihf=2.40-2

cat >guest.c <<'END'
int handler(int x)
{
    return x + 1;
}
void _start(void)
{
    for (;;) {
    }
}
END
arm-linux-gnueabihf-gcc-12 -O0 -marm -mcpu=cortex-a15 -g -ffreestanding -nostdlib -static \
    -Wl,--build-id=none -Wl,-Ttext=0x40010000 -o guest.elf guest.c
arm-linux-gnueabihf-objcopy --strip-debug guest.elf stripped.elf

address=0x40010000
for program in guest stripped; do
    for name in '&handler' handler; do
        gdb-multiarch -nx -batch -ex "print $name == $address" \
            -ex "maintenance agent-eval -at handler, *(char **) 16 == $name" "$program.elf" 2>&1 |
            tee "$program-$name.log"
    done
done

# Whether gdb itself has the address, and has a target compare with what code $3 pushes: of program $1,
# for expression $2.
is() {
    [ "$(head -1 "$1-$2.log")" = "\$1 = 1" ] &&
        sed -n 's/^ *[0-9]* *\([a-z]\)/\1/p' "$1-$2.log" | tr '\n' ' ' |
        grep -qx "const8 16 ref32 $3 equal end "
}
as_described() {
    is guest '&handler' "const8 0" && is stripped '&handler' "const32 $((address)) ref32" &&
        is guest handler "const32 $((address))" && is stripped handler "const32 $((address))"
}
as_described || finish 1 "this is not what was seen before"
finish 0 "as described: gdb itself has the address, and has a target take 0 or the code's first word"
