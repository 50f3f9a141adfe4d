# SPDX-License-Identifier: GPL-3.0-or-later
"""Walks at random through recordings with the real worker, and compares every answer with lists
made on a first pass forward, and every state with the one seen then."""

import os
import random
import shutil
import unittest

from harness import ebb, rsp
from harness.gdb import Gdb
from harness.history import (KINDS, Breakpoint, Condition, Model, accessing, reaching,
                             standing)

HITS_MAX = 100      # of one breakpoint in a whole history; what is hit more often is left out
STATES_MAX = 4     # of these, those at which the first pass notes the state
WATCH_LENGTHS = (1, 2, 4, 8, 16, 64)
RAM_BASE = 0x40000000


class Truth:
    """What the first pass forward saw: states by position, and the devices' writes and resets in
    the log."""

    def __init__(self, case, recording, devices=False):
        self.case = case
        self.recording = recording
        self.states = {}
        self.all_registers = {}
        self.pcs = {}
        self.values = {}  # values of general registers: addresses that the guest may use
        self.compared = 0  # states that were known, and were the same again
        self.writes = []  # (position, nested, address, length) by devices
        self.resets = []  # positions
        if devices:
            for event in ebb.current().json("dump", "--json", recording):
                if event["kind"] == "dma":
                    self.writes.append((event["position"], event.get("nested", False),
                                        RAM_BASE + event["address"], len(event["data"]) // 2))
                elif event["kind"] == "reset":
                    self.resets.append(event["position"])

    def check(self, client, position, complete=False):
        """Compares the client's state with the one seen first, or notes it."""
        now, *state = client.state()
        self.compared += position in self.states
        known = self.states.setdefault(position, state)
        if now != position or state != known:
            self.case.fail("position %d, wanted %d: state %s, but %s before; last packets %s"
                           % (now, position, state, known, client.last))
        if complete:
            self.check_all_registers(client, position)

    def check_all_registers(self, client, position):
        now = client.all_registers()
        known = self.all_registers.setdefault(position, now)
        wrong = {name: (known[name], now[name]) for name in known if known[name] != now[name]}
        if wrong:
            self.case.fail("position %d: registers (before, now) %s; last packets %s"
                           % (position, wrong, client.last[-60:]))

    def note(self, client, stop, position):
        """On the first pass only."""
        self.check(client, position, complete=position % 16 == 0)
        self.pcs[position] = stop.pc
        self.note_values(client, position)

    def note_values(self, client, position):
        text = self.states[position][0]
        size = client.word_size * 2
        words = {int.from_bytes(bytes.fromhex(text[i:i + size]), "little")
                 for i in range(0, min(len(text), 32 * size), size) if "x" not in text[i:i + size]}
        self.values.setdefault(position // 64, set()).update(words)


class Area:
    """A stretch of history in which all hits of some breakpoints are known."""

    def __init__(self, truth, low, high):
        self.truth = truth
        self.low = low
        self.high = high
        self.guards = []
        self.candidates = []

    def step_through(self, client):
        """The first pass: instruction by instruction."""
        client.seek(self.low)
        self.truth.note(client, rsp.Stop(client.ask("?"), ""), self.low)
        for position in range(self.low + 1, self.high + 1):
            self.truth.note(client, client.move("s"), position)

    def executions(self, type_, address, length):
        """A breakpoint, its hits found among the positions stepped through."""
        return Breakpoint(type_, address, length,
                          [standing(position) for position in range(self.low, self.high + 1)
                           if self.truth.pcs[position] == address])

    def add_guards(self, length):
        """Breakpoints that keep a walk from leaving."""
        self.guards = [self.executions(0, self.truth.pcs[end], length)
                       for end in (self.low, self.high)]

    def _step_off(self, client, breakpoint_):
        client.ask(breakpoint_.packet("z"))
        stop = client.move("s")
        client.ask(breakpoint_.packet("Z"))
        return stop

    def _device_key(self, breakpoint_, position, seen):
        """The key of a write by a device at this position that has not been met yet."""
        nested = {kind for at, kind, address, length in self.truth.writes
                  if at == position and breakpoint_.overlaps(address, length)}
        self.truth.case.assertTrue(nested, "a device's write that is not in the log at %d"
                                   % position)
        if False in nested and reaching(position) not in seen:
            return reaching(position)
        return accessing(position)

    def with_condition(self, client, breakpoint_, generator):
        """The same with a condition that holds at one of its hits at least; and its hits."""
        in_memory = generator.random() < 0.4
        register = client.sp_register if in_memory else generator.randrange(13)
        values = []
        for key in breakpoint_.keys:
            client.seek(key // 4)
            value = client.register(register)
            values.append(client.word(value) if in_memory else value)
        mask = generator.choice((1, 2, 4, 7, 0x18, 0x7f))
        bits = (generator.choice(values) or 0) & mask
        condition = Condition(register, mask, bits, in_memory)
        return Breakpoint(breakpoint_.type, breakpoint_.address, breakpoint_.length,
                          [key for key, value in zip(breakpoint_.keys, values)
                           if condition.holds(value)], condition)

    def find_hits(self, client, breakpoint_, most=HITS_MAX):
        """Continues from hit to hit, forward. Returns whether there are not too many."""
        keys, states = [], 0
        client.seek(self.low)
        for wanted in self.guards + [breakpoint_]:
            client.ask(wanted.packet("Z"))
        stop = None
        while len(keys) <= most:
            stop = client.move("c")
            position = client.position()
            if states < STATES_MAX:
                self.truth.check(client, position)
                states += 1
            if stop.reason == "end" or position > self.high:
                break
            if stop.reason == "break":
                if breakpoint_.address == stop.pc and not breakpoint_.is_watch:
                    keys.append(standing(position))
                if position == self.high and self.guards:
                    break
                continue
            key = reaching(position) if stop.by_reset \
                else self._device_key(breakpoint_, position, keys) if stop.by_device \
                else accessing(position)
            keys.append(key)
            if key == accessing(position):
                if position >= self.high:
                    break
                stop = self._step_off(client, breakpoint_)
                if stop.reason == "end":
                    break
        for wanted in self.guards + [breakpoint_]:
            client.ask(wanted.packet("z"))
        if len(keys) > most:
            return False
        self._complete(client, breakpoint_, keys)
        return True

    def _changed_by_resets(self, client, breakpoint_):
        """The keys of the resets that change what it watches; a call of the firmware, which resets
        the guest, stores nothing itself."""
        found = set()
        for position in self.truth.resets:
            if self.low < position <= self.high:
                values = []
                for place in (position - 1, position):
                    client.seek(place)
                    values.append(client.ask("m%x,%x" % (breakpoint_.address,
                                                         breakpoint_.length)))
                if values[0] != values[1]:
                    found.add(reaching(position))
        return found

    def _complete(self, client, breakpoint_, keys):
        """Adds what continuing forward cannot meet: a breakpoint where it began, and devices'
        writes at a position that was stepped to."""
        found = set(keys)
        if breakpoint_.sees_devices:
            for position, nested, address, length in self.truth.writes:
                key = accessing(position) if nested else reaching(position)
                # The guard at the upper end stops in front of the instruction there.
                if self.guards and key == accessing(self.high):
                    continue
                if breakpoint_.overlaps(address, length) and self.low < position <= self.high:
                    stepped_to = not nested and accessing(position - 1) in found
                    self.truth.case.assertTrue(key in found or stepped_to,
                                               "a write by a device was missed: key %d" % key)
                    found.add(key)
            resets = self._changed_by_resets(client, breakpoint_)
            self.truth.case.assertEqual({key for key in found if key % 4 == 0 and
                                         key // 4 in self.truth.resets}, resets)
        if not breakpoint_.is_watch and self.truth.pcs.get(self.low) == breakpoint_.address:
            found.add(standing(self.low))
        breakpoint_.keys = sorted(found)

    def check_values(self, client, watches):
        """Memory that changes has been written: steps through, looking at what is watched, where
        it is there to be read: not while a program runs that it is not mapped for."""
        client.seek(self.low)
        before = [""] * len(watches)
        for position in range(self.low, self.high + 1):
            now = [client.exchange("m%x,%x" % (w.address, w.length))[0] for w in watches]
            now = ["" if value.startswith("E") else value for value in now]
            for watch, old, new in zip(watches, before, now):
                if old and new and old != new:
                    written = watch.fires(accessing(position - 1)) or \
                        watch.fires(reaching(position))
                    self.truth.case.assertTrue(
                        written, "%s changed before position %d unseen" % (watch, position))
            before = now
            if position < self.high:
                client.move("s")


class Walk:
    """A random walk in an area."""

    def __init__(self, case, client, truth, area, seed, kill_one_in=0):
        self.case = case
        self.client = client
        self.truth = truth
        self.area = area
        self.random = random.Random(seed)
        self.seed = seed
        self.kill_one_in = kill_one_in
        self.model = Model(*client.place()[1:])
        self.known = sorted(truth.states)
        self.inside = [p for p in self.known if area.low <= p <= area.high]
        for guard in area.guards:
            client.ask(guard.packet("Z"))
        self.model.breakpoints = list(area.guards)
        self.seek(area.low)

    def describe(self, stop, answer):
        return ("seed %s: got %s, expected %s; breakpoints %s; last packets %s" %
                (self.seed, stop, answer, self.model.breakpoints, self.client.last))

    def check_stop(self, stop, answer):
        story = self.describe(stop, answer)
        self.case.assertEqual((stop.reason, self.client.position()),
                              (answer.reason, answer.position), story)
        if answer.reason == "break":
            self.case.assertTrue(any(stop.pc == b.address and b.fires(answer.key)
                                     for b in self.model.breakpoints if not b.is_watch), story)
        elif answer.reason == "watch":
            self.case.assertTrue(any(stop.watch == KINDS[b.type] and b.fires(answer.key) and
                                     b.overlaps(stop.address, 1)
                                     for b in self.model.breakpoints if b.is_watch), story)
            self.case.assertTrue(stop.by_device or answer.key % 4 == 2, story)
            self.case.assertTrue(not stop.by_reset or answer.position in self.truth.resets, story)
        if answer.position in self.truth.pcs:
            self.case.assertEqual(stop.pc, self.truth.pcs[answer.position], story)

    def check_state(self):
        position = self.model.position
        self.truth.check(self.client, position, complete=self.random.random() < 0.1)

    def seek(self, position):
        self.client.seek(position)
        self.model.seek(position)
        self.check_state()

    def seek_somewhere(self):
        area, here = self.area, self.model.position
        kind = self.random.random()
        if kind < 0.5:
            position = self.random.choice(self.inside)
        elif kind < 0.8:
            position = here + int(self.random.gauss(0, 300))
        else:
            position = self.random.randint(area.low, area.high)
        if self.random.random() < 0.15:
            self.seek(self.random.choice(self.known))  # maybe far away
        self.seek(min(max(position, area.low), area.high))

    def go(self, packet):
        forward = packet in ("s", "c")
        if self.area.guards and self.model.position == (self.area.high if forward
                                                        else self.area.low):
            self.seek_somewhere()
            return
        stop = self.client.move(packet)
        self.check_stop(stop, self.model.move(packet))
        self.check_state()

    def range_from_here(self):
        """Addresses around the PC, or some that it is not among, or all that there are."""
        pc = self.truth.pcs[self.model.position]
        kind = self.random.randrange(8)
        if kind == 0:
            return 0, 2 ** (8 * self.client.word_size) - 1
        if kind == 1:
            return pc + 4, pc + 64
        return max(0, pc - self.random.randrange(128)), pc + self.random.choice((1, 4, 16, 64, 1024))

    def go_in_range(self):
        """Where all PCs are known."""
        if not self.area.guards or self.model.position == self.area.high:
            self.go("s")
            return
        start, end = self.range_from_here()
        stop = self.client.move("vCont;r%x,%x" % (start, end))
        self.check_stop(stop, self.model.step_range(self.truth.pcs, start, end))
        self.check_state()

    def add(self):
        new = self.random.choice(self.area.candidates)
        if new in self.area.guards:
            return
        self.client.ask(new.packet("Z"))
        if new in self.model.breakpoints:  # another condition, or none
            self.model.breakpoints.remove(new)
        self.model.breakpoints.append(new)

    def remove(self):
        guards = len(self.area.guards)
        if len(self.model.breakpoints) > guards:
            place = self.random.randrange(guards, len(self.model.breakpoints))
            self.client.ask(self.model.breakpoints.pop(place).packet("z"))

    def change_breakpoints(self):
        count = len(self.model.breakpoints) - len(self.area.guards)
        if self.random.randrange(5) < count:
            self.remove()
        else:
            self.add()

    def divert(self):
        """Changes registers and memory, goes on there or not, and leaves it to a move to come
        back."""
        client = self.client
        width = client.word_size
        for number in self.random.sample(range(13), 3):
            client.ask("P%x=%s" % (number, self.random.randbytes(width).hex()))
        for watch in self.random.sample(self.area.candidates, 1):
            client.exchange("M%x,4:%s" % (watch.address & ~3, self.random.randbytes(4).hex()))
        self.case.assertNotEqual(list(client.state()[1:]), self.truth.states[self.model.position])
        moves = ["s", "bs", "c", "bc"]
        if self.random.random() < 0.5:
            here = client.ask("p%x" % client.pc_register)
            pc = int.from_bytes(bytes.fromhex(here), "little")
            client.ask("P%x=%s" % (client.pc_register, (pc + 4).to_bytes(width, "little").hex()))
            for _ in range(self.random.randrange(6)):
                if client.ask("p%x" % client.pc_register) == here:
                    break  # back where it began: to the server no longer a call
                client.move("s")
            moves = ["bs", "bc"]  # others would go on in the diversion
        if self.random.random() < 0.3:
            self.seek_somewhere()
        else:
            self.go(self.random.choice(moves))

    def one_move(self):
        if self.kill_one_in and self.random.randrange(self.kill_one_in) == 0:
            self.client.kill_worker(self.random.randrange(8))
        kind = self.random.randrange(22)
        if kind >= 20:
            self.go_in_range()
        elif kind < 3:
            self.seek_somewhere()
        elif kind < 15:
            self.go(("s", "bs", "bs", "c", "c", "c", "bc", "bc", "bc", "bc", "bs", "s")[kind - 3])
        elif kind < 19:
            self.change_breakpoints()
        else:
            self.divert()

    def run(self, moves):
        for _ in range(moves):
            self.one_move()
        for breakpoint_ in self.model.breakpoints:
            self.client.ask(breakpoint_.packet("z"))


class WalkTests(unittest.TestCase):
    def setUp(self):
        self.ebb = ebb.current()

    def client(self, recording, *options):
        client = rsp.Rsp(recording, *options)
        self.addCleanup(client.close)
        stop = rsp.Stop(client.ask("?"), "")
        client.pc_register = int(stop.pc_field, 16)
        client.word_size = len(stop.fields[stop.pc_field]) // 2
        client.sp_register = 31 if client.word_size == 8 else 13
        return client

    def prepare(self, recording, seed):
        """A copy; for an even seed one with page sets: searches leave out what they tell of."""
        copy = self.ebb.new_folder("copy")
        shutil.copytree(recording, copy, ignore=shutil.ignore_patterns("pages"))
        if seed % 2 == 0:
            result = self.ebb.run("verify", copy)
            self.assertEqual(result.status, 0, result.describe())
            self.assertTrue(os.path.exists(os.path.join(copy, "pages")))
        return copy

    def addresses(self, client, area, generator, count):
        """Where the guest has pointers to, near the area or anywhere: values of registers."""
        values = {value for block, words in area.truth.values.items() for value in words
                  if area.low // 64 <= block <= area.high // 64}
        values = sorted(v for v in values if v >= RAM_BASE)
        found = []
        client.seek(area.low)  # elsewhere another program may run, which none of it is mapped for
        for _ in range(50 * count):
            if len(found) == count:
                break
            address = generator.choice(values) + generator.choice((0, 0, 0, 4, 8, -4, -8, -16, 1))
            if not client.exchange("m%x,1" % address)[0].startswith("E"):
                found.append(address)
        return found

    def choose(self, client, area, generator, executes, watches, kind=4):
        """Breakpoints and watchpoints that are hit in the area, and their hits."""
        stepped = [p for p in area.truth.pcs if area.low <= p <= area.high]
        for _ in range(executes):
            pc = area.truth.pcs[generator.choice(stepped)]
            found = Breakpoint(generator.randrange(2), pc, kind)
            if area.guards:
                found = area.executions(found.type, pc, kind)
            elif not area.find_hits(client, found):
                continue
            area.candidates.append(found)
            if found.keys:
                area.candidates.append(area.with_condition(client, found, generator))
        tried = 0
        wanted = len(area.candidates) + watches
        for address in self.addresses(client, area, generator, 6 * watches):
            found = Breakpoint(generator.choice((2, 2, 3, 4)), address,
                               generator.choice(WATCH_LENGTHS))
            tried += 1
            most = area.high - area.low if area.guards else HITS_MAX
            if area.find_hits(client, found, most) and (found.keys or tried % 9 == 0):
                area.candidates.append(found)
            if len(area.candidates) >= wanted:
                break

    def bare_metal(self, name, seed, options=("--workers", "1"), kill_one_in=0, extra=(),
                   interval=20000, moves=110, values=True, window=500, devices=False,
                   watched=(), gic=2):
        arguments = self.ebb.guests.bare(name, gic=gic) + list(extra)
        recording = self.ebb.record(
            arguments, ["--keyframe-interval=%d" % interval]).recording
        recording = self.prepare(recording, seed)
        generator = random.Random(seed)
        truth = Truth(self, recording, devices=devices or bool(extra))
        first = self.client(recording, "--workers", "1")
        begin, end = first.place()[1:]
        window = min(window, (end - begin) // 2)
        areas = [Area(truth, low, low + window)
                 for low in (begin, generator.randint(begin + window, end - window))]
        for area in areas:
            area.step_through(first)
            area.add_guards(4)
        whole = Area(truth, begin, end)
        for position in sorted(generator.sample(range(begin, end), 40)):
            first.seek(position)
            truth.check(first, position, complete=True)
            truth.note_values(first, position)
        for area in areas + [whole]:
            self.choose(first, area, generator, 5, 6)
            for type_, address in watched:
                area.candidates.append(Breakpoint(type_, address, 4))
                self.assertTrue(area.find_hits(first, area.candidates[-1]))
        if truth.resets:
            self.assertTrue(any(b.fires(reaching(position)) for b in whole.candidates
                                for position in truth.resets))
        self.assertTrue(any(b.condition for b in areas[0].candidates))
        self.assertTrue(any(b.is_watch and b.keys for b in areas[0].candidates))
        self.assertTrue(any(b.is_watch and b.keys for b in whole.candidates))
        if values:
            areas[1].check_values(first, [b for b in areas[1].candidates
                                          if b.is_watch and b.type != 3])
        first.close()
        client = self.client(recording, *options)
        for number, area in enumerate(areas + [whole]):
            Walk(self, client, truth, area, seed + number, kill_one_in).run(moves)
        return client, truth


class BareMetal(WalkTests):
    def test_steps(self):
        self.bare_metal("steps-aarch64", 1)

    def test_steps_arm(self):
        self.bare_metal("steps-arm", 2, ("--workers", "3"))

    def test_interrupts(self):
        self.bare_metal("interrupts-aarch64", 3, ("--workers", "3"), interval=500000)

    def test_interrupts_arm(self):
        self.bare_metal("interrupts-arm", 4, interval=500000)

    def test_mmu(self):
        self.bare_metal("mmu-aarch64", 5, values=False)

    def test_mmu_arm(self):
        self.bare_metal("mmu-arm", 6, ("--workers", "3"), values=False)

    def stale(self, name, seed, *options):
        self.bare_metal(name, seed, options or ("--workers", "1"), values=False, interval=5000,
                        devices=True)

    def test_stale(self):
        self.stale("stale-aarch64", 61)

    def test_stale_three_workers(self):
        self.stale("stale-aarch64", 62, "--workers", "3")

    def test_stale_arm(self):
        self.stale("stale-arm", 63)

    def test_stale_short_format(self):
        self.stale("shortstale-arm", 64, "--workers", "3")

    def test_stage2(self):
        self.bare_metal("stage2-aarch64", 65, values=False, interval=2000)

    def test_exclusives(self):
        self.bare_metal("exclusives-aarch64", 7, interval=100000)

    def test_exclusives_arm(self):
        self.bare_metal("exclusives-arm", 8, ("--workers", "3", "--memory", "1M"),
                        interval=100000)

    def test_float(self):
        self.bare_metal("float-aarch64", 9)

    def test_float_arm(self):
        self.bare_metal("float-arm", 10)

    def test_dma(self):
        self.bare_metal("dma-aarch64", 11, extra=("-device", "virtio-rng-device"))

    def test_dma_arm(self):
        self.bare_metal("dma-arm", 12, ("--workers", "3"), extra=("-device", "virtio-rng-device"))

    def test_watchpoints(self):
        self.bare_metal("watchpoints-aarch64", 41)

    def test_watchpoints_three_workers(self):
        self.bare_metal("watchpoints-aarch64", 42, ("--workers", "3"), interval=2000)

    def test_watchpoints_arm(self):
        self.bare_metal("watchpoints-arm", 43)

    def test_tags(self):
        self.bare_metal("tags-aarch64", 44, interval=2000)

    def test_compat(self):
        self.bare_metal("compat-aarch64", 45)

    def test_secure(self):
        self.bare_metal("secure-aarch64", 46, ("--workers", "3"), interval=4000, devices=True)

    def test_secure_gicv3(self):
        self.bare_metal("secure-aarch64", 49, interval=4000, devices=True, gic=3)

    def test_secure_arm(self):
        self.bare_metal("secure-arm", 47, interval=4000, devices=True)

    def test_hypervisor(self):
        self.bare_metal("hypervisor-aarch64", 48, interval=4000)

    def test_compat_three_workers(self):
        self.bare_metal("compat-aarch64", 46, ("--workers", "3"), interval=500)

    def nested(self, architecture, seed, workers):
        self.bare_metal("nested-" + architecture, seed, ("--workers", workers),
                        extra=("-device", "virtio-rng-device"))

    def test_nested(self):
        self.nested("aarch64", 31, "1")

    def test_nested_three_workers(self):
        self.nested("aarch64", 32, "3")

    def test_nested_arm(self):
        self.nested("arm", 33, "1")

    def test_nested_arm_three_workers(self):
        self.nested("arm", 34, "3")

    def reset(self, architecture, seed, workers):
        """Some of what is watched is what the resets load anew."""
        name = "reset-" + architecture
        with Gdb(self.ebb.guests.elf(name)) as gdb:
            initialized = gdb.number("(long) &initialized")
        self.bare_metal(name, seed, ("--workers", workers), interval=500, devices=True,
                        moves=200, watched=((2, initialized), (4, initialized - 1)))

    def test_reset(self):
        self.reset("aarch64", 13, "1")

    def test_reset_arm(self):
        self.reset("arm", 14, "3")

    def test_little_memory(self):
        self.bare_metal("interrupts-aarch64", 15, ("--workers", "1", "--memory", "64K"),
                        interval=200000)

    def test_killed_workers(self):
        client, _ = self.bare_metal("steps-aarch64", 16, kill_one_in=10)
        self.assertRegex(client.monitor("stats"), r"workers replaced +[1-9]")

    def test_killed_of_three(self):
        client, _ = self.bare_metal("interrupts-arm", 17, ("--workers", "3"), kill_one_in=10)
        self.assertRegex(client.monitor("stats"), r"workers replaced +[1-9]")


class SampledTests(WalkTests):
    """Long recordings: windows and some positions elsewhere, reached by seeks in order."""

    def sampled(self, recording, seed, options=("--workers", "1"), kill_one_in=0, windows=2,
                length=200, samples=40, moves=80):
        generator = random.Random(seed)
        recording = self.prepare(recording, seed)
        truth = Truth(self, recording)
        first = self.client(recording, "--workers", "1")
        begin, end = first.place()[1:]
        lows = [generator.randrange(begin + end // 20, end - length) for _ in range(windows)]
        places = generator.sample(range(begin, end), samples)
        areas = []
        for place in sorted(places + lows):
            if place in lows:
                area = Area(truth, place, place + length)
                area.step_through(first)
                area.add_guards(4)
                areas.append(area)
            else:
                first.seek(place)
                truth.check(first, place, complete=len(places) % 2 == 0)
        for area in areas:
            self.choose(first, area, generator, 4, 4)
        first.close()
        client = self.client(recording, *options)
        generator.shuffle(places)
        for number, area in enumerate(areas):
            for place in places[number::windows]:
                client.seek(place)
                truth.check(client, place, complete=True)
            Walk(self, client, truth, area, seed + number, kill_one_in).run(moves)
        return client, truth


class Sampled(SampledTests):
    def linux(self, architecture):
        return self.ebb.shared(
            "linux-" + architecture,
            lambda: self.ebb.guests.linux(architecture, "poweroff")).recording

    def test_linux_arm64(self):
        self.sampled(self.linux("arm64"), 21)

    def test_linux_arm64_killed(self):
        self.sampled(self.linux("arm64"), 22, ("--workers", "3", "--memory", "32M"),
                     kill_one_in=15, windows=1, samples=15)

    def test_linux_armhf(self):
        self.sampled(self.linux("armhf"), 23)

    def test_u_boot(self):
        recording = self.ebb.shared(
            "u-boot", lambda: ["-M", "virt", "-cpu", "cortex-a57", "-m", "64", "-nodefaults",
                               "-display", "none", "-serial", "stdio", "-bios",
                               self.ebb.guests.fetched("u-boot-qemu_arm64.bin")],
            typed=[("Hit any key to stop autoboot", "\n"), ("=> ", "poweroff\n")]).recording
        self.sampled(recording, 24, ("--workers", "3"))


if __name__ == "__main__":
    unittest.main()
