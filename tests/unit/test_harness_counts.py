# SPDX-License-Identifier: GPL-3.0-or-later
"""How unit tests are counted, those of a made-up program of every outcome among them, and how
scripts/test.sh adds up what runners print.

  test_harness_counts.py KNOWN_BREAKAGE_SAMPLE
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCRIPTS = os.path.join(ROOT, "scripts")
sys.path.insert(0, os.path.join(ROOT, "tests", "integration"))
sys.dont_write_bytecode = True

import run  # noqa: E402

SAMPLE = sys.argv[1]
PASSED = "[==========] 3 test(s) run.\n[  PASSED  ] 3 test(s).\n"


class Temporary(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="ebb-harness-")
        self.addCleanup(shutil.rmtree, self.folder)

    def run_command(self, *command, ci="", **environment):
        """Returns the exit status and the lines of the output."""
        result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False,
                                env={**os.environ, "CI": ci, **environment})
        return result.returncode, result.stdout.splitlines()


class Counter(Temporary):
    def count(self, *programs, options=(), ci=""):
        """Programs: (meson's word for the result, standard output, standard error)."""
        path = os.path.join(self.folder, "testlog.json")
        with open(path, "w") as log:
            for number, (result, out, err) in enumerate(programs):
                log.write(json.dumps({"name": "ebb:unit / test_%d" % number, "result": result,
                                      "stdout": out, "stderr": err}) + "\n")
        return self.run_command(sys.executable, os.path.join(SCRIPTS, "count_unit_tests.py"),
                                *options, path, ci=ci)


class Counting(Counter):
    def test_passed(self):
        self.assertEqual(self.count(("OK", "", PASSED), ("OK", "", PASSED)),
                         (0, ["unit: 6 passed, 0 failed"]))

    def test_program_without_summary(self):
        self.assertEqual(self.count(("OK", "fuzzed\n", "")), (0, ["unit: 1 passed, 0 failed"]))

    def test_program_with_a_line_of_ours(self):
        self.assertEqual(self.count(("OK", "4 passed, 0 failed\n", "")),
                         (0, ["unit: 4 passed, 0 failed"]))
        self.assertEqual(self.count(("FAIL", "4 passed, 2 failed\n", "")),
                         (1, ["unit: 4 passed, 2 failed"]))

    def test_crash_behind_the_summary(self):
        self.assertEqual(self.count(("ERROR", "", PASSED)), (1, ["unit: 3 passed, 1 failed"]))

    def test_program_that_timed_out(self):
        self.assertEqual(self.count(("TIMEOUT", "", "")), (1, ["unit: 0 passed, 1 failed"]))

    def test_program_that_is_skipped(self):
        skipped = ("SKIP", "looking\nthere is no moon\n", "")
        self.assertEqual(self.count(("OK", "", PASSED), skipped),
                         (0, ["skip   test_1: there is no moon",
                              "unit: 3 passed, 0 failed, 1 skipped"]))

    def test_in_ci_nothing_is_skipped(self):
        skipped = ("SKIP", "there is no moon\n", "")
        lines = ["FAILED test_0 may not be skipped: there is no moon", "unit: 0 passed, 1 failed"]
        self.assertEqual(self.count(skipped, ci="true"), (1, lines))
        self.assertEqual(self.count(skipped, options=["--no-skips"]), (1, lines))

    def test_no_log(self):
        status, lines = self.run_command(
            sys.executable, os.path.join(SCRIPTS, "count_unit_tests.py"), self.folder + "/none")
        self.assertEqual((status, lines), (1, ["unit: 0 passed, 1 failed (meson ran no tests)"]))


class Sample(Counter):
    """cmocka's tests of each outcome, as tests/unit/unit.h and known_breakage.h make them."""

    def sample(self, case="*"):
        result = subprocess.run([SAMPLE], capture_output=True, text=True, check=False,
                                env={**os.environ, "EBB_CASE": case})
        return "OK" if result.returncode == 0 else "FAIL", result.stdout, result.stderr

    def test_all(self):
        status, lines = self.count(self.sample())
        self.assertEqual(status, 1)
        self.assertEqual(lines, [
            "skip   test_0: test_absent: there is no moon",
            "FAILED test_0: test_silent was skipped, and gives no reason",
            "skip   test_0: known_absent: it skips itself; it is known to fail: perhaps",
            "known  test_0: known_broken: it is made so",
            "known  test_0: known_crashing: it gives up",
            "unit: 2 known to fail",
            "unit: 1 passed, 4 failed, 2 skipped",
        ])

    def test_chosen_cases(self):
        self.assertEqual(self.count(self.sample("test_sound")), (0, ["unit: 1 passed, 0 failed"]))

    def test_known(self):
        result, out, _ = self.sample("known_broken")
        self.assertEqual(result, "OK")
        self.assertIn("    ERROR: as it was to be expected\n", out)

    def test_repaired(self):
        result, _, errors = self.sample("known_repaired")
        self.assertEqual(result, "FAIL")
        self.assertIn("this was repaired: make it an ordinary test (known to fail: it was)", errors)

    def test_fixture_has_to_work(self):
        result, _, errors = self.sample("known_unready")
        self.assertEqual(result, "FAIL")
        self.assertIn("could not be set up", errors)


class Totals(Temporary):
    """scripts/test.sh with a runner in place of the integration tests' own."""

    def total(self, *lines, status=0):
        scripts = os.path.join(self.folder, "scripts")
        runner = os.path.join(self.folder, "tests", "integration")
        os.makedirs(runner)
        os.mkdir(scripts)
        for name in ("common.sh", "test.sh"):
            shutil.copy(os.path.join(SCRIPTS, name), scripts)
        with open(os.path.join(runner, "run.py"), "w") as file:
            file.write("print(%r)\nraise SystemExit(%d)\n" % ("\n".join(lines), status))
        status, lines = self.run_command(os.path.join(scripts, "test.sh"), "kvm")
        return status, lines[-2:]

    def test_passed(self):
        self.assertEqual(self.total("3 passed, 0 failed")[1][-1], "3 passed, 0 failed")

    def test_failed(self):
        status, lines = self.total("3 passed, 2 failed", status=1)
        self.assertEqual((status, lines[-1]), (1, "3 passed, 2 failed"))

    def test_crashed(self):
        status, lines = self.total("ok     a_test", status=1)
        self.assertEqual((status, lines[-1]), (1, "0 passed, 1 failed"))

    def test_skipped(self):
        status, lines = self.total("3 passed, 0 failed, 2 skipped")
        self.assertEqual((status, lines[-1]), (0, "3 passed, 0 failed, 2 skipped"))

    def test_known(self):
        status, lines = self.total("4 known to fail", "3 passed, 0 failed, 2 skipped")
        self.assertEqual((status, lines), (0, ["4 known to fail", "3 passed, 0 failed, 2 skipped"]))

    def test_of_other_programs(self):
        """What a failed test shows is indented, and is not counted."""
        status, lines = self.total("    9 known to fail", "    7 passed, 0 failed",
                                   "3 passed, 0 failed")
        self.assertEqual((status, lines), (0, ["3 passed, 0 failed"] * 2))


if __name__ == "__main__":
    sys.exit(run.run_tests([test for case in (Counting, Sample, Totals) for test in
                            unittest.defaultTestLoader.loadTestsFromTestCase(case)]))
