#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Verifies or resolves a recording by shards, or puts a question to it, with GNU parallel, and joins
# them. docs/on-many-machines.md tells more.
#
#   parallel.sh verify|resolve|QUESTION RECORDING SHARDS FOLDER [PARALLEL-OPTION...] [-- WORD...]
#
# Behind -- is what else the question has: parallel.sh accesses boot 8 parts -- jiffies --write.
# Without options that uses all CPUs of this machine; "--sshloginfile hosts" uses those of others, on
# which the recording and the folder, in which the parts go, have the same names as here. $EBB is the
# ebb that they run (default: the one in $PATH). What is printed and the exit status are those of ebb
# merge; it is 1 if a shard could not be done three times.

set -euo pipefail

here=$(dirname "$(realpath "$0")")
. "$here/shards.sh"

read_request "parallel.sh COMMAND RECORDING SHARDS FOLDER [PARALLEL-OPTION...] [-- WORD...]" "$@"
words=("${asked[@]}")
[ "$command" = verify ] || words+=(--workers 1)

# Three tries: a host that dies, or cannot be reached, leaves its shard to another one.
seq "$shards" |
    parallel --quote --retries 3 "${options[@]}" "${EBB:-ebb}" "$command" "$recording" "${words[@]}" \
        --shard "{}/$shards" -o "$folder/part-{}.json" >"$folder/log.txt" || {
    echo "parallel.sh: not all shards could be done, so that there is nothing to join" >&2
    exit 1
}

parts=()
for ((i = 1; i <= shards; i++)); do
    parts+=("$folder/part-$i.json")
done
exec "${EBB:-ebb}" merge "$recording" "${parts[@]}"
