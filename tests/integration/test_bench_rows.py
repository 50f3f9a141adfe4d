# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmarks, at a size that measures nothing: each row that docs/benchmarks.md names is there."""

import json
import os
import re
import sys
import unittest

from harness import ebb, process
from harness.guests import ROOT

MEASURES = ("cpu_s", "elapsed_s", "engine_bytes", "workers_bytes", "ms", "x")


class Rows(unittest.TestCase):
    def setUp(self):
        self.ebb = ebb.current()

    def measure(self, name, *options):
        path = self.ebb.new_folder("rows") + ".json"
        result = process.run(
            [sys.executable, os.path.join(ROOT, "tests", "bench", "bench.py"), "--build",
             self.ebb.build, name, "--size", "1e5", "--ram", "32", "--runs", "1", "-o", path,
             *options], process.WATCHDOG)
        self.assertEqual(result.status, 0, result.describe())
        with open(path) as file:
            return json.load(file)

    def documented(self, prefix):
        with open(os.path.join(ROOT, "docs", "benchmarks.md")) as file:
            cells = re.findall(r"(?m)^\| (`%s_[^|]*)\|" % prefix, file.read())
        return {name for cell in cells for name in re.findall("`(.*?)`", cell)}

    def check(self, rows, prefix, measures, workers, page_sets=False):
        """All rows of all workers have values."""
        found = {}
        for row in rows:
            self.assertEqual((row["size"], row["ram_mib"], row["runs"]), (10 ** 5, 32, 1))
            self.assertGreaterEqual(row["instructions"], 10 ** 5)
            self.assertEqual(row["page_sets"], page_sets)
            name, measure = re.fullmatch("(.*?)_(%s)" % "|".join(measures), row["metric"]).groups()
            found.setdefault((name, row["workers"]), set()).add(measure)
            if measure != "x":  # which may be nothing by nothing
                self.assertIsNotNone(row["ebb"], row)
        self.assertEqual({name for name, _ in found}, self.documented(prefix))
        self.assertEqual({number for _, number in found}, workers)
        self.assertEqual(len(found), len({name for name, _ in found}) * len(workers))
        return found

    def test_scan(self):
        rows = self.measure("scan")
        found = self.check(rows, "scan", MEASURES[:4], {1, 2})
        self.assertEqual(set(map(frozenset, found.values())), {frozenset(MEASURES[:4])})
        for row in rows:
            if not row["metric"].endswith("bytes"):
                self.assertAlmostEqual(row["ratio"], row["ebb"] / row["peer"])

    def test_moves(self):
        """Without the peer, which may not be installed here, and without its boot."""
        moves = ",".join(name[len("move_"):] for name in self.documented("move"))
        rows = self.measure("reverse", "--peer-limit", "0", "--page-sets", "--rows", moves)
        self.check(rows, "move", MEASURES, {1}, page_sets=True)
        self.assertEqual({row["peer"] for row in rows}, {None})
        self.assertTrue(all("replays" in row for row in rows if row["metric"].endswith("cpu_s")))


if __name__ == "__main__":
    unittest.main()
