# SPDX-License-Identifier: GPL-3.0-or-later
"""Which device has written to memory, as far as the log tells."""

import re

from . import server

EVENT = re.compile(r"^ *(\d+) +(\d+)  (\S+) +0x([0-9a-f]+) (.*)$", re.MULTILINE)
SYNCHRONOUS = ("mmio-read", "mmio-write", "sysreg-read", "sysreg-write", "hypercall",
               "semihosting")
LOOK_BACK = 200  # events
CHUNK = 10000
CHUNKS = 20

# The memory map of QEMU's machine virt.
VIRT = (
    (0x00000000, 0x08000000, "the flash"),
    (0x08000000, 0x01000000, "the interrupt controller"),
    (0x09000000, 0x00001000, "the serial port"),
    (0x09010000, 0x00001000, "the real-time clock"),
    (0x09020000, 0x00000018, "fw-cfg"),
    (0x09030000, 0x00001000, "the GPIO controller"),
    (0x09040000, 0x00001000, "the secure serial port"),
    (0x09050000, 0x00020000, "the SMMU"),
    (0x10000000, 0x30000000, "a PCI device"),
    (0x4010000000, 0x10000000, "a PCI device"),
    (0x8000000000, 0x8000000000, "a PCI device"),
)
VIRTIO = (0x0a000000, 0x200, 32)  # base, size and number of the transports
VIRTIO_IDS = {1: "network", 2: "block", 3: "console", 4: "entropy", 5: "balloon", 8: "SCSI",
              9: "9p", 16: "GPU", 18: "input", 19: "socket", 23: "IOMMU", 26: "file system"}
# None of these writes to memory by itself.
NO_WRITERS = ("the interrupt controller", "the serial port", "the real-time clock", "the flash")


def events(command):
    """(number, position, kind, address, rest) of what "monitor events" prints."""
    return [(int(number), int(position), kind, int(address, 16), rest)
            for number, position, kind, address, rest in EVENT.findall(server.monitor(command))]


def virtio_kind(base):
    """What the guest has read from the transport's DeviceID; None: it never has."""
    for chunk in range(CHUNKS):
        found = events("events #%d %d" % (chunk * CHUNK, CHUNK))
        for _, _, kind, address, rest in found:
            if kind == "mmio-read" and address == base + 8:
                return VIRTIO_IDS.get(int(rest.split()[-1], 16))
        if len(found) < CHUNK:
            break
    return None


def name(address):
    """What the machine has at a physical address."""
    if not server.facts().get("machine", "").startswith("virt"):
        return "the device at 0x%x" % address
    base, size, count = VIRTIO
    number = (address - base) // size
    if 0 <= number < count:
        kind = virtio_kind(base + number * size)
        return "%s (virtio-mmio %d at 0x%x)" % (
            "virtio's %s device" % kind if kind else "a virtio device", number,
            base + number * size)
    for base, size, what in VIRT:
        if base <= address < base + size:
            return "%s (0x%x)" % (what, address)
    return "the device at 0x%x" % address


def inside(found, step):
    """The access of the instruction at the position that made a device write."""
    wrote = False
    for _, position, kind, address, _ in found:
        if position == step:
            wrote = wrote or kind == "dma"
            if wrote and kind in SYNCHRONOUS:
                return address
    return None


def last_asked(number):
    """(address, position) of the guest's last write before an event to a device that may write to
    memory; None: not known."""
    first = max(0, number - LOOK_BACK)
    found = events("events #%d %d" % (first, number - first)) if number > first else []
    for _, position, kind, address, _ in reversed(found):
        if kind == "mmio-write" and not name(address).startswith(NO_WRITERS):
            return address, position
    return None


def who_wrote(step):
    """The device that wrote in the step that begins at a position."""
    found = events("events %d 50" % step)
    address = inside(found, step)
    if address is not None:
        return name(address)
    for number, position, kind, _, _ in found:
        if kind == "dma" and position == step + 1:
            asked = last_asked(number)
            if not asked:
                break
            return ("a device, probably %s: it is the one that the guest wrote to last, at "
                    "position %s" % (name(asked[0]), server.grouped(asked[1])))
    return "a device; which one, the log does not tell"
