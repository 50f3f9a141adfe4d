# SPDX-License-Identifier: GPL-3.0-or-later
"""`bench.py kvm`: what recording under KVM costs, on an ARM host.

Debian's arm64 kernel does the same work as a user would run it (in-kernel interrupt controller, the
CPU's own timer), in the configuration that recording needs but unrecorded, recorded, and recorded
with a keyframe each second. Where this machine is no ARM host, one is emulated; its clock then is
the number of instructions that it has executed, so what costs no instructions costs nothing there.
"""

import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "kvm"))
from nested_host import HostFailed, initramfs, is_arm_host, open_host  # noqa: E402

USER, BARE, RECORDED, KEYFRAMES = "user", "unrecorded", "recorded", "keyframes"
MODES = (USER, BARE, RECORDED, KEYFRAMES)
# The guests' scripts, what they do and how much of it.
GUESTS = {"work": "compute:3,syscalls:40", "load": "disk:16,network:16"}
WORKLOADS = ("boot", "compute", "syscall", "disk", "net")
WORDS = {"compute": "compute", "syscall": "syscalls", "disk": "disk", "net": "network"}
HOST_TIMEOUT = 3000  # seconds here
PORT = 8080

SCRIPT = r"""
guest() { # SCRIPT WORK
    set -- "$@" -M virt,gic-version=2 -cpu host -m 128 -nodefaults -display none -serial stdio \
        -kernel "$EBB_FILES/guests/vmlinuz" -initrd "$EBB_FILES/guests/$1"
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
mkdir -p pages
cp "$EBB_FILES/guests/large" pages
busybox httpd -f -p 127.0.0.1:PORT -h pages &
server=$!
"""


def log(text):
    print("bench: " + text, file=sys.stderr, flush=True)


class Failure(Exception):
    pass


class Run:
    """The times of one run of a guest, in seconds, and the recorder's statistics."""

    def __init__(self, results, name):
        self.name = name
        self.times = {}
        with open(results.path(name + ".stamps")) as file:
            lines = [line.rstrip("\r\n").split(" ", 1) for line in file]
        if not lines or lines[-1][1] != "status 0":
            raise Failure("%s failed: %s\n%s" % (
                name, "\n".join(" ".join(line) for line in lines[-5:]),
                results.text(name + ".err")))
        begun = {"start": int(lines[0][0])}
        for stamp, text in lines:
            words = text.split()
            if words[:2] == ["guest:", "begin"]:
                self.times.setdefault("boot", (int(stamp) - begun["start"]) / 1e9)
                begun[words[2]] = int(stamp)
            elif words[:2] == ["guest:", "end"]:
                self.times[words[2]] = (int(stamp) - begun[words[2]]) / 1e9
            elif words[:3] == ["guest:", "not", "ok"]:
                raise Failure("%s: %s" % (name, text))
        stats = results.path(name + ".stats")
        self.stats = {}
        if os.path.exists(stats):
            with open(stats) as file:
                self.stats = json.load(file)
        self.recording = results.path(name)


