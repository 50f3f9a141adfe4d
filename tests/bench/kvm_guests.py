# SPDX-License-Identifier: GPL-3.0-or-later
"""The guests of `bench.py kvm`: what the host does to run them, and what it brings out of each."""

import json
import os
import subprocess
import sys

from common import HERE, ROOT, Failure

sys.path.insert(0, os.path.join(ROOT, "tests", "kvm"))
from nested_host import initramfs, is_arm_host  # noqa: E402

USER, BARE, RECORDED, KEYFRAMES = "user", "unrecorded", "recorded", "keyframes"
MODES = (USER, BARE, RECORDED, KEYFRAMES)
# The guests' scripts, what they do and how much of it.
GUESTS = {"work": "compute:3,syscalls:40", "load": "disk:16,network:16"}
WORKLOADS = ("boot", "compute", "syscall", "disk", "net")
WORDS = {"compute": "compute", "syscall": "syscalls", "disk": "disk", "net": "network"}
PORT = 8080
# For the hosts and for the guests.
HOST_PROGRAMS, GUEST_PROGRAMS = ("stamp", "probed"), ("pages",)

SCRIPT = r"""
guest() { # SCRIPT WORK
    set -- "$@" -M virt,gic-version=2 -cpu host -m $memory -nodefaults -display none -serial stdio \
        -name debug-threads=on -kernel "$EBB_FILES/guests/vmlinuz" -initrd "$EBB_FILES/guests/$1"
    [ "$1" = work ] || set -- "$@" -drive if=none,id=disk,format=raw,file=disk.img \
        -device virtio-blk-device,drive=disk -device virtio-net-device,netdev=net \
        -netdev "user,id=net,tftp=$EBB_FILES/guests" -device virtio-rng-device
    words="console=ttyAMA0 loglevel=4 panic=-1 http=PORT work=$2"
    shift 2
    "$before" $options "$@" -append "$words"
}

measure() { # NAME SCRIPT WORK
    name=$1
    shift
    rm -f disk.img
    truncate -s 16M disk.img
    {
        echo start
        guest "$@" </dev/null 2>"$name.err"
        echo "status $?"
    } | "$EBB_FILES/bin/stamp" >"$name.stamps"
    rm -f disk.img
    echo "host: $name is done"
}

before=qemu-system-aarch64
memory=128
mkdir -p pages
cp "$EBB_FILES/guests/large" pages
busybox httpd -f -p 127.0.0.1:PORT -h pages &
server=$!
""".replace("PORT", str(PORT))
SCRIPT_END = """
kill $server
rm -rf pages
"""


class Run:
    """The times of one run of a guest, in seconds, and the recorder's statistics."""

    def __init__(self, results, name):
        self.name = name
        self.recording = results.path(name)
        with open(results.path(name + ".stamps")) as file:
            lines = read_stamps(file)
        if not lines or lines[-1][2] != "status 0":
            raise Failure("%s failed: %s\n%s" % (
                name, "\n".join(text for _, _, text in lines[-5:]), results.text(name + ".err")))
        self.spans = spans_of(name, lines)
        self.times = {word: span.seconds for word, span in self.spans.items()}
        self.vcpu = {word: span.vcpu for word, span in self.spans.items()
                     if span.vcpu is not None}
        self.stats = {}
        if os.path.exists(results.path(name + ".stats")):
            self.stats = json.loads(results.text(name + ".stats"))


class Span:
    """From one line to another: when it was, in seconds, and how long the vCPU ran in it; None if
    that is not known."""

    def __init__(self, first, last):
        self.begin, self.end = first[0], last[0]
        self.seconds = self.end - self.begin
        self.vcpu = None
        if last[1] is not None:
            self.vcpu = last[1] - (first[1] or 0.0)


def read_stamps(lines):
    """Of what stamp.c writes, for each line when it came, how long the vCPU had run, None if there
    was none, and its text."""
    read = []
    for line in lines:
        stamp, vcpu, text = line.rstrip("\r\n").split(" ", 2)
        read.append((int(stamp) / 1e9, None if vcpu == "-" else int(vcpu) / 1e9, text))
    return read


def spans_of(name, lines):
    """What a guest did, by its word; from the start of the process on that is "boot"."""
    spans, begun = {}, {}
    for line in lines:
        words = line[2].split()
        if words[:2] == ["guest:", "begin"]:
            spans.setdefault("boot", Span(lines[0], line))
            begun[words[2]] = line
        elif words[:2] == ["guest:", "end"]:
            spans[words[2]] = Span(begun[words[2]], line)
        elif words[:3] == ["guest:", "not", "ok"]:
            raise Failure("%s: %s" % (name, line[2]))
    return spans


def make_program(name, folder):
    """A program for arm64 that needs no library."""
    path = os.path.join(folder, name)
    compiler = "gcc" if is_arm_host() else "aarch64-linux-gnu-gcc"
    subprocess.run([compiler, "-O2", "-ffreestanding", "-nostdlib", "-static", "-o", path,
                    os.path.join(HERE, name + ".c")], check=True)
    return path


def files(folder):
    """What the host is given, by path there."""
    guests = initramfs.guests_folder()
    found = {"guests/vmlinuz": os.path.join(guests, "vmlinuz-arm64"),
             "guests/numbers": "".join("%d\n" % n for n in range(1, 5001)).encode(),
             "guests/large": "".join("%d\n" % n for n in range(1, 100001)).encode()}
    for name in HOST_PROGRAMS:
        found["bin/" + name] = make_program(name, folder)
    programs = {"bin/" + name: make_program(name, folder) for name in GUEST_PROGRAMS}
    for name in GUESTS:
        found["guests/" + name] = os.path.join(folder, name)
        initramfs.make("arm64", os.path.join(ROOT, "tests", "guests", "linux", name + ".init"),
                       found["guests/" + name], programs=programs if name == "work" else None)
    return found


def setting(mode, name):
    """Lines that have the next guests run so."""
    options = {
        USER: "-accel kvm",
        BARE: "record --accel kvm --wait --control control-%s --",
        RECORDED: "record --accel kvm -o %s --stats=%s.stats --keyframe-interval 0 --",
        KEYFRAMES: "record --accel kvm -o %s --stats=%s.stats --keyframe-interval 1s --",
    }[mode].replace("%s", name)
    return ["before=%s" % ("qemu-system-aarch64" if mode == USER else "ebb"),
            "options='%s'" % options]


def lines_of(mode, guest, work, name, keep=False):
    """Lines that run a guest once; its recording is left if it is to be kept."""
    lines = [*setting(mode, name), "measure %s %s %s" % (name, guest, work)]
    return lines if keep else [*lines, "rm -rf " + name]
