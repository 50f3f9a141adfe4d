#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Makes the folder that docs/tutorial.md works in: a driver with a bug (meters.c, meters.ko), a
# kernel, and an initramfs that loads the one into the other.
#
#   scripts/tutorial.sh FOLDER

. "$(dirname "$0")/common.sh"

[ $# = 1 ] || die "usage: scripts/tutorial.sh FOLDER"
"$root/scripts/guests.sh" arm64 arm64-headers
guests=${EBB_GUESTS:-$cache/guests}
linux=$root/tests/guests/linux

mkdir -p "$1"
folder=$(cd "$1" && pwd)
ln -sf "$guests/vmlinuz-arm64" "$folder/vmlinuz"
cp "$linux/meters/meters.c" "$linux/meters/Kbuild" "$folder"
cross=${CROSS_AARCH64:-aarch64-linux-gnu-}
quietly make -C "$guests/headers-arm64/usr/src/linux-headers-$(cat "$guests/version-arm64")" \
    M="$folder" ARCH=arm64 CROSS_COMPILE="$cross" CC="${cross}gcc" modules
"$(system_python)" "$linux/initramfs.py" arm64 "$linux/meters.init" "$folder/initrd.gz" \
    "lib/meters.ko=$folder/meters.ko"
