# SPDX-License-Identifier: GPL-3.0-or-later
"""The places that our commands went to, and back and forward through them."""

import gdb

from . import server

PLACES_MAX = 1000


class Trail:
    """Where jumps began and ended, in order; the last one that was visited is the present one."""

    def __init__(self):
        self.places = []
        self.present = -1
        self.connection = None

    def renew(self):
        """Another connection may be to another recording."""
        connection = gdb.selected_inferior().connection
        number = connection.num if connection else None
        if number != self.connection:
            self.__init__()
            self.connection = number

    def note(self, position):
        """What was ahead is given up for the place."""
        if self.present >= 0 and self.places[self.present] == position:
            return
        del self.places[self.present + 1:]
        self.places.append(position)
        del self.places[:-PLACES_MAX]
        self.present = len(self.places) - 1

    def jumped(self, origin, position):
        self.renew()
        if position != origin:
            self.note(origin)
            self.note(position)

    def step(self, amount, here):
        """The place before or after; None: there is none."""
        self.renew()
        if self.present >= 0 and self.places[self.present] != here and amount < 0:
            self.note(here)  # got here by gdb's own commands: forward comes back
        wanted = self.present + amount
        return wanted if 0 <= wanted < len(self.places) else None


trail = Trail()
after_jump = []  # what is called when one of our commands has moved


def arrive():
    """Shows where a jump ended."""
    print_place()
    for listener in after_jump:
        listener()


def describe_place():
    """Where in the recording we are."""
    position, begin, end = server.place()
    return (f"position {server.grouped(position)} of {server.grouped(end)} "
            f"({share(position, begin, end)} %)")


def print_place():
    """Where we are, in the recording and in the program."""
    print(describe_place())
    gdb.execute("frame")


def share(position, begin, end):
    """In percent, to the nearest; but only the end itself is all of it."""
    length = end - begin
    return min(99, (200 * (position - begin) + length) // (2 * length)) if position < end else 100


def jump(position):
    """Goes to a position, and shows where that is."""
    origin = server.place()[0]
    server.go(position)
    trail.jumped(origin, server.place()[0])
    arrive()


class Walk(server.Command):
    def __init__(self, name, amount, text):
        self.__doc__ = text
        self.amount = amount
        self.which = name
        super().__init__("ebb " + name)

    def run(self, argument):
        if argument:
            raise gdb.GdbError(f"ebb {self.which} takes no arguments")
        wanted = trail.step(self.amount, server.place()[0])
        if wanted is None:
            raise gdb.GdbError(f"there is no place to go {self.which} to")
        server.go(trail.places[wanted])
        trail.present = wanted
        arrive()


Walk("back", -1, """Goes back to where the last jump began.

Jumps are what ebb goto, last, next, nth and bookmark go do. Moves by gdb's own commands are none,
but the place where they ended is kept: ebb forward comes back to it.
Example:
    ebb goto end
    ebb back""")
Walk("forward", 1, """Goes to where ebb back came from.
Example:
    ebb back
    ebb forward""")
