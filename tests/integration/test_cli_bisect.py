# SPDX-License-Identifier: GPL-3.0-or-later
"""ebb bisect, compared with what gdb finds by watching and running backwards."""

import json
import os
import re
import select
import shlex
import shutil
import signal
import subprocess
import unittest

from harness import documents, faults, process
from harness.bisect_tests import Bisecting, LinuxStoreTests, StoreTests
from harness.guests import ROOT


class Bisect(Bisecting, unittest.TestCase):
    """What all tests here use."""

    def failed(self, status, recording, *options):
        """The sentence that a bisection ends with."""
        result = self.ebb.run("bisect", recording, *options)
        errors = result.errors.decode()
        self.assertEqual(result.status, status, result.describe())
        self.assertEqual(errors.count("\n"), 1, errors)
        self.assertTrue(errors.startswith("ebb: "), errors)
        self.assertNotIn("Traceback", errors)
        self.assertEqual(result.text(), "")
        return errors


class Recorded:
    """A mixin: guests that are recorded here."""

    recordings = 3

    def culprit(self, _):
        return self.ebb.record(self.ebb.guests.bare("culprit-" + self.architecture))

    def shared(self, name, devices=()):
        return self.ebb.shared(name, lambda: self.ebb.guests.bare(name) + list(devices))

    def test_reset(self):
        """It is behind an instruction, and by gdb's watchpoint the same."""
        name = "reset-" + self.architecture
        elf, recorder = self.ebb.guests.elf(name), self.shared(name)
        reset = self.ebb.json("dump", "--json", "--kind", "reset", recorder.recording)[0]
        condition = "initialized%s == 0x1234"
        changed = self.bisect_with(elf, recorder, "--expr", "initialized == 0x4321", "--to",
                                   str(reset["position"] - 1))["position"]
        for addend in ("", " + 0"):
            for last in (reset["position"], reset["position"] + 1):
                with self.subTest(addend, last=last):
                    report = self.bisect_with(elf, recorder, "--from", str(changed), "--to",
                                              str(last), "--scan", "--expr", condition % addend)
                    self.assertEqual(report["position"], reset["position"])


class Aarch64Stores(Recorded, StoreTests, Bisect):
    architecture = "aarch64"


class ArmStores(Recorded, StoreTests, Bisect):
    architecture = "arm"


class LinuxStores(LinuxStoreTests, Bisect):
    """A store of a program on Linux."""

    recordings = 1

    def culprit(self, _, architecture, elf):
        return self.ebb.record(self.ebb.guests.linux(architecture, "culprit",
                                                     programs={"bin/culprit": elf}))


class UpperHalf(Bisect):
    """Addresses that are negative as signed numbers, as all of a kernel's are on arm64."""

    def setUp(self):
        super().setUp()
        self.recording, self.elf, self.slide = self.ebb.moved()
        self.begin = self.bisect(self.recording, "--expr",
                                 "$pc > 0x%x" % (1 << 63))["position"]

    def check(self, report):
        self.assertEqual(report["function"], "inner")
        self.assertEqual(report["operands"][0]["after"][-1], "1")
        self.assertEqual([frame["function"] for frame in report["backtrace"][:4]],
                         ["inner", "middle", "outer", "run_moved"])
        pcs = [int(frame["pc"], 16) for frame in report["backtrace"][:4]]
        self.assertEqual(pcs[0], int(report["pc"], 16))
        self.assertTrue(all(pc > self.slide for pc in pcs), report)

    def test_addresses(self):
        """Of code and of variables, by gdb's evaluation and by ours."""
        address = self.ebb.guests.address(self.elf, "depth") + self.slide
        plain = "*(unsigned long *)0x%x == 1" % address
        found = []
        for condition in ("depth == 1", plain):
            report = self.bisect(self.recording, "--from", str(self.begin), "--scan", "--expr",
                                 condition)
            self.check(report)
            found.append(report["position"])
            report = self.bisect(self.recording, "--from", str(self.begin), "--to",
                                 str(found[0]), "--expr", condition)
            self.check(report)
            found.append(report["position"])
        self.assertEqual(len(set(found)), 1, found)
        text = self.ebb.run("bisect", self.recording, "--from", str(self.begin), "--to",
                            str(found[0]), "--expr", plain).text()
        self.assertIn("backtrace  #0   %s in inner" % report["pc"], text)


