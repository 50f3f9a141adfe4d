#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures Ebb, beside QEMU's own record/replay where that does the same.

    bench.py --build BUILD [--runs N] replay|record|reverse|scan|kvm|damage [OPTION...]
    bench.py plot FILE.json... -o FILE.svg

docs/benchmarks.md tells what is measured. Results are printed as a table and written to
BUILD/bench/NAME.json: an array of {"metric", "unit", "ebb", "peer", "peer_name", "ratio", "runs"} and
more. A value is the median of its runs, a ratio is ebb / peer: below 1 means that Ebb needs less.
A peer that cannot run is a failure of the benchmark. What kvm and damage measure is told in kvm.py
and damage.py.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import boot  # noqa: E402
import damage  # noqa: E402
import kvm  # noqa: E402
import plot  # noqa: E402
import scan  # noqa: E402
import walks  # noqa: E402
from common import Failure, log  # noqa: E402

NAMES = ("record", "replay", "reverse", "scan", "kvm", "damage", "plot")
SIZES = {"scan": (10 ** 8,), "reverse": (10 ** 8, 10 ** 9)}
RAM = (256,)
LEAST_RAM, MOST_RAM = 32, 4096


def size(text):
    """A number of instructions, as 1e9."""
    number = float(text.replace("_", ""))
    if not 10 ** 5 <= number <= 10 ** 12:
        raise ValueError
    return int(number)


def ram(text):
    number = int(text)
    if not LEAST_RAM <= number <= MOST_RAM:
        raise ValueError
    return number


def workers(text):
    number = int(text)
    if not 1 <= number <= 64:
        raise ValueError
    return number


def several(one):
    """A list with commas between its members."""
    def read(text):
        return tuple(one(word) for word in text.split(","))

    read.__name__ = "list of " + one.__name__
    return read


def parse(arguments):
    parser = argparse.ArgumentParser(description="Measure Ebb.")
    parser.add_argument("--build", default="build", help="the build folder")
    parser.add_argument("--runs", type=int, help="runs of each measurement (default 5; scan and "
                        "reverse: 3; kvm: 2, for they repeat)")
    names = parser.add_subparsers(dest="name", required=True, metavar="NAME")
    for name in ("replay", "record", "kvm", "damage"):
        names.add_parser(name, help="see docs/benchmarks.md")
    for name, what in (("scan", "questions to a whole recording, against one replay"),
                       ("reverse", "going back, beside QEMU's record/replay")):
        sub = names.add_parser(name, help=what)
        sub.add_argument("--runs", type=int, default=argparse.SUPPRESS)
        sub.add_argument("--size", type=several(size), default=SIZES[name],
                         help="instructions, 1e5 to 1e12, with commas between them")
        sub.add_argument("--ram", type=several(ram), default=RAM,
                         help="the guest's RAM in MiB, %d to %d" % (LEAST_RAM, MOST_RAM))
        sub.add_argument("--workers", type=several(workers),
                         help="how many workers (default: scan 1,2, reverse 1)")
        sub.add_argument("--rows", type=several(str), default=("",),
                         help="only the rows whose names begin so")
        sub.add_argument("--page-sets", action="store_true",
                         help="measure with the page sets that ebb verify leaves, not without")
        sub.add_argument("--against", metavar="COMMIT", help="measure that commit's build as well")
        sub.add_argument("-o", "--output", metavar="FILE.json", help="where to write the results "
                         "(default BUILD/bench/%s.json)" % name)
        if name == "reverse":
            sub.add_argument("--peer-limit", type=int, default=walks.PEER_LIMIT, metavar="SECONDS",
                             help="what the peer may take for a row; 0: no peer")
    sub = names.add_parser("plot", help="draw what scan and reverse have written")
    sub.add_argument("files", nargs="+", metavar="FILE.json")
    sub.add_argument("-o", "--output", required=True, metavar="FILE.svg")
    sub.add_argument("--measure", default="cpu_s", help="what to draw: cpu_s, elapsed_s, "
                     "engine_bytes, workers_bytes or ms")
    return parser.parse_args(arguments)


def make(options, build, folder):
    if options.name == "kvm":
        return kvm.KvmBench(build, options.runs or 2, folder)
    if options.name == "damage":
        return damage.DamageBench(build)
    if options.name == "scan":
        return scan.ScanBench(build, folder, options)
    if options.name == "reverse":
        return walks.ReverseBench(build, folder, options)
    return boot.BootBench(build, options.runs or 5, folder, options.name)


def write(path, results):
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path, "w") as file:
        json.dump(results, file, indent=2)
        file.write("\n")


def measure(options):
    build = os.path.abspath(options.build)
    with tempfile.TemporaryDirectory(prefix="ebb-bench-") as folder:
        bench = make(options, build, folder)
        bench.bench()
    path = getattr(options, "output", None) or os.path.join(build, "bench", options.name + ".json")
    write(path, bench.results)
    bench.print_table()
    log("written to %s" % os.path.relpath(path))
    return 1 if getattr(bench, "failed", False) else 0


def main():
    options = parse(sys.argv[1:])
    try:
        if options.name == "plot":
            return plot.draw(options.files, options.output, options.measure)
        return measure(options)
    except (Failure, kvm.Failure, subprocess.TimeoutExpired) as failure:
        return "bench: %s" % failure


if __name__ == "__main__":
    sys.exit(main())
