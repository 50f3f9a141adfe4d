# SPDX-License-Identifier: GPL-3.0-or-later
"""Conditions of breakpoints, which gdb has the server look at. What they have to give is found out at
each hit of the same breakpoint without a condition."""

import re
import subprocess
import unittest

from harness import ebb, rsp
from harness.commands import Commands
from harness.debuggers import Version
from harness.gdb import Gdb
from harness.guests import marked_lines
from harness.process import WATCHDOG

STEPS = marked_lines("steps")
CPSR, IT_STATE = 25, 0x0600fc00  # gdb's number, and the bits (Arm ARM, G8.2, "CPSR")
OBJCOPY = {"aarch64": "aarch64-linux-gnu-objcopy", "arm": "arm-linux-gnueabihf-objcopy"}
SPINS = 1000  # false hits, at least, of which gdb must not hear one by one


class GdbSide(unittest.TestCase):
    def setUp(self):
        self.ebb = ebb.current()

    def open(self, name, *options):
        gdb = Gdb(self.ebb.guests.elf(name), self.ebb.shared(name).recording, options)
        self.addCleanup(gdb.close)
        return gdb

    def stops(self, gdb, command):
        """The positions that it stops at up to an end of history."""
        found = []
        while not gdb.run(command).at_end_of_history:
            found.append(gdb.position())
        return found

    def truth(self, gdb, place, conditions):
        """The positions at which each condition is true, in order, from the beginning on."""
        found = {condition: [] for condition in conditions}
        gdb.seek("begin")
        gdb.run("break " + place)
        while not gdb.run("continue").at_end_of_history:
            position = gdb.position()
            for condition in conditions:
                if gdb.number(condition):
                    found[condition].append(position)
        gdb.run("delete")
        return found

    def check(self, gdb, place, conditions, command="break"):
        """Each has to stop where it is true, forward and backward."""
        for condition, expected in self.truth(gdb, place, conditions).items():
            gdb.seek("begin")
            gdb.run("%s %s if %s" % (command, place, condition))
            self.assertEqual(self.stops(gdb, "continue"), expected, condition)
            self.assertIn("(target evals)", gdb.run("info breakpoints").text)
            self.assertEqual(self.stops(gdb, "reverse-continue"), expected[::-1], condition)
            gdb.run("delete")

    def packets(self, gdb, text, since):
        return sum(text in line for line in gdb.transcript[since:])

    def assert_sent(self, gdb, conditions):
        """Whether gdb sends so many conditions along with its one breakpoint."""
        gdb.run("set debug remote 1")
        begun = len(gdb.transcript)
        answer = gdb.try_run("continue")
        gdb.run("set debug remote 0")
        sent = [line for line in gdb.transcript[begun:] if "Sending packet: $Z" in line]
        self.assertTrue(sent)
        self.assertEqual(len(re.findall("X[0-9a-f]+,", sent[0])), conditions, sent[0])
        return answer


