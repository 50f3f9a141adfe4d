# SPDX-License-Identifier: GPL-3.0-or-later
"""`bench.py record`, `replay` and a part of `reverse`: Debian's arm64 kernel with busybox, booted to
power-off, beside the peer."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time

from common import HERE, LIMIT, Failure, cpu_seconds, log, run
from peer import PROGRAM, Peer

sys.path.insert(0, os.path.join(HERE, "..", "guests", "linux"))
import initramfs  # noqa: E402

CONTINUES = 1000  # in a row, to see whether each costs more than the last


class BootBench:
    """what: record, replay or reverse."""

    def __init__(self, build, runs, folder, what):
        self.bench = getattr(self, "bench_" + what)
        self.guests = os.path.join(build, "guests")
        self.ebb = os.path.join(build, "cli", "ebb")
        self.qemu = os.path.join(build, "qemu", "qemu-system-aarch64")
        self.runs = runs
        self.folder = folder
        self.results = []
        self.gdb = os.environ.get("EBB_GDB", "gdb-multiarch")
        self.peer = Peer(build, folder)
        self.peer_name = self.peer.name
        guests = initramfs.guests_folder()
        initrd = os.path.join(folder, "initrd.gz")
        initramfs.make("arm64", os.path.join(HERE, "..", "guests", "linux", "poweroff.init"),
                       initrd)
        self.guest = ["-M", "virt,gic-version=2", "-cpu", "cortex-a72", "-m", "256",
                      "-kernel", os.path.join(guests, "vmlinuz-arm64"), "-initrd", initrd,
                      "-append", "console=ttyAMA0 nokaslr quiet", "-display", "none",
                      "-serial", "null", "-monitor", "none", "-no-reboot", "-nic", "none"]

    # The ways to run the guest.

    def plain(self, qemu):
        return run([qemu, *self.guest, "-icount", "shift=1"])[0]

    def record(self, name, guest=None):
        """Records with Ebb; returns seconds and the recording."""
        recording = os.path.join(self.folder, name)
        shutil.rmtree(recording, ignore_errors=True)
        seconds = run([self.ebb, "record", "-o", recording, "--icount", "1", "--",
                       *(guest or self.guest)])[0]
        return seconds, recording

    def little(self, ram):
        """A guest that uses 16 MiB, with ram MiB."""
        return ["-M", "virt,gic-version=2", "-cpu", "cortex-a72", "-m", str(ram), "-nodefaults",
                "-display", "none", "-serial", "null", "-monitor", "none", "-kernel",
                os.path.join(self.guests, "spread-aarch64.elf")]

    # Results.

    def add(self, metric, unit, ebb, peer, peer_name, runs):
        """ebb and peer: lists of values, or single ones."""
        ebb = statistics.median(ebb) if isinstance(ebb, list) else ebb
        peer = statistics.median(peer) if isinstance(peer, list) else peer
        self.results.append({"metric": metric, "unit": unit, "ebb": ebb, "peer": peer,
                             "peer_name": peer_name, "ratio": ebb / peer, "runs": runs})

    def add_rate(self, metric, seconds, plain):
        """How fast a run is against a plain one of the same guest on the same QEMU."""
        self.results.append({
            "metric": metric, "unit": "x", "ebb": statistics.median(plain) /
            statistics.median(seconds[0]), "peer": statistics.median(plain) /
            statistics.median(seconds[1]), "peer_name": self.peer_name, "ratio": statistics.median(
                seconds[1]) / statistics.median(seconds[0]), "runs": self.runs})

    def repeat(self, what, *functions):
        """Runs each function in turn, as often as wanted: the same weather for all."""
        values = [[] for _ in functions]
        for number in range(self.runs):
            log("%s: run %d of %d" % (what, number + 1, self.runs))
            for function, column in zip(functions, values):
                column.append(function())
        return values

    # The benchmarks.

    def bench_record(self):
        sizes = []

        def record():
            seconds, recording = self.record("recording")
            sizes.append(os.path.getsize(os.path.join(recording, "log")))
            return seconds

        plain, peer_plain, ours, peer = self.repeat(
            "record", lambda: self.plain(self.qemu), lambda: self.plain(PROGRAM), record,
            lambda: self.peer.record(self.guest)[0])
        peer_log = os.path.getsize(os.path.join(self.folder, "peer.log"))
        name = self.peer.plain_name
        self.add("plain_s", "s", plain, peer_plain, name, self.runs)
        self.add("record_tcg_s", "s", ours, peer, self.peer_name, self.runs)
        self.add_rate("record_rate", (ours, peer), plain)
        self.add("log_bytes", "bytes", sizes, peer_log, self.peer_name, self.runs)
        self.bench_record_cpu()

    def bench_record_cpu(self):
        """What else than the guest takes CPU time; the peers are Ebb's QEMU and Ebb itself."""
        subprocess.run([os.path.join(HERE, "..", "guests", "build.sh"), self.guests], check=True,
                       stdout=subprocess.DEVNULL, timeout=LIMIT)
        boot, plain, large, small = self.repeat(
            "CPU time", *(lambda function=function: cpu_seconds(function) for function in (
                lambda: self.record("recording"), lambda: self.plain(self.qemu),
                lambda: self.record("large", self.little(4096)),
                lambda: self.record("small", self.little(32)))))
        self.add("boot_cpu_ratio", "cpu s", boot, plain, "the same QEMU, not recording", self.runs)
        self.add("ram_4g_ratio", "cpu s", large, small, "the same guest with 32 MiB", self.runs)

    def bench_replay(self):
        _, recording = self.record("recording")
        _, peer_log = self.peer.record(self.guest)
        plain, peer_plain, ours, peer = self.repeat(
            "replay", lambda: self.plain(self.qemu), lambda: self.plain(PROGRAM),
            lambda: run([self.ebb, "verify", recording])[0],
            lambda: run(self.peer.command(self.guest, "replay", peer_log))[0])
        name = self.peer.plain_name
        self.add("plain_s", "s", plain, peer_plain, name, self.runs)
        self.add("replay_forward_s", "s", ours, peer, self.peer_name, self.runs)
        self.add_rate("replay_rate", (ours, peer), plain)

    def gdb_times(self, target, **variables):
        """Runs reverse.py in gdb on a target; returns what it measured."""
        result = os.path.join(self.folder, "times.json")
        if os.path.exists(result):
            os.unlink(result)
        environment = dict(os.environ, BENCH_RESULT=result, BENCH_START=repr(time.monotonic()),
                           **{"BENCH_" + key: str(value) for key, value in variables.items()})
        _, said = run([self.gdb, "-nx", "-q", "-batch", "-ex", "set architecture aarch64",
                       "-ex", "target remote " + target, "-x",
                       os.path.join(HERE, "reverse.py")], env=environment)
        if not os.path.exists(result):
            raise Failure("gdb measured nothing with target remote %s:\n%s" % (target, said))
        with open(result) as file:
            return json.load(file)

    def times(self, target, steps, **variables):
        """All measurements on a target, each in a session of its own."""
        times = {}
        for what in ("near", "whole", "steps"):
            times.update(self.gdb_times(target, MEASURE=what, STEPS=steps, **variables))
        return times

    def bench_reverse(self):
        _, recording = self.record("recording")
        _, peer_log = self.peer.record(self.guest)
        target = "| %s replay --stdio --at %%s %s" % (self.ebb, recording)
        peer_target = self.peer.target(self.guest, peer_log)
        places = self.gdb_times(target % "begin", FIND_PLACES=1)
        log("near: %d instructions before the end" % places.pop("NEAR_DISTANCE"))
        ours, peers = self.repeat(
            "reverse", lambda: self.times(target % "end", 200, **places),
            lambda: self.times(peer_target, 3, PEER=1, **places))

        def forward(what):
            def times(side):
                return self.gdb_times(side, MEASURE=what, STEPS=CONTINUES, **places)

            return self.repeat(what, lambda: times(target % "begin"), lambda: times(peer_target))

        continues, conditions = forward("continues"), forward("condition")
        vain, verify = self.repeat(
            "vain", lambda: self.gdb_times(target % "end --workers=1", MEASURE="vain", **places),
            lambda: cpu_seconds(lambda: run([self.ebb, "verify", recording])))

        def stepi(times, percent):
            values = sorted(value for run_times in times for value in run_times["stepi_ms"])
            return values[min(len(values) - 1, len(values) * percent // 100)]

        for percent in (50, 99):
            self.add("reverse_stepi_p%d_ms" % percent, "ms", stepi(ours, percent),
                     stepi(peers, percent), self.peer_name, self.runs)
        for metric in ("reverse_continue_near_ms", "reverse_continue_whole_s", "open_s"):
            self.add(metric, metric.rsplit("_", 1)[1], [times[metric] for times in ours],
                     [times[metric] for times in peers], self.peer_name, self.runs)
        metric = "reverse_continue_vain_cpu_s"
        self.add(metric, "s", [times[metric] for times in vain], verify, "ebb verify", self.runs)
        for metric in ("continue_first_ms", "continue_last_ms"):
            self.add(metric, "ms", *([times[metric] for times in side] for side in continues),
                     self.peer_name, self.runs)
        self.add("continue_condition_s", "s",
                 *([times["continue_condition_s"] for times in side] for side in conditions),
                 self.peer_name, self.runs)

    def print_table(self):
        form = "%-26s %-6s %14s %14s %9s %5s  %s"
        print(form % ("metric", "unit", "ebb", "peer", "ebb/peer", "runs", "peer"))
        for row in self.results:
            print(form % (row["metric"], row["unit"], "%.6g" % row["ebb"], "%.6g" % row["peer"],
                          "%.4f" % row["ratio"], row["runs"], row["peer_name"]))
