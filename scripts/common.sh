# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# What every script here needs: where things are, how to speak to the user. Sourced, never run.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build
home=~ # known without HOME as well
cache=${XDG_CACHE_HOME:-$home/.cache}/ebb
jobs=${EBB_JOBS:-$(nproc)}
export root build cache jobs

say() {
    printf 'ebb: %s\n' "$*" >&2
}

die() {
    say "$*"
    exit 1
}

have() {
    command -v "$1" >/dev/null 2>&1
}

# Runs a command quietly: its output goes to a file, and is shown only when the command fails.
quietly() {
    local log status
    log=$(mktemp)
    if "$@" >"$log" 2>&1; then
        rm -f "$log"
        return 0
    else
        status=$?
    fi
    cat "$log" >&2
    rm -f "$log"
    return "$status"
}

# Runs a command as root: directly, or through sudo.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif have sudo; then
        sudo "$@"
    else
        die "root is needed for: $*; run this as root or install sudo"
    fi
}

# The system's own Python and meson come first: QEMU's configure wants the packages of this one,
# and a version manager's python3 in PATH does not have them.
system_python() {
    if [ -x /usr/bin/python3 ]; then echo /usr/bin/python3; else command -v python3; fi
}

system_meson() {
    if [ -x /usr/bin/meson ]; then echo /usr/bin/meson; else command -v meson; fi
}

# True if version $1 is at least version $2.
version_at_least() {
    [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}

is_debian() {
    have apt-get && have dpkg-query && [ -r /etc/os-release ] &&
        grep -Eq '^(ID|ID_LIKE)="?.*debian' /etc/os-release
}
