# SPDX-License-Identifier: GPL-3.0-or-later
"""The memory-mapped generic timer, register by register, without a guest; and guests that use it."""

import functools
import gzip
import json
import os
import shutil
import socket
import subprocess
import unittest

from harness import ebb, guests, process

CONTROL, FRAME, DISTRIBUTOR = 0x09100000, 0x09110000, 0x08000000
CNTACR0, CNTVOFF0 = CONTROL + 0x40, CONTROL + 0x80
CNTPCT, CNTVCT, CNTFRQ = FRAME, FRAME + 8, FRAME + 0x10
PHYSICAL, VIRTUAL = FRAME + 0x20, FRAME + 0x30
CVAL, TVAL, CTL = 0, 8, 12
PENDING = DISTRIBUTOR + 0x204  # of interrupts 32 to 63
PHYSICAL_PENDING, VIRTUAL_PENDING = 1 << 10, 1 << 11
TICK_NS = 16


class Line:
    """A connection to QEMU on which each line sent is answered by one."""

    def __init__(self):
        self.socket, self.theirs = socket.socketpair()
        self.socket.settimeout(process.WATCHDOG)
        self.file = self.socket.makefile("r")

    def ask(self, text):
        self.socket.sendall(text.encode() + b"\n")
        return self.file.readline()

    def close(self):
        self.file.close()
        self.socket.close()
        self.theirs.close()


class Machine:
    """A QEMU that executes nothing: the test makes the accesses and moves the clock."""

    def __init__(self, qemu, *arguments):
        self.registers, self.monitor = Line(), Line()
        descriptors = [self.registers.theirs.fileno(), self.monitor.theirs.fileno()]
        self.child = subprocess.Popen(
            [qemu, "-M", "virt,gic-version=2,mmio-timer=on", "-m", "16", "-accel", "qtest",
             "-nodefaults", "-display", "none",
             "-chardev", "socket,id=registers,fd=%d" % descriptors[0],
             "-chardev", "socket,id=monitor,fd=%d" % descriptors[1],
             "-qtest", "chardev:registers", "-qtest-log", "none",
             "-mon", "chardev=monitor,mode=control", *arguments],
            pass_fds=descriptors, stdin=subprocess.DEVNULL)
        self.events = []
        self.monitor.file.readline()  # greeting
        self.command("qmp_capabilities")

    def close(self):
        self.child.kill()
        self.child.wait()
        self.registers.close()
        self.monitor.close()

    def _ask(self, text):
        answer = self.registers.ask(text).split()
        if not answer or answer[0] != "OK":
            raise AssertionError("%s: %s" % (text, answer))
        return int(answer[1], 0) if len(answer) > 1 else None

    def read(self, address, size=4):
        return self._ask("read%s 0x%x" % ({4: "l", 8: "q"}[size], address))

    def write(self, address, value, size=4):
        self._ask("write%s 0x%x 0x%x" % ({4: "l", 8: "q"}[size], address, value))

    def step(self, ticks):
        self._ask("clock_step %d" % (ticks * TICK_NS))

    def pending(self):
        return self.read(PENDING) & (PHYSICAL_PENDING | VIRTUAL_PENDING)

    def command(self, name, **arguments):
        answer = json.loads(self.monitor.ask(
            json.dumps({"execute": name, "arguments": arguments})))
        while "event" in answer:
            self.events.append(answer["event"])
            answer = json.loads(self.monitor.file.readline())
        if "return" not in answer:
            raise AssertionError("%s: %s" % (name, answer))
        return answer["return"]

    def wait_for_event(self, name):
        while name not in self.events:
            self.events.append(json.loads(self.monitor.file.readline())["event"])


