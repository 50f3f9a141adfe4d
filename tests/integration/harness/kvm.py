# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings made under KVM: by this machine if it is an ARM host, else by ARM hosts emulated here.

Each kind of host is booted once, and makes all its recordings one after the other. It starts when
the first test asks for one of them; two hosts are at work at a time. With EBB_KVM_MADE=DIR in the
environment what they made stays in DIR, a folder for each module, and is not made again by the next
run."""

import concurrent.futures
import fcntl
import json
import os
import shlex
import sys

from . import ebb as ebb_module
from .guests import ROOT, SOURCES, initramfs
from .process import WATCHDOG

sys.path.insert(0, os.path.join(ROOT, "tests", "kvm"))
from nested_host import (HostFailed, Results, arm_programs, is_arm_host,  # noqa: E402
                         open_host)

HOSTS_AT_ONCE = 2
HOST_TIMEOUT = 6 * WATCHDOG  # all that a host has to do is one run
FILES = "@FILES@"    # in arguments: where the host has its files
KVM_CHECK_EXTENSION, KVM_CAP_ARM_EL1_32BIT = 0xae03, 105  # of linux/kvm.h
WITH_RNG = ("dma-", "culprit-")  # bare-metal guests that want a device for random numbers

# CPUs of emulated hosts that have AArch32 in EL1.
WITH_ARM = ("cortex-a72",)


class Made:
    """A recording that a host made, with the interface of a finished recorder."""

    def __init__(self, folder, name):
        self.recording = os.path.join(folder, name)
        self.status = int(self._read("status") or -1)
        self.errors = self._read("err")

    def _read(self, suffix):
        try:
            with open("%s.%s" % (self.recording, suffix), errors="replace") as file:
                return file.read().replace("\r\n", "\n").replace("\r", "\n")
        except FileNotFoundError:
            return ""

    def text(self):
        return self._read("out")

    def stats(self):
        return json.loads(self._read("stats") or "{}")

    def manifest(self):
        with open(os.path.join(self.recording, "manifest.json")) as file:
            return json.load(file)

    def describe(self):
        return "%s: status %d\n%s\n--- standard error:\n%s" % (
            self.recording, self.status, self.text()[-2000:], self.errors[-2000:])


def quote(argument):
    """For the shell of the host."""
    parts = [shlex.quote(part) if part else "" for part in argument.split(FILES)]
    return '"$EBB_FILES"'.join(parts) or shlex.quote("")


class Plan:
    """What one host is to do: commands, and the files they need."""

    def __init__(self, guests):
        self.guests = guests
        self.files = {}
        self.lines = ["ebb doctor >doctor.out 2>&1"]

    def bare(self, name):
        """QEMU's arguments for a bare-metal guest such as "steps-kvm-arm"."""
        self.files["guests/%s.elf" % name] = self.guests.elf(name)
        cpu = "host" if name.endswith("aarch64") else "host,aarch64=off"
        return ["-M", "virt", "-cpu", cpu, "-m", "16", "-nodefaults", "-display", "none",
                "-serial", "stdio", "-kernel", "%s/guests/%s.elf" % (FILES, name)] + (
                    ["-device", "virtio-rng-device"] if name.startswith(WITH_RNG) else [])

    def linux(self, architecture, script, append="", kernel=None, programs=None):
        """The same for Debian's kernel with tests/guests/linux/SCRIPT.init. kernel: another one,
        by the name that scripts/guests.sh has for it. programs: as of initramfs.make()."""
        made_for = kernel or architecture
        initrd = os.path.join(self.guests.folder, "%s-%s-kvm.cpio.gz" % (script, made_for))
        initramfs.make(architecture, os.path.join(SOURCES, "linux", script + ".init"), initrd,
                       kernel=made_for, programs=programs)
        kernel = "vmlinuz-" + made_for
        self.files["guests/" + kernel] = self.guests.fetched(kernel)
        self.files["guests/%s-%s" % (script, made_for)] = initrd
        cpu = "host" if architecture == "arm64" else "host,aarch64=off"
        return ["-M", "virt", "-cpu", cpu, "-m", "128", "-nodefaults", "-display", "none",
                "-serial", "stdio", "-kernel", "%s/guests/%s" % (FILES, kernel),
                "-initrd", "%s/guests/%s-%s" % (FILES, script, made_for),
                "-append", "console=ttyAMA0 loglevel=4 panic=-1 " + append]

    def loaded(self, architecture, work):
        """The same for one with disk, network and random numbers."""
        self.files["guests/numbers"] = "".join("%d\n" % n for n in range(1, 5001)).encode()
        return self.linux(architecture, "load", "work=" + work) + [
            "-drive", "if=none,id=disk,format=raw,file=disk.img",
            "-device", "virtio-blk-device,drive=disk",
            "-netdev", "user,id=net,tftp=" + FILES + "/guests",
            "-device", "virtio-net-device,netdev=net", "-device", "virtio-rng-device"]

    def record(self, name, arguments, options=(), answering=False, times=1):
        """Adds a recording, or several: NAME, NAME-2, NAME-3. The guest is answered if it asks for
        lines."""
        words = " ".join(quote(word) for word in [*options, "--", *arguments])
        command = "record_answering" if answering else "record"
        for number in range(1, times + 1):
            each = name if number == 1 else "%s-%d" % (name, number)
            if "disk.img" in words:
                self.lines.append("rm -f disk.img; truncate -s 16M disk.img")
            self.lines.append("%s %s %s" % (command, each, words))

    def record_disturbed(self, name, arguments, times):
        """Adds recordings of a guest that the host interrupts all the time."""
        self.files["guests/wakeups"] = self.guests.elf("wakeups-aarch64")
        self.lines.append('"$EBB_FILES/guests/wakeups" >disturbing.out 2>&1 & disturbing=$!')
        self.record(name, arguments, times=times)
        self.lines.append('kill "$disturbing"')

    def shell(self, text, arguments=()):
        """Adds lines of shell; in them ARGUMENTS stands for QEMU's arguments."""
        words = " ".join(quote(word) for word in arguments)
        self.lines += [line.strip().replace("ARGUMENTS", words) for line in text.split("\n")]

    def script(self):
        with open(os.path.join(ROOT, "tests", "kvm", "record.sh")) as file:
            return file.read() + "\n" + "\n".join(self.lines) + "\n"


