# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# Uses what is neither a disk nor a network card, as far as it is there: displays, ports to the host,
# and with rng=1, cipher=1, share=1, watchdog=1 on the kernel's command line random numbers, ciphers,
# a shared folder, the watchdog.
# modules: virtio_mmio virtio_pci virtio_iommu virtio_console virtio_rng virtio-rng virtio_gpu bochs
# modules: virtio_crypto algif_skcipher i6300esb 9p 9pnet_virtio

sum() {
    md5sum | cut -c 1-32
}

# Fills the display; the host looks at it, and the memory has to be as it was written. Without a
# console on it nobody else would switch it on.
display() { # DEVICE NAME
    info=/sys/class/graphics/${1#/dev/}
    head -n 1 "$info/modes" >"$info/mode" || return 1
    size=$(($(cat "$info/stride") * $(sed 's/.*,//' "$info/virtual_size")))
    seq 1 20000 >/tmp/part
    while cat /tmp/part; do :; done 2>/dev/null | head -c $size >/tmp/picture
    dd if=/tmp/picture of="$1" bs=64k 2>/dev/null || return 1
    echo "guest: $2: $(dd if="$1" bs=64k 2>/dev/null | head -c $size | sum)"
    rm /tmp/picture
}

# The host says something once it has heard something, and gets numbers for it.
talk() { # DEVICE NAME
    exec 3<>"$1" || return 1
    [ ! -t 3 ] || stty raw -echo <&3
    echo "ready" >&3
    head -c 20000 <&3 >/tmp/heard || return 1
    echo "guest: $2 heard: $(sum </tmp/heard)"
    seq 1 1000 >&3
    exec 3<&-
}

# The host's source of random numbers repeats itself every 16 bytes, so that they can be compared.
random() {
    dd if=/dev/hwrng bs=64 count=64 iflag=fullblock 2>/dev/null >/tmp/random
    [ "$(wc -c </tmp/random)" = 4096 ] || return 1
    echo "guest: random numbers: $(sum </tmp/random)"
}

# The kernel tries each cipher with what it knows the results of.
cipher() {
    grep -A 6 "virtio_crypto_aes_cbc" /proc/crypto | grep -q "selftest *: passed"
}

shared_folder() {
    mount -t 9p -o trans=virtio,version=9p2000.L share /mnt || return 1
    echo "guest: shared folder: $(sum </mnt/from-host)"
    seq 1 9000 >/mnt/from-guest || return 1
    umount /mnt && mount -t 9p -o trans=virtio,version=9p2000.L share /mnt || return 1
    echo "guest: shared folder then: $(sum </mnt/from-guest)"
    umount /mnt
}

for name in /dev/fb*; do
    [ -e "$name" ] || continue
    what="display $(cat "/sys/class/graphics/${name#/dev/}/name")"
    check "$what" display "$name" "$what"
done
for name in /sys/class/virtio-ports/*/name; do
    [ ! -e "$name" ] || check "port $(cat "$name")" talk "/dev/$(basename "${name%/name}")" port
done
[ ! -e /dev/hvc0 ] || check "console" talk /dev/hvc0 console
[ -z "$(parameter rng)" ] || check "random numbers" random
[ -z "$(parameter cipher)" ] || check "cipher" cipher
[ -z "$(parameter share)" ] || check "shared folder" shared_folder
[ -z "$(parameter watchdog)" ] || check "watchdog" [ -e /dev/watchdog ]
