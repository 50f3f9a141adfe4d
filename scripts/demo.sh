#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The demo: records a small ARM program that has a bug, then lets gdb find it by going backwards.
# On a terminal it leaves you at gdb's prompt; elsewhere it prints the session and ends.
#
#   scripts/demo.sh [--kvm [--guest 6.1|6.12|7.2]]
#
# With --kvm an ARM host records it at its CPU's own speed; this machine, which need not be an ARM
# one, debugs it. Where there is no ARM host, one is emulated. With --guest it is no program with a
# bug but Debian's kernel of that version which boots, and gdb goes backwards through that.

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

# What is typed on the ARM host: what is to be recorded is in the files "$@", and recorded with the
# arguments of standard input. The prompt is printed by hand: nobody sits there.
write_host_script() {
    cat <<END
show() {
    echo "host\$ \$*"
    "\$@" </dev/null
    echo
}
for file in $*; do
    cp "\$EBB_FILES/\$file" .
done
show uname -srm
show ls -l /dev/kvm
show ebb doctor
show ebb record --accel kvm -o recording -- -M virt -cpu host -nodefaults -display none \\
    -serial stdio $(cat)
show du -sh recording
rm $*
END
}

# Runs that script $1 on an ARM host; $2 says what it does. The rest are options of nested_host.py.
record_on_host() {
    local script=$1 what=$2 results=build/demo/kvm
    shift 2
    recording=$results/recording
    rm -rf "$results"
    if [ "$(uname -m)" = aarch64 ] && [ -w /dev/kvm ]; then
        echo "# This machine is an ARM host with KVM. On it, $what, and is recorded:"
    else
        echo "# There is no ARM hardware here, so an ARM host is emulated (a Cortex-A72, Linux 6.12). In it"
        echo "# is a real KVM, on which $what, and is recorded:"
    fi
    "$(system_python)" tests/kvm/nested_host.py --cpu cortex-a72 --kernel 6.12 --build build \
        "$@" --results "$results" "$script" ||
        die "the host did not record: see $results/console.log"
    echo "# The host is gone. Its recording is here, on $(uname -m), and knows when things happened by what"
    echo "# the host's performance counter said. The first replay finds the exact positions, and checks"
    echo "# that all agrees to the last bit:"
    show "$ebb" verify "$recording"
    show "$ebb" info "$recording"
}

record_under_kvm() {
    local script=build/demo/on-the-host.sh
    program=build/guests/jobs-kvm-aarch64.elf
    write_host_script jobs.elf <<<"-m 32 -kernel jobs.elf" >"$script"
    record_on_host "$script" "demo/jobs.c runs once" --file "jobs.elf=$program"
    echo "# Now gdb, connected to the end of the recording:"
}

record_linux_under_kvm() {
    local script=build/demo/on-the-host.sh name=arm64 initrd=build/demo/initrd
    [ "$1" = 6.1 ] || name=arm64-$1
    scripts/guests.sh arm64 "$name"
    "$(system_python)" - "$name" "$initrd" <<'END'
import sys
sys.path.insert(0, "tests/guests/linux")
import initramfs
initramfs.make("arm64", "tests/guests/linux/work.init", sys.argv[2], kernel=sys.argv[1])
END
    program=
    write_host_script vmlinuz initrd >"$script" \
        <<<"-m 192 -kernel vmlinuz -initrd initrd -append 'console=ttyAMA0 loglevel=4 panic=-1 work=compute,idle'"
    record_on_host "$script" "Debian's kernel $1 boots" \
        --file "vmlinuz=${EBB_GUESTS:-$cache/guests}/vmlinuz-$name" --file "initrd=$initrd"
    echo "# What it printed, and when:"
    show "$ebb" console "$recording"
    echo "# Now gdb, connected to the end of the recording:"
}

tests/guests/build.sh build/guests >&2
mkdir -p build/demo
session_file=demo/session.gdb
case "$*" in
'') record_emulated ;;
--kvm) record_under_kvm ;;
'--kvm --guest 6.1' | '--kvm --guest 6.12' | '--kvm --guest 7.2')
    record_linux_under_kvm "$3"
    session_file=demo/linux.gdb
    ;;
*) die "usage: ./run demo [--kvm [--guest 6.1|6.12|7.2]]" ;;
esac

session=("$gdb" -nx -q ${program:+"$program"} -ex "set debuginfod enabled off"
    -ex "target remote | '$ebb' replay --stdio --at end '$recording'"
    -x gdb-scripts/ebb.py -x "$session_file")
if [ -t 0 ] && [ -t 1 ]; then
    exec "${session[@]}" -ex 'echo \n# Your turn: reverse-step, reverse-continue, ebb goto 50%, quit; ebb help lists what else there is.\n'
else
    "${session[@]}" -batch </dev/null
fi
