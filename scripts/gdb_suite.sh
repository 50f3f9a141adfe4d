#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Runs gdb's own test suite over 'ebb replay': fetches the suite of the gdb under test, builds what
# its programs are linked with on the bare machine, and leaves the rest to tests/gdb-suite/run.py.
#
#   scripts/gdb_suite.sh [--gdb 13|16|18] [--board ebb-aarch64|ebb-arm]... [FILE.exp...]
#
# The gdb under test is $EBB_GDB, else the system's gdb-multiarch; with --gdb it is Debian's of that
# version, which scripts/debuggers.sh unpacks into the cache. The suite is that of Debian's package
# gdb-source of the same version. Without FILE.exp the files of tests/gdb-suite/files.txt are run.

. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/apt.sh"

folder=$cache/gdb-suite

# Fetches gdb's test suite of version $1 into $folder/suite-$1.
fetch_suite() {
    local suite=$folder/suite-$1 new=$folder/suite-$1.new
    [ ! -d "$suite" ] || return 0
    say "fetching the test suite of gdb $1"
    private_apt deb "$(dpkg --print-architecture)" "$(suite_of "gdb-$1")"
    rm -rf "$new"
    mkdir -p "$new"
    unpack "$new/package" gdb-source
    tar -C "$new" --strip-components=1 --wildcards -xf "$new/package/usr/src/gdb.tar.xz" \
        '*/gdb/testsuite' '*/gdb/contrib' '*/gdb/features' '*/include'
    rm -r "$new/package"
    mv "$new" "$suite"
}

version=
arguments=()
while [ $# -gt 0 ]; do
    case $1 in
    --gdb)
        [ $# -gt 1 ] || die "--gdb needs a version: 13, 16 or 18"
        version=$2
        shift 2
        ;;
    *)
        arguments+=("$1")
        shift
        ;;
    esac
done
is_debian || die "gdb's test suite is taken from Debian's package gdb-source, so this needs Debian"
mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9
if [ -n "$version" ]; then
    suite_of "gdb-$version" >/dev/null
    "$root/scripts/debuggers.sh" "gdb-$version"
    gdb=$cache/debuggers/gdb-$version/bin/gdb
else
    gdb=${EBB_GDB:-gdb-multiarch}
    have "$gdb" || die "there is no gdb called $gdb: install gdb-multiarch, set EBB_GDB, or use --gdb"
    version=$("$gdb" --version | sed -nE '1s/.* ([0-9]+)\..*/\1/p')
    suite_of "gdb-$version" >/dev/null
fi
fetch_suite "$version"
"$root/tests/gdb-suite/build_libc.sh" "$build/gdb-suite/libc"
flock -u 9
exec "$(system_python)" "$root/tests/gdb-suite/run.py" --build "$build" --gdb "$gdb" \
    --gdb-version "$version" --suite "$folder/suite-$version/gdb/testsuite" "${arguments[@]}"
