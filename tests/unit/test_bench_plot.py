# SPDX-License-Identifier: GPL-3.0-or-later
"""What is drawn of what the benchmarks have measured. It takes gnuplot, and nothing else does."""

import contextlib
import io
import json
import math
import os
import shutil
import sys
import tempfile
import unittest
import xml.etree.ElementTree

sys.dont_write_bytecode = True

from test_bench_results import ROOT, common, rows  # noqa: E402

import plot  # noqa: E402

SVG = "{http://www.w3.org/2000/svg}"


class Plot(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.output = os.path.join(folder.name, "it's a plot.svg")
        self.input = os.path.join(folder.name, "rows.json")

    def draw(self, results, measure="cpu_s"):
        """The texts of the plot, and how many lines with points it has."""
        with open(self.input, "w") as file:
            json.dump(results, file)
        with contextlib.redirect_stderr(io.StringIO()) as said:
            self.assertEqual(plot.draw([self.input], self.output, measure), 0)
        self.assertEqual(said.getvalue(), "bench: written to %s\n" % self.output)
        tree = xml.etree.ElementTree.parse(self.output)
        self.assertEqual(tree.getroot().tag, SVG + "svg")
        texts = ["".join(text.itertext()).strip() for text in tree.iter(SVG + "text")]
        series = [group for group in tree.iter(SVG + "g")
                  if group.get("id", "").startswith("gnuplot_plot_")]
        return texts, len(series)

    def test_each_series_of_each_panel(self):
        results = common.with_against(rows("scan_calls_cpu_s") + rows("scan_count_cpu_s"),
                                      rows("scan_calls_cpu_s"), "abc123")
        texts, series = self.draw(results + rows("scan_calls_elapsed_s"))
        self.assertEqual(texts.count("scan_calls"), 1)
        self.assertEqual(texts.count("scan_count"), 1)
        self.assertEqual(texts.count("ebb"), 2)
        self.assertEqual(texts.count("peer & 'co' <1>"), 2)
        self.assertEqual(texts.count("abc123"), 1)
        self.assertEqual(series, 5)

    def test_workers_are_told_apart(self):
        texts, series = self.draw(rows("scan_calls_cpu_s", "other", workers=(1, 2)))
        for name in ("ebb, 1 worker", "ebb, 2 workers", "other, 1 worker", "other, 2 workers"):
            self.assertEqual(texts.count(name), 1, name)
        self.assertEqual(series, 4)

    def test_page_sets_are_told_apart(self):
        results = rows("move_vain_cpu_s") + [
            dict(row, page_sets=True) for row in rows("move_vain_cpu_s")]
        texts, series = self.draw(results)
        self.assertEqual((texts.count("ebb"), texts.count("ebb, page sets")), (1, 1))
        self.assertEqual(series, 3)

    def test_one_size(self):
        self.assertEqual(self.draw(rows("move_vain_cpu_s", sizes=(10 ** 6,)))[1], 2)

    def test_axes_have_numbers(self):
        """At least two, though the values are within one decade."""
        for least, most in ((0.3, 0.4), (0.2, 30), (1, 1), (2.4e7, 2.6e7)):
            begin, end = (float(edge) for edge in plot.span([most, least])[1:-1].split(":"))
            self.assertLess(begin, least)
            self.assertLess(most, end)
            self.assertEqual([math.log10(edge) % 1 for edge in (begin, end)], [0, 0])
        results = [dict(row, ebb=0.3, peer=0.4) for row in rows("a_cpu_s", sizes=(2 * 10 ** 6,))]
        texts, _ = self.draw(results)
        for text in "0.1", "1", "1e+06", "1e+07":
            self.assertIn(text, texts)

    def test_another_measure(self):
        texts, _ = self.draw(rows("a_cpu_s") + rows("b_elapsed_s"), "elapsed_s")
        self.assertIn("b", texts)
        self.assertNotIn("a", texts)

    def test_values_of_zero_have_no_place(self):
        results = rows("a_cpu_s")
        for row in results:
            row["peer"] = 0
        results[0]["ebb"] = 0
        self.assertEqual(self.draw(results)[1], 1)

    def test_nothing_to_draw(self):
        for content in ("[]", '[{"metric": "record_tcg_s", "unit": "s", "ebb": 1}]', "{", "[1]"):
            with open(self.input, "w") as file:
                file.write(content)
            with self.assertRaises(common.Failure):
                plot.draw([self.input], self.output, "cpu_s")
            self.assertFalse(os.path.exists(self.output))

    def test_no_file(self):
        with self.assertRaises(common.Failure):
            plot.draw([os.path.join(ROOT, "nothing")], self.output, "cpu_s")


if __name__ == "__main__":
    if not shutil.which("gnuplot"):
        print("there is no gnuplot to draw with")
        sys.exit(77)
    unittest.main()
