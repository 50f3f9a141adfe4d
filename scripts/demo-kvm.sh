#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The demo under KVM: an ARM host records a small program that has a bug, at its CPU's own speed;
# then this machine, which need not be an ARM one, lets gdb find the bug by going backwards. Where
# there is no ARM host, one is emulated.

. "$(dirname "$0")/common.sh"

# Short names in what is shown, and gdb finds the sources from here.
cd "$root"
ebb=build/cli/ebb
results=build/demo/kvm
recording=$results/recording
program=build/guests/jobs-kvm-aarch64.elf
gdb=${EBB_GDB:-}
if [ -z "$gdb" ]; then
    if have gdb-multiarch; then gdb="gdb-multiarch"; else gdb="gdb"; fi
fi

tests/guests/build.sh build/guests >&2
rm -rf "$results"
mkdir -p "$results"

# What is typed on the ARM host. A '$' at the prompt is printed by hand: nobody sits there.
cat >build/demo/on-the-host.sh <<'END'
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

if [ "$(uname -m)" = aarch64 ] && [ -w /dev/kvm ]; then
    echo "# This machine is an ARM host with KVM. On it, demo/jobs.c runs once, and is recorded:"
else
    echo "# There is no ARM hardware here, so an ARM host is emulated (a Cortex-A72, Linux 6.12). In it"
    echo "# is a real KVM, on which demo/jobs.c runs once, and is recorded:"
fi
"$(system_python)" tests/kvm/nested_host.py --cpu cortex-a72 --kernel 6.12 --build build \
    --file "jobs.elf=$program" --results "$results" build/demo/on-the-host.sh ||
    die "the host did not record: see $results/console.log"

echo "# The host is gone. Its recording is here, on $(uname -m), and knows when things happened by what"
echo "# the host's performance counter said. The first replay finds the exact positions, and checks"
echo "# that all agrees to the last bit:"
echo "$ $ebb verify $recording"
"$ebb" verify "$recording"
echo "$ $ebb info $recording"
"$ebb" info "$recording"
echo
echo "# Now gdb, connected to the end of the recording:"

session=("$gdb" -nx -q "$program" -ex "set debuginfod enabled off"
    -ex "target remote | '$ebb' replay --stdio --at end '$recording'" -x demo/session.gdb)
if [ -t 0 ] && [ -t 1 ]; then
    exec "${session[@]}" -ex 'echo \n# Your turn: reverse-step, reverse-continue, monitor help, quit.\n'
else
    "${session[@]}" -batch </dev/null
fi
