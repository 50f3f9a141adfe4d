#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs files of gdb's own test suite over 'ebb replay', for each board, and judges the results.

'./run test gdb-suite' prepares what this needs (scripts/gdb_suite.sh). A failed check is a failure
unless expected.txt knows it (known_failures.py has its form); a check that is known to fail and does
not is a failure, too. What the suite itself says it cannot test here is counted as unsupported.

Each file has a folder of its own in BUILD/gdb-suite/gdb-VERSION/BOARD, with gdb.log and what was
compiled and recorded; BUILD/gdb-suite/gdb-VERSION/summary.json has all results. The last line is
"N passed, N failed, N known, N unsupported", and the exit status is 0 if none failed.
"""

import argparse
import concurrent.futures
import glob
import json
import os
import shutil
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

from known_failures import KnownFailures  # noqa: E402
from results import read_results  # noqa: E402

BOARDS = {"ebb-aarch64": "aarch64-none-elf", "ebb-arm": "arm-none-eabi"}

# Seconds for one file. Its checks have timeouts of their own; this is for what hangs.
WATCHDOG = 900

SITE = """\
set tool gdb
set srcdir {suite}
set objdir {folder}
set tmpdir {folder}
set build_triplet x86_64-pc-linux-gnu
set host_triplet x86_64-pc-linux-gnu
set target_triplet {triplet}
lappend boards_dir {boards}
set EBB {ebb}
set EBB_LIBC {libc}
"""


class File:
    """One file of the suite on one board."""

    def __init__(self, options, board, name):
        self.board = board
        self.name = name
        self.folder = os.path.join(options.results, board, name[:-len(".exp")])
        self.seconds = 0
        self.results = []
        self.site = SITE.format(
            suite=options.suite, folder=self.folder, triplet=BOARDS[board],
            boards=os.path.join(HERE, "boards"), ebb=os.path.join(options.build, "cli", "ebb"),
            libc=os.path.join(options.build, "gdb-suite", "libc"))
        # The shell stays between us and runtest: a leader of a session would be given the terminals
        # that it opens for gdb as its own, and end with the first that is closed.
        self.command = ["sh", "-c", 'runtest "$@"; exit $?', "runtest",
                        "--target_board=" + board, "GDB=" + options.gdb, name]

    def run(self):
        started = time.monotonic()
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        with open(os.path.join(self.folder, "site.exp"), "w", encoding="utf-8") as site:
            site.write(self.site)
        with open(os.path.join(self.folder, "output"), "wb") as output:
            child = subprocess.Popen(self.command, cwd=self.folder, stdin=subprocess.DEVNULL,
                                     stdout=output, stderr=subprocess.STDOUT,
                                     start_new_session=True, env=environment())
            problem = wait_for(child)
        self.results = read_results(os.path.join(self.folder, "gdb.sum"), self.name)
        if problem:
            self.results.append(("ERROR", problem))
        if not self.results:
            self.results.append(("UNTESTED", "has no check for such a target"))
        self.seconds = time.monotonic() - started
        return self


def environment():
    """That of a user, without what would change what gdb says."""
    return {**os.environ, "LC_ALL": "C.UTF-8", "TERM": "dumb", "DEJAGNU": "/dev/null"}


def wait_for(child):
    """What went wrong, or None. runtest's exit status is 1 for checks that failed."""
    try:
        status = child.wait(WATCHDOG)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        return f"the file did not end within {WATCHDOG} s"
    return None if status in (0, 1) else f"runtest ended with status {status}"


def default_files(suite):
    """The files of files.txt that this version of the suite has."""
    found = []
    with open(os.path.join(HERE, "files.txt"), encoding="utf-8") as lines:
        for line in lines:
            pattern = line.partition("#")[0].strip()
            if pattern.startswith("-"):
                found = [name for name in found if name != pattern[1:]]
            elif pattern:
                found += [name for name in sorted(glob.glob(pattern, root_dir=suite))
                          if name not in found]
    return found


def named_files(suite, names):
    for name in names:
        if not name.endswith(".exp") or not os.path.isfile(os.path.join(suite, name)):
            sys.exit(f"ebb: gdb's test suite has no file {name}; its names are such as "
                     "gdb.base/break.exp")
    return names


class Totals:
    """Counts results, and says those that matter as soon as they are known."""

    def __init__(self, known_failures, version):
        self.known_failures = known_failures
        self.version = version
        self.counts = {"passed": 0, "failed": 0, "known": 0, "unsupported": 0}
        self.files = []

    def add(self, file):
        verdicts = self.known_failures.judge(file.name, file.board, self.version, file.results)
        counts = dict.fromkeys(self.counts, 0)
        for verdict in verdicts:
            counts[verdict.word] += 1
            if verdict.word == "failed":
                print(f"FAILED {file.board} {file.name}: {verdict.check}: {verdict.why}")
        for word, count in counts.items():
            self.counts[word] += count
        print(f"{file.board} {file.name}: {line_of(counts)} ({file.seconds:.1f} s)", flush=True)
        self.files.append({
            "board": file.board, "file": file.name, "seconds": round(file.seconds, 1), **counts,
            "results": [verdict._asdict() for verdict in verdicts if verdict.word != "passed"]})

    def write(self, path):
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"gdb": self.version, **self.counts, "files": self.files}, file, indent=1)


def line_of(counts):
    return ", ".join(f"{count} {word}" for word, count in counts.items())


def parse():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--build", required=True, help="build folder with ebb and its QEMU")
    parser.add_argument("--gdb", required=True, help="the gdb under test")
    parser.add_argument("--gdb-version", required=True, help="its major version")
    parser.add_argument("--suite", required=True, help="gdb/testsuite of that version")
    parser.add_argument("--board", action="append", choices=sorted(BOARDS), help="default: all")
    parser.add_argument("files", nargs="*", metavar="FILE.exp", help="default: files.txt")
    options = parser.parse_args()
    options.build = os.path.abspath(options.build)
    options.suite = os.path.abspath(options.suite)
    options.results = os.path.join(options.build, "gdb-suite", "gdb-" + options.gdb_version)
    return options


def main():
    options = parse()
    names = named_files(options.suite, options.files) or default_files(options.suite)
    files = [File(options, board, name)
             for board in options.board or sorted(BOARDS) for name in names]
    with open(os.path.join(HERE, "expected.txt"), encoding="utf-8") as text:
        totals = Totals(KnownFailures(text.read()), options.gdb_version)
    jobs = int(os.environ.get("EBB_JOBS") or os.cpu_count())
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for file in pool.map(File.run, files):
            totals.add(file)
    totals.write(os.path.join(options.results, "summary.json"))
    print(line_of(totals.counts))
    return 1 if totals.counts["failed"] or not totals.counts["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
