#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the structure of the C sources, and what is written about it, without building them.

    check_structure.py [ROOT]

1. No circles: no module needs, round about, a module that needs it (modules.py says what a module
   is, and what it is to need one). There is no list of exceptions.
2. Directions: each folder uses only the folders that rooms.txt gives it.
3. Headers: what X.h declares, X.c defines. A header that declares other files' functions hides
   circles from readers.
4. Documents: the files and functions that docs/architecture.md and docs/concepts.md name are there.

It first checks itself on small made trees. Prints each fault with file and line, and at the end
"structure: N passed, M failed".
"""

import os
import sys

sys.dont_write_bytecode = True

import documents  # noqa: E402
import modules  # noqa: E402
from rooms import Rooms  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))


def circle_faults(tree, rooms):
    graph = tree.graph()
    for members in modules.circles(graph):
        lines = [f"a circle of {len(members)} modules: {', '.join(members)}"]
        for module in members:
            for other in sorted(graph[module].keys() & set(members)):
                needs = graph[module][other]
                more = f" (and {len(needs) - 1} more)" if len(needs) > 1 else ""
                lines.append(f"    {needs[0]}{more}")
        yield "\n".join(lines)


def direction_faults(tree, rooms):
    for members in modules.circles(rooms.graph()):
        yield f"rooms.txt: a circle of rooms that may use each other: {', '.join(members)}"
    said = set()
    for path in tree.sources:
        if rooms.room(path) is None:
            yield f"{path}: is in no room of rooms.txt"
            continue
        for _, need in tree.needs(path):
            other = rooms.room(need.header)
            if other and not rooms.allows(path, need.header) and need not in said:
                said.add(need)
                yield f"{need.path}:{need.line}: {rooms.room(path)} may not use {other}: {need.why}"


def header_faults(tree, rooms):
    for path, source in tree.sources.items():
        if path in tree.public_headers and os.path.splitext(path)[0] + ".c" in tree.sources:
            yield f"{path}: is a public header, so no source file may have its name"
        for line, what in source.hidden:
            yield f"{path}:{line}: {what}"
        for name, line in source.declared.items():
            definer = tree.definer(name, path)
            if path.endswith(".c"):
                if definer and definer != path:
                    yield f"{path}:{line}: declares {name} itself; {definer} defines it"
            elif not name.isupper() and not is_at_home(tree, path, definer):
                yield f"{path}:{line}: declares {name}, which {definer or 'nothing'} defines"


def is_at_home(tree, header, definer):
    if definer and header in tree.public_headers:
        return os.path.dirname(definer) == os.path.dirname(header)
    return definer and tree.module(definer) == tree.module(header)


def document_faults(tree, rooms):
    return documents.faults(tree.root)


CHECKS = (
    ("circles of files", circle_faults),
    ("directions between folders", direction_faults),
    ("headers and what they declare", header_faults),
    ("documents and what they name", document_faults),
)


def faults(root, rooms):
    """(name of the check, its faults) for each check of the tree at root."""
    tree = modules.Tree(root, rooms.public_headers, rooms.outside)
    return [(name, list(check(tree, rooms))) for name, check in CHECKS]


def main(arguments):
    import self_test

    root = arguments[0] if arguments else os.path.dirname(os.path.dirname(HERE))
    with open(os.path.join(HERE, "rooms.txt"), encoding="utf-8") as file:
        rooms = Rooms(file.read())
    passed, failed = self_test.run()
    for name, found in faults(root, rooms):
        print(f"{name}: {len(found) or 'no'} fault{'' if len(found) == 1 else 's'}")
        for fault in found:
            print(fault)
        passed, failed = passed + (not found), failed + bool(found)
    print(f"structure: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
