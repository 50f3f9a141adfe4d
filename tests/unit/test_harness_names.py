# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests are called as tests/README.md says: each is of one of its families, and is run."""

import os
import re
import sys
import unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TESTS, "integration"))
sys.dont_write_bytecode = True

import run  # noqa: E402


def read(*path):
    with open(os.path.join(TESTS, *path), encoding="utf-8") as file:
        return file.read()


def families(title):
    """The first column of the table behind a line of README.md that begins so."""
    table = read("README.md").split("\n" + title, 1)[1].split("\n\n")[1]
    return set(re.findall(r"(?m)^\| `(\w+)` \|", table))


def names(folder):
    """The names of the tests in a folder without what follows the dot."""
    return sorted({name.split(".")[0] for name in os.listdir(os.path.join(TESTS, folder))
                   if name.startswith(("test_", "fuzz_"))})


class Names(unittest.TestCase):
    def check_families(self, folder, known):
        self.assertTrue(known)
        self.assertEqual([name for name in names(folder) if name.split("_")[1] not in known], [])

    def test_unit_tests_are_of_a_family(self):
        self.check_families("unit", families("Families of unit tests"))
        self.check_families("fuzz", families("Families of unit tests"))

    def test_integration_tests_are_of_a_family(self):
        self.check_families("integration", families("Families of integration tests"))

    def test_unit_tests_are_run(self):
        """meson runs no file that it is not told of."""
        for folder in ("unit", "fuzz"):
            told = set(re.findall(r"'((?:test|fuzz)_\w+)'", read(folder, "meson.build")))
            self.assertEqual(sorted(told), names(folder))


if __name__ == "__main__":
    sys.exit(run.run_tests(unittest.defaultTestLoader.loadTestsFromTestCase(Names)))
