#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Cross-builds everything for ARM hosts with KVM: build/arm64/ebb, build/arm64/qemu-system-aarch64,
# build/arm64/qemu-img. All are static programs, which run on any distribution.
#
#   scripts/arm64.sh

. "$(dirname "$0")/common.sh"

folder=$build/arm64/commands

# The cross file is replaced only if it changes: with another one, the build starts from nothing.
write_cross_file() {
    local file=$build/arm64/cross.ini compiler="'aarch64-linux-gnu-gcc', '--sysroot=$sysroot'"
    ! have ccache || compiler="'ccache', $compiler"
    cat >"$file.new" <<END
[binaries]
c = [$compiler]
ar = 'aarch64-linux-gnu-ar'
strip = 'aarch64-linux-gnu-strip'
pkg-config = '$sysroot/bin/pkg-config'

[built-in options]
c_link_args = ['-static']

[host_machine]
system = 'linux'
cpu_family = 'aarch64'
cpu = 'aarch64'
endian = 'little'
END
    if cmp -s "$file.new" "$file"; then
        rm "$file.new"
    else
        mv "$file.new" "$file"
        rm -rf "$folder"
    fi
}

build_commands() {
    local meson
    meson=$(system_meson)
    if [ ! -e "$folder/build.ninja" ]; then
        say "configuring the commands for arm64"
        quietly "$meson" setup "$folder" "$root" --cross-file "$build/arm64/cross.ini" \
            --prefix=/usr -Dprefer_static=true -Db_pie=false -Dtests=false || {
            rm -rf "$folder"
            die "meson could not configure the build for arm64"
        }
    fi
    quietly ninja -C "$folder" -j "$jobs" || die "the build for arm64 failed: see above"
    aarch64-linux-gnu-strip --strip-debug -o "$build/arm64/ebb.new" "$folder/cli/ebb"
    mv "$build/arm64/ebb.new" "$build/arm64/ebb"
}

have aarch64-linux-gnu-gcc ||
    die "the build for arm64 needs the cross compiler aarch64-linux-gnu-gcc: ./run setup"
sysroot=$("$root/scripts/sysroot.sh")
mkdir -p "$build/arm64"
write_cross_file
build_commands
"$root/scripts/qemu.sh" --build "$build" --arch arm64
