# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests recorded under KVM on ARM hosts, and replayed here: each recording resolves, verifies, and
can be debugged. What the hosts do is in make_plan(); a host does it all in one go."""

import bisect
import collections
import json
import os
import shutil
import unittest

from harness import ebb, kvm, shards
from harness.gdb import Gdb
from harness.gdb_tests import GdbTests
from test_replay_walk import SampledTests

BARE = ("exceptions", "interrupts", "mmu", "exclusives", "float", "reset", "dma", "steps",
        "polling", "sleeper", "floatirq", "hypercalls", "counter", "stripped")
REGISTERS = ("interrupts", "sleeper", "steps", "clock")   # with the CPU's own timer
PAGE = ["--guest-clock", "page"]   # for who sets a timer of the CPU
TIMES = 2   # that each guest is recorded on each host
TRIES = 8   # at store-exclusives that fail unseen
WORK = "work=compute,syscalls,processes,idle"
LOAD = "disk,network,random,console"
# Each CPU and each kernel once: what a run of all tests has time for.
KINDS = [kvm.A72_612, ("n1_61", "neoverse-n1", "6.1")]
if os.environ.get("EBB_KVM_HOSTS") == "all":
    KINDS += [("a72_61", "cortex-a72", "6.1"), ("n1_612", "neoverse-n1", "6.12")]


def make_plan(host, guests):
    plan = kvm.Plan(guests)
    for name in BARE:
        plan.record(name + "-64", plan.bare(name + "-kvm-aarch64"), times=TIMES)
    plan.record("trylock-64", plan.bare("trylock-kvm-aarch64"), times=TIMES)
    plan.record_disturbed("disturbed-64", plan.bare("trylock-kvm-aarch64"), times=TRIES)
    if host.kernel:
        add_untraced(plan)
        add_uncounted(plan)
    plan.record("upper-64", plan.bare("upper-kvm-aarch64"), times=TIMES)
    plan.record("latecode-64", plan.bare("latecode-kvm-aarch64"))
    plan.record("clock-64", plan.bare("clock-kvm-aarch64"), times=TIMES)
    plan.record("exact-64", plan.bare("clock-kvm-aarch64"), ["--clock-step", "0"])
    plan.record("reads-64", plan.bare("reads-kvm-aarch64"), PAGE, times=TIMES)
    plan.record("keeps-64", plan.bare("keeps-kvm-aarch64"), PAGE)
    add_registers(plan, 64, "aarch64")
    add_told(plan, 64, "aarch64")
    plan.record("cpu-linux-64", plan.linux("arm64", "work", WORK), ["--guest-clock", "registers"])
    plan.record("linux-64", plan.linux("arm64", "work", WORK), times=TIMES)
    plan.record("whole-64", plan.linux("arm64", "work", WORK), ["--keyframe-interval", "0"])
    plan.record("load-64", plan.loaded("arm64", LOAD), answering=True, times=TIMES)
    if host.arm:
        for name in BARE:
            plan.record(name + "-32", plan.bare(name + "-kvm-arm"), times=TIMES)
        plan.record("steps-thumb", plan.bare("steps-kvm-thumb"))
        plan.record("counter-thumb", plan.bare("counter-kvm-thumb"))
        plan.record("trylock-32", plan.bare("trylock-kvm-arm"), times=TIMES)
        plan.record_disturbed("disturbed-32", plan.bare("trylock-kvm-arm"), times=TRIES)
        plan.record("latecode-32", plan.bare("latecode-kvm-arm"))
        plan.record("clock-32", plan.bare("clock-kvm-arm"), times=TIMES)
        plan.record("exact-32", plan.bare("clock-kvm-arm"), ["--clock-step", "0"])
        plan.record("reads-32", plan.bare("reads-kvm-arm"), PAGE, times=TIMES)
        plan.record("keeps-32", plan.bare("keeps-kvm-arm"), PAGE)
        add_registers(plan, 32, "arm")
        add_told(plan, 32, "arm")
        plan.record("cpu-registers-thumb", plan.bare("registers-kvmcpu-thumb"),
                    ["--guest-clock", "registers"])
        plan.record("linux-32", plan.linux("armhf", "work", WORK), times=TIMES)
        plan.record("load-32", plan.loaded("armhf", LOAD), answering=True, times=TIMES)
    add_endings(plan)
    return plan


def add_registers(plan, bits, architecture):
    """Guests whose clock is the CPU's own timer; for the first that is found out."""
    plan.record("cpu-registers-%d" % bits, plan.bare("registers-kvmcpu-" + architecture))
    for name in REGISTERS:
        plan.record("cpu-%s-%d" % (name, bits), plan.bare("%s-kvmcpu-%s" % (name, architecture)),
                    ["--guest-clock", "registers"])


