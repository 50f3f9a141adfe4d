# SPDX-License-Identifier: GPL-3.0-or-later
"""gdb commands for recordings served by ebb: "help ebb" lists them.

ebb replay loads this file by itself; elsewhere, "source ebb.py" does. It needs gdb 12 or newer.
gdb's own commands move through time already (continue, step, and their reverse- forms). What is
in ebb_commands/ is what gdb has no word for.
"""

import importlib
import os
import re
import sys
from types import ModuleType, SimpleNamespace

import gdb

FOLDER = os.path.dirname(os.path.abspath(__file__))
MODULES = ("trail", "goto", "accesses", "bookmarks", "console", "calls", "first", "timeline",
           "differences", "exceptions", "linux", "plain", "evaluation", "ask")


def load_commands():
    """Anew if they were loaded before. Nothing is left beside them, which may belong to root."""
    for name in [name for name in sys.modules if name.split(".")[0] == "ebb_commands"]:
        del sys.modules[name]
    may_write = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    sys.path.insert(0, FOLDER)
    try:
        for name in MODULES:
            importlib.import_module("ebb_commands." + name)
        return [importlib.import_module("ebb_commands." + name)
                for name in ("server", "trail", "positions", "ends", "ask")]
    finally:
        sys.path.remove(FOLDER)
        sys.dont_write_bytecode = may_write


class Ebb(gdb.Command):
    """Commands for recordings served by ebb.

A position is the number of instructions executed since the recording began."""

    def __init__(self):
        super().__init__("ebb", gdb.COMMAND_RUNNING, gdb.COMPLETE_COMMAND, prefix=True)

    def invoke(self, argument, from_tty):
        if argument.strip():
            name = server.printable(argument.split()[0])
            raise gdb.GdbError(f"there is no command ebb {name}; see: ebb help")
        gdb.execute("help ebb")


class EbbHelp(gdb.Command):
    """Prints the list of commands, or explains one.
Usage: ebb help [COMMAND]
Example:
    ebb help goto"""

    def __init__(self):
        super().__init__("ebb help", gdb.COMMAND_SUPPORT)

    def invoke(self, argument, from_tty):
        gdb.execute(f"help ebb {argument}".strip())

    def complete(self, text, word):
        """By the list that help prints: gdb's own completion would have all of gdb's commands."""
        if word is None:
            return None  # gdb finds where it begins
        group = "ebb " + text[:len(text) - len(word)]
        try:
            listed = server.capture("help " + group)
        except gdb.error:
            return []
        names = re.findall(rf"(?m)^{re.escape(group)}(\w+)(?:,.*)? -- ", listed)
        return [name for name in names if name.startswith(word)]


class EbbRefuseRecord(gdb.Command):
    """Refuses gdb's own recording of what is recorded already; gdb runs it before "record". gdb
would hide the history, and ends with an internal error as soon as it continues."""

    def __init__(self):
        super().__init__("maintenance ebb-refuse-record", gdb.COMMAND_OBSCURE, gdb.COMPLETE_NONE)

    def invoke(self, argument, from_tty):
        if server.connected_to_ebb():
            raise gdb.GdbError("everything is recorded already: reverse-continue, reverse-step and "
                               "their like work as they are, without 'record'")


class EbbNextIsStepi(gdb.Command):
    """Tells the server that a stepi follows; gdb runs it before "stepi" and "reverse-stepi".

The packets of these are the same as those of "step" and its like, of which an interrupt is a part."""

    def __init__(self):
        super().__init__("maintenance ebb-next-is-stepi", gdb.COMMAND_OBSCURE, gdb.COMPLETE_NONE)
        self.servers = {}  # a connection's number: whether that is ebb's

    def is_ebb(self, connection):
        if connection.num not in self.servers:
            self.servers[connection.num] = server.connected_to_ebb()
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
        ("hook-record", "refuse-record"),
        ("record hook-full", "refuse-record"),
        ("record hook-btrace", "refuse-record"),
        ("record btrace hook-bts", "refuse-record"),
        ("record btrace hook-pt", "refuse-record"),
        ("target hook-record-full", "refuse-record"),
        ("target hook-record-btrace", "refuse-record"),
        ("hook-stepi", "next-is-stepi"),
        ("hook-reverse-stepi", "next-is-stepi"),
    ):
        try:
            gdb.execute(f"define {command}\nmaintenance ebb-{ours}\nend")
        except gdb.error:
            pass  # not every gdb has all


def load(name):
    """Runs NAME.py, which lies beside this file, in a namespace of its own."""
    path = os.path.join(FOLDER, name + ".py")
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
        ends.EndNote()
    if "gdb.dap" in sys.modules:
        load("dap")


def be_a_module(ask):
    """Scripts of the user's, which gdb runs in one namespace with this file, or which import ebb,
    find ebb.ask() either way."""
    module = ModuleType("ebb", __doc__)
    module.ask = ask
    sys.modules["ebb"] = module
    return module


Ebb()
server, trail, positions, ends, questions = load_commands()
ask = questions.ask
if __name__ == "__main__":
    ebb = be_a_module(ask)
ours = SimpleNamespace(place=server.place, go=server.go, parse=positions.parse,
                       can_go_back=server.can_go_back, after_jump=trail.after_jump,
                       end_of_history=ends.end_of_history)
load_what_this_gdb_needs()
EbbHelp()
EbbRefuseRecord()
EbbNextIsStepi()
hook_commands()
