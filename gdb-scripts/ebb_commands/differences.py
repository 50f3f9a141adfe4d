# SPDX-License-Identifier: GPL-3.0-or-later
"""What is different at two positions."""

import gdb

from . import positions, server


def general_registers():
    frame = gdb.newest_frame()
    names = [register.name for register in frame.architecture().registers("general")]
    return ["$" + name for name in names]


class Missing(str):
    """Why an expression has no value."""


def value(expression):
    try:
        return server.shown(gdb.parse_and_eval(expression))
    except gdb.error as error:
        if server.FORBIDDEN in str(error):
            raise gdb.GdbError(f"'{server.printable(expression)}': {server.reason(error)}") from None
        return Missing(f"<{server.printable(str(error))}>")


class Diff(server.Command):
    """Compares the values of expressions at two positions.
Usage: ebb diff POSITION1 POSITION2 [EXPR]...

Without EXPR, the general registers; of those, only what differs is printed. A position is one word
as ebb goto has it. An EXPR with blanks is put in quotes. Where we are does not change.
Example:
    ebb diff -1000 +0 total items[0]"""

    def __init__(self):
        super().__init__("ebb diff", gdb.COMPLETE_EXPRESSION)

    def run(self, argument):
        words = gdb.string_to_argv(argument)
        if len(words) < 2:
            raise gdb.GdbError("compare what? write: ebb diff POSITION1 POSITION2 EXPR...")
        places = [positions.parse(word) for word in words[:2]]
        expressions, values = words[2:], []
        for expression in expressions:
            server.require_looking(expression)
        with server.Return():
            for position in places:
                server.go(position)
                expressions = expressions or general_registers()
                values.append([value(expression) for expression in expressions])
        for expression, before, after in zip(expressions, *values):
            if words[2:] and isinstance(before, Missing) and isinstance(after, Missing):
                raise gdb.GdbError(f"'{server.printable(expression)}' has no value at either "
                                   f"position: {before[1:-1].rstrip('.')}")
        same = 0
        width = max(len(expression) for expression in expressions)
        for expression, before, after in zip(expressions, *values):
            if before == after:
                same += 1
                if words[2:]:
                    print(f"  {server.printable(expression):<{width}}  {before}")
            else:
                print(f"* {server.printable(expression):<{width}}  {before} -> {after}")
        if same == len(expressions):
            print(f"no difference between {server.grouped(places[0])} and "
                  f"{server.grouped(places[1])}")


Diff()
