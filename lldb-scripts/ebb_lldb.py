# SPDX-License-Identifier: GPL-3.0-or-later
"""LLDB commands for recordings served by ebb: "help ebb" lists them.

"command script import ebb_lldb.py" loads this file. LLDB 21 and newer move back by themselves
("process continue --reverse"). What is here is what LLDB has no word for: the position, and going
to one.
"""

import re

import lldb

POSITION = re.compile(r"^position (\d+) of (\d+) to (\d+)", re.MULTILINE)


class Failed(Exception):
    """Says why; for the user."""


def monitor(debugger, command):
    """Runs one of the server's commands; returns what it prints."""
    result = lldb.SBCommandReturnObject()
    debugger.GetCommandInterpreter().HandleCommand(
        "process plugin packet monitor " + command, result)
    text = (result.GetOutput() or "").split("  packet: ")[0]
    if not result.Succeeded() or "response: E" in (result.GetOutput() or ""):
        raise Failed((text or result.GetError() or "the server does not answer").strip())
    return text


def place(debugger):
    """Returns (position, begin, end) of the recording."""
    match = POSITION.search(monitor(debugger, "position"))
    if not match:
        raise Failed("the server at the other end is not ebb's; connect to one with: "
                     "gdb-remote localhost:PORT, after: ebb replay --listen localhost:PORT RECORDING")
    return tuple(int(group) for group in match.groups())


def grouped(number):
    """1234567 as "1 234 567"."""
    return f"{number:,}".replace(",", " ")


def share(position, begin, end):
    """In percent, to the nearest; but only the end itself is all of it."""
    length = end - begin
    return min(99, (200 * (position - begin) + length) // (2 * length)) if position < end else 100


def describe(debugger):
    position, begin, end = place(debugger)
    return f"position {grouped(position)} of {grouped(end)} ({share(position, begin, end)} %)"


def move_to(debugger, position):
    """LLDB looks anew only where the guest has run. So it continues, which the server takes for the
    seek. Breakpoints are off meanwhile: LLDB steps off the one where it is before it continues."""
    target = debugger.GetSelectedTarget()
    enabled = [breakpoint for breakpoint in target.breakpoint_iter() if breakpoint.IsEnabled()]
    asynchronous = debugger.GetAsync()
    for breakpoint in enabled:
        breakpoint.SetEnabled(False)
    debugger.SetAsync(False)
    try:
        monitor(debugger, f"next-is-seek {position}")
        error = target.GetProcess().Continue()
    finally:
        debugger.SetAsync(asynchronous)
        for breakpoint in enabled:
            breakpoint.SetEnabled(True)
    if error.Fail():
        raise Failed(error.GetCString())


class Command:
    """One of ours; run() returns what to print."""

    def __init__(self, debugger, _):
        self.debugger = debugger

    def __call__(self, debugger, arguments, context, result):
        try:
            result.AppendMessage(self.run(debugger, arguments.strip()).rstrip("\n"))
        except Failed as error:
            result.SetError(str(error))

    def get_short_help(self):
        return self.__doc__.splitlines()[0]

    def get_long_help(self):
        return self.__doc__


class Position(Command):
    """Prints where in the recording this is: how many instructions were executed before."""

    def run(self, debugger, arguments):
        return describe(debugger)


class Goto(Command):
    """Goes to a position of the recording, forwards or backwards.
Usage: ebb goto POSITION

POSITION is a number of instructions since the recording began, +N or -N for a number of
instructions from here, begin, or end. Breakpoints on the way are not hit."""

    def run(self, debugger, arguments):
        if not arguments:
            raise Failed("where to? write: ebb goto POSITION")
        move_to(debugger, arguments)
        return describe(debugger)


class Events(Command):
    """Prints recorded events.
Usage: ebb events [POSITION [COUNT]]

Begins with the first event at or after POSITION (default: here)."""

    def run(self, debugger, arguments):
        return monitor(debugger, f"events {arguments}".strip())


def __lldb_init_module(debugger, _):
    debugger.HandleCommand("command container add --overwrite --help "
                           "'Commands for recordings served by ebb.' ebb")
    for name, kind in (("position", Position), ("goto", Goto), ("seek", Goto), ("events", Events)):
        debugger.HandleCommand(f"command script add --class {__name__}.{kind.__name__} ebb {name}")
