#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Formats every C file as .clang-format says. With --check nothing is changed, and the exit status
# tells whether anything would be: 0 no, 77 not known.

. "$(dirname "$0")/common.sh"

# Other versions lay out some things differently, so one is the reference.
reference=14

find_clang_format() {
    local program
    for program in "clang-format-$reference" clang-format; do
        if have "$program" && "$program" --version | grep -q "version $reference\."; then
            echo "$program"
            return
        fi
    done
}

c_files() {
    find "$root" \( -name .git -o -path "$build" \) -prune -o -name '*.[ch]' -print0
}

program=$(find_clang_format)
case ${1:-} in
--check)
    if [ -z "$program" ]; then
        say "WARNING: the format of the sources was not checked: there is no clang-format $reference"
        exit 77
    fi
    c_files | xargs -0 "$program" --dry-run --Werror
    ;;
'')
    [ -n "$program" ] || die "clang-format $reference is needed"
    c_files | xargs -0 "$program" -i
    ;;
*) die "usage: ./run format [--check]" ;;
esac
