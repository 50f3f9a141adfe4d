#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the integration tests: real guests, recorded, replayed and debugged with the real gdb.

Prints a line for each test and "N passed, N failed" at the end, with ", N skipped" behind it if any
were; before it the names of those that failed, and "N known to fail" if any are. The exit status is
0 if none failed. In CI, where everything that tests need must be there, a skipped test is a failed
one.
"""

import argparse
import functools
import os
import signal
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

from harness import debuggers, ebb, known_breakage, lanes  # noqa: E402


def is_ci():
    return (os.environ.get("CI") or "false") != "false"


class Result(unittest.TestResult):
    """Says how each test went as soon as it is known, and why right below."""

    def __init__(self, verbose=False, may_skip=True):
        super().__init__()
        self.verbose = verbose
        self.may_skip = may_skip
        self.passed = 0
        self.failed = []
        self.known = 0
        self.started = time.monotonic()
        self.bad = False

    def startTest(self, test):
        super().startTest(test)
        self.started = time.monotonic()
        self.bad = False
        if self.verbose:
            print("      ", test.id(), flush=True)

    def _report(self, word, test, details=""):
        lines = ["%-6s %s (%.1f s)" % (word, test.id(), time.monotonic() - self.started)]
        if details:
            lines += details.strip().split("\n")
        print("\n    ".join(lines), flush=True)

    def _failure(self, test, details):
        self.bad = True
        self.failed.append(test.id())
        self._report("FAILED", test, details)

    def addSuccess(self, test):
        if not self.bad:
            self.passed += 1
            self._report("ok", test)

    def addError(self, test, err):
        self._failure(test, self._exc_info_to_string(err, test))

    def addFailure(self, test, err):
        self._failure(test, self._exc_info_to_string(err, test))

    def addSubTest(self, test, subtest, err):
        if err:
            self._failure(subtest, self._exc_info_to_string(err, test))

    def addSkip(self, test, reason):
        if self.may_skip:
            super().addSkip(test, reason)
            self._report("skip", test, reason)
        else:
            self._failure(test, "may not be skipped: " + reason)

    def addExpectedFailure(self, test, err):
        self.known += 1
        self._report("known", test, known_breakage.reason(test) + "\n" +
                     self._exc_info_to_string(err, test))

    def addUnexpectedSuccess(self, test):
        self._failure(test, "this was repaired: make it an ordinary test (known to fail: %s)" %
                      known_breakage.reason(test))

    def totals(self):
        return Totals(self.passed, self.failed, self.known, len(self.skipped))


class Totals:
    """How tests went. failed: their names; the others are numbers."""

    def __init__(self, passed=0, failed=(), known=0, skipped=0):
        self.passed = passed
        self.failed = list(failed)
        self.known = known
        self.skipped = skipped

    def add(self, more):
        self.passed += more.passed
        self.failed += more.failed
        self.known += more.known
        self.skipped += more.skipped

    def summary(self):
        failed = "".join("FAILED %s\n" % name for name in self.failed)
        known = "%d known to fail\n" % self.known if self.known else ""
        skipped = ", %d skipped" % self.skipped if self.skipped else ""
        return "%s%s%d passed, %d failed%s" % (failed, known, self.passed, len(self.failed), skipped)

    def status(self):
        return 1 if self.failed or not (self.passed or self.known) else 0


def all_tests(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from all_tests(item)
        else:
            yield item


def run_here(tests, verbose=False):
    """Runs them in this process, printing a line for each; returns the Totals."""
    result = Result(verbose, may_skip=not is_ci())
    unittest.TestSuite(tests).run(result)
    return result.totals()


def run_group(names, verbose):
    """The same for the tests called so, in one of several processes."""
    ebb.current().tests = names
    return run_here(unittest.defaultTestLoader.loadTestsFromNames(names), verbose)


def run_beside(count, tests, verbose):
    """The same for several at a time."""
    totals = Totals()
    for names, part in lanes.run(count, lanes.grouped(test.id() for test in tests), ebb.separate,
                                 functools.partial(run_group, verbose=verbose)):
        totals.add(part or Totals(failed=["%s: its process died" % name for name in names]))
    return totals


def run_tests(tests, verbose=False, jobs=1):
    """Runs them and prints how it went; returns the exit status."""
    totals = run_here(tests, verbose) if jobs < 2 else run_beside(jobs, tests, verbose)
    print(totals.summary(), flush=True)
    return totals.status()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=os.path.join(HERE, "..", "..", "build"),
                        help="the folder that `./run build` made")
    parser.add_argument("--filter", action="append", default=[], metavar="TEXT",
                        help="only tests with TEXT in their name; may be given again")
    parser.add_argument("--gdb", metavar="VERSION",
                        help="with the gdb that scripts/debuggers.sh gdb-VERSION fetched, not $EBB_GDB")
    parser.add_argument("--jobs", type=int, default=1, metavar="N",
                        help="so many tests at a time (default: %(default)s)")
    parser.add_argument("--list", action="store_true", help="print the names and stop")
    parser.add_argument("-v", "--verbose", action="store_true", help="say what is being started")
    options = parser.parse_args()

    tests = [test for test in all_tests(unittest.defaultTestLoader.discover(HERE))
             if not options.filter or any(text in test.id() for text in options.filter)]
    if options.list:
        print("\n".join(test.id() for test in tests))
        return 0
    if options.gdb:
        os.environ["EBB_GDB"] = debuggers.path("gdb-" + options.gdb)
        if not os.path.exists(os.environ["EBB_GDB"]):
            parser.error("there is no such gdb: scripts/debuggers.sh gdb-%s fetches it" % options.gdb)
    # What is started here shall not ignore them, whoever has started this.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    session = ebb.open_build(options.build)
    session.tests = [test.id() for test in tests]
    try:
        return run_tests(tests, options.verbose, options.jobs)
    finally:
        session.close()


if __name__ == "__main__":
    sys.exit(main())
