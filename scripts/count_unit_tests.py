# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts unit tests: reads meson's testlog.json and prints "unit: N passed, N failed".

Each program runs many tests; cmocka's summary says how many. A program that failed without
a summary (a crash, a sanitizer's report) counts as one failure.
"""

import json
import re
import sys


def count_program(entry):
    output = entry.get("stdout", "") + entry.get("stderr", "")
    passed = sum(int(n) for n in re.findall(r"\[  PASSED  \] (\d+) test", output))
    failed = sum(int(n) for n in re.findall(r"\[  FAILED  \] (\d+) test", output))
    succeeded = entry["result"] in ("OK", "EXPECTEDFAIL")
    if entry["result"] == "SKIP":
        return 0, 0
    if succeeded:
        return max(passed, 1), 0
    return passed, max(failed, 1)


def main():
    passed = failed = 0
    try:
        log = open(sys.argv[1], encoding="utf-8")
    except FileNotFoundError:
        print("unit: 0 passed, 1 failed (meson ran no tests)")
        return 1
    with log:
        for line in log:
            program_passed, program_failed = count_program(json.loads(line))
            passed += program_passed
            failed += program_failed
    print(f"unit: {passed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
