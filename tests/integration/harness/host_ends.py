# SPDX-License-Identifier: GPL-3.0-or-later
"""The host's ends of devices that tests/guests/linux/disks.sh, nics.sh and cards.sh use, and
tests/guests/ramfb.c: QEMU's arguments for them, the words for the kernel's command line, the lines
that the guest then prints, and what has to have arrived here."""

import hashlib
import os
import re
import struct
import threading

from .guests import ROOT
from .process import WATCHDOG

WRITTEN_AT = 65 << 10  # as disks.sh does it
PORT_SAYS = 20000      # bytes that a port hears in cards.sh
SMALL = ",xres=640,yres=480"  # for a display


def check_all_are_in(test, *files):
    """Each device that the recorder lets pass is in one of the files, or here."""
    with open(os.path.join(ROOT, "qemu", "ebb", "recorder", "devices.c")) as file:
        names = re.search(r"tried\[\] = \{(.*?)\};", file.read(), re.DOTALL).group(1)
    text = ""
    for name in (__file__, *files):
        with open(name) as file:
            text += file.read()
    for name in re.findall(r'"(.*?)"', names):
        # A device of virtio may be named without its bus.
        stem = re.sub(r"^(virtio-\w+-)(pci|device)$", r"\1", name)
        test.assertRegex(text, r"[\" ]%s" % re.escape(stem), name)


def numbers(last, first=1):
    """As seq prints them."""
    return b"".join(b"%d\n" % number for number in range(first, last + 1))


def md5(data):
    return hashlib.md5(data).hexdigest()


