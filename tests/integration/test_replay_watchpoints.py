# SPDX-License-Identifier: GPL-3.0-or-later
"""Watchpoints and breakpoints on guests that make them hard: one that debugs itself, one whose
pointers have tags, one that runs AArch32 code under an AArch64 kernel. Every hit is looked for both
ways, and what is found must not depend on what is watched."""

import unittest

from harness import ebb, rsp
from harness.gdb import Gdb
from harness.history import KINDS

EXECUTE, WRITE, READ, ACCESS = 1, 2, 3, 4
HITS_MAX = 1000
MASK = 0xffffffffffffffff


class Hit:
    """An instruction that is stopped at or accesses, and what is watched before and after it."""

    def __init__(self, position, packet, old=None, new=None):
        self.position = position
        self.packet = packet
        self.old = old
        self.new = new

    def __eq__(self, other):
        return vars(self) == vars(other)

    def __repr__(self):
        return "<%s at %d: %s -> %s>" % (self.packet, self.position, self.old, self.new)


class Watch:
    """A breakpoint or watchpoint of a type as packets have it."""

    def __init__(self, type_, address, length=4):
        self.type = type_
        self.address = address
        self.length = length
        self.text = "%d,%x,%x" % (type_, address, length)

    def value(self, client):
        text = client.ask("m%x,%x" % (self.address, self.length))
        return int.from_bytes(bytes.fromhex(text), "little")

    def is_at(self, stop, pc):
        if self.type == EXECUTE:
            return stop.reason == "break" and pc == self.address
        return stop.watch == KINDS[self.type] and \
            0 <= stop.address - self.address < self.length


class GuestTests(unittest.TestCase):
    name = None  # of the guest

    def setUp(self):
        self.ebb = ebb.current()
        self.elf = self.ebb.guests.elf(self.name)
        self.recording = self.ebb.shared(self.name).recording
        self.client = self.connect("--workers", "1")
        main = Watch(EXECUTE, *self.symbols("main"))
        self.client.seek("begin")
        self.set("Z", [main])
        self.client.move("c")
        self.set("z", [main])
        self.main = self.client.position()  # what is before it only clears memory
        self.client.seek("end")
        self.end_state = self.client.state()

    def connect(self, *options):
        client = rsp.Rsp(self.recording, *options)
        self.addCleanup(client.close)
        return client

    def symbols(self, *expressions, elf=None):
        """Addresses in the guest, by gdb."""
        with Gdb(elf or self.elf) as gdb:
            return [gdb.number("(long) &(%s)" % e) & MASK for e in expressions]

    def pc(self, stop):
        return stop.pc

    def set(self, letter, watches):
        for watch in watches:
            self.assertEqual(self.client.ask(letter + watch.text), "OK")

    def which(self, stop, watches):
        found = [watch for watch in watches if watch.is_at(stop, self.pc(stop))]
        self.assertTrue(found, stop)
        return found[0]

    def forward(self, watches, low=None, high=None):
        """All hits from low, or main(), on, or to a position."""
        hits = []
        self.client.seek(low or self.main)
        self.set("Z", watches)
        while len(hits) < HITS_MAX:
            stop = self.client.move("c")
            position = self.client.position()
            if stop.reason == "end" or (high is not None and position >= high):
                break
            watch = self.which(stop, watches)
            if watch.type == EXECUTE:
                hits.append(Hit(position, watch.text))
                continue
            old = watch.value(self.client)
            self.set("z", watches)
            self.client.move("s")
            hits.append(Hit(position, watch.text, old, watch.value(self.client)))
            self.set("Z", watches)
        self.set("z", watches)
        return hits

    def backward(self, watches, high="end", low=None):
        """The same from the end, in the order of time."""
        hits = []
        low = low or self.main
        self.client.seek(high)
        self.set("Z", watches)
        while len(hits) < HITS_MAX:
            stop = self.client.move("bc")
            position = self.client.position()
            if stop.reason == "begin" or position <= low:
                break
            watch = self.which(stop, watches)
            if watch.type == EXECUTE:
                hits.append(Hit(position, watch.text))
                continue
            new = watch.value(self.client)
            self.set("z", watches)
            self.client.move("bs")
            hits.append(Hit(self.client.position(), watch.text, watch.value(self.client), new))
            self.set("Z", watches)
        self.set("z", watches)
        return hits[::-1]

    def check_end(self):
        """Nothing of it is different from what was seen before anything was watched."""
        self.client.seek("end")
        self.assertEqual(self.client.state(), self.end_state)

    def both_ways(self, *watches):
        """The hits, which are the same forward and backward."""
        watches = list(watches)
        forward = self.forward(watches)
        self.assertEqual(self.client.state(), self.end_state, "arrived at by continuing")
        self.assertEqual(self.backward(watches), forward)
        self.check_end()
        return forward

    def changes(self, hits):
        return [(hit.old, hit.new) for hit in hits]

    def values(self, hits):
        """The values stored; each is what the next hit finds."""
        for one, other in zip(hits, hits[1:]):
            self.assertEqual(one.new, other.old)
        return [hit.new for hit in hits]

    def check_standing(self, address, first, last, kind=4):
        """A breakpoint is stopped at wherever the PC is, between two positions."""
        self.client.seek(first)
        standing = []
        for position in range(first + 1, last):
            if self.pc(self.client.move("s")) == address:
                standing.append(position)
        self.assertTrue(standing)
        watches = [Watch(EXECUTE, address, kind)]
        self.assertEqual([hit.position for hit in self.forward(watches, first, last)], standing)
        self.assertEqual([hit.position for hit in self.backward(watches, last, first)], standing)
        return standing


