# SPDX-License-Identifier: GPL-3.0-or-later
"""The server at the other end, and what gdb has to be told of a move that it did not make."""

import re
import unicodedata

import gdb

POSITION = re.compile(r"^position (\d+) of (\d+) to (\d+)", re.MULTILINE)

ADDRESS = (1 << 64) - 1  # an address' bits: gdb takes some for negative numbers

WATCHPOINTS = (
    gdb.BP_WATCHPOINT,
    gdb.BP_HARDWARE_WATCHPOINT,
    gdb.BP_READ_WATCHPOINT,
    gdb.BP_ACCESS_WATCHPOINT,
)


def is_remote():
    connection = gdb.selected_inferior().connection
    return connection is not None and connection.type in ("remote", "extended-remote")


def require_ebb():
    """Raises an error the user understands unless gdb is connected to something remote."""
    if not is_remote():
        raise gdb.GdbError(
            "gdb is not connected to a recording; "
            "use: target remote | ebb replay --stdio RECORDING"
        )


def capture(command):
    """What a command of gdb's prints. Where an IDE speaks GDB/MI with it, gdb 18 gives that in lines
    of its own form: @"..." or ~"...", ASCII only."""
    def unquote(match):
        return match[1].encode().decode("unicode_escape").encode("latin-1").decode(errors="replace")
    text = gdb.execute(command, to_string=True)
    return re.sub(r'^[@~]"((?:[^"\\]|\\.)*)"\n', unquote, text, flags=re.MULTILINE)


def monitor(command):
    """Runs one of the server's commands and returns what it prints."""
    require_ebb()
    try:
        return capture("monitor " + command)
    except gdb.error as error:
        raise gdb.GdbError(str(error)) from None


def place():
    """Returns (position, begin, end) of the recording."""
    match = POSITION.search(monitor("position"))
    if not match:
        raise gdb.GdbError("the server at the other end is not ebb's")
    return tuple(int(group) for group in match.groups())


def connected_to_ebb():
    """Whether the server at the other end is ebb's."""
    if not is_remote():
        return False
    try:
        place()
    except (gdb.error, gdb.GdbError):
        return False
    return True


def can_go_back():
    """Whether what gdb is connected to has reverse execution; gdb 16 or newer."""
    return "reverse" in gdb.execute_mi("-list-target-features")["features"]


def facts():
    """What the server tells of the recording: its directory, the machine and so on."""
    lines = monitor("recording").splitlines()
    return dict(line.split(" ", 1) for line in lines if " " in line)


def is_aarch64():
    """Whether the guest is in the 64-bit state here."""
    return gdb.newest_frame().architecture().name().startswith("aarch64")


def grouped(number):
    """1234567 as "1 234 567"."""
    return f"{number:,}".replace(",", " ")


def printable(text):
    """A recording's text may come from strangers: nothing of it commands the terminal."""
    def escape(character):
        if character == "\t" or not unicodedata.category(character).startswith("C"):
            return character
        return "".join("\\x%02x" % byte for byte in character.encode(errors="surrogateescape"))
    return "".join(map(escape, text))


def quoted(path):
    """The path as one word of a gdb command."""
    return re.sub(r"([\s\"'\\])", r"\\\1", path)


def forget_the_present():
    """Makes gdb read everything anew: registers, memory, and the old values of watchpoints."""
    gdb.execute("maintenance flush register-cache", to_string=True)
    gdb.execute("maintenance flush dcache", to_string=True)
    for breakpoint in gdb.breakpoints():
        if breakpoint.type in WATCHPOINTS and breakpoint.enabled:
            breakpoint.enabled = False
            breakpoint.enabled = True


def move(command):
    """A command of the server that moves in time; returns what it prints."""
    try:
        return monitor(command)
    finally:
        forget_the_present()


def go(position):
    """Goes to a position; prints what the server has to say beside that."""
    for line in move("seek %s" % position).splitlines():
        if not POSITION.match(line) and "flush register-cache" not in line:
            print(line)


ASSIGNMENT = re.compile(r"\+\+|--(?!\s*\d)|<<=|>>=|(?<![=!<>])=(?!=)")
TEXT = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
FORBIDDEN = "may-call-functions is off"
HISTORY = "an ebb command only looks, since history cannot be changed"


def require_looking(expression):
    """Raises an error if an expression assigns something: gdb lets nobody forbid that while it is
    connected. Of calls, gdb says so: see Looking."""
    if ASSIGNMENT.search(TEXT.sub("", expression)):
        raise gdb.GdbError(f"'{printable(expression)}' assigns something; {HISTORY}")


def reason(error):
    """What is wrong, by gdb's own error."""
    if FORBIDDEN in str(error):
        return f"the expression calls a function of the guest; {HISTORY}"
    return printable(str(error))


class Looking:
    """Inside of "with" no expression calls a function of the guest, which would begin a diversion."""

    def __enter__(self):
        self.may_call = gdb.parameter("may-call-functions")
        if self.may_call:
            gdb.execute("set may-call-functions off", to_string=True)

    def __exit__(self, *_):
        if self.may_call:
            gdb.execute("set may-call-functions on", to_string=True)


class Return:
    """What is looked at inside of "with" may be anywhere: afterwards we are where we were."""

    def __enter__(self):
        self.position = place()[0]
        return self.position

    def __exit__(self, *_):
        if place()[0] != self.position:
            go(self.position)


class Command(gdb.Command):
    """One of our commands: run() does it. Whatever goes wrong is told in a sentence."""

    def __init__(self, name, completer=gdb.COMPLETE_NONE, kind=gdb.COMMAND_RUNNING, **options):
        if completer is None:
            super().__init__(name, kind, **options)  # choices() has them
        else:
            super().__init__(name, kind, completer, **options)

    def invoke(self, argument, from_tty):
        try:
            with Looking():
                self.run(argument.strip())
        except KeyboardInterrupt:
            position = grouped(place()[0]) if connected_to_ebb() else "unknown"
            raise gdb.GdbError(f"interrupted; the position is {position}") from None
        except gdb.error as error:
            raise gdb.GdbError(reason(error)) from None

    def run(self, argument):
        raise NotImplementedError

    def complete(self, text, word):
        """gdb asks first where the word begins (None), which it finds by itself."""
        return None if word is None else self.choices(text, word)

    def choices(self, text, word):
        """What may stand in place of word, the last of text; only of commands without a completer
        of gdb's."""
        return []


def evaluate(expression):
    """An expression's value; one that gdb cannot understand is an error of one sentence."""
    if not expression:
        raise gdb.GdbError("which expression?")
    require_looking(expression)
    try:
        return gdb.parse_and_eval(expression)
    except gdb.error as error:
        raise gdb.GdbError(f"'{printable(expression)}': {reason(error)}") from None


def shown(value, limit=120):
    """A value as print shows it, on one line."""
    try:
        text = value.format_string(max_elements=16, repeat_threshold=4, pretty_structs=False)
    except gdb.error as error:
        text = f"<{error}>"
    text = " ".join(printable(text).split())
    return text if len(text) <= limit else text[:limit - 3] + "..."
