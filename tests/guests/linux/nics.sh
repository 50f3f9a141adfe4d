# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# Fetches a page through each network card, and sends it back: that is TCP both ways. Of an igb card
# a virtual function is one more.
# nics=N port=PORT on the kernel's command line: so many cards there are, and there is the page.
# modules: virtio_mmio virtio_pci virtio_iommu virtio_net e1000 e1000e igb igbvf
# modules: xhci_pci cdc_ether cdc_subset rndis_host af_packet

# Sets cards to the names of all. It is asked for again and again, so nothing is started for it.
find_cards() {
    cards=
    count=0
    for found in /sys/class/net/*; do
        if [ -e "$found/device" ]; then
            cards="$cards ${found##*/}"
            count=$((count + 1))
        fi
    done
}

wait_for_cards() { # COUNT
    find_cards
    until [ "$count" = "$1" ]; do
        usleep 100000
        find_cards
    done
}

driver_of() { # CARD
    basename "$(readlink "/sys/class/net/$1/device/driver")"
}

cat >/tmp/udhcpc.sh <<'END'
#!/bin/sh
if [ "$1" = bound ]; then
    ip address add $ip/24 dev $interface && ip route add default via $router
    echo $router >/tmp/router
fi
END
chmod +x /tmp/udhcpc.sh

transfer() { # CARD
    ip link set "$1" up || return 1
    udhcpc -i "$1" -n -q -s /tmp/udhcpc.sh >/dev/null 2>&1 || return 1
    url=http://$(cat /tmp/router):$(parameter port)
    rm -f /tmp/page /tmp/sum
    wget -q -O /tmp/page "$url/numbers" || return 1
    echo "guest: network $(driver_of "$1"): $(md5sum </tmp/page | cut -c 1-32)"
    wget -q -O /tmp/sum --post-file /tmp/page "$url/cgi-bin/sum" || return 1
    echo "guest: network $(driver_of "$1") sent: $(cat /tmp/sum)"
    ip address flush dev "$1"
}

# A virtual function asks its card for all it needs, and a card that gets functions is being reset:
# the driver has to wait until the card is up again.
virtual_function() { # CARD
    device=/sys/class/net/$1/device
    find_cards
    others=$count
    ip link set "$1" up
    echo 0 >"$device/sriov_drivers_autoprobe"
    echo 1 >"$device/sriov_numvfs" || return 1
    until read -r carrier <"/sys/class/net/$1/carrier" && [ "$carrier" = 1 ]; do
        usleep 100000
    done
    echo 1 >"$device/sriov_drivers_autoprobe"
    basename "$(readlink "$device/virtfn0")" >/sys/bus/pci/drivers/igbvf/bind
    wait_for_cards $((others + 1))
    virtual=$(ls "$device/virtfn0/net")
    transfer "$virtual" || return 1
    # Left to itself it would wait for its card at power-off, when that is down.
    ip link set "$virtual" down
    echo 0 >"$device/sriov_numvfs"
}

wait_for_cards "$(parameter nics)"
for card in $cards; do
    driver=$(driver_of "$card")
    check "network $driver" transfer "$card"
    [ "$driver" != igb ] || check "network igbvf" virtual_function "$card"
    ip link set "$card" down
done
