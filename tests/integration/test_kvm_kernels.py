# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's kernels as guests under KVM, and as hosts. Here is the part of the matrix that takes what
is new: the newest kernel as a host with the newest guests, of both architectures. With EBB_KVM_ALL=N
in the environment it is all of it, N times; `./run test kvm --all` sets it to 3."""

import os
import struct
import subprocess
import unittest

from harness import ebb, kvm
from harness.guests import zboot
from harness.process import WATCHDOG

WORK = "work=compute,syscalls,processes,idle"
GUESTS_64 = ("arm64-7.2",)
GUESTS_32 = ("armhf-7.2",)
KINDS = [("a72_72", "cortex-a72", "7.2")]
TIMES = 1
UNSUPPORTED = 5  # exit status
WFI, BRANCH_BACK = 0xd503207f, 0x17ffffff  # A64
if os.environ.get("EBB_KVM_ALL"):
    GUESTS_64 = ("arm64", "arm64-6.12", "arm64-7.2", "arm64-7.2-rt", "arm64-7.2-cloud",
                 "arm64-7.2-16k")
    GUESTS_32 = ("armhf", "armhf-6.12", "armhf-7.2")
    KINDS = [("%s_%s" % (name, kernel.replace(".", "")), cpu, kernel)
             for name, cpu in (("a72", "cortex-a72"), ("n1", "neoverse-n1"), ("a76", "cortex-a76"),
                               ("v1", "neoverse-v1"), ("n2", "neoverse-n2"), ("max", "max"))
             for kernel in ("6.1", "6.12", "7.2")]
    TIMES = int(os.environ["EBB_KVM_ALL"])


def guests_of(host):
    """A Cortex-A72 has no pages of 16 KiB, and such a kernel ends there before it has a console."""
    return [("arm64", guest) for guest in GUESTS_64
            if not (guest.endswith("-16k") and host.cpu == "cortex-a72")] + [
        ("armhf", guest) for guest in GUESTS_32 if host.arm]


def make_plan(host, guests):
    plan = kvm.Plan(guests)
    for architecture, guest in guests_of(host):
        plan.record(guest, plan.linux(architecture, "work", WORK, guest), times=TIMES)
    add_refused(plan, guests)
    add_own_tree(plan)
    add_rebooting(plan)
    add_clockless(plan)
    return plan


def device_tree(machine="", options=()):
    """A machine's: without more QEMU's own, which has the CPU's timer."""
    session = ebb.current()
    tree = session.new_folder("tree")
    subprocess.run([os.path.join(session.build, "qemu", "qemu-system-aarch64"), "-M",
                    "virt,gic-version=2%s,dumpdtb=%s" % (machine, tree), "-cpu", "cortex-a72", "-m",
                    "128", "-nodefaults", "-display", "none", *options],
                   check=True, timeout=WATCHDOG, stdin=subprocess.DEVNULL)
    with open(tree, "rb") as file:
        return packed(file.read())


def packed(tree):
    """Without the room behind, which QEMU leaves, and doubles when it loads the file: Linux takes no
    tree of more than 2 MiB, and waits for ever."""
    structure, strings = struct.unpack_from(">II", tree, 8)
    strings_size, structure_size = struct.unpack_from(">II", tree, 32)
    size = max(structure + structure_size, strings + strings_size)
    return tree[:4] + struct.pack(">I", size) + tree[8:size]


def add_refused(plan, guests):
    """Guests that can have no clock, or none that is recorded. The kernel's drivers have another
    name, and it is packed."""
    with open(guests.fetched("vmlinuz-arm64"), "rb") as file:
        kernel = file.read()
    plan.files["guests/vmlinuz-arm64"] = guests.fetched("vmlinuz-arm64")
    plan.files["guests/no-driver"] = zboot(
        kernel.replace(b"arm,armv7-timer-mem", b"arm,armv7-timer-xxx"))
    plan.files["guests/other.dtb"] = device_tree()
    machine = ["-M", "virt", "-cpu", "host", "-m", "128", "-nodefaults", "-display", "none",
               "-serial", "stdio", "-kernel"]
    plan.record("no-driver", machine + [kvm.FILES + "/guests/no-driver"],
                ["--guest-clock", "page"])
    plan.record("no-timer", machine + [kvm.FILES + "/guests/vmlinuz-arm64",
                                       "-dtb", kvm.FILES + "/guests/other.dtb"])
    for name, options in (("open-counter", ["--guest-clock", "registers"]),
                          ("open-counter-auto", [])):
        plan.record(name, machine + [kvm.FILES + "/guests/no-driver",
                                     "-dtb", kvm.FILES + "/guests/other.dtb"], options)


