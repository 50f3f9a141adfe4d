#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Verifies or resolves a recording by shards, or puts a question to it, as a job array of Slurm, and
# joins them in a job behind it. docs/on-many-machines.md tells more.
#
#   slurm.sh verify|resolve|QUESTION RECORDING SHARDS FOLDER [SBATCH-OPTION...] [-- WORD...]
#
# Behind -- is what else the question has: slurm.sh accesses boot 64 parts -- jiffies --write.
# The recording and the folder, in which the parts and the result go, are on a file system that all
# nodes see. $EBB is the ebb that they run (default: the one in $PATH). Options are for both jobs.
# Prints the number of the job that joins the parts, for squeue and --dependency. In the end
# FOLDER/result and FOLDER/errors have what ebb merge said, and FOLDER/status its exit status.

set -euo pipefail

# In a job: $1 is the work, then the command, the recording, how many shards, the folder, and what is
# asked.
shard() {
    local words=("${@:5}")
    [ "$1" = verify ] || words+=(--workers "${SLURM_CPUS_PER_TASK:-1}")
    exec "${EBB:-ebb}" "$1" "$2" "${words[@]}" --shard "$SLURM_ARRAY_TASK_ID/$3" \
        -o "$4/part-$SLURM_ARRAY_TASK_ID.json"
}

join_parts() {
    local parts=() status=0 i
    for ((i = 1; i <= $3; i++)); do
        parts+=("$4/part-$i.json")
    done
    "${EBB:-ebb}" merge "$2" "${parts[@]}" >"$4/result" 2>"$4/errors" || status=$?
    echo "$status" >"$4/status"
    exit "$status"
}

submit() {
    local command recording shards folder options asked array here
    here=$(dirname "$(realpath "$0")") # not so in a job, which has a copy of this file elsewhere
    . "$here/shards.sh"
    read_request "slurm.sh COMMAND RECORDING SHARDS FOLDER [SBATCH-OPTION...] [-- WORD...]" "$@"
    rm -f "$folder"/{result,errors,status}
    # What a node does that dies is done again by another one, from its beginning: a part is there as
    # a whole or not at all.
    array=$(sbatch --parsable --job-name="ebb-$command" --cpus-per-task=1 "${options[@]}" --requeue \
        --array="1-$shards" --output="$folder/job-%a.txt" --open-mode=append \
        "$0" --shard "$command" "$recording" "$shards" "$folder" "${asked[@]}")
    sbatch --parsable --job-name="ebb-merge" "${options[@]}" --requeue \
        --dependency="afterok:${array%%;*}" --kill-on-invalid-dep=yes \
        --output="$folder/job-merge.txt" \
        "$0" --merge "$command" "$recording" "$shards" "$folder" | sed 's/;.*//'
}

case ${1:-} in
--shard) shift && shard "$@" ;;
--merge) shift && join_parts "$@" ;;
*) submit "$@" ;;
esac
