#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the initramfs of a Linux test guest from Debian's busybox and kernel modules.

    initramfs.py arm64|armhf SCRIPT.init OUTPUT [NAME=PATH]...

SCRIPT.init becomes /init, the file at PATH becomes NAME; what it sources, /lib/NAME.sh, is NAME.sh beside it. Lines "# modules:
NAME..." in any of them say which kernel modules go in; common.sh loads them in the order of their
dependencies. The parts come from scripts/guests.sh.
"""

import gzip
import lzma
import os
import re
import stat
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SIGNED = b"~Module signature appended~\n"
SIGNATURE_HEADER = 12


def guests_folder():
    """Where scripts/guests.sh puts kernels, busybox and modules."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.environ.get("EBB_GUESTS") or os.path.join(cache, "ebb", "guests")


class Archive:
    """A cpio archive in the "newc" format, which the kernel unpacks."""

    def __init__(self):
        self.parts = []
        self.inode = 0

    def _entry(self, name, mode, data=b"", device=(0, 0)):
        self.inode += 1
        name = name.encode() + b"\0"
        fields = [self.inode, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name), 0]
        header = b"070701" + b"".join(b"%08X" % field for field in fields)
        for part in (header + name, data):
            self.parts.append(part + b"\0" * (-len(part) % 4))

    def folder(self, name):
        self._entry(name, stat.S_IFDIR | 0o755)

    def file(self, name, data, mode=0o755):
        self._entry(name, stat.S_IFREG | mode, data)

    def link(self, name, target):
        self._entry(name, stat.S_IFLNK | 0o777, target.encode())

    def character_device(self, name, major, minor):
        self._entry(name, stat.S_IFCHR | 0o600, device=(major, minor))

    def bytes(self):
        self._entry("TRAILER!!!", 0)
        return b"".join(self.parts)


def module_files(folder):
    """Module name (with _ for -) to the path of its file."""
    found = {}
    for path, _, files in os.walk(folder):
        for file in files:
            if file.endswith((".ko", ".ko.xz")):
                found[file.split(".ko")[0].replace("-", "_")] = os.path.join(path, file)
    return found


def read_module(path):
    """A module's contents, which newer kernels have compressed; without its signature, the check of
    which is what a guest would do most of the time."""
    with lzma.open(path) if path.endswith(".xz") else open(path, "rb") as file:
        data = file.read()
    if not data.endswith(SIGNED):
        return data
    # In front of the mark stands a header whose last word is the size of the signature before it.
    header = len(data) - len(SIGNED) - SIGNATURE_HEADER
    size = int.from_bytes(data[header + SIGNATURE_HEADER - 4:header + SIGNATURE_HEADER], "big")
    return data[:header - size]


def module_dependencies(data):
    match = re.search(rb"\0depends=([^\0]*)\0", data)
    names = match.group(1).decode() if match else ""
    return [name.replace("-", "_") for name in names.split(",") if name]


def modules_in_order(wanted, files):
    """(name, contents) of the wanted modules and all they need, each behind what it needs. A module
    that is not a file is built into this kernel."""
    order = {}

    def visit(name):
        if name in order or name not in files:
            return
        data = read_module(files[name])
        for needed in module_dependencies(data):
            visit(needed)
        order[name] = data

    for name in wanted:
        visit(name.replace("-", "_"))
    return list(order.items())


def wanted_modules(init):
    """What the lines "# modules: NAME..." of an init script name."""
    return " ".join(re.findall(r"^# modules:(.*)$", init, re.M)).split()


def sourced_files(init):
    """(name, text) of the files in /lib that an init script sources."""
    found = []
    for name in re.findall(r"^\. /lib/([\w.]+)$", init, re.M):
        with open(os.path.join(HERE, name)) as file:
            found.append((name, file.read()))
    return found


def make(architecture, script, output, guests=None, kernel=None, programs=None):
    """programs: more files, name in the archive to path."""
    guests = guests or guests_folder()
    with open(script) as file:
        init = file.read()
    sourced = sourced_files(init)
    with open(os.path.join(guests, "busybox-" + architecture), "rb") as file:
        busybox = file.read()
    wanted = wanted_modules("\n".join([init] + [text for _, text in sourced]))
    modules = modules_in_order(
        wanted, module_files(os.path.join(guests, "modules-" + (kernel or architecture))))

    archive = Archive()
    for name in ("bin", "dev", "lib", "modules", "mnt", "proc", "sys", "tmp"):
        archive.folder(name)
    archive.character_device("dev/console", 5, 1)
    archive.file("bin/busybox", busybox)
    archive.link("bin/sh", "busybox")
    for name, text in sourced:
        archive.file("lib/" + name, text.encode(), 0o644)
    archive.file("init", init.encode())
    for name, path in (programs or {}).items():
        with open(path, "rb") as file:
            archive.file(name, file.read())
    for number, (name, data) in enumerate(modules):
        archive.file("modules/%03d-%s.ko" % (number, name), data, 0o644)
    # Others may make it, or read it, at this moment.
    unfinished = "%s.%d" % (output, os.getpid())
    with open(unfinished, "wb") as file:
        file.write(gzip.compress(archive.bytes(), 1, mtime=0))
    os.replace(unfinished, output)


if __name__ == "__main__":
    if len(sys.argv) < 4 or sys.argv[1] not in ("arm64", "armhf"):
        sys.exit("usage: initramfs.py arm64|armhf SCRIPT.init OUTPUT [NAME=PATH]...")
    make(*sys.argv[1:4], programs=dict(file.split("=", 1) for file in sys.argv[4:]))
