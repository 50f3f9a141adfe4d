#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""An ARM host with KVM on a machine that is none: our QEMU emulates the host, Debian's arm64 kernel
runs on it, and a shell script in there has /dev/kvm, busybox and our arm64 programs. On an ARM host
that has KVM itself, LocalHost runs the same scripts without emulation; open_host() chooses.

    nested_host.py [--cpu CPU] [--kernel 6.1|6.12] [--file GUEST_PATH=PATH]... --results DIR SCRIPT

The script (a file, or "-" for standard input) runs as root in the folder /results and finds the
files that it was given as "$EBB_FILES/GUEST_PATH". All that it leaves in its folder is put into DIR,
with its output in "output" and the host's console in "console.log". On an ARM host with KVM it runs
on the machine itself, as the user. The exit status is the script's; 125 means that the host did not
get to the script's end.
"""

import argparse
import os
import platform
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "guests", "linux"))
import initramfs  # noqa: E402

# nVHE, LL/SC, AArch32 guests; VHE, LSE.
CPUS = ("cortex-a72", "neoverse-n1")
# Version to the name that scripts/guests.sh has for it.
KERNELS = {"6.1": "arm64", "6.12": "arm64-6.12", "7.2": "arm64-7.2"}
RESULTS_SIZE = 4 << 30  # bytes of the disk for results; the file is sparse
LOST = 125  # exit status when there is none from the script


class HostFailed(Exception):
    """The nested host did not get to the end of the script."""


class Results:
    """What a run left: its folder, the script's exit status and output."""

    def __init__(self, folder):
        self.folder = folder
        self.status = int(self.text("status"))
        self.output = self.text("output")
        self.seconds = 0.0  # that the run took here

    def path(self, name):
        return os.path.join(self.folder, name)

    def text(self, name):
        with open(self.path(name), errors="replace") as file:
            return file.read().replace("\r\n", "\n")


def arm_programs(build):
    """The arm64 programs of a build that are there, by their path in the host."""
    names = ("qemu-system-aarch64", "qemu-img", "ebb")
    found = {"bin/" + name: os.path.join(build, "arm64", name) for name in names}
    return {name: path for name, path in found.items() if os.path.exists(path)}


class _Image:
    """The initramfs while it is put together: folders come before what is in them."""

    def __init__(self):
        self.archive = initramfs.Archive()
        self.folders = set()

    def folder(self, name):
        if name and name not in self.folders:
            self.folder(os.path.dirname(name))
            self.folders.add(name)
            self.archive.folder(name)

    def file(self, name, data, mode=0o755):
        self.folder(os.path.dirname(name))
        self.archive.file(name, data, mode)

    def add(self, name, source):
        """Adds bytes, a file, or a folder with all that is in it."""
        name = name.strip("/")
        if isinstance(source, bytes):
            self.file(name, source)
        elif os.path.isdir(source):
            self.folder(name)
            for entry in sorted(os.listdir(source)):
                self.add(os.path.join(name, entry), os.path.join(source, entry))
        else:
            with open(source, "rb") as file:
                self.file(name, file.read(), 0o755 if os.access(source, os.X_OK) else 0o644)

    def link(self, name, target):
        self.folder(os.path.dirname(name))
        self.archive.link(name, target)