class KvmBench:
    def __init__(self, build, runs, folder):
        self.build = build
        self.runs = runs
        self.folder = folder
        self.results = []
        self.notes = []

    # What the host is to do.

    def stamp(self):
        """The program that says when a line came."""
        path = os.path.join(self.folder, "stamp")
        compiler = "gcc" if is_arm_host() else "aarch64-linux-gnu-gcc"
        subprocess.run([compiler, "-O2", "-ffreestanding", "-nostdlib", "-static", "-o", path,
                        os.path.join(HERE, "stamp.c")], check=True)
        return path

    def files(self):
        guests = initramfs.guests_folder()
        files = {"bin/stamp": self.stamp(),
                 "guests/vmlinuz": os.path.join(guests, "vmlinuz-arm64"),
                 "guests/numbers": "".join("%d\n" % n for n in range(1, 5001)).encode(),
                 "guests/large": "".join("%d\n" % n for n in range(1, 100001)).encode()}
        for name in GUESTS:
            files["guests/" + name] = os.path.join(self.folder, name)
            initramfs.make("arm64", os.path.join(ROOT, "tests", "guests", "linux", name + ".init"),
                           files["guests/" + name])
        return files

    @staticmethod
    def name(mode, guest, number):
        return "%s-%s-%d" % (mode, guest, number)

    def script(self):
        lines = [SCRIPT.replace("PORT", str(PORT))]
        for number in range(self.runs):
            for guest, work in GUESTS.items():
                for mode in MODES:
                    name = self.name(mode, guest, number)
                    lines += self.setting(mode, name)
                    lines.append("measure %s %s %s" % (name, guest, work))
                    # One of each is brought out; the others would only fill the host's memory.
                    if mode == RECORDED or mode == KEYFRAMES and number:
                        lines.append("rm -rf " + name)
        return "\n".join(lines + ["kill $server", "rm -rf pages"]) + "\n"

    @staticmethod
    def setting(mode, name):
        options = {
            USER: "-accel kvm",
            BARE: "record --accel kvm --wait --control control-%s --",
            RECORDED: "record --accel kvm -o %s --stats=%s.stats --keyframe-interval 0 --",
            KEYFRAMES: "record --accel kvm -o %s --stats=%s.stats --keyframe-interval 1s --",
        }[mode].replace("%s", name)
        return ["before=%s" % ("qemu-system-aarch64" if mode == USER else "ebb"),
                "options='%s'" % options]

    # Results.

    def add(self, metric, unit, ebb, peer=None, peer_name=None, runs=None):
        self.results.append({"metric": metric, "unit": unit, "ebb": ebb, "peer": peer,
                             "peer_name": peer_name, "ratio": ebb / peer if peer else None,
                             "runs": runs or self.runs})

    def collect(self, results):
        """Mode and guest to the runs."""
        return {(mode, guest): [Run(results, self.name(mode, guest, number))
                                for number in range(self.runs)]
                for mode in MODES for guest in GUESTS}

    @staticmethod
    def seconds(runs, mode, workload):
        """The median time of a workload."""
        values = sorted(run.times[WORDS.get(workload, workload)]
                        for (of, _), these in runs.items() if of == mode
                        for run in these if WORDS.get(workload, workload) in run.times)
        return values[len(values) // 2]

    def add_ratios(self, runs):
        for workload in WORKLOADS:
            user = self.seconds(runs, USER, workload)
            for mode, suffix in ((RECORDED, ""), (KEYFRAMES, "_keyframes"), (BARE, "_unrecorded")):
                self.add("kvm_%s%s_ratio" % (workload, suffix), "s",
                         self.seconds(runs, mode, workload), user, "KVM, in-kernel GIC and timer")

    def add_recording(self, runs):
        """The log's size, of all and of each, and where the time goes, by the statistics of the
        recorder."""
        recorded = {guest: runs[RECORDED, guest][0] for guest in GUESTS}
        sizes = {guest: run.stats["log_bytes"] for guest, run in recorded.items()}
        seconds = {guest: sum(run.times.values()) for guest, run in recorded.items()}
        self.add("kvm_log_bytes_per_s", "bytes/s", sum(sizes.values()) / sum(seconds.values()),
                 runs=1)
        for guest, run in recorded.items():
            self.add("kvm_%s_log_bytes_per_s" % guest, "bytes/s", sizes[guest] / seconds[guest],
                     runs=1)
            exits = run.stats["exits"]
            total = sum(exits.values())
            instructions = run.stats["position"]
            self.notes.append("%s (%s): %.3g instructions, %d exits, %d instructions per exit; "
                              "%d anchors" % (guest, GUESTS[guest], instructions, total,
                                              instructions / total, run.stats["anchors"]))
            for kind, count in sorted(exits.items(), key=lambda item: -item[1]):
                if count:
                    self.notes.append("    %-14s %9d  %5.1f %%  one in %d instructions" % (
                        kind, count, 100.0 * count / total, instructions / count))

    def add_resolve(self, runs):
        """How long the first replay, here, takes to find the positions: of all and of each."""
        found = {}
        for guest in GUESTS:
            recording = runs[KEYFRAMES, guest][0].recording
            done = subprocess.run([os.path.join(self.build, "cli", "ebb"), "verify", "--json",
                                   recording], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            if done.returncode:
                raise Failure("%s does not verify:\n%s" % (
                    recording, (done.stdout + done.stderr).decode(errors="replace")[-2000:]))
            found[guest] = json.loads(done.stdout)["resolve"]
        for name, parts in [("", found.values())] + [
                ("kvm_%s_" % guest, [part]) for guest, part in found.items()]:
            self.add(name + "resolve_s", "s", sum(part["seconds"] for part in parts), runs=1)
            self.add(name + "resolve_steps_per_anchor", "steps",
                     sum(part["steps"] for part in parts) /
                     max(1, sum(part["anchors"] for part in parts)), runs=1)

    def bench(self):
        log("a host is started; it boots %d guests" % (self.runs * len(MODES) * len(GUESTS)))
        host = open_host("neoverse-n1", "6.12", build=self.build, timeout=HOST_TIMEOUT)
        try:
            results = host.run(self.script(), self.files(), os.path.join(self.folder, "results"))
        except HostFailed as error:
            raise Failure(str(error)) from None
        runs = self.collect(results)
        self.add_ratios(runs)
        self.add_recording(runs)
        self.add_resolve(runs)

    def print_table(self):
        form = "%-34s %-8s %12s %12s %9s %5s  %s"
        print(form % ("metric", "unit", "ebb", "as a user", "ratio", "runs", ""))
        for row in self.results:
            print(form % (row["metric"], row["unit"], "%.6g" % row["ebb"],
                          "%.6g" % row["peer"] if row["peer"] else "-",
                          "%.4f" % row["ratio"] if row["ratio"] else "-", row["runs"],
                          row["peer_name"] or ""))
        print("\nWhere the recorded time goes:")
        print("\n".join(self.notes))
