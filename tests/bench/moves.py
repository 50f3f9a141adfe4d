# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures moves in gdb, in the guest workload.c; run by walks.py on Ebb and on its peer alike.

Environment: BENCH_RESULT is the file to write: names to what they used, or to a number. BENCH_ROW is
the function here that measures. BENCH_PEER: the target is the peer's, and at the beginning; Ebb's is
where the row begins. BENCH_STEPS is how many steps or stops, BENCH_ROUNDS how often the guest calls
often(), BENCH_START when all this was started.
"""

import json
import os
import sys
import time

import gdb

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import processes  # noqa: E402

PEER = os.environ.get("BENCH_PEER") == "1"


def setting(name):
    return int(os.environ["BENCH_" + name])


def execute(command):
    return gdb.execute(command, to_string=True)


def number(expression):
    return int(gdb.parse_and_eval("(unsigned long)(%s)" % expression))


def function():
    return gdb.selected_frame().name()


def used(move):
    """What a move takes, of gdb and all that it has started."""
    cpu, start = processes.cpu_seconds(os.getpid()), time.monotonic()
    move()
    elapsed = time.monotonic() - start
    memory = processes.Memory()
    memory.look(os.getpid())
    return {"cpu_s": processes.cpu_seconds(os.getpid()) - cpu, "elapsed_s": elapsed,
            **memory.sums()}


def used_by(command):
    return used(lambda: execute(command))


def expect(right, wanted):
    if not right:
        raise gdb.GdbError("stopped in %s at %#x, not %s" % (function(), number("$pc"), wanted))


def expect_beginning():
    """The peer stops one instruction away now and then: it has done the same work."""
    expect(PEER or number("$pc") == number("&_start"), "at the beginning")


def stop_at(where):
    """From the beginning to where a function, or a line, is first reached."""
    execute("thbreak " + where)
    execute("continue")


def to_end():
    """The peer ends its session at the end of history, so it stops in front of that."""
    if PEER:
        stop_at("*ended")
        expect(function() == "ended", "where the rounds end")
    else:
        execute("monitor seek end")
        execute("maintenance flush register-cache")


def forward():
    """Over all rounds to their end."""
    execute("hbreak *ended")
    result = used_by("continue")
    expect(function() == "ended", "where the rounds end")
    return result


def line_of(mark):
    source = gdb.lookup_symbol("main")[0].symtab.fullname()
    with open(source) as file:
        return next(index for index, line in enumerate(file, 1) if "mark: " + mark in line)


# The rows.

def vain():
    to_end()
    execute("hbreak *8")
    first = used_by("reverse-continue")
    expect_beginning()
    to_end()
    again = used_by("reverse-continue")
    expect_beginning()
    return {"vain": first, "vain_again": again}


def continues():
    tenth = setting("STEPS") // 10
    execute("hbreak *often")

    def go_on(times):
        for _ in range(times):
            execute("continue")

    first = used(lambda: go_on(tenth))
    go_on(8 * tenth)
    last = used(lambda: go_on(tenth))
    expect(number("$x0") == 1000 + 10 * tenth, "at the last stop")
    return {"continues_first": first, "continues_last": last}


def break_on_hot_page():
    if number("&never") >> 12 != number("&work") >> 12:
        raise gdb.GdbError("never() is on another page than work()")
    execute("hbreak *never")


def hot_page_breakpoint_forward():
    break_on_hot_page()
    return {"hot_page_breakpoint_forward": forward()}


def hot_page_breakpoint_back():
    to_end()
    break_on_hot_page()
    result = used_by("reverse-continue")
    expect_beginning()
    return {"hot_page_breakpoint_back": result}


def last_hit():
    to_end()
    execute("hbreak *often")
    result = used_by("reverse-continue")
    expect(function() == "often" and number("$x0") == 1000 + setting("ROUNDS"), "at the last call")
    return {"last_of_many_hits": result}


def condition_forward():
    execute("break often if x == 42")
    return {"condition_forward": forward()}


def condition_back():
    to_end()
    execute("break often if x == 42")
    result = used_by("reverse-continue")
    expect_beginning()
    return {"condition_back": result}


def watch_forward(what, calls):
    """From a call of often() on, so that what is watched is not written any more."""
    execute("hbreak *often")
    for _ in range(calls):
        execute("continue")
    execute("delete")
    execute("watch -l " + what)
    return forward()


def watch_back(what, writer):
    to_end()
    execute("watch -l " + what)
    result = used_by("reverse-continue")
    expect(function() == writer, "in %s()" % writer)
    return result


def watch_array_page_forward():
    return {"watch_array_page_forward": watch_forward("array.quiet", 1)}


def watch_array_page_back():
    return {"watch_array_page_back": watch_back("array.quiet", "begun")}


def watch_global_page_forward():
    return {"watch_global_page_forward": watch_forward("global.quiet", 1)}


def watch_global_page_back():
    return {"watch_global_page_back": watch_back("global.quiet", "begun")}


def watch_stack_page_forward():
    return {"watch_stack_page_forward": watch_forward("*stack_quiet", 1)}


def watch_stack_page_back():
    return {"watch_stack_page_back": watch_back("*stack_quiet", "begun")}


def equal_values_forward():
    return {"equal_values_forward": watch_forward("global.equal", 2)}


def equal_values_back():
    result = watch_back("global.equal", "often")
    expect(number("global.hot") == 1001, "in its first call")
    return {"equal_values_back": result}


def cold_write():
    return {"cold_write": watch_back("alone.cold", "begun")}


def reverse_stepi():
    to_end()
    times = []

    def step():
        for _ in range(setting("STEPS")):
            start = time.monotonic()
            execute("reverse-stepi")
            times.append((time.monotonic() - start) * 1000)

    result = used(step)
    for measure in ("cpu_s", "elapsed_s"):
        result[measure] /= len(times)
    times.sort()
    return {"reverse_stepi": result, "reverse_stepi_p50": {"ms": times[len(times) // 2]},
            "reverse_stepi_p99": {"ms": times[len(times) * 99 // 100]}}


def reverse_stepi_after_seek():
    """The peer has no seek."""
    to_end()
    middle = int(execute("monitor position").split()[1]) // 2
    execute("monitor seek %d" % middle)
    execute("maintenance flush register-cache")
    result = used_by("reverse-stepi")
    expect(int(execute("monitor position").split()[1]) == middle - 1, "one in front of the middle")
    return {"reverse_stepi_after_seek": result}


def reverse_next():
    stop_at("workload.c:%d" % line_of("behind it"))
    result = used_by("reverse-next")
    expect(gdb.selected_frame().find_sal().line == line_of("the long call"), "at the call")
    return {"reverse_next": result}


def open_end():
    """From the start of gdb to its prompt; Ebb's at the end, the peer's at the beginning."""
    memory = processes.Memory()
    memory.look(os.getpid())
    return {"open_end": {"cpu_s": processes.cpu_seconds(os.getpid()), **memory.sums(),
                         "elapsed_s": time.monotonic() - float(os.environ["BENCH_START"])}}


gdb.execute("set pagination off")
gdb.execute("set confirm off")
measured = globals()[os.environ["BENCH_ROW"]]()
with open(os.environ["BENCH_RESULT"], "w") as report:
    json.dump(measured, report)
execute("kill" if PEER else "disconnect")
