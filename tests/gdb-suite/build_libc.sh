#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Compiles what gdb's test programs are linked with on the bare machine: build_libc.sh OUTDIR.
# For A = aarch64, arm it leaves in OUTDIR/A
#   start.o libebb.a libm.a    the start-up code of the test guests, and the small C library of libc/
#   gcc.specs                  how gcc links with them: gcc -specs=OUTDIR/A/gcc.specs
# CROSS_AARCH64 and CROSS_ARM name other tool prefixes than those of Debian's packages.
set -eu

if [ $# -ne 1 ]; then
    echo "usage: build_libc.sh OUTDIR" >&2
    exit 2
fi
mkdir -p "$1"
out=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
libc=tests/gdb-suite/libc
common=tests/guests/common

# gdb steps over functions that it has no lines for, as a user of a real C library sees it. What it
# needs to get out of them stays: .debug_frame.
no_lines() {
    "$1objcopy" -R .debug_info -R .debug_abbrev -R .debug_line -R .debug_line_str -R .debug_str \
        -R .debug_aranges -R .debug_ranges -R .debug_rnglists -R .debug_loc -R .debug_loclists "$2"
}

# build_for ARCHITECTURE PREFIX FLAGS...
build_for() {
    architecture=$1
    prefix=$2
    shift 2
    folder=$out/$architecture
    # print is a name that the programs have as well.
    flags="-std=gnu11 -Wall -Wextra -Werror -g -Og -ffreestanding -nostdinc -fno-pic
        -fno-stack-protector -fno-asynchronous-unwind-tables -fno-unwind-tables
        -ffile-prefix-map=$root=. -Dprint=guest_print -I$common
        -isystem $("${prefix}gcc" -print-file-name=include) -isystem $libc/include"
    rm -rf "$folder"
    mkdir -p "$folder"
    # shellcheck disable=SC2086 # a list of words
    "${prefix}gcc" "$@" $flags -Dmain=libc_start -c -o "$folder/start.o" \
        "$common/start-$architecture.S"
    no_lines "$prefix" "$folder/start.o"
    for file in "$libc"/*.c "$libc/setjmp-$architecture.S" "$common/console.c" \
        "$common/interrupt.c" "$common/timer.c" "$common/power.c" "$common/memory.c" \
        "$common/exception.c" "$common/exception-$architecture.c"; do
        object=$folder/$(echo "${file#tests/}" | tr / -).o
        own=-mgeneral-regs-only # handlers have to leave the others alone
        case $file in
        */format.c | */setjmp-*.S) own= ;;
        esac
        # shellcheck disable=SC2086
        "${prefix}gcc" "$@" $flags $own -c -o "$object" "$file"
        no_lines "$prefix" "$object"
    done
    "${prefix}ar" rcs "$folder/libebb.a" "$folder"/*-*.o
    rm "$folder"/*-*.o
    "${prefix}ar" rcs "$folder/libm.a"
    cat >"$folder/gcc.specs" <<END
*startfile:
$folder/start.o

*endfile:


*link:
-static -z max-page-size=4096 --no-warn-rwx-segments --no-warn-execstack --build-id=none --defsym=RAM_BASE=0x40000000 -T $root/$common/link.ld -L $folder

*lib:
--start-group -lebb -lgcc --end-group

*libgcc:


END
}

build_for aarch64 "${CROSS_AARCH64:-aarch64-linux-gnu-}" -march=armv8-a -mstrict-align
build_for arm "${CROSS_ARM:-arm-linux-gnueabihf-}" -marm -mcpu=cortex-a15 -mfpu=neon-vfpv4 \
    -mfloat-abi=hard -mno-unaligned-access
