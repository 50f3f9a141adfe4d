# SPDX-License-Identifier: GPL-3.0-or-later
"""What gdb's debug adapter (gdb -i dap) lacks for recordings; ebb.py loads this file in it.

Requests of the Debug Adapter Protocol that go back: stepBack and reverseContinue, with the
capability by which IDEs show their buttons. Requests of our own: ebb/position and ebb/seek. An end
of history is the reason of the stop there.
"""

import importlib
import inspect
import re
import threading
from typing import Union

import gdb

OLDEST = 16  # the gdb whose adapter is built in the way that this file relies on

MOVES_BACK = {"statement": "reverse-next", "line": "reverse-next", "instruction": "reverse-stepi"}


def part(name):
    """A module of the adapter, or None. (gdb.dap has another object called server.)"""
    try:
        return importlib.import_module("gdb.dap." + name)
    except ImportError:
        return None


events, server, startup = part("events"), part("server"), part("startup")

# What the adapter keeps of the guest's state until the guest moves: a seek is no move to gdb.
KEPT = ((part("frames"), "_clear_frame_ids"), (part("scopes"), "clear_scopes"),
        (part("globalvars"), "clear"), (part("varref"), "clear_vars"))

NEEDED = KEPT + (
    (events, "_on_stop"), (events, "exec_and_expect_stop"), (events, "expect_stop"),
    (server, "call_function_later"), (server, "capability"), (server, "request"),
    (server, "send_event"), (server, "send_gdb"), (server, "send_gdb_with_response"),
    (startup, "DAPException"),
)


def supported():
    """Whether this gdb's adapter can be extended; says why not."""
    missing = [name for module, name in NEEDED if not callable(getattr(module, name, None))]
    if not hasattr(server, "_commands"):
        missing.append("_commands")
    if int(re.match(r"\d+", gdb.VERSION)[0]) < OLDEST:
        why = f"gdb {OLDEST} is the first with which it can"
    elif missing:
        why = f"its debug adapter has no {missing[0]}"
    else:
        return True
    print(f"ebb: an IDE cannot go back with gdb {gdb.VERSION}: {why}; reverse-step and its like "
          "work in its console")
    return False


# Stops.


def on_stop(event):
    """Goes before the adapter's own handler."""
    if getattr(events, "_expected_stop_reason", None) is None:
        reason = ebb.end_of_history(event)
        if reason:
            events.expect_stop(reason)


def report_stop(reason, text=None):
    """Tells the client of a stop that gdb does not know of."""
    body = {"reason": reason, "threadId": gdb.selected_thread().global_num,
            "allThreadsStopped": True}
    if text:
        body["text"] = text
    server.send_event("stopped", body)


# Moves.


def prepare(thread_id):
    """In gdb's thread: refuses what cannot go back while there is a response to say so in."""
    if not ebb.can_go_back():
        raise startup.DAPException("what gdb is connected to cannot go back; attach to a "
                                   "recording, with the target \"| ebb replay --stdio RECORDING\"")
    for thread in gdb.selected_inferior().threads():
        if thread.global_num == thread_id:
            thread.switch()
            return
    raise startup.DAPException(f"there is no thread {thread_id}")


def move(command):
    """In gdb's thread, after the response. An error then is a stop: the client waits for one."""
    parameters = inspect.signature(events.exec_and_expect_stop).parameters
    loud = {"propagate_exception": True} if "propagate_exception" in parameters else {}
    try:
        events.exec_and_expect_stop(command, **loud)
    except (gdb.error, startup.DAPException) as error:
        server.send_event("output", {"category": "stderr", "output": f"{command}: {error}\n"})
        report_stop("step", str(error))


def go_back(command, thread_id):
    server.send_gdb_with_response(lambda: prepare(thread_id))
    server.call_function_later(lambda: server.send_gdb(lambda: move(command)))


