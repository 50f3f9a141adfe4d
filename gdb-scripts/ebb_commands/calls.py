# SPDX-License-Identifier: GPL-3.0-or-later
"""How often a location is reached, and what each time was like."""

import re

import gdb

from . import hits, positions, searches, server, trail

LOCATIONS_MAX = 30
LINES = 20


def addresses(location):
    """Where breakpoints for a location would be."""
    if not location:
        raise gdb.GdbError("which location? write one as for gdb's break")
    if re.search(r"\sif\b|\sif\(", location):
        raise gdb.GdbError("a location is searched without conditions")
    try:
        # Says what is wrong, where a breakpoint would wait for it. gdb 13 crashes at a lone "*".
        if location.startswith("*"):
            server.evaluate(location[1:].strip())
        else:
            gdb.decode_line(location)
        breakpoint = gdb.Breakpoint(location, internal=True)
    except gdb.error as error:
        raise gdb.GdbError(
            f"'{server.printable(location)}': {server.printable(str(error))}") from None
    try:
        if breakpoint.pending:
            raise gdb.GdbError(f"there is no '{server.printable(location)}'")
        if hasattr(breakpoint, "locations"):
            found = [place.address for place in breakpoint.locations]
        else:  # gdb 12
            found = [place.pc for place in gdb.decode_line(breakpoint.location)[1] or ()]
    finally:
        breakpoint.delete()
    found = sorted(set("0x%x" % (address & server.ADDRESS) for address in found))
    if len(found) > LOCATIONS_MAX:
        raise gdb.GdbError(f"{server.printable(location)} stands for {len(found)} places; choose "
                           f"{LOCATIONS_MAX} at most")
    return found


def search(which, found):
    """The position of the last or next time, to which we have gone; None: there is none."""
    hit = searches.find(which, "execute", found)
    return hit.step if hit else None


def times(number):
    return "once" if number == 1 else "%s times" % server.grouped(number)


class Count(server.Command):
    """Tells how often a location is reached in the recording.
Usage: ebb count LOCATION

LOCATION is one that gdb's break takes. Ctrl-C ends the count and prints it as far as it got.
Example:
    ebb count do_sys_open"""

    def __init__(self):
        super().__init__("ebb count", gdb.COMPLETE_LOCATION)

    def run(self, argument):
        found = addresses(argument)
        before, after = (searches.Counter("execute", found) for _ in range(2))
        at_least = ""
        with server.Return() as origin:
            begin, end = server.place()[1:]
            try:
                after.run(end)
                server.go(begin)
                before.run(origin)
            except KeyboardInterrupt:
                at_least = "at least "
        print(f"{server.printable(argument)} is reached {at_least}"
              f"{times(before.count + after.count)}: {server.grouped(before.count)} before this, "
              f"{server.grouped(after.count)} from here on")


class Nth(server.Command):
    """Goes to where a location is reached for the n-th time.
Usage: ebb nth N LOCATION

With a negative N it is counted from the end: -1 is the last time.
Example:
    ebb nth 3 do_sys_open"""

    def __init__(self):
        super().__init__("ebb nth", None)

    def choices(self, text, word):
        if " " not in text:
            return []
        lines = server.capture("complete break " + word).splitlines()
        return [line[len("break "):] for line in lines]

    def run(self, argument):
        number, _, location = argument.partition(" ")
        if not re.fullmatch(r"-?\d{1,18}", number) or int(number) == 0:
            raise gdb.GdbError("which time? write: ebb nth N LOCATION")
        found = addresses(location.strip())
        origin = server.place()[0]
        try:
            step = (self.from_begin(int(number), found) if int(number) > 0
                    else self.from_end(-int(number), found))
        except KeyboardInterrupt:
            server.go(origin)
            raise
        if step is None:
            server.go(origin)
            print(f"{server.printable(location)} is not reached {times(abs(int(number)))}; the "
                  f"position is still {server.grouped(origin)}")
            return
        hits.note(server.printable(location), [step])
        trail.trail.jumped(origin, step)
        trail.arrive()

    def from_begin(self, number, found):
        begin, end = server.place()[1:]
        counter = searches.Counter("execute", found)
        server.go(begin)
        counter.run(end, number)
        return server.place()[0] if counter.count == number else None

    def from_end(self, number, found):
        server.go("end")
        step = None
        for _ in range(number):
            step = search("last", found)
            if step is None:
                return None
        return step


def arguments(frame):
    """x=1, y=2; empty if that is not known."""
    try:
        block = frame.block()
    except RuntimeError:
        return ""
    while block.function is None and block.superblock:
        block = block.superblock
    texts = []
    for symbol in block:
        if symbol.is_argument:
            try:
                texts.append("%s=%s" % (symbol.name, server.shown(symbol.value(frame), 40)))
            except gdb.error as error:
                texts.append("%s=<%s>" % (symbol.name, error))
    return ", ".join(texts)


def describe_call():
    """(the call, its caller), as far as they can be told."""
    frame = gdb.newest_frame()
    call = "%s (%s)" % (frame.name() or "0x%x" % frame.pc(), arguments(frame))
    try:
        caller = frame.older()
        if caller is None:
            return call, ""
        line = caller.find_sal()
        text = caller.name() or "0x%x" % caller.pc()
        if line.symtab:
            text += " at %s:%d" % (line.symtab.filename, line.line)
        return call, text
    except gdb.error:
        return call, "?"


class Calls(server.Command):
    __doc__ = """Prints when a location is reached, in a table: position, arguments, caller.
Usage: ebb calls [-n N] [-from POSITION] LOCATION

Prints N lines, %d if that is not said, from the beginning of the recording if POSITION is not given
(as one word, as ebb goto has it). Where we are does not change.
Example:
    ebb calls -n 5 -from 50%% do_sys_open""" % LINES

    def __init__(self):
        super().__init__("ebb calls", gdb.COMPLETE_LOCATION)

    def parse(self, argument):
        lines, begin = LINES, None
        while True:
            match = re.match(r"-(n|from)\s+(\S+)\s*", argument)
            if not match:
                return lines, begin, argument
            if match[1] == "from":
                begin = positions.parse(match[2])
            elif match[2].isdigit() and int(match[2]) > 0:
                lines = int(match[2])
            else:
                raise gdb.GdbError("-n is followed by a number of lines")
            argument = argument[match.end():]

    def run(self, argument):
        lines, begin, location = self.parse(argument)
        found = addresses(location)
        hits.note(server.printable(location), [])
        with server.Return():
            server.go(server.place()[1] if begin is None else begin)
            here = int(gdb.parse_and_eval("$pc")) & server.ADDRESS
            step = server.place()[0] if "0x%x" % here in found else search("next", found)
            count = 0
            while step is not None and count < lines:
                self.print_line(step, location, count == 0)
                count += 1
                step = search("next", found)
        if count == 0:
            print(f"{server.printable(location)} is not reached")
        elif step is not None:
            print(f"there are more, the next at position {server.grouped(step)}")

    def print_line(self, step, location, is_first):
        if is_first:
            print(f"{'position':>18}  {'call':<40}  caller")
        call, caller = describe_call()
        hits.note(server.printable(location), [step])
        print(f"{server.grouped(step):>18}  {call:<40}  {caller}".rstrip(), flush=True)


Count()
Nth()
Calls()
