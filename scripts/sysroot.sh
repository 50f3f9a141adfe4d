#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Fills a folder in the cache with Debian's arm64 libraries and headers, which the cross builds
# link with, and prints the folder. They are only unpacked: the system learns nothing of another
# architecture.
#
#   scripts/sysroot.sh      prints, for example, ~/.cache/ebb/sysroot-arm64-HASH

. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/apt.sh"

# One suite on every host. What is built is linked statically, so it runs on any distribution.
suite=${EBB_GUEST_SUITE:-bookworm}

packages=(
    libc6 libc6-dev linux-libc-dev
    libglib2.0-0 libglib2.0-dev libpcre2-dev libffi-dev zlib1g-dev
    libpixman-1-dev libfdt-dev libslirp-dev libattr1-dev libcap-ng-dev libseccomp-dev
    libzstd-dev libxxhash-dev
    libreadline-dev libncurses-dev libjansson-dev binutils-dev libiberty-dev
)

# Makes the absolute links of the packages relative to the folder that now is their root.
relocate_links() {
    local link target
    while read -r link; do
        target=$(readlink "$link")
        ln -sfn "$(realpath -m --relative-to="$(dirname "$link")" "$1$target")" "$link"
    done < <(find "$1" -type l -lname '/*')
}

# Debian has no static libslirp: one is made of the source package that the headers belong to.
build_slirp() {
    local folder=$1/slirp-source compiler file
    compiler=(aarch64-linux-gnu-gcc "--sysroot=$1" -std=gnu99 -O2 -g '-DG_LOG_DOMAIN="Slirp"'
        "-I$1/usr/include/slirp" "-I$1/usr/include/glib-2.0"
        "-I$1/usr/lib/aarch64-linux-gnu/glib-2.0/include")
    private_apt deb-src "$(dpkg --print-architecture)" "$suite"
    mkdir -p "$folder/objects"
    (cd "$folder" && quietly apt-get "${apt_options[@]}" source --download-only --tar-only libslirp) ||
        die "could not download the source of libslirp"
    tar -C "$folder" --strip-components=1 -xf "$folder"/libslirp_*.orig.tar.*
    for file in "$folder"/src/*.c; do
        quietly "${compiler[@]}" -c -o "$folder/objects/$(basename "$file" .c).o" "$file" ||
            die "libslirp could not be built for arm64"
    done
    aarch64-linux-gnu-ar rcs "$1/usr/lib/aarch64-linux-gnu/libslirp.a" "$folder"/objects/*.o
    rm -r "$folder"
}

# A pkg-config that knows the folder's libraries and no others.
write_pkg_config() {
    local libraries=$2/usr/lib/aarch64-linux-gnu/pkgconfig
    mkdir -p "$1/bin"
    cat >"$1/bin/pkg-config" <<END
#!/bin/sh
export PKG_CONFIG_SYSROOT_DIR='$2' PKG_CONFIG_LIBDIR='$libraries:$2/usr/share/pkgconfig'
unset PKG_CONFIG_PATH
exec pkg-config --static "\$@"
END
    chmod +x "$1/bin/pkg-config"
}

if [ -n "${EBB_ARM64_SYSROOT:-}" ]; then
    [ -d "$EBB_ARM64_SYSROOT" ] || die "EBB_ARM64_SYSROOT is $EBB_ARM64_SYSROOT, which is no folder"
    realpath "$EBB_ARM64_SYSROOT"
    exit
fi

sysroot=$cache/sysroot-arm64-$(printf '%s\n' "$suite" "${packages[@]}" | sha256sum | cut -c 1-16)
mkdir -p "$cache"
exec 9>"$sysroot.lock"
flock 9
if [ ! -d "$sysroot" ]; then
    is_debian || die "the arm64 libraries are Debian packages: on this system set" \
        "EBB_ARM64_SYSROOT to a folder with static arm64 libraries (see docs/building.md)"
    say "fetching the arm64 libraries to link with"
    private_apt deb arm64 "$suite"
    new=$sysroot.new
    rm -rf "$new"
    unpack "$new" "${packages[@]}"
    relocate_links "$new"
    build_slirp "$new"
    write_pkg_config "$new" "$sysroot"
    mv "$new" "$sysroot"
fi
echo "$sysroot"