class NestedHost:
    """One kind of host. Each run() boots it afresh."""

    def __init__(self, cpu="cortex-a72", kernel="6.1", build=None, memory="2G", paranoid=-1,
                 user_access=1, timeout=600, append=""):
        """build: the folder of `./run build`; memory: the host's; paranoid: its
        perf_event_paranoid; user_access: its perf_user_access; timeout: seconds here until a run is given up; append: more words for
        the host kernel's command line."""
        self.cpu = cpu
        self.kernel = KERNELS[kernel]
        self.build = os.path.abspath(build or os.path.join(ROOT, "build"))
        self.memory = memory
        self.paranoid = paranoid
        self.user_access = user_access
        self.timeout = timeout
        self.append = append
        self.guests = initramfs.guests_folder()

    def _write_initramfs(self, path, script, files):
        init = os.path.join(HERE, "host.init")
        with open(init) as file:
            wanted = initramfs.wanted_modules(file.read())
        modules = initramfs.modules_in_order(
            wanted, initramfs.module_files(os.path.join(self.guests, "modules-" + self.kernel)))
        image = _Image()
        for name in ("dev", "mnt", "modules", "proc", "results", "root", "sys", "tmp"):
            image.folder(name)
        image.archive.character_device("dev/console", 5, 1)
        image.add("bin/busybox", os.path.join(self.guests, "busybox-arm64"))
        image.link("bin/sh", "busybox")
        image.add("init", init)
        image.add("script", script.encode())
        for number, (name, data) in enumerate(modules):
            image.file("modules/%03d-%s.ko" % (number, name), data, 0o644)
        for name, source in {**arm_programs(self.build), **(files or {})}.items():
            image.add(name, source)
        # Where ebb looks for it.
        image.link("libexec/ebb/qemu-system-aarch64", "/bin/qemu-system-aarch64")
        with open(path, "wb") as file:
            file.write(image.archive.bytes())

    def _command(self, image, disk):
        return [os.path.join(self.build, "qemu", "qemu-system-aarch64"),
                "-M", "virt,virtualization=on,gic-version=2", "-cpu", self.cpu, "-m", self.memory,
                "-icount", "shift=0,sleep=off", "-nodefaults", "-no-reboot", "-display", "none",
                "-serial", "stdio",
                "-kernel", os.path.join(self.guests, "vmlinuz-" + self.kernel), "-initrd", image,
                "-append", "console=ttyAMA0 quiet panic=-1 ebb.paranoid=%d "
                "ebb.perf_user_access=%d %s" % (self.paranoid, self.user_access, self.append),
                "-drive", "file=%s,if=none,id=results,format=raw,cache=unsafe" % disk,
                "-device", "virtio-blk-device,drive=results"]

    def _boot(self, command, console):
        """Runs the host until it powers off; returns why it did not, or None."""
        with open(console, "wb") as log:
            host = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log,
                                    stderr=subprocess.STDOUT)
            try:
                status = host.wait(self.timeout)
            except subprocess.TimeoutExpired:
                return "it was not done within %d s" % self.timeout
            finally:
                host.kill()
                host.wait()
        return "its QEMU ended with status %d" % status if status else None

    def run(self, script, files=None, results=None):
        """Boots the host and runs a shell script in it, in the folder /results. files: path in the
        host to bytes or to a file or folder here. Returns the Results, their folder is `results`,
        or a new one that the caller removes. Raises HostFailed."""
        begin = time.monotonic()
        folder = os.path.abspath(results) if results else tempfile.mkdtemp(prefix="ebb-host-")
        os.makedirs(folder, exist_ok=True)
        scratch = tempfile.mkdtemp(prefix=".host-", dir=folder)
        console = os.path.join(folder, "console.log")
        try:
            image = os.path.join(scratch, "initramfs")
            disk = os.path.join(scratch, "results.tar")
            self._write_initramfs(image, script, files)
            with open(disk, "wb") as file:
                file.truncate(RESULTS_SIZE)
            problem = self._boot(self._command(image, disk), console)
            try:
                with tarfile.open(disk, "r:") as archive:
                    archive.extractall(folder)
                found = Results(folder)
            except (tarfile.TarError, OSError, ValueError) as error:
                problem = problem or str(error)
            if problem:
                raise HostFailed("the nested host (%s, kernel %s) failed: %s; see %s, which ends:\n%s"
                                 % (self.cpu, self.kernel, problem, console, _tail(console)))
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        found.seconds = time.monotonic() - begin
        return found


