# SPDX-License-Identifier: GPL-3.0-or-later
"""What is preloaded to make things go wrong; recorders that are killed at one of their operations on the
recording's files, or whose disk is full from one on, by means of tests/faults/file_faults.c."""

import collections
import json
import os
import shutil
import stat
import subprocess

from . import process
from .guests import ROOT

KINDS = ("kill", "half", "full")
GROWING = ("create", "write", "writev")  # the operations that a full disk makes fail

Operation = collections.namedtuple("Operation", "number name")


def build_library(folder, name="file_faults"):
    """Compiles tests/faults/NAME.c, to be preloaded; returns its path."""
    path = os.path.join(folder, name + ".so")
    if not os.path.exists(path):
        subprocess.run(["cc", "-std=c11", "-D_GNU_SOURCE", "-D_LARGEFILE64_SOURCE", "-Wall", "-Wextra",
                        "-Werror", "-O1", "-shared", "-fPIC", "-iquote", ROOT, "-iquote",
                        os.path.join(ROOT, "qemu"), "-o", path,
                        os.path.join(ROOT, "tests", "faults", name + ".c")],
                       check=True, timeout=process.WATCHDOG)
    return path


def trespasser(session, way, when):
    """The environment for an ebb whose QEMU is tests/faults/trespasser.c's."""
    library = build_library(session.folder, "trespasser")
    script = os.path.join(session.folder, "trespassing-qemu")
    if not os.path.exists(script):
        with open(script, "w") as file:
            file.write('#!/bin/sh\nLD_PRELOAD=%s exec %s "$@"\n' % (
                library, os.path.realpath(
                    os.path.join(session.build, "qemu", "qemu-system-aarch64"))))
        os.chmod(script, stat.S_IRWXU)
    return dict(os.environ, EBB_QEMU=script, TRESPASS=way, TRESPASS_AT=str(when))


class FaultyRecorder:
    """Records one guest again and again, each time with another fault."""

    def __init__(self, session, arguments, options):
        self.session = session
        self.arguments = arguments
        self.options = options
        self.preloaded = build_library(session.folder)

    def record(self, fault=None, at=0):
        """Returns the finished Process, with .recording and .status."""
        environment = dict(os.environ, LD_PRELOAD=self.preloaded)
        recording = self.session.new_folder("faulty")
        environment["EBB_FAULT_FOLDER"] = recording
        environment["EBB_FAULT_LOG"] = recording + ".operations"
        if fault:
            environment.update(EBB_FAULT_AT=str(at), EBB_FAULT_KIND=fault)
        command = [self.session.path, "record", "-o", recording, "--accel", "tcg", *self.options, "--",
                   *self.arguments]
        recorder = process.run(command, env=environment)
        recorder.recording = recording
        return recorder

    def operations(self):
        """What a recorder that nothing happens to does, in order."""
        recorder = self.record()
        if recorder.status != 0:
            raise AssertionError(recorder.describe())
        with open(recorder.recording + ".operations") as log:
            found = [Operation(int(number), name) for number, name in map(str.split, log)]
        shutil.rmtree(recorder.recording)
        return found

    def check(self, fault, at):
        """Records with this fault. What is left must replay up to where it ends, or be refused in one
        sentence. Returns what was left: nothing, cut off, complete, or unfinished (no fault came)."""
        recorder = self.record(fault, at)
        left = self._look(recorder, fault)
        shutil.rmtree(recorder.recording, ignore_errors=True)
        return left

    def _look(self, recorder, fault):
        story = "%s at %s\n%s" % (fault, recorder.command, recorder.describe())
        if recorder.status != 0 and not recorder.errors.strip():
            raise AssertionError("failed without a word: " + story)
        verify = self.session.run("verify", "--json", recorder.recording)
        if verify.status == 4 or not os.path.exists(os.path.join(recorder.recording, "manifest.json")):
            sentence = verify.errors.decode().strip()
            if recorder.status == 0 or verify.status not in (1, 2, 4) or "\n" in sentence \
                    or not sentence:
                raise AssertionError("status %d: %s\n%s" % (verify.status, verify.describe(), story))
            return "nothing"
        if verify.status != 0:
            raise AssertionError("status %d: %s\n%s" % (verify.status, verify.describe(), story))
        result = json.loads(verify.output)
        complete = self.session.info(recorder.recording)["complete"]
        if complete and not result["end_state_compared"]:
            raise AssertionError("complete, but the end was not compared: " + story)
        if complete != (recorder.status == 0) and fault == "full":
            raise AssertionError("the disk was full, and ebb record ended with %d: %s" %
                                 (recorder.status, story))
        return "complete" if complete else "cut off"


def sample(operations, fault, most):
    """Some of the operations: of each name the first ones, the last, and some between."""
    chosen = set()
    for name in {operation.name for operation in operations}:
        if fault == "full" and name not in GROWING:
            continue
        numbers = [operation.number for operation in operations if operation.name == name]
        step = max(1, len(numbers) // most)
        chosen.update(numbers[::step][:most], numbers[-1:])
    return sorted(chosen)
