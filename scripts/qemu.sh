#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Builds our QEMU (source, plus qemu/patches, plus qemu/ebb, log, protocol and walls) and links it
# into a build folder as qemu/qemu-system-aarch64 and qemu/qemu-img.
#
#   scripts/qemu.sh [--build DIR] [--qemu PATH] [--devices ebb|all] [--arch arm64]
#
# With --arch arm64 it is the recorder for ARM hosts with KVM: one static program, cross-built with
# scripts/sysroot.sh, linked as arm64/qemu-system-aarch64 and arm64/qemu-img.
#
# PATH is an existing QEMU of ours, which is linked as it is, or a source of QEMU 10.0, a folder or
# tarball, used instead of the one from Debian. $EBB_QEMU ($EBB_QEMU_ARM64 for arm64) and
# $EBB_QEMU_SOURCE do the same, and win.
#
# It is built with the machines and devices of qemu/devices.mak, or with all that QEMU has;
# $EBB_QEMU_DEVICES says the same as --devices, and wins.
#
# In the cache, qemu-HASH/ is a finished build: HASH covers source, patches, our files and flags.
# qemu-tree-HASH/ is the work tree: HASH covers source and flags only. Patches and our files are
# brought up to date in it file by file, so that a change to them rebuilds what depends on it.

. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/apt.sh"

series=10.0
debian_suite=trixie # the one that has this series
finished_builds_kept=4
devices_file=configs/devices/aarch64-softmmu/ebb.mak

# Firmware (network boot ROMs) comes from the system, found where Debian and others install it.
firmware=/usr/share/qemu:/usr/share/seabios:/usr/lib/ipxe/qemu:/usr/share/ipxe/qemu

configure_flags=(
    --target-list=aarch64-softmmu
    --without-default-features
    --enable-tcg
    --enable-slirp
    --enable-virtfs
    --enable-attr
    --enable-cap-ng
    --enable-seccomp
    --enable-pixman
    --enable-fdt=system
    --enable-tools
    --disable-install-blobs
    --disable-docs
    --disable-debug-info
    --extra-cflags=-Wno-invalid-pch # see scripts/precompile.py
    "--firmwarepath=$firmware"
)

# What the architecture changes: see use_architecture.
architecture=
links=qemu
tool_prefix=
compiler=${CC:-cc}

# Sets everything up for architecture $1; the empty one is this system's own.
use_architecture() {
    local sysroot
    case $1 in
    '') [ "$(uname -m)" != aarch64 ] || configure_flags+=(--enable-kvm) ;;
    arm64)
        have aarch64-linux-gnu-gcc ||
            die "QEMU for arm64 needs the cross compiler aarch64-linux-gnu-gcc: ./run setup"
        sysroot=$("$root/scripts/sysroot.sh")
        links=arm64
        tool_prefix=aarch64-linux-gnu-
        compiler="aarch64-linux-gnu-gcc --sysroot=$sysroot"
        export PKG_CONFIG=$sysroot/bin/pkg-config
        configure_flags+=(--enable-kvm --static --disable-pie "--cross-prefix=$tool_prefix")
        ;;
    *) die "there is no QEMU of ours for '$1': arm64 is the one to build for" ;;
    esac
}

# Sets everything up for the machines and devices $1: those that can be recorded, or all.
use_devices() {
    case $1 in
    ebb) configure_flags+=(--without-default-devices --with-devices-aarch64=ebb) ;;
    all) ;;
    *) die "there is no set of devices '$1' for QEMU: ebb and all are those to choose from" ;;
    esac
}

# Adds what $EBB_QEMU_CONFIGURE has, words separated by spaces.
use_more_flags() {
    local more
    read -ra more <<<"${EBB_QEMU_CONFIGURE:-}"
    configure_flags+=("${more[@]}")
}

hash_of() {
    sha256sum | cut -c 1-16
}

# Links QEMU's programs into the build folder: the emulator $1, and the qemu-img beside it if any.
link_into_build() {
    local image_tool
    image_tool=$(dirname "$1")/qemu-img
    mkdir -p "$build/$links"
    ln -sfn "$1" "$build/$links/qemu-system-aarch64"
    if [ -x "$image_tool" ]; then
        ln -sfn "$image_tool" "$build/$links/qemu-img"
    else
        rm -f "$build/$links/qemu-img"
    fi
}

# Checks a tarball against scripts/qemu-checksums: the known one must be undamaged, another one of
# the series may work as well.
check_tarball() {
    local tarball=$1 name expected actual
    name=$(basename "$tarball")
    actual=$(sha256sum "$tarball" | cut -d ' ' -f 1)
    ! grep -q "^$actual " "$root/scripts/qemu-checksums" || return 0
    expected=$(awk -v name="$name" '$2 == name { print $1 }' "$root/scripts/qemu-checksums")
    [ -z "$expected" ] ||
        die "$tarball is damaged (SHA-256 is $actual, not $expected): delete it and try again"
    say "warning: $name is not the QEMU this was tested with; going on, as long as the patches apply"
}

