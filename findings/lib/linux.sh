# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# For findings about Linux, which sources lib/packages.sh and defines
#
#   fetch_linux            the kernel, QEMU and a compiler
#   run_in_linux FILE.c    compiles the program, which is the guest's first process, and boots; it is to
#                          print one line that begins with "result: " and to power off; $seen is the line

# shellcheck source-path=SCRIPTDIR source=packages.sh
. "$(dirname "${BASH_SOURCE[0]}")/packages.sh"

kernel=6.1.0-57-amd64

fetch_linux() {
    fetch "linux-image-$kernel=6.1.192-3" qemu-system-x86=1:7.2+dfsg-7+deb12u18+b3 \
        gcc-12=12.2.0-14+deb12u1 libc6-dev=2.36-9+deb12u14 linux-libc-dev=6.1.192-3 cpio=2.13+dfsg-7.1
}

run_in_linux() {
    gcc-12 --sysroot="$folder/root" -O1 -static -o init "$1"
    echo init | root/bin/cpio --quiet -o -H newc >initrd
    timeout 300 qemu-system-x86_64 -L root/usr/share/qemu -L root/usr/share/seabios -m 512 -nodefaults \
        -display none -serial stdio -no-reboot -kernel "root/boot/vmlinuz-$kernel" -initrd initrd \
        -append "console=ttyS0 quiet panic=-1" </dev/null >console 2>&1 || true
    seen=$(tr -d '\r' <console | grep -o 'result: .*' || true)
    [ -n "$seen" ] || tail -n 20 console >&2
}
