# SPDX-License-Identifier: GPL-3.0-or-later
"""`bench.py kvm`: what recording under KVM costs, on an ARM host.

Debian's arm64 kernel does the same work as a user would run it (in-kernel interrupt controller, the
CPU's own timer), in the configuration that recording needs but unrecorded, recorded, and recorded
with a keyframe each second. Where this machine is no ARM host, one is emulated; its clock then is
the number of instructions that it has executed, so what costs no instructions costs nothing there.
Another build to compare with has a host of its own of the same kind, emulated by this build's QEMU.
"""

import json
import os
import statistics
import subprocess

import against
import kvm_guests
import kvm_probes
from common import Failure, cpu_of_programs, log, number
from kvm_guests import BARE, GUESTS, KEYFRAMES, MODES, RECORDED, USER, WORDS, WORKLOADS, Run
from nested_host import HostFailed, arm_programs, is_arm_host, open_host

HOST = ("neoverse-n1", "6.12")
GUEST_TIMEOUT = 400  # seconds here, for each guest
# The groups of rows; what is not wanted is not measured.
RATIOS, RESOLVE, ANCHOR, PAUSE = "ratios", "resolve", "anchor", "pause"
GROUPS = (RATIOS, RESOLVE, ANCHOR, PAUSE)
AS_A_USER = "KVM, in-kernel GIC and timer"


def row(metric, unit, ebb, peer=None, peer_name=None, runs=1):
    return {"metric": metric, "unit": unit, "ebb": ebb, "peer": peer, "peer_name": peer_name,
            "ratio": ebb / peer if peer and ebb is not None else None, "runs": runs}


