# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions to the whole recording, which the program ebb answers (docs/questions.md)."""

import json
import os
import select
import shlex
import shutil
import signal
import subprocess

import gdb

from . import server

QUESTIONS = ("accesses", "calls", "count", "coverage", "exceptions", "first", "history", "irqs",
             "last", "origin", "print", "profile", "report", "switches")
# Others are about something.
ABOUT_ALL = ("coverage", "exceptions", "irqs", "profile", "report", "switches")
FOLDER = os.path.dirname(os.path.abspath(__file__))
STOPPED = 6  # ebb's exit status where the user has stopped it


def program():
    """The one that has started this gdb, that these files were installed with, or in $PATH."""
    installed = os.path.join(FOLDER, "..", "..", "..", "..", "bin", "ebb")
    found = (os.environ.get("EBB_PROGRAM") or shutil.which(installed) or shutil.which("ebb"))
    if not found:
        raise gdb.GdbError("there is no ebb in $PATH, which answers questions; "
                           "the environment variable EBB_PROGRAM names one")
    return found


def recording():
    """Where the recording is that gdb is connected to."""
    directory = server.facts().get("directory", "")
    if not os.path.isabs(directory) or not os.path.isdir(directory):
        raise gdb.GdbError(f"the recording is '{server.printable(directory)}' for its server, and "
                           "not here; questions are answered where it is")
    return directory


def symbols(words):
    """gdb's own file, unless another one is wanted."""
    path = gdb.current_progspace().filename
    if not path or not os.path.isfile(path) or any(word.startswith("--symbols") for word in words):
        return []
    return ["--symbols", path]


def command_line(question, words):
    if question not in QUESTIONS:
        raise gdb.GdbError(f"there is no question '{server.printable(question)}'; there are: "
                           + ", ".join(QUESTIONS))
    if question not in ABOUT_ALL and all(word.startswith("-") for word in words) \
            and "--help" not in words:
        raise gdb.GdbError(f"say what {question} is asked about; ebb ask {question} --help tells "
                           "how")
    return [program(), question, recording(), *symbols(words), *words]


def lines_of(pipe):
    """Its lines, as they come. A read that waits would be gone on with after Ctrl-C."""
    rest = b""
    while True:
        select.select([pipe], [], [])
        data = os.read(pipe.fileno(), 1 << 16)
        if not data:
            break
        *whole, rest = (rest + data).split(b"\n")
        yield from whole
    if rest:
        yield rest


def text_of(line):
    return server.printable(line.decode(errors="surrogateescape"))


def answer(question, words, take):
    """Gives take() each line of the answer; returns what else ebb has to say, lines as well."""
    # Not of the module tempfile: that imports bisect, which is another file here.
    with os.fdopen(os.memfd_create("ebb"), "w+b") as errors:
        try:
            child = subprocess.Popen(command_line(question, words), stdin=subprocess.DEVNULL,
                                     stdout=subprocess.PIPE, stderr=errors)
        except OSError as error:
            raise gdb.GdbError(f"cannot run ebb: {error}") from None
        with child:
            try:
                for line in lines_of(child.stdout):
                    take(line)
            except BaseException:
                child.send_signal(signal.SIGINT)  # maybe for a second time
                raise
        errors.seek(0)
        notes = [text_of(line) for line in errors.read().splitlines()]
    if child.returncode == STOPPED:
        raise KeyboardInterrupt
    if child.returncode != 0:
        *notes, reason = notes or [f"ebb ended with status {child.returncode}"]
        raise gdb.GdbError("\n".join([*notes, reason[5:] if reason.startswith("ebb: ") else reason]))
    return notes


def ask(question, *words):
    """The answer to a question, a list with a dict for each row, as --json has it. The words are
    those of the command line behind the recording, of any type."""
    if question == "report":
        raise gdb.GdbError("a report is a page and has no rows; ebb ask report -o FILE writes it")
    lines = []
    notes = answer(question, ["--json", *map(str, words)], lines.append)
    for note in notes:
        gdb.write(note + "\n", gdb.STDERR)
    return json.loads(b"\n".join(lines))


class Ask(server.Command):
    """Puts a question to the whole recording: ebb ask QUESTION WORD...
Usage: ebb ask accesses|calls|count|coverage|exceptions|first|history|irqs|last|origin|print|profile|report|switches [WORD...]

WORDs are those of the command ebb of that name behind the recording, quoted as for a shell; "ebb
ask QUESTION --help" tells which there are. It replays all of history on its own, on several
processors; the position here stays what it is, and Ctrl-C stops it. Symbols are those of gdb's
file. Scripts in Python have ebb.ask("accesses", "ticks", "--write"), whose rows are dicts.
Example:
    ebb ask accesses total --write --limit 3"""

    def __init__(self):
        super().__init__("ebb ask", None, gdb.COMMAND_STATUS)

    def run(self, argument):
        try:
            words = shlex.split(argument)
        except ValueError as error:
            raise gdb.GdbError(f"'{server.printable(argument)}': {error}") from None
        if not words:
            raise gdb.GdbError("which question? There are: " + ", ".join(QUESTIONS))
        for note in answer(words[0], words[1:], lambda line: print(text_of(line))):
            print(note)

    def choices(self, text, word):
        return [] if " " in text.lstrip() else [name for name in QUESTIONS if name.startswith(word)]


Ask()