class SelfDebugging:
    """The guest watches stores to victim and loads of secret, and has a breakpoint itself."""

    rounds = range(1, 21)

    def setUp(self):
        super().setUp()
        self.victim, self.neighbour, self.secret, self.quiet, self.page, self.marked, self.trap, \
            self.rounds_end, self.stores_seen = self.symbols(
                "watched.victim", "watched.neighbour", "watched.secret", "watched.quiet",
                "watched", "marked_call", "trap_instruction", "rounds_end", "stores_seen")

    def victim_values(self):
        return [value for r in self.rounds for value in self.of_round(r)]

    def of_round(self, round_):
        return [round_ * 0x101]

    def test_write_on_the_same_word(self):
        hits = self.both_ways(Watch(WRITE, self.victim))
        self.assertEqual(self.values(hits), self.victim_values())

    def test_read_on_the_same_word(self):
        """The guest does not watch its loads of it."""
        hits = self.both_ways(Watch(READ, self.victim))
        self.assertEqual(len(hits), self.loads * len(self.rounds))
        self.assertTrue(all(old == new for old, new in self.changes(hits)))

    def test_access_on_the_same_word(self):
        hits = self.both_ways(Watch(ACCESS, self.victim))
        self.assertEqual(len(hits), self.loads * len(self.rounds) + len(self.victim_values()))
        changed = [new for old, new in self.changes(hits) if old != new]
        self.assertEqual(changed, self.victim_values())

    def test_read_on_the_word_watched_for_loads(self):
        hits = self.both_ways(Watch(READ, self.secret))
        self.assertEqual(self.changes(hits), [(r * 0x102, r * 0x102) for r in self.rounds])

    def test_write_on_the_word_watched_for_loads(self):
        hits = self.both_ways(Watch(WRITE, self.secret))
        self.assertEqual(self.values(hits), [r * 0x102 for r in self.rounds])

    def test_write_on_the_same_page(self):
        hits = self.both_ways(Watch(WRITE, self.neighbour))
        self.assertEqual(self.values(hits), list(self.rounds))

    def test_part_of_the_same_word(self):
        hits = self.both_ways(Watch(WRITE, self.victim + 1, 1))
        self.assertEqual(self.values(hits), [v >> 8 & 0xff for v in self.victim_values()])

    def test_all_at_once(self):
        """Of each kind and on the page, with breakpoints: each is seen, none changes history."""
        hits = self.both_ways(Watch(WRITE, self.victim), Watch(READ, self.secret),
                              Watch(ACCESS, self.neighbour), Watch(EXECUTE, self.trap),
                              Watch(WRITE, self.stores_seen))
        counts = {}
        for hit in hits:
            counts[hit.packet] = counts.get(hit.packet, 0) + 1
        rounds = len(self.rounds)
        self.assertEqual(counts, {
            Watch(WRITE, self.victim).text: len(self.victim_values()),
            Watch(READ, self.secret).text: rounds, Watch(ACCESS, self.neighbour).text: rounds,
            Watch(EXECUTE, self.trap).text: rounds,
            Watch(WRITE, self.stores_seen).text: len(self.victim_values())})

    def test_breakpoint_on_a_breakpoint_instruction(self):
        hits = self.both_ways(Watch(EXECUTE, self.trap))
        self.assertEqual(len(hits), len(self.rounds))

    def test_breakpoint_on_the_guests_own(self):
        """Twice in each round: the guest's exception is taken first, then the instruction is
        executed."""
        hits = self.both_ways(Watch(EXECUTE, self.marked))
        self.assertEqual(len(hits), 2 * len(self.rounds))
        self.check_standing(self.marked, hits[4].position - 20, hits[6].position + 20)

    def test_breakpoint_on_the_handler(self):
        """The exception takes a position of its own, so that the handler has another."""
        vector, = self.symbols(self.vector)
        middle = self.forward([Watch(WRITE, self.victim)])[4].position
        self.check_standing(vector, middle - 2500, middle + 200)
        self.check_end()

    def test_verify_agrees(self):
        """What was recorded is what is replayed."""
        result = self.ebb.json("verify", "--json", self.recording)
        self.assertTrue(result["verified"] and result["end_state_compared"], result)

    def test_in_gdb(self):
        """Old and new values as gdb tells them, and the guest's own count at the end."""
        gdb = Gdb(self.elf, self.recording)
        self.addCleanup(gdb.close)
        gdb.run("tbreak main")
        gdb.run("continue")
        gdb.run("watch watched.victim")
        old = 0
        for value in self.victim_values()[:8]:
            text = gdb.run("continue").text
            self.assertRegex(text, r"Old value = %d\s+New value = %d" % (old, value))
            old = value
        for value in reversed(self.victim_values()[:7]):
            text = gdb.run("reverse-continue").text
            self.assertRegex(text, r"Old value = %d\s+New value = %d" % (old, value))
            old = value
        gdb.run("delete")
        gdb.seek("end")
        self.assertEqual(gdb.number("stores_seen"), len(self.victim_values()))
        self.assertIn(" ".join(self.end_state[2].split()[-2:]), gdb.digest())


