# SPDX-License-Identifier: GPL-3.0-or-later
"""What the guest wrote to its console."""

import re

import gdb

from . import markers, regular, server

LINE = re.compile(r"^ *(\d+)  (.*)$", re.MULTILINE)


def parse(text):
    """/REGEX/, or without slashes."""
    text = text.strip()
    if len(text) > 1 and text[0] == "/" and text[-1] == "/":
        text = text[1:-1]
    try:
        return regular.Regex(text)
    except regular.Wrong as wrong:
        raise gdb.GdbError(f"'{server.printable(text)}' is no POSIX extended regular expression: "
                           f"{server.printable(str(wrong))}") from None


def lines(pattern=None):
    """(position, text) of the lines, of all or of those that match."""
    found = [(int(match[1]), server.printable(match[2]))
             for match in LINE.finditer(server.monitor("console"))]
    return [line for line in found if not pattern or pattern.search(line[1])]


def find(pattern):
    """Where the next line that matches begins; from the beginning on if none follows."""
    here = server.place()[0]
    found = lines(pattern)
    if not found:
        raise gdb.GdbError("the guest wrote no such line")
    after = [position for position, _ in found if position > here]
    if not after:
        print("no such line follows; from the beginning again:")
    return after[0] if after else found[0][0]


class Console(server.Command):
    """Prints what the guest wrote to its console, each line with its position.
Usage: ebb console [/REGEX/]

A > marks the last line that had begun here. With REGEX, a POSIX extended regular expression,
only the lines that it matches are printed; ebb goto console /REGEX/ goes to the next one. Between
the lines stand the guest's markers; ebb goto marker NAME goes to the next one of that name.
Example:
    ebb console /warning|error/"""

    def __init__(self):
        super().__init__("ebb console", kind=gdb.COMMAND_STATUS)

    def run(self, argument):
        here = server.place()[0]
        found = lines(parse(argument) if argument else None)
        if not argument:
            found += [(place, f"[marker {name}]") for place, name in markers.all_of("marker")]
            found.sort(key=lambda line: line[0])
        last = max((i for i, line in enumerate(found) if line[0] <= here), default=None)
        for i, (position, text) in enumerate(found):
            print(f"{'>' if i == last else ' '}{server.grouped(position):>18}  {text}")
        if not found:
            print("the guest wrote no such line" if argument else "the guest wrote nothing")


Console()
