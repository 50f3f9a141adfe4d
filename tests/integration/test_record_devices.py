# SPDX-License-Identifier: GPL-3.0-or-later
"""Each device that may be recorded: the guest finds in it what the host has put there, the host
what the guest has, in a recorded run as in a plain one, and the recording verifies. The list of
devices is that of the recorder."""

import os
import time
import unittest

from harness import ebb, process
from harness.host_ends import (SMALL, Cards, Disks, Network, Port, Ramfb, check_all_are_in,
                               picture)
from harness.qmp import Monitor
from harness.web import NumberServer

HERE = os.path.dirname(os.path.abspath(__file__))


class Devices(unittest.TestCase):
    def setUp(self):
        self.ebb = ebb.current()

    def start_plain(self, arguments):
        return process.Process(
            [os.path.join(self.ebb.build, "qemu", "qemu-system-aarch64"), *arguments])

    def finish(self, runner, lines):
        """Waits for a guest's end; returns what it has said, in no order, since that in which
        devices are found is none either."""
        self.assertEqual(runner.wait(), 0, runner.describe())
        said = sorted(line for line in runner.text().split("\n") if line.startswith("guest: "))
        self.assertIn("guest: PASS", said, runner.describe())
        self.assertEqual([line for line in lines if line not in said], [], runner.describe())
        return said

    def check_both(self, run):
        """run(start) runs the guest that start() starts, and returns what it has said."""
        plain = run(self.start_plain)
        recorders = []

        def start(arguments):
            recorders.append(self.ebb.start_recording(arguments))
            return recorders[0]

        self.assertEqual(run(start), plain)
        result = self.ebb.json("verify", "--json", recorders[0].recording)
        self.assertTrue(result["end_state_compared"], result)

    def check_disks(self, architecture, controllers, disks, **guest):
        """disks: pairs of a size in KiB and a device for it."""
        ends = Disks(controllers, disks)

        def run(start):
            folder = self.ebb.new_folder("disks")
            os.mkdir(folder)
            ends.write(folder)
            arguments = self.ebb.guests.linux(architecture, "disks", append=ends.words, **guest)
            with start(arguments + ends.arguments(folder)) as runner:
                said = self.finish(runner, ends.lines())
            ends.check(self, folder)
            return said

        self.check_both(run)

    def test_disks_pci(self):
        self.check_disks(
            "arm64",
            ["virtio-scsi-pci,id=scsi", "pcie-root-port,id=socket,chassis=1",
             "pcie-pci-bridge,id=pci", "qemu-xhci,id=usb", "sdhci-pci", "usb-bot,bus=usb.0,id=bot",
             "usb-uas,bus=usb.0,id=uas", "usb-hub,bus=usb.0,port=4", "nvme-subsys,id=subsys",
             "nvme,serial=2,id=nvme,subsys=subsys"],
            [(200, "virtio-blk-pci"), (220, "scsi-hd,bus=scsi.0"), (240, "scsi-cd,bus=scsi.0"),
             (260, "nvme,serial=1,bus=socket"), (280, "usb-storage,bus=usb.0"),
             (300, "scsi-hd,bus=uas.0"), (320, "scsi-hd,bus=bot.0"), (512, "sd-card"),
             (340, "virtio-blk-pci,bus=pci,addr=1"), (360, "nvme-ns,bus=nvme"),
             (380, "virtio-blk-pci,packed=on"), (400, "nvme,serial=3,cmb_size_mb=1"),
             (420, "usb-storage,bus=usb.0,port=4.1")])

    def test_disks_mmio(self):
        self.check_disks("armhf", ["virtio-scsi-device,id=scsi"],
                         [(200, "virtio-blk-device"), (220, "scsi-hd,bus=scsi.0"),
                          (240, "scsi-cd,bus=scsi.0")])

    def test_disks_iommu(self):
        """virtio-iommu needs a newer kernel than the other guests have."""
        behind = ",iommu_platform=on,disable-legacy=on"
        self.check_disks("arm64", ["virtio-iommu-pci", "virtio-scsi-pci,id=scsi" + behind],
                         [(200, "virtio-blk-pci" + behind), (220, "scsi-hd,bus=scsi.0"),
                          (260, "nvme,serial=1")], kernel="arm64-6.12")

    def test_disks_smmu(self):
        """The machine's own IOMMU, and the ITS of a GICv3 for its messages."""
        behind = ",iommu_platform=on,disable-legacy=on"
        self.check_disks("arm64", ["virtio-scsi-pci,id=scsi" + behind],
                         [(200, "virtio-blk-pci" + behind), (220, "scsi-hd,bus=scsi.0"),
                          (260, "nvme,serial=1")], gic="3,iommu=smmuv3")

    def check_cards(self, architecture, cards, drivers):
        ends = Network(cards, drivers)

        def run(start):
            with NumberServer() as port:
                arguments = self.ebb.guests.linux(architecture, "nics",
                                                  append="port=%d %s" % (port, ends.words))
                with start(arguments + ends.arguments()) as runner:
                    # The port is another one each time.
                    return self.finish(runner, ends.lines())

        self.check_both(run)

    def test_network_pci(self):
        self.check_cards("arm64", ["virtio-net-pci,netdev", "e1000,netdev", "e1000e,netdev",
                                   "igb,netdev", "qemu-xhci,id=usb", "usb-net,bus=usb.0,netdev",
                                   "virtio-net-pci,packed=on,netdev"],
                         ["virtio_net", "e1000", "e1000e", "igb", "igbvf", "cdc_ether"])

    def check_displays(self, monitor_path, names, folder, drawn=picture):
        """They show what the guest has drawn, once that has got to them. drawn(width, height) is
        that."""
        monitor = Monitor(monitor_path)
        deadline = time.monotonic() + process.WATCHDOG
        for name in names:
            path = os.path.join(folder, name + ".ppm")
            shown, expected = b"", None
            while shown != expected:
                self.assertLess(time.monotonic(), deadline, name)
                self.assertIn("return",
                              monitor.command("screendump", filename=path, device=name))
                with open(path, "rb") as file:
                    shown = file.read()
                expected = drawn(*[int(word) for word in shown.split(None, 3)[1:3]])
        monitor.close()

    def check_others(self, architecture, ends):
        def run(start):
            folder = self.ebb.new_folder("cards")
            os.mkdir(folder)
            ends.write(folder)
            ports = [Port(os.path.join(folder, name)) for name in ("console", "port")]
            path = os.path.join(folder, "monitor")
            arguments = self.ebb.guests.linux(architecture, "cards", append=ends.words)
            arguments += ends.arguments(folder, ["pipe,path=" + port.path for port in ports])
            arguments += ["-qmp", "unix:%s,server=on,wait=off" % path]
            with start(arguments) as runner:
                runner.expect("guest: type a line")
                self.check_displays(path, ends.displays, folder)
                runner.send("typed\n")
                said = self.finish(runner, ends.lines())
            ends.check(self, folder)
            for port in ports:
                self.assertEqual(port.result(), Port.HEARS)
            return said

        self.check_both(run)

    def test_others_pci(self):
        self.check_others("arm64", Cards("pci", {"virtio_gpudrmfb": "virtio-gpu-pci" + SMALL,
                                                 "bochs-drmdrmfb": "bochs-display" + SMALL},
                                         ["ramfb", "i6300esb"]))

    def test_others_mmio(self):
        self.check_others("armhf", Cards("device", {"virtio_gpudrmfb": "virtio-gpu-device" + SMALL}))

    def check_ramfb(self, architecture):
        def run(start):
            folder = self.ebb.new_folder("display")
            os.mkdir(folder)
            path = os.path.join(folder, "monitor")
            with start(self.ebb.guests.bare("ramfb-" + architecture) +
                       ["-device", "ramfb,id=ramfb", "-qmp",
                        "unix:%s,server=on,wait=off" % path]) as runner:
                for number in range(Ramfb.PICTURES):
                    runner.expect("type a line")
                    self.check_displays(path, ["ramfb"], folder, Ramfb.picture(number))
                    runner.send("\n")
                self.assertEqual(runner.wait(), 0, runner.describe())
            self.assertEqual(runner.text(), Ramfb.TEXT)
            return runner.text()

        self.check_both(run)

    def test_ramfb_aarch64(self):
        self.check_ramfb("aarch64")

    def test_ramfb_arm(self):
        self.check_ramfb("arm")

    def check_pvpanic(self, architecture):
        """The guest tells of a panic, which ends it; a recording says so, with --until and without.
        With --until QEMU ends where it would stay paused else."""
        guest = self.ebb.guests.linux(architecture, "pvpanic") + ["-device", "pvpanic-pci"]
        with self.start_plain(guest) as runner:
            self.assertEqual(runner.wait(), 0, runner.describe())
        recorders = [self.ebb.record(guest),
                     self.ebb.record(guest + ["-action", "panic=pause"], ["--until", "panic"])]
        for recorder, met in zip(recorders, (False, True)):
            self.assertEqual(recorder.text().splitlines()[-2:], runner.text().splitlines()[-2:])
            self.assertIn("guest: tells of a panic", recorder.text())
            info = self.ebb.info(recorder.recording)
            self.assertEqual(info["end"], "panic")
            self.assertEqual(info["until"] is not None, met)
            result = self.ebb.json("verify", "--json", recorder.recording)
            self.assertTrue(result["end_state_compared"], result)
        self.assertEqual(info["until"]["position"], info["end_position"])
        self.assertIsNone(info["until"]["text"])

    def test_pvpanic_arm64(self):
        self.check_pvpanic("arm64")

    def test_pvpanic_armhf(self):
        self.check_pvpanic("armhf")