def add_told(plan, bits, architecture):
    """Guests that tell by what they write that it is over, or where they are."""
    plan.record("until-%d" % bits, plan.bare("forever-kvm-" + architecture),
                ["--until", "console:/round 57$/", "--until", "panic"])
    plan.record("markers-%d" % bits, plan.bare("markers-kvm-" + architecture))


def add_untraced(plan):
    """A recording by a host that does not let us trace exits."""
    plan.shell("umount /sys/kernel/tracing\nebb doctor >doctor-untraced.out 2>&1")
    plan.record("untraced-64", plan.bare("trylock-kvm-aarch64"))
    plan.shell("mount -t tracefs tracefs /sys/kernel/tracing")


def add_uncounted(plan):
    """Recordings by a host that does not let a process read the PMU's counter."""
    setting = "/proc/sys/kernel/perf_user_access"
    plan.shell("echo 0 >%s\nebb doctor >doctor-uncounted.out 2>&1" % setting)
    plan.record("uncounted-64", plan.bare("interrupts-kvm-aarch64"))
    plan.shell("umount /sys/kernel/tracing")
    plan.record("blind-64", plan.bare("interrupts-kvm-aarch64"))
    plan.shell("mount -t tracefs tracefs /sys/kernel/tracing\necho 1 >%s" % setting)
    plan.shell("""start_until revoked 'forever: round 20' ebb record --accel kvm -o revoked \
                      -- ARGUMENTS
                  echo 0 >SETTING
                  wait_for 'forever: round 100'
                  kill -TERM "$started"
                  finish_started
                  echo 1 >SETTING""".replace("SETTING", setting),
               plan.bare("forever-kvm-aarch64"))


def add_endings(plan):
    """Recordings of a guest that never ends by itself."""
    forever = plan.bare("forever-kvm-aarch64")
    plan.shell("""start_until last 'forever: round 20' ebb record --accel kvm -o last --last 500ms \
                      --keyframe-interval 100ms -- ARGUMENTS
                  wait_for 'forever: round 1500'
                  kill -TERM "$started"
                  finish_started""", forever)
    plan.shell("""start_until attached 'forever: round 20' ebb record --accel kvm --wait \
                      --control control -- ARGUMENTS
                  ebb record --attach control -o attached
                  wait_for 'forever: round 200'
                  ebb record --detach control
                  wait_for 'forever: round 250'
                  ebb record --attach control -o again
                  wait_for 'forever: round 300'
                  kill -TERM "$started"
                  finish_started""", forever)
    plan.shell("""start_until killed 'forever: round 500' ebb record --accel kvm -o killed \
                      -- ARGUMENTS
                  kill_qemu killed
                  finish_started""", forever)


HOSTS = kvm.Hosts(make_plan, KINDS)


