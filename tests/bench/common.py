# SPDX-License-Identifier: GPL-3.0-or-later
"""What the benchmarks have in common: running programs, and rows of results."""

import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import processes

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
LIMIT = 3600  # seconds that any one step may take
LOOK_EVERY = 0.02  # seconds between two looks at the memory of what runs
UNITS = {"s": "s", "ms": "ms", "bytes": "bytes", "x": "x"}


class Failure(Exception):
    pass


class TooLong(Failure):
    pass


def log(text):
    print("bench: " + text, file=sys.stderr, flush=True)


def end(process):
    """Ends a process and all that it has started."""
    for pid in reversed(processes.tree(process.pid)):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    process.wait()


def run(command, limit=LIMIT, **options):
    """Runs a command to its end and returns (seconds, output)."""
    start = time.monotonic()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said,
                                   stderr=subprocess.STDOUT, **options)
        try:
            process.wait(limit)
        except subprocess.TimeoutExpired:
            raise TooLong("%s takes longer than %d s" % (" ".join(command[:3]), limit)) from None
        finally:
            if process.returncode is None:
                end(process)
        seconds = time.monotonic() - start
        said.seek(0)
        text = said.read().decode(errors="replace")
    if process.returncode != 0:
        raise Failure("%s ended with status %d:\n%s" % (
            " ".join(command[:3]), process.returncode, text[-2000:]))
    return seconds, text


def cpu_of_programs():
    """The CPU time, of users and system, of all programs that were run and have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def cpu_seconds(function):
    """Calls a function; returns the CPU time of the programs that it ran."""
    before = cpu_of_programs()
    function()
    return cpu_of_programs() - before


def use(commands, output):
    """Runs commands, all at once, the output of the first into a file. Returns what they used, with
    all that they started: cpu_s, elapsed_s, engine_bytes, workers_bytes."""
    memory = processes.Memory()
    before, start = cpu_of_programs(), time.monotonic()
    with open(output, "wb") as file, tempfile.TemporaryFile() as errors:
        running = [subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=errors,
                                    stdout=subprocess.DEVNULL if number else file)
                   for number, command in enumerate(commands)]
        try:
            wait_for(running, memory, start + LIMIT)
        finally:
            for process in running:
                if process.returncode is None:
                    end(process)
        elapsed = time.monotonic() - start
        errors.seek(0)
        said = errors.read().decode(errors="replace")
    for command, process in zip(commands, running):
        if process.returncode != 0:
            raise Failure("%s ended with status %d:\n%s" % (
                " ".join(command), process.returncode, said[-2000:]))
    return {"cpu_s": cpu_of_programs() - before, "elapsed_s": elapsed, **memory.sums()}


def wait_for(running, memory, deadline):
    """Waits for processes, and looks at their memory meanwhile."""
    left = list(running)
    while left:
        for process in left:
            memory.look(process.pid)
        try:
            left[0].wait(LOOK_EVERY)
        except subprocess.TimeoutExpired:
            if time.monotonic() > deadline:
                raise TooLong("%s takes longer than %d s" % (
                    " ".join(left[0].args), LIMIT)) from None
        left = [process for process in left if process.poll() is None]


def medians(values):
    """Of a list of what use() returns, the median of each; None if there is none."""
    values = [value for value in values if value is not None]
    if not values:
        return None
    return {key: statistics.median(value[key] for value in values) for key in values[0]}


def row(metric, ebb, peer=None, peer_name=None, runs=1, **more):
    """A row of results. Its unit is what its name ends in; more are members beside the usual ones."""
    return {"metric": metric, "unit": UNITS[metric.rsplit("_", 1)[1]], "ebb": ebb, "peer": peer,
            "peer_name": peer_name, "ratio": ebb / peer if peer and ebb is not None else None,
            "runs": runs, **more}


def with_against(mine, theirs, name):
    """Adds to rows what another build has in rows of the same names and circumstances."""
    def key(result):
        return (result["metric"], result.get("size"), result.get("ram_mib"), result.get("workers"))

    others = {key(result): result["ebb"] for result in theirs}
    for result in mine:
        other = others.get(key(result))
        result.update(against=other, against_name=name, against_ratio=result["ebb"] / other
                      if other and result["ebb"] is not None else None)
    return mine


def number(value, form="%.4g"):
    return "-" if value is None else form % value


def quantity(value, unit):
    """A value with its unit, as 24.94 MB. What only is a ratio has none."""
    if value is None:
        return "-"
    if unit != "bytes":
        return "%.6g" % value if unit == "x" else "%.6g %s" % (value, unit)
    for scale, word in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if value >= scale:
            return "%.4g %s" % (value / scale, word)
    return "%d bytes" % value


def print_rows(results, peers):
    """The table of rows that have sizes; peers: what the column of the peers is called."""
    against = next((result["against_name"] for result in results if "against" in result), None)
    names = ["metric", "size", "RAM", "workers", "ebb", peers, "ratio"]
    form = "%-44s %8s %5s %7s %12s %12s %9s"
    if against:
        form += " %12s %9s"
        names += [against[:12], "ratio"]
    print(form % tuple(names))
    for result in results:
        unit = result["unit"]
        cells = [result["metric"], number(result["size"], "%.3g"), result["ram_mib"],
                 result["workers"], quantity(result["ebb"], unit), quantity(result["peer"], unit),
                 number(result["ratio"])]
        if against:
            cells += [quantity(result.get("against"), unit), number(result.get("against_ratio"))]
        print(form % tuple(cells))