def step_back(*, threadId: int, singleThread: bool = False, granularity: str = "statement", **rest):
    if granularity not in MOVES_BACK:
        raise startup.DAPException(f"there is no granularity '{granularity}'; "
                                   f"it is one of {', '.join(MOVES_BACK)}")
    go_back(MOVES_BACK[granularity], threadId)


def reverse_continue(*, threadId: int, singleThread: bool = False, **rest):
    go_back("reverse-continue", threadId)


# Pauses.

HELD = 0.02  # seconds after which a call is taken to be held up
PATIENCE = 5  # seconds for a stop


class Interrupt:
    """gdb makes the calls that it finds waiting in one go: the one behind a move's is not made
    before the move has ended, and those that come later are. So it is asked again, and does it
    once."""

    def __init__(self):
        self.done = threading.Event()
        self.stopped = threading.Event()

    def __call__(self):
        """In gdb's thread."""
        if self.done.is_set():
            return
        self.done.set()
        thread = gdb.selected_thread()  # a list of them cannot be had while they run
        if thread and thread.is_running():
            gdb.events.stop.connect(self.note_stop)
            events.exec_and_expect_stop("interrupt -a", True)
        else:
            self.stopped.set()

    def note_stop(self, event):
        gdb.events.stop.disconnect(self.note_stop)
        self.stopped.set()

    def ask(self):
        """In the adapter's thread."""
        server.send_gdb(self)
        while not self.done.wait(HELD):
            server.send_gdb(self)


def pause(**rest):
    server.call_function_later(Interrupt().ask)


def stop_before(request):
    """A request for which gdb wants a guest that stands still, as one that stops by itself."""
    def stop_and_do(**arguments):
        interrupt = Interrupt()
        interrupt.ask()
        interrupt.stopped.wait(PATIENCE)
        return request(**arguments)
    return stop_and_do


# Positions.


def describe_place():
    position, begin, end = ebb.place()
    return {"position": position, "begin": begin, "end": end}


def forget_the_present():
    """After a seek: what the adapter has read, and the numbers of its frames and variables."""
    for module, name in KEPT:
        getattr(module, name)(None)


def after_jump():
    """Has the client look anew after a command such as "ebb goto"."""
    forget_the_present()
    report_stop("goto")


def seek_to(position):
    """In gdb's thread."""
    try:
        ebb.go(ebb.parse(str(position)))
        forget_the_present()
        return describe_place()
    except gdb.GdbError as error:
        raise startup.DAPException(str(error)) from None


def seek(*, position: Union[int, str], **rest):
    place = server.send_gdb_with_response(lambda: seek_to(position))
    server.call_function_later(lambda: server.send_gdb(lambda: report_stop("goto")))
    return place


def tell_position(**rest):
    try:
        return describe_place()
    except gdb.GdbError as error:
        raise startup.DAPException(str(error)) from None


# What is called when.


def register():
    """Leaves alone what this gdb may have by itself, but for what ends a move."""
    requests = (
        ("stepBack", step_back, True), ("reverseContinue", reverse_continue, True),
        ("ebb/seek", seek, True), ("ebb/position", tell_position, False),
    )
    for name, function, on_dap_thread in requests:
        if name not in server._commands:
            server.request(name, on_dap_thread=on_dap_thread)(function)
    server._commands.pop("pause", None)
    server.request("pause", on_dap_thread=True, expect_stopped=False)(pause)
    if "disconnect" in server._commands:
        server._commands["disconnect"] = stop_before(server._commands["disconnect"])
    if "supportsStepBack" not in getattr(server, "_capabilities", {}):
        server.capability("supportsStepBack")(step_back)
    if hasattr(getattr(server, "_server", None), "config"):
        # The client has asked already.
        server.send_event("capabilities", {"capabilities": {"supportsStepBack": True}})


def put_first():
    gdb.events.stop.disconnect(events._on_stop)
    gdb.events.stop.connect(on_stop)
    gdb.events.stop.connect(events._on_stop)


if not getattr(server, "ebb_was_here", False) and supported():
    server.ebb_was_here = True
    register()
    put_first()
    ebb.after_jump.append(after_jump)
