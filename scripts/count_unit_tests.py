# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts unit tests: reads meson's testlog.json, names the tests that were skipped or are known to
fail, each with the reason, and prints "unit: N passed, N failed".

  count_unit_tests.py [--no-skips] TESTLOG

Each program runs many tests; its summary says how many, that of cmocka or a line of the form that
this prints itself. A program that failed without a summary (a crash, a sanitizer's report) counts
as one failure, and so does a skipped test that gives no reason. With --no-skips, and in CI, where
everything that tests need must be there, each skipped test does.
"""

import argparse
import json
import os
import re
import sys

LINE = r"(?m)^"  # what tests print of other programs is indented


class Counts:
    """How many tests passed and failed, and by name those of which more is to be said."""

    def __init__(self, passed=0, failed=0):
        self.passed = passed
        self.failed = failed
        self.skipped = []  # (name, reason)
        self.known = []    # the same, of those that are known to fail

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.known += other.known


def is_ci():
    return (os.environ.get("CI") or "false") != "false"


def skipped_tests(output):
    """(name, reason) of each test that cmocka says was skipped. The reason stands before it."""
    found = []
    for match in re.finditer(LINE + r"(?:skipped because (.*)\n)?\[  SKIPPED \] (.+)$", output):
        reason, name = match.groups()
        if not re.match(r"\d+ test\(s\)", name):
            found.append((name, reason or ""))
    return found


def count_summaries(name, entry):
    """The counts that a program printed, or None."""
    out, err = entry.get("stdout", ""), entry.get("stderr", "")
    own = re.findall(LINE + r"(\d+) passed, (\d+) failed$", out)
    if own:
        return Counts(int(own[-1][0]), int(own[-1][1]))
    passed = re.findall(LINE + r"\[  PASSED  \] (\d+) test", out + err)
    if not passed:
        return None
    failed = re.findall(LINE + r"\[  FAILED  \] (\d+) test", out + err)
    counts = Counts(sum(map(int, passed)), sum(map(int, failed)))
    counts.known = [(name + ": " + test, why) for test, why in
                    re.findall(LINE + r"\[  KNOWN   \] (\S+): (.*)$", out)]
    counts.passed -= len(counts.known)  # to cmocka they are tests that passed
    counts.skipped = [(name + ": " + test, reason) for test, reason in skipped_tests(out)]
    return counts


def count_program(entry):
    name = entry["name"].split(" / ")[-1]
    if entry["result"] == "SKIP":
        counts = Counts()
        said = (entry.get("stdout", "") + entry.get("stderr", "")).strip().split("\n")
        counts.skipped = [(name, said[-1])]
        return counts
    counts = count_summaries(name, entry)
    if entry["result"] in ("OK", "EXPECTEDFAIL"):
        return counts or Counts(passed=1)
    counts = counts or Counts()
    counts.failed = max(counts.failed, 1)
    return counts


def judge_skips(counts, allowed):
    """Turns those that may not be into failures; returns the rest, and says all by name."""
    rest = []
    for name, reason in counts.skipped:
        if allowed and reason:
            print(f"skip   {name}: {reason}")
            rest.append((name, reason))
        else:
            counts.failed += 1
            why = "may not be skipped" if reason else "was skipped, and gives no reason"
            print(f"FAILED {name} {why}" + (f": {reason}" if reason else ""))
    counts.skipped = rest


def count_log(log, no_skips):
    total = Counts()
    for line in log:
        total.add(count_program(json.loads(line)))
    judge_skips(total, allowed=not no_skips)
    return total


def main():
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("--no-skips", action="store_true",
                        help="take skipped tests for failed ones")
    parser.add_argument("testlog", help="meson's testlog.json")
    options = parser.parse_args()

    try:
        with open(options.testlog, encoding="utf-8") as log:
            counts = count_log(log, options.no_skips or is_ci())
    except FileNotFoundError:
        print("unit: 0 passed, 1 failed (meson ran no tests)")
        return 1
    for name, why in counts.known:
        print(f"known  {name}: {why}")
    if counts.known:
        print(f"unit: {len(counts.known)} known to fail")
    skipped = f", {len(counts.skipped)} skipped" if counts.skipped else ""
    print(f"unit: {counts.passed} passed, {counts.failed} failed{skipped}")
    return 1 if counts.failed else 0


if __name__ == "__main__":
    sys.exit(main())
