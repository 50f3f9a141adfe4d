# SPDX-License-Identifier: GPL-3.0-or-later
"""What `bench.py kvm` measures from outside, by the host kernel's trace, in guests of their own: so it
is the same for any build.

An anchor: uprobes at the entry and the return of the function that places one, and at those of an
empty function, which tell their own cost. A keyframe: for how long the vCPU is outside of the guest.
The trace has nanoseconds, which are instructions of an emulated host.
"""

import re
import struct

from common import Failure
from kvm_guests import KEYFRAMES, RECORDED, Run, lines_of

ANCHORS, PAUSED, UNPAUSED = "anchors", "paused", "unpaused"
ANCHOR_WORK = "disk:4"
# By its names in all commits.
ANCHOR_FUNCTIONS = ("recorder_kvm_anchor_place", "recorder_kvm_place")
EMPTY_FUNCTION = "probed_empty"
PAGES, PAGES_MEMORY = "pages", 256  # MiB
PAGES_BYTES = 13107 * 4096  # that pages.c stores to in each of its rounds
SHORTEST_GAP = 100000  # nanoseconds; what is shorter is no pause

SCRIPT = r"""
trace=/sys/kernel/tracing

trace_begin() {
    echo mono >$trace/trace_clock
    echo 16384 >$trace/buffer_size_kb
    echo >$trace/trace
    echo 1 >$trace/tracing_on
}

trace_end() { # NAME
    echo 0 >$trace/tracing_on
    cat $trace/trace >"$1.trace"
}

probe() { # NAME PROGRAM OFFSET
    echo "p:$1_entry $EBB_FILES/bin/$2:$3" >>$trace/uprobe_events
    echo "r:$1_return $EBB_FILES/bin/$2:$3" >>$trace/uprobe_events
}

probes_begin() { # OFFSET-OF-ANCHOR OFFSET-OF-EMPTY
    probe anchor qemu-system-aarch64 "$1"
    probe empty probed "$2"
    echo 1 >$trace/events/uprobes/enable
    echo 1 >$trace/events/sched/sched_switch/enable
    trace_begin
    "$EBB_FILES/bin/probed"
}

probes_end() { # NAME
    trace_end "$1"
    echo 0 >$trace/events/sched/sched_switch/enable
    echo 0 >$trace/events/uprobes/enable
    echo >$trace/uprobe_events
}

# Each time that the vCPU is outside of the guest for long is an event.
gaps_begin() {
    echo 'vcpu_gap u64 ns' >$trace/synthetic_events
    echo 'hist:keys=common_pid:begin=common_timestamp' >$trace/events/kvm/kvm_exit/trigger
    echo 'hist:keys=common_pid:gap=common_timestamp-$begin:onmatch(kvm.kvm_exit).vcpu_gap($gap)' \
        >$trace/events/kvm/kvm_entry/trigger
    echo 'ns > SHORTEST' >$trace/events/synthetic/vcpu_gap/filter
    echo 1 >$trace/events/synthetic/vcpu_gap/enable
    trace_begin
}

gaps_end() { # NAME
    trace_end "$1"
    echo 0 >$trace/events/synthetic/vcpu_gap/enable
    # What uses a variable goes before what sets it.
    echo '!hist:keys=common_pid:gap=common_timestamp-$begin:onmatch(kvm.kvm_exit).vcpu_gap($gap)' \
        >$trace/events/kvm/kvm_entry/trigger
    echo '!hist:keys=common_pid:begin=common_timestamp' >$trace/events/kvm/kvm_exit/trigger
    echo >$trace/synthetic_events
}
""".replace("SHORTEST", str(SHORTEST_GAP))

EVENT = re.compile(r"^\s*.+-(\d+)\s+\[\d+\]\s+\S+\s+([\d.]+): (\w+): (.*)$")
SWITCH = re.compile(r"prev_pid=(\d+) .*next_pid=(\d+) ")


class NoFunction(Exception):
    pass


def offset_of(program, names):
    """Where in the file of a 64-bit ELF program the code of a function is, one of several names."""
    with open(program, "rb") as file:
        data = file.read()
    segments, sections = headers(data)
    wanted = [name.encode() for name in names]
    for kind, offset, size, link in sections:
        if kind != 2:  # a table of symbols
            continue
        text = sections[link][1]
        for at in range(offset, offset + size, 24):
            name, address = struct.unpack_from("<I4xQ", data, at)
            end = data.index(b"\0", text + name)
            if data[text + name:end] in wanted:
                return next(address - begin + place for begin, place, length in segments
                            if begin <= address < begin + length)
    raise NoFunction("%s has no function %s" % (program, " or ".join(names)))


