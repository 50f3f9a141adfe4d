# SPDX-License-Identifier: GPL-3.0-or-later
"""gdb commands for recordings served by ebb: "help ebb" lists them.

ebb replay loads this file by itself; elsewhere, "source ebb.py" does. It needs gdb 13.1 or newer.
gdb's own commands move through time already (continue, step, and their reverse- forms). What is
here is what gdb has no word for: the position, and going to one.
"""

import os
import re
import sys
from types import SimpleNamespace

import gdb

POSITION = re.compile(r"^position (\d+) of (\d+) to (\d+)", re.MULTILINE)

WATCHPOINTS = (
    gdb.BP_WATCHPOINT,
    gdb.BP_HARDWARE_WATCHPOINT,
    gdb.BP_READ_WATCHPOINT,
    gdb.BP_ACCESS_WATCHPOINT,
)


def require_ebb():
    """Raises an error the user understands unless gdb is connected to something remote."""
    connection = gdb.selected_inferior().connection
    if connection is None or connection.type not in ("remote", "extended-remote"):
        raise gdb.GdbError(
            "gdb is not connected to a recording; "
            "use: target remote | ebb replay --stdio RECORDING"
        )


def plain(text):
    """What the server printed. gdb 18 hands it to scripts as records of GDB/MI where that is what it
    speaks: @"TEXT"."""
    if not text.startswith('@"'):
        return text
    records = re.findall(r'^@"((?:[^"\\]|\\.)*)"$', text, re.MULTILINE)
    return "".join(records).encode().decode("unicode_escape").encode("latin-1").decode()


def monitor(command):
    """Runs one of the server's commands and returns what it prints."""
    require_ebb()
    try:
        return plain(gdb.execute("monitor " + command, to_string=True))
    except gdb.error as error:
        raise gdb.GdbError(str(error)) from None


def place():
    """Returns (position, begin, end) of the recording."""
    answer = monitor("position")
    match = POSITION.search(answer)
    if not match:
        raise gdb.GdbError("the server at the other end is not ebb's")
    return tuple(int(group) for group in match.groups())


def connected_to_ebb():
    """Whether the server at the other end is ebb's."""
    connection = gdb.selected_inferior().connection
    if connection is None or connection.type not in ("remote", "extended-remote"):
        return False
    try:
        place()
    except (gdb.error, gdb.GdbError):
        return False
    return True


def grouped(number):
    """1234567 as "1 234 567"."""
    return f"{number:,}".replace(",", " ")


def forget_the_present():
    """Makes gdb read everything anew: registers, memory, and the old values of watchpoints."""
    gdb.execute("maintenance flush register-cache", to_string=True)
    gdb.execute("maintenance flush dcache", to_string=True)
    for breakpoint in gdb.breakpoints():
        if breakpoint.type in WATCHPOINTS and breakpoint.enabled:
            breakpoint.enabled = False
            breakpoint.enabled = True


def parse_position(text):
    """What the user wrote, as the server understands it."""
    text = text.strip().replace("_", "").replace(" ", "")
    if text in ("begin", "end") or re.fullmatch(r"[+-]?\d+", text):
        return text
    sign = text[:1] if text[:1] in ("+", "-") else ""
    try:
        # Anything gdb can calculate: $where, 1000*1000.
        return sign + str(int(gdb.parse_and_eval(text[len(sign):])))
    except (gdb.error, TypeError, ValueError):
        raise gdb.GdbError(
            f"'{text}' is no position; write a number, +N, -N, begin or end"
        ) from None


after_seek = []  # what is called when the command "ebb seek" has moved


def seek(argument):
    """Goes to a position that a user wrote; returns what the server has to say about it."""
    if not argument.strip():
        raise gdb.GdbError("where to? write: ebb seek POSITION")
    wanted = parse_position(argument)
    begin, end = place()[1:]
    if wanted.isdigit() and not begin <= int(wanted) <= end:
        raise gdb.GdbError(f"the recording goes from {grouped(begin)} to {grouped(end)}")
    try:
        answer = monitor("seek " + wanted)
    finally:
        forget_the_present()
    return [line for line in answer.splitlines()
            if not POSITION.match(line) and "flush register-cache" not in line]


def can_go_back():
    """Whether what gdb is connected to has reverse execution."""
    features = gdb.execute_mi("-list-target-features")["features"]
    return "reverse" in features


def print_place():
    """Where we are, in the recording and in the program."""
    position, begin, end = place()
    share = (position - begin) * 100 // (end - begin) if end > begin else 100
    print(f"position {grouped(position)} of {grouped(end)} ({share} %)")
    gdb.execute("frame")


class Ebb(gdb.Command):
    """Commands for recordings served by ebb.

A position is the number of instructions executed since the recording began."""

    def __init__(self):
        super().__init__("ebb", gdb.COMMAND_RUNNING, gdb.COMPLETE_COMMAND, prefix=True)

    def invoke(self, argument, from_tty):
        gdb.execute("help ebb")


class EbbPosition(gdb.Command):
    """Prints where in the recording this is.

The position is also left in the convenience variable $position, to come back to:
    ebb position
    set $here = $position
    ...
    ebb seek $here"""

    def __init__(self, name):
        super().__init__(name, gdb.COMMAND_STATUS, gdb.COMPLETE_NONE)

    def invoke(self, argument, from_tty):
        position, begin, end = place()
        gdb.set_convenience_variable("position", position)
        share = (position - begin) * 100 // (end - begin) if end > begin else 100
        print(f"position {grouped(position)} of {grouped(end)} ({share} %)")


