# SPDX-License-Identifier: GPL-3.0-or-later
"""Drives a debug adapter through the Debug Adapter Protocol, as an IDE does."""

import json
import os
import time

from .guests import ROOT
from .process import WATCHDOG, Process, Timeout


class Refused(Exception):
    """A request's response said that it failed."""


class Dap:
    """An adapter that talks over its standard input and output. environment: what is changed."""

    def __init__(self, command, environment=None):
        self.process = Process(command, cwd=ROOT, env={
            **os.environ, "DEBUGINFOD_URLS": "", "LC_ALL": "C", **(environment or {})})
        self.messages = []  # that nobody has waited for yet
        self.transcript = []
        self._sequence = 0

    def close(self):
        self.process.close()

    def _read(self, timeout):
        """The next message."""
        header = self.process.expect(r"(?i)content-length: *(\d+)\r\n([^\r\n]+\r\n)*\r\n", timeout)
        text = self.process.expect(r"(?s).{%d}" % int(header[1]), timeout)[0].decode()
        self.transcript.append("< " + text)
        return json.loads(text)

    def wait(self, wanted, what, timeout=WATCHDOG):
        """The first message not taken yet for which wanted(message) holds; it is taken."""
        for message in self.messages:
            if wanted(message):
                self.messages.remove(message)
                return message
        deadline = time.monotonic() + timeout
        while True:
            try:
                message = self._read(deadline - time.monotonic())
            except Timeout as problem:
                raise Timeout("no %s: %s\n%s" % (
                    what, problem, "\n".join(self.transcript[-30:]))) from None
            if wanted(message):
                return message
            self.messages.append(message)

    def send(self, command, **arguments):
        """Sends a request; returns its number."""
        self._sequence += 1
        text = json.dumps({"seq": self._sequence, "type": "request", "command": command,
                           "arguments": arguments})
        self.transcript.append("> " + text)
        self.process.send("Content-Length: %d\r\n\r\n%s" % (len(text.encode()), text))
        return self._sequence

    def answer(self, number):
        """The response to a request that was sent."""
        return self.wait(lambda message: message["type"] == "response" and
                         message["request_seq"] == number, "response to request %d" % number)

    def request(self, command, **arguments):
        """Sends a request and returns its response's body; raises Refused if it failed."""
        response = self.answer(self.send(command, **arguments))
        if not response["success"]:
            raise Refused("%s: %s" % (command, response.get("message")))
        return response.get("body") or {}

    def event(self, name):
        return self.wait(lambda message: message["type"] == "event" and message["event"] == name,
                         "event " + name).get("body") or {}

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
