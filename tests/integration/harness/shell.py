# SPDX-License-Identifier: GPL-3.0-or-later
"""ebb shell, and what its commands print, taken apart."""

import os
import pty
import re
import select
import subprocess

from .commands import number
from .process import WATCHDOG, Process


class Shell:
    """A shell that is told one command after the other through a pipe."""

    def __init__(self, ebb, recording, options=()):
        self.arguments = [ebb.path, "shell", *options, recording]
        self.process = Process(self.arguments)
        self.count = 0

    def close(self):
        self.process.close()

    def run(self, command):
        """What a command that succeeds prints."""
        self.count += 1
        mark = "end of number %d" % self.count
        try:
            self.process.send("%s\necho %s\n" % (command, mark))
        except BrokenPipeError:
            pass
        return self.process.expect(r"(?ms)(.*?)^%s\n" % mark)[1].decode()

    def position(self):
        return number(self.run("position").split("  ")[0])

    def script(self, *commands):
        """Runs commands in a shell of their own, to its end: a CompletedProcess."""
        return subprocess.run(self.arguments, input=os.fsencode("\n".join(commands)),
                              capture_output=True, timeout=WATCHDOG)

    def refused(self, *commands):
        """What the last of the commands fails with: a line."""
        result = self.script(*commands, "echo not refused")
        errors = result.stderr.decode().splitlines()
        if result.returncode == 0 or b"not refused" in result.stdout or len(errors) != 1:
            raise AssertionError("%s gave status %d: %s %s" % (
                commands, result.returncode, result.stdout, result.stderr))
        return errors[0]


class Terminal:
    """A shell at a terminal of 200 columns; what it prints is collected in output."""

    def __init__(self, ebb, recording):
        self.child, self.descriptor = pty.fork()
        if self.child == 0:
            environment = dict(os.environ, TERM="dumb", COLUMNS="200", INPUTRC="/dev/null")
            os.execve(ebb.path, [ebb.path, "shell", recording], environment)
        self.output = ""

    def close(self):
        os.close(self.descriptor)
        os.waitpid(self.child, 0)

    def type(self, text):
        os.write(self.descriptor, text.encode())

    def expect(self, pattern):
        """Waits for a pattern behind what was waited for before; the match."""
        while True:
            match = re.search(pattern, self.output)
            if match:
                self.output = self.output[match.end():]
                return match
            if not select.select([self.descriptor], [], [], WATCHDOG)[0]:
                raise AssertionError("no %r in %r" % (pattern, self.output))
            self.output += os.read(self.descriptor, 65536).decode(errors="replace")
