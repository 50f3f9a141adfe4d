# SPDX-License-Identifier: GPL-3.0-or-later
"""Times gdb's reverse commands from inside gdb; run by bench.py on Ebb and on its peer alike.

Environment: BENCH_RESULT is the file to write. With BENCH_FIND_PLACES the target is an Ebb server
at the beginning of history, and the places to stop at are found. Otherwise BENCH_MEASURE is what to
measure: steps (BENCH_STEPS of them), near or whole, or forward from the beginning, continues
(BENCH_STEPS of them, to BENCH_NEAR) or condition (one that is never true, at BENCH_NEAR, over all
that is recorded), or vain (back over all of it to nothing). BENCH_FIRST is an address that executes
only at the start, BENCH_NEAR one that executes shortly before the end, and BENCH_LAST the address of
the last instruction, which executes BENCH_LAST_HITS times. BENCH_PEER: the target is at the beginning
and has to be brought to the end.
"""

import json
import os
import statistics
import sys
import time

import gdb

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from processes import children, cpu_seconds  # noqa: E402


def setting(name):
    return int(os.environ.get("BENCH_" + name, "0"), 0)


def execute(command):
    return gdb.execute(command, to_string=True)


def pc():
    return int(gdb.parse_and_eval("(unsigned long)$pc"))


def timed(command):
    start = time.monotonic()
    execute(command)
    return time.monotonic() - start


def position():
    return int(execute("monitor position").split()[1])


def seek(place):
    execute("monitor seek %s" % place)
    execute("maintenance flush register-cache")


def find_places():
    first = pc()
    seek("end")
    end = position()
    seek(end - 1)
    last = pc()
    seek("end")
    # The vector of system calls and faults of user programs: a place that every run passes often.
    near = int(gdb.parse_and_eval("(unsigned long)$VBAR")) + 0x400
    execute("hbreak *%#x" % near)
    execute("reverse-continue")
    distance = end - position()
    execute("delete")
    if pc() != near:
        raise gdb.GdbError("the vector at %#x is never used" % near)
    seek("begin")
    hits = 0
    execute("hbreak *%#x" % last)
    while position() != end - 1:
        execute("continue")
        hits += 1
    return {"FIRST": hex(first), "NEAR": hex(near), "LAST": hex(last), "LAST_HITS": hits,
            "NEAR_DISTANCE": distance}


def go_to_end():
    """The peer ends its session at the end of history: stop before its last instruction."""
    execute("hbreak *%#x" % setting("LAST"))
    for _ in range(setting("LAST_HITS")):
        execute("continue")
    execute("delete")
    if pc() != setting("LAST"):
        raise gdb.GdbError("the peer did not reach the end")


def continue_back_to(address):
    execute("hbreak *%#x" % address)
    seconds = timed("reverse-continue")
    # The peer stops before an exception's vector, or, now and then, at the beginning: it has done
    # the same work, so its time counts.
    if pc() != address and not setting("PEER"):
        raise gdb.GdbError("reverse-continue stopped at %#x, not %#x" % (pc(), address))
    return seconds


def continue_often():
    """What the first and the last tenth of many stops cost."""
    execute("hbreak *%#x" % setting("NEAR"))
    times = [timed("continue") * 1000 for _ in range(setting("STEPS"))]
    if pc() != setting("NEAR"):
        raise gdb.GdbError("there were fewer stops")
    tenth = len(times) // 10
    return {"continue_first_ms": statistics.median(times[:tenth]),
            "continue_last_ms": statistics.median(times[-tenth:])}


def continue_past_a_condition():
    """Passes a breakpoint whose condition is never true. It ends before the last instruction, as the
    peer would end its session with it."""
    execute("hbreak *%#x if $sp == 1" % setting("NEAR"))
    execute("hbreak *%#x" % setting("LAST"))
    execute("ignore 2 %d" % (setting("LAST_HITS") - 1))
    seconds = timed("continue")
    if pc() != setting("LAST"):
        raise gdb.GdbError("stopped at %#x, not before the last instruction" % pc())
    return {"continue_condition_s": seconds}


def continue_in_vain():
    """The CPU time of all that the target consists of, over all that is recorded."""
    execute("hbreak *8")
    before = [cpu_seconds(child) for child in children(os.getpid())]
    said = execute("reverse-continue")
    if pc() != setting("FIRST"):
        raise gdb.GdbError("did not go back to the beginning:\n" + said)
    after = [cpu_seconds(child) for child in children(os.getpid())]
    return {"reverse_continue_vain_cpu_s": sum(after) - sum(before)}


def measure():
    what = os.environ["BENCH_MEASURE"]
    if what == "vain":
        return continue_in_vain()
    if what == "condition":
        return continue_past_a_condition()
    if what == "continues":
        return continue_often()
    times = {"open_s": time.monotonic() - float(os.environ["BENCH_START"])}
    if setting("PEER"):
        go_to_end()
    if what == "steps":
        times["stepi_ms"] = [timed("reverse-stepi") * 1000 for _ in range(setting("STEPS"))]
    elif what == "near":
        times["reverse_continue_near_ms"] = continue_back_to(setting("NEAR")) * 1000
    else:
        times["reverse_continue_whole_s"] = continue_back_to(setting("FIRST"))
    return times


gdb.execute("set pagination off")
gdb.execute("set confirm off")
measured = find_places() if setting("FIND_PLACES") else measure()
with open(os.environ["BENCH_RESULT"], "w") as result:
    json.dump(measured, result)
execute("disconnect" if not setting("PEER") else "kill")
