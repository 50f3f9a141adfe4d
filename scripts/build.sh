#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Builds the commands (meson, optimized, with debug information) and our QEMU in build/.
#
#   scripts/build.sh [MESON OPTION]...     such as -Dqemu=PATH; they are remembered

. "$(dirname "$0")/common.sh"

meson=$(system_meson)
if [ ! -e "$build/build.ninja" ]; then
    say "configuring"
    quietly "$meson" setup "$build" "$root" "$@" ||
        die "meson could not configure the build"
elif [ $# -gt 0 ]; then
    quietly "$meson" configure "$build" "$@" || die "meson did not accept: $*"
fi
# The unit tests are built where they run: see scripts/test.sh. The archive takes the manual.
quietly ninja -C "$build" -j "$jobs" cli/ebb manual || die "the build failed: see above"
ninja -C "$build" -j "$jobs" --quiet qemu