def local_has_arm():
    """Whether this machine, an ARM host, can run AArch32 guests."""
    with open("/dev/kvm", "rb+", buffering=0) as kvm:
        return fcntl.ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_ARM_EL1_32BIT) > 0


class Host:
    """A kind of host, and what it made. make_plan(host, guests) returns its Plan."""

    def __init__(self, name, cpu, kernel, make_plan):
        self.name = name
        self.cpu = cpu
        self.kernel = kernel
        self.arm = cpu in WITH_ARM if kernel else local_has_arm()  # has it AArch32 guests?
        self.make_plan = make_plan
        self.future = None

    def run(self, session):
        """Boots the host and lets it make everything."""
        if not is_arm_host():
            missing = {"bin/ebb", "bin/qemu-system-aarch64"} - set(arm_programs(session.build))
            if missing:
                raise HostFailed("%s/arm64 has no %s: scripts/arm64.sh makes it" % (
                    session.build, " and no ".join(sorted(missing))))
        folder = session.new_folder("kvm-" + self.name)
        if os.environ.get("EBB_KVM_MADE"):
            folder = os.path.join(os.environ["EBB_KVM_MADE"], self.make_plan.__module__, self.name)
            if os.path.exists(os.path.join(folder, "status")):
                return Results(folder)
        plan = self.make_plan(self, session.guests)
        host = open_host(self.cpu, self.kernel, build=session.build, timeout=HOST_TIMEOUT)
        return host.run(plan.script(), plan.files, folder)

    def results(self):
        """All that the host left; raises HostFailed."""
        return self.future.result()

    def made(self, name):
        return Made(self.results().folder, name)


# A kind of host for tests that need no other: its name, CPU and kernel.
A72_612 = ("a72_612", "cortex-a72", "6.12")


class Hosts:
    """Some kinds of hosts: their names, CPUs and kernels; an ARM host is its own and only kind. They
    start when the first of them is asked for, in the order of the tests, those only that this run
    has tests of: these have "Kvm_HOST_" in their names."""

    def __init__(self, make_plan, kinds):
        if is_arm_host():
            kinds = [("local", "host", None)]
        self.hosts = {kind[0]: Host(*kind, make_plan) for kind in kinds}
        self.pool = None

    def __iter__(self):
        return iter(self.hosts.values())

    def get(self, name):
        if not self.pool:
            session = ebb_module.current()
            self.pool = concurrent.futures.ThreadPoolExecutor(
                1 if is_arm_host() else HOSTS_AT_ONCE)
            for host in self:
                if host.name == name or session.has_test("Kvm_%s_" % host.name):
                    host.future = self.pool.submit(host.run, session)
        return self.hosts[name]
