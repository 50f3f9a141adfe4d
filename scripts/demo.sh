#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The demo: records a small ARM program that has a bug, then lets gdb find it by going backwards.
# On a terminal it leaves you at gdb's prompt; elsewhere it prints the session and ends.
#
#   scripts/demo.sh [--kvm]     --kvm: the program runs under KVM, if need be on an emulated ARM host

. "$(dirname "$0")/common.sh"

# Short names in what is shown, and gdb finds the sources from here.
cd "$root"
ebb=build/cli/ebb
recording=build/demo/recording
machine=(-M virt -m 32 -nodefaults -display none -serial stdio)
gdb=${EBB_GDB:-}
if [ -z "$gdb" ]; then
    if have gdb-multiarch; then gdb="gdb-multiarch"; else gdb="gdb"; fi
fi

record_emulated() {
    local command=("$ebb" record -o "$recording" -- "${machine[@]}" -cpu cortex-a53
        -kernel "$program")
    echo "# demo/jobs.c is a small ARM program that dies after a while. It runs once, and is recorded:"
    echo "$ ${command[*]}"
    "${command[@]}" </dev/null
}

record_under_kvm() {
    local command=("$ebb" record --accel kvm -o "$recording" -- "${machine[@]}" -cpu host
        -kernel "$program")
    echo "# demo/jobs.c is a small ARM program that dies after a while. It runs once, on this machine's"
    echo "# own CPU with KVM, and is recorded:"
    echo "$ ${command[*]}"
    "${command[@]}" </dev/null
}

# The same on a machine that is no ARM host with KVM.
record_in_nested_host() {
    local host=build/demo/host script
    script="uname -srm
ls -l /dev/kvm
ebb record --accel kvm -o recording -- ${machine[*]} -cpu host -kernel /${program##*/} </dev/null"
    echo "# This machine is no ARM host with KVM, so QEMU emulates one: Debian's arm64 kernel boots on it,"
    echo "# and in there Ebb records a small ARM program, demo/jobs.c, which dies after a while. It does:"
    echo "$ ${script//$'\n'/$'\n'$ }"
    rm -rf "$host"
    tests/kvm/nested_host.py --file "${program##*/}=$program" --results "$host" - <<<"$script"
    mv "$host/recording" "$recording"
    echo
    echo "# The ARM host is gone. Its recording was carried to this machine, $(uname -m):"
}

debug() {
    local session=("$gdb" -nx -q "$program" -ex "set debuginfod enabled off"
        -ex "target remote | '$ebb' replay --stdio --at end '$recording'" -x demo/session.gdb)
    if [ -t 0 ] && [ -t 1 ]; then
        exec "${session[@]}" -ex \
            'echo \n# Your turn: reverse-step, reverse-continue, monitor help, quit.\n'
    else
        "${session[@]}" -batch </dev/null
    fi
}

tests/guests/build.sh build/guests >&2
rm -rf "$recording"
mkdir -p build/demo
case ${1:-} in
'')
    program=build/guests/jobs-aarch64.elf
    record_emulated
    ;;
--kvm)
    program=build/guests/jobs-kvm-aarch64.elf
    if [ "$(uname -m)" = aarch64 ] && [ -w /dev/kvm ]; then
        record_under_kvm
    else
        record_in_nested_host
    fi
    ;;
*) die "usage: ./run demo [--kvm]" ;;
esac
echo
echo "# How long is it, and what is in it?"
echo "$ $ebb info $recording"
"$ebb" info "$recording"
echo
echo "# Now gdb, connected to the end of the recording. Nothing of the machine is running any more;"
echo "# 'ebb replay' has the guest's CPU, its memory and the log."
debug
