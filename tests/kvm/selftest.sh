#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Part of the archive for ARM hosts: records each of its guests with this host's CPU, replays the
# recordings and compares.
#
#   selftest [kvm|tcg]...     (default: both)

here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
passed=0
failed=0
patience=30 # seconds for each guest

# Records and verifies guest $2 with accelerator $1.
try() {
    name=$(basename "$2" -kvm-aarch64.elf)
    cpu=host
    [ "$1" = kvm ] || cpu=cortex-a53
    rm -rf "$scratch/recording"
    if timeout "$patience" "$here/bin/ebb" record --accel "$1" -o "$scratch/recording" -- \
        -M virt,gic-version=2,mmio-timer=on -cpu $cpu -m 64 -nodefaults -display none \
        -serial stdio -kernel "$2" </dev/null >"$scratch/output" 2>&1 &&
        "$here/bin/ebb" verify "$scratch/recording" >>"$scratch/output" 2>&1; then
        passed=$((passed + 1))
        echo "ok     $1 $name"
    else
        failed=$((failed + 1))
        echo "FAILED $1 $name"
        sed 's/^/    /' "$scratch/output"
    fi
}

if [ $# = 0 ]; then
    set -- tcg kvm
fi
for accelerator in "$@"; do
    for guest in "$here"/share/ebb/guests/*.elf; do
        try "$accelerator" "$guest"
    done
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