class Conditions:
    """A mixin; the class that uses it is a GdbSide."""

    architecture = None

    def steps(self, *options):
        return self.open("steps-" + self.architecture, *options)

    def test_are_evaluated(self):
        """Arguments, locals, globals, memory behind pointers, characters, signs, sizes."""
        gdb = self.steps()
        self.check(gdb, "square", [
            "x == 5", "x != 5 && x % 3 == 1", "(int) x - 5 < 0", "(int) (x - 5) < -2",
            "(short) (x * 8192) < 0", "x << 29 == 0x60000000", "x * x > total",
            "total > 50 && total < 300", "total / x >= 14 || x == 1", "*(char *) &total == 30",
            "((char *) &total)[1] == 1", "*(signed char *) &total < 0", "!(x & 1)", "~x == -4",
            "(x ^ 5) == 2", "(x | 8) == 10", "&items[x % 8] == &items[2]", "head == 0", "head != 0",
            "(long long) x - 3 > 0", "x > 0 ? total == 5 : 0", "-(int) x == -7"])
        self.check(gdb, "factorial", ["n == 3", "head->number == 4", "head && head->value == 6",
                                      "$sp == &total", "$pc == 0"], "hbreak")
        self.check(gdb, "steps.c:%d" % STEPS["loop"], ["i == 4", "i > 3 && i < 7"])

    def test_are_evaluated_with_breakpoints_always_inserted(self):
        gdb = self.steps()
        gdb.run("set breakpoint always-inserted on")
        self.check(gdb, "square", ["x == 5", "total > 50"])

    def test_registers(self):
        gdb = self.steps()
        first = "$x0" if self.architecture == "aarch64" else "$r0"
        self.check(gdb, "*square", [first + " == 7", "(long) $sp % 32 == 0", "($cpsr & 0xf) != 0",
                                    "($cpsr & 0x40000000) != 0",
                                    "(long) $pc == (long) square", "(long) $pc != (long) square"])

    def test_change(self):
        gdb = self.steps()
        gdb.run("break square if x == 3")
        gdb.run("continue")
        self.assertEqual(gdb.number("x"), 3)
        gdb.run("condition 1 x == 8")
        gdb.run("continue")
        self.assertEqual(gdb.number("x"), 8)
        gdb.run("condition 1 x == 2")
        gdb.run("reverse-continue")
        self.assertEqual(gdb.number("x"), 2)
        gdb.run("condition 1")
        gdb.run("continue")
        self.assertEqual(gdb.number("x"), 3)

    def test_once(self):
        gdb = self.steps()
        gdb.run("tbreak square if x == 6")
        gdb.run("continue")
        self.assertEqual(gdb.number("x"), 6)
        self.assertTrue(gdb.run("continue").at_end_of_history)

    def test_several_at_one_place(self):
        gdb = self.steps()
        gdb.run("break square if x == 3")
        gdb.run("break square if x == 7")
        for number in (3, 7):
            gdb.run("continue")
            self.assertEqual(gdb.number("x"), number)
        self.assertTrue(gdb.run("continue").at_end_of_history)
        gdb.run("delete 1")
        gdb.run("reverse-continue")
        self.assertEqual(gdb.number("x"), 7)
        gdb.run("break square")
        for number in (6, 5):
            gdb.run("reverse-continue")
            self.assertEqual(gdb.number("x"), number)
        gdb.run("delete 3")
        self.assertTrue(gdb.run("reverse-continue").at_end_of_history)

    def test_ignored(self):
        gdb = self.steps()
        gdb.run("break square if x % 2 == 0")
        gdb.run("ignore 1 2")
        gdb.run("continue")
        self.assertEqual(gdb.number("x"), 6)
        self.assertIn("already hit 3 times", gdb.run("info breakpoints").text)

    def test_that_have_no_value(self):
        """gdb says what is wrong, as of those that it looks at itself."""
        gdb = self.steps()
        gdb.run("tbreak square")
        gdb.run("continue")
        place = gdb.position()
        for condition in ("*(int *) 0x60000000 == 1", "10 / (x - 1) == 3"):
            gdb.seek("begin")
            gdb.run("break square if " + condition)
            answer = self.assert_sent(gdb, 1)
            self.assertIn("Error in testing", answer.text)
            self.assertEqual(gdb.position(), place)
            gdb.run("delete")

    def test_of_floating_point(self):
        """gdb makes no expressions of such, and looks at them itself."""
        gdb = self.steps()
        register = "$v0.d.f[0]" if self.architecture == "aarch64" else "$d0.f64"
        for condition, true in ((register + " == 1.5", False), (register + " != 1.5", True)):
            gdb.seek("begin")
            gdb.run("break square if " + condition)
            answer = self.assert_sent(gdb, 0)
            self.assertEqual(answer.function == "square", true, condition)
            gdb.run("delete")

    def commands(self, elf):
        gdb = Commands(elf, self.ebb.shared("steps-" + self.architecture).recording)
        self.addCleanup(gdb.close)
        return gdb

    def check_address_of_a_function(self, gdb):
        self.assertIn("gdb looks at all conditions itself now",
                      gdb.run("break *square if (long) &square == (long) $pc").text)
        gdb.seek("begin")
        self.assertEqual(len(self.stops(gdb, "continue")), 10)

    def test_address_of_a_function(self):
        """gdb would have the server take 0 for it; our commands leave conditions to gdb then."""
        gdb = self.commands(self.ebb.guests.elf("steps-" + self.architecture))
        self.assertNotIn("gdb looks", gdb.run("tbreak *square if (total & items[0].value) > 4").text)
        gdb.run("continue")
        self.check_address_of_a_function(gdb)

    def test_address_of_a_function_without_debug_information(self):
        """gdb would have the server take what its code begins with."""
        stripped = self.ebb.new_folder("elf")
        subprocess.run([OBJCOPY[self.architecture], "--strip-debug",
                        self.ebb.guests.elf("steps-" + self.architecture), stripped], check=True,
                       timeout=WATCHDOG)
        self.check_address_of_a_function(self.commands(stripped))

    def test_address_of_a_function_where_no_ebb_is(self):
        """Nothing is said to who does not use Ebb."""
        gdb = self.commands(self.ebb.guests.elf("steps-" + self.architecture))
        gdb.run("disconnect")
        self.assertNotIn("ebb:", gdb.run("break *square if total == (long) &square").text)
        self.assertIn("is host", gdb.run("show breakpoint condition-evaluation").text)

    def test_cost_no_packets_while_they_are_false(self):
        gdb = self.steps()
        gdb.run("tbreak spin")
        gdb.run("continue")
        begin = gdb.position()
        place = "steps.c:%d" % (gdb.source_line() + 1)
        gdb.run("break %s if spins == %d" % (place, SPINS))
        for command, spins in (("continue", SPINS), ("continue", None), ("reverse-continue", SPINS),
                               ("reverse-continue", None)):
            begun = len(gdb.transcript)
            gdb.run("set debug remote 1")
            answer = gdb.run(command)
            gdb.run("set debug remote 0")
            self.assertLessEqual(self.packets(gdb, "Packet received: T05", begun), 2)
            self.assertLess(self.packets(gdb, "Sending packet: $", begun), 100)
            if spins:
                self.assertEqual(gdb.number("spins"), spins)
            else:
                self.assertTrue(answer.at_end_of_history)
        # That there are as many of them: without the condition gdb hears of each.
        gdb.seek(begin)
        gdb.run("delete")
        gdb.run("break " + place)
        gdb.run("ignore 3 %d" % (SPINS - 1))
        gdb.run("continue")
        self.assertIn(gdb.number("spins"), (SPINS - 1, SPINS))

    def test_interrupt(self):
        """At once, while all that happens is that they are false."""
        gdb = self.open("long-" + self.architecture)
        begin, end = gdb.ends()
        line = marked_lines("long")["hot"]
        gdb.run("break long.c:%d if rounds == 1000000" % line)
        for command, packet, start in (("reverse-continue", "$bc", end),
                                       ("continue", "$vCont;c", begin)):
            gdb.seek(start)
            gdb.run("set debug remote 1")
            answer = gdb.start(command)
            gdb.wait_for("Sending packet: " + packet, answer)
            gdb.interrupt()
            gdb.finish(answer, running=True)
            gdb.run("set debug remote 0")
            self.assertIn("SIGINT", answer.text + str(answer.stop))
            self.assertLess(abs(gdb.position() - start), end // 2)

    def test_jump(self):
        """It is stopped where it leads to a breakpoint only if the condition is true."""
        gdb = self.steps()
        gdb.run("tbreak square if x == 3")
        gdb.run("continue")
        gdb.run("break *$pc if x == 9")
        gdb.run("jump *$pc")
        self.assertEqual(gdb.number("x"), 9)
        gdb.run("delete")
        gdb.run("stepi")
        place = gdb.position()
        gdb.run("break *$pc if total == 204")
        self.assertEqual(gdb.run("jump *$pc").stop.get("reason"), "breakpoint-hit")
        self.assertEqual(gdb.position(), place)

    def test_steps(self):
        """Steps by line pass them if they are false, wherever on the way these are."""
        gdb = self.steps()
        gdb.run("tbreak steps.c:%d" % STEPS["call sum_squares"])
        gdb.run("continue")
        gdb.run("next")
        behind, line = gdb.position(), gdb.source_line()
        gdb.seek("begin")
        gdb.run("tbreak steps.c:%d" % STEPS["call sum_squares"])
        gdb.run("continue")
        before = gdb.position()
        gdb.run("break square if x == 100")
        gdb.run("break *$pc if total == 1")
        gdb.run("next")
        self.assertEqual((gdb.position(), gdb.source_line()), (behind, line))
        gdb.run("reverse-next")
        self.assertEqual(gdb.position(), before)
        gdb.run("condition 3 x == 4")
        self.assertEqual(gdb.run("next").function, "square")
        self.assertEqual(gdb.number("x"), 4)
        self.assertEqual(gdb.run("reverse-finish").function, "sum_squares")
        self.assertEqual(gdb.run("stepi").function, "square")

    def test_at_the_ends(self):
        """What is true there stops as a breakpoint without a condition does."""
        gdb = self.steps("--at", "end")
        begin, end = gdb.ends()
        away = ("reverse-continue", "continue")
        # At the end nothing is about to execute that could stop: history ends, which is said.
        for place, commands, true, stops in ((end, away, "if total == 385", []),
                                             (begin, away[::-1], "if total == 0", [begin])):
            for condition, expected in (("if total == 1000", []), (true, stops), ("", stops)):
                gdb.seek(place)
                gdb.run("break *$pc " + condition)
                self.assertEqual(self.stops(gdb, commands[0]), [])
                self.assertEqual(gdb.position(), begin + end - place)
                self.assertEqual(self.stops(gdb, commands[1]), expected, condition)
                self.assertEqual(gdb.position(), place)
                gdb.run("delete")

    def test_over_resets(self):
        gdb = self.open("reset-" + self.architecture)
        self.check(gdb, "main", ["memory.boots == 2", "memory.boots > 0 && initialized == 0x1234",
                                 "memory.boots == 9"])

    def test_in_handlers(self):
        """A step goes over an interrupt and its handler, unless something in there is true."""
        gdb = self.open("ticks-" + self.architecture)
        vector = "*((char *) vectors + %d)" % (0x280 if self.architecture == "aarch64" else 0x18)
        gdb.run("break %s if ticks == 5" % vector)
        gdb.run("continue")
        entry = gdb.position()
        self.assertEqual(gdb.number("ticks"), 5)
        gdb.run("delete")
        for place in (vector, "on_tick"):
            for condition, true in (("ticks == 1000000", False), ("ticks == 5", True)):
                gdb.seek(entry - 1)
                gdb.run("break %s if %s" % (place, condition))
                gdb.run("stepi 3")
                inside = gdb.run("info symbol $pc").text.split()[0] not in ("mix", "body", "main")
                self.assertEqual(inside, true, (place, condition))
                gdb.run("delete")


class AArch64(Conditions, GdbSide):
    architecture = "aarch64"


class Arm(Conditions, GdbSide):
    architecture = "arm"


class Thumb(GdbSide):
    def test_are_evaluated(self):
        gdb = self.open("steps-thumb")
        self.check(gdb, "*square", ["x == 5", "total > 50", "$r0 == 7", "($cpsr & 0x20) != 0",
                                    "(long) $pc != 0"])

    def test_in_an_it_block(self):
        """The CPSR has the state of the block then. gdb would move the breakpoint out of it."""
        gdb = self.open("steps-thumb")
        text = gdb.run("disassemble main").text
        inside = int(re.search(r"\tit[te]*\t.*\n +(0x[0-9a-f]+) ", text).group(1), 16)
        with rsp.Rsp(self.ebb.shared("steps-thumb").recording) as client:
            client.ask("Z0,%x,2" % inside)
            self.assertEqual(client.move("c").reason, "break")
            place, state = client.position(), client.register(CPSR) & IT_STATE
            self.assertNotEqual(state, 0)
            # reg, const32, bit_and, const32, equal, end
            code = "26%04x24%08x0f24%%08x1327" % (CPSR, IT_STATE)
            for wanted, reason in ((state, "break"), (0, "end")):
                client.seek("begin")
                client.ask("Z0,%x,2;X10,%s" % (inside, code % wanted))
                self.assertEqual(client.move("c").reason, reason)
                self.assertEqual(client.position() == place, reason == "break")


class Gdb16(Version, Conditions, GdbSide):
    architecture, debugger = "arm", "gdb-16"


class Gdb18(Version, Conditions, GdbSide):
    architecture, debugger = "aarch64", "gdb-18"


class ByteOrders(GdbSide):
    """Numbers are read in the order that gdb believes in, whatever the CPU does at the time."""

    def check_order(self, name):
        gdb = self.open(name)
        swapped = "other == 0x%s" % ("02332211" if "endian-" in name else "0")
        self.check(gdb, "one_round", ["value == 0x11223305", "own == 0x11223303", "rounds == 3",
                                      "wide > 0x1122330500000000", "wide % 256 == 4",
                                      "*(unsigned char *) &own == 0x11", swapped,
                                      "*(unsigned short *) &own == 0x1122"])

    def test_big_endian_aarch64(self):
        self.check_order("endian-aarch64")

    def test_big_endian_arm(self):
        self.check_order("endian-arm")

    def test_little_endian_aarch64(self):
        self.check_order("otherend-aarch64")

    def test_little_endian_arm(self):
        self.check_order("otherend-arm")


if __name__ == "__main__":
    unittest.main()
