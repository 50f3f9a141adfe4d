# SPDX-License-Identifier: GPL-3.0-or-later
"""Drives the real gdb through its machine interface (GDB/MI), using the commands a person types."""

import os
import re
import shutil
import signal
import subprocess
import threading
import time

from . import ebb as ebb_module
from .guests import ROOT
from .process import WATCHDOG, Timeout, kill_group


def find_gdb():
    return os.environ.get("EBB_GDB") or shutil.which("gdb-multiarch") or "gdb"


def version():
    """The gdb's version, as (13, 1)."""
    text = subprocess.run([find_gdb(), "-nx", "-batch", "-ex", "python print(gdb.VERSION)"],
                          capture_output=True, timeout=WATCHDOG, check=True).stdout.decode()
    return tuple(int(number) for number in re.findall(r"\d+", text)[:2])


def _unquote(text):
    """The contents of a C string as MI prints it."""
    return text.encode().decode("unicode_escape").encode("latin-1").decode(errors="replace")


_FIELD = re.compile(r'([\w-]+)="((?:[^"\\]|\\.)*)"')


def _fields(record):
    """All name="value" pairs of a record, nested ones included; the first of a name counts."""
    found = {}
    for name, value in _FIELD.findall(record):
        found.setdefault(name, _unquote(value))
    return found


class Answer:
    """What came of a command: text, and the fields of the stop if the target ran."""

    def __init__(self, command):
        self.command = command
        self.text = ""
        self.error = None
        self.stop = None

    @property
    def at_end_of_history(self):
        return (self.stop or {}).get("reason") == "no-history" or "No more reverse" in self.text

    @property
    def line(self):
        return int((self.stop or {}).get("line", 0))

    @property
    def function(self):
        return (self.stop or {}).get("func")

    def __repr__(self):
        return "<%s: %r stop %r error %r>" % (self.command, self.text, self.stop, self.error)


class Gdb:
    """A gdb with a recording. Commands are those of gdb's prompt."""

    def __init__(self, elf=None, recording=None, options=(), socket=None):
        self.ebb = ebb_module.current()
        words = [find_gdb(), "-nx", "-q", "--interpreter=mi3"]
        self.child = subprocess.Popen(
            words + ([elf] if elf else []), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True, cwd=ROOT,
            env={**os.environ, "DEBUGINFOD_URLS": "", "LC_ALL": "C"})
        self.transcript = []
        self._token = 0
        self._lines = []
        self._ended = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        for setting in ("pagination off", "confirm off", "width 0", "height 0",
                        "remotetimeout %d" % WATCHDOG, "print inferior-events off"):
            self.run("set " + setting)
        if recording:
            self.connect(recording, options)
        elif socket:
            self.run("target remote " + socket)

    def connect(self, recording, options=()):
        command = [self.ebb.path, "replay", "--stdio", *options, recording]
        self.run("target remote | " + " ".join(command))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        try:
            self.child.stdin.write(b"-gdb-exit\n")
            self.child.stdin.flush()
            self.child.wait(10)
        except (BrokenPipeError, subprocess.TimeoutExpired):
            pass
        kill_group(self.child)
        self._thread.join(10)
        self.child.stdout.close()
        self.child.stdin.close()

    def _read(self):
        for line in self.child.stdout:
            with self._changed:
                self._lines.append(line.decode(errors="replace").rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _next_line(self, deadline, command):
        with self._changed:
            while not self._lines:
                left = deadline - time.monotonic()
                if self._ended or left <= 0:
                    what = "ended" if self._ended else "did not answer"
                    raise Timeout("gdb %s during '%s':\n%s" %
                                  (what, command, "\n".join(self.transcript[-15:])))
                self._changed.wait(left)
            line = self._lines.pop(0)
        self.transcript.append(line)
        return line

    def _take(self, line, answer):
        """Adds one line of output to the answer; returns the class of a result record."""
        if line[:1] in "~@&" and line[1:2] == '"':
            answer.text += _unquote(line[2:-1])
        elif line.startswith("*stopped"):
            answer.stop = _fields(line)
        elif line.startswith("%d^" % self._token):
            result = line.split("^", 1)[1].split(",", 1)[0]
            if result == "error":
                answer.error = _fields(line).get("msg", line)
            return result
        return None

    def start(self, command):
        """Sends a command without waiting for what comes of it."""
        quoted = command.replace("\\", "\\\\").replace('"', '\\"')
        return self._send(command, '-interpreter-exec console "%s"' % quoted)

    def _send(self, command, record):
        self._token += 1
        self.transcript.append("(gdb) " + command)
        self.child.stdin.write(b"%d%s\n" % (self._token, record.encode()))
        self.child.stdin.flush()
        return Answer(command)

    def mi(self, command, timeout=WATCHDOG):
        """Runs a command of GDB/MI itself; its result record is in the transcript."""
        answer = self.finish(self._send(command, command), timeout)
        if answer.error is not None:
            raise AssertionError("gdb: '%s' failed: %s" % (command, answer.error))
        return answer

    def wait_for(self, text, answer, timeout=WATCHDOG):
        """Waits for a line of gdb's output that contains the text."""
        deadline = time.monotonic() + timeout
        while text not in self.transcript[-1]:
            self._take(self._next_line(deadline, answer.command), answer)

    def finish(self, answer, timeout=WATCHDOG, running=False):
        """Waits for the end of a started command."""
        deadline = time.monotonic() + timeout
        result = "running" if running else None
        while result is None or (result == "running" and answer.stop is None):
            result = self._take(self._next_line(deadline, answer.command), answer) or result
        if result == "error":
            answer.text += answer.error or ""
        return answer

    def try_run(self, command, timeout=WATCHDOG):
        """Runs a command that may fail: see .error."""
        return self.finish(self.start(command), timeout)

    def run(self, command, timeout=WATCHDOG):
        answer = self.try_run(command, timeout)
        if answer.error is not None:
            raise AssertionError("gdb: '%s' failed: %s" % (command, answer.error))
        return answer

    def interrupt(self):
        """Ctrl-C."""
        os.kill(self.child.pid, signal.SIGINT)

    def value(self, expression):
        """An expression's value as gdb prints it."""
        return self.run("output " + expression).text

    def number(self, expression):
        return int(self.value("/d (long long) (" + expression + ")"))

    def pc(self):
        return self.number("$pc") & 0xffffffffffffffff

    def position(self):
        match = re.search(r"position (\d+)", self.run("monitor position").text)
        return int(match.group(1))

    def ends(self):
        """The first and the last position."""
        match = re.search(r"of (\d+) to (\d+)", self.run("monitor position").text)
        return int(match.group(1)), int(match.group(2))

    def digest(self):
        return re.search(r"registers \w+ ram \w+", self.run("monitor digest").text).group(0)

    def seek(self, position):
        """To a position, without a trace in the places that ebb back knows."""
        answer = self.run("monitor seek %s" % position)
        self.run("maintenance flush register-cache")
        return answer

    def registers(self):
        return self.run("info registers").text

    def source_line(self):
        match = re.search(r"Line (\d+)", self.run("info line *$pc").text)
        return int(match.group(1)) if match else 0
