# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules of a source tree, and what each needs of the others.

A module is X.c together with X.h. A public header of a room, which may declare what several files
of its folder define, is a module of its own. A module needs another one if it includes its header,
or uses a function or variable that it defines, whichever header declares that. Types and macros are
in headers, so that using one takes an #include. What is called through a table of function pointers
is known to the caller by the name of a member alone, and is not needed.
"""

import os
from dataclasses import dataclass

import c_text

INCLUDE_FOLDERS = ("", "qemu")  # as meson.build gives them to the compiler


@dataclass(frozen=True)
class Need:
    """Why a module needs another: where, in words, and the header through which."""

    path: str
    line: int
    why: str
    header: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.why}"


def c_files(root, outside):
    """Paths of the C files below root, but for those folders, hidden ones and builds."""
    for place, folders, names in os.walk(root):
        path = os.path.relpath(place, root)
        if path in outside or "build.ninja" in names:
            folders.clear()
            continue
        folders[:] = sorted(folder for folder in folders if not folder.startswith("."))
        for name in sorted(names):
            if name.endswith((".c", ".h")):
                yield os.path.normpath(os.path.join(path, name))


class Tree:
    """The C files of a source tree, by their paths from its root."""

    def __init__(self, root, public_headers=(), outside=()):
        self.root = root
        self.public_headers = frozenset(public_headers)
        self.sources = {}
        for path in c_files(root, outside):
            with open(os.path.join(root, path), encoding="utf-8") as file:
                self.sources[path] = c_text.read(file.read(), path.endswith(".h"))
        self.definers = {}
        for path, source in self.sources.items():
            for name in source.defined:
                self.definers.setdefault(name, []).append(path)
        self._seen = {}

    def module(self, path):
        return path if path in self.public_headers else os.path.splitext(path)[0]

    def included(self, path):
        """(header, line) for each header of this tree that a file includes itself."""
        for written, line, near in self.sources[path].includes:
            for folder in (*(near * [os.path.dirname(path)]), *INCLUDE_FOLDERS):
                header = os.path.normpath(os.path.join(folder, written))
                if header in self.sources:
                    yield header, line
                    break

    def seen(self, path):
        """The file and every header that it includes, also those included by headers."""
        if path not in self._seen:
            found, rest = {path}, [path]
            while rest:
                new = {header for header, _ in self.included(rest.pop())} - found
                found |= new
                rest += sorted(new)
            self._seen[path] = sorted(found)
        return self._seen[path]

    def definer(self, name, header):
        """The file whose function or variable is meant where that header declares it, or None."""
        definers = self.definers.get(name, [])
        folder = os.path.dirname(header) + "/"
        own = [path for path in definers if path.startswith(folder)]
        return (own or definers or [None])[0]

    def needs(self, path):
        """(module, Need) for everything that a file needs of other modules."""
        for header, line in self.included(path):
            yield self.module(header), Need(path, line, f"includes {header}", header)
        source = self.sources[path]
        in_sight = set().union(*(self.sources[seen].declared for seen in self.seen(path)))
        own = source.defined.keys() | source.private
        for name in (source.used.keys() & self.definers.keys()) - in_sight - own - source.pointers:
            # A macro's body, or what the compiler is told in a way that c_text does not read.
            definer = self.definer(name, path)
            why = f"uses {name}, which {definer}:{self.sources[definer].defined[name]} defines"
            yield self.module(definer), Need(path, source.used[name][0], why, definer)
        for seen in self.seen(path):
            for name in self.sources[seen].declared.keys() & source.used.keys():
                definer = self.definer(name, seen)
                lines = source.used[name]
                if definer and lines and name not in own:
                    place = f"{definer}:{self.sources[definer].defined[name]}"
                    why = f"uses {name}, which {place} defines"
                    yield self.module(definer), Need(path, lines[0], why, seen)

    def graph(self):
        """Each module with the modules that it needs, each with the list of reasons."""
        graph = {self.module(path): {} for path in self.sources}
        for path in self.sources:
            module = self.module(path)
            for other, need in self.needs(path):
                if other != module:
                    graph[module].setdefault(other, []).append(need)
        return graph


def circles(graph):
    """The sets of modules that need each other, round about (strongly connected, Tarjan)."""
    order, low, stack, found = {}, {}, [], []

    def visit(module):
        order[module] = low[module] = len(order)
        stack.append(module)
        for other in graph[module]:
            if other not in order:
                visit(other)
                low[module] = min(low[module], low[other])
            elif other in stack:
                low[module] = min(low[module], order[other])
        if low[module] == order[module]:
            place = stack.index(module)
            members = stack[place:]
            del stack[place:]
            if len(members) > 1:
                found.append(sorted(members))

    for module in graph:
        if module not in order:
            visit(module)
    return sorted(found)
