#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the integration tests: real guests, recorded, replayed and debugged with the real gdb.

Prints a line for each test and "N passed, N failed" at the end; the exit status is 0 if none failed.
"""

import argparse
import os
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

from harness import ebb  # noqa: E402


class Result(unittest.TestResult):
    """Says how each test went as soon as it is known, and why right below."""

    def __init__(self, verbose):
        super().__init__()
        self.verbose = verbose
        self.passed = 0
        self.failed = 0
        self.started = 0.0
        self.bad = False

    def startTest(self, test):
        super().startTest(test)
        self.started = time.monotonic()
        self.bad = False
        if self.verbose:
            print("      ", test.id(), flush=True)

    def _report(self, word, test, details=""):
        print("%-6s %s (%.1f s)" % (word, test.id(), time.monotonic() - self.started), flush=True)
        if details:
            print("    " + details.strip().replace("\n", "\n    "), flush=True)

    def _failure(self, test, error):
        self.bad = True
        self.failed += 1
        self._report("FAILED", test, self._exc_info_to_string(error, test))

    def addSuccess(self, test):
        if not self.bad:
            self.passed += 1
            self._report("ok", test)

    def addError(self, test, err):
        self._failure(test, err)

    def addFailure(self, test, err):
        self._failure(test, err)

    def addSubTest(self, test, subtest, err):
        if err:
            self._failure(subtest, err)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._report("skip", test, reason)


def all_tests(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from all_tests(item)
        else:
            yield item


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=os.path.join(HERE, "..", "..", "build"),
                        help="the folder that `./run build` made")
    parser.add_argument("--filter", action="append", default=[], metavar="TEXT",
                        help="only tests with TEXT in their name; may be given again")
    parser.add_argument("--list", action="store_true", help="print the names and stop")
    parser.add_argument("-v", "--verbose", action="store_true", help="say what is being started")
    options = parser.parse_args()

    tests = [test for test in all_tests(unittest.defaultTestLoader.discover(HERE))
             if not options.filter or any(text in test.id() for text in options.filter)]
    if options.list:
        print("\n".join(test.id() for test in tests))
        return 0
    session = ebb.open_build(options.build)
    session.tests = [test.id() for test in tests]
    result = Result(options.verbose)
    try:
        unittest.TestSuite(tests).run(result)
    finally:
        session.close()
    skipped = ", %d skipped" % len(result.skipped) if result.skipped else ""
    print("%d passed, %d failed%s" % (result.passed, result.failed, skipped), flush=True)
    return 1 if result.failed or not result.passed else 0


if __name__ == "__main__":
    sys.exit(main())
