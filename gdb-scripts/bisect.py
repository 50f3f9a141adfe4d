# SPDX-License-Identifier: GPL-3.0-or-later
"""What ebb bisect and ebb history have gdb do: evaluate an expression at positions that it is told.

They start gdb with this file; ebb_commands/requests.py has how it is asked.
"""

import os
import sys

import gdb

sys.dont_write_bytecode = True  # nothing is left beside this file, which may belong to root
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import ebb  # noqa: E402
from ebb_commands import conditions, requests, signatures  # noqa: E402
from ebb_commands.conditions import Unknown  # noqa: E402
from ebb_commands.requests import Unreachable, address_text, seek  # noqa: E402

BACKTRACE_FRAMES = 20
STEPS_MAX = 1000000  # of a scan at each instruction: some minutes


def describe(expression):
    """An operand's value as text, and where it is in memory."""
    try:
        value = conditions.evaluate(expression)
    except (Unknown, gdb.error):
        return {"text": expression, "value": None}
    result = {"text": expression, "value": value.format_string(max_elements=16)}
    if value.address is not None and value.type.sizeof:
        result["address"] = address_text(value.address)
        result["size"] = value.type.sizeof
    return result


def text_of(read):
    """What strangers' files name may be in bytes that are no text: then it is as without a name."""
    try:
        return read()
    except UnicodeError:
        return None


def backtrace():
    frames = []
    try:
        frame = gdb.newest_frame()
        while frame is not None and frame.is_valid() and len(frames) < BACKTRACE_FRAMES:
            place = frame.find_sal()
            frames.append({
                "pc": address_text(frame.pc()),
                "function": text_of(frame.name),
                "file": text_of(lambda: place.symtab.filename) if place.symtab else None,
                "line": place.line if place.symtab and place.line else None,
            })
            frame = frame.older()
    except gdb.error:
        pass  # as far as it goes
    return frames


def instruction():
    try:
        architecture = gdb.newest_frame().architecture()
        return architecture.disassemble(gdb.newest_frame().pc())[0]["asm"].expandtabs(1)
    except (gdb.error, IndexError, UnicodeError):
        return None


def run_probe(request):
    """Whether the condition holds at a position."""
    seek(request["position"])
    try:
        return {"holds": conditions.holds(request["expression"])}
    except Unknown as unknown:
        return {"holds": None, "why": str(unknown).rstrip(".")}


def run_report(request):
    """The state at a position, for people."""
    seek(request["position"])
    texts = conditions.operands(request.get("expression", ""))
    result = {"operands": [describe(text) for text in texts]}
    if request.get("place"):
        result["frames"] = backtrace()
        result["instruction"] = instruction()
    return result


def is_true(expression):
    try:
        return conditions.holds(expression)
    except Unknown:
        return False


def earliest(expression, position, least):
    """gdb steps once more behind what a device has written."""
    while position > least:
        seek(position - 1)
        if not is_true(expression):
            break
        position -= 1
    return position


def scan_stores(expression, first, last):
    """Goes from change to change of the memory that the condition depends on."""
    while True:
        before = ebb.server.place()[0]
        gdb.execute("continue", to_string=True)
        position = ebb.server.place()[0]
        if position <= before and position < last:
            raise Unreachable(f"history ends at position {position}")
        if position > last or position <= before:
            seek(last)  # where a device may have written, since gdb steps once more behind it
            return last if is_true(expression) else None
        if is_true(expression):
            return earliest(expression, position, before + 1)
        if position >= last:
            return None


def scan_steps(expression, first, last):
    for position in range(first + 1, last + 1):
        seek(position)
        if is_true(expression):
            return position
    return None


def is_plain(expression):
    """Whether what its memory holds is all that is printed of it."""
    try:
        return (conditions.operands(expression) == [expression.strip()]
                and not signatures.has_text(gdb.parse_and_eval(expression).type))
    except gdb.error:
        return False


def run_memory(request):
    """The memory that the condition depends on, where that is known without looking at it."""
    memory = conditions.memory(request["expression"])
    return {"memory": memory and [{"address": address_text(address), "size": size}
                                  for address, size in memory],
            "plain": is_plain(request["expression"])}