class SelfDebuggingAArch64(SelfDebugging, GuestTests):
    name = "watchpoints-aarch64"
    loads = 3
    vector = "vectors[0x200]"

    def of_round(self, round_):
        return [round_ * 0x101, round_ * 0x1001 + 1]

    def symbols(self, *expressions, elf=None):
        if expressions == (self.vector,):
            return [super().symbols("vectors", elf=elf)[0] + 0x200]
        return super().symbols(*expressions, elf=elf)

    def test_write_while_the_guest_steps(self):
        """The store that it steps over is seen once."""
        quiet = self.both_ways(Watch(WRITE, self.quiet))
        self.assertEqual(self.values(quiet), list(range(1, 41)))
        other, = self.symbols("watched.other")
        hits = self.both_ways(Watch(WRITE, other))
        self.assertEqual(self.values(hits), [r * 0x1001 for r in self.rounds])

    def test_breakpoint_where_the_guest_steps(self):
        """Twice: the guest's exception is taken in front of it, and then it is executed."""
        for label in ("stepped_store", "stepped_watched_store"):
            address, = self.symbols(label)
            hits = self.both_ways(Watch(EXECUTE, address))
            self.assertEqual(len(hits) % len(self.rounds), 0)
            self.check_standing(address, hits[0].position - 30, hits[0].position + 1500)
        self.check_end()


class SelfDebuggingArm(SelfDebugging, GuestTests):
    name = "watchpoints-arm"
    loads = 2
    vector = "vectors[0x10]"

    def symbols(self, *expressions, elf=None):
        if expressions == (self.vector,):
            return [super().symbols("vectors", elf=elf)[0] + 0x10]
        return super().symbols(*expressions, elf=elf)


