# SPDX-License-Identifier: GPL-3.0-or-later
"""The ebb command, and recordings that tests share."""

import json
import os
import re
import shutil
import tempfile

from . import process
from .guests import Guests
from .process import WATCHDOG

CLOCKS = ("CNTVCT_EL0", "CNTPCT_EL0", "CNTVCT", "CNTPCT")
FREQUENCY = 62500000  # of the clock of QEMU's CPUs


class Ebb:
    """One build's commands, and a folder that is thrown away at the end."""

    def __init__(self, build):
        self.build = os.path.abspath(build)
        self.path = os.path.join(self.build, "cli", "ebb")
        self.folder = tempfile.mkdtemp(prefix="ebb-test-")
        self.guests = Guests(os.path.join(self.build, "guests"))
        self.tests = []  # names of the tests of this run
        self._shared = {}
        self._count = 0

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def new_folder(self, name="recording"):
        """The path of a folder that does not exist yet."""
        self._count += 1
        return os.path.join(self.folder, "%s-%d" % (name, self._count))

    def script(self, text):
        """The path of a new shell script."""
        path = self.new_folder("script")
        with open(path, "w") as file:
            file.write("#!/bin/sh\n" + text)
        os.chmod(path, 0o755)
        return path

    def has_test(self, text):
        """Whether a test with the text in its name is part of this run."""
        return any(text in test for test in self.tests)

    def start_recording(self, arguments, options=(), **keywords):
        """Starts `ebb record`; returns the Process, the recording's folder in .recording."""
        recording = self.new_folder()
        recorder = process.Process(
            [self.path, "record", "-o", recording, *options, "--", *arguments], **keywords)
        recorder.recording = recording
        return recorder

    def record(self, arguments, options=(), typed=None, timeout=WATCHDOG, **keywords):
        """Records a guest to its end and returns the Process. typed: pairs of a pattern to wait
        for and what to type then."""
        with self.start_recording(arguments, options, **keywords) as recorder:
            for pattern, answer in typed or ():
                recorder.expect(pattern, timeout)
                recorder.send(answer)
            recorder.status = recorder.wait(timeout)
            if recorder.status != 0:
                raise AssertionError("ebb record ended with %d: %s" %
                                     (recorder.status, recorder.describe()))
            return recorder

    def shared(self, name, make_arguments=None, options=(), typed=None):
        """The recording called so, made at its first use. Returns the finished Process."""
        if name not in self._shared:
            arguments = make_arguments() if make_arguments else self.guests.bare(name)
            self._shared[name] = self.record(arguments, options, typed)
        return self._shared[name]

    def moved(self):
        """A guest that has moved itself: its recording, its file, and by how much."""
        name = "moved-aarch64"
        recorder = self.shared(name, lambda: self.guests.bare(name, cpu="max"))
        slide = re.search("moved by ([0-9a-f]+)", recorder.text()).group(1)
        return recorder.recording, self.guests.elf(name), int(slide, 16)

    def share(self, name, recorder):
        """Makes shared() return a recording that was made elsewhere."""
        self._shared[name] = recorder

    def run(self, *arguments, timeout=WATCHDOG, **keywords):
        return process.run([self.path, *arguments], timeout, **keywords)

    def json(self, *arguments, timeout=WATCHDOG):
        """Runs a command that prints JSON; returns what it says."""
        result = self.run(*arguments, timeout=timeout)
        if result.status != 0:
            raise AssertionError("status %d: %s" % (result.status, result.describe()))
        return json.loads(result.output)

    def info(self, recording):
        return self.json("info", "--json", recording)

    def readings(self, recording):
        """(position, nanoseconds) of each time that the guest has read its clock."""
        return [(event["position"], int(str(event["value"]), 0) * 10**9 // FREQUENCY)
                for event in self.json("dump", "--json", "--kind", "sysreg-read", recording)
                if event.get("register") in CLOCKS]

    def verify(self, recording):
        """Replays all of it. Returns the Process with its exit status in .status."""
        return self.run("verify", recording)


_current = None


def open_build(build):
    global _current
    _current = Ebb(build)
    return _current


def separate():
    """Gives this process, which others were forked beside, a folder of its own."""
    _current.folder = tempfile.mkdtemp(dir=_current.folder)


def current():
    """The Ebb of this run; run.py opens it."""
    return _current
