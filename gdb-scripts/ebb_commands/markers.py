# SPDX-License-Identifier: GPL-3.0-or-later
"""The markers that the guest has stored, and what has ended the recording."""

import re

import gdb

from . import server

LINE = re.compile(r"^ *(\d+)  (marker|until) (.*)$", re.MULTILINE)


def all_of(kind):
    """(position, text) of each, in order: "marker" or "until"."""
    found = [(int(match[1]), server.printable(match[3]))
             for match in LINE.finditer(server.monitor("markers")) if match[2] == kind]
    return sorted(found, key=lambda one: one[0])


def find(name):
    """Where the next marker of that name is; from the beginning on if none follows."""
    here = server.place()[0]
    found = [position for position, text in all_of("marker") if text == name]
    if not found:
        raise gdb.GdbError(f"there is no marker '{server.printable(name)}'; ebb console prints them")
    after = [position for position in found if position > here]
    if not after and found[0] != here:
        print("no such marker follows; from the beginning again:")
    return after[0] if after else found[0]


def until():
    """Where the condition was met that has ended the recording."""
    found = all_of("until")
    if not found:
        raise gdb.GdbError("no condition of ebb record --until has ended this recording")
    return found[0][0]


def names(begin):
    """Those that begin so, to complete a word."""
    try:
        return sorted({text for _, text in all_of("marker") if text.startswith(begin)})
    except (gdb.GdbError, gdb.error):
        return []