def value_text(value):
    return value.format_string(max_elements=16)


def located(error, position):
    """What makes no sense at all where it is evaluated; in front of that it may have done."""
    return gdb.error(f"{str(error).rstrip('.')} at position {position}, where the expression is "
                     f"evaluated; --to {position - 1} leaves that out")


def value_at(expression, position):
    seek(position)
    try:
        return value_text(conditions.evaluate(expression))
    except Unknown:
        return None
    except gdb.error as error:
        raise located(error, position) from None


def run_values(request):
    """The expression's values at positions; None where it has none."""
    return {"values": [value_at(request["expression"], position)
                       for position in request["positions"]]}


def run_formats(request):
    """Bytes as values of the expression's type."""
    kind = gdb.parse_and_eval(request["expression"]).type
    return {"values": [value_text(gdb.Value(bytes.fromhex(text), kind))
                       for text in request["bytes"]]}


def watch_stores(expression):
    """A watchpoint on all memory that the condition depends on; None if it depends on more."""
    if conditions.depends_on_registers(expression):
        return None
    try:
        watch = gdb.Breakpoint(expression, gdb.BP_WATCHPOINT, gdb.WP_WRITE, internal=True)
    except gdb.error as error:
        if not conditions.ELSEWHERE.search(str(error)):
            raise
        return None
    watch.silent = True
    if watch.type != gdb.BP_HARDWARE_WATCHPOINT:
        watch.delete()
        return None
    return watch


def run_scan(request):
    """The first position of a piece of history at which the condition holds. span: all pieces."""
    expression, first, last = request["expression"], request["from"], request["to"]
    seek(first)
    if is_true(expression):
        return {"position": first}
    if last <= first:
        return {"position": None}
    watch = watch_stores(expression)
    if watch is None:
        if request["span"] > STEPS_MAX:
            raise gdb.error(f"the condition is not of memory alone, so that --scan would look at "
                            f"{request['span']} instructions; --from and --to make that less, "
                            f"{STEPS_MAX} at most")
        return {"position": scan_steps(expression, first, last)}
    try:
        return {"position": scan_stores(expression, first, last)}
    finally:
        if watch.is_valid():
            watch.delete()


def next_change(expression, text, last):
    """The next position, up to the last, from which on the value is another one, and that value."""
    while True:
        before = ebb.server.place()[0]
        gdb.execute("continue", to_string=True)
        position = ebb.server.place()[0]
        if position <= before and position < last:
            raise Unreachable(f"history ends at position {position}")
        if position > last or position <= before:
            return None, None
        changed = value_at(expression, position)
        if changed == text:
            continue
        # gdb steps once more behind what a device has written.
        if position > before + 1 and value_at(expression, position - 1) == changed:
            position -= 1
        seek(position)
        return position, changed


def run_changes(request):
    """Positions and values from change to change, of what may be behind pointers. gdb looks at each
    itself."""
    expression, most = request["expression"], request["most"]
    seek(request["from"])
    try:
        text = value_text(conditions.evaluate(expression))
    except Unknown as unknown:
        raise gdb.error(f"\"{expression}\" has no value at position {request['from']}: "
                        f"{str(unknown).rstrip('.')}") from None
    watch = watch_stores(expression)
    if watch is None:
        raise gdb.error(f"\"{expression}\" depends on registers or on variables of a function, not "
                        "on memory alone")
    changes, ended = [[request["from"], text]], None
    try:
        while len(changes) <= most:
            position, text = next_change(expression, text, request["to"])
            if position is None:
                break
            changes.append([position, text])
    except Unreachable as error:  # what was found until then is true
        ended = str(error)
    finally:
        if watch.is_valid():
            watch.delete()
    return {"changes": changes, "ended": ended}


REQUESTS = {"open": requests.run_open, "probe": run_probe, "report": run_report,
            "memory": run_memory, "scan": run_scan, "values": run_values, "formats": run_formats,
            "changes": run_changes}


requests.serve(REQUESTS)