class Registers(unittest.TestCase):
    def setUp(self):
        self.session = ebb.current()
        self.qemu = os.environ.get("EBB_QEMU") or os.path.join(
            self.session.build, "qemu", "qemu-system-aarch64")
        self.machine = self.start()

    def start(self, *arguments):
        machine = Machine(self.qemu, *arguments)
        self.addCleanup(machine.close)
        return machine

    def test_what_there_is(self):
        self.assertEqual(self.machine.read(CONTROL), 62500000)
        self.assertEqual(self.machine.read(CNTFRQ), 62500000)
        self.assertEqual(self.machine.read(CONTROL + 8), 3)  # frame 0, with a virtual timer
        self.assertEqual(self.machine.read(CNTACR0), 0x3f)
        self.machine.write(CNTFRQ, 1)
        self.machine.write(CONTROL, 1)
        self.machine.write(CNTVCT, 1)
        self.assertEqual(self.machine.read(CNTFRQ), 62500000)
        self.assertEqual(self.machine.read(CONTROL), 62500000)
        self.assertEqual(self.machine.read(FRAME + 0xfd0), 0)

    def test_counter(self):
        start = self.machine.read(CNTVCT, 8)
        self.assertEqual(self.machine.read(CNTPCT, 8), start)
        self.machine.step(0x2_0000_0003)
        count = start + 0x2_0000_0003
        for counter in (CNTPCT, CNTVCT):
            self.assertEqual(self.machine.read(counter, 8), count)
            self.assertEqual(self.machine.read(counter), count & 0xffffffff)
            self.assertEqual(self.machine.read(counter + 4), count >> 32)

    def test_timers(self):
        for timer, pending in ((PHYSICAL, PHYSICAL_PENDING), (VIRTUAL, VIRTUAL_PENDING)):
            with self.subTest(timer=hex(timer)):
                machine = self.start()
                compare = machine.read(CNTPCT, 8) + 1000
                machine.write(timer + CVAL, compare, 8)
                self.assertEqual(machine.read(timer + CVAL), compare & 0xffffffff)
                machine.write(timer + CTL, 1)
                machine.step(999)
                self.assertEqual((machine.read(timer + CTL), machine.pending()), (1, 0))
                self.assertEqual(machine.read(timer + TVAL), 1)
                machine.step(1)
                self.assertEqual((machine.read(timer + CTL), machine.pending()), (5, pending))
                machine.write(timer + CTL, 3)
                self.assertEqual((machine.read(timer + CTL), machine.pending()), (7, 0))
                machine.write(timer + CTL, 0)
                self.assertEqual((machine.read(timer + CTL), machine.pending()), (0, 0))
                machine.write(timer + CTL, 1)
                self.assertEqual((machine.read(timer + CTL), machine.pending()), (5, pending))
                machine.write(timer + CVAL, compare + 1000, 8)
                self.assertEqual((machine.read(timer + CTL), machine.pending()), (1, 0))

    def test_relative_values(self):
        count = self.machine.read(CNTPCT, 8)
        self.machine.write(VIRTUAL + TVAL, 500)
        self.assertEqual(self.machine.read(VIRTUAL + CVAL, 8), count + 500)
        self.machine.step(501)
        self.assertEqual(self.machine.read(VIRTUAL + TVAL), 0xffffffff)
        self.machine.write(VIRTUAL + TVAL, 0xffffffff)
        self.assertEqual(self.machine.read(VIRTUAL + CVAL, 8), count + 500)

    def test_halves_of_compare_values(self):
        """As 32-bit guests write them; and TVAL and CTL, two registers, in one access."""
        self.machine.write(VIRTUAL + CVAL, 0x89abcdef)
        self.machine.write(VIRTUAL + CVAL + 4, 0x01234567)
        self.assertEqual(self.machine.read(VIRTUAL + CVAL, 8), 0x0123456789abcdef)
        self.machine.write(VIRTUAL + TVAL, 1 << 32 | 100, 8)
        self.machine.step(100)
        self.assertEqual(self.machine.read(VIRTUAL + TVAL, 8), 5 << 32)
        self.assertEqual(self.machine.pending(), VIRTUAL_PENDING)

    def test_far_away(self):
        for compare in (1 << 63, (1 << 64) - 1):
            self.machine.write(PHYSICAL + CVAL, compare, 8)
            self.machine.write(PHYSICAL + CTL, 1)
            self.machine.step(1 << 40)
            self.assertEqual((self.machine.read(PHYSICAL + CTL), self.machine.pending()), (1, 0))

    def test_virtual_offset(self):
        self.machine.step(5000)
        count = self.machine.read(CNTPCT, 8)
        self.machine.write(CNTVOFF0, 4000, 8)
        self.assertEqual(self.machine.read(CNTPCT, 8), count)
        self.assertEqual(self.machine.read(CNTVCT, 8), count - 4000)
        self.assertEqual(self.machine.read(FRAME + 0x18, 8), 4000)
        self.machine.write(VIRTUAL + CVAL, count, 8)
        self.machine.write(VIRTUAL + CTL, 1)
        self.machine.step(3999)
        self.assertEqual(self.machine.pending(), 0)
        self.machine.step(1)
        self.assertEqual(self.machine.pending(), VIRTUAL_PENDING)
        self.machine.write(CNTVOFF0, 4001, 8)
        self.assertEqual(self.machine.pending(), 0)

    def test_rights(self):
        self.machine.step(100)
        registers = {CNTPCT: 1, CNTVCT: 2, CNTFRQ: 4, FRAME + 0x18: 8, VIRTUAL + CVAL: 16,
                     PHYSICAL + CVAL: 32}
        self.machine.write(CNTVOFF0, 10, 8)
        self.machine.write(VIRTUAL + CVAL, 77, 8)
        self.machine.write(PHYSICAL + CVAL, 77, 8)
        for right in registers.values():
            self.machine.write(CNTACR0, right)
            for register, needed in registers.items():
                self.machine.write(register, 99)
                self.assertEqual(self.machine.read(register) != 0, right == needed)
        self.machine.write(CNTACR0, 0xffffffff)
        self.assertEqual(self.machine.read(CNTACR0), 0x3f)

    def set_up_timer(self):
        self.machine.step(100)
        self.machine.write(CNTVOFF0, 64, 8)
        self.machine.write(CNTACR0, 0x1f)
        self.machine.write(VIRTUAL + CVAL, 2000, 8)
        self.machine.write(VIRTUAL + CTL, 1)

    def test_reset(self):
        self.set_up_timer()
        self.machine.step(3000)
        self.assertEqual(self.machine.pending(), VIRTUAL_PENDING)
        self.machine.command("system_reset")
        self.machine.wait_for_event("RESET")
        self.assertEqual(self.machine.pending(), 0)
        self.assertEqual(self.machine.read(CNTACR0), 0x3f)
        for register in (CNTVOFF0, VIRTUAL + CVAL, VIRTUAL + CTL):
            self.assertEqual(self.machine.read(register, 8 if register % 8 == 0 else 4), 0)

    def finish_migration(self, machine):
        status = None
        while status != "completed":
            status = machine.command("query-migrate").get("status")
            self.assertNotEqual(status, "failed")
            self.assertIsNone(machine.child.poll())

    def test_migration(self):
        path = self.session.new_folder("migration")
        self.set_up_timer()
        self.machine.command("migrate", uri="file:" + path)
        self.finish_migration(self.machine)
        other = self.start("-incoming", "file:" + path)
        self.finish_migration(other)
        os.remove(path)
        self.assertEqual(other.read(CNTACR0), 0x1f)
        self.assertEqual(other.read(VIRTUAL + CVAL, 8), 2000)
        other.step(64)  # the clock is at 0, and the virtual counter below
        self.assertEqual(other.read(CNTVCT, 8), 0)
        self.assertEqual(other.pending(), 0)
        other.step(1999)
        self.assertEqual(other.pending(), 0)
        other.step(1)
        self.assertEqual((other.read(VIRTUAL + CTL), other.pending()), (5, VIRTUAL_PENDING))


