# SPDX-License-Identifier: GPL-3.0-or-later
"""The tests of gdb sessions that are the same for each architecture: see test_gdb_*.py."""

import re

from . import ebb
from .gdb import Gdb
from .guests import marked_lines
from .server import Server

TOTALS = [0, 1, 5, 14, 30, 55, 91, 140, 204, 285, 385]  # sums of squares
MARKS = marked_lines("steps")


class GdbTests:
    """A mixin; the class that uses it is a TestCase with `architecture` set."""

    architecture = None

    def setUp(self):
        self.ebb = ebb.current()
        self.name = "steps-" + self.architecture
        self.elf = self.ebb.guests.elf(self.name)

    def gdb(self, name=None, at=None, options=()):
        """A gdb on the recording of a guest, at its beginning."""
        name = name or self.name
        recording = self.ebb.shared(name).recording
        options = list(options) + (["--at", str(at)] if at is not None else [])
        gdb = Gdb(self.ebb.guests.elf(name), recording, options)
        self.addCleanup(gdb.close)
        return gdb

    def at(self, mark, at_end=False):
        """A gdb that has come forward to a marked line for the first time."""
        gdb = self.gdb()
        gdb.run("tbreak steps.c:%d" % MARKS[mark])
        self.assertEqual(gdb.run("continue").line, MARKS[mark])
        return gdb

    def assert_history_end(self, answer):
        self.assertTrue(answer.at_end_of_history, answer)

    # Single instructions.

    def test_opens_at_begin(self):
        gdb = self.gdb()
        first, last = gdb.ends()
        self.assertEqual(first, 0)
        self.assertEqual(gdb.position(), 0)
        self.assertGreater(last, 100000)
        self.assertEqual(gdb.pc(), gdb.number("(long)_start") & ~1)

    def test_opens_at_end_or_position(self):
        gdb = self.gdb(at="end")
        self.assertEqual(gdb.position(), gdb.ends()[1])
        gdb = self.gdb(at=12345)
        self.assertEqual(gdb.position(), 12345)

    def test_stepi_and_back(self):
        gdb = self.at("call sum_squares")
        before = [(gdb.position(), gdb.pc(), gdb.registers())]
        for _ in range(25):
            gdb.run("stepi")
            before.append((gdb.position(), gdb.pc(), gdb.registers()))
        self.assertEqual([state[0] for state in before],
                         list(range(before[0][0], before[0][0] + 26)))
        for state in reversed(before[:-1]):
            gdb.run("reverse-stepi")
            self.assertEqual((gdb.position(), gdb.pc(), gdb.registers()), state)

    def test_many_instructions(self):
        gdb = self.at("call sum_squares")
        start = gdb.position()
        gdb.run("stepi 300")
        self.assertEqual(gdb.position(), start + 300)
        gdb.run("reverse-stepi 200")
        self.assertEqual(gdb.position(), start + 100)

    def test_both_ends(self):
        gdb = self.gdb()
        self.assert_history_end(gdb.run("reverse-stepi"))
        self.assert_history_end(gdb.run("reverse-continue"))
        self.assertEqual(gdb.position(), 0)
        gdb.run("stepi")
        self.assertEqual(gdb.position(), 1)
        self.assert_history_end(gdb.run("continue"))
        last = gdb.ends()[1]
        self.assertEqual(gdb.position(), last)
        self.assert_history_end(gdb.run("stepi"))
        self.assert_history_end(gdb.run("continue"))
        self.assertEqual(gdb.position(), last)
        gdb.run("reverse-stepi")
        self.assertEqual(gdb.position(), last - 1)
        self.assert_history_end(gdb.run("reverse-continue"))
        self.assertEqual(gdb.position(), 0)

    # Source lines.

    def test_step_and_reverse_step(self):
        gdb = self.at("call sum_squares")
        self.assertEqual(gdb.run("step").function, "sum_squares")
        functions = [gdb.run("step").function for _ in range(4)]
        self.assertIn("square", functions)
        back = []
        while "main" not in back and len(back) < 10:
            back.append(gdb.run("reverse-step").function)
        self.assertIn("square", back)
        self.assertEqual(back[-1], "main")
        self.assertEqual(gdb.source_line(), MARKS["call sum_squares"])

    def test_next_and_reverse_next(self):
        gdb = self.at("call sum_squares")
        start = gdb.position()
        self.assertEqual(gdb.run("next").line, MARKS["call build_list"])
        self.assertEqual(gdb.number("total"), 385)
        after = gdb.position()
        self.assertEqual(gdb.run("reverse-next").line, MARKS["call sum_squares"])
        self.assertEqual(gdb.number("total"), 0)
        self.assertEqual(gdb.position(), start)
        gdb.run("next")
        self.assertEqual(gdb.position(), after)

    def test_finish_and_reverse_finish(self):
        gdb = self.gdb()
        gdb.run("break square if x == 5")
        self.assertEqual(gdb.run("continue").function, "square")
        self.assertEqual(gdb.number("x"), 5)
        answer = gdb.run("finish")
        self.assertEqual(answer.function, "sum_squares")
        self.assertEqual(answer.stop.get("return-value"), "25")
        self.assertEqual(gdb.run("reverse-step").function, "square")
        gdb.run("delete")
        self.assertEqual(gdb.run("reverse-finish").function, "sum_squares")
        self.assertEqual(gdb.number("i"), 5)
        self.assertEqual(gdb.number("total"), TOTALS[4])

    def test_until_and_advance(self):
        gdb = self.at("call sum_squares")
        self.assertEqual(gdb.run("advance add_to_total").function, "add_to_total")
        gdb.run("finish")
        self.assertEqual(gdb.run("until %d" % MARKS["sum end"]).line, MARKS["sum end"])
        self.assertEqual(gdb.number("total"), 385)

    def test_recursion(self):
        gdb = self.at("call build_list")
        gdb.run("tbreak %d if $_caller_is(\"build_list\", 5)" % MARKS["factorial bottom"])
        gdb.run("continue")
        depth = len(re.findall(r"factorial \(n=", gdb.run("backtrace").text))
        self.assertEqual(depth, 5)
        self.assertEqual(gdb.run("reverse-finish").function, "factorial")
        self.assertEqual(gdb.number("n"), 2)

    # Breakpoints.

    def test_breakpoints_both_ways(self):
        gdb = self.gdb()
        gdb.run("break steps.c:%d" % MARKS["add"])
        positions = []
        for expected in TOTALS[:-1]:
            self.assertEqual(gdb.run("continue").function, "add_to_total")
            self.assertEqual(gdb.number("total"), expected)
            positions.append(gdb.position())
        self.assert_history_end(gdb.run("continue"))
        for expected, position in zip(reversed(TOTALS[:-1]), reversed(positions)):
            answer = gdb.run("reverse-continue")
            self.assertEqual(answer.stop["reason"], "breakpoint-hit")
            self.assertEqual(gdb.number("total"), expected)
            self.assertEqual(gdb.position(), position)
        self.assert_history_end(gdb.run("reverse-continue"))

    def test_hardware_breakpoint(self):
        gdb = self.gdb()
        gdb.run("hbreak factorial")
        self.assertEqual(gdb.run("continue").function, "factorial")
        first = gdb.position()
        gdb.run("continue")
        gdb.run("reverse-continue")
        self.assertEqual(gdb.position(), first)

    def test_condition(self):
        gdb = self.gdb()
        gdb.run("break add_to_total if amount == 49")
        gdb.run("continue")
        self.assertEqual(gdb.number("amount"), 49)
        place = gdb.position()
        self.assert_history_end(gdb.run("continue"))
        gdb.run("reverse-continue")
        self.assertEqual(gdb.number("amount"), 49)
        self.assertEqual(gdb.position(), place)
        self.assert_history_end(gdb.run("reverse-continue"))

    def test_ignore_count(self):
        gdb = self.gdb()
        gdb.run("break steps.c:%d" % MARKS["add"])
        gdb.run("ignore 1 6")
        gdb.run("continue")
        self.assertEqual(gdb.number("total"), TOTALS[6])
        gdb.run("ignore 1 2")
        gdb.run("reverse-continue")
        self.assertEqual(gdb.number("total"), TOTALS[3])

    def test_reverse_continue_with_a_count(self):
        gdb = self.gdb(at="end")
        gdb.run("break steps.c:%d" % MARKS["add"])
        gdb.run("reverse-continue")
        self.assertEqual(gdb.number("total"), TOTALS[9])
        gdb.run("reverse-continue 4")
        self.assertEqual(gdb.number("total"), TOTALS[5])
        gdb.run("continue 3")
        self.assertEqual(gdb.number("total"), TOTALS[8])

    def test_temporary_breakpoint_in_the_past(self):
        gdb = self.gdb(at="end")
        gdb.run("tbreak build_list")
        self.assertEqual(gdb.run("reverse-continue").function, "build_list")
        self.assertEqual(gdb.number("head"), 0)
        self.assertIn("No breakpoints", gdb.run("info breakpoints").text)
        self.assert_history_end(gdb.run("reverse-continue"))

    def test_breakpoint_in_an_interrupt_handler(self):
        gdb = self.gdb()
        gdb.run("break on_tick")
        self.assertEqual(gdb.run("continue").function, "on_tick")
        first = gdb.position()
        self.assertEqual(gdb.number("ticks"), 0)
        gdb.run("continue")
        self.assertEqual(gdb.number("ticks"), 1)
        gdb.run("reverse-continue")
        self.assertEqual(gdb.position(), first)

    # Watchpoints.

    def changes(self, answer):
        match = re.search(r"Old value = (\S+).*\s+New value = (\S+)", answer.text)
        return match and tuple(int(value, 0) for value in match.groups())

    def check_in_function(self, answer, function):
        self.assertEqual(answer.function, function, answer)

    def test_watch_forward(self):
        gdb = self.at("call sum_squares")
        gdb.run("watch total")
        for old, new in zip(TOTALS, TOTALS[1:]):
            answer = gdb.run("continue")
            self.assertEqual(self.changes(answer), (old, new))
            self.check_in_function(answer, "add_to_total")
            self.assertEqual(gdb.number("total"), new)
        self.assert_history_end(gdb.run("continue"))

    def test_watch_backward(self):
        gdb = self.at("call build_list")
        gdb.run("watch total")
        for old, new in zip(reversed(TOTALS), reversed(TOTALS[:-1])):
            answer = gdb.run("reverse-continue")
            self.assertEqual(self.changes(answer), (old, new))
            self.check_in_function(answer, "add_to_total")
            self.assertEqual(gdb.number("total"), new)

    def test_watch_there_and_back(self):
        """The same writes are seen at the same instructions both ways."""
        gdb = self.at("call sum_squares")
        gdb.run("watch total")
        forward = []
        for _ in range(4):
            gdb.run("continue")
            forward.append(gdb.position())
        gdb.run("delete")
        gdb.run("tbreak build_list")
        gdb.run("continue")
        gdb.run("watch total")
        backward = []
        for _ in range(10):
            gdb.run("reverse-continue")
            backward.append(gdb.position())
        # Forwards gdb stops behind the writing instruction, backwards before it.
        self.assertEqual([place - 1 for place in forward], backward[::-1][:4])

    def test_reverse_stepi_over_a_watched_write(self):
        gdb = self.at("call sum_squares")
        gdb.run("watch total")
        gdb.run("continue")
        after = gdb.position()
        answer = gdb.run("reverse-stepi")
        self.assertEqual(gdb.position(), after - 1)
        self.assertEqual(gdb.number("total"), 0)
        self.assertEqual(self.changes(answer), (1, 0))

    def test_read_watchpoint(self):
        gdb = self.at("call build_list")
        gdb.run("rwatch items[3].value")
        answer = gdb.run("continue")
        self.check_in_function(answer, "walk_list")
        self.assertIn("Value = 6", answer.text)
        self.assert_history_end(gdb.run("continue"))
        answer = gdb.run("reverse-continue")
        self.check_in_function(answer, "walk_list")
        self.assertIn("Value = 6", answer.text)

    def test_access_watchpoint(self):
        gdb = self.at("call build_list")
        gdb.run("awatch items[4].value")
        functions = [gdb.run("continue").function for _ in range(2)]
        self.assertEqual(functions, ["build_list", "walk_list"])
        self.assert_history_end(gdb.run("continue"))
        functions = [gdb.run("reverse-continue").function for _ in range(2)]
        self.assertEqual(functions, ["walk_list", "build_list"])
        self.assertEqual(gdb.number("items[4].value"), 0)

    def test_two_watchpoints_and_a_breakpoint(self):
        gdb = self.at("call sum_squares")
        gdb.run("watch total")
        gdb.run("watch head")
        gdb.run("break walk_list")
        seen = []
        while not seen or seen[-1] != "walk_list":
            seen.append(gdb.run("continue").function)
        self.assertEqual(seen, ["add_to_total"] * 10 + ["build_list"] * 8 + ["walk_list"])
        back = [gdb.run("reverse-continue").function for _ in range(18)]
        self.assertEqual(back, ["build_list"] * 8 + ["add_to_total"] * 10)

    def test_watchpoints_on_parts_of_one_store(self):
        """Each store of 'total' hits all of them; the one that it changes is reported."""
        for order in ((1, 2, 3), (3, 2, 1)):
            with self.subTest(order=order):
                gdb = self.at("call sum_squares")
                for offset in order:
                    gdb.run("watch -l *((unsigned char *)&total + %d)" % offset)
                answer = gdb.run("continue")
                self.assertEqual(self.changes(answer), (0, 1))
                self.assertEqual(gdb.number("total"), 285)
                self.assert_history_end(gdb.run("continue"))
                answer = gdb.run("reverse-continue")
                self.assertEqual(self.changes(answer), (1, 0))
                self.assertEqual(gdb.number("total"), 204)

    def test_scope_of_a_local_variable(self):
        gdb = self.gdb()
        gdb.run("break build_list")
        gdb.run("continue")
        gdb.run("watch i")
        values = []
        for _ in range(3):
            values.append(self.changes(gdb.run("continue")))
        self.assertTrue(all(values), values)

    def test_watch_sees_devices_write(self):
        """A watchpoint stops at what a device writes, both ways."""
        name = "dma-" + ("arm" if self.architecture == "thumb" else self.architecture)
        self.ebb.shared(name, lambda: self.ebb.guests.bare(name) +
                        ["-device", "virtio-rng-device"])
        gdb = self.gdb(name)
        gdb.run("tbreak main")
        gdb.run("continue")
        gdb.run("watch signature")
        self.assertEqual(self.changes(gdb.run("continue")), (0, 0x554d4551))
        gdb.run("delete")
        gdb.run("watch random_words[3]")
        forward = []
        for _ in range(4):
            forward.append(self.changes(gdb.run("continue")))
        self.assertTrue(all(forward), forward)
        for first, second in zip(forward, forward[1:]):
            self.assertEqual(first[1], second[0])
        for old, new in reversed(forward):
            self.assertEqual(self.changes(gdb.run("reverse-continue")), (new, old))

    # Diversions.

    def test_call_is_a_diversion(self):
        gdb = self.at("call build_list")
        place, digest, registers = gdb.position(), gdb.digest(), gdb.registers()
        self.assertEqual(gdb.number("factorial(6)"), 720)
        self.assertEqual(gdb.number("square(12)"), 144)
        gdb.run("call add_to_total(1000)")
        self.assertEqual(gdb.registers(), registers)
        gdb.run("stepi")
        gdb.run("reverse-stepi")
        self.assertEqual(gdb.position(), place)
        self.assertEqual(gdb.digest(), digest)
        self.assertEqual(gdb.number("total"), 385)

    def test_write_is_a_diversion(self):
        gdb = self.at("call build_list")
        digest = gdb.digest()
        gdb.run("set variable total = 7")
        self.assertEqual(gdb.number("total"), 7)
        gdb.run("set variable $r2 = 99" if self.architecture != "aarch64"
                else "set variable $x2 = 99")
        gdb.run("stepi")
        gdb.run("reverse-stepi")
        self.assertEqual(gdb.number("total"), 385)
        self.assertEqual(gdb.digest(), digest)

    # Position, seek and the other monitor commands.

    def test_seek_gives_the_same_state(self):
        gdb = self.gdb()
        last = gdb.ends()[1]
        places = [1, 777, last // 3, last // 2, last - 5, last]
        states = {}
        for place in places:
            gdb.seek(place)
            states[place] = (gdb.digest(), gdb.registers())
        for place in reversed(places):
            gdb.seek(place)
            self.assertEqual(gdb.position(), place)
            self.assertEqual((gdb.digest(), gdb.registers()), states[place])
        self.assertEqual(len({digest for digest, _ in states.values()}), len(places))

    def test_seek_beyond_the_ends(self):
        gdb = self.gdb()
        last = gdb.ends()[1]
        self.assertIsNotNone(gdb.try_run("monitor seek %d" % (last + 1)).error)
        self.assertEqual(gdb.position(), 0)
        gdb.seek("end")
        gdb.seek("-10")
        self.assertEqual(gdb.position(), last - 10)

    def test_monitor(self):
        gdb = self.at("call build_list")
        text = gdb.run("monitor help").text
        for command in ("position", "seek", "events", "checkpoints"):
            self.assertIn(command, text)
        events = gdb.run("monitor events %d 5" % gdb.position()).text
        self.assertEqual(len(re.findall(r"(?m)^ *\d+ +\d+ ", events)), 5)
        self.assertIn("keyframe", gdb.run("monitor checkpoints").text)
        self.assertIn("unknown command: 'nonsense'", gdb.run("monitor nonsense").text)

    def test_target_description(self):
        gdb = self.gdb()
        registers = gdb.registers()
        name = "x30" if self.architecture == "aarch64" else "cpsr"
        self.assertRegex(registers, r"(?m)^%s " % name)
        gdb.run("tbreak main")
        gdb.run("continue")
        self.assertEqual(gdb.number("(long)$VBAR"), gdb.number("(long)&vectors"))

    def test_memory(self):
        gdb = self.at("call build_list")
        self.assertIn("steps: total", gdb.run("x/s %s" % self.find_string(gdb)).text)
        answer = gdb.try_run("x/4xw 0x60000000")
        self.assertIn("Cannot access", answer.text)

    def find_string(self, gdb):
        """qSearch:memory, through gdb's find."""
        answer = gdb.run('find &_start, +0x10000, \'s\', \'t\', \'e\', \'p\', \'s\', \':\', \' \', '
                         '\'t\'')
        self.assertIn("1 pattern found", answer.text)
        return re.search(r"0x[0-9a-f]+", answer.text).group(0)

    # The connection.

    def test_interrupt(self):
        """Ctrl-C in a long search backwards ends it early, and leaves where it began."""
        name = "long-" + ("arm" if self.architecture == "thumb" else self.architecture)
        gdb = self.gdb(name, at="end")
        place, registers = gdb.position(), gdb.registers()
        replayed = self.instructions_replayed(gdb)
        gdb.run("watch first_word_writes")
        gdb.run("set debug remote 1")
        answer = gdb.start("reverse-continue")
        gdb.wait_for("Sending packet: $bc", answer)
        gdb.interrupt()
        gdb.finish(answer, running=True)
        gdb.run("set debug remote 0")
        # The search would be through all that was recorded. It is over as soon as it is told to be,
        # in a hundredth of that where nobody else wants the machine.
        self.assertLess(self.instructions_replayed(gdb) - replayed, place // 2)
        self.assertIn("SIGINT", answer.text + str(answer.stop))
        self.assertEqual(gdb.position(), place)
        self.assertEqual(gdb.registers(), registers)
        gdb.run("delete")
        gdb.run("tbreak shuffle")
        self.assertEqual(gdb.run("reverse-continue").function, "shuffle")
        self.assertEqual(gdb.number("rounds"), 5999)

    def instructions_replayed(self, gdb):
        text = gdb.run("monitor stats").text
        return int(re.search(r"instructions replayed +(\d+)", text).group(1))

    def test_detach_and_attach_again(self):
        recording = self.ebb.shared(self.name).recording
        with Server(self.ebb, recording) as server:
            gdb = Gdb(self.elf, socket=server.path)
            self.addCleanup(gdb.close)
            gdb.run("tbreak build_list")
            gdb.run("continue")
            gdb.run("detach")
            self.assertIsNone(server.child.poll())
            gdb.run("target remote " + server.path)
            gdb.run("monitor seek begin")
            gdb.run("maintenance flush register-cache")
            gdb.run("tbreak build_list")
            self.assertEqual(gdb.run("continue").function, "build_list")
            gdb.run("disconnect")
            again = Gdb(self.elf, socket=server.path)
            self.addCleanup(again.close)
            self.assertIsNone(server.child.poll())
            again.run("kill")
            server.wait()

    def test_kill(self):
        gdb = self.gdb()
        gdb.run("kill")
        self.assertIsNotNone(gdb.try_run("stepi").error)

    def test_wrong_recording(self):
        gdb = Gdb(self.elf)
        self.addCleanup(gdb.close)
        answer = gdb.try_run("target remote | %s replay --stdio %s/nothing-here" %
                             (self.ebb.path, self.ebb.folder))
        self.assertIsNotNone(answer.error)
