# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# Sourced by each /init: a usable system, and words for the tests to look for.

export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in /modules/*.ko; do
    [ ! -e "$module" ] || insmod "$module" || echo "guest: cannot load $module"
done
echo "guest: $(uname -r) on $(uname -m)"

failed=0
check() { # WHAT COMMAND...
    what=$1
    shift
    if "$@"; then
        echo "guest: ok $what"
    else
        echo "guest: not ok $what"
        failed=1
    fi
}

# The value of NAME=... on the kernel's command line.
parameter() {
    sed -n "s/.*\\b$1=\\([^ ]*\\).*/\\1/p" /proc/cmdline
}

finish() {
    [ $failed = 1 ] && echo "guest: FAIL" || echo "guest: PASS"
    poweroff -f
}
