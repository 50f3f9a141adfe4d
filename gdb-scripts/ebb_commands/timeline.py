# SPDX-License-Identifier: GPL-3.0-or-later
"""Where we are, on a line; and in the prompt."""

import re

import gdb

from . import bookmarks, hits, markers, server, trail

WIDTH = 60


def keyframes():
    """Positions of the recording's keyframes."""
    lines = server.monitor("checkpoints").splitlines()
    return [int(line.split()[0]) for line in lines if line.endswith("  keyframe")]


class Timeline(server.Command):
    """Prints the recording as a line: where we are, its keyframes, markers, bookmarks and hits.

Hits are what the last ebb last, next, nth or calls has found.
Example:
    ebb timeline"""

    def __init__(self):
        super().__init__("ebb timeline", kind=gdb.COMMAND_STATUS)

    def run(self, argument):
        position, begin, end = server.place()
        line = ["-"] * WIDTH

        def put(positions, sign):
            for one in positions:
                if begin <= one <= end:
                    line[(one - begin) * (WIDTH - 1) // max(1, end - begin)] = sign

        put(keyframes(), "k")
        put(hits.hits.positions, "x")
        marked = [place for place, _ in markers.all_of("marker")]
        put(marked, "m")
        put((mark["position"] for mark in bookmarks.Store().load()), "b")
        put([position], "O")
        legend = "O here, k keyframe, b bookmark"
        if marked:
            legend += ", m marker"
        if hits.hits.what:
            legend += f", x {hits.hits.what}"
        print(f"|{''.join(line)}| {server.grouped(position)} of {server.grouped(end)} "
              f"({trail.share(position, begin, end)} %); {legend}")


def set_prompt(text):
    """To the bit: gdb's command takes off blanks around it, and reads escape sequences."""
    escaped = re.sub(r"[\\\n]|^\s|\s$", lambda match: "\\%03o" % ord(match[0]), text)
    gdb.execute("set prompt " + escaped)


class Prompt(server.Command):
    """Shows the position in gdb's prompt, or no more.
Usage: ebb prompt on|off
Example:
    ebb prompt on"""

    def __init__(self):
        super().__init__("ebb prompt", None, kind=gdb.COMMAND_STATUS)
        self.hook_before = None
        self.prompt_before = ""

    def choices(self, text, word):
        return [choice for choice in ("on", "off") if choice.startswith(word)]

    def hook(self, current):
        """gdb keeps what this returns as its prompt."""
        if not server.is_remote():
            return self.prompt_before
        try:
            return "(ebb %s) " % server.grouped(server.place()[0])
        except (gdb.error, gdb.GdbError, KeyboardInterrupt):
            return self.prompt_before

    def run(self, argument):
        if argument not in ("on", "off"):
            raise gdb.GdbError("write: ebb prompt on, or: ebb prompt off")
        if argument == "on" and gdb.prompt_hook != self.hook:
            self.hook_before = gdb.prompt_hook
            self.prompt_before = gdb.parameter("prompt")
            gdb.prompt_hook = self.hook
        elif argument == "off" and gdb.prompt_hook == self.hook:
            gdb.prompt_hook = self.hook_before
            set_prompt(self.prompt_before)


Timeline()
Prompt()
