# SPDX-License-Identifier: GPL-3.0-or-later
"""Symbols of a guest that has moved itself (KASLR), and backtraces through the functions there that
sign their return addresses."""

import os
import re
import subprocess
import unittest

from harness import ebb, gdb, process
from harness.rsp import Rsp
from harness.symbol_file import SymbolFile

SCRIPTS = os.path.join(gdb.ROOT, "gdb-scripts")


class Session:
    """A mixin that runs the commands."""

    def setUp(self):
        self.ebb = ebb.current()

    def replay(self, recording, commands, *options):
        """What gdb printed, and what ebb did on standard error."""
        words = [word for command in commands for word in ("-ex", command)]
        result = self.ebb.run("replay", *options, recording, "--", "-nx", "-batch",
                              "-ex", "set width 0", *words)
        self.assertEqual(result.status, 0, result.describe())
        return result.text(), result.errors.decode()

    def shell(self, recording, commands, *options):
        result = subprocess.run([self.ebb.path, "shell", *options, recording],
                                input="\n".join(commands).encode(), capture_output=True,
                                timeout=process.WATCHDOG)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout.decode(), result.stderr.decode()

    def assert_says(self, errors, slide, file):
        self.assertEqual([line for line in errors.splitlines() if line.startswith("ebb: ")],
                         ["ebb: the guest has moved itself by 0x%x: so are the symbols of %s" %
                          (slide, file)])


class BareMetal(Session, unittest.TestCase):
    def setUp(self):
        super().setUp()
        self.recording, self.elf, self.slide = self.ebb.moved()
        self.near = "0x%x" % (self.slide + 0x40000000 >> 28)  # how addresses of its code begin

    def test_gdb(self):
        """The recording names the file; nobody has to say anything."""
        text, errors = self.replay(self.recording, ["print/x (long)&inner", "tbreak run_moved",
                                                    "continue", "print $pc", "print depth"])
        self.assert_says(errors, self.slide, self.elf)
        address = int(re.search(r"\$1 = (0x\w+)", text).group(1), 16)
        self.assertEqual(address & ~0xfffffff, self.slide + 0x40000000)
        self.assertRegex(text, r"Temporary breakpoint 1, run_moved \(\) at tests/guests/moved.c:")
        self.assertRegex(text, r"\$2 = .* 0x%x\w+ <run_moved" % (address >> 16))
        self.assertIn("$3 = 0", text)
        self.assertNotIn("No executable", errors)

    def test_file_with_blank(self):
        file = self.ebb.new_folder('a "moved\' file')
        os.symlink(self.elf, file)
        text, errors = self.replay(self.recording, ["tbreak run_moved", "continue"],
                                   "--symbols", file)
        self.assert_says(errors, self.slide, file)
        self.assertIn("Temporary breakpoint 1, run_moved", text)

    def test_stdio(self):
        """Whoever starts gdb himself is told what to type."""
        result = self.ebb.run("replay", "--stdio", "--symbols", self.elf, self.recording)
        self.assertIn("in gdb: symbol-file -o 0x%x %s" % (self.slide, self.elf),
                      result.errors.decode())

    def test_shell(self):
        text, errors = self.shell(self.recording, ["seek end"])
        self.assert_says(errors, self.slide, self.elf)
        self.assertRegex(text, self.near + r"\w+  request\+0x\w+ \(.*power.c:")

    def test_dump(self):
        result = self.ebb.run("dump", "--symbols", self.elf, "--from", "begin", self.recording)
        self.assert_says(result.errors.decode(), self.slide, self.elf)
        self.assertRegex(result.text().splitlines()[-1], "at " + self.near + r"\w+ request\+")
        self.assertRegex(result.text(), "at " + self.near + r"\w+ console_put\+")

    def frames(self, answer):
        return re.findall(r"^#\d+ +(?:0x\w+ (?:\[PAC\] )?in )?(\w+) \(", answer.text, re.M)

    def session(self, slide):
        session = gdb.Gdb()
        self.addCleanup(session.close)
        session.run("source " + os.path.join(SCRIPTS, "ebb.py"))
        session.run("symbol-file -o 0x%x %s" % (slide, self.elf))
        session.connect(self.recording)
        return session

    def check_backtraces(self, session, caller):
        """Of a function that signs, of one that has more on its stack, and of one that only calls
        it: in front of it all, where the address is signed, where it is stored, and behind."""
        calls = ["inner", "middle", "outer", caller]
        for i, (function, steps) in enumerate([("inner", 8), ("middle", 8), ("outer", 4)]):
            session.seek("begin")
            session.run("tbreak *" + function)
            self.assertEqual(session.run("continue").function, function)
            for _ in range(steps):
                self.assertEqual(self.frames(session.run("backtrace"))[:4 - i], calls[i:])
                session.run("stepi")
            where = session.position()
            finished = session.run("finish")
            self.assertEqual(finished.function, calls[i + 1], finished)
            self.assertGreater(session.position(), where)
            # And back: into the function by its end, out of it by its beginning.
            session.run("reverse-stepi")
            self.assertEqual(self.frames(session.run("backtrace"))[:4 - i], calls[i:])
            self.assertEqual(session.run("reverse-finish").function, calls[i + 1])
            self.assertLess(session.position(), where)

    def test_signed_in_upper_half(self):
        self.check_backtraces(self.session(self.slide), "run_moved")

    def test_signed_in_lower_half(self):
        session = self.session(0)
        self.assertRegex(session.run("info registers pauth_cmask").text, "pauth_cmask +0x")
        self.check_backtraces(session, "main")

    def test_signed_everywhere(self):
        """Nowhere in these functions, their ways out included, is a caller unknown."""
        session = self.session(self.slide)
        session.run("tbreak *outer")
        session.run("continue")
        calls = ["inner", "middle", "outer", "run_moved"]
        places = set()
        for _ in range(2000):
            frames = self.frames(session.run("backtrace"))
            if frames[:1] == calls[3:]:
                break
            self.assertIn(frames[:4], (calls, calls[1:], calls[2:]), hex(session.pc()))
            places.add(session.pc())
            session.run("stepi")
        self.assertEqual(frames[:1], calls[3:])
        self.assertGreater(len(places), 60)