class OverResets:
    """Four boots, each of which stores to a variable of the image, which each reset loads anew."""

    boots = 4
    first, stored = 0x1234, 0x4321

    def setUp(self):
        super().setUp()
        self.watch = Watch(WRITE, *self.symbols("initialized"))

    def stepped(self):
        """Every change of the variable: position, and who made it; found without watching."""
        changes = []
        self.client.seek("begin")
        old = self.watch.value(self.client)
        for _ in range(self.client.place()[2]):
            self.client.move("s")
            new = self.watch.value(self.client)
            if new != old:
                changes.append((self.client.position(), "reset" if new == self.first else "store"))
            old = new
        self.assertEqual([who for _, who in changes],
                         ["store", "reset"] * (self.boots - 1) + ["store"])
        return changes

    def met(self, packet, last):
        """The same by continuing."""
        found = []
        while True:
            stop = self.client.move(packet)
            if stop.reason == last:
                return found
            self.assertEqual((stop.reason, stop.address), ("watch", self.watch.address))
            who = "reset" if stop.by_reset else "store"
            found.append((self.client.position() if stop.by_reset else self.step_off(packet), who))

    def step_off(self, packet):
        """Steps over the store, which would be stopped at again; returns the position behind it."""
        before = self.client.position()
        self.set("z", [self.watch])
        self.client.move(packet.replace("c", "s"))
        self.set("Z", [self.watch])
        return max(before, self.client.position())

    def check_watch(self, watch):
        self.watch = watch
        self.client.seek("begin")
        self.set("Z", [watch])
        forward = self.met("c", "end")
        self.assertEqual(self.client.state(), self.end_state)
        backward = self.met("bc", "begin")
        self.set("z", [watch])
        self.check_end()
        self.assertEqual(backward[::-1], forward)
        return forward

    def test_as_stepped(self):
        changes = self.stepped()
        self.assertEqual(self.check_watch(self.watch), changes)
        inner = Watch(WRITE, self.watch.address + 1, 1)
        self.assertEqual(self.check_watch(inner), changes)

    def test_what_a_reset_leaves_alone(self):
        """It is written only in the first boot, or by each."""
        magic, boots = self.symbols("memory.magic", "memory.boots")
        self.assertEqual([who for _, who in self.check_watch(Watch(WRITE, magic))], ["store"])
        self.assertEqual([who for _, who in self.check_watch(Watch(WRITE, boots))],
                         ["store"] * (self.boots + 1))

    def test_steps(self):
        """Onto the reset and back over it."""
        position = next(p for p, who in self.stepped() if who == "reset")
        self.client.seek(position - 1)
        self.set("Z", [self.watch])
        for packet in ("s", "bs"):
            stop = self.client.move(packet)
            self.assertTrue(stop.by_reset, stop)
            self.assertEqual(self.client.position(), position)
            self.client.seek(position)
        self.client.move("bs")
        self.assertEqual(self.client.move("bs").reason, "step")
        self.assertEqual(self.client.position(), position - 1)

    def test_physical(self):
        changes = self.stepped()
        self.client.seek("begin")
        self.client.monitor("watch-physical %#x,4" % self.watch.address)
        found = []
        for packet, last in (("c", "end"), ("bc", "begin")):
            texts = []
            while True:
                stop = self.client.move(packet)
                if stop.reason == last:
                    break
                texts.append(stop.text)
            found.append([("reset" if "the reset's write to" in text else "store")
                          for text in texts])
        self.assertEqual(found[0], [who for _, who in changes])
        self.assertEqual(found[1], [who for _, who in changes[::-1]])

    def test_in_gdb(self):
        gdb = Gdb(self.elf, self.recording)
        self.addCleanup(gdb.close)
        gdb.run("watch initialized")
        values = [self.first] + [self.stored, self.first] * (self.boots - 1) + [self.stored]
        for old, new in zip(values, values[1:]):
            answer = gdb.run("continue")
            self.assertRegex(answer.text, r"Old value = %d\s+New value = %d\b" % (old, new))
            self.assertEqual("ebb: the reset wrote to" in answer.text, new == self.first)
        self.assertTrue(gdb.run("continue").at_end_of_history)
        for old, new in zip(values[::-1], values[-2::-1]):
            answer = gdb.run("reverse-continue")
            self.assertRegex(answer.text, r"Old value = %d\s+New value = %d\b" % (old, new))
        self.assertTrue(gdb.run("reverse-continue").at_end_of_history)


class OverResetsAArch64(OverResets, GuestTests):
    name = "reset-aarch64"


class OverResetsArm(OverResets, GuestTests):
    name = "reset-arm"


PAGE = 4096
# What firstfault.c loads in each round: by which instruction, and which bytes of its text.
FIRST_FAULT_LOADS = (
    ("bytes", range(0x100, 0x200)),
    ("bytes", range(PAGE - 100, PAGE)),
    ("bytes", range(PAGE - 1, PAGE)),
    ("halves", range(PAGE - 1, PAGE + 1)),
    ("halves_no_fault", range(PAGE - 1, PAGE + 1)),
    ("gathered", [PAGE - 256 + 8 * i + j for i in range(64) for j in range(4)]),
    ("bytes", range(0x100, 0x180)),  # up to the guest's watchpoint
)


