# SPDX-License-Identifier: GPL-3.0-or-later
"""How the runner of the integration tests counts and what it says, of made-up tests of each
outcome."""

import contextlib
import io
import os
import sys
import unittest
from unittest import mock

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "integration"))
sys.dont_write_bytecode = True

import run  # noqa: E402
from harness.known_breakage import known_breakage  # noqa: E402


class Mixin:
    def test_of_mixin(self):
        self.assertEqual(self.value, 1)


class Sound(Mixin, unittest.TestCase):
    value = 1


class Broken(Mixin, unittest.TestCase):
    value = 2
    test_of_mixin = known_breakage("its value is wrong")(Mixin.test_of_mixin)


class Outcomes(unittest.TestCase):
    def passes(self):
        pass

    def fails(self):
        self.fail("as it was to be expected")

    def raises(self):
        raise OSError("no such thing")

    def has_bad_parts(self):
        for number in range(4):
            with self.subTest(number=number):
                self.assertEqual(number % 2, 0)

    def is_skipped(self):
        self.skipTest("there is no moon")

    @known_breakage("it is made so")
    def is_broken(self):
        self.fail("still")

    @known_breakage("of one part")
    def is_broken_in_parts(self):
        for number in range(3):
            with self.subTest(number=number):
                self.assertNotEqual(number, 1)

    @known_breakage("it was")
    def was_repaired(self):
        pass

    @known_breakage("it would be")
    def is_broken_but_skipped(self):
        self.skipTest("there is no moon")

    @unittest.expectedFailure
    def is_broken_for_no_reason(self):
        self.fail("still")


class BadFixture(unittest.TestCase):
    def setUp(self):
        raise OSError("no fixture")

    @known_breakage("of something else")
    def is_broken(self):
        self.fail("never reached")


def run_tests(*tests, ci=""):
    """Returns the exit status and the lines that were printed."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output), mock.patch.dict(os.environ, {"CI": ci}):
        status = run.run_tests(tests)
    return status, output.getvalue().splitlines()


def outcomes(*names, ci=""):
    return run_tests(*map(Outcomes, names), ci=ci)


class Counting(unittest.TestCase):
    def test_passed(self):
        status, lines = outcomes("passes", "passes")
        self.assertEqual(status, 0)
        self.assertEqual(lines[-1], "2 passed, 0 failed")
        self.assertRegex(lines[0], r"^ok     .*Outcomes\.passes \(\d")

    def test_failed(self):
        status, lines = outcomes("passes", "fails", "raises")
        self.assertEqual(status, 1)
        self.assertEqual(lines[-1], "1 passed, 2 failed")
        self.assertIn("    AssertionError: as it was to be expected", lines)

    def test_each_bad_part_is_a_failure(self):
        status, lines = outcomes("has_bad_parts")
        self.assertEqual((status, lines[-1]), (1, "0 passed, 2 failed"))

    def test_nothing_ran(self):
        self.assertEqual(outcomes(), (1, ["0 passed, 0 failed"]))

    def test_skipped(self):
        status, lines = outcomes("passes", "is_skipped")
        self.assertEqual((status, lines[-1]), (0, "1 passed, 0 failed, 1 skipped"))
        self.assertIn("    there is no moon", lines)

    def test_nothing_but_skipped(self):
        self.assertEqual(outcomes("is_skipped")[0], 1)

    def test_in_ci_nothing_is_skipped(self):
        status, lines = outcomes("passes", "is_skipped", ci="true")
        self.assertEqual((status, lines[-1]), (1, "1 passed, 1 failed"))
        self.assertIn("    may not be skipped: there is no moon", lines)
        self.assertEqual(outcomes("passes", "is_skipped", ci="false")[0], 0)

    def test_known_breakage(self):
        status, lines = outcomes("passes", "is_broken", "is_broken_in_parts")
        self.assertEqual((status, lines[-2:]), (0, ["2 known to fail", "1 passed, 0 failed"]))
        self.assertRegex(lines[1], r"^known  .*Outcomes\.is_broken \(")
        self.assertIn("    it is made so", lines)
        self.assertIn("    AssertionError: still", lines)

    def test_nothing_but_known_breakage(self):
        self.assertEqual(outcomes("is_broken")[0], 0)

    def test_repaired(self):
        status, lines = outcomes("passes", "was_repaired")
        self.assertEqual((status, lines[-1]), (1, "1 passed, 1 failed"))
        self.assertRegex(lines[1], r"^FAILED .*Outcomes\.was_repaired \(")
        self.assertEqual(lines[2], "    this was repaired: make it an ordinary test "
                                   "(known to fail: it was)")

    def test_known_breakage_of_a_mixin_is_that_of_one_class(self):
        status, lines = run_tests(Sound("test_of_mixin"), Broken("test_of_mixin"))
        self.assertEqual((status, lines[-2:]), (0, ["1 known to fail", "1 passed, 0 failed"]))

    def test_skipped_known_breakage_is_not_repaired(self):
        status, lines = outcomes("passes", "is_broken_but_skipped")
        self.assertEqual((status, lines[-1]), (0, "1 passed, 0 failed, 1 skipped"))

    def test_fixture_of_known_breakage_has_to_work(self):
        status, lines = run_tests(BadFixture("is_broken"))
        self.assertEqual((status, lines[-1]), (1, "0 passed, 1 failed"))

    def test_unittests_own_mark(self):
        status, lines = outcomes("is_broken_for_no_reason")
        self.assertEqual((status, lines[-2:]), (0, ["1 known to fail", "0 passed, 0 failed"]))
        self.assertIn("    no reason given", lines)


if __name__ == "__main__":
    sys.exit(run.run_tests(unittest.defaultTestLoader.loadTestsFromTestCase(Counting)))
