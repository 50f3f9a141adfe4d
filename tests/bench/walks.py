# SPDX-License-Identifier: GPL-3.0-or-later
"""`bench.py reverse`: moves in time, in gdb (moves.py), in recordings of several sizes, beside the
peer where that can do the thing at all; and the boot of boot.py. docs/benchmarks.md says what each
row means."""

import json
import os
import time

import against
from boot import BootBench
from common import (HERE, LIMIT, Failure, log, medians, print_rows, row, run, use,
                    with_against)
from peer import Peer
from workload import Workload, forget_page_sets, make_guest

PEER_LIMIT = 120  # seconds that the peer may take for a row
BEGIN, END = "begin", "end"
STEPS = 1000
PEER_STEPS = 3  # each takes a replay
CONTINUES = 5000
BOOT = "boot"
# Functions of moves.py: where they begin, and the rows that they measure.
MOVES = {
    "vain": (END, ("vain", "vain_again")),
    "continues": (BEGIN, ("continues_first", "continues_last")),
    "hot_page_breakpoint_forward": (BEGIN, ("hot_page_breakpoint_forward",)),
    "hot_page_breakpoint_back": (END, ("hot_page_breakpoint_back",)),
    "last_hit": (END, ("last_of_many_hits",)),
    "condition_forward": (BEGIN, ("condition_forward",)),
    "condition_back": (END, ("condition_back",)),
    "watch_array_page_forward": (BEGIN, ("watch_array_page_forward",)),
    "watch_array_page_back": (END, ("watch_array_page_back",)),
    "watch_global_page_forward": (BEGIN, ("watch_global_page_forward",)),
    "watch_global_page_back": (END, ("watch_global_page_back",)),
    "watch_stack_page_forward": (BEGIN, ("watch_stack_page_forward",)),
    "watch_stack_page_back": (END, ("watch_stack_page_back",)),
    "equal_values_forward": (BEGIN, ("equal_values_forward",)),
    "equal_values_back": (END, ("equal_values_back",)),
    "cold_write": (END, ("cold_write",)),
    "reverse_stepi": (END, ("reverse_stepi", "reverse_stepi_p50", "reverse_stepi_p99")),
    "reverse_stepi_after_seek": (END, ("reverse_stepi_after_seek",)),
    "reverse_next": (BEGIN, ("reverse_next",)),
    "open_end": (END, ("open_end",)),
}
NOT_THE_PEER = {"reverse_stepi_after_seek"}  # it has no seek
TIMES = ("cpu_s", "elapsed_s", "engine_bytes", "workers_bytes")


def measures(name):
    return ("ms",) if name.startswith("reverse_stepi_p") else TIMES


def medians_of(side):
    """Row to what it uses, of a side that there may be."""
    return {name: medians(values) for name, values in side.values.items()} if side else {}


def reason(failure):
    """The line that says it best of what gdb has said."""
    lines = str(failure).split("\n")
    return next((line for line in lines if "Error" in line), lines[0])


def last_to_first(rows):
    """How much dearer the last stops are than the first; None if that took no time on the clock."""
    if "continues_last" not in rows or not rows["continues_first"]["cpu_s"]:
        return None
    return rows["continues_last"]["cpu_s"] / rows["continues_first"]["cpu_s"]


class Side:
    """What is measured: a build of Ebb with a recording, or the peer. failed: moves that it has not
    done, which are not tried again."""

    def __init__(self, name, target, is_peer=False, limit=LIMIT, must=False):
        self.name = name
        self.target = target  # for where it is to begin
        self.is_peer = is_peer
        self.limit = limit
        self.must = must
        self.failed = set()
        self.values = {}