class KvmTest:
    """A mixin. host: the name of the host whose recordings are tested."""

    host = None

    def setUp(self):
        self.ebb = ebb.current()

    def made(self, name):
        """A recording of the host."""
        return HOSTS.get(self.host).made(name)

    def verify(self, made, end="power-off"):
        """Replays the recording and compares the end; returns what ebb verify says."""
        info = self.ebb.info(made.recording)
        self.assertTrue(info["complete"], made.describe())
        self.assertEqual(info["end"], end)
        result = self.ebb.json("verify", "--json", made.recording)
        self.assertTrue(result["verified"], result)
        self.assertTrue(result["end_state_compared"], result)
        return result

    def check(self, name, expected=r"\w+: PASS"):
        made = self.made(name)
        self.assertEqual(made.status, 0, made.describe())
        self.assertRegex(made.text(), expected)
        self.assertNotIn("not ok", made.text())
        return made, self.verify(made)

    def check_all(self, name, times):
        for number in range(1, times + 1):
            with self.subTest(number=number):
                self.check(name if number == 1 else "%s-%d" % (name, number))


class Recordings(KvmTest):
    """The tests that are the same on each host."""

    def test_doctor(self):
        """The host can record, and says so."""
        text = HOSTS.get(self.host).results().text("doctor.out")
        self.assertIn("records under KVM", text)

    def test_trylock_64(self):
        self.check_all("trylock-64", TIMES)

    def test_trylock_32(self):
        self.check_all("trylock-32", TIMES)

    def test_disturbed_64(self):
        found, together = self.check_disturbed("disturbed-64")
        if HOSTS.get(self.host).kernel:  # others may have nothing else to do
            self.assertGreater(found, 8 * TRIES)
            self.assertGreater(together, TRIES)

    def test_disturbed_32(self):
        self.check_disturbed("disturbed-32")

    def check_disturbed(self, name):
        """Tries of a lock that failed on the host, for reasons the guest could not see, are made to
        fail in the replay as well, however many there are. Returns how many there were, and between
        how many pairs of anchors there were several."""
        found, together = 0, 0
        for number in range(1, TRIES + 1):
            made, result = self.check(name if number == 1 else "%s-%d" % (name, number),
                                      "trylock: PASS")
            places = [each["position"] for each in result["resolve"]["exclusives"]]
            anchors = [event["position"] for event in
                       self.ebb.json("dump", "--json", "--kind", "anchor", made.recording)]
            between = collections.Counter(bisect.bisect(anchors, place) for place in places)
            self.assertEqual(self.ebb.info(made.recording)["exclusive_clears"], len(places))
            found += len(places)
            together += sum(count > 1 for count in between.values())
        return found, together

    def test_untraced(self):
        """Where exits cannot be traced they are searched for, and may not be found."""
        untraced = HOSTS.get(self.host).results().text("doctor-untraced.out")
        self.assertIn("kvm_exit is not there", untraced)
        made = self.made("untraced-64")
        self.assertEqual(made.status, 0, made.describe())
        self.assertNotIn("exit", self.ebb.info(made.recording)["events"])
        result = self.ebb.run("verify", made.recording)
        if result.status:
            self.assertEqual(result.status, 3, result.describe())
            self.assertRegex(result.errors, rb"store-exclusives made to fail .* none of it fits")

    def test_uncounted(self):
        """Where the PMU's counter cannot be read without a system call, all works as well; where
        exits cannot be traced either the search is wider."""
        told = HOSTS.get(self.host).results().text("doctor-uncounted.out")
        self.assertIn("kernel.perf_user_access is 0", told)
        for name, counts in (("uncounted-64", False), ("blind-64", False), ("interrupts-64", True)):
            made, _ = self.check(name)
            self.assertIs(made.stats()["counts_exits"], counts, name)

    def test_revoked(self):
        """The permission to read the counter may be taken away while a guest is recorded."""
        made = self.made("revoked")
        self.assertIn("forever: round 100", made.text())
        self.verify(made, "quit")

    def test_thin_anchors(self):
        """Most anchors have a short digest, some the whole, and both are met."""
        made, _ = self.check("linux-64")
        sizes = [len(event["data"]) // 2 for event in
                 self.ebb.json("dump", "--json", "--kind", "anchor", made.recording)]
        self.assertEqual(set(sizes), {4, 8})
        self.assertGreater(sizes.count(4), 10 * sizes.count(8))

    def test_latecode_64(self):
        self.check_latecode("latecode-64", "latecode-kvm-aarch64")

    def test_latecode_32(self):
        self.check_latecode("latecode-32", "latecode-kvm-arm")

    def check_latecode(self, name, guest):
        """A read of the counter that nobody could know of is told by name, and all that was before
        it can be looked at."""
        made = self.made(name)
        self.assertRegex(made.text(), r"latecode: PASS")
        result = self.ebb.run("verify", made.recording)
        self.assertEqual(result.status, 3, result.describe())
        self.assertRegex(result.text() + result.errors.decode(), "unrecorded read")
        with Gdb(self.ebb.guests.elf(guest), made.recording, ["--at", "end"]) as gdb:
            # Before it if KVM came in between when the guest first executed the page, else behind.
            self.assertIn(gdb.pc() - gdb.number("(long) code"), (0, 4))
            gdb.run("tbreak make_executable")
            gdb.run("reverse-continue")
            self.assertEqual(gdb.number("code[1] + inverted[0]") & 0xffffffff, 0xffffffff)

    def test_counter_told_64(self):
        self.check_counter_told("counter-64")

    def test_counter_told_32(self):
        self.check_counter_told("counter-32")

    def check_counter_told(self, name):
        """The recorder says how many reads of the counter it has replaced, and opens some."""
        made = self.made(name)
        self.assertGreater(made.stats()["reads_opened"], 0)
        exits = made.stats()["exits"]
        self.assertGreaterEqual(exits["counter_read"], 3)
        self.assertEqual((exits["timer_access"], exits["random_read"]), (0, 0))
        self.assertGreaterEqual(exits["breakpoint"], 3)  # the guest's own
        self.assertRegex(made.errors, "counter in the guest's image: [1-9]\\d* replaced")
        self.assertIn("image: %d replaced" % made.stats()["replaced_in_image"], made.errors)
        self.assertEqual(made.stats()["replaced_by_rescans"], 0)

    def test_interrupt_that_waits(self):
        """KVM keeps the end of an interrupt; one that waits for it wakes the guest nevertheless."""
        self.check_all("upper-64", TIMES)
        stats = self.made("upper-64").stats()
        if HOSTS.get(self.host).kernel:
            self.assertTrue(stats["counts_exits"])
        self.assertEqual(stats["exits"]["coalesced_write"] > 800, stats["counts_exits"])

    def test_what_is_left_out(self):
        """Of Linux, where the host's kernel allows it, KVM keeps ends of interrupts; and exits that
        are always the same are not noted, nor any the worse for it."""
        kernel = HOSTS.get(self.host).kernel
        for name in ("linux-64", "load-64"):
            made = self.made(name)
            stats = made.stats()
            stores = self.ebb.json("dump", "--json", "--kind", "mmio-write", made.recording)
            kept = sum("coalesced" in store for store in stores)
            self.assertEqual(kept, stats["exits"]["coalesced_write"])
            self.assertEqual(len(stores) - kept, stats["exits"]["mmio_write"])
            self.assertEqual(kept > 100, stats["counts_exits"])
            traps = self.ebb.json("dump", "--json", "--counts", "--kind", "trap", made.recording)
            self.assertEqual(len({trap["address"] for trap in traps}), stats["traps"])
            if kernel:
                # Linux 6.12 emulates reads of CTR_EL0 for its guests; 6.1 lets them be.
                self.assertEqual(bool(traps), kernel == "6.12")

    def test_clock_64(self):
        self.check_clock(64)

    def test_clock_32(self):
        self.check_clock(32)

    def check_clock(self, bits):
        """A guest that waits for the clock gets on; where time is exact each of its looks is an
        exit."""
        self.check_all("clock-%d" % bits, TIMES)
        exits = self.made("clock-%d" % bits).stats()["exits"]
        self.assertEqual(exits["timer_read"], 0)
        self.assertGreater(exits["clock_step"], 100)
        made, _ = self.check("exact-%d" % bits)
        exits = made.stats()["exits"]
        self.assertGreater(exits["timer_read"], 1000)
        self.assertEqual(exits["clock_step"], 0)

    def test_reads_64(self):
        self.check_reads(64)

    def test_reads_32(self):
        self.check_reads(32)

    def check_reads(self, bits):
        """A guest that reads the CPU's counter hardly leaves for it, and gets on when it waits for
        it; there it is brought out."""
        self.check_all("reads-%d" % bits, TIMES)
        made = self.made("reads-%d" % bits)
        stats = made.stats()
        self.assertLess(stats["exits"]["counter_read"], 700)  # of 2000 looks, and many in waits
        self.assertGreater(stats["exits"]["counter_read"], 30)
        self.assertGreater(stats["reads_opened"], 30)
        self.assertGreater(stats["reads_closed"], 30)
        self.assertGreater(stats["exits"]["interrupted"], 30)
        self.assertIn("counter_page", made.manifest())
        self.assertNotIn("counter_page", self.made("exact-%d" % bits).manifest())
        made, _ = self.check("keeps-%d" % bits)
        self.assertEqual(made.stats()["reads_opened"], 0)

    def test_registers_64(self):
        self.check_registers(64)

    def test_registers_32(self):
        self.check_registers(32)

    def test_registers_thumb(self):
        self.check("cpu-registers-thumb")

    def check_registers(self, bits):
        """Each access to the CPU's own timer comes to the recorder and into the log."""
        made, _ = self.check("cpu-registers-%d" % bits)
        self.assertIn("the guest's clock is the CPU's own timer", made.errors)
        self.assertEqual(made.manifest()["guest_clock"], "registers")
        self.assertEqual(self.made("clock-%d" % bits).manifest()["guest_clock"], "page")
        events = self.ebb.info(made.recording)["events"]
        self.assertGreater(events["sysreg-read"], 100)
        self.assertGreater(events["sysreg-write"], 100)
        exits = made.stats()["exits"]
        self.assertGreater(exits["counter_read"], 50)
        self.assertGreater(exits["timer_access"], 100)
        for name in REGISTERS:
            with self.subTest(name=name):
                self.check("cpu-%s-%d" % (name, bits))

    def test_clock_untold_64(self):
        """A manifest that does not tell the guest's clock, as older ones, may be that of a guest
        with the CPU's own; one that tells of another has the breakpoints for its registers be the
        guest's."""
        made = self.made("cpu-registers-64")
        untold = self.ebb.new_folder("untold")
        shutil.copytree(made.recording, untold)
        manifest = made.manifest()
        for clock, verified in (None, True), ("page", False):
            manifest["guest_clock"] = clock
            with open(os.path.join(untold, "manifest.json"), "w") as file:
                json.dump({key: value for key, value in manifest.items() if value is not None}, file)
            result = self.ebb.run("verify", untold)
            self.assertEqual(result.status == 0, verified, result.describe())

    def test_linux_with_the_cpus_timer_64(self):
        self.check("cpu-linux-64", "guest: PASS")

    def test_linux_64(self):
        made, result = self.check("linux-64", "guest: PASS")
        self.assertGreater(self.ebb.info(made.recording)["keyframe_count"], 2)
        again = self.check("linux-64-2", "guest: PASS")[1]
        self.assertNotEqual(result["position"], again["position"])

    def test_linux_by_shards_64(self):
        """Resolved and verified by shares, which are joined: the index has the same bytes."""
        whole, shared = self.ebb.new_folder("whole"), self.ebb.new_folder("shared")
        for copy in whole, shared:
            shutil.copytree(self.made("linux-64").recording, copy,
                            ignore=shutil.ignore_patterns("index"))
        self.assertEqual(self.ebb.run("resolve", whole).status, 0)
        parts = shards.run(self.ebb, "resolve", shared, 3, self.ebb.new_folder("parts"))
        self.assertFalse(os.path.exists(os.path.join(shared, "index")))
        self.assertEqual(self.ebb.run("merge", shared, *parts).status, 0)
        with open(os.path.join(whole, "index"), "rb") as one, \
                open(os.path.join(shared, "index"), "rb") as other:
            self.assertEqual(one.read(), other.read())
        shards.assert_joined(self, self.ebb, "resolve", shared, parts)
        parts = shards.run(self.ebb, "verify", shared, 3, self.ebb.new_folder("parts"))
        shards.assert_joined(self, self.ebb, "verify", shared, parts)
        found = shards.found(parts)
        for before, behind in zip(found, found[1:]):
            self.assertEqual(before["end"], behind["begin"])

    def test_linux_without_keyframes_64(self):
        made, _ = self.check("whole-64", "guest: PASS")
        self.assertEqual(self.ebb.info(made.recording)["keyframe_count"], 2)

    def test_load_64(self):
        self.check_load("load-64")
        self.check_load("load-64-2")

    def test_linux_32(self):
        self.check("linux-32", "guest: PASS")
        self.check("linux-32-2", "guest: PASS")

    def test_load_32(self):
        self.check_load("load-32")
        self.check_load("load-32-2")

    def check_load(self, name):
        made, _ = self.check(name, "guest: PASS")
        self.assertIn("guest: got 'typed 1'", made.text())
        events = self.ebb.info(made.recording)["events"]
        self.assertGreater(events["dma"], 100)

    def test_verified_twice_is_the_same(self):
        """The first replay finds the positions; the second one has them."""
        made = self.made("interrupts-64-2")
        first, second = self.verify(made), self.verify(made)
        for key in ("position", "registers", "ram"):
            self.assertEqual(first[key], second[key])
        self.assertNotIn("resolve", second)

    def test_hypercalls_are_recorded_where_they_can_be(self):
        made = self.made("hypercalls-64")
        kernel = HOSTS.get(self.host).kernel
        if kernel:
            self.assertEqual(made.manifest()["hypercalls"],
                             "imitated" if kernel == "6.1" else "recorded")
        self.assertIn(made.manifest()["hypercalls"], ("imitated", "recorded"))

    def test_console(self):
        """`ebb console` has what the guest printed."""
        made = self.made("linux-64")
        lines = self.ebb.json("console", "--json", made.recording)
        text = [line["text"].rstrip("\r\n") for line in lines]
        self.assertEqual([line for line in text if line],
                         [line for line in made.text().split("\n") if line])

    def test_flight_recorder(self):
        """Only the end is left, and it replays."""
        made = self.made("last")
        self.assertEqual(made.status, 0, made.describe())
        result = self.verify(made, "quit")
        info = self.ebb.info(made.recording)
        self.assertGreater(info["first_event"], 1000)
        self.assertGreater(result["position"], 1000)
        with Gdb(self.ebb.guests.elf("forever-kvm-aarch64"), made.recording,
                 ["--at", "end"]) as gdb:
            ticks = gdb.number("ticks")
            gdb.run("watch ticks")
            gdb.run("reverse-continue")
            self.assertEqual(gdb.number("ticks"), ticks - 1)

    def test_until_64(self):
        self.check_until(64, "aarch64")

    def test_until_32(self):
        self.check_until(32, "arm")

    def test_markers_64(self):
        self.check_markers(64)

    def test_markers_32(self):
        self.check_markers(32)

    def check_until(self, bits, architecture):
        """What ends it is known by its event, and has a position once there are any."""
        made = self.made("until-%d" % bits)
        self.assertEqual(made.status, 0, made.describe())
        self.assertTrue(made.text().rstrip().endswith("forever: round 57"), made.describe())
        self.verify(made, "stopped")
        info = self.ebb.info(made.recording)
        self.assertEqual(info["until"]["text"], "forever: round 57")
        with Gdb(self.ebb.guests.elf("forever-kvm-" + architecture), made.recording) as gdb:
            self.assertEqual(gdb.position(), info["until"]["position"])
            self.assertIn("main", gdb.run("backtrace").text)

    def check_markers(self, bits):
        made = self.made("markers-%d" % bits)
        self.assertIn("markers: PASS", made.text(), made.describe())
        self.verify(made)
        names = [marker["name"] for marker in self.ebb.info(made.recording)["markers"]]
        self.assertEqual(names[:3] + names[-2:], ["7", "boot done", "7", "4660", "a"])

    def test_attached(self):
        """Recording starts in a running guest, stops, and starts again."""
        made = self.made("attached")
        self.assertEqual(made.status, 0, made.describe())
        first = self.verify(made, "stopped")
        second = self.verify(self.made("again"), "quit")
        self.assertGreater(first["position"], 100000)
        self.assertGreater(second["position"], 100000)

    def test_killed(self):
        """What a recorder left that was killed replays as far as it goes."""
        made = self.made("killed")
        info = self.ebb.info(made.recording)
        self.assertFalse(info["complete"])
        result = self.ebb.run("verify", made.recording)
        self.assertEqual(result.status, 0, result.describe())
        self.assertIn("cut off", result.text())

    def test_statistics(self):
        stats = self.made("interrupts-64").stats()
        self.assertEqual(stats["accelerator"], "kvm")
        self.assertGreater(stats["anchors"], 50)
        self.assertGreater(stats["exits"]["mmio_read"], 100)


