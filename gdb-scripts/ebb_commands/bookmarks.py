# SPDX-License-Identifier: GPL-3.0-or-later
"""Bookmarks: where they are kept, and the commands for them.

They are one person's, and lie in the recording; if nothing can be written there, or it is not on
this machine, in that person's data folder. A file may have been put there by a stranger.
"""

import contextlib
import fcntl
import getpass
import hashlib
import json
import os
import re
import stat

import gdb

from . import server, trail

FILE_MAX = 1 << 20  # bytes
# As bookmark_file_is_name() of ebb shell has it.
NAME = re.compile(r"[0-9A-Za-z_.:+\-\u00a0-\ud7ff\ue000-\U0010ffff]{1,60}")


def user():
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = str(os.getuid())
    return re.sub(r"[^\w.-]", "_", name)


def data_folder():
    """As the XDG Base Directory Specification has it."""
    folder = os.environ.get("XDG_DATA_HOME", "")
    if not os.path.isabs(folder):
        folder = os.path.join(os.path.expanduser("~"), ".local", "share")
    return os.path.join(folder, "ebb", "bookmarks")


def read(path):
    """The bytes of a file of this user's; None: there is none."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise gdb.GdbError(f"cannot read bookmarks: {server.printable(str(error))}") from None
    status = os.fstat(descriptor)
    if stat.S_ISDIR(status.st_mode):
        os.close(descriptor)
        return None
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid():
            raise gdb.GdbError(f"{server.printable(path)} is no file of yours: bookmarks are not "
                               "read from it")
        return file.read(FILE_MAX + 1)


def decode(data, path):
    """A list of bookmarks; each is a dictionary of name, position, note and place."""
    try:
        if len(data) > FILE_MAX:
            raise ValueError("it is too large")
        root = json.loads(data.decode())
        marks = root["bookmarks"]
        for mark in marks:
            if not (NAME.fullmatch(mark["name"]) and type(mark["position"]) is int and
                    isinstance(mark["note"], str) and isinstance(mark["place"], str)):
                raise ValueError("it has a bookmark that is none")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise gdb.GdbError(
            f"the bookmarks in {server.printable(path)} are damaged ({type(error).__name__}): "
            "the file is left as it is; repair it or move it away") from None
    return marks


def write(path, data):
    """All of it or nothing; on the disk when it returns."""
    temporary = path + ".new"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(temporary)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.rename(temporary, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


class Store:
    """The bookmarks of this recording."""

    def __init__(self):
        facts = server.facts()
        folder = facts.get("directory", "")
        self.paths = []
        identity = repr(sorted(facts.items())).encode()
        if os.path.isfile(os.path.join(folder, "manifest.json")):
            self.paths.append(os.path.join(folder, f"bookmarks-{user()}.json"))
            with contextlib.suppress(OSError), open(os.path.join(folder, "log"), "rb") as log:
                identity = log.read(24)  # with the recording's number
        name = hashlib.sha256(identity).hexdigest()[:32] + ".json"
        self.paths.append(os.path.join(data_folder(), name))

    def load(self):
        """From where they were written last."""
        files = []
        for path in self.paths:
            data = read(path)
            if data is not None:
                files.append((os.stat(path).st_mtime_ns, data, path))
        return decode(*max(files)[1:]) if files else []

    def save(self, marks):
        data = json.dumps({"bookmarks": marks}, indent=1).encode()
        if len(data) > FILE_MAX:
            raise gdb.GdbError("there are too many bookmarks; delete some")
        for path in self.paths:
            try:
                if path == self.paths[-1]:
                    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
                write(path, data)
                return
            except OSError as error:
                problem = error
        raise gdb.GdbError(f"cannot write bookmarks: {problem}")

    @contextlib.contextmanager
    def change(self):
        """The list, to change; another gdb of this user's waits meanwhile."""
        with contextlib.ExitStack() as stack:
            with contextlib.suppress(OSError):
                folder = os.open(os.path.dirname(self.paths[0]), os.O_RDONLY | os.O_CLOEXEC)
                stack.callback(os.close, folder)
                fcntl.flock(folder, fcntl.LOCK_EX)
            marks = self.load()
            yield marks
            self.save(marks)

    def find(self, name):
        for mark in self.load():
            if mark["name"] == name:
                return mark
        raise gdb.GdbError(f"there is no bookmark '{server.printable(name)}'; "
                           "ebb bookmark list prints them")


