# SPDX-License-Identifier: GPL-3.0-or-later
"""Drives a debug adapter through the Debug Adapter Protocol, as an IDE does."""

import json
import os
import subprocess
import threading
import time

from .guests import ROOT
from .process import WATCHDOG, Timeout, kill_group


class Refused(Exception):
    """A request's response said that it failed."""


class Dap:
    """An adapter that talks over its standard input and output. environment: what is changed."""

    def __init__(self, command, environment=None):
        self.child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True, cwd=ROOT,
            env={**os.environ, "DEBUGINFOD_URLS": "", "LC_ALL": "C", **(environment or {})})
        self.messages = []
        self.transcript = []
        self._sequence = 0
        self._ended = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        kill_group(self.child)
        self._thread.join(10)
        self.child.stdout.close()
        try:
            self.child.stdin.close()
        except BrokenPipeError:
            pass

    def _read_message(self):
        length = 0
        for line in self.child.stdout:
            line = line.strip()
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
            elif not line and length:
                return json.loads(self.child.stdout.read(length))
            elif line:
                self.transcript.append("? " + line.decode(errors="replace"))
        return None

    def _read(self):
        while True:
            message = self._read_message()
            with self._changed:
                if message is None:
                    self._ended = True
                else:
                    self.messages.append(message)
                    self.transcript.append("< " + json.dumps(message))
                self._changed.notify_all()
            if message is None:
                return

    def wait(self, wanted, what, timeout=WATCHDOG):
        """The first message not taken yet for which wanted(message) holds; it is taken."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                for message in self.messages:
                    if wanted(message):
                        self.messages.remove(message)
                        return message
                left = deadline - time.monotonic()
                if self._ended or left <= 0:
                    raise Timeout("%s while waiting for %s:\n%s" % (
                        "the adapter ended" if self._ended else "no answer", what,
                        "\n".join(self.transcript[-30:])))
                self._changed.wait(left)

    def send(self, command, **arguments):
        """Sends a request; returns its number."""
        self._sequence += 1
        text = json.dumps({"seq": self._sequence, "type": "request", "command": command,
                           "arguments": arguments})
        self.transcript.append("> " + text)
        data = text.encode()
        self.child.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))
        self.child.stdin.flush()
        return self._sequence

    def answer(self, number):
        """The response to a request that was sent."""
        return self.wait(lambda message: message["type"] == "response" and
                         message["request_seq"] == number, "the response to request %d" % number)

    def request(self, command, **arguments):
        """Sends a request and returns its response's body; raises Refused if it failed."""
        response = self.answer(self.send(command, **arguments))
        if not response["success"]:
            raise Refused("%s: %s" % (command, response.get("message")))
        return response.get("body") or {}

    def event(self, name):
        return self.wait(lambda message: message["type"] == "event" and message["event"] == name,
                         "the event " + name).get("body") or {}

    def move(self, command, **arguments):
        """A request that moves the guest; returns the body of the event that says it stopped."""
        arguments.setdefault("threadId", 1)
        self.request(command, **arguments)
        return self.event("stopped")

    def start(self, **attach):
        """From the beginning of the session to the first stop; returns the capabilities."""
        capabilities = self.request("initialize", adapterID="ebb", linesStartAt1=True,
                                    columnsStartAt1=True)
        attached = self.send("attach", **attach)
        self.event("initialized")
        self.request("configurationDone")
        response = self.answer(attached)
        if not response["success"]:
            raise Refused("attach: %s" % response.get("message"))
        self.event("stopped")
        return capabilities

    def frame(self):
        """The newest frame of the guest's only thread."""
        return self.request("stackTrace", threadId=1, levels=1)["stackFrames"][0]

    def evaluate(self, expression, context="watch"):
        arguments = {"frameId": self.frame()["id"]} if context == "watch" else {}
        return self.request("evaluate", expression=expression, context=context,
                            **arguments)["result"]

    def command(self, text):
        """What one of gdb's commands prints, typed into the IDE's console."""
        return self.evaluate(text, "repl")