class FirstFault(GuestTests):
    """Loads of SVE that end where they would fault, and take a watchpoint of the guest's for a
    fault. Whatever is watched, they load what they have loaded."""

    name = "firstfault-aarch64"
    rounds = 5

    def setUp(self):
        session = ebb.current()
        session.shared(self.name, lambda: session.guests.bare(self.name, cpu="max"))
        super().setUp()
        names = ("bytes", "halves", "halves_no_fault", "gathered")
        addresses = self.symbols("text", *("at_" + name for name in names))
        self.text = addresses[0]
        self.labels = dict(zip(addresses[1:], names))

    def executions(self):
        """Position and name of each of the loads, in the order of time."""
        watches = [Watch(EXECUTE, address) for address in self.labels]
        names = {watch.text: self.labels[watch.address] for watch in watches}
        return [(hit.position, names[hit.packet]) for hit in self.both_ways(*watches)]

    def expected(self, offset, length=1):
        """Positions of the loads that read any of these bytes."""
        executions = self.executions()
        loads = FIRST_FAULT_LOADS * self.rounds
        self.assertEqual([name for _, name in executions], [name for name, _ in loads])
        return [position for (position, _), (_, read) in zip(executions, loads)
                if any(offset <= i < offset + length for i in read)]

    def check_reads(self, offset, length, of_a_round):
        expected = self.expected(offset, length)
        self.assertEqual(len(expected), self.rounds * of_a_round)
        hits = self.both_ways(Watch(READ, self.text + offset, length))
        self.assertEqual([hit.position for hit in hits], expected)

    def test_access(self):
        """One store in main(), and then the loads."""
        hits = self.both_ways(Watch(ACCESS, self.text + 0x150, 1))
        self.assertEqual([hit.position for hit in hits][1:], self.expected(0x150))

    def test_in_the_middle(self):
        self.check_reads(0x150, 1, 2)

    def test_first_element(self):
        self.check_reads(0x100, 1, 2)

    def test_behind_the_guests_watchpoint(self):
        self.check_reads(0x190, 1, 1)

    def test_on_the_guests_watchpoint(self):
        self.check_reads(0x180, 4, 1)

    def test_before_the_guests_watchpoint(self):
        self.check_reads(0x17f, 1, 2)

    def test_end_of_the_page(self):
        self.check_reads(PAGE - 1, 1, 4)

    def test_begin_of_the_next_page(self):
        self.check_reads(PAGE, 1, 3)

    def test_gathered(self):
        self.check_reads(PAGE - 256, 1, 1)
        self.check_reads(PAGE - 248, 4, 1)
        self.check_reads(PAGE + 240, 1, 1)

    def test_not_gathered(self):
        self.check_reads(PAGE + 4, 4, 0)

    def test_all_pages(self):
        self.check_reads(0, 2 * PAGE, len(FIRST_FAULT_LOADS))

    def test_physical(self):
        """The same bytes at their physical address, which is the same number."""
        for offset in (0x100, 0x150, 0x190, PAGE - 1, PAGE, PAGE - 248):
            expected = self.expected(offset)
            address = "%#x" % (self.text + offset)
            self.client.seek(self.main)
            self.client.monitor("watch-physical %s,1 read" % address)
            forward, backward = [], []
            while self.client.move("c").reason != "end":
                forward.append(self.client.position() - 1)  # behind the access
            self.assertEqual(self.client.state(), self.end_state)
            while self.client.move("bc").reason != "begin":
                backward.append(self.client.position())
            self.client.monitor("unwatch-physical all")
            self.assertEqual(forward, expected, hex(offset))
            self.assertEqual(backward[::-1], expected, hex(offset))
            self.check_end()


