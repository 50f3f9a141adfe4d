# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# For findings: sourced, it makes a temporary folder, goes there, and defines
#
#   fetch PACKAGE=VERSION...   downloads and unpacks, without installing; exit status 2 if that fails
#   start_qemu ARGUMENT...     in the background, with gdb's socket in $folder/gdb
#   finish STATUS TEXT         ends with what was seen

set -euo pipefail

folder=$(mktemp -d)
qemu_pid=
cleanup() {
    [ -z "$qemu_pid" ] || kill "$qemu_pid" 2>/dev/null || true
    rm -rf "$folder"
}
trap cleanup EXIT
cd "$folder"

# Of what the system has already only libraries are taken.
fetch() {
    local package libraries
    mkdir -p archives/partial root/usr/lib
    awk 'BEGIN { RS = ""; ORS = "\n\n" } !/^Package: (qemu|gdb|binutils|gcc|cpp|cpio|libc6-dev|linux-libc-dev)/' /var/lib/dpkg/status |
        grep -vE '^(Pre-)?Depends:|^(Conflicts|Breaks|Recommends):' >status
    if ! apt-get -qq -y --no-install-recommends --download-only \
        -o "Dir::Cache::Archives=$folder/archives" -o "Dir::State::Status=$folder/status" \
        -o Debug::NoLocking=1 install "$@" >apt.log 2>&1; then
        cat apt.log >&2
        exit 2
    fi
    for package in archives/*.deb; do
        [ ! -e "$package" ] || dpkg-deb -x "$package" root
    done
    export PATH=$folder/root/usr/bin:$PATH
    libraries=$(find "$folder/root/usr/lib" -maxdepth 2 -name '*.so*' -printf '%h\n' | sort -u | tr '\n' ':')
    export LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:-}
}

start_qemu() {
    "$@" -S -nodefaults -display none -gdb "unix:$folder/gdb,server=on,wait=off" \
        -L root/usr/share/qemu -L root/usr/share/seabios >qemu.log 2>&1 &
    qemu_pid=$!
    while [ ! -S gdb ]; do
        kill -0 "$qemu_pid"
        read -r -t 0.1 <> <(:) || true
    done
}

finish() {
    echo "$2"
    exit "$1"
}