class Commands(Bisect):
    """--run, and what goes wrong."""

    def setUp(self):
        super().setUp()
        self.name = "culprit-aarch64"
        self.elf = self.ebb.guests.elf(self.name)
        self.recording = self.ebb.shared(self.name).recording
        self.expected = self.bisect(self.recording, "--expr", "guarded != 0x600d")["position"]

    def fifo(self):
        self.fifo_path = self.ebb.new_folder("fifo")
        os.mkfifo(self.fifo_path)
        return self.fifo_path

    def test_skips(self):
        """A command that cannot judge what is near: the answer says how far it is unsure."""
        near = self.expected - 1000
        script = self.ebb.script("[ $EBB_POSITION -ge %d ] && exit 3\n[ $EBB_POSITION -lt %d ] || "
                             "exit 125\n" % (self.expected, near))
        report = self.bisect(self.recording, "--run", script)
        self.assertEqual(report["position"], self.expected)
        self.assertTrue(report["unsure"])
        self.assertLess(report["last_good"], near)

    def test_comes_and_goes(self):
        """Of the 400 rounds it holds in the first and the last, and at some of the places that are
        looked at in between, which are no ends of what it holds in."""
        condition = "rounds >= 1 && rounds / 10 % 2 == 0"
        report = self.bisect(self.recording, "--expr", condition)
        self.assertFalse(report["monotone"])
        text = self.ebb.run("bisect", self.recording, "--expr", condition).text()
        self.assertIn("--scan", text)
        scanned = self.bisect(self.recording, "--expr", condition, "--scan")
        self.assertEqual(scanned["operands"][0]["after"], "1")
        self.assertEqual(scanned["position"],
                         self.bisect(self.recording, "--expr", "rounds >= 1")["position"])

    def test_never(self):
        self.assertIn("never answers good", self.failed(1, self.recording, "--run", "false"))
        self.assertIn("never answers bad", self.failed(1, self.recording, "--run", "true"))
        self.assertIn("cannot be judged",
                      self.failed(5, self.recording, "--run", "sh", "-c", "exit 125"))
        self.assertIn("cannot run /nowhere/check: No such file",
                      self.failed(5, self.recording, "--run", "/nowhere/check"))
        self.assertIn("126", self.failed(5, self.recording, "--run", "--", "sh", "-c", "exit 126"))
        self.assertIn("signal 9", self.failed(5, self.recording, "--workers", "1", "--run", "sh",
                                              "-c", "kill -9 $$"))
        self.assertIn("does not hold", self.failed(1, self.recording, "--expr", "guarded == 7"))
        self.assertIn("any candidate",
                      self.failed(1, self.recording, "--expr", "guarded == 7", "--scan"))
        self.assertIn("no line", self.failed(1, self.recording, "--console", "no such line"))

    def test_cannot_start(self):
        """That there are no more processes is no fault of the command's."""
        library = faults.build_library(self.ebb.folder, "no_command")
        for fault, status, said in (("fork", 1, "cannot start true: Resource temporarily"),
                                    ("setenv", 5, "cannot run true: Cannot allocate memory")):
            result = process.run([self.ebb.path, "bisect", self.recording, "--workers", "1",
                                  "--run", "true"],
                                 env={**os.environ, "LD_PRELOAD": library, "EBB_FAULT": fault})
            self.assertEqual(result.status, status, result.describe())
            self.assertIn(said, result.errors.decode())

    def test_never_judged(self):
        """What was skipped is not told as what does not hold, least of all the last position."""
        away = "0xfff0000000000000"
        errors = self.failed(5, self.recording, "--expr",
                             "*(int *)(rounds == 400 ? %s : (unsigned long)&guarded) == 7" % away)
        self.assertRegex(errors, r"cannot be judged at position \d+, the last, nor at \d+ of \d+ "
                                 "others that were probed: .*memory")
        errors = self.failed(1, self.recording, "--expr",
                             "*(int *)(rounds < 200 ? %s : (unsigned long)&guarded) == 7" % away)
        found = re.search(r"nor at (\d+) others that were probed, and cannot be judged at (\d+) "
                          "more: .*memory", errors)
        self.assertTrue(found, errors)
        self.assertGreater(int(found[1]), 0)
        self.assertGreater(int(found[2]), 0)
        self.assertIn("cannot be judged at position 1000, the last",
                      self.failed(5, self.recording, "--to", "1000", "--run",
                                  self.ebb.script("[ $EBB_POSITION -lt 1000 ] || exit 125\n")))
        self.assertIn(", and cannot be judged at 1 more: ",
                      self.failed(1, self.recording, "--to", "1000", "--run",
                                  self.ebb.script("[ $EBB_POSITION -gt 0 ] || exit 125\n")))

    def test_bad_input(self):
        for condition, words in (
                ("guarded ==", "syntax error"), ("guarded == 5)", "Junk after end"),
                ("nowhere == 5", "No symbol \"nowhere\""), ("guarded = 5", "not allowed"),
                ("culprit_work(1) == 0", "may-call-functions"), ("own", "neither true nor false"),
                ("$x77 == 1", "no register \"x77\""), ("own[$w31] == 1", "no register \"w31\""),
                ("", "no condition"), ("guarded > \udcff", "no valid UTF-8"),
                ("*(int *)0xfff0000000000000 == 1", "not mapped")):
            with self.subTest(condition):
                self.assertIn(words, self.failed(2, self.recording, "--expr", condition))
        self.assertIn("regular expression", self.failed(2, self.recording, "--console", "("))
        self.assertIn("one of", self.failed(2, self.recording))
        self.assertIn("a command", self.failed(2, self.recording, "--run"))
        self.assertIn("before it", self.failed(2, self.recording, "--from", "10", "--to", "5",
                                               "--expr", "1"))
        self.assertIn("outside", self.failed(2, self.recording, "--to", "99999999999",
                                             "--expr", "1"))
        self.assertIn("candidates", self.failed(2, self.recording, "--scan", "--run", "true"))

    def test_registers_of_another_cpu(self):
        """gdb takes them for variables of its own."""
        for architecture, there, missing in (("aarch64", "w30", ("x31", "w31", "r0")),
                                             ("arm", "r15", ("r16", "x0", "w0"))):
            recording = self.ebb.shared("culprit-" + architecture).recording
            self.assertIn("does not hold",
                          self.failed(1, recording, "--to", "10", "--expr", "$%s == 1" % there))
            for name in missing:
                with self.subTest(architecture, register=name):
                    self.assertIn("the CPU has no register \"%s\"" % name,
                                  self.failed(2, recording, "--to", "10", "--expr",
                                              "$%s == 1" % name))

    def test_damage(self):
        """A damaged log is told of as such, whoever evaluates the condition."""
        copy = self.ebb.new_folder("damaged")
        shutil.copytree(self.recording, copy)
        with open(os.path.join(copy, "log"), "r+b") as log:
            log.seek(os.path.getsize(log.name) // 2)
            byte = log.read(1)[0]
            log.seek(-1, os.SEEK_CUR)
            log.write(bytes([byte ^ 0x10]))
        for condition in ("guarded != 0x600d", "*(unsigned int *)0x%x != 0x600d" %
                          self.ebb.guests.address(self.elf, "guarded")):
            for scan in ((), ("--scan",)):
                result = self.ebb.run("bisect", copy, "--expr", condition, *scan)
                self.assertEqual(result.status, 4, result.describe())
                self.assertIn("damaged before it", result.errors.decode().splitlines()[-1])

    def test_cut_off(self):
        """That something does not hold where a recording was cut off says little, so both are said;
        the shell says it when it opens."""
        copy = self.ebb.new_folder("cut")
        shutil.copytree(self.recording, copy)
        os.truncate(os.path.join(copy, "log"), 200)
        self.assertFalse(self.ebb.info(copy)["complete"])
        condition = "*(unsigned int *)0x%x == 7" % self.ebb.guests.address(self.elf, "guarded")
        for options in (["--expr", condition], ["--expr", condition, "--scan"], ["--run", "true"]):
            self.assertIn("the recording was cut off there", self.failed(1, copy, *options))
            self.assertNotIn("cut off", self.failed(1, self.recording, *options))
        for recording, count in (copy, 1), (self.recording, 0):
            shell = subprocess.run([self.ebb.path, "shell", recording], capture_output=True,
                                   text=True, input="position\nposition\n", timeout=process.WATCHDOG)
            self.assertEqual(shell.returncode, 0, shell.stderr)
            self.assertEqual(shell.stderr.count("cut off at position"), count, shell.stderr)

    def test_quiet_in_a_pipe(self):
        result = self.ebb.run("bisect", self.recording, "--expr", "guarded != 0x600d")
        self.assertEqual((result.status, result.errors), (0, b""))

    def test_interrupt(self):
        """Ctrl-C ends it while a command runs, says where it was, and leaves nothing behind."""
        folder = self.ebb.new_folder("sockets")
        os.mkdir(folder)
        script = self.ebb.script("echo waiting >%s; exec tail -f /dev/null\n" % self.fifo())
        with process.Process([self.ebb.path, "bisect", self.recording, "--run", script],
                             env={**os.environ, "TMPDIR": folder, "XDG_RUNTIME_DIR": folder}) as run:
            with open(self.fifo_path) as file:
                self.assertEqual(file.readline(), "waiting\n")
            run.signal(signal.SIGINT)
            self.assertEqual(run.wait(process.WATCHDOG), 6)
            self.assertRegex(run.errors.decode(), r"between positions \d+ and \d+")
        self.assertEqual(os.listdir(folder), [])

    def test_interrupt_of_what_ignores_it(self):
        """A command that does not end when told to is killed, and what it has started as well: the
        fifo has no writer any more."""
        for number, status in (signal.SIGINT, 6), (signal.SIGTERM, -signal.SIGTERM):
            script = self.ebb.script("trap '' TERM INT\nexec 9>%s\necho waiting >&9\n"
                                 "tail -f /dev/null\n" % self.fifo())
            with process.Process([self.ebb.path, "bisect", self.recording, "--workers", "1", "--run",
                                  script]) as run:
                with open(self.fifo_path) as file:
                    self.assertEqual(file.readline(), "waiting\n")
                    run.signal(number)
                    self.assertEqual(run.wait(30), status, run.describe())
                    self.assertEqual(file.read(), "")

    def test_interrupt_of_what_leaves_something(self):
        """A command that ends when told to may have started what does not."""
        script = self.ebb.script("(trap '' TERM\nexec 9>%s\nexec sh -c 'echo $$ >&9; exec tail -f "
                             "/dev/null') &\nwait\n" % self.fifo())
        with process.Process([self.ebb.path, "bisect", self.recording, "--workers", "1", "--run",
                              script]) as run, open(self.fifo_path) as file:
            left = int(file.readline())
            run.signal(signal.SIGINT)
            ended = select.select([file], [], [], 10)[0]
            if not ended:
                os.kill(left, signal.SIGKILL) # it has the output that is read to its end
            self.assertEqual(run.wait(30), 6, run.describe())
            self.assertTrue(ended, "what the command has started lives on")

    def test_interrupt_while_the_clock_is_set(self):
        library = faults.build_library(self.ebb.folder, "wall_clock")
        script = self.ebb.script("echo >%s; exec tail -f /dev/null\n" % self.fifo())
        with process.Process([self.ebb.path, "bisect", self.recording, "--workers", "1", "--run",
                              script], env={**os.environ, "LD_PRELOAD": library}) as run:
            with open(self.fifo_path) as file:
                file.readline()
            run.signal(signal.SIGINT)
            self.assertEqual(run.wait(process.WATCHDOG), 6)

    def test_interrupt_with_gdb(self):
        """A gdb whose server has gone may take long to notice; one that never does is not waited
        for."""
        wrapper = self.ebb.script("echo >%s; exec tail -f /dev/null\n" % self.fifo())
        with process.Process([self.ebb.path, "bisect", self.recording, "--expr", "rounds == 7777"],
                             env={**os.environ, "EBB_GDB": wrapper}) as run:
            with open(self.fifo_path) as file:
                file.readline()
            run.signal(signal.SIGINT)
            self.assertEqual(run.wait(process.WATCHDOG), 6)
            self.assertIn("stopped", run.errors.decode())

    def test_interrupt_of_report(self):
        """The search is over when a gdb is asked for the backtrace; it may hang all the same. What
        SIGTERM and SIGHUP end has removed its sockets before."""
        condition = "*(unsigned int *)0x%x != 0x600d" % self.ebb.guests.address(self.elf, "guarded")
        for number, status in ((signal.SIGINT, 6), (signal.SIGTERM, -signal.SIGTERM),
                               (signal.SIGHUP, -signal.SIGHUP)):
            folder = self.ebb.new_folder("sockets")
            os.mkdir(folder)
            wrapper = self.ebb.script("echo >%s; exec tail -f /dev/null\n" % self.fifo())
            environment = {**os.environ, "EBB_GDB": wrapper, "TMPDIR": folder,
                           "XDG_RUNTIME_DIR": folder}
            with process.Process([self.ebb.path, "bisect", self.recording, "--expr", condition],
                                 env=environment) as run:
                with open(self.fifo_path) as file:
                    file.readline()
                run.signal(number)
                self.assertEqual(run.wait(process.WATCHDOG), status)
                if status > 0:
                    self.assertIn("stopped; position %d was found" % self.expected,
                                  run.errors.decode())
            self.assertEqual(os.listdir(folder), [])

    def test_without_gdb(self):
        """A plain condition needs none."""
        address = self.ebb.guests.address(self.elf, "guarded")
        environment = {**os.environ, "EBB_GDB": "/nowhere/gdb"}
        result = process.run([self.ebb.path, "bisect", self.recording, "--json", "--expr",
                              "*(unsigned int *)0x%x != 0x600d" % address], process.WATCHDOG,
                             env=environment)
        report = json.loads(result.output)
        self.assertEqual(report["position"], self.expected)
        self.assertRegex(report["function"], r"^writer_\d$")
        result = process.run([self.ebb.path, "bisect", self.recording, "--expr", "guarded != 0"],
                             process.WATCHDOG, env=environment)
        self.assertEqual(result.status, 5)
        self.assertIn("the gdb that EBB_GDB names cannot be run: /nowhere/gdb",
                      result.errors.decode())

    def test_leaves_nothing_beside_the_scripts(self):
        """They are looked for where others are installed; a program with a space in its name is
        found as well."""
        scripts = self.ebb.new_folder("scripts")
        shutil.copytree(os.path.join(ROOT, "gdb-scripts"), scripts,
                        ignore=shutil.ignore_patterns("__pycache__"))
        before = sorted(os.walk(scripts))
        elf = self.ebb.new_folder("a program's")
        shutil.copy(self.elf, elf)
        environment = {**os.environ, "EBB_GDB_SCRIPTS": scripts}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        result = process.run([self.ebb.path, "bisect", "--json", self.recording, "--symbols", elf,
                              "--expr", "guarded != 0x600d"], process.WATCHDOG, env=environment)
        self.assertEqual(json.loads(result.output)["position"], self.expected)
        self.assertEqual(sorted(os.walk(scripts)), before)

    def test_unfit_gdb(self):
        """Not judged is not the same as never bad, which git bisect goes by."""
        empty = self.ebb.new_folder("scripts")
        os.mkdir(empty)
        for change, words in (({"EBB_GDB_SCRIPTS": empty}, "bisect.py is not installed"),
                              ({"EBB_GDB": self.ebb.script("exit 1\n")}, "has to have Python"),
                              ({"EBB_GDB": self.ebb.script(
                                  "[ -e /dev/fd/3 ] || { echo 'Undefined item: \"aarch64\".'; "
                                  "exit 1; }\necho '{\"error\": \"badly formatted\"}' >&3\n")},
                               "does not know aarch64")):
            result = process.run([self.ebb.path, "bisect", self.recording, "--expr",
                                  "guarded != 0"], process.WATCHDOG, env={**os.environ, **change})
            self.assertEqual(result.status, 5, result.describe())
            self.assertIn(words, result.errors.decode())

    def test_names_of_strangers(self):
        """A symbol's name may have any bytes, which are shown as text; gdb is to read it as well."""
        elf = self.ebb.new_folder("elf")
        function = self.bisect(self.recording, "--expr", "guarded != 0x600d")["function"]
        subprocess.run(["aarch64-linux-gnu-objcopy", "--strip-debug", "--redefine-sym",
                        function.encode() + b"=a\xff", self.elf, elf], check=True,
                       timeout=process.WATCHDOG)
        condition = "*(unsigned int *)0x%x != 0x600d" % self.ebb.guests.address(self.elf, "guarded")
        for gdb in (os.environ.get("EBB_GDB", ""), "/nowhere/gdb"):
            result = process.run([self.ebb.path, "bisect", "--json", self.recording, "--symbols",
                                  elf, "--expr", condition], process.WATCHDOG,
                                 env={**os.environ, "EBB_GDB": gdb})
            self.assertEqual((result.status, result.errors), (0, b""), result.describe())
            self.assertEqual(json.loads(result.output)["function"], "a\\xff")

    def test_no_answer_of_gdb(self):
        """Something else than gdb's script answers: a condition of ours needs no answer."""
        address = self.ebb.guests.address(self.elf, "guarded")
        wrapper = self.ebb.script("read request; echo nonsense >&3; exec cat\n")
        environment = {**os.environ, "EBB_GDB": wrapper}
        result = process.run([self.ebb.path, "bisect", self.recording, "--expr", "guarded != 0"],
                             process.WATCHDOG, env=environment)
        self.assertEqual(result.status, 5)
        self.assertIn("gdb's answer is not JSON", result.errors.decode())
        result = process.run([self.ebb.path, "bisect", self.recording, "--json", "--expr",
                              "*(unsigned int *)0x%x != 0x600d" % address], process.WATCHDOG,
                             env=environment)
        self.assertEqual(json.loads(result.output)["position"], self.expected)
        self.assertEqual(result.errors.decode().count("\n"), 1)
        self.assertIn("no backtrace: gdb's answer is not JSON", result.errors.decode())


class Readme(Bisect):
    """The README's transcript, on the demo's guest."""

    def test_transcript(self):
        command, printed = re.search(r"(?m)^    \$ ebb (bisect .*)\n((?:    .*\n)+)",
                                     documents.read("README.md")).groups()
        self.assertLess(printed.count("\n"), 10)
        words = shlex.split(command)
        words[words.index("build/demo/recording")] = self.ebb.shared("jobs-aarch64").recording
        result = self.ebb.run(*words)
        self.assertEqual(result.status, 0, result.describe())
        self.assertEqual(documents.masked(result.text()), documents.masked(printed))


GUEST = """
struct { volatile unsigned table[8]; volatile unsigned guarded; } state = {.guarded = 0x600d};
static const char text[] = "%(text)s";

void run(void)
{
    for (unsigned i = 0; i %(sign)s 8; i++)
        state.table[i] = i;
    for (unsigned i = 0; i < sizeof(text) - 1; i++)
        *(volatile unsigned *)0x9000000 = text[i];
}

__asm__(".globl _start\\n_start: ldr x0, =0x41000000\\n mov sp, x0\\n bl run\\n"
        "ldr x0, =0x84000008\\n hvc 0\\n 1: b 1b");
"""
BUILD = ("aarch64-linux-gnu-gcc -g -O1 -ffreestanding -nostdlib -static -no-pie -mstrict-align "
         "-mgeneral-regs-only -Wl,-Ttext=0x40100000 -Wl,--build-id=none -o guest.elf guest.c")


class GitBisect(Bisect):
    """The script of docs/bisecting.md: git bisect over a guest's sources, ebb bisect over what the
    guest does."""

    COMMITS, FIRST_BAD, UNBUILT = 9, 6, 3

    def git(self, *words):
        result = process.run(["git", "-c", "user.name=t", "-c", "user.email=t@t", *words],
                             cwd=self.folder, env=self.environment)
        self.assertEqual(result.status, 0, result.describe())
        return result.text()

    def commit(self, number):
        text = GUEST % {"text": "guest %d\\n" % number,
                        "sign": "<=" if number >= self.FIRST_BAD else "<"}
        with open(os.path.join(self.folder, "guest.c"), "w") as file:
            file.write("does not build\n" if number == self.UNBUILT else text)
        self.git("add", ".")
        self.git("commit", "-q", "-m", "commit %d" % number)

    def write_documented_script(self):
        with open(os.path.join(ROOT, "docs", "bisecting.md")) as file:
            found = re.search(r"```sh\n(#!/bin/sh\n.*?)```", file.read(), re.S)[1]
        path = os.path.join(self.folder, "probe.sh")
        with open(path, "w") as file:
            file.write(found)
        os.chmod(path, 0o755)

    def test_documented_script(self):
        self.folder = self.ebb.new_folder("sources")
        os.mkdir(self.folder)
        self.environment = {**os.environ, "HOME": self.folder, "GIT_CONFIG_NOSYSTEM": "1",
                            "PATH": os.path.dirname(self.ebb.path) + ":" + os.environ["PATH"]}
        self.git("init", "-q", "-b", "main")
        with open(os.path.join(self.folder, "build.sh"), "w") as file:
            file.write("#!/bin/sh\n" + BUILD + "\n")
        os.chmod(os.path.join(self.folder, "build.sh"), 0o755)
        with open(os.path.join(self.folder, ".gitignore"), "w") as file:
            file.write("*.elf\ntrace\nculprit.json\nprobe.sh\n")
        for number in range(self.COMMITS):
            self.commit(number)
        self.write_documented_script()
        self.git("bisect", "start", "main", "main~%d" % (self.COMMITS - 1))
        said = self.git("bisect", "run", "./probe.sh")
        self.assertIn("is the first bad commit", said)
        self.assertIn("commit %d\n" % self.FIRST_BAD, said)
        with open(os.path.join(self.folder, "culprit.json")) as file:
            report = json.load(file)
        self.assertEqual(report["function"], "run")
        self.assertEqual(report["operands"][0], {"text": "state.guarded", "before": "24589",
                                                 "after": "8"})
