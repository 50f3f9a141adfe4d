# SPDX-License-Identifier: GPL-3.0-or-later
"""The rooms of a source tree, and which of them each may use: rooms.txt, read and applied."""

import os


class Rooms:
    def __init__(self, text):
        self.may_use = {}  # room: folders and headers
        self.public_headers = set()
        self.outside = set()
        for number, line in enumerate(text.split("\n"), 1):
            line = line.split("#")[0].strip()
            if line:
                self._take_line(line, number)
        for room, used in self.may_use.items():
            for name in used - {"*"}:
                if self._room_of(name) is None:
                    raise ValueError(f"{room} may use {name}, which is no room")

    def _take_line(self, line, number):
        name, colon, rest = line.partition(":")
        if not colon:
            raise ValueError(f"line {number} of the rooms is no 'ROOM: what it may use'")
        if name == "public":
            self.public_headers |= set(rest.split())
        elif name == "outside":
            self.outside |= set(rest.split())
        else:
            self.may_use.setdefault(name.strip(), set()).update(rest.split())

    def room(self, path):
        """The innermost room that a file is in, or None."""
        folder = os.path.dirname(path)
        while folder and folder not in self.may_use:
            folder = os.path.dirname(folder)
        return folder or None

    def allows(self, path, header):
        """True if the file at path may use what that header declares."""
        room, other = self.room(path), self.room(header)
        return room == other or bool({"*", other, header} & self.may_use[room])

    def graph(self):
        """Each room with the rooms that it may use; those that may use everything have none."""
        return {
            room: {other for other in map(self._room_of, used - {"*"}) if other != room}
            for room, used in self.may_use.items()
        }

    def _room_of(self, name):
        return name if name in self.may_use else self.room(name)
