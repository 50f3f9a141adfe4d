# SPDX-License-Identifier: GPL-3.0-or-later
"""A child process whose output is waited for, never slept for. Everything has a watchdog."""

import contextlib
import os
import re
import signal
import subprocess
import threading
import time


# Seconds. Tests are bounded by the work that they do; this is for what hangs, and nothing that
# works comes near it, however busy the machine is.
WATCHDOG = 600


class Timeout(AssertionError):
    """Something took too long; the message has the output so far."""


def kill_group(child):
    """Ends a child that leads a process group of its own, with all that is in the group."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    child.wait()


@contextlib.contextmanager
def guarded(child, timeout=WATCHDOG):
    """For a Popen whose pipes a test reads by itself: it is killed when it takes too long, which
    ends the pipes, and behind the block, where they are closed."""
    timer = threading.Timer(timeout, child.kill)
    timer.start()
    try:
        yield child
    finally:
        timer.cancel()
        child.kill()
        child.wait()
        for stream in (child.stdout, child.stderr):
            stream.close()


class Process:
    """Runs a command in a process group of its own, collecting stdout and stderr."""

    def __init__(self, command, **options):
        self.command = [str(word) for word in command]
        self.child = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True, **options)
        self.output = b""
        self.errors = b""
        self._seen = 0
        self._open = 2
        self._changed = threading.Condition()
        self._threads = [
            threading.Thread(target=self._read, args=(self.child.stdout, "output"), daemon=True),
            threading.Thread(target=self._read, args=(self.child.stderr, "errors"), daemon=True)]
        for thread in self._threads:
            thread.start()

    def _read(self, stream, name):
        while True:
            data = os.read(stream.fileno(), 65536)
            with self._changed:
                setattr(self, name, getattr(self, name) + data)
                self._open -= not data
                self._changed.notify_all()
            if not data:
                return

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Kills what is left and frees everything."""
        kill_group(self.child)
        for thread in self._threads:
            thread.join()
        for stream in (self.child.stdin, self.child.stdout, self.child.stderr):
            try:
                stream.close()
            except BrokenPipeError:
                pass

    def describe(self):
        text = (self.output[-3000:] + b"\n--- standard error:\n" + self.errors[-3000:])
        return "%s\n%s" % (" ".join(self.command), text.decode(errors="replace"))

    def expect(self, pattern, timeout=WATCHDOG):
        """Waits for a match in the output behind the last one; returns the match."""
        expression = re.compile(pattern.encode() if isinstance(pattern, str) else pattern)

        def find():
            match = expression.search(self.output, self._seen)
            if match:
                self._seen = match.end()
            return match

        return self._wait_until(find, pattern, timeout)

    def wait_for(self, text, timeout=WATCHDOG):
        """Waits for a text that is printed anywhere, or has been; also as an error."""
        wanted = text.encode()
        self._wait_until(lambda: wanted in self.output or wanted in self.errors, text, timeout)

    def _wait_until(self, find, what, timeout):
        """Waits for find() to find something, and returns that."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                found = find()
                if found:
                    return found
                left = deadline - time.monotonic()
                if not self._open or left <= 0:
                    raise Timeout("%s while waiting for %r: %s" % (
                        "timed out" if self._open else "ended", what, self.describe()))
                self._changed.wait(left)

    def skip(self):
        """Passes over what has been read so far."""
        with self._changed:
            self._seen = len(self.output)

    def send(self, data):
        self.child.stdin.write(data.encode() if isinstance(data, str) else data)
        self.child.stdin.flush()

    def signal(self, number):
        """To the command itself, not to what it started."""
        self.child.send_signal(number)

    def wait(self, timeout=WATCHDOG):
        """Waits for the end; returns the exit status."""
        try:
            status = self.child.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Timeout("did not end within %d s: %s" % (timeout, self.describe())) from None
        for thread in self._threads:
            thread.join()
        return status

    def text(self):
        return self.output.decode(errors="replace").replace("\r\n", "\n")


def run(command, timeout=WATCHDOG, **options):
    """Runs a command to its end; returns the Process, its exit status in .status."""
    with Process(command, **options) as process:
        process.child.stdin.close()
        process.status = process.wait(timeout)
        return process


def interrupt(number):
    """In a child, as its preexec_fn: the signal is there before its program begins."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {number})
    os.kill(os.getpid(), number)


def only_child(pid):
    """The process that another one has started."""
    with open("/proc/%d/task/%d/children" % (pid, pid)) as children:
        (child,) = children.read().split()
        return int(child)


def _status(pid, name):
    with open("/proc/%d/status" % pid) as status:
        return int(re.search(r"%s:\s*(\d+) kB" % name, status.read()).group(1)) << 10


def waits_for(pid, number):
    """Whether a process has blocked a signal, so as to look for it."""
    with open("/proc/%d/status" % pid) as status:
        blocked = re.search(r"SigBlk:\s*(\w+)", status.read()).group(1)
    return bool(int(blocked, 16) >> number - 1 & 1)


def peak_memory(pid):
    """The most bytes that a process has had in memory at once."""
    return _status(pid, "VmHWM")


def private_memory(pid):
    """The bytes of its own, neither shared nor of a file, that it has in memory."""
    return _status(pid, "RssAnon")
