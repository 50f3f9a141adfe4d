# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# Reads all of each disk, writes to the middle of it, and reads it again from the device. A disk is
# named by its size in KiB; the host knows what is on it, and what has to be there then.
# disks=N on the kernel's command line: so many there are.
# modules: virtio_mmio virtio_pci virtio_iommu virtio_blk virtio_scsi sd_mod sr_mod nvme
# modules: xhci_pci usb_storage uas sdhci_pci

# Sets disks to the names of all. It is asked for again and again, so nothing is started for it.
find_disks() {
    disks=
    count=0
    for disk in /sys/block/*; do
        case $disk in
        */ram* | */loop* | */nvme*c*) continue ;; # the last are paths to others
        esac
        read -r size <"$disk/size"
        if [ "$size" != 0 ]; then
            disks="$disks ${disk##*/}"
            count=$((count + 1))
        fi
    done
}

expected=$(parameter disks)
find_disks
until [ "$count" = "$expected" ]; do
    usleep 100000
    find_disks
done

for disk in $disks; do
    size=$(($(cat "/sys/block/$disk/size") / 2))
    echo "guest: disk $size: $(md5sum <"/dev/$disk" | cut -c 1-32)"
    if [ "$(cat "/sys/block/$disk/ro")" = 0 ] && [ "${disk#sr}" = "$disk" ]; then
        seq "$size" 9000 | dd "of=/dev/$disk" bs=1k seek=65 conv=fsync 2>/dev/null
    fi
    echo 3 >/proc/sys/vm/drop_caches
    echo "guest: disk $size then: $(md5sum <"/dev/$disk" | cut -c 1-32)"
done
