# SPDX-License-Identifier: GPL-3.0-or-later
"""ebb calls and ebb count, against single steps, gdb and each other."""

import json
import os
import re
import struct
import subprocess
import unittest

from harness import ebb, process
from harness.commands import Commands
from harness.guests import SOURCES
from harness.rsp import Rsp
from harness.truth import CORE

FUNCTIONS = ("fibonacci", "is_even", "is_odd", "describe", "many", "both", "risky", "attempt",
             "in_turn")

PAIRS = (None, "{first = 1, second = 2}", "{first = 3, second = 4}")
truths = {}  # by the guest's name


class Truth:
    """What single steps tell of calls, from main() to where the guest waits for interrupts."""

    def __init__(self, recording, begin, end, wide, lengths):
        self.wide, self.lengths = wide, lengths
        self.begin, self.until = begin, end
        form = CORE[8 if wide else 4]
        self.registers = []
        with Rsp(recording) as rsp:
            rsp.seek(begin)
            for _ in range(end - begin):
                (registers, _), = rsp.exchange_all(["g"])
                self.registers.append(struct.unpack(
                    form, bytes.fromhex(registers)[:struct.calcsize(form)]))
                rsp.move("s")

    def pc(self, position):
        return self.registers[position - self.begin][-1]

    def executed(self, address):
        return [position for position in range(self.begin, self.until)
                if self.pc(position) == address]

    def link(self, position):
        """Where a call that is made here returns to."""
        return self.registers[position - self.begin][30 if self.wide else 14] & ~1

    def stack(self, position):
        return self.registers[position - self.begin][31 if self.wide else 13]

    def end(self, position):
        """Where a call that is made here returns; None: it does not."""
        link, stack = self.link(position), self.stack(position)
        for later in range(position + 1, self.until):
            if self.stack(later) != stack:
                continue
            # RET of A64 takes the address from the link register, and restore() changes that.
            if self.pc(later) == link and (not self.wide or self.link(later) == link):
                return later
            if link - self.pc(later) in self.lengths:
                return None  # it is made again
        return None


def addresses(elf, name):
    """All of a name, without bit 0 of Thumb functions."""
    listing = subprocess.run(["nm", elf], capture_output=True, check=True, text=True).stdout
    found = re.findall(r"(?m)^(\w+) (\w) %s$" % re.escape(name), listing)
    return sorted({int(address, 16) & (~1 if kind in "tT" else ~0) for address, kind in found})


def line_of(beginning):
    """The number of the guest's first line that begins so."""
    with open(os.path.join(SOURCES, "calls.c")) as source:
        return next(n for n, text in enumerate(source, 1) if text.startswith(beginning))


