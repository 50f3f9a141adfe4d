# SPDX-License-Identifier: GPL-3.0-or-later
"""Searches in history: the server makes them in parts, between which Ctrl-C is seen."""

import re

import gdb

from . import server

FOUND = re.compile(r"^found (\d+) (\S+) (0x[0-9a-f]+) by (\w+)$", re.MULTILINE)
COUNTED = re.compile(r"^counted (\d+) until (\d+)$", re.MULTILINE)


class Found:
    def __init__(self, match):
        self.step = int(match[1])
        self.who = match[4]


def ask(how, kind, places):
    return server.move(f"search {how} {kind} {' '.join(places)}")


def find(which, kind, places):
    """The "last" or "next" time of what KIND says: then we are there, else (None) where we were."""
    origin, how = server.place()[0], which
    try:
        while True:
            answer = ask(how, kind, places)
            match = FOUND.search(answer)
            if match:
                return Found(match)
            if "searched until" not in answer:
                break
            how = "on" if which == "next" else which
    except BaseException:
        server.go(origin)
        raise
    server.go(origin)
    return None


class Counter:
    """Counts from here on; where it is interrupted, what it has counted stays."""

    def __init__(self, kind, places):
        self.kind = kind
        self.places = places
        self.count = 0

    def run(self, end, wanted=None):
        """To before a position, or to the time that is wanted: then we are there."""
        while wanted is None or self.count < wanted:
            most = "" if wanted is None else f":{wanted - self.count}"
            match = COUNTED.search(ask(f"{end}{most}", self.kind, self.places))
            if not match:
                raise gdb.GdbError("the server did not count")
            self.count += int(match[1])
            if int(match[2]) >= end:
                return
