#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The demo: records a small ARM program that has a bug, then lets gdb find it by going backwards.
# On a terminal it leaves you at gdb's prompt; elsewhere it prints the session and ends.
#
#   scripts/demo.sh [--kvm]
#
# With --kvm an ARM host records it at its CPU's own speed; this machine, which need not be an ARM
# one, debugs it. Where there is no ARM host, one is emulated.

. "$(dirname "$0")/common.sh"

# Short names in what is shown, and gdb finds the sources from here.
cd "$root"
ebb=build/cli/ebb
gdb=${EBB_GDB:-}
if [ -z "$gdb" ]; then
    if have gdb-multiarch; then gdb="gdb-multiarch"; else gdb="gdb"; fi
fi

# Shows a command and runs it.
show() {
    echo "$ $*"
    "$@" </dev/null
    echo
}

record_emulated() {
    recording=build/demo/recording
    program=build/guests/jobs-aarch64.elf
    rm -rf "$recording"
    echo "# demo/jobs.c is a small ARM program that dies after a while. It runs once, and is recorded:"
    show "$ebb" record -o "$recording" -- -M virt -cpu cortex-a53 -m 32 -nodefaults -display none \
        -serial stdio -kernel "$program"
    echo "# How long is it, and what is in it?"
    show "$ebb" info "$recording"
    echo "# Now gdb, connected to the end of the recording. Nothing of the machine is running any more;"
    echo "# 'ebb replay' has the guest's CPU, its memory and the log."
}

# What is typed on the ARM host. The prompt is printed by hand: nobody sits there.
write_host_script() {
    cat >"$1" <<'END'
show() {
    echo "host$ $*"
    "$@" </dev/null
    echo
}
cp "$EBB_FILES/jobs.elf" jobs.elf
show uname -srm
show ls -l /dev/kvm
show ebb doctor
show ebb record --accel kvm -o recording -- -M virt -cpu host -m 32 -nodefaults -display none \
    -serial stdio -kernel jobs.elf
show du -sh recording
rm jobs.elf
END
}

record_under_kvm() {
    local results=build/demo/kvm script=build/demo/on-the-host.sh
    recording=$results/recording
    program=build/guests/jobs-kvm-aarch64.elf
    rm -rf "$results"
    write_host_script "$script"
    if [ "$(uname -m)" = aarch64 ] && [ -w /dev/kvm ]; then
        echo "# This machine is an ARM host with KVM. On it, demo/jobs.c runs once, and is recorded:"
    else
        echo "# There is no ARM hardware here, so an ARM host is emulated (a Cortex-A72, Linux 6.12). In it"
        echo "# is a real KVM, on which demo/jobs.c runs once, and is recorded:"
    fi
    "$(system_python)" tests/kvm/nested_host.py --cpu cortex-a72 --kernel 6.12 --build build \
        --file "jobs.elf=$program" --results "$results" "$script" ||
        die "the host did not record: see $results/console.log"
    echo "# The host is gone. Its recording is here, on $(uname -m), and knows when things happened by what"
    echo "# the host's performance counter said. The first replay finds the exact positions, and checks"
    echo "# that all agrees to the last bit:"
    show "$ebb" verify "$recording"
    show "$ebb" info "$recording"
    echo "# Now gdb, connected to the end of the recording:"
}

tests/guests/build.sh build/guests >&2
mkdir -p build/demo
case ${1:-} in
'') record_emulated ;;
--kvm) record_under_kvm ;;
*) die "usage: ./run demo [--kvm]" ;;
esac

session=("$gdb" -nx -q "$program" -ex "set debuginfod enabled off"
    -ex "target remote | '$ebb' replay --stdio --at end '$recording'" -x demo/session.gdb)
if [ -t 0 ] && [ -t 1 ]; then
    exec "${session[@]}" -ex 'echo \n# Your turn: reverse-step, reverse-continue, monitor help, quit.\n'
else
    "${session[@]}" -batch </dev/null
fi
