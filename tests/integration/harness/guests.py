# SPDX-License-Identifier: GPL-3.0-or-later
"""The guests: what they are built from and the QEMU arguments they run with."""

import gzip
import os
import re
import struct
import subprocess
import sys

from .process import WATCHDOG

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__)))))
SOURCES = os.path.join(ROOT, "tests", "guests")

sys.path.insert(0, os.path.join(SOURCES, "linux"))
import initramfs  # noqa: E402

CPUS = {"aarch64": "cortex-a53", "arm": "cortex-a15", "thumb": "cortex-a7",
        "vexpress": "cortex-a15"}
# Guests that want something of the machine: options, the CPU, devices.
MACHINES = {
    "hotpage-aarch64": ("", "max", []),
    "origin-aarch64": ("", "cortex-a76", []),
    "culprit-aarch64": ("", None, ["-device", "virtio-rng-device"]),
    "culprit-arm": ("", None, ["-device", "virtio-rng-device"]),
    "flaky-aarch64": ("", None, ["-device", "virtio-rng-device"]),
    "flaky-arm": ("", None, ["-device", "virtio-rng-device"]),
    "secure-aarch64": (",secure=on", "cortex-a57", ["-device", "virtio-rng-device"]),
    "secure-arm": (",secure=on", None, ["-device", "virtio-rng-device"]),
    "hypervisor-aarch64": (",virtualization=on,gic-version=3", "cortex-a57", []),
    "stage2-aarch64": (",virtualization=on", "cortex-a57", []),
}
LINUX_CPUS = {"arm64": "cortex-a72", "armhf": "cortex-a15"}


class Guests:
    """Builds guests under a folder."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)
        subprocess.run([os.path.join(SOURCES, "build.sh"), folder], check=True, timeout=WATCHDOG)

    def elf(self, name):
        return os.path.join(self.folder, name + ".elf")

    def bare(self, name, gic=2, cpu=None, ram="32"):
        """Arguments for a bare-metal guest, such as "mmu-arm"."""
        machine, own_cpu, devices = MACHINES.get(name, ("", None, []))
        kind = name.rsplit("-", 1)[1]
        arguments = ["-cpu", cpu or own_cpu or CPUS[kind], "-nodefaults", "-display", "none",
                     "-serial", "stdio", "-kernel", self.elf(name)]
        if kind == "vexpress":
            return ["-M", "vexpress-a15", "-audio", "none", "-m", "128"] + arguments
        if "gic-version" not in machine:
            machine += ",gic-version=%d" % gic
        return ["-M", "virt" + machine, "-m", str(ram)] + arguments + devices

    def linux(self, architecture, script, gic=2, cpu=None, append="", kernel=None, programs=None):
        """Arguments for Debian's kernel with tests/guests/linux/SCRIPT.init. kernel: another one
        than the architecture's, "arm64-6.12". programs: as of initramfs.make()."""
        kernel = kernel or architecture
        initrd = os.path.join(self.folder, "%s-%s.cpio.gz" % (script, kernel))
        initramfs.make(architecture, os.path.join(SOURCES, "linux", script + ".init"), initrd,
                       kernel=kernel, programs=programs)
        return ["-M", "virt,gic-version=%s" % gic, "-cpu", cpu or LINUX_CPUS[architecture],
                "-m", "256", "-nodefaults", "-display", "none", "-serial", "stdio",
                "-kernel", self.fetched("vmlinuz-" + kernel), "-initrd", initrd,
                "-append", "console=ttyAMA0 loglevel=4 panic=-1 " + append]

    @staticmethod
    def symbols(elf):
        """The addresses of an ELF file's symbols by their names."""
        listing = subprocess.run(["nm", elf], capture_output=True, check=True, text=True,
                                 timeout=WATCHDOG).stdout
        return {name: int(address, 16)
                for address, name in re.findall(r"(?m)^(\w+) \w (\S+)$", listing)}

    @staticmethod
    def address(elf, name):
        """The address of a symbol in an ELF file."""
        return Guests.symbols(elf)[name]

    @staticmethod
    def fetched(name):
        """A file that scripts/guests.sh left in the cache."""
        return os.path.join(initramfs.guests_folder(), name)


def zboot(image):
    """An arm64 Image as other distributions ship it: packed, in an EFI program that unpacks it. Of
    the program there is only the header that loaders look at."""
    packed = gzip.compress(image, 1)
    header = struct.pack("<4s4sII8x32s4sI", b"MZ", b"zimg", 64, len(packed), b"gzip",
                         b"\xcd\x23\x82\x81", 64)
    return header + packed


def marked_lines(name):
    """The numbers of the lines that a guest's source marks with "mark: NAME"."""
    marks = {}
    with open(os.path.join(SOURCES, name + ".c")) as source:
        for number, line in enumerate(source, 1):
            match = re.search(r"/\* mark: (.*?) \*/", line)
            if match:
                marks[match.group(1)] = number
    return marks
