#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Fetches debuggers of other versions than the system's, for the tests and for gdb's test suite:
# Debian's packages with all libraries that they need, unpacked into the cache; and an IDE's adapter,
# an npm package. Nothing is installed. What cannot be had here is told of and left out: the tests that
# want it say that it is missing.
#
#   scripts/debuggers.sh NAME...
#
#   gdb-13 gdb-16 gdb-18         of bookworm, trixie and forky
#   lldb-19 lldb-21 lldb-22      of trixie and forky
#   cdt-adapter                  cdt-gdb-adapter, with npm
#
# Leaves in $XDG_CACHE_HOME/ebb/debuggers (default ~/.cache/ebb/debuggers), for each NAME, a folder
# NAME in which bin/gdb, bin/lldb or bin/cdt starts it.

. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/apt.sh"

folder=$cache/debuggers
cdt_version=1.7.0

# The packages of debugger $1.
packages_of() {
    case $1 in
    gdb-*) echo gdb-multiarch ;;
    lldb-*) echo "$1" "python3-$1" ;;
    esac
}

# Prints packages "$@" of the private apt set up before, and all that they depend on.
with_dependencies() {
    apt-get "${apt_options[@]}" --no-install-recommends --simulate install "$@" |
        sed -n 's/^Inst \([^ ]*\).*/\1/p'
}

# Prints a program that starts debugger $2, in the root $1 that will be at $3, with its own
# libraries.
write_starter() {
    local loader program options=
    loader=$(cd "$1" && find . -name 'ld-linux*.so.*' -o -name 'ld-[0-9]*.so' | head -n 1)
    [ -n "$loader" ] || die "there is no dynamic loader in $1"
    case $2 in
    gdb-*)
        program=usr/bin/gdb-multiarch
        # shellcheck disable=SC2016 # the starter has a root of its own
        options=' -data-directory "$root/usr/share/gdb"'
        ;;
    lldb-*) program=usr/lib/llvm-${2#lldb-}/bin/lldb ;;
    esac
    cat <<END
#!/bin/sh
root=$3
triplet=$(basename "$(dirname "$1"/usr/lib/*/libc.so.6)")
PYTHONHOME=\$root/usr
TERMINFO_DIRS=\${TERMINFO_DIRS:-/etc/terminfo:/lib/terminfo:/usr/share/terminfo}
export PYTHONHOME TERMINFO_DIRS
exec "\$root/$loader" --library-path "\$root/usr/lib/\$triplet:\$root/lib/\$triplet" \\
    "\$root/$program"$options "\$@"
END
}

fetch_cdt() {
    local to=$folder/cdt-adapter new=$folder/cdt-adapter.new
    [ ! -d "$to" ] || return 0
    if ! have npm; then
        say "there is no npm, so cdt-gdb-adapter is not tested: install npm"
        return 0
    fi
    say "fetching cdt-gdb-adapter"
    rm -rf "$new"
    mkdir -p "$new/bin"
    if ! quietly npm install --ignore-scripts --no-audit --no-fund --prefix "$new" \
        "cdt-gdb-adapter@$cdt_version"; then
        say "npm could not install cdt-gdb-adapter"
        return 0
    fi
    cat >"$new/bin/cdt" <<END
#!/bin/sh
exec node "$to/node_modules/cdt-gdb-adapter/dist/debugTargetAdapter.js" "\$@"
END
    chmod +x "$new/bin/cdt"
    mv "$new" "$to"
}

fetch() {
    local to=$folder/$1 new=$folder/$1.new suite packages
    [ ! -d "$to" ] || return 0
    if ! is_debian; then
        say "$1 would be Debian's package, and this is another system, so it is not tested: install it" \
            "yourself and put a program that starts it where $0 says"
        return 0
    fi
    suite=$(suite_of "$1")
    say "fetching $1"
    private_apt deb "$(dpkg --print-architecture)" "$suite"
    rm -rf "$new"
    mkdir -p "$new/bin"
    # As if nothing was installed: what is may be of versions that the suite does not have.
    : >"$new/status"
    apt_options+=(-o "Dir::State::status=$new/status")
    # shellcheck disable=SC2046 # these are several names
    mapfile -t packages < <(with_dependencies $(packages_of "$1"))
    [ ${#packages[@]} -gt 0 ] || die "apt does not know what $1 needs"
    unpack "$new/root" "${packages[@]}"
    write_starter "$new/root" "$1" "$to/root" >"$new/bin/${1%-*}"
    chmod +x "$new/bin/${1%-*}"
    mv "$new" "$to"
}

mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9
for name in "$@"; do
    case $name in
    cdt-adapter) fetch_cdt ;;
    *) fetch "$name" ;;
    esac
done
