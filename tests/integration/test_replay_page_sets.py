# SPDX-License-Identifier: GPL-3.0-or-later
"""Page sets, which `ebb verify` writes: with them, tables are the same, and cold data is found
without a replay of what never touched it."""

import itertools
import os
import random
import re
import shutil
import unittest

from harness import ebb
from harness.rsp import Rsp

RAM = 0x40000000
ADDRESSES = 12


class PageSets(unittest.TestCase):
    def setUp(self):
        self.ebb = ebb.current()

    def copies(self, recording):
        """The same without page sets, and with them."""
        pair = [self.ebb.new_folder("plain"), self.ebb.new_folder("with-sets")]
        for copy in pair:
            shutil.copytree(recording, copy, ignore=shutil.ignore_patterns("pages"))
        result = self.ebb.run("verify", pair[1])
        self.assertEqual(result.status, 0, result.describe())
        self.assertTrue(os.path.exists(os.path.join(pair[1], "pages")))
        return pair

    def places(self, recording, generator):
        """Addresses that the guest has touched somewhere, and some that it has not."""
        places = [RAM + 0x1F00000, 0]
        with Rsp(recording) as rsp:
            end = rsp.place()[2]
            while len(places) < ADDRESSES:
                rsp.seek(generator.randrange(end))
                numbers = [rsp.register(number) for number in range(33)]
                places.append(numbers[32])
                places += [number for number in numbers[:32] if number >= 4096][:2]
        return places

    def compare(self, recording, seed, *words):
        plain, sets = self.copies(recording)
        generator = random.Random(seed)
        questions = itertools.cycle((["accesses", "--limit", "50"], ["count"], ["last"],
                                     ["count", "--write"], ["first", "--read"],
                                     ["last", "--execute"]))
        answered = 0
        for place in self.places(plain, generator):
            for question in itertools.islice(questions, 2):
                number = "0x%x" % place
                if "--execute" not in question and question != ["count"]:
                    number += ",%d" % generator.choice((1, 4, 8, 64, 5000))
                asked = [*question, "--json", *words]
                one, other = (self.ebb.run(*asked, copy, number) for copy in (plain, sets))
                self.assertEqual((one.status, one.text()), (other.status, other.text()),
                                 [*asked, number])
                answered += one.text().count("position")
        self.assertGreater(answered, 10)

    def test_bare_metal(self):
        self.compare(self.ebb.shared("interrupts-aarch64").recording, 1)

    def test_tables(self):
        self.compare(self.ebb.shared("mmu-aarch64").recording, 2, "--workers", "3")

    def test_devices(self):
        self.compare(self.ebb.shared("dma-aarch64").recording, 3)

    def test_resets(self):
        self.compare(self.ebb.shared("reset-aarch64").recording, 4)

    def replayed(self, rsp):
        return int(re.search(r"instructions replayed +(\d+)", rsp.monitor("stats"))[1])

    def test_cold_data(self):
        """A search that is for what nobody has touched replays nothing."""
        plain, sets = self.copies(self.ebb.shared("interrupts-aarch64").recording)
        replayed = []
        for copy in plain, sets:
            with Rsp(copy, "--at", "end") as rsp:
                before = self.replayed(rsp)
                rsp.ask("Z2,%x,4" % (RAM + 0x1F00000))
                self.assertEqual(rsp.move("bc").reason, "begin")
                replayed.append(self.replayed(rsp) - before)
                end = rsp.place()[2]
        self.assertGreater(replayed[0], end // 2)
        self.assertLess(replayed[1], end // 20)


if __name__ == "__main__":
    unittest.main()
