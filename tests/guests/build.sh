#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Compiles the bare-metal test guests: build.sh OUTDIR. What is up to date is left alone.
# The results are OUTDIR/NAME-aarch64.elf, NAME-arm.elf (QEMU's virt machine, ARMv7), and
# NAME-vexpress.elf (vexpress-a15); NAME-kvm-aarch64.elf and NAME-kvm-arm.elf keep to what a guest
# has that is recorded under KVM (common/board.h), and NAME-kvmcpu-*.elf do, too, but for the timer,
# which is the CPU's own. There is no semihosting under KVM, so the guest of that name has no such
# variant. CROSS_AARCH64 and CROSS_ARM name other tool prefixes.
set -eu

if [ $# -ne 1 ]; then
    echo "usage: build.sh OUTDIR" >&2
    exit 2
fi
mkdir -p "$1"
out=$(cd "$1" && pwd)
# Names of source files are relative to the project's root, wherever that is.
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
source=tests/guests
aarch64=${CROSS_AARCH64:-aarch64-linux-gnu-}gcc
arm=${CROSS_ARM:-arm-linux-gnueabihf-}gcc

for compiler in "$aarch64" "$arm"; do
    if ! command -v "$compiler" >/dev/null; then
        echo "build.sh: $compiler is not installed; on Debian:" \
            "apt-get install gcc-aarch64-linux-gnu gcc-arm-linux-gnueabihf" >&2
        exit 1
    fi
done

flags="-std=c11 -Wall -Wextra -Werror -g -ffreestanding -nostdlib -static -fno-pic -no-pie
    -fno-stack-protector -fno-asynchronous-unwind-tables -fno-unwind-tables -fcf-protection=none
    -fno-math-errno -Wl,--build-id=none -Wl,-z,max-page-size=4096 -Wl,--no-warn-rwx-segments
    -I$source/common -ffile-prefix-map=$root=."
common="$source/common/console.c $source/common/interrupt.c $source/common/power.c
    $source/common/check.c $source/common/memory.c $source/common/word.c
    $source/common/exception.c"
flat_map="$source/common/flat_map.c $source/common/translation.c"

# True if any input is newer than the output.
stale() {
    [ ! -e "$1" ] || [ -n "$(find "$source" "$2" -newer "$1" -type f | head -n 1)" ]
}

# build OUTPUT ARCHITECTURE SOURCE [FLAGS...]
build() {
    output=$out/$1
    architecture=$2
    file=$3
    shift 3
    stale "$output" "$file" || return 0
    case $architecture in
    aarch64) compiler="$aarch64 -march=armv8-a -mstrict-align" ;;
    arm) compiler="$arm -mcpu=cortex-a15 -mfpu=neon-vfpv4 -mfloat-abi=softfp" ;;
    esac
    # What handlers are made of must leave the floating-point registers alone.
    case $file in
    */float.c | */floatirq.c) own=-O1 ;;
    */steps.c) own="-mgeneral-regs-only -O0" ;;
    *) own="-mgeneral-regs-only -Og" ;;
    esac
    case $output in
    *-kvmcpu-*)
        variant="-DFOR_KVM -DCPU_TIMER"
        more="$source/common/timer.c $flat_map"
        ;;
    *-kvm-*)
        variant=-DFOR_KVM
        more="$source/common/timer-mmio.c $flat_map"
        ;;
    *)
        variant=
        more=$source/common/timer.c
        ;;
    esac
    # Drivers, which only the virt machine has the devices for.
    case $file in
    */dma.c | */nested.c | */secure.c | */overlap.c | */stale.c | */ramfb.c | */culprit.c | */flaky.c | */origin.c)
        more="$more $source/common/fw_cfg.c $source/common/virtio_rng.c"
        ;;
    */hotpage.c) more="$more $source/common/translation.c" ;;
    */tags.c | */moved.c | */accessed.c | */firstfault.c) more="$more $flat_map" ;;
    */calls.c) more="$more $source/calls_other.c" ;;
    */stage2.c) more="$more $source/common/translation.c" ;;
    */mmu.c) [ -n "$variant" ] || more="$more $source/common/translation.c" ;;
    esac
    echo "guest $(basename "$output")"
    # shellcheck disable=SC2086 # these are lists of words
    $compiler $own $flags "$@" $variant -c -o "$output.o" "$file"
    # shellcheck disable=SC2086
    $compiler -mgeneral-regs-only -Og $flags "$@" $variant -T "$source/common/link.ld" \
        -o "$output.new" "$source/common/start-$architecture.S" \
        "$source/common/exception-$architecture.c" $common $more "$output.o"
    rm "$output.o"
    mv "$output.new" "$output"
}

virt=-Wl,--defsym=RAM_BASE=0x40000000
vexpress="-Wl,--defsym=RAM_BASE=0x80000000 -DBOARD_VEXPRESS"
for name in exceptions interrupts mmu exclusives float semihosting echo reset dma nested \
    watchpoints steps lines long forever ticks secure flash overlap stale ramfb culprit \
    tasks flaky lastline markers spread hotpage rewritten; do
    build $name-aarch64.elf aarch64 "$source/$name.c" $virt
    build $name-arm.elf arm "$source/$name.c" $virt -marm
