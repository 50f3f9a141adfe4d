#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Installs what building, testing, benchmarking and gdb's test suite need. On Debian through apt, as
# root or with sudo; on other systems it names everything that is missing, once.
#
#   scripts/setup.sh build|test|bench|suite...     (test includes build)

. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/apt.sh"

qemu_meson=1.5  # the oldest that configures QEMU 10.0
peer_version=10 # the oldest QEMU that the benchmarks compare with

build_packages=(
    gcc libc6-dev make patch xz-utils python3 python3-venv
    meson ninja-build pkg-config flex bison
    libglib2.0-dev libpixman-1-dev zlib1g-dev libfdt-dev libslirp-dev libattr1-dev libcap-ng-dev
    libseccomp-dev
    libzstd-dev libxxhash-dev libreadline-dev libjansson-dev binutils-dev libcmocka-dev
    python3-pycotap ipxe-qemu gdb-multiarch
)
test_packages=(gcc-arm-linux-gnueabihf clang shellcheck parallel lcov tcpdump gnuplot-nox
    chromium-headless-shell)
suite_packages=(dejagnu)
# On arm64 these are names of the system's own tools; elsewhere libopcodes for ARM comes with them.
if [ "$(uname -m)" != aarch64 ]; then
    build_packages+=(binutils-aarch64-linux-gnu)
    test_packages+=(gcc-aarch64-linux-gnu)
fi
# It may have come with Node.js from elsewhere, and Debian's package conflicts with some of those.
have npm || test_packages+=(npm)

# What other systems must have: programs, pkg-config modules, headers without one.
build_programs=(cc make patch xz python3 meson ninja pkg-config flex bison gdb-multiarch)
test_programs=(aarch64-linux-gnu-gcc arm-linux-gnueabihf-gcc gcc clang tcpdump genhtml gnuplot)
modules=(
    glib-2.0 gmodule-2.0 pixman-1 zlib slirp libcap-ng libseccomp libzstd libxxhash readline jansson
    cmocka
)
headers=(libfdt.h attr/attributes.h bfd.h dis-asm.h)

installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

package_version() {
    dpkg-query -W -f '${Version}' "$1" 2>/dev/null
}

# Prints those of "$@" that are not installed.
missing_packages() {
    local package
    for package in "$@"; do
        installed "$package" || echo "$package"
    done
}

# Installs packages "${@:2}" with the apt options in the array named $1.
apt_install() {
    local -n options=$1
    shift
    quietly as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get "${options[@]}" install -y --no-install-recommends "$@" ||
        die "apt could not install $*"
}

update_package_lists() {
    quietly as_root apt-get -q update || say "warning: apt could not update all package lists"
}

# The version of package $1 that the system's own sources offer.
candidate() {
    apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: *//p' | grep -v '(none)'
}

# Installs packages from the backports of the system's own release.
install_backports() {
    local codename
    codename=$(debian_codename)
    say "installing from $codename-backports: $*"
    private_apt deb "$(dpkg --print-architecture)" "$codename" "$codename-backports"
    apt_install apt_options -t "$codename-backports" "$@"
}

# Installs packages "${@:2}" if the system offers or has the first in version $1 at least, else
# takes them all from backports.
install_at_least() {
    local version=$1 offered
    shift
    if [ -z "$(missing_packages "$@")" ] &&
        version_at_least "$(upstream_version "$(package_version "$1")")" "$version"; then
        return 0
    fi
    update_package_lists
    offered=$(candidate "$1" || true)
    if version_at_least "$(upstream_version "${offered:-0}")" "$version"; then
        say "installing: $*"
        apt_install system_apt_options "$@"
    else
        install_backports "$@"
    fi
}