class Sp804(unittest.TestCase):
    """What ARMv7 machines have behind the generic timer, in the same page."""

    LOAD, VALUE, CONTROL, CLEAR, RAW, STRIDE = 0x800, 0x804, 0x808, 0x80c, 0x810, 0x20
    SP804_PENDING = 1 << 12
    RUNS, PERIODIC, INTERRUPTS, WIDE = 0x80, 0x40, 0x20, 0x02

    def test_timers(self):
        session = ebb.current()
        qemu = os.environ.get("EBB_QEMU") or os.path.join(session.build, "qemu",
                                                          "qemu-system-aarch64")
        machine = Machine(qemu, "-cpu", "cortex-a15")
        self.addCleanup(machine.close)
        for timer in (FRAME, FRAME + self.STRIDE):
            machine.write(timer + self.LOAD, 1000)
            machine.write(timer + self.CONTROL,
                          self.RUNS | self.PERIODIC | self.INTERRUPTS | self.WIDE)
            machine.step(500 * 1000 // TICK_NS)
            self.assertIn(machine.read(timer + self.VALUE), range(499, 502))
            self.assertEqual(machine.read(timer + self.RAW), 0)
            self.assertEqual(machine.read(PENDING) & self.SP804_PENDING, 0)
            machine.step(501 * 1000 // TICK_NS)
            self.assertEqual(machine.read(timer + self.RAW), 1)
            self.assertEqual(machine.read(PENDING) & self.SP804_PENDING, self.SP804_PENDING)
            machine.write(timer + self.CONTROL, 0)
            machine.write(timer + self.CLEAR, 1)
            self.assertEqual(machine.read(PENDING) & self.SP804_PENDING, 0)


class DeviceTree(unittest.TestCase):
    """Which clocks a kernel is told of depends on what it has drivers for."""

    CPU_TIMER, MMIO_TIMER, SP804 = b"arm,armv8-timer\0", b"arm,armv7-timer-mem\0", b"arm,sp804\0"

    def clocks(self, cpu, kernel):
        """Which of them are in the device tree of a machine with that kernel, a file's bytes."""
        session = ebb.current()
        folder = session.new_folder("clocks")
        os.mkdir(folder)
        with open(os.path.join(folder, "kernel"), "wb") as file:
            file.write(kernel)
        tree = os.path.join(folder, "tree")
        subprocess.run(
            [os.path.join(session.build, "qemu", "qemu-system-aarch64"), "-M",
             "virt,gic-version=2,mmio-timer=on,dumpdtb=" + tree, "-cpu", cpu, "-m", "256",
             "-nodefaults", "-display", "none", "-kernel", os.path.join(folder, "kernel")],
            check=True, timeout=process.WATCHDOG, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL)
        with open(tree, "rb") as file:
            data = file.read()
        shutil.rmtree(folder)
        return [clock for clock in (self.CPU_TIMER, self.MMIO_TIMER, self.SP804) if clock in data]

    def test_arm64(self):
        """However the kernel is packed."""
        for name, expected in (("arm64", [self.MMIO_TIMER]), ("arm64-6.12", [self.MMIO_TIMER]),
                               ("arm64-7.2", [self.CPU_TIMER, self.MMIO_TIMER])):
            with open(ebb.current().guests.fetched("vmlinuz-" + name), "rb") as file:
                image = file.read()
            for pack in (bytes, functools.partial(gzip.compress, compresslevel=1), guests.zboot):
                with self.subTest(name=name, pack=pack):
                    self.assertEqual(self.clocks("cortex-a72", pack(image)), expected)

    def test_armhf(self):
        for name in ("armhf", "armhf-7.2"):
            with open(ebb.current().guests.fetched("vmlinuz-" + name), "rb") as file:
                self.assertEqual(self.clocks("cortex-a15", file.read()),
                                 [self.MMIO_TIMER, self.SP804])


class Linux(unittest.TestCase):
    """Debian's kernels take the timer from the device tree, and nothing else tells them the time."""

    EARLY = "arch_timer: mmio timer(s) running at 62.50MHz (virt)."
    LATE = "arch-timer-mmio 9100000.timer: mmio timer running at 62.50MHz (virt)\n"

    def check(self, architecture, timer=EARLY, **guest):
        session = ebb.current()
        arguments = session.guests.linux(architecture, "poweroff", append="loglevel=7", **guest)
        arguments[1] += ",mmio-timer=on"
        recorder = session.record(arguments)
        self.assertIn(timer, recorder.text())
        if timer == self.LATE:  # the early driver calls the memory-mapped counter so, too
            self.assertNotIn("arch_sys_counter", recorder.text())
        self.assertIn("guest: PASS", recorder.text())
        result = session.json("verify", "--json", recorder.recording)
        self.assertTrue(result["end_state_compared"], result)

    def test_arm64(self):
        self.check("arm64")

    def test_arm64_gicv3(self):
        self.check("arm64", gic=3, cpu="neoverse-n1")

    def test_armhf(self):
        self.check("armhf")

    def test_arm64_late(self):
        self.check("arm64", self.LATE, kernel="arm64-7.2")

    def test_armhf_late(self):
        self.check("armhf", self.LATE, kernel="armhf-7.2")