def told_symbols(recorder):
    found = re.findall(r"guest: symbol ([0-9a-f]+) \w (\S+)", recorder.text())
    return {name: int(address, 16) for address, name in found}


def memory(rsp, address, length):
    return bytes.fromhex(rsp.ask("m%x,%x" % (address, length)))


class Kernel(Session, unittest.TestCase):
    """Debian's kernel, with a file made of the symbols that it tells of when it is not moved."""

    def recorder(self, architecture, append="", **guest):
        name = "-".join(["symbols", architecture, *append.split(), *guest.values()])
        return self.ebb.shared(name, lambda: self.ebb.guests.linux(
            architecture, "symbols", append=append, **guest))

    def setUp(self):
        super().setUp()
        self.moved = self.recorder("arm64")
        self.flat = self.recorder("arm64", "nokaslr")
        self.slide = told_symbols(self.moved)["vectors"] - told_symbols(self.flat)["vectors"]
        self.assertNotEqual(self.slide, 0)

    def banner(self, recorder):
        """The banner, and where it is."""
        text = re.search("guest: banner (.*)", recorder.text()).group(1).encode() + b"\n\0"
        symbols = told_symbols(recorder)
        with Rsp(recorder.recording, "--at", "end") as rsp:
            for place in range(symbols["_etext"], symbols["_etext"] + (32 << 20), 1 << 14):
                found = memory(rsp, place, (1 << 14) + 512).find(text)
                if found >= 0:
                    return text, place + found
        raise AssertionError("the kernel's banner is not in its memory")

    def file(self, symbols, name="vmlinux", banner=None, wide=True):
        path = self.ebb.new_folder(name)
        file = SymbolFile(symbols, wide)
        if banner:
            file.add("linux_banner", banner[1], banner[0])
        file.write(path)
        return path

    def test_symbols_only(self):
        """Without contents, what the vectors branch to says whether the file fits."""
        file = self.file(told_symbols(self.flat))
        text, errors = self.replay(
            self.moved.recording, ["info address vectors", "tbreak machine_power_off",
                                   "reverse-continue", "info registers pc"],
            "--symbols", file, "--at", "end")
        self.assert_says(errors, self.slide, file)
        told = told_symbols(self.moved)
        self.assertIn('Symbol "vectors" is at 0x%x' % told["vectors"], text)
        self.assertRegex(text, r"Temporary breakpoint 1, 0x\w+ in machine_power_off")
        self.assertRegex(text, r"pc +0x%x\w+ .*<machine_power_off" %
                         (told["machine_power_off"] >> 8))

    def test_banner(self):
        banner = self.banner(self.flat)
        symbols = told_symbols(self.flat)
        file = self.file(symbols, banner=banner)
        text, errors = self.shell(self.moved.recording, ["seek end"], "--symbols", file)
        self.assert_says(errors, self.slide, file)
        self.assertIn("machine_power_off+0x", text)
        # Another build of the same source: it may fit, and the user should know.
        other = self.file(symbols, "other", (banner[0].replace(b"#1 SMP", b"#2 SMP"), banner[1]))
        _, errors = self.shell(self.moved.recording, [], "--symbols", other)
        self.assertIn("0x%x" % self.slide, errors)
        self.assertIn("is of another build", errors)
        # One that does not fit at all.
        shifted = {name: address + 0x5340 for name, address in symbols.items()}
        wrong = self.file(shifted, "wrong", (banner[0], banner[1] + 0x5340))
        _, errors = self.shell(self.moved.recording, [], "--symbols", wrong)
        self.assertIn("%s is not of the kernel that was recorded" % wrong, errors)
        self.assertEqual(errors.count("\n"), 1)
        # Not moved, not a word.
        _, errors = self.shell(self.flat.recording, [], "--symbols", file)
        self.assertEqual(errors, "")
        # A recording in which no kernel runs.
        _, errors = self.shell(self.ebb.shared("steps-aarch64").recording, [], "--symbols", file)
        self.assertIn("the kernel of %s was not found in the recording" % file, errors)

    def test_arm_stays(self):
        recorder = self.recorder("armhf")
        symbols = told_symbols(recorder)
        file = self.file(symbols, banner=self.banner(recorder), wide=False)
        text, errors = self.shell(recorder.recording, ["seek end"], "--symbols", file)
        self.assertEqual(errors, "")
        self.assertIn("machine_power_off+0x", text)

    def test_signed_backtrace(self):
        """The kernel signs as well. gdb cannot unwind it without call frame information, but for
        what our unwinder reads of the code."""
        if gdb.version() >= (14,):
            return  # its own unwinder is at work, which needs what Debian keeps in 800 MB
        recorder = self.recorder("arm64", cpu="max")
        file = self.file(told_symbols(self.flat))
        text, _ = self.replay(recorder.recording,
                              ["tbreak machine_power_off", "reverse-continue", "backtrace"],
                              "--symbols", file, "--at", "end")
        frames = re.findall(r"^#\d+ +0x\w+ in (\w+)", text, re.M)
        self.assertEqual(frames[:9], [
            "machine_power_off", "kernel_power_off", "__do_sys_reboot", "__arm64_sys_reboot",
            "invoke_syscall", "el0_svc_common", "do_el0_svc", "el0_svc", "el0t_64_sync_handler"])
