#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures Ebb, beside QEMU's own record/replay where that does the same.

    bench.py --build BUILD replay|record|reverse|scan|kvm|damage [OPTION...]
    bench.py plot FILE.json... -o FILE.svg

`./run bench` calls it; a NAME with --help tells of its options.

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
from nested_host import CPUS, KERNELS  # noqa: E402

WHATS = {
    "record": "what recording costs, beside QEMU's record/replay",
    "replay": "what forward replay costs, beside QEMU's record/replay",
    "reverse": "what moves in time cost, beside QEMU's record/replay",
    "scan": "what questions to a whole recording cost, against one replay",
    "kvm": "what recording under KVM costs",
    "damage": "what is left of a damaged recording",
    "plot": "draw what scan and reverse have written",
}
NAMES = tuple(WHATS)
EXAMPLES = {
    "record": ("--runs", "3"),
    "replay": ("--runs", "3"),
    "reverse": ("--size", "1e8,1e9,1e10", "--ram", "32,4096"),
    "scan": ("--rows", "calls,count", "--against", "HEAD~10"),
    "kvm": ("--only", "ratios,anchor", "--against", "HEAD~10"),
    "damage": (),
    "plot": ("build/bench/scan.json", "-o", "growth.svg"),
}
RUNS = {"record": 5, "replay": 5, "reverse": 3, "scan": 3, "kvm": 2}  # damage is the same each time
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


def runs(text):
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def group(text):
    if text not in kvm.GROUPS:
        raise ValueError
    return text


def several(one):
    """A list with commas between its members."""
    def read(text):
        return tuple(one(word) for word in text.split(","))

    read.__name__ = "list of " + one.__name__
    return read


def add_name(names, name, what):
    """The parser of what stands behind a NAME."""
    return names.add_parser(
        name, help=what, formatter_class=argparse.RawDescriptionHelpFormatter,
        description=what[0].upper() + what[1:] + ".",
        epilog="example: ./run bench %s\n\n%s tells more." % (
            " ".join([name, *EXAMPLES[name]]),
            "docs/reliability.md" if name == "damage" else "docs/benchmarks.md"))


def add_against(sub, name):
    sub.add_argument("--against", metavar="COMMIT",
                     help="measure that commit's build as well (default this one alone)")
    sub.add_argument("-o", "--output", metavar="FILE.json", help="where to write the results "
                     "(default build/bench/%s.json)" % name)


def add_kvm(sub):
    add_against(sub, "kvm")
    sub.add_argument("--only", type=several(group), default=kvm.GROUPS, metavar="GROUP,...",
                     help="only some of the rows, of %s (default all)" % ", ".join(kvm.GROUPS))
    sub.add_argument("--host-cpu", default=kvm.HOST[0], choices=CPUS,
                     help="the CPU of an emulated host (default %(default)s)")
    sub.add_argument("--host-kernel", default=kvm.HOST[1], choices=KERNELS,
                     help="its Linux (default %(default)s)")


def add_measured(sub, name):
    """The options of those that measure recordings of several sizes."""
    sub.add_argument("--size", type=several(size), default=SIZES[name], metavar="N,...",
                     help="instructions of the recordings, 1e5 to 1e12, with commas between them "
                     "(default %s)" % ",".join("1e%d" % (len(str(one)) - 1) for one in SIZES[name]))
    sub.add_argument("--ram", type=several(ram), default=RAM, metavar="N,...",
                     help="the guest's RAM in MiB, %d to %d (default %d)" % (
                         LEAST_RAM, MOST_RAM, *RAM))
    sub.add_argument("--workers", type=several(workers), metavar="N,...",
                     help="how many workers, 1 to 64 (default %s)" % (
                         "1,2" if name == "scan" else "1"))
    sub.add_argument("--rows", type=several(str), default=("",), metavar="NAME,...",
                     help="only the rows whose names, without scan_ and move_, begin so (default "
                     "all)")
    sub.add_argument("--page-sets", action="store_true",
                     help="measure with the page sets that ebb verify leaves (default without)")
    add_against(sub, name)
    if name == "reverse":
        sub.add_argument("--peer-limit", type=int, default=walks.PEER_LIMIT, metavar="SECONDS",
                         help="what the peer may take for a row; 0: no peer (default %(default)s)")


def add_plot(sub):
    sub.add_argument("files", nargs="+", metavar="FILE.json")
    sub.add_argument("-o", "--output", required=True, metavar="FILE.svg", help="where to draw it")
    sub.add_argument("--measure", default="cpu_s", choices=sorted(plot.UNITS), metavar="MEASURE",
                     help="what to draw: cpu_s, elapsed_s, engine_bytes, workers_bytes or ms "
                     "(default %(default)s)")


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="./run bench", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Measure Ebb, and draw what was measured.",
        epilog="./run bench NAME --help tells of its options.\nexample: ./run bench scan --rows calls")
    parser.add_argument("--build", default="build", help=argparse.SUPPRESS)  # `run` says it
    names = parser.add_subparsers(dest="name", required=True, metavar="NAME")
    for name in NAMES:
        sub = add_name(names, name, WHATS[name])
        if name in RUNS:
            sub.add_argument("--runs", type=runs, metavar="N",
                             help="runs of each measurement, of which the median counts (default "
                             "%d%s)" % (RUNS[name], "; of the boot %d" % RUNS["record"]
                                        if name == "reverse" else ""))
        if name in SIZES:
            add_measured(sub, name)
        elif name == "kvm":
            add_kvm(sub)
        elif name == "plot":
            add_plot(sub)
    return parser.parse_args(arguments)


def make(options, build, folder):
    if options.name == "damage":
        return damage.DamageBench(build)
    count = options.runs or RUNS[options.name]
    if options.name == "kvm":
        return kvm.KvmBench(build, count, folder, options)
    if options.name == "scan":
        return scan.ScanBench(build, count, folder, options)
    if options.name == "reverse":
        return walks.ReverseBench(build, count, options.runs or RUNS["record"], folder, options)
    return boot.BootBench(build, count, folder, options.name)


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
    except (Failure, subprocess.TimeoutExpired) as failure:
        return "bench: %s" % failure


if __name__ == "__main__":
    sys.exit(main())
