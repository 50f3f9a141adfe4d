# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's kernels with busybox: booted to power-off, with and without disks and network."""

import os
import unittest

from harness import ebb, images
from harness.web import NumberServer


class Linux(unittest.TestCase):
    def setUp(self):
        self.ebb = ebb.current()

    def check_verifies(self, recorder):
        self.assertIn("guest: PASS", recorder.text())
        self.assertEqual(self.ebb.info(recorder.recording)["end"], "power-off")
        result = self.ebb.json("verify", "--json", recorder.recording)
        self.assertTrue(result["end_state_compared"], result)

    def poweroff(self, architecture, **guest):
        name = "linux-" + "-".join([architecture] + ["%s=%s" % item for item in guest.items()])
        return self.ebb.shared(
            name, lambda: self.ebb.guests.linux(architecture, "poweroff", **guest))

    def test_arm64(self):
        recorder = self.poweroff("arm64")
        self.check_verifies(recorder)
        info = self.ebb.info(recorder.recording)
        self.assertLessEqual(info["log_bytes"], 650000)

    def test_armhf(self):
        self.check_verifies(self.poweroff("armhf"))

    def test_arm64_gicv3(self):
        self.check_verifies(self.poweroff("arm64", gic=3, cpu="neoverse-n1"))

    def test_arm64_max(self):
        self.check_verifies(self.poweroff("arm64", gic=3, cpu="max"))

    def test_register_names(self):
        """`ebb dump` has a name for every register that a kernel uses."""
        for recorder, known in ((self.poweroff("arm64", gic=3, cpu="max"),
                                 {"CNTVCTSS_EL0", "CNTV_CTL_EL0", "ICC_IAR1_EL1", "PMCR_EL0"}),
                                (self.poweroff("armhf"), {"CNTVCT", "CNTV_CTL", "CNTV_CVAL"})):
            events = self.ebb.json("dump", "--json", "--kind", "sysreg-read,sysreg-write",
                                   recorder.recording)
            names = {event["register"] for event in events}
            self.assertEqual(known - names, set())
            for name in names:
                self.assertRegex(name, r"^(CNT|PM|ICC_|RNDR)[A-Z0-9_]*$")

    def test_console(self):
        """`ebb console` has what the guest printed, each line with its position."""
        recorder = self.poweroff("arm64")
        lines = self.ebb.json("console", "--json", recorder.recording)
        text = [line["text"].rstrip("\r\n") for line in lines]
        printed = [line.rstrip("\r") for line in recorder.text().split("\n")]
        self.assertEqual([line for line in text if line], [line for line in printed if line])
        positions = [line["position"] for line in lines]
        self.assertEqual(positions, sorted(positions))

    def devices(self, architecture, bus):
        raw = os.path.join(self.ebb.folder, "raw-%s.img" % architecture)
        qcow2 = os.path.join(self.ebb.folder, "disk-%s.qcow2" % architecture)
        images.raw(raw)
        images.qcow2(qcow2)
        shared = self.ebb.new_folder("shared")
        os.mkdir(shared)
        with open(os.path.join(shared, "from-host"), "w") as file:
            file.write("hello, guest\n")
        with NumberServer() as port:
            arguments = self.ebb.guests.linux(architecture, "devices",
                                              append="port=%d share=1" % port) + [
                "-drive", "if=none,id=raw,format=raw,file=" + raw,
                "-device", "virtio-blk-%s,drive=raw" % bus,
                "-drive", "if=none,id=formatted,format=qcow2,file=" + qcow2,
                "-device", "virtio-blk-%s,drive=formatted" % bus,
                "-netdev", "user,id=net", "-device", "virtio-net-%s,netdev=net" % bus,
                "-device", "virtio-rng-%s" % bus,
                "-fsdev", "local,id=share,path=%s,security_model=none" % shared,
                "-device", "virtio-9p-%s,fsdev=share,mount_tag=share" % bus]
            if bus == "pci":  # the option ROM for PXE is not part of this build
                place = arguments.index("virtio-net-pci,netdev=net")
                arguments[place] += ",romfile="
            recorder = self.ebb.record(arguments, typed=[("type a line", "typed words\n")])
        self.assertIn("guest: got 'typed words'", recorder.text())
        self.assertNotIn("not ok", recorder.text())
        for path in (raw, qcow2):
            os.remove(path)  # the replay needs none of it
        self.check_verifies(recorder)
        with open(os.path.join(shared, "from-guest")) as file:
            self.assertEqual(file.read(), "hello, host\n")

    def test_devices_arm64(self):
        self.devices("arm64", "device")

    def test_devices_arm64_pci(self):
        self.devices("arm64", "pci")

    def test_devices_armhf(self):
        self.devices("armhf", "device")


class UBoot(unittest.TestCase):
    """Firmware without an operating system: flash, its own console, commands typed at it."""

    def check(self, file, machine):
        session = ebb.current()
        typed = [("Hit any key to stop autoboot", "\n"), ("=> ", "version\n"),
                 ("=> ", "md.b 0x0 0x40\n"), ("00000030", ""), ("=> ", "saveenv\n"), ("OK", ""),
                 ("=> ", "poweroff\n")]
        recorder = session.record(
            [*machine, "-m", "128", "-nodefaults", "-display", "none", "-serial", "stdio",
             "-bios", session.guests.fetched(file)], typed=typed)
        self.assertIn("U-Boot 20", recorder.text())
        result = session.json("verify", "--json", recorder.recording)
        self.assertTrue(result["end_state_compared"], result)

    def test_qemu_arm64(self):
        self.check("u-boot-qemu_arm64.bin", ["-M", "virt", "-cpu", "cortex-a57"])

    def test_qemu_arm(self):
        self.check("u-boot-qemu_arm.bin", ["-M", "virt", "-cpu", "cortex-a15"])
