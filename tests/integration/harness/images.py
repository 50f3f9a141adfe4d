# SPDX-License-Identifier: GPL-3.0-or-later
"""Disk images for guests."""

import struct

CLUSTER = 65536


def raw(path, megabytes=4):
    """A raw disk with a mark at its beginning that tests/guests/linux/devices.init looks for."""
    with open(path, "wb") as image:
        image.write(b"made by the host")
        image.truncate(megabytes << 20)


def empty(path, megabytes=1):
    with open(path, "wb") as image:
        image.truncate(megabytes << 20)


def qcow2(path, megabytes=16):
    """An empty qcow2 image (version 2), as docs/interop/qcow2.rst of QEMU describes it."""
    header = struct.pack(">4sIQIIQIIQQIIQ", b"QFI\xfb", 2, 0, 0, 16, megabytes << 20, 0,
                         1, 3 * CLUSTER, CLUSTER, 1, 0, 0)
    refcount_table = struct.pack(">Q", 2 * CLUSTER)
    refcounts = struct.pack(">4H", 1, 1, 1, 1)
    level1 = bytes(8)
    with open(path, "wb") as image:
        for cluster in (header, refcount_table, refcounts, level1):
            image.write(cluster.ljust(CLUSTER, b"\0"))
