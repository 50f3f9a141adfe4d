# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps by lines and by ranges of addresses, through lines that take hundreds of thousands of
instructions: they are the same as single steps, but not as many requests to a worker."""

import re
import unittest

from harness import ebb, rsp
from harness.gdb import Gdb
from harness.guests import marked_lines

MARKS = marked_lines("lines")
# A line of 300,000 instructions and more, with some twenty interrupts, each a run to its return.
# Almost all of these are gdb's, which looks at registers and memory: of ARM's some fifty times.
REQUESTS_MOST = 1000
LONG = 300000


def requests(stats):
    return int(re.search(r"requests to workers +(\d+)", stats).group(1))


class Lines:
    """A mixin; the class that uses it is a TestCase."""

    architecture = None

    def setUp(self):
        self.ebb = ebb.current()
        self.name = "lines-" + self.architecture
        self.recording = self.ebb.shared(self.name).recording

    def gdb(self):
        gdb = Gdb(self.ebb.guests.elf(self.name), self.recording)
        self.addCleanup(gdb.close)
        return gdb

    def client(self):
        client = rsp.Rsp(self.recording)
        self.addCleanup(client.close)
        return client

    def run_to(self, gdb, mark):
        gdb.run("tbreak lines.c:%d" % MARKS[mark])
        gdb.run("continue")
        return gdb.position()

    def next_over_the_loop(self, caller):
        """Returns how many instructions and requests it took."""
        gdb = self.gdb()
        self.run_to(gdb, caller)
        self.run_to(gdb, "loop")
        start = gdb.position()
        behind = self.run_to(gdb, "behind")
        gdb.seek(start)
        before = requests(gdb.run("monitor stats").text)
        self.assertEqual(gdb.run("next").line, MARKS["behind"])
        self.assertEqual(gdb.position(), behind)
        return behind - start, requests(gdb.run("monitor stats").text) - before

    def test_a_long_line(self):
        instructions, count = self.next_over_the_loop("quiet")
        self.assertGreater(instructions, LONG)
        self.assertLess(count, REQUESTS_MOST // 4)

    def test_a_long_line_with_interrupts(self):
        quiet, _ = self.next_over_the_loop("quiet")
        instructions, count = self.next_over_the_loop("interrupted")
        self.assertGreater(instructions, quiet + 1000)  # the handlers'
        self.assertLess(count, REQUESTS_MOST)

    def test_a_breakpoint_and_a_watchpoint_in_the_line(self):
        gdb = self.gdb()
        self.run_to(gdb, "interrupted")
        start = self.run_to(gdb, "loop")
        gdb.run("break on_tick")
        self.assertEqual(gdb.run("next").function, "on_tick")
        gdb.run("delete")
        gdb.seek(start)
        gdb.run("watch ticks")
        answer = gdb.run("next")
        self.assertIn("New value", answer.text)
        self.assertEqual(answer.function, "on_tick")

    def test_a_line_of_calls(self):
        gdb = self.gdb()
        start = self.run_to(gdb, "calls")
        self.assertEqual(gdb.run("next").line, MARKS["behind calls"])
        gdb.run("reverse-next")
        self.assertEqual(gdb.position(), start)

    def loop(self):
        """Where the loop's code is, and the position of its first instruction in the part with
        interrupts."""
        gdb = self.gdb()
        self.run_to(gdb, "interrupted")
        position = self.run_to(gdb, "loop")
        found = re.search(r"starts at address (0x\w+).* and ends at (0x\w+)",
                          gdb.run("info line *$pc").text)
        start = int(found.group(1), 16)
        end = int(re.search(r"address (0x\w+)",
                            gdb.run("info line %d" % MARKS["behind"]).text).group(1), 16)
        return start, end, position

    def chain(self, client, start, end, steps):
        """Single steps over interrupts until the PC is outside of the range; returns the stop, None
        if it is not within so many steps."""
        for _ in range(steps):
            stop = client.move("vCont;r0,0:1")  # an empty range is left by one step
            if stop.reason != "step" or not start <= stop.pc < end:
                return stop
        return None

    def test_a_range_is_single_steps(self):
        """Over interrupts, from places shortly before the end of the line or of an iteration."""
        start, end, first = self.loop()
        client = self.client()
        client.seek(first)
        last = client.move("vCont;r%x,%x:1" % (start, end))
        self.assertEqual(last.reason, "step")
        behind = client.position()
        client.monitor("step-over-interrupts on")
        client.seek(first)
        self.assertEqual(client.move("vCont;r%x,%x:1" % (start, end)).pc, end)
        over = client.position()
        self.assertLess(behind, over)  # exact steps end where the first handler begins
        # Shortly before an interrupt and before the end.
        for place in (behind - 1, behind - 7, behind - 30, over - 5, over - 40):
            for low, high in ((start, end), (start + 4, end), (start, end - 8), (0, 0)):
                client.seek(place)
                wanted = self.chain(client, low, high, 200)
                if wanted is None:
                    continue
                position = client.position()
                client.seek(place)
                got = client.move("vCont;r%x,%x:1" % (low, high))
                self.assertEqual((got.reason, got.pc, client.position()),
                                 (wanted.reason, wanted.pc, position), (place, low, high))

    def test_the_end_of_history(self):
        client = self.client()
        end = client.place()[2]
        client.seek(end - 1000)
        stop = client.move("vCont;r0,%x:1" % (2 ** (8 * self.word) - 1))
        self.assertEqual((stop.reason, client.position()), ("end", end))

    def test_a_diversion(self):
        """A call that the debugger makes goes on in it: the PC was moved."""
        start, end, first = self.loop()
        client = self.client()
        client.seek(first + 100)  # in the loop: the registers are those of a round
        here = rsp.Stop(client.ask("?"), "")
        pc = start + (8 if here.pc != start + 8 else 12)
        client.ask("P%s=%s" % (here.pc_field, pc.to_bytes(self.word, "little").hex()))
        before = requests(client.monitor("stats"))
        stop = client.move("vCont;r%x,%x:1" % (start, end))
        self.assertEqual((stop.reason, stop.pc), ("step", end))
        self.assertLess(requests(client.monitor("stats")) - before, 20)
        self.assertEqual(client.position(), first + 100)


class Interruption(unittest.TestCase):
    def test_a_range_that_is_not_left(self):
        """Ctrl-C ends the step long before history does, which would take a quarter of an hour."""
        client = rsp.Rsp(ebb.current().shared("long-aarch64").recording)
        self.addCleanup(client.close)
        stop = client.move_interrupted("vCont;r0,ffffffffffffffff:1")
        self.assertEqual(stop.signal, 2)
        self.assertEqual(stop.reason, "step")


class AArch64(Lines, unittest.TestCase):
    architecture = "aarch64"
    word = 8


class Arm(Lines, unittest.TestCase):
    architecture = "arm"
    word = 4
