# SPDX-License-Identifier: GPL-3.0-or-later
"""Drives the real LLDB with the commands a person types; lldb_side.py is the half inside of it."""

import json
import os
import re

from . import process
from .guests import ROOT
from .process import WATCHDOG

SIDE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lldb_side.py")


class Lldb:
    """An LLDB. After a command .text has what it printed, .stop where the guest is and why."""

    def __init__(self, program):
        self.process = process.Process(
            [program, "--no-lldbinit", "-b", "-o", "command script import " + SIDE], cwd=ROOT,
            env={**os.environ, "DEBUGINFOD_URLS": "", "LC_ALL": "C"})
        self.text = ""
        self.stop = None

    def close(self):
        self.process.close()

    def try_run(self, command, timeout=WATCHDOG):
        """Runs a command; returns its error, or None."""
        self.process.send(command + "\n")
        answer = json.loads(self.process.expect("\x01(.*)\n", timeout).group(1))
        self.text, self.stop = answer["text"], answer["stop"]
        return answer["error"] if answer["failed"] else None

    def run(self, command, timeout=WATCHDOG):
        error = self.try_run(command, timeout)
        if error is not None:
            raise AssertionError("lldb: '%s' failed: %s" % (command, error))
        return self.text

    def move(self, command):
        """Runs a command that moves the guest; returns the reason of the stop."""
        self.run(command)
        return self.stop["reason"]

    def number(self, expression):
        return int(re.search(r"\) (?:\$\d+ = )?(-?\d+)", self.run("p " + expression)).group(1))

    def position(self):
        return int(re.search(r"position (\d+)",
                             self.run("process plugin packet monitor position")).group(1))
