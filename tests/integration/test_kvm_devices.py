# SPDX-License-Identifier: GPL-3.0-or-later
"""The devices that may be recorded, all in one guest, under KVM: what the guest and the host find in
them is what they find in the plain runs of test_record_devices.py, and the recording verifies. One
kind of host does: devices are QEMU's, and the same on each."""

import os
import socket
import unittest

from harness import ebb, kvm
from harness.host_ends import Cards, Disks, Network, Port, Ramfb, check_all_are_in, numbers
from harness.kvm import ROOT

BEHIND = ",iommu_platform=on,disable-legacy=on"
# A kernel that starts without looking for randomness in its clock, for which it would read that
# a hundred thousand times.
QUICK = "initcall_blacklist=jent_mod_init"

DISKS = Disks(
    ["virtio-iommu-pci", "virtio-scsi-pci,id=scsi" + BEHIND, "pcie-root-port,id=socket,chassis=1",
     "pcie-pci-bridge,id=pci", "qemu-xhci,id=usb", "sdhci-pci", "usb-bot,bus=usb.0,id=bot",
     "usb-uas,bus=usb.0,id=uas", "usb-hub,bus=usb.0,port=4", "nvme-subsys,id=subsys",
     "nvme,serial=2,id=nvme,subsys=subsys"],
    [(120, "virtio-blk-pci" + BEHIND), (124, "scsi-hd,bus=scsi.0"), (128, "scsi-cd,bus=scsi.0"),
     (132, "nvme,serial=1,bus=socket"), (136, "usb-storage,bus=usb.0"), (140, "scsi-hd,bus=uas.0"),
     (144, "scsi-hd,bus=bot.0"), (256, "sd-card"), (148, "virtio-blk-pci,bus=pci,addr=1"),
     (152, "nvme-ns,bus=nvme"), (156, "virtio-blk-pci,packed=on"),
     (160, "usb-storage,bus=usb.0,port=4.1")])
NETWORK = Network(["virtio-net-pci,netdev", "e1000e,netdev", "igb,netdev",
                   "usb-net,bus=usb.0,netdev"],
                  ["virtio_net", "e1000e", "igb", "igbvf", "cdc_ether"], page=numbers(5000))
SIZE = ",xres=320,yres=240"
CARDS = Cards("pci", {"virtio_gpudrmfb": "virtio-gpu-pci" + SIZE,
                      "bochs-drmdrmfb": "bochs-display" + SIZE}, ["ramfb", "i6300esb"])

# Each of these is in one guest: on PCI, on USB and beside it; and memory-mapped.
HARDWARE = {
    "recorded": (DISKS, NETWORK, CARDS),
    "mapped": (Disks(["virtio-scsi-device,id=scsi"],
                     [(120, "virtio-blk-device"), (124, "scsi-hd,bus=scsi.0"),
                      (128, "scsi-cd,bus=scsi.0")]),
               Network(["virtio-net-device,netdev"], ["virtio_net"], page=NETWORK.page),
               Cards("device", {"virtio_gpudrmfb": "virtio-gpu-device" + SIZE})),
}
# By what the refusal names.
REFUSED = {"e1000": "e1000", "cmb_size_mb": "nvme,serial=1,cmb_size_mb=1"}


def add_files(plan):
    plan.files.update({"guests/page": NETWORK.page, "guests/says": Port.SAYS,
                       "guests/busybox": plan.guests.fetched("busybox-arm64")})
    with open(os.path.join(ROOT, "tests", "kvm", "devices.sh")) as file:
        plan.shell(file.read())


def add_hardware(plan, name, port):
    """A guest that uses all of it, and what the host is given for its ends."""
    disks, network, cards = HARDWARE[name]
    ends = os.path.join(ebb.current().new_folder("devices"), "ends")
    os.makedirs(ends)
    disks.write(ends)
    cards.write(ends)
    plan.files["guests/%s-ends" % name] = ends
    words = ["port=%d" % port, disks.words, network.words, cards.words, QUICK]
    arguments = plan.linux("arm64", "hardware", kernel="arm64-6.12", append=" ".join(words))
    arguments += (disks.arguments("ends") + network.arguments() +
                  cards.arguments("ends", ["pipe,path=ends/console", "pipe,path=ends/port"]))
    # Few keyframes: after each the guest has to fault in all its memory again.
    plan.shell("record_with_devices %s --keyframe-interval 10s -- ARGUMENTS" % name, arguments)


def free_port():
    with socket.socket() as each:
        each.bind(("127.0.0.1", 0))
        return each.getsockname()[1]


def make_plan(_, guests):
    plan = kvm.Plan(guests)
    port = free_port()
    add_files(plan)
    plan.shell("serve %d" % port)
    for name in HARDWARE:
        add_hardware(plan, name, port)
    plan.shell("stop_serving")
    plan.record("ramfb", plan.bare("ramfb-kvm-aarch64") + ["-device", "ramfb"], answering=True)
    plan.record("pvpanic", plan.linux("arm64", "pvpanic", kernel="arm64-6.12", append=QUICK) +
                ["-device", "pvpanic-pci"], ["--until", "panic"])
    for name, device in REFUSED.items():
        plan.record("refused-" + name,
                    plan.bare("interrupts-kvm-aarch64") + ["-device", device])
    return plan


class ListOfDevices(unittest.TestCase):
    def test_all_are_tried_or_refused(self):
        check_all_are_in(self, os.path.abspath(__file__))


class Devices(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.ebb = ebb.current()
        cls.results = kvm.Host("devices", "neoverse-n1", "6.1", make_plan).run(cls.ebb)

    def made(self, name):
        return kvm.Made(self.results.folder, name)

    def verify(self, name):
        result = self.ebb.json("verify", "--json", self.made(name).recording)
        self.assertTrue(result["end_state_compared"], result)

    def test_devices(self):
        self.check_hardware("recorded")

    def test_mapped(self):
        self.check_hardware("mapped")

    def check_hardware(self, name):
        disks, network, cards = HARDWARE[name]
        made = self.made(name)
        self.assertEqual(made.status, 0, made.describe())
        said = made.text().split("\n")
        for line in disks.lines() + network.lines() + cards.lines() + ["guest: PASS"]:
            self.assertIn(line, said, made.describe())
        folder = self.results.path(name + "-ends")
        disks.check(self, folder)
        cards.check(self, folder)
        for port in ("console", "port"):
            with open(os.path.join(folder, port + ".heard"), "rb") as file:
                self.assertEqual(file.read(), Port.HEARS)
        self.verify(name)

    def test_ramfb(self):
        made = self.made("ramfb")
        self.assertEqual((made.status, made.text()), (0, Ramfb.TEXT), made.describe())
        self.verify("ramfb")

    def test_pvpanic(self):
        """The guest tells of a panic by it, which a condition waits for."""
        made = self.made("pvpanic")
        self.assertEqual(made.status, 0, made.describe())
        self.assertIn("guest: tells of a panic", made.text())
        self.assertEqual(self.ebb.info(made.recording)["until"]["condition"], "panic")
        self.verify("pvpanic")

    def test_refused(self):
        """KVM keeps writes to e1000 to itself for a while, and has no answer to others."""
        for name, device in REFUSED.items():
            made = self.made("refused-" + name)
            self.assertEqual(made.status, 5, made.describe())
            self.assertIn(name, made.errors)