class BuildBench:
    """What one build has."""

    def __init__(self, build, emulator, runs, groups, folder, host=HOST):
        """emulator: the build whose QEMU emulates the host; if it is not this one, this is the other
        build. host: the CPU and the kernel of an emulated one."""
        self.build = build
        self.emulator = emulator
        self.is_other = build != emulator
        self.runs = runs
        self.groups = groups
        self.folder = folder
        self.host = host
        self.results = []
        self.notes = []
        os.makedirs(folder, exist_ok=True)

    def add(self, *values, **more):
        self.results.append(row(*values, **more))

    # What the host is to do.

    @staticmethod
    def name(mode, guest, number):
        return "%s-%s-%d" % (mode, guest, number)

    def modes(self):
        """The modes that guests run in, and how often."""
        if RATIOS in self.groups:
            return MODES, self.runs
        return (KEYFRAMES,) if RESOLVE in self.groups else (), 1

    def script(self, files):
        lines = [kvm_guests.SCRIPT, kvm_probes.SCRIPT]
        modes, runs = self.modes()
        if RATIOS in self.groups:
            # The first guest of a host takes longer than others, and nobody looks at it.
            lines += kvm_guests.lines_of(USER, "work", "idle:0", "first")
        for number in range(runs):
            for guest, work in GUESTS.items():
                for mode in modes:
                    # One of each is brought out; the others would only fill the host's memory.
                    keep = RESOLVE in self.groups and mode == KEYFRAMES and not number
                    lines += kvm_guests.lines_of(mode, guest, work, self.name(mode, guest, number),
                                                 keep)
        if ANCHOR in self.groups:
            lines += kvm_probes.anchor_lines(
                os.path.join(self.build, "arm64", "qemu-system-aarch64"), files["bin/probed"])
        if PAUSE in self.groups:
            lines += kvm_probes.pause_lines()
        return "\n".join([*lines, kvm_guests.SCRIPT_END])

    def run_host(self):
        files = kvm_guests.files(self.folder)
        try:
            script = self.script(files)
        except kvm_probes.NoFunction as missing:
            log("anchors are not measured: %s" % missing)
            self.groups = [group for group in self.groups if group != ANCHOR]
            self.add("kvm_anchor_instructions", "instructions", None)
            script = self.script(files)
        if not is_arm_host():
            files.update(arm_programs(self.build))
        guests = script.count("\nmeasure ")
        log("a host is started; it boots %d guests" % guests)
        host = open_host(*self.host, timeout=GUEST_TIMEOUT * (guests + 1),
                         build=self.build if is_arm_host() else self.emulator)
        try:
            return host.run(script, files, os.path.join(self.folder, "results"))
        except HostFailed as error:
            raise Failure(str(error)) from None

    # Results.

    def collect(self, results, modes, runs):
        """Mode and guest to the runs."""
        return {(mode, guest): [Run(results, self.name(mode, guest, number))
                                for number in range(runs)]
                for mode in modes for guest in GUESTS}

    @staticmethod
    def seconds(runs, mode, workload, values):
        """The median of the values of a workload in all runs of a guest in a mode; the mean of these
        for what all guests do, as booting; None if there are none."""
        word = WORDS.get(workload, workload)
        found = [statistics.median(values(run)[word] for run in these)
                 for (of, _), these in runs.items()
                 if of == mode and all(word in values(run) for run in these)]
        return statistics.mean(found) if found else None

    def add_times(self, runs):
        """By the clock, and of the vCPU's thread alone."""
        for name, values in (("", lambda run: run.times), ("_vcpu", lambda run: run.vcpu)):
            for workload in WORKLOADS:
                user = self.seconds(runs, USER, workload, values)
                for mode, suffix in ((RECORDED, ""), (KEYFRAMES, "_keyframes"),
                                     (BARE, "_unrecorded")):
                    self.add("kvm_%s%s%s_ratio" % (workload, suffix, name), "s",
                             self.seconds(runs, mode, workload, values), user, AS_A_USER, self.runs)

    def add_ratios(self, results):
        runs = self.collect(results, MODES, self.runs)
        self.add_times(runs)
        self.add_recording(runs)

    def add_recording(self, runs):
        """The log's size, of all and of each, and where the time goes, by the statistics of the
        recorder."""
        recorded = {guest: runs[RECORDED, guest][0] for guest in GUESTS}
        sizes = {guest: run.stats["log_bytes"] for guest, run in recorded.items()}
        seconds = {guest: sum(run.times.values()) for guest, run in recorded.items()}
        self.add("kvm_log_bytes_per_s", "bytes/s", sum(sizes.values()) / sum(seconds.values()))
        for guest, run in recorded.items():
            self.add("kvm_%s_log_bytes_per_s" % guest, "bytes/s", sizes[guest] / seconds[guest])
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

    def verify(self, recording, *options):
        """CPU seconds of a replay of the recording, here, and what it says of resolving."""
        before = cpu_of_programs()
        done = subprocess.run([os.path.join(self.build, "cli", "ebb"), "verify", "--json", *options,
                               recording], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode:
            raise Failure("%s does not verify:\n%s" % (
                recording, (done.stdout + done.stderr).decode(errors="replace")[-2000:]))
        return cpu_of_programs() - before, json.loads(done.stdout).get("resolve")

    def resolve(self, recording):
        """What resolving says, with the CPU seconds of it alone and of a replay behind it."""
        found = []
        for _ in range(self.runs):
            both, said = self.verify(recording, "--resolve-again")
            replay, _ = self.verify(recording)
            found.append((both - replay, replay, said["seconds"]))
        said["cpu"], said["replay"], said["seconds"] = map(statistics.median, zip(*found))
        return said

    def add_resolve(self, results):
        """How long the first replay, here, takes to find the positions: of all and of each."""
        runs = self.collect(results, [KEYFRAMES], 1)
        found = {guest: self.resolve(runs[KEYFRAMES, guest][0].recording) for guest in GUESTS}
        for name, parts in [("", found.values())] + [
                ("kvm_%s_" % guest, [part]) for guest, part in found.items()]:
            self.add(name + "resolve_s", "s", sum(part["seconds"] for part in parts),
                     runs=self.runs)
            self.add(name + "resolve_steps_per_anchor", "steps",
                     sum(part["steps"] for part in parts) /
                     max(1, sum(part["anchors"] for part in parts)))
        for guest, part in found.items():
            self.add("kvm_%s_resolve_ratio" % guest, "s", part["cpu"], part["replay"],
                     "one replay of it", self.runs)
            self.add("kvm_%s_ambiguous_anchors" % guest, "anchors", part.get("ambiguous"))

    def add_anchor(self, results):
        self.add("kvm_anchor_instructions", "instructions",
                 kvm_probes.instructions_per_anchor(results))

    def add_pause(self, results):
        paused, unpaused, keyframes, size = kvm_probes.pauses(results)
        self.add("kvm_keyframe_pause_instructions", "instructions", paused)
        self.notes.append("%s: the vCPU stood still for %.4g instructions at most, and for %.4g "
                          "without keyframes; %d keyframes have %.1f MiB" % (
                              kvm_probes.PAGES, paused, unpaused, keyframes, size / 2 ** 20))

    def bench(self):
        if is_arm_host():  # which counts no instructions, and has its trace for root alone
            log("only an emulated host tells of instructions")
            self.groups = [group for group in self.groups if group not in (ANCHOR, PAUSE)]
        results = self.run_host()
        for group, add in ((RATIOS, self.add_ratios), (RESOLVE, self.add_resolve),
                           (ANCHOR, self.add_anchor), (PAUSE, self.add_pause)):
            if group in self.groups:
                self.try_to_add(group, add, results)

    def try_to_add(self, group, add, results):
        """Another build need not have, or say, all that is asked of it."""
        try:
            add(results)
        except (Failure, KeyError) as failure:
            if not self.is_other:
                raise
            log("%s is not measured of %s: %r" % (group, self.build, failure))


def compare(mine, theirs, name):
    """Adds to rows what the rows of another build have: `against`, its ratio to its own peer, and this
    build's to that; of the ratios, if there are any, since another run may do more at once."""
    others = {result["metric"]: result for result in theirs}
    for result in mine:
        other = others.get(result["metric"], {})
        mine_of, other_of = result["ratio"], other.get("ratio")
        if mine_of is None or other_of is None:
            mine_of, other_of = result["ebb"], other.get("ebb")
        result.update(against=other.get("ebb"), against_peer=other.get("peer"),
                      against_own_ratio=other.get("ratio"), against_name=name,
                      against_ratio=mine_of / other_of if other_of and mine_of is not None
                      else None)


class KvmBench:
    def __init__(self, build, runs, folder, options):
        self.build = build
        self.folder = folder
        self.runs = runs
        self.groups = options.only
        self.host = (options.host_cpu, options.host_kernel)
        self.results = []
        self.notes = []
        self.name = None
        if options.against:
            self.name, self.other = against.build_of(options.against)
            if not is_arm_host():
                against.build_for_arm64(self.name, self.other)

    def measure(self, name, build):
        if self.name:
            log("measuring %s" % build)
        bench = BuildBench(build, self.build, self.runs, self.groups,
                           os.path.join(self.folder, name), self.host)
        bench.bench()
        self.notes += ["", "Of %s:" % name, *bench.notes]
        return bench.results

    def bench(self):
        self.results = self.measure("this", self.build)
        if self.name:
            compare(self.results, self.measure(self.name, self.other), self.name)

    def print_table(self):
        form = "%-42s %-12s %10s %10s %8s"
        cells = ["metric", "unit", "ebb", "peer", "ratio"]
        if self.name:
            form += " %12s %8s %9s"
            cells += [self.name[:12], "ratio", "this/that"]
        print((form + " %5s  %s") % (*cells, "runs", "peer"))
        for result in self.results:
            cells = [result["metric"], result["unit"], number(result["ebb"], "%.6g"),
                     number(result["peer"], "%.6g"), number(result["ratio"], "%.4f")]
            if self.name:
                cells += [number(result["against"], "%.6g"),
                          number(result["against_own_ratio"], "%.4f"),
                          number(result["against_ratio"], "%.4f")]
            print((form + " %5s  %s") % (*cells, result["runs"], result["peer_name"] or ""))
        print("\nWhere the recorded time goes:")
        print("\n".join(self.notes))