# Sets source to the tarball of Debian's source package, downloaded if need be.
fetch_tarball() {
    local known folder=$cache/qemu-source
    known=$(awk '{ print $2; exit }' "$root/scripts/qemu-checksums")
    source=$folder/$known
    [ ! -e "$source" ] || return 0
    is_debian ||
        die "set EBB_QEMU_SOURCE to a tarball or folder with the source of QEMU $series.x"
    mkdir -p "$folder"
    source=$(find "$folder" -name "qemu_$series.*.orig.tar.xz" | sort -V | tail -n 1)
    [ -z "$source" ] || return 0
    say "fetching the source of QEMU $series"
    private_apt deb-src "$(dpkg --print-architecture)" "$debian_suite"
    mkdir -p "$folder/partial"
    (cd "$folder/partial" && quietly apt-get "${apt_options[@]}" source --download-only --tar-only qemu) ||
        die "the source of QEMU could not be downloaded: try again, or set EBB_QEMU_SOURCE"
    mv "$folder/partial"/qemu_*.orig.tar.xz "$folder/"
    rm -rf "$folder/partial"
    source=$(find "$folder" -name "qemu_$series.*.orig.tar.xz" | sort -V | tail -n 1)
    [ -n "$source" ] || die "$debian_suite no longer has QEMU $series: set EBB_QEMU_SOURCE"
}

# Prints what identifies the source's content.
source_identity() {
    if [ -d "$source" ]; then
        # A folder may be edited: its file list with sizes and times stands for the content.
        (cd "$source" && find . \( -name .git -o -path ./build \) -prune -o -type f \
            -printf '%p %s %T@\n' | sort)
    else
        sha256sum <"$source"
    fi
}

unpack_source() {
    local version
    say "unpacking QEMU"
    rm -rf "$tree"
    mkdir -p "$tree/source.new"
    if [ -d "$source" ]; then
        tar -C "$source" --exclude=.git --exclude=./build -cf - . | tar -C "$tree/source.new" -xf -
    else
        tar -C "$tree/source.new" --strip-components=1 -xf "$source"
    fi
    version=$(cat "$tree/source.new/VERSION" 2>/dev/null || true)
    case $version in
    "$series".*) ;;
    *)
        rm -rf "$tree"
        die "$source holds QEMU ${version:-of no known version}, but $series.x is needed"
        ;;
    esac
    mv "$tree/source.new" "$tree/source"
}

# Puts file $1 in the place of $2, unless they are equal: times of unchanged files must not change.
update_file() {
    if ! cmp -s "$1" "$2"; then
        mkdir -p "$(dirname "$2")"
        cp "$1" "$2"
    fi
}

patches() {
    find "$root/qemu/patches" -name '*.patch' | sort
}

patched_files() {
    patches | xargs -r sed -nE 's,^(---|\+\+\+) [ab]/([^\t]*).*,\2,p' | sort -u
}

# Brings the files that patches touch up to date: originals are kept aside, patched in a staging
# folder, and copied back where they differ from what the tree has.
apply_patches() {
    local file patch staging=$tree/staging original=$tree/original
    patched_files | sort -u - <(cat "$tree/patched" 2>/dev/null || true) >"$tree/patched.new"
    rm -rf "$staging"
    mkdir -p "$staging" "$original"
    while read -r file; do
        if [ -e "$tree/source/$file" ] && ! grep -Fqx "$file" "$tree/patched" 2>/dev/null; then
            mkdir -p "$original/$(dirname "$file")"
            cp "$tree/source/$file" "$original/$file"
        fi
    done <"$tree/patched.new"
    mv "$tree/patched.new" "$tree/patched"
    cp -r "$original/." "$staging"
    while read -r patch; do
        quietly patch -d "$staging" -p1 --batch --forward --fuzz=0 -i "$patch" ||
            die "$(basename "$patch") does not apply to this QEMU: use the version named in" \
                "scripts/qemu-checksums"
    done < <(patches)
    while read -r file; do
        if [ -e "$staging/$file" ]; then
            update_file "$staging/$file" "$tree/source/$file"
        else
            rm -f "$tree/source/$file"
        fi
    done <"$tree/patched"
    rm -rf "$staging"
}

# Prints the files of ours that become part of QEMU, as paths below the folder that they are in:
# "FOLDER PATH" each. In QEMU's tree PATH is the same.
our_files() {
    (cd "$root/qemu" && find ebb -type f -printf "$root/qemu %p\n")
    (cd "$root" && find log protocol walls -type f -printf "$root %p\n")
}

# Brings them up to date in QEMU's tree, which has nothing else in these folders, and the list of
# devices, which has its place among QEMU's own.
copy_our_files() {
    local folder file
    while read -r folder file; do
        update_file "$folder/$file" "$tree/source/$file"
    done < <(our_files)
    (cd "$tree/source" && find ebb log protocol walls -type f) |
        { grep -Fvx -f <(our_files | cut -d ' ' -f 2) || true; } |
        (cd "$tree/source" && xargs -r rm -f)
    (cd "$tree/source" && find ebb log protocol walls -type d -empty -delete)
    update_file "$root/qemu/devices.mak" "$tree/source/$devices_file"
}

