# SPDX-License-Identifier: GPL-3.0-or-later
"""Who wrote, or read, this last or next."""

import re

import gdb

from . import hits, searches, server, trail

SIZE_MAX = 1 << 20


class Target:
    """Memory that is looked at: typed, or bytes at a physical address."""

    def __init__(self, expression, physical):
        self.text = server.printable(expression)
        self.physical = physical
        if physical:
            self.parse_physical(expression)
            return
        value = server.evaluate(expression)
        if value.is_optimized_out or value.address is None:
            raise gdb.GdbError(
                f"'{self.text}' is not in memory here: it is a number, in a register or a part of "
                "a byte; give something like *(long *)0x40001000")
        self.type = value.type
        self.address = int(value.address) & server.ADDRESS
        self.size = value.type.sizeof
        if not 0 < self.size <= SIZE_MAX:
            raise gdb.GdbError(
                f"'{self.text}' has {self.size} bytes; 1 byte to 1 MiB can be searched")

    def parse_physical(self, expression):
        address, _, size = expression.partition(",")
        self.address = int(server.evaluate(address))
        self.size = int(server.evaluate(size)) if size else 4

    def value(self):
        """What is there now."""
        if self.physical:
            answer = server.monitor("xp /%dxb 0x%x" % (min(self.size, 16), self.address))
            return " ".join(re.findall(r"\b0x([0-9a-f]{2})\b", answer)) or "?"
        try:
            pointer = gdb.Value(self.address).cast(self.type.pointer())
            return server.shown(pointer.dereference())
        except gdb.error as error:
            return f"<{error}>"


def parse(argument):
    """(expression, what to look for)"""
    reads = physical = False
    while True:
        word, _, rest = argument.partition(" ")
        if word == "-r":
            reads = True
        elif word == "-p":
            physical = True
        elif word == "--":
            argument = rest.strip()
            break
        else:
            break
        argument = rest.strip()
    if argument.endswith(" -r"):
        reads, argument = True, argument[:-3].rstrip()
    kind = "read" if reads else "write"
    return Target(argument, physical), ("physical-" + kind if physical else kind), reads


def tell(target, step, who, reads):
    """What has happened in the step that begins here."""
    place = server.grouped(step)
    before = target.value()
    if reads:
        print(f"{target.text} = {before} is read at position {place}")
        return
    end = server.place()[2]
    after = "?"
    if step < end:
        server.go(step + 1)
        after = target.value()
        server.go(step)
    if who == "device":
        writer = server.printable(server.monitor("who-wrote %d" % step).strip())
        print(f"{target.text} is written right behind position {place}, {writer}")
    elif who == "reset":
        print(f"{target.text} is changed right behind position {place}, by a reset of the guest")
    else:
        print(f"{target.text} is written at position {place}")
    print(f"old value = {before}\nnew value = {after}")


class Access(server.Command):
    def __init__(self, name):
        self.which = name
        self.__doc__ = HELP[name]
        super().__init__("ebb " + name, gdb.COMPLETE_EXPRESSION)

    def run(self, argument):
        target, kind, reads = parse(argument)
        origin = server.place()[0]
        found = searches.find(self.which, kind, ["0x%x,%d" % (target.address, target.size)])
        if not found:
            when = "before" if self.which == "last" else "after"
            what = "read" if reads else "wrote"
            print(f"nothing {what} {target.text} {when} this; the position is still "
                  f"{server.grouped(origin)}")
            return
        hits.note(target.text, [found.step])
        trail.trail.jumped(origin, found.step)
        tell(target, found.step, found.who, reads)
        trail.arrive()


COMMON = """
Goes to right before that: the instruction that does it is the next to execute. What happens in
the step that begins here is neither last nor next, so that the command can be repeated. A device's
write is found as well, and the device named as far as the log tells; a write of the value that was
there already is one, too. The memory is the one where EXPR is here.

With -r, reads. With -p, EXPR is a physical address, or ADDRESS,LENGTH."""

HELP = {
    "last": "Goes back to who wrote something last.\nUsage: ebb last [-r] [-p] EXPR\n" + COMMON +
            "\nExample:\n    ebb last controller.jobs",
    "next": "Goes to who writes something next.\nUsage: ebb next [-r] [-p] EXPR\n" + COMMON +
            "\nExample:\n    ebb next -r *(int *)0x40001000",
}

Access("last")
Access("next")
