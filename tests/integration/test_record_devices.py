# SPDX-License-Identifier: GPL-3.0-or-later
"""Each device that may be recorded: the guest finds in it what the host has put there, the host
what the guest has, and the recording verifies. The list of them is that of the recorder."""

import hashlib
import os
import re
import socket
import threading
import unittest

from harness import ebb
from harness.process import WATCHDOG
from harness.web import NumberServer

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))

WRITTEN_AT = 65 << 10  # as tests/guests/linux/disks.init does it


def content(size):
    """What the host puts on a disk of so many bytes."""
    lines = b"".join(b"block %d of %d\n" % (number, size) for number in range(size // 16))
    return lines[:size].ljust(size, b".")


def overwritten(data, kilobytes):
    """What it holds when the guest has written to it."""
    written = b"".join(b"%d\n" % number for number in range(kilobytes, 9001))
    return data[:WRITTEN_AT] + written + data[WRITTEN_AT + len(written):]


def md5(data):
    return hashlib.md5(data).hexdigest()


class Disk:
    """One image of a size of its own, by which the guest's output names it."""

    def __init__(self, folder, kilobytes, read_only=False):
        self.path = os.path.join(folder, "disk-%d.img" % kilobytes)
        self.kilobytes = kilobytes
        self.before = content(kilobytes << 10)
        self.after = self.before if read_only else overwritten(self.before, kilobytes)
        with open(self.path, "wb") as image:
            image.write(self.before)

    def check(self, test, text):
        name = "guest: disk %d" % self.kilobytes
        test.assertIn("%s: %s" % (name, md5(self.before)), text)
        test.assertIn("%s then: %s" % (name, md5(self.after)), text)
        with open(self.path, "rb") as image:
            test.assertEqual(md5(image.read()), md5(self.after))


class Port:
    """The host's end of a guest's port: says something, and keeps what it hears."""

    def __init__(self, path, says):
        self.path = path
        self.says = says
        self.heard = b""
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(path)
        self.socket.listen()
        self.thread = threading.Thread(target=self._talk, daemon=True)
        self.thread.start()

    def _talk(self):
        connection, _ = self.socket.accept()
        with connection, self.socket:
            connection.sendall(self.says)
            while True:
                data = connection.recv(65536)
                if not data:
                    return
                self.heard += data

    def result(self):
        self.thread.join(WATCHDOG)
        return self.heard


class Devices(unittest.TestCase):
    def setUp(self):
        self.ebb = ebb.current()

    def check_recording(self, arguments):
        """Records a guest, verifies the recording, and returns what the guest has said."""
        recorder = self.ebb.record(arguments)
        text = recorder.text()
        self.assertNotIn("not ok", text)
        self.assertIn("guest: PASS", text)
        result = self.ebb.json("verify", "--json", recorder.recording)
        self.assertTrue(result["end_state_compared"], result)
        return text

    def check_disks(self, architecture, controllers, disks, kernel=None):
        """disks: pairs of a size in KiB and a device for it."""
        folder = self.ebb.new_folder("disks")
        os.mkdir(folder)
        images = [Disk(folder, size, device.startswith("scsi-cd")) for size, device in disks]
        arguments = self.ebb.guests.linux(architecture, "disks", kernel=kernel,
                                          append="disks=%d" % len(disks))
        for controller in controllers:
            arguments += ["-device", controller]
        for image, (size, device) in zip(images, disks):
            arguments += ["-drive", "if=none,id=d%d,format=raw,file=%s" % (size, image.path),
                          "-device", "%s,drive=d%d" % (device, size)]
        text = self.check_recording(arguments)
        for image in images:
            image.check(self, text)

    def test_disks_pci(self):
        self.check_disks(
            "arm64",
            ["virtio-scsi-pci,id=scsi", "pcie-root-port,id=socket,chassis=1",
             "pcie-pci-bridge,id=pci", "qemu-xhci,id=usb", "sdhci-pci", "usb-bot,bus=usb.0,id=bot",
             "usb-uas,bus=usb.0,id=uas", "nvme-subsys,id=subsys",
             "nvme,serial=2,id=nvme,subsys=subsys"],
            [(200, "virtio-blk-pci"), (220, "scsi-hd,bus=scsi.0"), (240, "scsi-cd,bus=scsi.0"),
             (260, "nvme,serial=1,bus=socket"), (280, "usb-storage,bus=usb.0"),
             (300, "scsi-hd,bus=uas.0"), (320, "scsi-hd,bus=bot.0"), (512, "sd-card"),
             (340, "virtio-blk-pci,bus=pci,addr=1"), (360, "nvme-ns,bus=nvme")])

    def test_disks_mmio(self):
        self.check_disks("arm64", ["virtio-scsi-device,id=scsi"],
                         [(200, "virtio-blk-device"), (220, "scsi-hd,bus=scsi.0"),
                          (240, "scsi-cd,bus=scsi.0")])

    def test_disks_iommu(self):
        """virtio-iommu needs a newer kernel than the other guests have."""
        behind = ",iommu_platform=on,disable-legacy=on"
        self.check_disks("arm64", ["virtio-iommu-pci", "virtio-scsi-pci,id=scsi" + behind],
                         [(200, "virtio-blk-pci" + behind), (220, "scsi-hd,bus=scsi.0"),
                          (260, "nvme,serial=1")], kernel="arm64-6.12")

    def check_cards(self, architecture, cards):
        with NumberServer() as port:
            arguments = self.ebb.guests.linux(
                architecture, "nics",
                append="port=%d nics=%d" % (port, sum("netdev" in card for card in cards)))
            for number, card in enumerate(cards):
                if "netdev" in card:
                    arguments += ["-netdev", "user,id=n%d,net=10.0.%d.0/24" % (number, number)]
                    card = card.replace("netdev", "netdev=n%d" % number)
                arguments += ["-device", card]
            return self.check_recording(arguments)

    def test_network_pci(self):
        text = self.check_cards("arm64", ["virtio-net-pci,netdev", "e1000,netdev", "e1000e,netdev",
                                          "igb,netdev", "qemu-xhci,id=usb",
                                          "usb-net,bus=usb.0,netdev"])
        for driver in ("virtio_net", "e1000", "e1000e", "igb"):
            self.assertIn("guest: ok network %s\n" % driver, text)

    def check_others(self, architecture, bus, more, checks):
        """Ports, random numbers, ciphers and a display on a bus of virtio devices."""
        arguments = self.ebb.guests.linux(
            architecture, "cards",
            append="rng=1 cipher=1" + (" watchdog=1" if "i6300esb" in more else ""))
        arguments += ["-device", "virtio-serial-%s" % bus]
        ports = [Port(self.ebb.new_folder("port"), says) for says in (b"", b"from the host!")]
        for port, device in zip(ports, ("virtconsole", "virtserialport,name=port")):
            arguments += ["-chardev", "socket,id=%s,path=%s" % (device[:6], port.path),
                          "-device", "%s,chardev=%s" % (device, device[:6])]
        arguments += ["-object", "cryptodev-backend-builtin,id=ciphers",
                      "-device", "virtio-crypto-%s,cryptodev=ciphers" % bus]
        for device in ("virtio-gpu-" + bus, "virtio-rng-" + bus, *more):
            arguments += ["-device", device]
        text = self.check_recording(arguments)
        for check in ("display virtio_gpudrmfb", "random numbers", "cipher", "port port", *checks):
            self.assertIn("guest: ok " + check, text)
        for port, count in zip(ports, (50, 5000)):
            numbers = b"".join(b"%d\n" % number for number in range(1, count + 1))
            self.assertEqual(port.result().replace(b"\r", b""), numbers)

    def test_others_pci(self):
        self.check_others("arm64", "pci", ["bochs-display", "ramfb", "i6300esb"],
                          ["display bochs-drmdrmfb", "watchdog"])


class ListOfDevices(unittest.TestCase):
    def test_all_are_tried(self):
        """What the recorder lets pass is what these tests and test_record_linux.py record."""
        with open(os.path.join(ROOT, "qemu", "ebb", "recorder", "devices.c")) as file:
            names = re.search(r"tried\[\] = \{(.*?)\};", file.read(), re.DOTALL).group(1)
        text = ""
        for name in ("test_record_devices.py", "test_record_linux.py"):
            with open(os.path.join(HERE, name)) as file:
                text += file.read()
        for name in re.findall(r'"(.*?)"', names):
            # A device of virtio may be named without its bus.
            stem = re.sub(r"^(virtio-\w+-)(pci|device)$", r"\1", name)
            self.assertRegex(text, r"[\" ]%s" % re.escape(stem), name)


class Refused(unittest.TestCase):
    def test_by_name(self):
        """A device that nobody has tried is refused before the guest starts."""
        session = ebb.current()
        with session.start_recording(session.guests.bare("interrupts-aarch64") +
                                     ["-device", "rtl8139"]) as recorder:
            self.assertEqual(recorder.wait(), 5, recorder.describe())
            self.assertNotIn("interrupts:", recorder.text())
            self.assertIn("the device rtl8139 ", recorder.errors.decode())
            self.assertFalse(os.path.exists(recorder.recording))