configure_qemu() {
    [ ! -e "$tree/build/build.ninja" ] || return 0
    say "configuring QEMU${architecture:+ for $architecture}"
    rm -rf "$tree/build"
    mkdir -p "$tree/build"
    # QEMU's configure would take its own wheel of meson, which Debian's tarball does not have.
    (cd "$tree/build" && quietly ../source/configure --python="$(system_python)" \
        --cc="$(have ccache && echo "ccache ")$compiler" "${configure_flags[@]}") || {
        rm -f "$tree/build/build.ninja"
        die "QEMU could not be configured: see above, and $tree/build/meson-logs/meson-log.txt"
    }
}

compile_qemu() {
    local targets=(qemu-system-aarch64 qemu-img)
    local ninja=(ninja -C "$tree/build" -j "$jobs" "${targets[@]}")
    # Lets ccache find the objects of another work tree, and work with precompiled headers.
    export CCACHE_BASEDIR=$tree CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros
    if [ -e "$tree/build/qemu-system-aarch64" ]; then
        say "bringing QEMU${architecture:+ for $architecture} up to date"
    else
        say "building QEMU${architecture:+ for $architecture}; this takes some minutes"
    fi
    "$(system_python)" "$root/scripts/precompile.py" "$tree/build" "${targets[@]}" ||
        die "the header that all of QEMU includes could not be precompiled: see above"
    if [ -t 1 ]; then
        "${ninja[@]}" || die "QEMU could not be built: see above"
    else
        quietly "${ninja[@]}" || die "QEMU could not be built: see above"
    fi
}

# Copies what was built to its place. Debug information, where there is any, stays behind in the work
# tree.
keep_result() {
    local new=$result.new.$$
    rm -rf "$new" "$result"
    mkdir -p "$new/bin" "$new/share/qemu"
    cp "$tree/build/qemu-system-aarch64" "$tree/build/qemu-img" "$new/bin/"
    "${tool_prefix}strip" --strip-debug "$new"/bin/*
    cp "$tree"/source/pc-bios/*.bin "$new/share/qemu/" 2>/dev/null || true
    mv "$new" "$result"
    find "$cache" -maxdepth 1 -name 'qemu-????????????????' -mmin +720 -printf '%T@ %p\n' | sort -rn |
        tail -n "+$((finished_builds_kept + 1))" | cut -d ' ' -f 2- | xargs -r rm -rf
}

build_qemu() {
    local identity key
    [ -n "$source" ] || fetch_tarball
    [ -e "$source" ] || die "there is no QEMU source at $source"
    source=$(realpath "$source")
    [ -d "$source" ] || check_tarball "$source"

    identity=$(source_identity && printf '%s\n' "${configure_flags[@]}" "$compiler")
    tree=$cache/qemu-tree-$(hash_of <<<"$identity")
    mkdir -p "$cache"
    exec 9>"$tree.lock"
    flock 9

    key=$({
        echo "$identity"
        patches | xargs -r cat
        cat "$root/qemu/devices.mak"
        our_files | sort | while read -r folder file; do
            echo "$file"
            cat "$folder/$file"
        done
    } | hash_of)
    result=$cache/qemu-$key
    if [ ! -x "$result/bin/qemu-system-aarch64" ]; then
        [ -d "$tree/source" ] || unpack_source
        apply_patches
        copy_our_files
        configure_qemu
        compile_qemu
        keep_result
    fi
    touch "$result" # what was used last is kept longest
    link_into_build "$result/bin/qemu-system-aarch64"
}

given=
devices=ebb
while [ $# -gt 0 ]; do
    case $1 in
    --build) build=$(realpath -m "$2") ;;
    --qemu) given=$2 ;;
    --devices) devices=$2 ;;
    --arch) architecture=$2 ;;
    *) die "usage: scripts/qemu.sh [--build DIR] [--qemu PATH] [--devices ebb|all] [--arch arm64]" ;;
    esac
    shift 2
done
if [ "$architecture" = arm64 ]; then
    EBB_QEMU=${EBB_QEMU_ARM64:-}
    links=arm64
fi
given=${EBB_QEMU:-${EBB_QEMU_SOURCE:-$given}}
if [ -n "$given" ] && [ -f "$given" ] && [ -x "$given" ]; then
    link_into_build "$(realpath "$given")"
elif [ -n "${EBB_QEMU:-}" ]; then
    die "EBB_QEMU${architecture:+_ARM64} is $EBB_QEMU, which is no program; for a source there is EBB_QEMU_SOURCE"
else
    use_architecture "$architecture"
    use_devices "${EBB_QEMU_DEVICES:-$devices}"
    use_more_flags
    source=$given
    build_qemu
fi
