#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Part of `meson install`: puts our QEMU where the installed ebb looks for it.
#
#   scripts/install-qemu.sh BUILT FOLDER
set -eu

if [ ! -e "$1/qemu-system-aarch64" ]; then
    echo "ebb: QEMU has not been built, so it is not installed: run 'ninja qemu' first" >&2
    exit 0
fi
mkdir -p "${DESTDIR:-}$2"
cp -L "$1/qemu-system-aarch64" "${DESTDIR:-}$2/"
