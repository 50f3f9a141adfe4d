# SPDX-License-Identifier: GPL-3.0-or-later
"""How the runner of the integration tests has several processes run them."""

import os
import sys
import unittest
from unittest import mock

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "integration"))
sys.dont_write_bytecode = True

import run  # noqa: E402
from harness import lanes  # noqa: E402

NAMES = ["test_a.Some.test_1", "test_a.Others.test_2",
         "test_kvm_hosts.Kvm_a72_612_Recordings.test_3", "test_kvm_hosts.Kvm_n1_61_Walking.test_4",
         "test_kvm_hosts.Kvm_n1_61_Recordings.test_5", "test_b.Some.test_6"]


def nothing():
    pass


def process_of(_group):
    return os.getpid()


def lengths(group):
    return len(group)


def fall(group):
    if group == ["bad"]:
        os._exit(3)
    return 1


class Lanes(unittest.TestCase):
    def test_what_stays_together(self):
        with mock.patch("harness.kvm.is_arm_host", return_value=False):
            self.assertEqual(lanes.grouped(NAMES), [
                NAMES[2:3], NAMES[3:5], NAMES[0:2], NAMES[5:6]])

    def test_one_guest_at_a_time_on_an_arm_host(self):
        with mock.patch("harness.kvm.is_arm_host", return_value=True):
            self.assertEqual(lanes.grouped(NAMES), [NAMES[2:5], NAMES[0:2], NAMES[5:6]])

    def test_results(self):
        groups = [["x"] * length for length in range(1, 8)]
        for count in (1, 3):
            with self.subTest(count=count):
                results = list(lanes.run(count, groups, nothing, lengths))
                self.assertEqual(sorted(len(group) for group, _ in results), list(range(1, 8)))
                self.assertTrue(all(len(group) == result for group, result in results))

    def test_in_other_processes(self):
        for _, process in lanes.run(2, [["x"], ["y"]], nothing, process_of):
            self.assertNotEqual(process, os.getpid())

    def test_process_that_dies(self):
        groups = [["bad"]] + [["good %d" % number] for number in range(6)]
        results = list(lanes.run(2, groups, nothing, fall))
        self.assertEqual(sorted(results), [(["bad"], None)] + [(group, 1) for group in groups[1:]])

    def test_tests_of_a_dead_process_have_failed(self):
        with mock.patch.object(lanes, "run", return_value=[(["m.C.t"], None),
                                                           (["m.C.u"], run.Totals(passed=2))]):
            totals = run.run_beside(2, [], False)
        self.assertEqual(totals.summary(),
                         "FAILED m.C.t: its process died\n2 passed, 1 failed")
        self.assertEqual(totals.status(), 1)


if __name__ == "__main__":
    sys.exit(run.run_tests(unittest.defaultTestLoader.loadTestsFromTestCase(Lanes)))