def _add_bare(name, bits):
    def test(self):
        self.check_all("%s-%d" % (name, bits), TIMES)

    setattr(Recordings, "test_%s_%d" % (name, bits), test)


for _name in BARE:
    _add_bare(_name, 64)
    _add_bare(_name, 32)
for _name in ("steps", "counter"):
    setattr(Recordings, "test_%s_thumb" % _name,
            lambda self, name=_name: self.check(name + "-thumb"))


class Debugging(KvmTest):
    """gdb sessions, on recordings of the host."""

    made_as = None

    def setUp(self):
        KvmTest.setUp(self)
        self.ebb.share("steps-" + self.architecture, self.made("steps-" + self.made_as))
        self.ebb.share("dma-" + self.architecture, self.made("dma-" + self.made_as))
        GdbTests.setUp(self)


class Walking(KvmTest):
    """Seeks and moves at random: each position is reached with the same registers and RAM, however
    it is reached."""

    def setUp(self):
        KvmTest.setUp(self)
        SampledTests.setUp(self)

    def test_linux_64(self):
        self.sampled(self.made("linux-64").recording, 31)

    def test_load_32(self):
        self.sampled(self.made("load-32").recording, 32, ("--workers", "3"), windows=1, samples=20)


def can_have_test(host, name):
    """What is not for a host is no test of it: there is nothing to skip."""
    if name.endswith(("_32", "_thumb")):
        return host.arm
    return name != "test_untraced" or host.kernel  # others' settings are not ours to change


def _add_class(parts, suffix="", **attributes):
    """Adds a class for each host, made of the parts."""
    for host in HOSTS:
        name = "Kvm_%s_%s%s" % (host.name, parts[0].__name__, suffix)
        if attributes.get("architecture") == "kvm-arm" and not host.arm:
            continue
        members = {"host": host.name, "__module__": __name__, "__doc__": parts[0].__doc__,
                   **attributes}
        found = type(name, parts, members)
        for method in dir(found):
            if method.startswith("test_") and not can_have_test(host, method):
                setattr(found, method, None)
        globals()[name] = found


_add_class((Recordings, unittest.TestCase))
_add_class((Debugging, GdbTests, unittest.TestCase), "_64", architecture="kvm-aarch64",
           made_as="64")
_add_class((Debugging, GdbTests, unittest.TestCase), "_32", architecture="kvm-arm", made_as="32")
_add_class((Walking, SampledTests))
