# SPDX-License-Identifier: GPL-3.0-or-later
"""Going to a position, and telling which it is."""

import gdb

from . import positions, server, trail


class Position(server.Command):
    """Prints where in the recording this is.

The position is also left in the convenience variable $position, to come back to:
    ebb position
    set $here = $position
    ...
    ebb goto $here"""

    def __init__(self, name):
        super().__init__(name, kind=gdb.COMMAND_STATUS)

    def run(self, argument):
        gdb.set_convenience_variable("position", server.place()[0])
        print(trail.describe_place())


class Goto(server.Command):
    __doc__ = """Goes to a position of the recording, forwards or backwards.
Usage: ebb goto POSITION

%s
Breakpoints on the way are not hit. ebb back goes back to where this was typed.
Example:
    ebb goto console /Unable to mount/""" % positions.HELP

    def __init__(self, name):
        super().__init__(name, None)

    def choices(self, text, word):
        return positions.complete(text, word)

    def run(self, argument):
        if not argument:
            raise gdb.GdbError("where to? write: ebb goto POSITION")
        trail.jump(positions.parse(argument))


Position("ebb position")
Position("ebb when")
Goto("ebb goto")
Goto("ebb seek")
