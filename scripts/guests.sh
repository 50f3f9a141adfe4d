#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Fetches the guests that the tests, the demo and the benchmarks run: Debian's kernels and busybox
# for arm64 and armhf, and U-Boot; and the kernels of the emulated ARM hosts on which recording under
# KVM is tested. They are unpacked into the cache; nothing is installed.
#
#   scripts/guests.sh [arm64|armhf|uboot|host61|host612]...     (default: arm64 armhf uboot)
#
# Leaves in $XDG_CACHE_HOME/ebb/guests (default ~/.cache/ebb/guests), for A = arm64, armhf:
#   vmlinuz-A   busybox-A   modules-A/lib/modules/VERSION/   version-A (the kernel's version)
#   u-boot-qemu_arm.bin   u-boot-qemu_arm64.bin
# The host kernel 6.1 is the arm64 guest's; of 6.12 there are vmlinuz-host612, modules-host612,
# version-host612.

. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/apt.sh"

# One suite on every host, so that results can be compared.
suite=${EBB_GUEST_SUITE:-bookworm}
guests=${EBB_GUESTS:-$cache/guests}

# Downloads and unpacks packages "$@" (of the private apt set up before) into folder $1.
unpack() {
    local folder=$1 debs
    shift
    debs=$(mktemp -d "$guests/download.XXXXXX")
    (cd "$debs" && quietly apt-get "${apt_options[@]}" download "$@") ||
        die "could not download $*"
    for deb in "$debs"/*.deb; do
        dpkg -x "$deb" "$folder"
    done
    rm -r "$debs"
}

# The packages of suite $2 that package $1 depends on and whose names match $3, one to a line.
depends() {
    apt-cache "${apt_options[@]}" -t "$2" depends "$1" |
        sed -nE "s/^ *Depends: ($3[^: ]*).*/\\1/p"
}

# The packages that kernel metapackage $1 stands for in suite $2: up to Debian 13 one with everything
# in it, since then one that depends on the kernel and on the modules.
kernel_packages() {
    local package
    package=$(depends "$1" "$2" 'linux-image-[0-9]' | head -n 1)
    [ -n "$package" ] || die "$1 names no kernel package in $2"
    echo "$package"
    depends "$package" "$2" 'linux-(binary|modules)-[0-9]'
}

# Leaves the kernel and modules that are in folder $1 under the name $2.
keep_kernel() {
    local folder=$1 name=$2 version modules=lib/modules kernel
    [ ! -d "$folder/usr/lib/modules" ] || modules=usr/lib/modules
    version=$(ls "$folder/$modules") || die "the kernel's packages hold no modules"
    rm -rf "$guests/modules-$name"
    mkdir -p "$guests/modules-$name/lib"
    mv "$folder/$modules" "$guests/modules-$name/lib/modules"
    for kernel in "$folder/boot/vmlinuz-$version" \
        "$guests/modules-$name/lib/modules/$version/vmlinuz"; do
        if [ -e "$kernel" ]; then
            mv "$kernel" "$guests/vmlinuz-$name"
            echo "$version" >"$guests/version-$name"
            return
        fi
    done
    die "the kernel's packages hold no vmlinuz of $version"
}

fetch_linux() {
    local architecture=$1 metapackage=$2 packages folder
    [ ! -e "$guests/complete-$architecture-$suite" ] || return 0
    say "fetching the $architecture guest: Debian's kernel and busybox"
    private_apt deb "$architecture" "$suite"
    packages=$(kernel_packages "$metapackage" "$suite")
    folder=$(mktemp -d "$guests/unpack.XXXXXX")
    # shellcheck disable=SC2086 # these are several names
    unpack "$folder" $packages busybox-static
    keep_kernel "$folder" "$architecture"
    mv "$folder"/bin/busybox "$guests/busybox-$architecture" 2>/dev/null ||
        mv "$folder/usr/bin/busybox" "$guests/busybox-$architecture"
    rm -r "$folder"
    rm -f "$guests/complete-$architecture"-*
    touch "$guests/complete-$architecture-$suite"
}

fetch_host612() {
    local packages folder
    [ ! -e "$guests/complete-host612-$suite" ] || return 0
    say "fetching the host kernel of $suite-backports"
    private_apt deb arm64 "$suite" "$suite-backports"
    packages=$(kernel_packages linux-image-arm64 "$suite-backports")
    folder=$(mktemp -d "$guests/unpack.XXXXXX")
    # shellcheck disable=SC2086
    unpack "$folder" $packages
    keep_kernel "$folder" host612
    rm -r "$folder"
    rm -f "$guests/complete-host612"-*
    touch "$guests/complete-host612-$suite"
}

fetch_uboot() {
    local folder board
    [ ! -e "$guests/complete-uboot-$suite" ] || return 0
    say "fetching U-Boot for QEMU's virt machines"
    private_apt deb arm64 "$suite"
    folder=$(mktemp -d "$guests/unpack.XXXXXX")
    unpack "$folder" u-boot-qemu
    for board in qemu_arm qemu_arm64; do
        mv "$folder/usr/lib/u-boot/$board/u-boot.bin" "$guests/u-boot-$board.bin"
    done
    rm -r "$folder"
    rm -f "$guests/complete-uboot"-*
    touch "$guests/complete-uboot-$suite"
}

mkdir -p "$guests"
[ $# -gt 0 ] || set -- arm64 armhf uboot
for guest in "$@"; do
    [ "$guest" != host61 ] || guest=arm64
    if ! is_debian && [ ! -e "$guests/complete-$guest-$suite" ]; then
        die "the guests are Debian packages: on this system put the files that $0 lists" \
            "into $guests and create $guests/complete-$guest-$suite"
    fi
    case $guest in
    arm64) fetch_linux arm64 linux-image-arm64 ;;
    armhf) fetch_linux armhf linux-image-armmp-lpae ;;
    uboot) fetch_uboot ;;
    host612) fetch_host612 ;;
    *) die "unknown guest '$guest': arm64, armhf, uboot, host61 or host612" ;;
    esac
done