def names(begin):
    """Those that begin so, to complete a word."""
    try:
        return [mark["name"] for mark in Store().load() if mark["name"].startswith(begin)]
    except (gdb.GdbError, gdb.error):
        return []


def here():
    """The function and line at hand."""
    frame = gdb.selected_frame()
    line = frame.find_sal()
    text = frame.name() or "0x%x" % frame.pc()
    if line.symtab:
        text += " at %s:%d" % (os.path.basename(line.symtab.filename), line.line)
    return text


class Bookmark(server.Command):
    """Marks places in the recording, to go back to them, also in other sessions.

The bookmarks are yours, and lie in the recording's directory, or, if nothing can be written there,
in ebb/bookmarks in $XDG_DATA_HOME."""

    def __init__(self):
        super().__init__("ebb bookmark", gdb.COMPLETE_COMMAND, prefix=True)

    def run(self, argument):
        if argument:
            raise gdb.GdbError("ebb bookmark is followed by add, list, go or delete")
        List.print_all()


class Add(server.Command):
    """Marks the place where we are.
Usage: ebb bookmark add [NAME [NOTE]]

Without NAME it gets a number.
Example:
    ebb bookmark add crash the pointer is bad already"""

    def __init__(self):
        super().__init__("ebb bookmark add")

    def run(self, argument):
        name, _, note = argument.partition(" ")
        position = server.place()[0]
        if name and not NAME.fullmatch(name):
            raise gdb.GdbError("a bookmark's name has up to 60 letters, digits and . : + - _")
        with Store().change() as marks:
            taken = {mark["name"] for mark in marks}
            if not name:
                name = next(str(i) for i in range(1, len(marks) + 2) if str(i) not in taken)
            if name in taken:
                raise gdb.GdbError(f"there is a bookmark {server.printable(name)} already; delete it, or choose "
                                   "another name")
            marks.append({"name": name, "position": position, "note": note.strip(),
                          "place": here()})
        print(f"bookmark {server.printable(name)} at position {server.grouped(position)}")


class List(server.Command):
    """Prints the bookmarks of this recording; a > marks where we are.
Example:
    ebb bookmark list"""

    def __init__(self):
        super().__init__("ebb bookmark list", kind=gdb.COMMAND_STATUS)

    @staticmethod
    def print_all():
        position = server.place()[0]
        marks = sorted(Store().load(), key=lambda mark: mark["position"])
        if not marks:
            print("there are no bookmarks; ebb bookmark add makes one")
        for mark in marks:
            sign = ">" if mark["position"] == position else " "
            text = f"{mark['name']}  {mark['place']}  {mark['note']}".rstrip()
            print(f"{sign}{server.grouped(mark['position']):>18}  {server.printable(text)}")

    def run(self, argument):
        self.print_all()


class Named(server.Command):
    """What takes the name of a bookmark."""

    def __init__(self, name):
        self.which = name
        super().__init__("ebb bookmark " + name, None)

    def choices(self, text, word):
        return names(word)

    def run(self, argument):
        if not argument:
            raise gdb.GdbError(f"which one? write: ebb bookmark {self.which} NAME")
        self.apply(argument)


class Go(Named):
    """Goes to a bookmark.
Usage: ebb bookmark go NAME
Example:
    ebb bookmark go crash"""

    def apply(self, name):
        position = Store().find(name)["position"]
        begin, end = server.place()[1:]
        if not begin <= position <= end:
            raise gdb.GdbError(f"bookmark {name} is at {server.grouped(position)}, where the "
                               "recording has nothing")
        trail.jump(position)


class Delete(Named):
    """Removes a bookmark.
Usage: ebb bookmark delete NAME
Example:
    ebb bookmark delete crash"""

    def apply(self, name):
        store = Store()
        with store.change() as marks:
            marks.remove(store.find(name))


Bookmark()
Add()
List()
Go("go")
Delete("delete")
