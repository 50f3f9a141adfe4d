# SPDX-License-Identifier: GPL-3.0-or-later
"""gdb with the commands of gdb-scripts/ebb.py, and what those print, taken apart."""

import json
import os
import re
import shutil
from unittest import mock

from . import ebb
from .gdb import Gdb
from .guests import ROOT

SCRIPT = os.path.join(ROOT, "gdb-scripts", "ebb.py")


def number(text):
    """1 234 567 as a number."""
    return int(text.replace(" ", ""))


class Commands(Gdb):
    """On a recording that has symbols, at its beginning."""

    def __init__(self, elf, recording, options=()):
        super().__init__(elf)
        self.run("source " + SCRIPT)
        self.connect(recording, options)

    def refused(self, command):
        """What a command says that must fail; a traceback is no answer."""
        answer = self.try_run(command)
        if answer.error is None:
            raise AssertionError("'%s' did not fail: %s" % (command, answer.text))
        if "Traceback" in answer.text or "Error occurred in Python" in answer.text:
            raise AssertionError("'%s' ended with %s" % (command, answer.text))
        return answer.error

    def completed(self, text):
        return self.run("complete " + text).text.splitlines()


def rows(text):
    """(position, rest) of the lines of a table."""
    return [(number(match[1]), match[2])
            for match in re.finditer(r"^[> ] *(\d+(?: \d{3})*)  +(.*)$", text, re.MULTILINE)]


class WithBookmarks:
    """A mixin of tests with a recording of their own, .recording, in which they keep bookmarks, and
    a folder for a user's data, .data; architecture is set."""

    architecture = None

    def setUp(self):
        self.ebb = ebb.current()
        self.data = self.ebb.new_folder("data")
        environment = mock.patch.dict(os.environ, {"XDG_DATA_HOME": self.data})
        environment.start()
        self.addCleanup(environment.stop)
        self.name = "steps-" + self.architecture
        self.recording = self.ebb.new_folder()
        shutil.copytree(self.ebb.shared(self.name).recording, self.recording)

    def bookmarks(self):
        """The file that they are in."""
        names = [name for name in os.listdir(self.recording) if name.startswith("bookmarks-")]
        self.assertEqual(len(names), 1, names)
        return os.path.join(self.recording, names[0])


def damaged_bookmarks(good):
    """What a file of bookmarks may have become, good being one."""
    mark = {"name": "x", "position": 5, "note": "", "place": ""}
    marks = ({**mark, "position": "5"}, {**mark, "name": "a b"}, {**mark, "note": None}, [])
    return [b"", b"{", b"[]", b"\xff\xfe", good[:-5], b'{"bookmarks": 3}', b"[" * 100000,
            *(json.dumps({"bookmarks": [bad]}).encode() for bad in marks),
            good + b" " * (1 << 20)]
