# SPDX-License-Identifier: GPL-3.0-or-later
"""What documents name: files and folders, by their paths from the root, and functions of files.

A path has a slash in it; that of a folder at the root ends with one. A function is written with
empty brackets, and on the same line stands, before it, the C file that defines it:
"log/event.c: ebb_event_kind_name()". Links are no paths: they go from one document to another.
"""

import os
import re

import c_text

DOCUMENTS = ("docs/architecture.md", "docs/concepts.md")

LINK = re.compile(r"\]\([^)]*\)|<!--.*?-->")
NAME = re.compile(r"(?P<path>\w[\w.-]*/(?:[\w.-]+/)*(?:[\w.-]*\w)?)|(?P<function>[A-Za-z_]\w*)\(\)")


def named(text):
    """(line, path, function) for everything that is named; either of the last two may be None."""
    for number, line in enumerate(text.split("\n"), 1):
        path = None
        for match in NAME.finditer(LINK.sub("", line)):
            if match.group("path"):
                path = match.group("path")
                yield number, path, None
            else:
                yield number, path, match.group("function")


def defined(root, path):
    """The functions and variables that a C file defines, static ones included; None: no C file."""
    full = os.path.join(root, path)
    if not path.endswith((".c", ".h")) or not os.path.isfile(full):
        return None
    with open(full, encoding="utf-8") as file:
        source = c_text.read(file.read(), path.endswith(".h"))
    return source.defined.keys() | source.private


def faults(root):
    for document in DOCUMENTS:
        full = os.path.join(root, document)
        if not os.path.exists(full):
            continue
        with open(full, encoding="utf-8") as file:
            text = file.read()
        for line, path, function in named(text):
            place = f"{document}:{line}"
            if not function:
                if not os.path.exists(os.path.join(root, path)):
                    yield f"{place}: names {path}, which is not there"
            elif not path:
                yield f"{place}: names {function}() without the file that has it"
            elif function not in (defined(root, path) or ()):
                yield f"{place}: names {function}(), which {path} does not define"