done
build calls-aarch64.elf aarch64 "$source/calls.c" $virt -O2
build calls-arm.elf arm "$source/calls.c" $virt -marm -O2
build calls-thumb.elf arm "$source/calls.c" $virt -mthumb -O2
build origin-aarch64.elf aarch64 "$source/origin.c" $virt -O1
build origin-arm.elf arm "$source/origin.c" $virt -marm -O1
build origin-thumb.elf arm "$source/origin.c" $virt -mthumb -O1
build shortstale-arm.elf arm "$source/stale.c" $virt -marm -DSHORT_FORMAT
build tags-aarch64.elf aarch64 "$source/tags.c" $virt
# shellcheck disable=SC2086 # these are lists of words
{
    build endian-aarch64.elf aarch64 "$source/endian.c" $virt -mbig-endian
    build endian-arm.elf arm "$source/endian.c" $virt -marm -mbig-endian -Wl,--be8
    build otherend-aarch64.elf aarch64 "$source/endian.c" $virt
    build otherend-arm.elf arm "$source/endian.c" $virt -marm
}
build hypervisor-aarch64.elf aarch64 "$source/hypervisor.c" $virt
build stage2-aarch64.elf aarch64 "$source/stage2.c" $virt
build moved-aarch64.elf aarch64 "$source/moved.c" $virt
build workload-aarch64.elf aarch64 "$source/workload.c" $virt
build accessed-aarch64.elf aarch64 "$source/accessed.c" $virt
build hidden-aarch64.elf aarch64 "$source/hidden.c" $virt
build hostile-aarch64.elf aarch64 "$source/hostile.c" $virt
build firstfault-aarch64.elf aarch64 "$source/firstfault.c" $virt
# The AArch32 program that an AArch64 kernel runs.
if stale "$out/compat32.bin" "$source/compat32.S"; then
    echo "program compat32.elf"
    $arm -mcpu=cortex-a15 -nostdlib -static -Wl,-Ttext=0 -Wl,--build-id=none -Wl,-e,program \
        -o "$out/compat32.elf" "$source/compat32.S"
    "${arm%gcc}objcopy" -O binary -j .text "$out/compat32.elf" "$out/compat32.bin"
fi
# Linux programs.
for architecture in aarch64 arm; do
    if stale "$out/culprit-linux-$architecture.elf" "$source/linux/culprit.c"; then
        echo "program culprit-linux-$architecture.elf"
        # shellcheck disable=SC2086 # these are lists of words
        $(eval echo "\$$architecture") $flags -Og -Wl,-Ttext-segment=0x10000000 \
            -o "$out/culprit-linux-$architecture.elf" "$source/linux/culprit.c"
    fi
done
build compat-aarch64.elf aarch64 "$source/compat.c" $virt "-Wa,-I$out"
build steps-thumb.elf arm "$source/steps.c" $virt -mthumb
for name in exceptions interrupts mmu exclusives float echo reset dma steps long forever \
    trylock counter polling sleeper floatirq hypercalls latecode clock ramfb reads \
    markers culprit; do
    build $name-kvm-aarch64.elf aarch64 "$source/$name.c" $virt
    build $name-kvm-arm.elf arm "$source/$name.c" $virt -marm
done
build upper-kvm-aarch64.elf aarch64 "$source/upper.c" $virt
build rescanned-kvm-aarch64.elf aarch64 "$source/latecode.c" $virt -DAWAIT_RESCAN=100000000
build rescanned-kvm-arm.elf arm "$source/latecode.c" $virt -marm -DAWAIT_RESCAN=100000000
build keeps-kvm-aarch64.elf aarch64 "$source/reads.c" $virt -DTIMER_FIRST
build keeps-kvm-arm.elf arm "$source/reads.c" $virt -marm -DTIMER_FIRST
for name in steps counter; do
    build $name-kvm-thumb.elf arm "$source/$name.c" $virt -mthumb
done
for name in registers interrupts sleeper steps clock; do
    build $name-kvmcpu-aarch64.elf aarch64 "$source/$name.c" $virt
    build $name-kvmcpu-arm.elf arm "$source/$name.c" $virt -marm
done
build registers-kvmcpu-thumb.elf arm "$source/registers.c" $virt -mthumb
# Without symbols, all that is known of what is code is the sections.
for architecture in aarch64 arm; do
    if stale "$out/stripped-kvm-$architecture.elf" "$out/counter-kvm-$architecture.elf"; then
        echo "guest stripped-kvm-$architecture.elf"
        strip_tool=$(eval echo "\$$architecture")
        "${strip_tool%gcc}strip" -o "$out/stripped-kvm-$architecture.elf" \
            "$out/counter-kvm-$architecture.elf"
    fi
done
# For the hosts that record them.
if [ ! -e "$out/wakeups-aarch64.elf" ] ||
    [ -n "$(find tests/kvm/wakeups.c -newer "$out/wakeups-aarch64.elf")" ]; then
    echo "program wakeups-aarch64.elf"
    # shellcheck disable=SC2086
    $aarch64 -Og $flags -o "$out/wakeups-aarch64.elf" tests/kvm/wakeups.c
fi
build jobs-kvm-aarch64.elf aarch64 demo/jobs.c $virt
build jobs-aarch64.elf aarch64 demo/jobs.c $virt
for name in interrupts exclusives float echo markers; do
    # shellcheck disable=SC2086
    build $name-vexpress.elf arm "$source/$name.c" $vexpress -marm
done
