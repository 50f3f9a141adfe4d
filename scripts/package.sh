#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Makes an archive for ARM hosts that runs wherever it is unpacked: build/ebb-VERSION-arm64.tar.xz,
# with ebb, its QEMU, gdb's commands, the manual, the demo's guest and a self-test.
#
#   scripts/package.sh arm64 [BUILD]     BUILD: another folder than build/

. "$(dirname "$0")/common.sh"

[ "${1:-}" = arm64 ] || die "usage: ./run package arm64"
build=$(realpath "${2:-$build}")

version=$(sed -nE "s/^ *version: *'([^']*)'.*/\1/p" "$root/meson.build" | head -n 1)
name=ebb-$version-arm64
stage=$build/package
folder=$stage/$name
# Guests that end by themselves; each checks what it is about.
selftest_guests=(exceptions interrupts mmu float counter steps jobs)

# Manual pages and completions come from ebb itself; this system's says the same as the other.
write_manual() {
    local ebb=$build/cli/ebb command
    mkdir -p "$folder/share/man/man1" "$folder/share/bash-completion/completions"
    "$ebb" --man >"$folder/share/man/man1/ebb.1"
    for command in "$build"/cli/ebb-*.1; do
        cp "$command" "$folder/share/man/man1/"
    done
    "$ebb" --completion bash >"$folder/share/bash-completion/completions/ebb"
}

write_readme() {
    cat >"$folder/README" <<END
Ebb $version for arm64: records a guest under KVM or TCG, replays and debugs it backwards.

Nothing is to be installed: the programs are static and run from this folder, wherever it is.

  bin/ebb doctor                                     what this host can record, and why not
  ./selftest                                         records some guests and replays them
  bin/ebb record -o run1 -- -M virt -cpu host -m 32 -nodefaults -display none -serial stdio \\
      -kernel share/ebb/demo/jobs-kvm-aarch64.elf
  bin/ebb verify run1                                replays all of it and compares
  bin/ebb replay run1                                gdb (gdb-multiarch is to be installed)

A recording is a folder. Copied to any other machine with Ebb, x86-64 ones included, it is replayed
and debugged there in the same way.

docs/ has the manual; bin/ebb help COMMAND prints it. Ebb is free software under the GNU General
Public License, version 3 or later; its QEMU, under version 2 or later. LICENSES/ has both.
END
}

fill_folder() {
    local guest
    rm -rf "$stage"
    mkdir -p "$folder/bin" "$folder/libexec/ebb" "$folder/share/ebb/demo" \
        "$folder/share/ebb/guests" "$folder/docs"
    cp "$build/arm64/ebb" "$folder/bin/"
    cp "$build/arm64/qemu-system-aarch64" "$build/arm64/qemu-img" "$folder/libexec/ebb/"
    cp -r "$root/gdb-scripts" "$root/lldb-scripts" "$folder/share/ebb/"
    cp "$root/demo/jobs.c" "$root/demo/session.gdb" "$build/guests/jobs-kvm-aarch64.elf" \
        "$folder/share/ebb/demo/"
    for guest in "${selftest_guests[@]}"; do
        cp "$build/guests/$guest-kvm-aarch64.elf" "$folder/share/ebb/guests/"
    done
    cp "$root/tests/kvm/selftest.sh" "$folder/selftest"
    cp -r "$root"/docs/*.md "$root/docs/ide" "$folder/docs/"
    cp -r "$root/LICENSES" "$folder/"
    find "$folder" -name __pycache__ -prune -exec rm -rf {} +
    write_manual
    write_readme
}

"$root/tests/guests/build.sh" "$build/guests" >&2
fill_folder
tar -C "$stage" --sort=name --owner=0 --group=0 --numeric-owner -cf - "$name" |
    xz -T 0 >"$build/$name.tar.xz"
rm -rf "$stage"
echo "$build/$name.tar.xz"
