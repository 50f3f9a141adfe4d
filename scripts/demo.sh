#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The demo: records a small ARM program that has a bug, then lets gdb find it by going backwards.
# On a terminal it leaves you at gdb's prompt; elsewhere it prints the session and ends.

. "$(dirname "$0")/common.sh"

# Short names in what is shown, and gdb finds the sources from here.
cd "$root"
ebb=build/cli/ebb
recording=build/demo/recording
program=build/guests/jobs-aarch64.elf
gdb=${EBB_GDB:-}
if [ -z "$gdb" ]; then
    if have gdb-multiarch; then gdb="gdb-multiarch"; else gdb="gdb"; fi
fi

tests/guests/build.sh build/guests >&2
rm -rf "$recording"
mkdir -p build/demo

echo "# demo/jobs.c is a small ARM program that dies after a while. It runs once, and is recorded:"
command=("$ebb" record -o "$recording" -- -M virt -cpu cortex-a53 -m 32 -nodefaults -display none
    -serial stdio -kernel "$program")
echo "$ ${command[*]}"
"${command[@]}" </dev/null
echo
echo "# How long is it, and what is in it?"
echo "$ $ebb info $recording"
"$ebb" info "$recording"
echo
echo "# Now gdb, connected to the end of the recording. Nothing of the machine is running any more;"
echo "# 'ebb replay' has the guest's CPU, its memory and the log."

session=("$gdb" -nx -q "$program" -ex "set debuginfod enabled off"
    -ex "target remote | '$ebb' replay --stdio --at end '$recording'" -x demo/session.gdb)
if [ -t 0 ] && [ -t 1 ]; then
    exec "${session[@]}" -ex 'echo \n# Your turn: reverse-step, reverse-continue, monitor help, quit.\n'
else
    "${session[@]}" -batch </dev/null
fi
