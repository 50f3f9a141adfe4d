# SPDX-License-Identifier: GPL-3.0-or-later
"""`bench.py plot`: how what rows of results measure grows with the recording; an SVG of gnuplot's, on
log axes, with a panel for each question."""

import json
import math
import os
import subprocess

from common import Failure, log

WIDTH, HEIGHT, COLUMNS = 460, 380, 3  # of a panel, in pixels; in a row
OFF = 1.2  # what the values at the edges are off them
UNITS = {"cpu_s": "CPU seconds", "elapsed_s": "seconds", "ms": "milliseconds",
         "engine_bytes": "bytes of the engine", "workers_bytes": "bytes of the workers"}
NEEDED = {"metric", "size", "ram_mib", "workers", "ebb", "peer", "peer_name"}


def read(paths):
    rows = []
    for path in paths:
        try:
            with open(path) as file:
                found = json.load(file)
            rows += [row for row in found if NEEDED <= row.keys()]
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise Failure("%s cannot be read as what a benchmark writes: %s" % (
                path, error)) from None
    return rows


def differ(rows, member):
    return len({row[member] for row in rows}) > 1


def panels(rows, measure):
    """Question to series to (size, value). A value of 0, less than the clock tells, has no place on a
    log axis."""
    rows = [row for row in rows if row["metric"].endswith("_" + measure)]
    with_ram, with_workers = differ(rows, "ram_mib"), differ(rows, "workers")
    found = {}
    for row in rows:
        for member, name in (("ebb", "ebb"), ("against", row.get("against_name")),
                             ("peer", row["peer_name"])):
            if not row.get(member):
                continue
            words = [name]
            if with_workers and "worker" not in name:
                words.append("%d workers" % row["workers"] if row["workers"] > 1 else "1 worker")
            if with_ram:
                words.append("%d MiB" % row["ram_mib"])
            if row.get("page_sets") and member != "peer":
                words.append("page sets")
            question = row["metric"][:-len(measure) - 1]
            found.setdefault(question, {}).setdefault(", ".join(words), []).append(
                (row["size"], row[member]))
    return found


def quoted(text):
    """A string of gnuplot's in which nothing has a meaning."""
    return "'%s'" % " ".join(str(text).split()).replace("'", "''")


def span(values):
    """A range of a log axis that has all values off its edges. It consists of whole decades, as only
    their ends have numbers."""
    return "[1e%d:1e%d]" % (math.floor(math.log10(min(values) / OFF)),
                            math.ceil(math.log10(max(values) * OFF)))


def panel_script(title, series):
    lines = []
    for index, points in enumerate(series.values()):
        lines += ["$series%d << END" % index, *("%d %.9g" % point for point in sorted(points)),
                  "END"]
    points = [point for several in series.values() for point in several]
    lines += ["set title " + quoted(title),
              "set xrange " + span([x for x, _ in points]),
              "set yrange " + span([y for _, y in points]),
              "plot " + ", ".join("$series%d with linespoints title %s" % (index, quoted(name))
                                  for index, name in enumerate(series))]
    return lines


def script(found, measure, output):
    """What gnuplot is told."""
    columns = min(COLUMNS, len(found))
    rows = -(-len(found) // columns)
    lines = ["set terminal svg noenhanced background rgb 'white' size %d,%d" % (
        WIDTH * columns, HEIGHT * rows), "set output " + quoted(output), "set logscale xy",
        "set format x '%.0e'", "set grid",
        "set key below", "set xlabel 'instructions' offset 0,0.5",
        "set ylabel " + quoted(UNITS[measure]),
        "set multiplot layout %d,%d" % (rows, columns)]
    for title, series in found.items():
        lines += panel_script(title, series)
    return "\n".join(lines + ["unset multiplot", "unset output"]) + "\n"


def draw(paths, output, measure):
    """Returns the exit status."""
    found = panels(read(paths), measure)
    if not found:
        raise Failure("there is no %s by size in %s; ./run bench scan and reverse write it" % (
            measure, ", ".join(paths)))
    new = output + ".new"
    try:
        done = subprocess.run(["gnuplot"], input=script(found, measure, new), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except FileNotFoundError:
        raise Failure("gnuplot is not installed (Debian: gnuplot-nox)") from None
    if done.returncode != 0 or not os.path.exists(new):
        raise Failure("gnuplot could not draw %s:\n%s" % (output, done.stdout))
    os.replace(new, output)
    log("written to %s" % output)
    return 0
