#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Removes what was built. With --all also the cache: QEMU's source and builds, guests, lists.

. "$(dirname "$0")/common.sh"

case ${1:-} in
'') rm -rf "$build" ;;
--all) rm -rf "$build" "$cache" ;;
*) die "usage: ./run clean [--all]" ;;
esac