class Calls:
    """A mixin; architecture is set."""

    def setUp(self):
        self.ebb = ebb.current()
        self.name = "calls-" + self.architecture
        self.recorder = self.ebb.shared(self.name)
        self.recording = self.recorder.recording
        self.elf = self.ebb.guests.elf(self.name)
        self.wide = self.architecture == "aarch64"

    def calls(self, *arguments):
        return self.ebb.json("calls", "--json", self.recording, *arguments)

    def count(self, *arguments):
        return self.ebb.json("count", "--json", self.recording, *arguments)

    def gdb(self):
        gdb = Commands(self.elf, self.recording)
        self.addCleanup(gdb.close)
        return gdb

    def truth(self):
        if self.name not in truths:
            begin, end = (self.calls(name)[0]["position"] for name in ("main", "busy"))
            truths[self.name] = Truth(self.recording, begin, end, self.wide,
                                      (4, 2) if self.architecture == "thumb" else (4,))
        return truths[self.name]

    def part(self):
        """The options for the part of history that was stepped through."""
        return ["--from", str(self.truth().begin), "--to", str(self.truth().until)]

    def test_calls_are_those_of_single_steps(self):
        truth = self.truth()
        for name in FUNCTIONS:
            with self.subTest(name):
                places = addresses(self.elf, name)
                wanted = [(p, truth.link(p), truth.end(p)) for place in places
                          for p in truth.executed(place)]
                self.assertTrue(wanted)
                found = [(call["position"], int(call["caller"]["return_address"], 16),
                          call.get("returned")) for call in self.calls(name, *self.part())]
                self.assertEqual(found, sorted(wanted))

    def test_counts_are_those_of_single_steps(self):
        truth = self.truth()
        for name in FUNCTIONS:
            with self.subTest(name):
                executed = truth.executed(addresses(self.elf, name)[0])
                self.assertEqual(self.count(name, *self.part()), [{"count": len(executed)}])
                callers = {}
                for position in executed:
                    callers[truth.link(position)] = callers.get(truth.link(position), 0) + 1
                found = self.count(name, "--by-caller", *self.part())
                self.assertEqual({int(row["caller"]["return_address"], 16): row["count"]
                                  for row in found}, callers)
                self.assertEqual([row["count"] for row in found],
                                 sorted(callers.values(), reverse=True))

    def test_each_instruction_is_counted_once(self):
        """QEMU begins one that accesses a device anew."""
        truth = self.truth()
        devices = {event["position"] for event in self.ebb.json("dump", "--json", self.recording)
                   if event["kind"] in ("mmio-read", "mmio-write")}
        places = {truth.pc(p) for p in devices if truth.begin <= p < truth.until}
        self.assertGreater(len(places), 2)
        for place in sorted(places)[:6]:
            wanted = truth.executed(place)
            self.assertEqual(self.count(hex(place), *self.part()), [{"count": len(wanted)}])
            self.assertEqual([call["position"] for call in
                              self.calls(hex(place), *self.part())], wanted)

    def test_ranges_have_each_hit_once(self):
        executed = self.truth().executed(addresses(self.elf, "fibonacci")[0])
        for cut in (executed[3], executed[3] + 1):
            sums = [self.count("fibonacci", *part)[0]["count"]
                    for part in (["--to", str(cut)], ["--from", str(cut)])]
            self.assertEqual(sums[0], sum(p < cut for p in executed))
            self.assertEqual(sum(sums), len(executed))
            parts = [self.calls("fibonacci", *part)
                     for part in (["--to", str(cut)], ["--from", str(cut)])]
            self.assertEqual([call["position"] for part in parts for call in part], executed)
            # What returns later has not returned in the first part.
            self.assertNotIn("returned", parts[0][0])

    def test_memory(self):
        rows = self.ebb.json("accesses", "--json", self.recording, "effects", *self.part())
        for option, kind in ((["--write"], "write"), (["--read"], "read"),
                             (["--write", "--read"], None)):
            wanted = [row for row in rows if kind in (None, row["access"])]
            found = self.count("effects", *option, *self.part())
            self.assertEqual(found, [{"count": len(wanted)}])
            found = self.count("effects", *option, "--by-caller", *self.part())
            self.assertEqual(sum(row["count"] for row in found), len(wanted))
            self.assertEqual({row["place"]["pc"] for row in found}, {row["pc"] for row in wanted})
        self.assertEqual(self.count("effects,4", *self.part()), [{"count": len(rows)}])

    def test_arguments_and_results_are_gdbs(self):
        gdb = self.gdb()
        for name in ("describe", "many", "both", "chosen", "in_turn", "fibonacci", "is_odd",
                     "letter"):
            calls = self.calls(name, "--limit", "4")
            self.assertTrue(calls)
            for call in calls:
                with self.subTest(name, position=call["position"]):
                    gdb.run("ebb goto %d" % call["position"])
                    shown = dict(line.split(" = ", 1)
                                 for line in gdb.run("info args").text.splitlines())
                    self.assertEqual([a["name"] for a in call["arguments"]], list(shown))
                    for argument in call["arguments"]:
                        if argument["name"] == "pair":  # gdb looks where it will be stored
                            self.assertIn(argument["value"], PAIRS)
                        elif argument["value"] is not None:
                            wanted = re.sub(r' ".*"$', "", shown[argument["name"]])
                            self.assertEqual(argument["value"], wanted)
                        wanted = gdb.run("whatis " + argument["name"]).text
                        self.assertEqual("type = " + argument["type"], wanted.strip())
                    self.check_finish(gdb, call)

    def check_finish(self, gdb, call):
        """Of a call that gdb follows to its end: not into another thread."""
        answer = gdb.run("finish")
        self.assertEqual(gdb.position(), call["returned"])
        value = re.search(r"Value returned is \$\d+ = (.*)", answer.text)
        if call["result"]["value"] is not None:
            self.assertEqual(call["result"]["value"], value[1])

    def test_what_is_not_known(self):
        describe, many = self.calls("describe")[0], self.calls("many")[0]
        unknown = {a["name"] for call in (describe, many) for a in call["arguments"]
                   if a["value"] is None}
        self.assertEqual(unknown, {"i"} if self.wide else
                         {"pair", "small", "flag", "e", "f", "g", "h", "i"})

    def test_calls_that_do_not_return(self):
        last = self.calls("last")
        self.assertEqual([call.get("returned", "never") for call in last], ["never"])
        risky = self.calls("risky")
        odd, even = risky[1::2], risky[::2]
        self.assertEqual([call["arguments"][0]["value"] for call in risky], list("012345"))
        self.assertTrue(all("returned" in call for call in even))
        self.assertTrue(all("returned" not in call for call in odd))
        # They are left before the next one is made.
        self.assertEqual([call["left_before"] + 1 for call in odd[:-1]],
                         [call["position"] for call in even[1:]])
        text = self.ebb.run("calls", self.recording, "risky").text()
        self.assertRegex(text, r"risky\(number=1\), never returns: left before its caller calls "
                               r"again, at %d, from attempt" % odd[0]["left_before"])
        self.assertRegex(text, r"risky\(number=5\), does not return before \d+")

    def test_threads_and_interrupts(self):
        turns = self.calls("in_turn", "--limit", "9")
        first, second = turns[::2], turns[1::2]
        self.assertEqual([call["arguments"][0]["value"] for call in first], list("01234"))
        # Each call returns behind the beginning of the other thread's next one.
        for call, other in zip(first, second):
            self.assertGreater(call["returned"], other["position"])
            self.assertGreater(other["returned"], call["returned"])
        for call in turns:
            self.assertEqual(call["duration"], call["returned"] - call["position"])
            self.assertEqual(call["result"]["value"], str(int(call["arguments"][0]["value"]) + 1))
        busy, ticks = self.calls("busy")[0], self.calls("tick")
        self.assertEqual(len(ticks), 6)
        for tick in ticks:
            self.assertTrue(busy["position"] < tick["position"] < tick["returned"] <
                            busy["returned"])

    def test_several_functions_of_one_name(self):
        places = addresses(self.elf, "chosen")
        self.assertEqual(len(places), 2)
        calls = self.calls("chosen")
        self.assertEqual({int(call["address"], 16) for call in calls}, set(places))
        self.assertEqual([call["result"]["value"] for call in calls], ["2", "0", "3", "6"])
        self.assertEqual(self.count("chosen"), [{"count": 4}])

    def test_callers(self):
        call = self.calls("many")[0]
        self.assertEqual((call["caller"]["function"], call["caller"]["line"]),
                         ("main", line_of("    many(1")))
        self.assertTrue(call["caller"]["file"].endswith("tests/guests/calls.c"))

    def test_limit(self):
        everything = self.calls("fibonacci")
        result = self.ebb.run("calls", self.recording, "fibonacci", "--limit", "3", "--json")
        self.assertEqual(self.calls("fibonacci", "--limit", "3"), everything[:3])
        self.assertIn("there may be more; --from %d goes on" % (everything[2]["position"] + 1),
                      result.describe())
        self.assertEqual(self.calls("fibonacci", "--from", str(everything[2]["position"] + 1)),
                         everything[3:])

    def test_registers_without_types(self):
        place = hex(self.truth().pc(self.calls("fibonacci")[0]["position"] + 1))
        call = self.calls(place, "--limit", "1")[0]
        names = ["x%d" % i for i in range(8)] if self.wide else ["r%d" % i for i in range(4)]
        self.assertEqual(sorted(call["registers"]), names)
        with Rsp(self.recording) as rsp:
            rsp.seek(call["position"])
            self.assertEqual([int(call["registers"][name], 16) for name in names],
                             [rsp.register(i) for i in range(len(names))])

    def test_gdb_that_ends(self):
        """In the middle of what it is asked: told once, and registers are what there is then."""
        calls = self.calls("chosen")
        for last in ("signature", "describe"):
            gdb = self.ebb.script("""while read -r line; do
                case $line in
                *'"do":"open"'*) echo '{}' >&3;;
                *'"do":"%s"'*) [ -e "$0.seen" ] && exit; : >"$0.seen"
                    %s;;
                *) echo '{"known": true}' >&3;;
                esac
            done
            """ % (last, "echo '{\"known\": true}' >&3" if last == "signature" else "exit"))
            result = process.run([self.ebb.path, "calls", "--json", self.recording, "chosen"],
                                 process.WATCHDOG, env={**os.environ, "EBB_GDB": gdb})
            self.assertEqual(result.status, 0, result.describe())
            self.assertEqual(result.errors.decode().count("registers are printed"), 1)
            rows = json.loads(result.output)
            self.assertEqual([row["position"] for row in rows],
                             [row["position"] for row in calls])
            self.assertFalse([row for row in rows if "registers" not in row])

    def test_print(self):
        """Each line is what gdb prints where its own breakpoint stops."""
        words = ["in_turn", "%d of %d: \"%u\"\\n", "number", "mine == &first", "effects"]
        printed = self.ebb.json("print", "--json", self.recording, *words)
        gdb = self.gdb()
        gdb.run("break in_turn")
        for row in printed[:4]:
            gdb.run("continue")
            self.assertEqual(row["position"], gdb.position())
            self.assertEqual(int(row["pc"], 16), gdb.pc() & ~1)
            self.assertEqual(row["text"] + "\n", gdb.run(
                'printf "%d of %d: \\"%u\\"\\n", number, mine == &first, effects').text)
        self.assertEqual([row["position"] for row in printed],
                         [row["position"] for row in
                          self.ebb.json("print", "--json", self.recording, printed[0]["pc"], "")])
        self.assertEqual(len(printed), len(self.calls("in_turn")))
        # What is escaped already, what is not, and what escapes nothing.
        for words, text in ((r'\"%d\" "%d" \\', '"1" "1" ' + "\\"),
                            ("%d\n%d\\", r"1\x0a1" + "\\"), ("%d\\\n%d", r"1\\x0a1")):
            self.assertEqual(self.ebb.json("print", "--json", self.recording, "--limit", "1", "main",
                                           words, "1", "1")[0]["text"], text)
        # A place that is no function's, and memory that is not there.
        text = self.ebb.run("print", self.recording, "--limit", "1", "calls.c:%d" % line_of(
            "    effects += number;\n"), "%d", "*(int *)0xfffffff0").text()
        self.assertRegex(text, r"^ +\d+ <Cannot access memory at address 0xfffffff0>\n$")
        for words, text in ((["%d", "1 / 0"], "<Division by zero>"), (["%c", "0xff"], "\\xff"),
                            (["\u00e9%c\u00e9", "0xff"], "\u00e9\\xff\u00e9")):
            self.assertEqual(self.ebb.json("print", "--json", self.recording, "--limit", "1", "main",
                                           *words)[0]["text"], text)
        for words, message in ((["nowhere", "x"], 'there is no code at "nowhere"'), (["main", "%d", "nobody"], "nobody"),
                               (["main", "%d"], "argument"), (["main"], "--help")):
            result = self.ebb.run("print", self.recording, *words)
            self.assertEqual(result.status, 2, result.describe())
            self.assertIn(message, result.describe())

    def test_refusals(self):
        for words, message in (
                (["calls", "everywhere"], 'has no function "everywhere"; a function that the '
                                          "compiler has inlined everywhere has no calls"),
                (["calls", "effects"], '"effects" is data'),
                (["count", "effects"], '"effects" is data'),
                (["count", "main,4,5"], "cannot be understood"),
                (["count", "main+4", "--by-caller"], "callers are known at the first instruction"),
                (["calls", "main,4"], "code has no length"),
                (["print", "0x40100000,4", "x"], "code has no length"),
                (["print", "\udcff", "x"], "LOCATION is no valid UTF-8"),
                (["print", "attempt", "\udcff"], "FORMAT is no valid UTF-8"),
                (["print", "attempt", "%d", "1", "\udcff"], "EXPRESSION 2 is no valid UTF-8"),
                (["count", "nobody", "--write"], 'has no symbol "nobody"')):
            with self.subTest(words):
                result = self.ebb.run(words[0], self.recording, *words[1:])
                self.assertEqual(result.status, 2, result.describe())
                self.assertIn(message, result.describe())
        result = self.ebb.run("calls", self.recording, "never")
        self.assertEqual(result.status, 0)
        self.assertIn("ebb: no call between positions 0 and", result.describe())


