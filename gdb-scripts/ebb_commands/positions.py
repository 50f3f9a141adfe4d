# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways to write a position: numbers, shares, events, lines of the console, times, markers,
bookmarks."""

import re

import gdb

from . import bookmarks, conditions, console, markers, server

TIME = re.compile(r"(\d+(?:\.\d+)?)\s*(s|ms|us|ns)")
DIGITS = re.compile(r"\d{1,3}([ ,])\d{3}(?:\1\d{3})*|\d[\d_]*")
WAYS = "write a number, +N, -N, begin, end, N% up to 100%, or see: help ebb goto"
UNITS = {"s": 1, "ms": 1000, "us": 1000 ** 2, "ns": 1000 ** 3}
FREQUENCIES = ("CNTFRQ_EL0", "CNTFRQ")

WORDS = ("begin", "end", "until", "event ", "console /", "marker ", "bookmark ")

HELP = """POSITION is a number of instructions since the recording began, in groups of three if
you like (1 207 781, 1,207,781), or one of
    +N, -N            a number of instructions from here
    begin, end        where history begins and ends
    until             where what has ended the recording was met (ebb record --until)
    N%                a share of the recording
    event N           where event number N of the log is (ebb events)
    console /REGEX/   where the guest wrote the next such line to its console
    N s, N ms, N us   when the guest read its clock first at this time or later
    marker NAME       where the guest stores the next marker of that name
    bookmark NAME     a place that was marked (help ebb bookmark)
or any expression, such as $here."""


def within(position, begin, end):
    if not begin <= position <= end:
        raise gdb.GdbError(
            f"there is no position {server.grouped(position)}: the recording goes from "
            f"{server.grouped(begin)} to {server.grouped(end)}; {WAYS}")
    return position


def of_event(text):
    if not text.isdigit():
        raise gdb.GdbError(f"'{server.printable(text)}' is no number of an event")
    try:
        lines = server.monitor(f"events #{int(text)} 1").splitlines()
    except gdb.GdbError:
        lines = []
    for words in map(str.split, lines[1:]):
        if words[0] == str(int(text)):
            return int(words[1])
    raise gdb.GdbError(f"there is no event {text} in the log")


def frequency():
    """Of the guest's clock: a recording made under KVM has one that is none of the CPU's."""
    known = server.facts().get("clock-frequency", "")
    if known.isdigit():
        return int(known)
    for name in FREQUENCIES:
        value = gdb.parse_and_eval("$" + name)
        if value.type.code != gdb.TYPE_CODE_VOID and int(value) > 0:
            return int(value) & 0xffffffff
    raise gdb.GdbError("the guest's clock has no frequency here: it cannot tell the time")


def of_time(amount, unit):
    ticks = int(float(amount) * frequency() / UNITS[unit])
    answer = server.monitor(f"counter {ticks}")
    match = re.search(r"counter (\d+) at (\d+)", answer)
    if not match and ":" in answer:
        raise gdb.GdbError("there is " + answer.strip())
    if not match:
        raise gdb.GdbError("the guest has not read its clock at that time or later")
    return int(match[2])


def calculated(text, no_position):
    """Anything gdb can: $where, 1000*1000. What is before C's comma would be dropped in silence."""
    if "," in conditions.outermost(text):
        raise no_position
    server.require_looking(text)
    try:
        with server.Looking():
            return int(gdb.parse_and_eval(text))
    except (gdb.error, TypeError, ValueError, OverflowError) as error:
        if server.FORBIDDEN in str(error):
            raise
        raise no_position from None


def of_number(text, begin, end):
    """A number, or an expression; behind a sign as well."""
    sign = text[:1] if text[:1] in ("+", "-") else ""
    rest = text[len(sign):].strip()
    if DIGITS.fullmatch(rest):
        number = int(re.sub("[ ,_]", "", rest))
    else:
        number = calculated(rest, gdb.GdbError(f"'{server.printable(text)}' is no position; {WAYS}"))
    if sign:
        here = server.place()[0]
        return max(begin, min(end, here + (number if sign == "+" else -number)))
    return within(number, begin, end)


def parse(text):
    """What the user wrote, as a number."""
    text = text.strip()
    begin, end = server.place()[1:]
    word, _, rest = text.partition(" ")
    if not text:
        raise gdb.GdbError("where to? write: ebb goto POSITION")
    if text in ("begin", "end"):
        return begin if text == "begin" else end
    if word == "event" and rest:
        return of_event(rest.strip())
    if word == "console" and rest:
        return console.find(console.parse(rest))
    if text == "until":
        return within(markers.until(), begin, end)
    if word == "marker" and rest:
        return markers.find(rest.strip())
    if word == "bookmark" and rest:
        return within(bookmarks.Store().find(rest.strip())["position"], begin, end)
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*%", text)
    if match and float(match[1]) <= 100:
        return begin + int((end - begin) * float(match[1]) / 100)
    if match:
        raise gdb.GdbError(f"'{text}' is no position; {WAYS}")
    match = TIME.fullmatch(text)
    if match:
        return of_time(*match.groups())
    return of_number(text, begin, end)


def complete(text, word):
    """Only the word at the end of text is gdb's to replace."""
    if text.startswith("bookmark "):
        return bookmarks.names(word)
    if text.startswith("marker "):
        begun = len(text) - len(word) - len("marker ")
        return [name[begun:] for name in markers.names(text[len("marker "):])]
    begun = len(text) - len(word)
    return [choice[begun:].rstrip() for choice in WORDS if choice.startswith(text)]
