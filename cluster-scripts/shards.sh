# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# What the scripts beside this one have in common; they source it.

die() {
    echo "${0##*/}: $*" >&2
    exit 2
}

# $1 is the usage, the rest the words of the command line, "verify|resolve RECORDING SHARDS FOLDER"
# and maybe more. Checks them, sets command, recording, shards and folder, and makes the folder one
# without the parts of an earlier run.
read_request() {
    [ $# -ge 5 ] || die "usage: $1"
    command=$2 recording=$3 shards=$4 folder=$5
    case $command in verify | resolve) ;; *) die "there are verify and resolve, and no '$command'" ;; esac
    [[ $shards =~ ^[1-9][0-9]*$ ]] || die "'$shards' is no number of shards"
    [ -d "$recording" ] || die "there is no directory $recording"
    mkdir -p "$folder"
    recording=$(realpath "$recording")
    folder=$(realpath "$folder")
    rm -f "$folder"/part-*.json*
}