def add_own_tree(plan):
    """A device tree as Ebb makes it for the CPU's timer, but given by -dtb."""
    plan.files["guests/closed.dtb"] = device_tree(
        ",mmio-timer=on", ["-global", "ebb-mmio-timer.guest-clock=registers"])
    plan.record("own-tree", plan.linux("arm64", "poweroff") +
                ["-dtb", kvm.FILES + "/guests/closed.dtb"], ["--guest-clock", "registers"])


def add_rebooting(plan):
    """It has no root, panics and is reset, with its timer's interrupt pending, and again."""
    plan.shell("""start_until rebooting 'Kernel panic' ebb record --accel kvm -o rebooting \
                      -- ARGUMENTS
                  wait_for 'Kernel panic'
                  kill -TERM "$started"
                  finish_started""",
               ["-M", "virt", "-cpu", "host", "-m", "64", "-nodefaults", "-display", "none",
                "-serial", "stdio", "-kernel", kvm.FILES + "/guests/vmlinuz-arm64", "-append",
                "console=ttyAMA0 quiet panic=-1"])


def add_clockless(plan):
    """A firmware that knows no clock; it waits for ever."""
    plan.files["guests/clockless.bin"] = struct.pack("<II", WFI, BRANCH_BACK)
    plan.shell("limit=15")
    plan.record("clockless", ["-M", "virt", "-cpu", "host", "-m", "64", "-nodefaults", "-display",
                              "none", "-bios", kvm.FILES + "/guests/clockless.bin"])


HOSTS = kvm.Hosts(make_plan, KINDS)


class Kernels(unittest.TestCase):
    host = None

    def setUp(self):
        self.ebb = ebb.current()

    def test_doctor(self):
        self.assertIn("records under KVM", HOSTS.get(self.host).results().text("doctor.out"))

    def test_refused(self):
        """Who can have no clock, or none that is recorded, is told so before the guest starts."""
        for name, missing in (
                ("no-driver", "no timer driver found in the image: .* has none for "
                              "arm,armv7-timer-mem, .*, or record with --accel tcg"),
                ("no-timer", "no timer found in the device tree: .* describes no "
                             "arm,armv7-timer-mem, .* --guest-clock registers and "
                             "allwinner,erratum-unknown1 in .* or --accel tcg"),
                *[(name, "the guest's programs could read the CPU's counter, unrecorded: .* has no "
                         "allwinner,erratum-unknown1, .*; leave -dtb out, .* or record with "
                         "--accel tcg") for name in ("open-counter", "open-counter-auto")]):
            made = HOSTS.get(self.host).made(name)
            self.assertEqual(made.status, UNSUPPORTED, made.describe())
            self.assertRegex(made.errors, missing)
            self.assertEqual(made.text(), "")

    def test_own_tree(self):
        """One that closes the CPU's counter to programs is as good as the machine's."""
        made = HOSTS.get(self.host).made("own-tree")
        self.assertEqual(made.status, 0, made.describe())
        self.assertIn("guest: PASS", made.text())
        self.assertEqual(made.manifest()["guest_clock"], "registers")
        result = self.ebb.json("verify", "--json", made.recording)
        self.assertTrue(result["end_state_compared"], result)

    def test_clockless(self):
        """Who seems to have found none is said to."""
        self.assertIn("without setting a timer", HOSTS.get(self.host).made("clockless").errors)

    def test_rebooting(self):
        """No interrupt of before the reset is left, and those of after it come."""
        made = HOSTS.get(self.host).made("rebooting")
        self.assertEqual(made.status, 0, made.describe())
        self.assertGreaterEqual(made.text().count("Kernel panic"), 2, made.text())
        kinds = [event["kind"] for event in self.ebb.json("dump", "--json", made.recording)]
        self.assertIn("reset", kinds)
        self.assertIn("interrupt-line", kinds[kinds.index("reset"):])
        result = self.ebb.json("verify", "--json", made.recording)
        self.assertTrue(result["verified"], result)

    def check(self, guest):
        for number in range(1, TIMES + 1):
            with self.subTest(number=number):
                self.check_one(guest if number == 1 else "%s-%d" % (guest, number))

    def check_one(self, name):
        made = HOSTS.get(self.host).made(name)
        self.assertEqual(made.status, 0, made.describe())
        self.assertIn("guest: PASS", made.text())
        result = self.ebb.json("verify", "--json", made.recording)
        self.assertTrue(result["verified"], result)
        self.assertTrue(result["end_state_compared"], result)
        print("      ", self.host, name, made.stats()["exits"], flush=True)


def _add_tests(host):
    members = {"host": host.name, "__module__": __name__}
    for _, guest in guests_of(host):
        name = "test_" + guest.replace("-", "_").replace(".", "")
        members[name] = lambda self, guest=guest: self.check(guest)
    name = "Kvm_%s_Kernels" % host.name
    globals()[name] = type(name, (Kernels,), members)


for _host in HOSTS:
    _add_tests(_host)
del Kernels  # it has no host
