# SPDX-License-Identifier: GPL-3.0-or-later
"""Watchpoints on pages that are accessed in every way that the CPU has: which accesses are hits,
and which changes, must not depend on how the worker looks for them."""

import os
import re
import unittest

from harness import rsp
from test_replay_watchpoints import ACCESS, EXECUTE, READ, WRITE, GuestTests, Watch

GDB = "qSupported:swbreak+;hwbreak+;vContSupported+"  # a client that passes over equal values
WATCHED = 3  # rounds


class HotPage(GuestTests):
    """The first of the guest's rounds are watched. Where labels are, hotpage.c tells."""

    ways = ("pages", "ranges")
    maxDiff = None

    def setUp(self):
        self.way = os.environ.get("EBB_WATCH")
        self.addCleanup(self.look_by, self.way)
        super().setUp()
        symbols = self.ebb.guests.symbols(self.elf)
        names = re.compile("(cross_)?(write|read|both|near)_|faults_")
        self.labels = {address & ~1: name for name, address in symbols.items()
                       if names.match(name) and
                       symbols["around_word"] <= address < symbols["accesses_end"]}
        pages = symbols["pages"]
        self.word, self.edge, self.end = pages + 0x100, pages + 0x1000, pages + 0x2000
        self.high = self.forward([Watch(EXECUTE, symbols["around_word"])])[WATCHED].position

    @staticmethod
    def look_by(way):
        if way is None:
            os.environ.pop("EBB_WATCH", None)
        else:
            os.environ["EBB_WATCH"] = way

    def in_each_way(self, look):
        """What is found, which is the same in all."""
        found = []
        for way in self.ways:
            self.look_by(way)
            self.client.close()
            self.client = self.connect("--workers", "1")
            found.append(look())
            self.assertEqual(found[-1], found[0], way)
        return found[0]

    def hits(self, watch):
        forward = self.forward([watch], high=self.high)
        self.assertEqual(self.backward([watch], self.high), forward)
        return [(hit.position, hit.old, hit.new) for hit in forward]

    def labels_of(self, hits):
        """The names of the instructions that are hit, and how often."""
        names = {}
        for position, *_ in hits:
            self.client.seek(position)
            pc = rsp.Stop(self.client.ask("?"), "").pc
            name = self.labels.get(pc, "%#x" % pc)
            names[name] = names.get(name, 0) + 1
        return names

    def expected(self, *prefixes):
        return {name: WATCHED for name in self.labels.values() if name.startswith(prefixes)}

    def check_labels(self, watch, *prefixes):
        hits = self.in_each_way(lambda: self.hits(watch))
        self.assertEqual(self.labels_of(hits), self.expected(*prefixes))

    def test_writes(self):
        self.check_labels(Watch(WRITE, self.word, 8), "write_", "both_")

    def test_reads(self):
        self.check_labels(Watch(READ, self.word, 8), "read_", "both_")

    def test_accesses(self):
        self.check_labels(Watch(ACCESS, self.word, 8), "write_", "read_", "both_")

    def test_writes_across_pages(self):
        self.check_labels(Watch(WRITE, self.edge - 4, 8), "cross_write_")

    def test_reads_across_pages(self):
        self.check_labels(Watch(READ, self.edge - 4, 8), "cross_read")

    def test_writes_of_what_faults(self):
        self.check_labels(Watch(WRITE, self.end - 8, 8), "faults_")

    def changed(self, watch):
        """Where single steps change it, and from what to what."""
        self.client.seek(self.main)
        changes = []
        old = watch.value(self.client)
        for position in range(self.main, self.high):
            self.client.move("s")
            new = watch.value(self.client)
            if new != old:
                changes.append((position, old, new))
            old = new
        return changes

    def changes_met(self, watch):
        self.client.ask(GDB)
        return self.hits(watch)

    def check_changes(self, *watches):
        for watch in watches:
            changes = self.changed(watch)
            self.assertTrue(changes)
            self.assertEqual(self.in_each_way(lambda: self.changes_met(watch)), changes)
            every = self.in_each_way(lambda: self.hits(watch))
            self.assertGreater(len(every), len(changes), "values that are equal")
            self.assertEqual([hit for hit in every if hit[1] != hit[2]], changes)

    def test_changes(self):
        self.check_changes(Watch(WRITE, self.word, 8), Watch(WRITE, self.word + 3, 1),
                           Watch(WRITE, self.word + 5, 3), Watch(WRITE, self.word - 64, 200))

    def test_changes_across_pages(self):
        self.check_changes(Watch(WRITE, self.edge - 4, 8), Watch(WRITE, self.edge - 1, 2),
                           Watch(WRITE, self.edge - 200, 400))

    def test_changes_of_what_faults(self):
        """The stores in front of the one that faults are made."""
        self.check_changes(Watch(WRITE, self.end - 8, 8))

    def test_changes_of_several(self):
        """Each for itself, whichever of them an instruction changes first."""
        watches = [Watch(WRITE, self.word + offset, 1) for offset in (0, 1, 6)]
        changes = {position for watch in watches for position, *_ in self.changed(watch)}

        def met():
            self.client.ask(GDB)
            forward = [hit.position for hit in self.forward(watches, high=self.high)]
            backward = [hit.position for hit in self.backward(watches, self.high)]
            self.assertEqual(backward, forward)
            return forward

        self.assertEqual(self.in_each_way(met), sorted(changes))

    def test_more_than_are_compared(self):
        """More ranges than translations have room for."""
        offsets = (0, 0x200, 0x400, 0x600, 0x800)
        watches = [Watch(WRITE, self.word + offset, 8) for offset in offsets]
        alone = [hit.position for hit in self.forward(watches[:1], high=self.high)]
        self.assertEqual(self.in_each_way(
            lambda: [hit.position for hit in self.forward(watches, high=self.high)]), alone)

    def test_history_is_the_same(self):
        """However it is looked at."""
        for way in self.ways:
            self.look_by(way)
            self.client.close()
            self.client = self.connect("--workers", "1")
            for watch in (Watch(WRITE, self.word, 8), Watch(ACCESS, self.edge - 4, 8)):
                self.client.ask(GDB)
                self.client.seek("begin")
                self.set("Z", [watch])
                while self.client.move("c").reason != "end":
                    self.set("z", [watch])
                    self.client.move("s")
                    self.set("Z", [watch])
                self.assertEqual(self.client.state(), self.end_state)
                self.set("z", [watch])


class HotPageAArch64(HotPage):
    name = "hotpage-aarch64"


class HotPageArm(HotPage):
    name = "hotpage-arm"


del HotPage, GuestTests

if __name__ == "__main__":
    unittest.main()