class Tags(GuestTests):
    """Ten rounds, each with four stores to one word by as many names, and one by a pair."""

    name = "tags-aarch64"
    tags = (0, 0x5a, 0xa5, 0xff)

    def setUp(self):
        super().setUp()
        self.object, = self.symbols("object")

    def expected(self):
        return [value for r in range(1, 11)
                for value in [r * 0x100 + i for i in range(4)] + [r]]

    def test_each_name_sees_all_stores(self):
        plain = None
        for tag in self.tags + (0x11,):
            watch = Watch(WRITE, self.object + 8 | tag << 56, 8)
            self.client.seek("end")  # where no tag is ignored any more
            hits = self.tagged_both_ways(watch)
            self.assertEqual(self.values(hits), self.expected())
            places = [hit.position for hit in hits]
            plain = plain or places
            self.assertEqual(places, plain)

    def tagged_both_ways(self, watch):
        """Where the guest does not ignore tags, there is nothing to be read by them."""
        plain = Watch(WRITE, watch.address & MASK >> 8, watch.length)
        watch.value = plain.value
        return [hit for hit in self.both_ways(watch)]

    def test_reads(self):
        for tag in self.tags:
            watch = Watch(READ, self.object + 8 | tag << 56, 8)
            hits = self.tagged_both_ways(watch)
            # Four by name in a round, and one to check the pair; in the end one to check the rest.
            self.assertIn(len(hits), (50, 51), tag)

    def test_the_address_is_the_watched_one(self):
        watch = Watch(WRITE, self.object + 8 | 0x5a << 56, 8)
        self.client.seek(self.main)
        self.set("Z", [watch])
        for _ in range(5):
            self.assertEqual(self.client.move("c").address, watch.address)
            self.set("z", [watch])
            self.client.move("s")
            self.set("Z", [watch])

    def test_neighbours_are_not_seen(self):
        hits = self.both_ways(Watch(WRITE, self.object + 16, 8))
        self.assertEqual(hits, [])
        hits = self.both_ways(Watch(WRITE, self.object + 24, 8))
        self.assertEqual(len(hits), 40)
        hits = self.both_ways(Watch(WRITE, self.object, 8))
        self.assertEqual(self.values(hits), list(range(1, 11)))

    def test_in_gdb(self):
        gdb = Gdb(self.elf, self.recording)
        self.addCleanup(gdb.close)
        gdb.run("break rounds_end")
        gdb.run("continue")
        gdb.run("delete")
        values = self.expected()
        for expression in ("object[1]", "names[1][1]", "names[3][1]"):
            gdb.run("watch -location " + expression)
            for old, new in list(zip(values, values[1:]))[:-7:-1]:
                text = gdb.run("reverse-continue").text
                self.assertRegex(text, r"Old value = %d\s+New value = %d" % (new, old))
            gdb.run("delete")
            gdb.run("break rounds_end")
            gdb.run("continue")
            gdb.run("delete")


