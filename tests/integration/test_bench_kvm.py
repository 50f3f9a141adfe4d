# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark of recording under KVM without a host: what it reads out of stamps and traces, what
it has the host do, how it compares two builds, and that all of its rows are documented."""

import contextlib
import io
import os
import re
import subprocess
import sys
import types
import unittest
from unittest import mock

from harness import ebb
from harness.guests import ROOT

sys.path.insert(0, os.path.join(ROOT, "tests", "bench"))
import bench  # noqa: E402
import kvm  # noqa: E402
import kvm_guests  # noqa: E402
import kvm_probes  # noqa: E402
from common import Failure  # noqa: E402

STAMPS = """1000000000 - start
1500000000 250000000 [    0.000000] cma: Failed to reserve 64 MiB
3000000000 1250000000 guest: begin compute
4000000000 2000000000 guest: ok compute
4500000000 2250000000 guest: end compute
5000000000 2500000000 guest: begin disk
5250000000 2625000000 guest: end disk
6000000000 - status 0
"""

HEADER = "# entries-in-buffer/entries-written: %d/%d   #P:1\n"
LINE = "       %s-%d     [000] %s %11.6f: %s\n"


def line(thread, microseconds, text, name="CPU 0/KVM"):
    return LINE % (name, thread, "d....", microseconds / 1e6, text)


def call(thread, begin, length, name):
    return [line(thread, begin, name + "_entry: (0x8a9250)"),
            line(thread, begin + length, name + "_return: (0x8a1e60 <- 0x8a9250)")]


def switch(out, on, microseconds):
    return line(out, microseconds, "sched_switch: prev_comm=CPU 0/KVM prev_pid=%d prev_prio=120 "
                "prev_state=R ==> next_comm=ebb worker next_pid=%d next_prio=120" % (out, on))


def events(lines, lost=0):
    return kvm_probes.read_trace([HEADER % (len(lines), len(lines) + lost), *lines])


class Stamps(unittest.TestCase):
    def spans(self, text):
        return kvm_guests.spans_of("guest", kvm_guests.read_stamps(text.splitlines(True)))

    def test_spans(self):
        spans = self.spans(STAMPS)
        self.assertEqual({word: (span.seconds, span.vcpu) for word, span in spans.items()},
                         {"boot": (2.0, 1.25), "compute": (1.5, 1.0), "disk": (0.25, 0.125)})

    def test_no_vcpu(self):
        """Where the thread was not found, its time is not known: it is no 0."""
        spans = self.spans(re.sub(r"(?m)^(\d+) \d+", r"\1 -", STAMPS))
        self.assertEqual({span.vcpu for span in spans.values()}, {None})

    def test_guest_failed(self):
        with self.assertRaisesRegex(Failure, "not ok compute"):
            self.spans(STAMPS.replace("guest: ok", "guest: not ok"))


class Traces(unittest.TestCase):
    EMPTY = [text for number in range(4) for text in call(9, 10 * number, 2 + number % 2, "empty")]

    def test_anchors(self):
        """Calls that place none do not count, however many, nor does what the probes cost."""
        lines = self.EMPTY + [text for number in range(50)
                              for text in call(7, 1000 + 100 * number, 3, "anchor")]
        lines += call(7, 9000, 60, "anchor") + call(8, 9100, 64, "anchor")
        self.assertAlmostEqual(kvm_probes.per_anchor(events(lines), 2), 62000 - 2500)

    def test_away(self):
        """The thread did not run for 40 microseconds of its call, and another one not in its own."""
        begin, end = call(7, 1000, 100, "anchor")
        lines = self.EMPTY + [switch(7, 5, 900), switch(5, 7, 990), begin, switch(7, 5, 1010),
                              switch(5, 6, 1030), switch(6, 7, 1050), end]
        self.assertAlmostEqual(kvm_probes.per_anchor(events(lines), 1), 60000 - 2500)

    def test_not_all_anchors(self):
        with self.assertRaisesRegex(Failure, "1 calls for 2 anchors"):
            kvm_probes.per_anchor(events(self.EMPTY + call(7, 0, 60, "anchor")), 2)

    def test_lost_events(self):
        with self.assertRaisesRegex(Failure, "lost events: it has 8 of 9"):
            events(self.EMPTY, lost=1)

    def test_gaps(self):
        """Only those that are in the span count, from their beginning on."""
        stamps = kvm_guests.read_stamps(STAMPS.splitlines(True))
        compute = kvm_guests.spans_of("guest", stamps)["compute"]
        lines = [line(7, at * 1e6, "vcpu_gap: ns=%d" % length) for at, length in (
            (2.9, 900e6), (3.4, 500e6), (3.5, 40e6), (4.4, 30e6), (4.6, 700e6))]
        self.assertAlmostEqual(kvm_probes.longest_gap(events(lines), compute), 40e6)

    def test_no_gap(self):
        stamps = kvm_guests.read_stamps(STAMPS.splitlines(True))
        compute = kvm_guests.spans_of("guest", stamps)["compute"]
        self.assertEqual(kvm_probes.longest_gap([], compute), kvm_probes.SHORTEST_GAP)


class Functions(unittest.TestCase):
    def test_offset(self):
        """Of a program of this machine: its code is where nm and the segment say."""
        program = os.path.join(ebb.current().build, "cli", "ebb")
        at = kvm_probes.offset_of(program, ["no_such_function", "main"])
        said = subprocess.run(["nm", program], stdout=subprocess.PIPE, text=True, check=True)
        address = int(re.search(r"(?m)^(\w+) T main$", said.stdout).group(1), 16)
        said = subprocess.run(["readelf", "-lW", program], stdout=subprocess.PIPE, text=True,
                              check=True)
        loads = [[int(word, 16) for word in words] for words in re.findall(
            r"LOAD +(0x\w+) (0x\w+) 0x\w+ (0x\w+)", said.stdout)]
        self.assertIn(at, [address - begin + offset for offset, begin, size in loads
                           if begin <= address < begin + size])

    def test_none(self):
        program = os.path.join(ebb.current().build, "cli", "ebb")
        with self.assertRaisesRegex(kvm_probes.NoFunction, "no function no_such or nor_this"):
            kvm_probes.offset_of(program, ["no_such", "nor_this"])


class Rows(unittest.TestCase):
    def test_compare(self):
        """By ratios where there are any; nothing where the other build says nothing."""
        mine = [kvm.row("a_ratio", "s", 6.0, 2.0), kvm.row("b", "steps", 30.0),
                kvm.row("c", "anchors", 5), kvm.row("d", "anchors", None)]
        theirs = [kvm.row("a_ratio", "s", 4.0, 2.0), kvm.row("b", "steps", 60.0),
                  kvm.row("c", "anchors", None)]
        kvm.compare(mine, theirs, "abc")
        self.assertEqual([row["against"] for row in mine], [4.0, 60.0, None, None])
        self.assertEqual([row["against_ratio"] for row in mine], [1.5, 0.5, None, None])
        self.assertEqual([row["against_own_ratio"] for row in mine], [2.0, None, None, None])
        self.assertEqual({row["against_name"] for row in mine}, {"abc"})
        measured = kvm.KvmBench.__new__(kvm.KvmBench)
        measured.name, measured.results, measured.notes = "abc", mine, []
        with contextlib.redirect_stdout(io.StringIO()) as said:
            measured.print_table()
        self.assertRegex(said.getvalue(), r"(?m)^a_ratio +s +6 +2 +3\.0000 +4 +2\.0000 +1\.5000 ")
        self.assertRegex(said.getvalue(), r"(?m)^d +anchors +- +- +- +- +- +- ")

    def measured(self):
        """All rows of one build, of runs that there were none of."""
        words = [kvm.WORDS.get(word, word) for word in kvm.WORKLOADS]
        stats = {"log_bytes": 1, "position": 100, "anchors": 1, "exits": {"mmio_read": 10}}
        run = types.SimpleNamespace(times=dict.fromkeys(words, 2.0), recording="none",
                                    vcpu=dict.fromkeys(words, 1.0), stats=stats)
        one = kvm.BuildBench(None, None, 1, kvm.GROUPS, ebb.current().new_folder("rows"))
        runs = {(mode, guest): [run] for mode in kvm.MODES for guest in kvm.GUESTS}
        one.verify = lambda recording, *options: (
            3.0 if options else 1.0, {"seconds": 5.0, "steps": 6, "anchors": 3, "ambiguous": 2})
        one.collect = lambda results, modes, count: runs
        one.add_ratios(None)
        one.add_resolve(None)
        with mock.patch.object(kvm_probes, "instructions_per_anchor", return_value=57000.0), \
                mock.patch.object(kvm_probes, "pauses", return_value=(2e8, 4e6, 4, 2e8)):
            one.add_anchor(None)
            one.add_pause(None)
        return {row["metric"]: row for row in one.results}

    def test_boot(self):
        """What all guests do is the mean of them, each guest's being the median of its runs."""
        runs = {(mode, guest): [types.SimpleNamespace(times={"boot": seconds}) for seconds in times]
                for mode, guest, times in (("user", "work", (1.0, 9.0, 2.0)),
                                           ("user", "load", (4.0, 4.0, 4.0)),
                                           ("recorded", "work", (100.0,)))}
        seconds = kvm.BuildBench.seconds
        self.assertEqual(seconds(runs, "user", "boot", lambda run: run.times), 3.0)
        self.assertIsNone(seconds(runs, "user", "disk", lambda run: run.times))

    def test_other_build(self):
        """What another build does not tell is missing; of this one it is a failure."""
        for emulator in ("this", "that"):
            one = kvm.BuildBench("that", emulator, 1, kvm.GROUPS, ebb.current().new_folder("rows"))
            failing = mock.Mock(side_effect=Failure("it has none"))
            with contextlib.redirect_stderr(io.StringIO()) as said:
                if emulator == "that":
                    self.assertRaises(Failure, one.try_to_add, kvm.PAUSE, failing, None)
                else:
                    one.try_to_add(kvm.PAUSE, failing, None)
                    self.assertIn("pause is not measured of that", said.getvalue())
            self.assertEqual(one.results, [])

    def test_documented(self):
        with open(os.path.join(ROOT, "docs", "benchmarks.md")) as file:
            page = file.read()
        section = page[page.index("## Recording under KVM"):page.index("## Another build")]
        documented = set()
        for name in re.findall(r"`((?:kvm|resolve)_\w+)`", section):
            for workload in kvm.WORKLOADS:
                for guest in kvm.GUESTS:
                    documented.add(name.replace("WORKLOAD", workload).replace("GUEST", guest))
        rows = self.measured()
        self.assertEqual(set(rows), documented)
        self.assertTrue(all(row["ebb"] is not None for row in rows.values()))
        self.assertEqual(rows["kvm_work_resolve_ratio"]["ratio"], 2.0)
        self.assertEqual(rows["kvm_load_ambiguous_anchors"]["ebb"], 2)
        self.assertEqual(rows["kvm_disk_ratio"]["ebb"], 2.0)
        self.assertEqual(rows["kvm_disk_vcpu_ratio"]["ebb"], 1.0)

    def test_groups(self):
        """A group that is not wanted boots no guest."""
        build = ebb.current().build
        wanted = {kvm.RATIOS: (1 + 16, 0), kvm.RESOLVE: (2, 0), kvm.PAUSE: (2, 2)}
        for group, (guests, traces) in wanted.items():
            with self.subTest(group):
                measured = kvm.BuildBench(build, build, 2, (group,), ebb.current().new_folder("k"))
                script = measured.script({})
                self.assertEqual(len(re.findall(r"(?m)^measure ", script)), guests)
                self.assertEqual(len(re.findall(r"(?m)^gaps_begin$", script)), traces)
                self.assertEqual(subprocess.run(["sh", "-n", "-c", script]).returncode, 0)

    def test_options(self):
        options = bench.parse(["kvm", "--only", "ratios,pause", "--against", "HEAD"])
        self.assertEqual((options.only, options.against), (("ratios", "pause"), "HEAD"))
        self.assertEqual(bench.parse(["kvm"]).only, kvm.GROUPS)
        options = bench.parse(["kvm", "--host-cpu", "cortex-a72", "--host-kernel", "6.1"])
        self.assertEqual(kvm.KvmBench("build", 1, "folder", options).host, ("cortex-a72", "6.1"))
        with self.assertRaises(SystemExit), contextlib.redirect_stderr(io.StringIO()) as said:
            bench.parse(["kvm", "--only", "nothing"])
        self.assertIn("nothing", said.getvalue())

    def test_host(self):
        """The host is the one that was asked for."""
        build = ebb.current().build
        with mock.patch.object(kvm, "open_host") as opened, \
                mock.patch.object(kvm_guests, "files", return_value={"bin/probed": "probed"}), \
                mock.patch.object(kvm, "arm_programs", return_value={}):
            kvm.BuildBench(build, build, 1, (kvm.PAUSE,), ebb.current().new_folder("k"),
                           ("cortex-a72", "6.1")).run_host()
        self.assertEqual(opened.call_args.args, ("cortex-a72", "6.1"))


if __name__ == "__main__":
    unittest.main()
