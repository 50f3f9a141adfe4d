#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Fetches the guests that the tests, the demo and the benchmarks run: Debian's kernels and busybox
# for arm64 and armhf, and U-Boot; and other kernels, as guests or for the emulated ARM hosts on
# which recording under KVM is tested. They are unpacked into the cache; nothing is installed.
#
#   scripts/guests.sh [NAME]...     (default: arm64 armhf uboot)
#
#   arm64 armhf                  Debian 12's kernel (6.1) and busybox
#   arm64-headers                what a module for arm64 is compiled with, on this machine
#   uboot                        U-Boot for both
#   arm64-6.12 armhf-6.12        kernels of Debian 12's backports
#   arm64-7.2 armhf-7.2          of the suite forky, and its other flavours:
#   arm64-7.2-rt arm64-7.2-cloud arm64-7.2-16k
#
# Leaves in $XDG_CACHE_HOME/ebb/guests (default ~/.cache/ebb/guests), for each kernel NAME:
#   vmlinuz-NAME   modules-NAME/lib/modules/VERSION/   version-NAME (the kernel's version)
# and   busybox-arm64   busybox-armhf   u-boot-qemu_arm.bin   u-boot-qemu_arm64.bin
#       headers-arm64/usr/src/linux-headers-VERSION/   (make -C that, M=the module's folder)

. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/apt.sh"

# One suite on every host, so that results can be compared.
suite=${EBB_GUEST_SUITE:-bookworm}
guests=${EBB_GUESTS:-$cache/guests}

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

# The headers of the kernel that fetch_linux fetched, with the programs of the kernel's build for this
# machine's architecture.
fetch_headers() {
    local version folder source kbuild
    version=$(cat "$guests/version-arm64") || die "the headers are those of a kernel: $0 arm64 fetches it"
    [ ! -e "$guests/complete-arm64-headers-$version" ] || return 0
    say "fetching the headers of the arm64 guest's kernel"
    private_apt deb arm64 "$suite"
    kbuild=$(depends "linux-headers-$version" "$suite" linux-kbuild-)
    [ -n "$kbuild" ] ||
        die "$suite has no headers of $version any more: remove $guests/complete-arm64-$suite," \
            "so that its present kernel is fetched"
    folder=$(mktemp -d "$guests/unpack.XXXXXX")
    unpack "$folder" "linux-headers-$version" "linux-headers-${version%-arm64}-common"
    private_apt deb "$(dpkg --print-architecture)" "$suite"
    unpack "$folder" "$kbuild"
    source=$guests/headers-arm64/usr/src
    sed -i "s|/usr/src/|$source/|" "$folder/usr/src/linux-headers-$version/Makefile"
    rm -rf "$guests/headers-arm64"
    mv "$folder" "$guests/headers-arm64"
    rm -f "$guests/complete-arm64-headers"-*
    touch "$guests/complete-arm64-headers-$version"
}

# Kernel $1, which is that of metapackage $3 for architecture $2 in suite $4, beside which suite $5
# may be needed.
fetch_kernel() {
    local name=$1 architecture=$2 metapackage=$3 packages folder
    shift 3
    [ ! -e "$guests/complete-$name-$1" ] || return 0
    say "fetching the kernel $name of $1"
    private_apt deb "$architecture" "$@"
    packages=$(kernel_packages "$metapackage" "$1")
    folder=$(mktemp -d "$guests/unpack.XXXXXX")
    # shellcheck disable=SC2086
    unpack "$folder" $packages
    keep_kernel "$folder" "$name"
    rm -r "$folder"
    rm -f "$guests/complete-$name"-*
    touch "$guests/complete-$name-$1"
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
    if ! is_debian && ! compgen -G "$guests/complete-$guest-*" >/dev/null; then
        die "the guests are Debian packages: on this system put the files that $0 lists" \
            "into $guests and create $guests/complete-$guest-$suite"
    fi
    case $guest in
    arm64) fetch_linux arm64 linux-image-arm64 ;;
    arm64-headers) fetch_headers ;;
    armhf) fetch_linux armhf linux-image-armmp-lpae ;;
    uboot) fetch_uboot ;;
    arm64-6.12) fetch_kernel "$guest" arm64 linux-image-arm64 bookworm-backports bookworm ;;
    armhf-6.12) fetch_kernel "$guest" armhf linux-image-armmp-lpae bookworm-backports bookworm ;;
    arm64-7.2) fetch_kernel "$guest" arm64 linux-image-arm64 forky ;;
    armhf-7.2) fetch_kernel "$guest" armhf linux-image-armmp-lpae forky ;;
    arm64-7.2-rt) fetch_kernel "$guest" arm64 linux-image-rt-arm64 forky ;;
    arm64-7.2-cloud) fetch_kernel "$guest" arm64 linux-image-cloud-arm64 forky ;;
    arm64-7.2-16k) fetch_kernel "$guest" arm64 linux-image-arm64-16k forky ;;
    *) die "unknown guest '$guest': see $0" ;;
    esac
done