class ListOfDevices(unittest.TestCase):
    def test_all_are_tried(self):
        """What the recorder lets pass is what these tests and test_record_linux.py record."""
        check_all_are_in(self, os.path.join(HERE, "test_record_devices.py"),
                         os.path.join(HERE, "test_record_linux.py"))


class Refused(unittest.TestCase):
    """What cannot be recorded, or nobody has tried, is refused by name before the guest starts."""

    def check(self, what, *arguments):
        session = ebb.current()
        with session.start_recording(session.guests.bare("interrupts-aarch64") +
                                     list(arguments)) as recorder:
            self.assertEqual(recorder.wait(), 5, recorder.describe())
            self.assertNotIn("interrupts:", recorder.text())
            self.assertIn(what, recorder.errors.decode())
            self.assertFalse(os.path.exists(recorder.recording))

    def test_untried(self):
        self.check("the device rtl8139 ", "-device", "rtl8139")

    def test_memory_of_nvme(self):
        self.check("pmrdev=", "-object", "memory-backend-ram,id=region,size=1M",
                   "-device", "nvme,serial=1,pmrdev=region")

    def test_virtual_functions_of_nvme(self):
        self.check("sriov_max_vfs=", "-device", "nvme-subsys,id=subsys",
                   "-device", "nvme,serial=1,subsys=subsys,sriov_max_vfs=1,sriov_vq_flexible=2,"
                   "sriov_vi_flexible=1,max_ioqpairs=4,msix_qsize=5")

    def test_memory_of_virtio_gpu(self):
        self.check("hostmem=", "-device", "virtio-gpu-pci,hostmem=64M")

    def test_shared_memory(self):
        self.check("ivshmem", "-object", "memory-backend-ram,id=region,size=1M,share=on",
                   "-device", "ivshmem-plain,memdev=region")

    def test_shared_ram(self):
        self.check("share=off", "-object", "memory-backend-ram,id=region,size=32M,share=on",
                   "-machine", "memory-backend=region")

    def test_iothreads(self):
        drive = ["-drive", "if=none,id=disk,driver=null-co,read-zeroes=on,size=1M",
                 "-object", "iothread,id=thread"]
        self.check("iothread=", *drive, "-device", "virtio-blk-pci,drive=disk,iothread=thread")
        self.check("iothread=", *drive, "-device",
                   '{"driver": "virtio-blk-pci", "drive": "disk", "iothread-vq-mapping": '
                   '[{"iothread": "thread"}]}')

    def test_memory_devices(self):
        self.check("memory devices", "-m", "32,maxmem=1G,slots=2",
                   "-object", "memory-backend-ram,id=region,size=128M",
                   "-device", "virtio-mem-pci,memdev=region")

    def test_balloon(self):
        self.check("virtio-balloon", "-device", "virtio-balloon-pci")
