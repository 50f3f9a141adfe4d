#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Feeds a part of Ebb with input that is changed at random, under the address and undefined behaviour
# sanitizers, for so many seconds. Seeds are new in each run; where one fails, a line says how to
# repeat it.
#
#   scripts/fuzz.sh log|keyframe|index|pages|manifest|rsp|worker|condition|virtio SECONDS [SEED]

. "$(dirname "$0")/common.sh"

usage="usage: ./run fuzz log|keyframe|index|pages|manifest|rsp|worker|condition|virtio SECONDS [SEED]"
folder=$build/sanitize

case ${1:-} in
log) program=(fuzz_log -o log) ;;
keyframe) program=(fuzz_log -o keyframes) ;;
index) program=(fuzz_log -o index) ;;
pages) program=(fuzz_log -o pages) ;;
manifest) program=(fuzz_cli) ;;
rsp) program=(fuzz_rsp) ;;
worker) program=(fuzz_engine) ;;
condition) program=(fuzz_protocol) ;;
virtio) program=(fuzz_cli_virtio) ;;
*) die "$usage" ;;
esac
[[ ${2:-} =~ ^[0-9]+$ ]] || die "$usage"
shift

if [ ! -e "$folder/build.ninja" ]; then
    say "preparing a build with sanitizers"
    quietly "$(system_meson)" setup "$folder" "$root" -Db_sanitize=address,undefined \
        -Db_lundef=false
fi
quietly ninja -C "$folder" -j "$jobs" "tests/fuzz/${program[0]}" tests/unit/fake_worker
exec "$folder/tests/fuzz/${program[0]}" "${program[@]:1}" -t "$@"
