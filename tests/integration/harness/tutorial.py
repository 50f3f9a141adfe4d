# SPDX-License-Identifier: GPL-3.0-or-later
"""Follows a document that has transcripts: types what it types, and compares what comes.

A block of the document is a shell's transcript ("$ COMMAND") or one of gdb ("(gdb) COMMAND"), whose
session begins with the "$ ebb replay" before it. A line "..." stands for any number of lines. What is
printed differs from one recording to the next by its long numbers: positions and addresses. Each of
those in the document stands for one of this run, the same wherever it comes again, and positions close
to each other are as close in this run; so what is typed has this run's numbers.
"""

import os
import re

from . import process
from .guests import ROOT

PROMPT = re.compile(r"(?m)^(\$|\(gdb\)) ((?:.*\\\n)*.*)\n")
# Numbers that have five digits or more, in groups of three or not, and are no part of a time.
LONG = re.compile(r"(?<![\w.])(?:0x[0-9a-f]{5,}|\d{1,3}(?: \d{3})+|\d{5,})\b(?!\.\d)")
NEAR = 100  # instructions
# What else depends on the run, on the compiler, or on when the kernel was fetched.
VARYING = (
    (r"\[ *\d+\.\d+\]", "[TIME]"),
    (r"\(\d+ %\)", "(N %)"),
    (r"\d+ probes, \d+\.\d s", "N probes"),
    (r"PID: \d+", "PID: N"),
    (r"\b\d+\.\d+\.\d+-\d+", "VERSION"),
    (r"\+0x[0-9a-f]+/0x[0-9a-f]+|\+\d+(?=>)", "+OFFSET"),
    (r"(NUMBER: \w+) .*", r"\1"),  # an instruction's operands
)

SCRIPT = """
import gdb
for command in %r:
    print("> " + command, flush=True)
    try:
        gdb.execute(command, True)
    except gdb.error as error:
        print(error)
"""


def normal(number):
    return number.replace(" ", "")


def distance(number, other):
    """Of two positions that are near to each other; of other numbers None."""
    if number.startswith("0x") or other.startswith("0x"):
        return None
    apart = int(number) - int(other)
    return apart if abs(apart) < NEAR else None


class Numbers:
    """Those of the document, and what they are in this run."""

    def __init__(self):
        self.here = {}

    def replaced(self, command):
        return LONG.sub(lambda match: self.here.get(normal(match[0]), match[0]), command)

    def learn(self, written, printed):
        """From two lines that are the same but for numbers. Returns what contradicts, or None."""
        for there, here in zip(LONG.findall(written), LONG.findall(printed)):
            there, here = normal(there), normal(here)
            for known, known_here in self.here.items():
                if known == there and known_here != here:
                    return "%s was %s before, and is %s now" % (there, known_here, here)
                if distance(there, known) not in (None, distance(here, known_here)):
                    return "%s is not as far from %s as %s from %s" % (
                        here, known_here, there, known)
            self.here[there] = here
        return None


def masked(line):
    line = LONG.sub("NUMBER", line)
    for pattern, name in VARYING:
        line = re.sub(pattern, name, line)
    return " ".join(line.split())


def lines(text):
    return [line for line in text.splitlines() if line.strip()]


def differences(written, printed, numbers):
    """None, or what is different between a document's lines and those that were printed."""
    at = 0
    skipping = False
    for line in written:
        if line == "...":
            skipping = True
            continue
        while skipping and at < len(printed) and masked(printed[at]) != masked(line):
            at += 1
        if at == len(printed):
            return "'%s' was not printed" % line
        if masked(printed[at]) != masked(line):
            return "'%s' was printed, not '%s'" % (printed[at], line)
        problem = numbers.learn(line, printed[at])
        if problem:
            return "%s, in '%s'" % (problem, printed[at])
        skipping = False
        at += 1
    return None if skipping or at == len(printed) else "'%s' was printed, too" % printed[at]


def sessions(text):
    """For each command of the shell, [(command, what is printed)]: itself, and what is then typed in
    gdb."""
    found = []
    for language, block in re.findall(r"(?ms)^```(\w*)\n(.*?)^```$", text):
        parts = [] if language else PROMPT.split(block)[1:]
        for prompt, command, printed in zip(parts[::3], parts[1::3], parts[2::3]):
            if prompt == "$":
                found.append([])
            found[-1].append((command, lines(printed)))
    return found


class Follower:
    """folder: where all is typed. ebb: the harness.ebb.Ebb."""

    def __init__(self, ebb, folder):
        self.ebb = ebb
        self.folder = folder
        self.numbers = Numbers()
        self.environment = {
            **os.environ, "EBB": ROOT, "LC_ALL": "C", "DEBUGINFOD_URLS": "",
            "PATH": os.path.dirname(ebb.path) + ":" + os.environ["PATH"]}

    def shell(self, command):
        result = process.run(["sh", "-c", self.numbers.replaced(command) + " 2>&1"],
                             process.WATCHDOG, cwd=self.folder, env=self.environment)
        if result.status != 0:
            raise AssertionError(result.describe())
        return result.text()

    def gdb(self, command, typed):
        """What each of the commands prints in the gdb that the first one starts."""
        path = os.path.join(self.folder, "typed.py")
        with open(path, "w") as file:
            file.write(SCRIPT % ([self.numbers.replaced(one) for one in typed],))
        text = self.shell(command + " -- -nx -batch -ex 'set width 0' -ex 'set confirm off' "
                          "-x typed.py")
        text = re.sub(r"(?m)^\[Inferior 1 .* detached\]\n", "", text)
        return re.split(r"(?m)^> .*\n", text)[1:]

    def follow(self, session):
        """Yields (command, None or what is different) for each command of a session. Those of gdb are
        typed in one go, with the numbers that are known in front of them."""
        (command, written), typed = session[0], session[1:]
        if typed:
            texts = self.gdb(command, [one for one, _ in typed])
        else:
            typed, texts = [(command, written)], [self.shell(command)]
        for (one, written), text in zip(typed, texts):
            yield one, differences(written, lines(text), self.numbers)
