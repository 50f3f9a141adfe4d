# SPDX-License-Identifier: GPL-3.0-or-later
"""`bench.py scan`: what questions to a whole recording cost, as ratios to one replay of it.

The replay is `ebb verify` in the same run; with two workers, both halves of it at once. docs/benchmarks.md
says what each row means.
"""

import os

import against
from common import Failure, log, medians, print_rows, row, use, with_against
from workload import Workload, forget_page_sets, make_guest

VERIFY = "verify"


class Question:
    """words: what is typed, behind the options and the recording. made: how many rows a workload
    makes, give or take what starts and ends the guest; None if that is not looked at."""

    def __init__(self, name, words, made=None, options=("--json",)):
        self.name = name
        self.words = words
        self.made = made
        self.options = options

    def commands(self, ebb, recording, workers):
        command, *rest = self.words
        return [[ebb, command, "--workers=%d" % workers, *self.options, recording, *rest]]


class Replay(Question):
    """What all are compared with."""

    def __init__(self):
        super().__init__(VERIFY, (VERIFY,))

    def commands(self, ebb, recording, workers):
        if workers == 1:
            return [[ebb, VERIFY, recording]]
        return [[ebb, VERIFY, "--shard=%d/%d" % (shard, workers), "--output=%s.%d" % (
            recording, shard), recording] for shard in range(1, workers + 1)]


def rounds(workload):
    return workload.rounds


def rare(workload):
    return workload.rare


QUESTIONS = (
    Question("accesses_1e3", ("accesses", "seldom_value,8"), rare),
    Question("accesses_1e6", ("accesses", "global,8"), rounds),
    Question("calls", ("calls", "often"), rounds),
    Question("count", ("count", "often"), rounds, ()),
    Question("count_accesses", ("count", "global,8"), rounds, ("--write",)),
    Question("exceptions", ("exceptions",), rare),
    Question("profile", ("profile",)),
    Question("coverage", ("coverage",)),
    Question("history", ("history", "seldom_value"), rare),
)
STARTED = 3  # rows at most for what the guest's start stores there


def rows_of(path):
    """How many rows a JSON array of a question has, one to a line; or the number that it says."""
    with open(path, "rb") as file:
        said = file.read(32).split()
        if len(said) == 1 and said[0].isdigit():
            return int(said[0])
        file.seek(0)
        return sum(line.lstrip(b" [").startswith(b"{") for line in file)


class ScanBench:
    def __init__(self, build, runs, folder, options):
        self.build = build
        self.folder = folder
        self.options = options
        self.runs = runs
        self.results = []
        make_guest(build)
        self.against = against.build_of(options.against) if options.against else None

    def ask(self, question, build, recording, workers, workload):
        """What one question uses."""
        output = os.path.join(self.folder, "answer")
        used = use(question.commands(os.path.join(build, "cli", "ebb"), recording, workers), output)
        if question.made:
            made, wanted = rows_of(output), question.made(workload)
            if not wanted <= made <= wanted + STARTED:
                raise Failure("%s has %d rows, not %d" % (question.name, made, wanted))
        return used

    def try_to_ask(self, *arguments):
        """The same of another build, which may not know the question; None then."""
        try:
            return self.ask(*arguments)
        except Failure as failure:
            log("%s of %s is not measured: %s" % (
                arguments[0].name, self.against[0], str(failure).strip().split("\n")[-1]))
            return None

    def measure(self, builds, workers, workload):
        """For each build, a way to ask with its folder and its recording, what each question uses."""
        asked = [Replay(), *(question for question in QUESTIONS
                             if question.name.startswith(self.options.rows))]
        values = [{question.name: [] for question in asked} for _ in builds]
        for number in range(self.runs):
            log("%.0e instructions, %d MiB, workers %d: run %d of %d" % (
                workload.size, workload.ram, workers, number + 1, self.runs))
            for question in asked:
                for (ask, build, recording), column in zip(builds, values):
                    column[question.name].append(
                        ask(question, build, recording, workers, workload))
                    if not self.options.page_sets:
                        forget_page_sets(recording)
        return [{name: medians(value) for name, value in column.items()} for column in values]

    def rows(self, used, workers, workload, instructions):
        replay = used.pop(VERIFY)
        peer = "ebb verify, %d %s" % (workers, "worker" if workers == 1 else "workers")
        return [row("scan_%s_%s" % (name, measure), value[measure] if value else None,
                    replay[measure] if replay else None, peer, self.runs, size=workload.size,
                    instructions=instructions, ram_mib=workload.ram, workers=workers,
                    page_sets=self.options.page_sets)
                for name, value in used.items() for measure in
                ("cpu_s", "elapsed_s", "engine_bytes", "workers_bytes")]

    def bench_one(self, workload):
        recording = os.path.join(self.folder, "recording")
        instructions = workload.record(self.build, recording)
        builds = [(self.ask, self.build, recording)]
        if self.against:
            name, build = self.against
            builds.append((self.try_to_ask, build, against.recording_for(
                name, build, workload, recording, os.path.join(self.folder, "other"))))
        for workers in self.options.workers or (1, 2):
            mine, *theirs = [self.rows(used, workers, workload, instructions)
                             for used in self.measure(builds, workers, workload)]
            if theirs:
                with_against(mine, theirs[0], self.against[0])
            self.results += mine

    def bench(self):
        for size in self.options.size:
            for ram in self.options.ram:
                self.bench_one(Workload(self.build, size, ram))

    def print_table(self):
        print_rows(self.results, "replay")