class ReverseBench:
    def __init__(self, build, runs, boot_runs, folder, options):
        self.build = build
        self.folder = folder
        self.options = options
        self.runs = runs
        self.results = []
        self.gdb = os.environ.get("EBB_GDB", "gdb-multiarch")
        self.moves = [move for move, (_, rows) in MOVES.items()
                      if any(name.startswith(options.rows) for name in rows)]
        self.boot = None
        if BOOT.startswith(options.rows):
            self.boot = BootBench(build, boot_runs, folder, "reverse")
        self.peer = Peer(build, folder) if options.peer_limit else None
        self.peer_failed = set()
        make_guest(build)
        self.against = against.build_of(options.against) if options.against else None

    def move(self, side, move, workload):
        """What the rows of a move use."""
        result = os.path.join(self.folder, "moved.json")
        if os.path.exists(result):
            os.unlink(result)
        steps = {"reverse_stepi": PEER_STEPS if side.is_peer else min(STEPS, workload.size // 1000),
                 "continues": min(CONTINUES, workload.rounds) // 10 * 10}
        environment = dict(
            os.environ, BENCH_RESULT=result, BENCH_ROW=move, BENCH_PEER="%d" % side.is_peer,
            BENCH_STEPS=str(steps.get(move, 0)), BENCH_ROUNDS=str(workload.rounds),
            BENCH_START=repr(time.monotonic()))
        _, said = run([self.gdb, "-nx", "-q", "-batch", "-ex", "target remote " + side.target(
            MOVES[move][0]), "-x", os.path.join(HERE, "moves.py"), workload.elf], side.limit,
            env=environment, cwd=os.path.join(HERE, "..", ".."))
        if not os.path.exists(result):
            raise Failure("gdb measured nothing for %s of %s:\n%s" % (
                move, side.name, said[-2000:]))
        with open(result) as file:
            return json.load(file)

    def try_move(self, side, move, workload):
        if move in side.failed or side.is_peer and move in NOT_THE_PEER:
            return
        try:
            for name, value in self.move(side, move, workload).items():
                side.values.setdefault(name, []).append(value)
        except Failure as failure:
            if side.must:
                raise
            side.failed.add(move)
            log("%s of %s is not measured: %s" % (move, side.name, reason(failure)))

    def ebb_side(self, name, build, recording, workers, must):
        return Side(name, lambda begin: "| exec %s replay --stdio --workers=%d --at %s %s" % (
            os.path.join(build, "cli", "ebb"), workers, begin, recording), must=must)

    def peer_side(self, workload):
        _, log_file = self.peer.record(workload.guest())
        side = Side(self.peer.name, lambda _: self.peer.target(workload.guest(), log_file),
                    is_peer=True, limit=self.options.peer_limit)
        side.failed = self.peer_failed  # what takes too long does so in longer recordings as well
        return side

    def verify(self, recording):
        """What one replay uses."""
        return use([[os.path.join(self.build, "cli", "ebb"), "verify", recording]],
                   os.path.join(self.folder, "answer"))

    def rows(self, side, beside, workload, instructions, workers, replay):
        """A side's rows, with the other's as peer. replay: the CPU seconds of one."""
        circumstances = {"size": workload.size, "instructions": instructions,
                         "ram_mib": workload.ram, "workers": workers,
                         "page_sets": self.options.page_sets}
        mine, other = medians_of(side), medians_of(beside)
        results = []

        def add(name, measure, values):
            value, peers = values
            results.append(row("move_%s_%s" % (name, measure), value, peers,
                               beside.name if beside else None, self.runs, **circumstances))

        for move in self.moves:
            for name in MOVES[move][1]:
                for measure in measures(name):
                    add(name, measure, (of.get(name, {}).get(measure) for of in (mine, other)))
                    if measure == "cpu_s" and results[-1]["ebb"] is not None:
                        results[-1]["replays"] = results[-1]["ebb"] / replay
            if move == "continues":
                add("continues_last_to_first", "x", (last_to_first(of) for of in (mine, other)))
        return results

    def bench_one(self, workload, workers, sides, beside, instructions, replay):
        every = sides + ([beside] if beside else [])
        for number in range(self.runs):
            log("%.0e instructions, %d MiB, workers %d: run %d of %d" % (
                workload.size, workload.ram, workers, number + 1, self.runs))
            for move in self.moves:
                for side in every:
                    self.try_move(side, move, workload)
        of_sides = [self.rows(side, beside, workload, instructions, workers, replay)
                    for side in sides]
        if len(sides) == 2:
            with_against(of_sides[0], of_sides[1], sides[1].name)
        self.results += of_sides[0]

    def bench_size(self, workload):
        recording = os.path.join(self.folder, "recording")
        instructions = workload.record(self.build, recording)
        builds = [("ebb", self.build, recording)]
        if self.against:
            name, build = self.against
            builds.append((name, build, against.recording_for(
                name, build, workload, recording, os.path.join(self.folder, "other"))))
        replay = medians([self.verify(recording) for _ in range(self.runs)])["cpu_s"]
        for _, build, path in builds:
            if not self.options.page_sets:
                forget_page_sets(path)
            elif path != recording:
                against.replays(build, path)  # which makes them
        for workers in self.options.workers or (1,):
            sides = [self.ebb_side(name, build, path, workers, must=number == 0)
                     for number, (name, build, path) in enumerate(builds)]
            beside = self.peer_side(workload) if self.peer else None
            self.bench_one(workload, workers, sides, beside, instructions, replay)

    def bench(self):
        if self.boot:
            self.boot.bench()
        for size in self.options.size if self.moves else ():
            for ram in self.options.ram:
                self.bench_size(Workload(self.build, size, ram))
        if self.boot:
            self.results += self.boot.results

    def print_table(self):
        if self.moves:
            print_rows([result for result in self.results if "size" in result], "peer")
        if self.boot:
            self.boot.print_table()
