# SPDX-License-Identifier: GPL-3.0-or-later
"""ebb last, next, count, nth, calls and exceptions, compared with what single steps find."""

import bisect
import random
import re
import unittest

from harness import ebb
from harness.commands import Commands, rows
from harness.truth import Steps

BEGINNING = 2500  # positions, in which steps.c does all but spin


class Accesses:
    """A mixin; architecture and width (bytes of a pointer) are set."""

    def setUp(self):
        self.ebb = ebb.current()
        self.name = "steps-" + self.architecture

    def gdb(self, name=None, options=()):
        name = name or self.name
        gdb = Commands(self.ebb.guests.elf(name), self.ebb.shared(name).recording, options)
        self.addCleanup(gdb.close)
        return gdb

    def steps(self, gdb):
        address = gdb.number("(long)&total")
        return Steps(self.ebb.shared(self.name).recording, BEGINNING, address, 4, self.width)

    def assert_found(self, gdb, command, wanted, here):
        text = gdb.run(command).text
        if wanted is None:
            self.assertRegex(text, "^nothing (wrote|read) ")
            wanted = here
        else:
            self.assertRegex(text, "(?m)^total .*position %s$" % f"{wanted:,}".replace(",", " "))
        self.assertEqual(gdb.position(), wanted, text)
        return text

    # Who wrote this.

    def test_writes_and_reads(self):
        """From anywhere, in both directions."""
        gdb = self.gdb()
        steps = self.steps(gdb)
        for option, truth in (("", steps.changes()), ("-r ", steps.loads())):
            self.assertEqual(len(truth), 10)
            places = truth + [one + 1 for one in truth] + random.Random(1).sample(
                range(truth[0], BEGINNING), 10)
            for here in places:
                before = bisect.bisect_left(truth, here)
                after = bisect.bisect_right(truth, here)
                with self.subTest(option=option, here=here):
                    if before:
                        gdb.seek(here)
                        self.assert_found(gdb, "ebb last %stotal" % option, truth[before - 1], here)
                    if after < len(truth):
                        gdb.seek(here)
                        self.assert_found(gdb, "ebb next %stotal" % option, truth[after], here)

    def test_one_after_the_other(self):
        gdb = self.gdb()
        truth = self.steps(gdb).changes()
        gdb.run("ebb goto end")
        totals = [0, 1, 5, 14, 30, 55, 91, 140, 204, 285, 385]
        for i in reversed(range(10)):
            text = self.assert_found(gdb, "ebb last total", truth[i], None)
            self.assertIn("old value = %d\nnew value = %d\n" % (totals[i], totals[i + 1]), text)
            self.assertIn("add_to_total", text)
            self.assertEqual(gdb.number("total"), totals[i])
        for i in range(1, 10):
            self.assert_found(gdb, "ebb next total", truth[i], None)
        self.assert_found(gdb, "ebb next total", None, truth[9])

    def test_same_value(self):
        """What start-up code clears was 0 before: that is a write as well, which gdb's watch does
        not see."""
        gdb = self.gdb()
        gdb.run("ebb goto %d" % self.steps(gdb).changes()[0])
        self.assertIn("old value = 0\nnew value = 0\n", gdb.run("ebb last total").text)
        self.assertIn("nothing wrote total before", gdb.run("ebb last total").text)

    def test_own_breakpoints(self):
        """They stop no search, and are there afterwards."""
        gdb = self.gdb()
        gdb.run("break square")
        gdb.run("watch total")
        gdb.run("monitor watch-physical %d,4" % gdb.number("(long)&head"))
        gdb.run("ebb goto end")
        gdb.run("ebb last items[0].value")
        self.assertIn("build_list", gdb.run("frame").text)
        # head is written once before.
        self.assertIn("physical watchpoint 1: write to", gdb.run("reverse-continue").text)
        self.assertIn("Hardware watchpoint 2: total", gdb.run("reverse-continue").text)
        gdb.run("delete 2")
        self.assertEqual(gdb.run("reverse-continue").function, "square")
        gdb.run("delete")
        self.assertIn("physical watchpoint 1: write to", gdb.run("continue").text)

    def test_parts_and_members(self):
        gdb = self.gdb()
        gdb.run("ebb goto end")
        self.assertIn("old value = 0\nnew value = 6\n", gdb.run("ebb last items[3].value").text)
        gdb.run("ebb goto end")
        self.assertRegex(gdb.run("ebb last items[3].next").text, r"new value = 0x\w+ <items\+")
        where = gdb.position()
        address = gdb.number("(long)&items[3].next")
        gdb.run("ebb goto end")
        # The machine's memory is where it is: physical addresses are the same.
        gdb.run("ebb last -p 0x%x,%d" % (address, self.width))
        self.assertEqual(gdb.position(), where)

    def test_no_memory(self):
        gdb = self.gdb()
        gdb.run("ebb goto 900")
        for text, wanted in (("5", "is not in memory"), ("$sp", "is not in memory"), ("", "which"),
                             ("nosuch", 'No symbol "nosuch"'), ("(int", "syntax error"),
                             ("-r", "which"), ("*(char (*)[3000000])&items", "1 byte to 1 MiB"),
                             ("total)", ""), ("-p zzz", "zzz"), ("\x1b[2J", "")):
            for command in ("last ", "next "):
                error = gdb.refused("ebb " + command + text)
                self.assertIn(wanted, error)
                self.assertNotIn("\x1b", error)
                self.assertEqual(len(error.splitlines()), 1)
        self.assertEqual(gdb.position(), 900)

    def test_devices(self):
        """Each write of theirs is found, in the step that ends with it, and the device named."""
        name = "dma-" + self.architecture
        recording = self.ebb.shared(
            name, lambda: self.ebb.guests.bare(name) + ["-device", "virtio-rng-device"]).recording
        gdb = self.gdb(name)
        events = self.ebb.json("dump", "--json", recording)
        offset = gdb.number("(long)random_words") - 0x40000000
        truth = [event["position"] - 1 for event in events
                 if event["kind"] == "dma" and event["address"] == offset]
        self.assertEqual(len(truth), 16)
        gdb.run("ebb goto end")
        for wanted in reversed(truth):
            text = gdb.run("ebb last random_words").text
            self.assertEqual(gdb.position(), wanted)
            self.assertRegex(text, r"position [\d ]+, probably by virtio-rng-device "
                             r"\(virtio's entropy device, 0xa003e\w\w\): it is the one that the guest "
                             r"wrote to last, at position [\d ]+\n")
        for wanted in truth[1:]:
            gdb.run("ebb next random_words[5]")
            self.assertEqual(gdb.position(), wanted)
        self.assertIn("nothing wrote", gdb.run("ebb next random_words").text)
        text = gdb.run("ebb last signature").text
        self.assertIn(", by fw_cfg_mem (0x9020014)\n", text)
        self.assertIn("new value = %d" % 0x554d4551, text)
        within = next(e["position"] for e in events if e["kind"] == "dma")
        self.assertEqual(gdb.position(), within)
        gdb.run("ebb goto %d" % (within - 10))
        self.assertIn(", by fw_cfg_mem (0x9020014)\n", gdb.run("ebb next signature").text)
        self.assertEqual(gdb.position(), within)
        self.assertIn("nothing wrote", gdb.run("ebb next signature").text)
        gdb.run("ebb goto begin")
        gdb.run("ebb first signature != 0")
        self.assertEqual(gdb.position(), within + 1)

    # How often.

    def test_calls(self):
        gdb = self.gdb()
        steps = self.steps(gdb)
        for function, count in (("square", 10), ("factorial", 29), ("add_to_total", 10)):
            gdb.run("tbreak " + function)
            stop = int(re.search(r"0x\w+", gdb.run("info breakpoints").text)[0], 16)
            gdb.run("delete")
            truth = steps.executed(stop)
            self.assertEqual(len(truth), count)
            middle = truth[count // 2]
            gdb.seek(middle)
            self.assertIn("is reached %d times: %d before this, %d from here on" %
                          (count, count // 2, count - count // 2),
                          gdb.run("ebb count " + function).text)
            self.assertEqual(gdb.position(), middle)
            table = rows(gdb.run("ebb calls -n 50 " + function).text)
            self.assertEqual([position for position, _ in table], truth)
            for begin, wanted in ((middle, truth[count // 2:]),
                                  (middle + 1, truth[count // 2 + 1:])):
                text = gdb.run("ebb calls -n 3 -from %d %s" % (begin, function)).text
                self.assertEqual([position for position, _ in rows(text)], wanted[:3])
                self.assertEqual("there are more, the next at position" in text, len(wanted) > 3)
            self.assertEqual(gdb.position(), middle)
            for i in (1, 3, count, -1, -2, -count):
                gdb.run("ebb nth %d %s" % (i, function))
                self.assertEqual(gdb.position(), truth[i - 1 if i > 0 else i])
            for i in (count + 1, -count - 1):
                self.assertIn("is not reached", gdb.run("ebb nth %d %s" % (i, function)).text)
                self.assertEqual(gdb.position(), truth[-count])

    def test_arguments_and_callers(self):
        gdb = self.gdb()
        table = rows(gdb.run("ebb calls square").text)
        self.assertEqual([re.match(r"square \(x=(\d+)\) +sum_squares at .*steps.c:\d+$", rest)[1]
                          for _, rest in table], [str(i) for i in range(1, 11)])
        self.assertIn("factorial (n=2)", gdb.run("ebb calls factorial").text)

    def test_first_instruction(self):
        """History's first state counts as reached."""
        gdb = self.gdb()
        self.assertIn("is reached once: 0 before this, 1 from here on",
                      gdb.run("ebb count *_start").text)
        gdb.run("ebb goto 100")
        gdb.run("ebb nth 1 *_start")
        self.assertEqual(gdb.position(), 0)

    def test_no_location(self):
        gdb = self.gdb()
        for command in ("count nosuch", "count", "calls nosuch.c:5", "calls -n 0 square",
                        "calls -n x square", "calls -from nowhere square", "nth square",
                        "nth 0 square", "nth 1", "nth 1 nosuch", "count square if 1", "count *", "exceptions x",
                        "exceptions -n"):
            error = gdb.refused("ebb " + command)
            self.assertEqual(len(error.splitlines()), 1, error)
        self.assertEqual(gdb.position(), 0)

    def test_exceptions(self):
        name = "exceptions-" + self.architecture
        gdb = self.gdb(name)
        gdb.run("ebb goto end")
        table = rows(gdb.run("ebb exceptions -n 100").text)
        self.assertEqual(len(table), 50)
        self.assertEqual([position for position, _ in table],
                         sorted(position for position, _ in table))
        kinds = ("system call", "undefined instruction", "data abort at 0x", "data abort at 0x",
                 "instruction abort at 0x" if self.width == 8 else "prefetch abort")
        origins = ("<system_call+", "<undefined_instruction+", "<load_word+", "<store_word+",
                   " 0x6000")
        for i, (_, rest) in enumerate(table):
            self.assertTrue(rest.startswith(kinds[i % 5]), rest)
            self.assertIn(origins[i % 5], rest)
        self.assertEqual(gdb.position(), gdb.ends()[1])
        self.assertEqual(rows(gdb.run("ebb exceptions -n 3 -to %d" % table[7][0]).text), table[4:7])
        # Each is where the handler begins: the instruction before was the one that is named.
        gdb.seek(table[0][0] - 1)
        self.assertRegex(gdb.run("info symbol $pc").text, "^system_call")

    def test_interrupts(self):
        gdb = self.gdb("ticks-" + self.architecture)
        gdb.run("ebb goto end")
        text = gdb.run("ebb exceptions -i -n 5").text
        self.assertEqual(len(rows(text)), 5, text)
        self.assertIn("IRQ", text)
        self.assertNotIn("IRQ", gdb.run("ebb exceptions -n 5").text)

    def searching(self, gdb, command):
        """Starts a command, and returns while the server is searching for it."""
        gdb.run("python import itertools, ebb_commands.server as server")
        gdb.run("python ask, number = server.__dict__.setdefault('asked', server.monitor), "
                "itertools.count()")
        gdb.run("python server.monitor = lambda text: (text[:6] == 'search' and "
                "print('search', next(number), flush=True), ask(text))[1]")
        answer = gdb.start(command)
        gdb.wait_for("search 2", answer)
        return answer

    def test_interruption(self):
        """Ctrl-C ends a search in a sentence, and the position is the one before."""
        gdb = self.gdb()
        gdb.run("ebb goto 600")
        text = gdb.run("disassemble spin").text
        spinning = re.findall(r"(0x\w+) <\+\d+>:\s+str\b", text)[-1]
        for command, wanted in (("count", "is reached at least"),
                                ("calls -n 1000000", "interrupted; the position is 600"),
                                ("nth 99999999", "interrupted; the position is 600")):
            with self.subTest(command):
                begun = len(gdb.transcript)
                answer = self.searching(gdb, "ebb %s *%s" % (command, spinning))
                gdb.interrupt()
                gdb.finish(answer)
                text = "\n".join(gdb.transcript[begun:])
                self.assertNotIn("Traceback", text)
                self.assertNotIn("Error occurred in Python", text)
                self.assertIn(wanted, answer.text)
                self.assertEqual(gdb.position(), 600, text[-2000:])
        gdb.run("ebb nth 1 square")
        self.assertIn("square", gdb.run("frame").text)


class Aarch64(Accesses, unittest.TestCase):
    architecture, width = "aarch64", 8


class Arm(Accesses, unittest.TestCase):
    architecture, width = "arm", 4


class LongWay(unittest.TestCase):
    """Searches over more instructions than the server looks through at once: the demo's guest, whose
    list is set up at the beginning and overwritten at two thirds of 126 million."""

    def test_writes(self):
        recording = ebb.current().shared("jobs-aarch64").recording
        gdb = Commands(ebb.current().guests.elf("jobs-aarch64"), recording, ["--at", "end"])
        self.addCleanup(gdb.close)
        places = []
        gdb.run("watch -location controller.jobs")
        for _ in range(2):
            gdb.run("reverse-continue")
            places.append(gdb.position())
        gdb.run("delete")
        self.assertGreater(places[0] - places[1], 80 * 1000 * 1000)
        gdb.run("ebb goto end")
        for place in places:
            gdb.run("ebb last controller.jobs")
            self.assertEqual(gdb.position(), place)
        gdb.run("ebb next controller.jobs")
        self.assertEqual(gdb.position(), places[0])
        self.assertIn("nothing wrote", gdb.run("ebb next controller.jobs").text)
        gdb.run("ebb goto 1")
        self.assertRegex(gdb.run("ebb count die").text, "is reached once: 0 before this, 1 from here")
        gdb.run("ebb goto end")
        gdb.run("ebb nth 1 die")
        died = gdb.position()
        gdb.run("ebb goto begin")
        gdb.run("ebb nth -1 die")
        self.assertEqual(gdb.position(), died)