# A Debian version without epoch and revision.
upstream_version() {
    local version=${1#*:}
    echo "${version%%[-+~]*}"
}

setup_debian() {
    local wanted=("${build_packages[@]}") missing
    # shellcheck disable=SC2034 # used by name in apt_install
    local system_apt_options=(-q)
    [ -z "$with_test" ] || wanted+=("${test_packages[@]}")
    [ -z "$with_suite" ] || wanted+=("${suite_packages[@]}")
    # The format check is for the one version whose output the sources have.
    if [ -n "$with_test" ] && [ "$(debian_codename)" = bookworm ]; then
        wanted+=(clang-format)
    fi
    mapfile -t missing < <(missing_packages "${wanted[@]}" | grep -vx -e meson -e python3-pycotap)
    if [ ${#missing[@]} -gt 0 ]; then
        say "installing: ${missing[*]}"
        update_package_lists
        apt_install system_apt_options "${missing[@]}"
    fi
    install_at_least "$qemu_meson" meson python3-pycotap
    [ -z "$with_bench" ] || install_at_least "$peer_version" qemu-system-arm
}

check_programs() {
    local program
    for program in "$@"; do
        case $program in
        gdb-multiarch) have gdb-multiarch || have gdb || echo "gdb for all architectures" ;;
        *) have "$program" || echo "$program" ;;
        esac
    done
}

check_libraries() {
    local module header
    for module in "${modules[@]}"; do
        { have pkg-config && pkg-config --exists "$module"; } || echo "$module (pkg-config)"
    done
    for header in "${headers[@]}"; do
        # bfd.h insists on a config.h before it; these macros stand for one.
        echo "#include <$header>" | cc -DPACKAGE=ebb -DPACKAGE_VERSION=1 -E -o /dev/null - \
            2>/dev/null || echo "$header"
    done
}

# Whether there is a libopcodes that knows ARM, among those that cli/meson.build looks for.
have_arm_opcodes() {
    local version libraries
    version=$(aarch64-linux-gnu-objdump --version 2>/dev/null | sed -n '1s/.* //p')
    for libraries in "-lopcodes -lbfd" "-lopcodes -lbfd -liberty -lz -lzstd" \
        "-lopcodes -lbfd -liberty -lsframe -lz -lzstd" \
        "-lopcodes-$version-arm64 -lbfd-$version-arm64"; do
        # shellcheck disable=SC2086 # several words
        echo 'char print_insn_aarch64(void); int main(void) { return print_insn_aarch64(); }' |
            cc -x c -o /dev/null - $libraries 2>/dev/null && return
    done
    return 1
}

check_versions() {
    local version
    version=$("$(system_meson)" --version 2>/dev/null || echo 0)
    version_at_least "$version" "$qemu_meson" || echo "meson $qemu_meson (found: $version)"
    "$(system_python)" -c 'import pycotap' 2>/dev/null || echo "pycotap (Python)"
    [ -n "${EBB_QEMU_SOURCE:-}${EBB_QEMU:-}" ] ||
        echo "QEMU 10.0's source (set EBB_QEMU_SOURCE to a tarball or folder)"
}

check_other_system() {
    local missing
    missing=$(
        check_programs "${build_programs[@]}"
        [ -z "$with_test" ] || check_programs "${test_programs[@]}"
        [ -z "$with_bench" ] || check_programs qemu-system-aarch64
        check_libraries
        have_arm_opcodes || echo "libopcodes that knows ARM (binutils with --enable-targets=all)"
        check_versions
    )
    [ -z "$missing" ] || die "this is not Debian, so please install what is missing yourself:" \
        "$(printf '%s' "$missing" | tr '\n' ',' | sed 's/,/, /g')"
}

with_test=
with_bench=
with_suite=
for group in "$@"; do
    case $group in
    build) ;;
    test) with_test=1 ;;
    bench) with_bench=1 ;;
    suite) with_suite=1 ;;
    *) die "usage: scripts/setup.sh build|test|bench|suite..." ;;
    esac
done
if is_debian; then setup_debian; else check_other_system; fi
