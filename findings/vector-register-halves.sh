#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# QEMU's gdbstub shows the two halves of a 32-bit ARM guest's Q register in the wrong order, and takes
# them in the right one.
#
# Q0 is D0 (low) and D1 (high): Arm ARM E1.3.1. After `set $d0 = ...`, `set $d1 = ...` gdb shows $q0
# with D1 in its low half. A change of one half writes both, and the other one gets the wrong value; so
# do the registers that gdb saves and restores around each function that one calls.
#
# Seen with QEMU 7.2 and gdb 13.1 of Debian 12: with $d0 = 0x1111 and $d1 = 0x2222, $q0 has 0x2222 in
# its low half, and after `set $q0.u64[1] = 0x3333` $d0 is 0x2222.
#
# Exit status: 0 as described, 1 it behaves otherwise, 2 the packages could not be had.

. "$(dirname "$0")/lib/packages.sh"
fetch qemu-system-arm=1:7.2+dfsg-7+deb12u18+b3 gdb-multiarch=13.1-3

start_qemu qemu-system-arm -M virt -cpu cortex-a15 -m 16
# shellcheck disable=SC2016 # gdb's registers
gdb-multiarch -nx -batch -ex 'set architecture armv7' -ex "target remote $folder/gdb" \
    -ex 'set $d0.u64 = 0x1111' -ex 'set $d1.u64 = 0x2222' \
    -ex 'printf "shown: %#lx %#lx\n", $q0.u64[0], $q0.u64[1]' -ex 'set $q0.u64[1] = 0x3333' \
    -ex 'maintenance flush register-cache' \
    -ex 'printf "after: %#lx %#lx\n", $d0.u64, $d1.u64' -ex kill >gdb.log 2>&1 || true
cat gdb.log

as_described() {
    grep -q '^shown: 0x2222 0x1111$' gdb.log && grep -q '^after: 0x2222 0x3333$' gdb.log
}
as_described || finish 1 "this is not what was seen before"
finish 0 "as described: a change of the high half of Q0 has changed D0"