class Disk:
    """One image of a size of its own, by which the guest's output names it."""

    def __init__(self, kilobytes, device):
        self.kilobytes = kilobytes
        self.device = device
        size = kilobytes << 10
        lines = b"".join(b"block %d of %d\n" % (number, size) for number in range(size // 16))
        self.before = self.after = lines[:size].ljust(size, b".")
        if not device.startswith("scsi-cd"):
            written = numbers(9000, kilobytes)
            self.after = (self.before[:WRITTEN_AT] + written +
                          self.before[WRITTEN_AT + len(written):])

    def name(self):
        return "disk-%d.img" % self.kilobytes


class Disks:
    def __init__(self, controllers, disks):
        """disks: pairs of a size in KiB and a device for it."""
        self.controllers = controllers
        self.disks = [Disk(*each) for each in disks]
        self.words = "disks=%d" % len(disks)

    def write(self, folder):
        for disk in self.disks:
            with open(os.path.join(folder, disk.name()), "wb") as image:
                image.write(disk.before)

    def arguments(self, folder):
        words = []
        for controller in self.controllers:
            words += ["-device", controller]
        for disk in self.disks:
            words += ["-drive", "if=none,id=d%d,format=raw,file=%s" % (
                disk.kilobytes, os.path.join(folder, disk.name())),
                      "-device", "%s,drive=d%d" % (disk.device, disk.kilobytes)]
        return words

    def lines(self):
        found = []
        for disk in self.disks:
            name = "guest: disk %d" % disk.kilobytes
            found += ["%s: %s" % (name, md5(disk.before)), "%s then: %s" % (name, md5(disk.after))]
        return found

    def check(self, test, folder):
        for disk in self.disks:
            with open(os.path.join(folder, disk.name()), "rb") as image:
                test.assertEqual(md5(image.read()), md5(disk.after), disk.name())


class Network:
    def __init__(self, cards, drivers, page=numbers(20000)):
        """cards: devices, those that are cards with "netdev" in them; drivers: what the guest's
        kernel has for them; page: what the guest fetches and sends back."""
        self.page = page
        self.cards = cards
        self.drivers = drivers
        self.words = "nics=%d" % sum("netdev" in card for card in cards)

    def arguments(self):
        words = []
        for number, card in enumerate(self.cards):
            if "netdev" in card:
                words += ["-netdev", "user,id=n%d,net=10.0.%d.0/24" % (number, number)]
                card = card.replace("netdev", "netdev=n%d" % number)
            words += ["-device", card]
        return words

    def lines(self):
        return ["guest: network %s%s: %s" % (driver, what, md5(self.page))
                for driver in self.drivers for what in ("", " sent")]


class Port:
    """The host's end of a guest's port: hears a line, says something, and keeps what it hears. By
    pipes, which take all of it at once: QEMU drops what a console's end has no room for."""

    SAYS = numbers(5000)[:PORT_SAYS]
    HEARS = b"ready\n" + numbers(1000)

    def __init__(self, path):
        self.path = path
        self.heard = b""
        os.mkfifo(path + ".in")
        os.mkfifo(path + ".out")
        self.thread = threading.Thread(target=self._talk, daemon=True)
        self.thread.start()

    def _talk(self):
        with open(self.path + ".in", "wb") as says, open(self.path + ".out", "rb") as hears:
            self.heard = hears.readline()
            says.write(self.SAYS)
            says.flush()
            self.heard += hears.read()

    def result(self):
        self.thread.join(WATCHDOG)
        return self.heard


class Cards:
    """Ports, random numbers, ciphers, a shared folder and displays, on a bus of virtio devices."""

    RANDOM = b"0123456789abcdef" * 65536
    SHARED = numbers(7000)

    def __init__(self, bus, displays, more=()):
        """displays: names in the guest to devices; more: other devices."""
        self.bus = bus
        self.displays = displays
        self.more = list(more)
        self.words = "rng=1 cipher=1 share=1 vt.global_cursor_default=0" + (
            " watchdog=1" if "i6300esb" in more else "")

    def write(self, folder):
        with open(os.path.join(folder, "random"), "wb") as file:
            file.write(self.RANDOM)
        os.mkdir(os.path.join(folder, "shared"))
        with open(os.path.join(folder, "shared", "from-host"), "wb") as file:
            file.write(self.SHARED)

    def arguments(self, folder, chardevs):
        """chardevs: the two character devices, without their ids. virtio-gpu and virtio-crypto are
        not for the memory-mapped virtio that came before version 1."""
        words = ["-global", "virtio-mmio.force-legacy=off", "-device", "virtio-serial-" + self.bus]
        for number, port in enumerate(("virtconsole", "virtserialport,name=port")):
            words += ["-chardev", chardevs[number].replace(",", ",id=p%d," % number, 1),
                      "-device", "%s,chardev=p%d" % (port, number)]
        words += ["-object", "cryptodev-backend-builtin,id=ciphers",
                  "-device", "virtio-crypto-%s,cryptodev=ciphers" % self.bus,
                  "-object", "rng-random,id=numbers,filename=" + os.path.join(folder, "random"),
                  "-device", "virtio-rng-%s,rng=numbers" % self.bus,
                  "-fsdev", "local,id=share,security_model=none,path=" +
                  os.path.join(folder, "shared"),
                  "-device", "virtio-9p-%s,fsdev=share,mount_tag=share" % self.bus]
        for name, device in self.displays.items():
            words += ["-device", "%s,id=%s" % (device, name)]
        for device in self.more:
            words += ["-device", device]
        return words

    def lines(self):
        return (["guest: %s heard: %s" % (name, md5(Port.SAYS)) for name in ("console", "port")] +
                ["guest: random numbers: " + md5(self.RANDOM[:4096]),
                 "guest: shared folder: " + md5(self.SHARED),
                 "guest: shared folder then: " + md5(numbers(9000)), "guest: ok cipher"] +
                ["guest: ok display " + name for name in self.displays] +
                (["guest: ok watchdog"] if "i6300esb" in self.more else []))

    def check(self, test, folder):
        with open(os.path.join(folder, "shared", "from-guest"), "rb") as file:
            test.assertEqual(file.read(), numbers(9000))


def shown(width, height, points):
    """What a display shows, as a PPM file has it: red, green, blue. In the guest's memory a point
    has blue, green, red and a byte more."""
    colours = bytearray(3 * width * height)
    for colour in range(3):
        colours[colour::3] = points[2 - colour::4]
    return b"P6\n%d %d\n255\n" % (width, height) + bytes(colours)


def picture(width, height):
    """Of cards.sh."""
    size = 4 * width * height
    part = numbers(20000)
    return shown(width, height, (part * (size // len(part) + 1))[:size])


class Ramfb:
    """Of ramfb.c, which draws one picture after the other."""

    PICTURES = 2
    TEXT = "".join(["ramfb: picture %d; type a line\n" % number for number in range(PICTURES)] +
                   ["ramfb: 3 checks, 0 failed\n", "ramfb: PASS\n"])

    @staticmethod
    def picture(number):
        """What it is, for displays of any size."""
        def draw(width, height):
            points = [(((number + 1) * 0x9e3779b1 + point) * 0x85ebca6b) & 0xffffffff
                      for point in range(width * height)]
            return shown(width, height, struct.pack("<%dI" % len(points), *points))
        return draw