class Compat(GuestTests):
    """Forty rounds of an AArch32 program, each with a call of Thumb code and of the kernel."""

    name = "compat-aarch64"
    rounds = range(1, 41)
    offset = 0x40000000  # from the kernel's addresses to the program's
    cpsr = 33

    def setUp(self):
        super().setUp()
        shared, program = self.symbols("shared", "program32")
        self.memory = shared + self.offset
        self.program = program + self.offset
        self.labels = {name: self.program + (address & ~1) for name, address in zip(
            ("program", "program_loop", "in_thumb", "thumb_store"), self.symbols(
                "program", "program_loop", "in_thumb", "thumb_store",
                elf=self.ebb.guests.elf("compat32")))}

    def registers(self):
        """x0 to x30, sp and pc by the g packet, which all agree with p."""
        text = self.client.registers()
        values = [int.from_bytes(bytes.fromhex(text[16 * i:16 * i + 16]), "little")
                  for i in range(33)]
        single = self.client.exchange_all(["p%x" % i for i in range(33)])
        self.assertEqual([int.from_bytes(bytes.fromhex(reply), "little") for reply, _ in single],
                         values)
        cpsr = text[33 * 16:33 * 16 + 8]
        self.assertEqual(self.client.ask("p%x" % self.cpsr), cpsr)
        return values, int.from_bytes(bytes.fromhex(cpsr), "little")

    def check_registers(self, address, round_, is_thumb):
        """As the program has them where it stands at an address of a round."""
        values, cpsr = self.registers()
        self.assertEqual(values[32], address)
        self.assertEqual(values[0], self.memory)
        self.assertEqual(values[1], round_)
        self.assertEqual(values[5], 0xcafe0005)
        self.assertEqual(values[12], 0xc0de000c)
        self.assertEqual(values[13], self.memory + 256 - (8 if is_thumb == "pushed" else 0))
        self.assertEqual(cpsr & 0x1f, 0x10)
        self.assertEqual(bool(cpsr & 0x20), bool(is_thumb))
        return values

    def stops(self, address, packet, start, kind=4):
        """The stops at a breakpoint one way, with the registers that were checked at each."""
        self.client.seek(start)
        self.set("Z", [Watch(EXECUTE, address, kind)])
        while True:
            stop = self.client.move(packet)
            if stop.reason in ("begin", "end"):
                break
            self.assertEqual(stop.reason, "break")
            self.assertEqual(self.pc(stop), address)
            yield self.client.position()
        self.set("z", [Watch(EXECUTE, address, kind)])

    def check_breakpoint(self, label, before, is_thumb):
        """before: how many rounds the register has less than rounds have begun."""
        address = self.labels[label]
        places = []
        for round_, position in zip(self.rounds, self.stops(address, "c", "begin")):
            self.check_registers(address, round_ - before, is_thumb)
            places.append(position)
        self.assertEqual(len(places), len(self.rounds))
        back = list(self.stops(address, "bc", "end"))
        self.assertEqual(back[::-1], places)
        self.set("z", [Watch(EXECUTE, address)])
        self.check_end()

    def test_breakpoint_in_arm_code(self):
        self.check_breakpoint("program_loop", 1, False)

    def test_breakpoint_in_thumb_code(self):
        self.check_breakpoint("in_thumb", 0, True)

    def test_breakpoint_behind_a_conditional(self):
        self.check_breakpoint("thumb_store", 0, "pushed")

    def test_registers_while_stepping(self):
        """Into Thumb code, into the kernel and out of it again, and all the way back."""
        self.client.seek(next(self.stops(self.labels["program_loop"], "c", "begin")))
        self.set("z", [Watch(EXECUTE, self.labels["program_loop"])])
        first = self.client.position()
        seen = []
        modes = set()
        for _ in range(400):
            state = self.client.state()
            values, cpsr = self.registers()
            self.assertEqual(self.client.state(), state, "looking changes nothing")
            seen.append((state, values, cpsr))
            modes.add(cpsr & 0x3f if cpsr & 0x10 else cpsr & 0x1f)
            stop = self.client.move("s")
            self.assertEqual(self.pc(stop), self.registers()[0][32])
        self.assertEqual(modes, {0x10, 0x30, 0x05})
        for expected in reversed(seen):
            stop = self.client.move("bs")
            self.assertEqual((self.client.state(), *self.registers()), expected)
            self.assertEqual(self.pc(stop), expected[1][32])
        self.assertEqual(self.client.position(), first)

    def test_writes_are_seen(self):
        hits = self.both_ways(Watch(WRITE, self.memory))
        self.assertEqual(self.values(hits), list(self.rounds))
        hits = self.both_ways(Watch(WRITE, self.memory + 4))
        self.assertEqual(self.values(hits), [3 * r for r in self.rounds])

    def check_written(self, label, register, to, memory):
        """A diversion from a breakpoint: what is written is what the program has at a store."""
        self.client.seek(next(self.stops(self.labels[label], "c", "begin")))
        self.set("z", [Watch(EXECUTE, self.labels[label])])
        state = self.client.state()
        before, cpsr = self.registers()
        for number, value in ((register, 0x1234), (32, to)):
            self.client.ask("P%x=%s" % (number, value.to_bytes(8, "little").hex()))
            before[number] = value
        self.assertEqual(self.registers(), (before, cpsr))
        self.client.move("s")
        text = self.client.ask("m%x,4" % memory)
        self.assertEqual(int.from_bytes(bytes.fromhex(text), "little"), 0x1234)
        self.client.seek(state[0])
        self.assertEqual(self.client.state(), state)
        self.check_end()

    def test_registers_are_written(self):
        self.check_written("program_loop", 1, self.labels["program_loop"] + 4, self.memory)

    def test_registers_are_written_in_thumb_code(self):
        self.check_written("in_thumb", 2, self.labels["thumb_store"], self.memory + 4)

    def test_flags_are_written(self):
        """The condition of Thumb code goes the other way."""
        self.client.seek(next(self.stops(self.labels["in_thumb"], "c", "begin")))
        self.set("z", [Watch(EXECUTE, self.labels["in_thumb"])])
        _, cpsr = self.registers()
        self.client.ask("P%x=%s" % (self.cpsr, (cpsr ^ 0xf0000000).to_bytes(4, "little").hex()))
        self.assertEqual(self.registers()[1], cpsr ^ 0xf0000000)
        self.client.seek("begin")
        self.check_end()


if __name__ == "__main__":
    unittest.main()
