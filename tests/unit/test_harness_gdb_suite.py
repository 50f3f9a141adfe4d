# SPDX-License-Identifier: GPL-3.0-or-later
"""How results of gdb's own test suite are read and judged: tests/gdb-suite."""

import os
import sys
import tempfile
import unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TESTS, "integration"))
sys.path.append(os.path.join(TESTS, "gdb-suite")) # it has a run.py, too
sys.dont_write_bytecode = True

import run  # noqa: E402
from known_failures import KnownFailures  # noqa: E402
from results import read_results  # noqa: E402

FILE = "gdb.base/x.exp"

KNOWN = """\
# A comment
It is so.
    gdb.base/x.exp: one
    gdb.base/x.exp [arm]: two
    gdb.base/x.exp [arm 16 18]: thr*ee (4)
"""


class Results(unittest.TestCase):
    def read(self, text):
        with tempfile.NamedTemporaryFile("w", suffix=".sum") as file:
            file.write(text)
            file.flush()
            return read_results(file.name, FILE)

    def test_results_are_read(self):
        self.assertEqual(
            self.read("Running x ...\nPASS: gdb.base/x.exp: a: b\nFAIL: gdb.base/x.exp: c\n"
                      "UNTESTED: gdb.base/x.exp: d\nERROR: tcl error\n# of passes 1\n"),
            [("PASS", "a: b"), ("FAIL", "c"), ("UNTESTED", "d"), ("ERROR", "tcl error")])

    def test_how_it_failed_is_no_part_of_the_name(self):
        self.assertEqual(
            self.read("FAIL: gdb.base/x.exp: c (timeout)\nKFAIL: gdb.base/x.exp: d (PRMS: gdb/1)\n"
                      "FAIL: gdb.base/x.exp: print f(1) (2)\n"),
            [("FAIL", "c"), ("KFAIL", "d"), ("FAIL", "print f(1) (2)")])

    def test_no_results_is_an_error(self):
        self.assertEqual([status for status, _ in read_results("/nonexistent/gdb.sum", FILE)],
                         ["ERROR"])


class Judgement(unittest.TestCase):
    def judge(self, results, board="ebb-aarch64", version="13"):
        verdicts = KnownFailures(KNOWN).judge(FILE, board, version, results)
        return [(verdict.word, verdict.check) for verdict in verdicts]

    def test_known_and_unknown_failures(self):
        self.assertEqual(
            self.judge([("FAIL", "one"), ("FAIL", "two"), ("PASS", "three"), ("KFAIL", "four"),
                        ("UNSUPPORTED", "five"), ("UNRESOLVED", "six"), ("ERROR", "seven")]),
            [("known", "one"), ("failed", "two"), ("passed", "three"), ("known", "four"),
             ("unsupported", "five"), ("failed", "six"), ("failed", "seven")])

    def test_conditions(self):
        checks = [("FAIL", "one"), ("FAIL", "two"), ("FAIL", "thr or three (4)")]
        self.assertEqual([word for word, _ in self.judge(checks, "ebb-arm", "13")],
                         ["known", "known", "failed"])
        self.assertEqual([word for word, _ in self.judge(checks, "ebb-arm", "18")],
                         ["known", "known", "known"])

    def test_what_was_repaired_is_a_failure(self):
        self.assertEqual(self.judge([("PASS", "one")]), [("passed", "one"), ("failed", "one")])
        self.assertEqual(self.judge([("PASS", "other")]), [("passed", "other"), ("failed", "one")])

    def test_entries_of_other_files_do_not_count(self):
        known = KnownFailures(KNOWN)
        self.assertEqual(known.judge("gdb.base/y.exp", "ebb-arm", "13", [("PASS", "one")])[0].word,
                         "passed")

    def test_a_check_without_a_reason_is_refused(self):
        with self.assertRaises(ValueError):
            KnownFailures("    gdb.base/x.exp: one\n")

    def test_the_projects_own_list_is_well_formed(self):
        with open(os.path.join(TESTS, "gdb-suite", "expected.txt"), encoding="utf-8") as text:
            entries = KnownFailures(text.read()).entries
        for entry in entries:
            self.assertTrue(entry.boards <= {"ebb-aarch64", "ebb-arm"}, entry.check)
            self.assertTrue(entry.versions <= {"13", "16", "18"}, entry.check)


if __name__ == "__main__":
    loader = unittest.defaultTestLoader
    sys.exit(run.run_tests(unittest.TestSuite(
        [loader.loadTestsFromTestCase(case) for case in (Results, Judgement)])))