class AArch64(Calls, unittest.TestCase):
    architecture = "aarch64"


class Arm(Calls, unittest.TestCase):
    architecture = "arm"


class Thumb(Calls, unittest.TestCase):
    architecture = "thumb"


class Linux(unittest.TestCase):
    """Kernels, whose threads are many, in more intervals than one."""

    def setUp(self):
        self.ebb = ebb.current()

    def recorder(self, architecture):
        return self.ebb.shared("symbols-" + architecture, lambda: self.ebb.guests.linux(
            architecture, "symbols"))

    def symbol(self, recorder, name):
        return re.search(r"guest: symbol ([0-9a-f]+) \w %s\b" % name, recorder.text())[1]

    def check_end(self, rsp, call, wide):
        """Where gdb's packets find the call's end: the next time at the return address with the
        call's stack pointer."""
        stack, link = (31, 30) if wide else (13, 14)
        rsp.seek(call["position"])
        self.assertEqual(rsp.register(32 if wide else 15), int(call["address"], 16))
        self.assertEqual(rsp.register(link) & ~1, int(call["caller"]["return_address"], 16))
        wanted = rsp.register(stack)
        place = "0,%x,4" % int(call["caller"]["return_address"], 16)
        rsp.ask("Z" + place)
        rsp.move("c")
        while rsp.register(stack) != wanted and rsp.position() < call["returned"]:
            rsp.move("c")
        rsp.ask("z" + place)
        self.assertEqual((rsp.position(), rsp.register(stack)), (call["returned"], wanted))
        self.assertEqual(rsp.register(0), int(call["results"]["x0" if wide else "r0"], 16))

    def check(self, architecture, name):
        recorder = self.recorder(architecture)
        place = "0x" + self.symbol(recorder, name)
        calls = self.ebb.json("calls", "--json", recorder.recording, place)
        self.assertGreater(len(calls), 10)
        self.assertEqual(self.ebb.json("count", "--json", recorder.recording, place),
                         [{"count": len(calls)}])
        with Rsp(recorder.recording) as rsp:
            for call in calls[::len(calls) // 6]:
                self.check_end(rsp, call, architecture == "arm64")
        return recorder.recording, place, calls

    def test_arm64(self):
        recording, place, calls = self.check("arm64", "vfs_write")
        middle = str(calls[len(calls) // 2]["position"] + 1)
        parts = [self.ebb.json("calls", "--json", recording, place, *words)
                 for words in (["--to", middle], ["--from", middle])]
        self.assertEqual([call["position"] for part in parts for call in part],
                         [call["position"] for call in calls])

    def test_armhf(self):
        self.check("armhf", "vfs_write")

    def test_workers_do_not_matter(self):
        """Processes that end do so in a call that does not return."""
        recorder = self.recorder("arm64")
        place = "0x" + self.symbol(recorder, "el0_svc")
        one, three = (self.ebb.json("calls", "--json", recorder.recording, place, "--workers", n)
                      for n in ("1", "3"))
        self.assertEqual(one, three)
        self.assertGreater(sum("returned" not in call for call in one), 10)
        self.assertGreater(sum("returned" in call for call in one), 1000)