def headers(data):
    """Of an ELF file the segments: address, offset, size; and the sections: kind, offset, size,
    the section that belongs to it."""
    segments_at, sections_at = struct.unpack_from("<QQ", data, 32)
    segment_size, segments, section_size, sections = struct.unpack_from("<HHHH", data, 54)
    found = []
    for number in range(segments):
        kind, _, offset, address, _, size = struct.unpack_from(
            "<IIQQQQ", data, segments_at + number * segment_size)
        if kind == 1:  # one that is loaded
            found.append((address, offset, size))
    return found, [
        (kind, offset, size, link) for kind, offset, size, link in (
            struct.unpack_from("<4xI16xQQI", data, sections_at + number * section_size)
            for number in range(sections))]


def read_trace(lines):
    """The thread, the time in nanoseconds, the event's name and its text, of each event. A trace
    that has lost some is a failure."""
    events = []
    for line in lines:
        kept = re.match(r"# entries-in-buffer/entries-written: (\d+)/(\d+)", line)
        if kept and kept.group(1) != kept.group(2):
            raise Failure("the host's trace has lost events: it has %s of %s" % kept.groups())
        found = EVENT.match(line)
        if found:
            thread, time, name, text = found.groups()
            events.append((int(thread), round(float(time) * 1e9), name, text))
    return events


def calls(events, name):
    """How long each call of a probed function took, without the time in which its thread did not
    run."""
    begun, away, left, took = {}, {}, {}, []
    for thread, time, event, text in events:
        if event == name + "_entry":
            begun[thread], away[thread] = time, 0
        elif event == name + "_return" and thread in begun:
            took.append(time - begun.pop(thread) - away[thread])
        elif event == "sched_switch":
            out, on = map(int, SWITCH.search(text).groups())
            left[out] = time
            if on in begun and on in left:
                away[on] += time - left[on]
    return took


def per_anchor(events, anchors):
    """How long it takes to place an anchor: the mean of the longest calls, as many as there are
    anchors, since a call that places none returns at once; without what the probes cost."""
    empty = calls(events, "empty")
    took = sorted(calls(events, "anchor"))[-anchors:]
    if not empty or not anchors or len(took) != anchors:
        raise Failure("the host's trace has %d calls for %d anchors, and %d empty ones" % (
            len(took), anchors, len(empty)))
    return sum(took) / len(took) - sum(empty) / len(empty)


def longest_gap(events, span):
    """The longest time for which the vCPU was outside of the guest, all of it within a span."""
    gaps = [int(re.search(r"ns=(\d+)", text).group(1)) / 1e9
            for _, time, name, text in events if name == "vcpu_gap" and time / 1e9 <= span.end
            and time / 1e9 - int(re.search(r"ns=(\d+)", text).group(1)) / 1e9 >= span.begin]
    return max(gaps, default=SHORTEST_GAP / 1e9) * 1e9


def anchor_lines(program, probed):
    """Lines that measure anchors in a guest; raises NoFunction."""
    return ["probes_begin %#x %#x" % (offset_of(program, ANCHOR_FUNCTIONS),
                                      offset_of(probed, [EMPTY_FUNCTION])),
            *lines_of(RECORDED, "load", ANCHOR_WORK, ANCHORS), "probes_end " + ANCHORS]


def pause_lines():
    lines = ["memory=%d" % PAGES_MEMORY]
    for mode, name in ((KEYFRAMES, PAUSED), (RECORDED, UNPAUSED)):
        lines += ["gaps_begin", *lines_of(mode, "work", PAGES, name), "gaps_end " + name]
    return lines


def trace_of(results, name):
    return read_trace(results.text(name + ".trace").split("\n"))


def instructions_per_anchor(results):
    return per_anchor(trace_of(results, ANCHORS), Run(results, ANCHORS).stats["anchors"])


def pauses(results):
    """The longest gaps with keyframes and without; and how many keyframes more there are, with how many
    bytes."""
    runs = [Run(results, name) for name in (PAUSED, UNPAUSED)]
    bytes_more = runs[0].stats["keyframe_bytes"] - runs[1].stats["keyframe_bytes"]
    keyframes = runs[0].stats["keyframes"] - runs[1].stats["keyframes"]
    if bytes_more < 2 * PAGES_BYTES:
        raise Failure("the keyframes of %s do not have the pages that the guest has stored to: "
                      "they are %d bytes in %d keyframes" % (PAUSED, bytes_more, keyframes))
    gaps = [longest_gap(trace_of(results, run.name), run.spans[PAGES]) for run in runs]
    return (*gaps, keyframes, bytes_more)
