# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# What the scripts beside this one have in common; they source it.

die() {
    echo "${0##*/}: $*" >&2
    exit 2
}

# Questions to a recording that are asked in shards (docs/questions.md).
questions="accesses calls count coverage exceptions history irqs print profile switches"

# $1 is the usage, the rest the words of the command line, "COMMAND RECORDING SHARDS FOLDER", maybe
# options, and maybe -- and what is asked. Checks them, sets command, recording, shards and folder,
# options and asked, and makes the folder one without the parts of an earlier run.
read_request() {
    [ $# -ge 5 ] || die "usage: $1"
    command=$2 recording=$3 shards=$4 folder=$5
    shift 5
    case " verify resolve $questions " in
    *" $command "*) ;;
    *) die "there are no shards of '$command'; there are those of verify, resolve, $questions" ;;
    esac
    [[ $shards =~ ^[1-9][0-9]*$ ]] || die "'$shards' is no number of shards"
    options=()
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        options+=("$1") && shift
    done
    # shellcheck disable=SC2034 # of whoever sources this
    asked=("${@:2}")
    [ -d "$recording" ] || die "there is no directory $recording"
    mkdir -p "$folder"
    recording=$(realpath "$recording")
    folder=$(realpath "$folder")
    rm -f "$folder"/part-*.json*
}