class EbbSeek(gdb.Command):
    """Goes to a position of the recording, forwards or backwards.
Usage: ebb seek POSITION

POSITION is a number of instructions since the recording began, +N or -N for a number of
instructions from here, begin, end, or an expression such as $here. Breakpoints on the way are not
hit. ebb console prints the position of every line that the guest wrote to its console."""

    def __init__(self):
        super().__init__("ebb seek", gdb.COMMAND_RUNNING)

    def complete(self, text, word):
        return [choice for choice in ("begin", "end") if choice.startswith(word)]

    def invoke(self, argument, from_tty):
        for line in seek(argument):
            print(line)
        print_place()
        for listener in after_seek:
            listener()


class EbbMonitor(gdb.Command):
    """The server's command of that name."""

    def __init__(self, name, server_command, text):
        self.__doc__ = text
        self.server_command = server_command
        super().__init__(name, gdb.COMMAND_STATUS, gdb.COMPLETE_NONE)

    def invoke(self, argument, from_tty):
        command = f"{self.server_command} {argument}".strip()
        try:
            print(monitor(command), end="")
        except gdb.GdbError:
            # What the server said was caught and lost with the error; these commands change
            # nothing, so it may say it again.
            require_ebb()
            try:
                gdb.execute("monitor " + command)
            except gdb.error as error:
                raise gdb.GdbError(str(error)) from None


def end_of_history(event):
    """What a stop is at, "beginning of history" or "end of history"; None if it has another reason,
    or there is no recording. gdb tells its scripts the reason of other stops, and of these not
    always."""
    details = getattr(event, "details", {})
    if type(event) is not gdb.StopEvent or details.get("reason", "no-history") != "no-history":
        return None
    try:
        position, begin, _ = place()
    except (gdb.error, gdb.GdbError):
        return None
    return "beginning of history" if position == begin else "end of history"


class EndNote:
    """Puts right what gdb 16 and newer say at the end: that going on adds to the history."""

    def __init__(self):
        self.moving = False
        gdb.events.cont.connect(self.note_move)
        gdb.events.stop.connect(self.note_stop)

    def note_move(self, event):
        self.moving = True

    def note_stop(self, event):
        if self.moving and end_of_history(event) == "end of history":
            print("ebb: nothing is added to a recording: this is where its history ends")
        self.moving = False


def load(name):
    """Runs NAME.py, which lies beside this file, in a namespace of its own."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".py")
    ours = SimpleNamespace(place=place, seek=seek, can_go_back=can_go_back, after_seek=after_seek,
                           end_of_history=end_of_history)
    if os.path.exists(path):
        with open(path) as file:
            exec(compile(file.read(), path, "exec"), {"__name__": "ebb_" + name, "ebb": ours})


def load_what_this_gdb_needs():
    """gdb 14 gets through code with pointer authentication by itself; gdb 16 has other words for the
    end; gdb -i dap has imported its adapter."""
    version = re.match(r"(\d+)", gdb.VERSION)
    if version and int(version[1]) < 14:
        load("pauth")
    if version and int(version[1]) >= 16:
        EndNote()
    if "gdb.dap" in sys.modules:
        load("dap")


load_what_this_gdb_needs()


class EbbRecordWarning(gdb.Command):
    """Tells what gdb's own recording does to a recording served by ebb; gdb runs it before
"record"."""

    def __init__(self):
        super().__init__("ebb record-warning", gdb.COMMAND_OBSCURE, gdb.COMPLETE_NONE)

    def invoke(self, argument, from_tty):
        if not connected_to_ebb():
            return
        print(
            "ebb: everything is recorded already, and reverse commands work without 'record'. "
            "gdb's own recording\nhides that history: from now on gdb goes back only to here. "
            "'record stop' brings the history back."
        )


class EbbNextIsStepi(gdb.Command):
    """Tells the server that a stepi follows; gdb runs it before "stepi" and "reverse-stepi".

The packets of these are the same as those of "step" and its like, of which an interrupt is a part."""

    def __init__(self):
        super().__init__("ebb next-is-stepi", gdb.COMMAND_OBSCURE, gdb.COMPLETE_NONE)
        self.servers = {}  # a connection's number: whether that is ebb's

    def is_ebb(self, connection):
        if connection.num not in self.servers:
            self.servers[connection.num] = connected_to_ebb()
        return self.servers[connection.num]

    def invoke(self, argument, from_tty):
        connection = gdb.selected_inferior().connection
        if connection and self.is_ebb(connection):
            try:
                gdb.execute("monitor next-is-stepi", to_string=True)
            except gdb.error:
                pass  # the command itself will say what is wrong with the connection


def hook_commands():
    """Has gdb run these before commands of its own."""
    for command, ours in (
        ("hook-record", "record-warning"),
        ("record hook-full", "record-warning"),
        ("hook-stepi", "next-is-stepi"),
        ("hook-reverse-stepi", "next-is-stepi"),
    ):
        gdb.execute(f"define {command}\nebb {ours}\nend")


Ebb()
EbbRecordWarning()
EbbNextIsStepi()
hook_commands()
EbbPosition("ebb position")
EbbPosition("ebb when")
EbbSeek()
EbbMonitor(
    "ebb events",
    "events",
    """Prints recorded events.
Usage: ebb events [POSITION [COUNT]]

Begins with the first event at or after POSITION (default: here).""",
)
EbbMonitor(
    "ebb checkpoints",
    "checkpoints",
    """Prints the checkpoints and keyframes.

These are positions that are reached without replaying.""",
)
EbbMonitor("ebb info", "info", """Prints how long the recording is, and how it ended.""")
EbbMonitor("ebb stats", "stats", """Prints how much memory and work the replay has taken so far.""")
