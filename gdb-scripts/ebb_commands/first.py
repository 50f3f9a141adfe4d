# SPDX-License-Identifier: GPL-3.0-or-later
"""The first position at which a condition holds."""

import re

import gdb

from . import conditions, hits, positions, searches, server, trail

DOUBTS = 4  # looks on either side of what was found
HOPES = 14  # looks in between if it does not hold at the end
STEPS_MAX = 1000000  # of a scan at each instruction: some minutes


def holds_at(expression, position):
    """None: it has no value there."""
    server.go(position)
    if server.place()[0] != position:
        raise gdb.GdbError(f"position {server.grouped(position)} cannot be reached")
    try:
        return conditions.holds(expression)
    except conditions.Unknown:
        return None


def why_not(expression):
    """Why it has no value here."""
    try:
        conditions.holds(expression)
    except conditions.Unknown as unknown:
        return server.printable(str(unknown)).rstrip(".")
    return "but it has one here"


def next_write(places):
    """Where the next step begins that writes one of the places; None: there is none."""
    while True:
        answer = searches.ask("on", "write", places)
        match = searches.FOUND.search(answer)
        if match:
            return int(match[1])
        if "searched until" not in answer:
            return None


def scan_writes(expression, memory, first, last):
    """Behind each write to what the condition depends on."""
    places = ["0x%x,%d" % place for place in memory]
    if holds_at(expression, first):
        return first
    while True:
        step = next_write(places)
        if step is None or step >= last:
            return None
        if holds_at(expression, step + 1):
            return step + 1


def scan_steps(expression, first, last):
    if last - first > STEPS_MAX:
        raise gdb.GdbError(f"-scan would look at {server.grouped(last - first)} instructions; "
                           f"-from and -to make that less, {server.grouped(STEPS_MAX)} at most")
    return next((position for position in range(first, last + 1)
                 if holds_at(expression, position)), None)


class Bisection:
    """Looks at some positions, and believes that the condition goes on holding behind the first at
    which it holds."""

    def __init__(self, expression, first, last):
        self.expression = expression
        self.known = {}
        self.found = self.search(first, last)

    def holds(self, position):
        if position not in self.known:
            self.known[position] = holds_at(self.expression, position)
        return self.known[position]

    def middle(self, first, last):
        """Of the widest gap between what was looked at; None: there is none."""
        places = [place for place in sorted(self.known) if first <= place <= last]
        gap, before = max(((after - one, one) for one, after in zip(places, places[1:])),
                          default=(0, 0))
        return before + gap // 2 if gap > 1 else None

    def look_around(self, first, last, times):
        for _ in range(times):
            place = self.middle(first, last)
            if place is None or self.holds(place):
                return

    def earliest(self):
        return min((place for place, holds in self.known.items() if holds), default=None)

    def narrow(self, bad):
        """From the last position before at which it does not hold."""
        good = max(place for place in self.known if place < bad)
        while bad - good > 1:
            place = good + (bad - good) // 2
            if self.holds(place):
                bad = place
            else:
                good = place
        return bad

    def search(self, first, last):
        if self.holds(first):
            return first
        if not self.holds(last):
            self.look_around(first, last, HOPES)
        found = None
        while self.earliest() != found:
            found = self.narrow(self.earliest())
            self.look_around(first, found - 1, DOUBTS)
        if found is not None:
            for place in (found + 1, (found + last) // 2):
                self.holds(min(place, last))
        return found

    def doubt(self):
        """A position behind at which it does not hold; None: there is none among those known."""
        return min((place for place, holds in self.known.items()
                    if place > self.found and holds is False), default=None)


def parse(argument):
    """(whether to scan, first and last position, expression)"""
    begin, end = server.place()[1:]
    scan = False
    while True:
        match = re.match(r"-(?:(scan)|(from|to)\s+(\S+))\s+", argument)
        if not match:
            break
        if match[1]:
            scan = True
        elif match[2] == "from":
            begin = positions.parse(match[3])
        else:
            end = positions.parse(match[3])
        argument = argument[match.end():]
    if not argument or re.match(r"-(scan|from|to)(\s|$)", argument):
        raise gdb.GdbError("which condition? write: ebb first CONDITION")
    match = re.match(r"-[A-Za-z][\w-]*(?=\s+[\w$])", argument)
    if match:
        raise gdb.GdbError(f"{match[0]} is no option: there are -scan, -from and -to")
    server.require_looking(argument)
    if begin > end:
        raise gdb.GdbError("-from is behind -to")
    return scan, begin, end, argument


def tell_operands(expression):
    for text in conditions.operands(expression):
        try:
            print(f"{server.printable(text)} = {server.shown(conditions.evaluate(text))}")
        except (conditions.Unknown, gdb.error):
            pass


class First(server.Command):
    """Goes to the first position at which a condition holds.
Usage: ebb first [-scan] [-from POSITION] [-to POSITION] CONDITION

CONDITION is any expression that is true or false. One of global variables or memory at a fixed
address is looked at behind each write to them, so that what is found is the first, as long as the
guest maps no other memory at their addresses. Another one is looked at some 30 times, as if it held
from the first time on: if it comes and goes, another time may be found. -scan then finds the first,
by looking at each instruction. Where the condition has no value, because a variable is out of scope
or memory is not mapped, it does not hold.
Example:
    ebb first controller.taken > 16"""

    def __init__(self):
        super().__init__("ebb first", gdb.COMPLETE_EXPRESSION)

    def find(self, scan, first, last, expression):
        """(position, bisection); None each if there is none."""
        memory = conditions.memory(expression)
        if memory:
            return scan_writes(expression, memory, first, last), None
        if scan:
            return scan_steps(expression, first, last), None
        bisection = Bisection(expression, first, last)
        if set(bisection.known.values()) == {None}:
            raise gdb.GdbError(f"'{server.printable(expression)}' has no value at any of the "
                               f"{len(bisection.known)} positions that were looked at: "
                               f"{why_not(expression)}")
        return bisection.found, bisection

    def run(self, argument):
        origin = server.place()[0]
        scan, first, last, expression = parse(argument)
        text = server.printable(expression)
        try:
            found, bisection = self.find(scan, first, last, expression)
        except BaseException:
            server.go(origin)
            raise
        if found is None:
            server.go(origin)
            where = ("at any position that was looked at; ebb first -scan looks at each"
                     if bisection else "at any position")
            print(f"{text} does not hold {where}; the position is still {server.grouped(origin)}")
            return
        server.go(found)
        hits.note(text, [found])
        trail.trail.jumped(origin, found)
        print(f"{text} holds {'already at the first,' if found == first else 'first at'} position "
              f"{server.grouped(found)}")
        behind = bisection and bisection.doubt()
        if behind:
            print(f"it no longer holds at position {server.grouped(behind)}: it may have held "
                  "before for a while, too; ebb first -scan looks at each position")
        tell_operands(expression)
        trail.arrive()


First()
