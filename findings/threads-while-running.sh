#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# In gdb's Python a running remote target's threads can be asked whether they run, but not listed.
#
# gdb.Inferior.threads() gives "a tuple holding all the threads which are valid when it is called", and
# gdb.InferiorThread.is_running() whether one runs (gdb manual, Inferiors and Threads in Python): so
# "does anything run?" is a loop over one with the other. But threads() brings gdb's list up to date
# first, for which an all-stop remote target that runs cannot be asked: it raises an error exactly where
# the answer would be yes. gdb.selected_thread().is_running() asks the target nothing, and works. With a
# native target the loop works as well, so that the fault shows only at the first guest or board.
#
# Seen with gdb 13.1 and QEMU 7.2 of Debian 12: "Cannot execute this command while the target is running."
# from threads() while the guest runs; False from both when it is stopped.
#
# Exit status: 0 as described, 1 it behaves otherwise, 2 the packages could not be had.

. "$(dirname "$0")/lib/packages.sh"
fetch qemu-system-arm=1:7.2+dfsg-7+deb12u18+b3 gdb-multiarch=13.1-3 \
    gcc-12=12.2.0-14+deb12u1 binutils-aarch64-linux-gnu=2.40-2

cat >guest.s <<'END'
        .global _start
_start: b       _start
END
aarch64-linux-gnu-as -o guest.o guest.s
aarch64-linux-gnu-ld -Ttext=0x40080000 -o guest.elf guest.o

cat >ask.py <<'END'
def ask(when):
    print(when, "selected", gdb.selected_thread().is_running())
    try:
        print(when, "listed", any(t.is_running() for t in gdb.selected_inferior().threads()))
    except gdb.error as error:
        print(when, "listed", str(error).splitlines()[0])
END

cat >program.c <<'END'
int main(void)
{
    for (volatile int i = 0;; i++) {
    }
}
END
gcc-12 -o program program.c

start_qemu qemu-system-aarch64 -M virt -cpu cortex-a57 -m 16 -kernel guest.elf
gdb-multiarch -nx -batch -ex "target remote $folder/gdb" -ex 'source ask.py' -ex 'python ask("stopped")' \
    -ex 'continue &' -ex 'python ask("running")' -ex interrupt -ex kill guest.elf >gdb.log 2>&1 || true
gdb-multiarch -nx -batch -ex 'break main' -ex run -ex 'source ask.py' -ex delete -ex 'continue &' \
    -ex 'python ask("native")' -ex kill program >>gdb.log 2>&1 || true
cat gdb.log

as_described() {
    grep -q '^stopped selected False$' gdb.log && grep -q '^stopped listed False$' gdb.log &&
        grep -q '^running selected True$' gdb.log &&
        grep -q '^running listed Cannot execute this command while the target is running\.$' gdb.log &&
        grep -q '^native selected True$' gdb.log && grep -q '^native listed True$' gdb.log
}
as_described || finish 1 "this is not what was seen before"
finish 0 "as described: a running remote target's threads cannot be listed"