class LocalHost:
    """This machine, which is an ARM host with KVM, with the interface of NestedHost."""

    def __init__(self, build=None, timeout=600):
        self.build = os.path.abspath(build or os.path.join(ROOT, "build"))
        self.timeout = timeout

    def _programs(self):
        names = {"bin/qemu-system-aarch64": "qemu/qemu-system-aarch64",
                 "bin/qemu-img": "qemu/qemu-img", "bin/ebb": "cli/ebb"}
        found = {name: os.path.join(self.build, path) for name, path in names.items()}
        return {name: path for name, path in found.items() if os.path.exists(path)}

    @staticmethod
    def _place(folder, files):
        for name, source in files.items():
            path = os.path.join(folder, name.strip("/"))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if isinstance(source, bytes):
                with open(path, "wb") as file:
                    file.write(source)
                os.chmod(path, 0o755)
            else:
                os.symlink(os.path.abspath(source), path)

    def _execute(self, script, folder, environment, output):
        """Runs the script and returns its exit status; nothing of it is left running."""
        shell = subprocess.Popen(["sh", "-c", script], cwd=folder, env=environment, stdout=output,
                                 stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                 start_new_session=True)
        try:
            return shell.wait(self.timeout)
        except subprocess.TimeoutExpired:
            raise HostFailed("the script was not done within %d s" % self.timeout) from None
        finally:
            try:
                os.killpg(shell.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            shell.wait()

    def run(self, script, files=None, results=None):
        """As NestedHost.run(), as the user that runs this."""
        begin = time.monotonic()
        folder = os.path.abspath(results) if results else tempfile.mkdtemp(prefix="ebb-host-")
        os.makedirs(folder, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="ebb-files-") as root:
            self._place(root, {**self._programs(), **(files or {})})
            environment = {**os.environ, "EBB_FILES": root,
                           "PATH": os.path.join(root, "bin") + ":" + os.environ["PATH"]}
            with open(os.path.join(folder, "output"), "wb") as output:
                status = self._execute(script, folder, environment, output)
        with open(os.path.join(folder, "status"), "w") as file:
            file.write("%d\n" % status)
        found = Results(folder)
        found.seconds = time.monotonic() - begin
        return found


def is_arm_host():
    """Whether this machine can record under KVM itself."""
    return platform.machine() == "aarch64" and os.access("/dev/kvm", os.R_OK | os.W_OK)


def open_host(cpu, kernel, build=None, timeout=600, **options):
    """A host: this machine if it can be, else a nested one of that CPU and kernel."""
    if is_arm_host():
        return LocalHost(build, timeout)
    return NestedHost(cpu, kernel, build, timeout=timeout, **options)


def _tail(path):
    with open(path, errors="replace") as file:
        return "".join(file.readlines()[-15:])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cpu", default=CPUS[0], help="the host's CPU (default: %(default)s)")
    parser.add_argument("--kernel", default="6.1", choices=KERNELS, help="the host's kernel")
    parser.add_argument("--build", help="the folder that `./run build` made")
    parser.add_argument("--memory", default="2G", help="the host's memory (default: %(default)s)")
    parser.add_argument("--paranoid", type=int, default=-1, help="its perf_event_paranoid")
    parser.add_argument("--timeout", type=int, default=600, help="seconds until it is given up")
    parser.add_argument("--append", default="", help="more words for the kernel's command line")
    parser.add_argument("--file", action="append", default=[], metavar="GUEST_PATH=PATH",
                        help="a file or folder to put into the host; may be given again")
    parser.add_argument("--results", required=True, help="the folder for the results")
    parser.add_argument("script", help='a shell script, or "-" for standard input')
    options = parser.parse_args()

    host = open_host(options.cpu, options.kernel, options.build, timeout=options.timeout,
                     memory=options.memory, paranoid=options.paranoid, append=options.append)
    if options.script == "-":
        script = sys.stdin.read()
    else:
        with open(options.script) as file:
            script = file.read()
    files = dict(item.split("=", 1) for item in options.file)
    try:
        results = host.run(script, files, options.results)
    except HostFailed as error:
        print("nested_host.py: %s" % error, file=sys.stderr)
        return LOST
    sys.stdout.write(results.output)
    return results.status


if __name__ == "__main__":
    sys.exit(main())
