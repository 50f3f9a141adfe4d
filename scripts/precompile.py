#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Precompiles the header that every file of QEMU includes first, which is a third of the work.

    precompile.py BUILD NINJA-TARGET...

BUILD is a configured build folder of QEMU. gcc takes include/qemu/osdep.h.gch/N.gch in the place of
include/qemu/osdep.h where one fits the options of a compilation (gcc manual, "Using Precompiled
Headers"), so there is one for each set of options that the targets are compiled with. They are made
anew when a header in them is newer, and then all is compiled anew: what gcc tells ninja of an object
that was compiled with one leaves out the headers in it. None are made for other compilers.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys

HEADER = "include/qemu/osdep.h"
# What decides whether a precompiled header fits.
DECIDING = ("-D", "-U", "-f", "-O", "-g", "-m", "-std", "-pthread")
# Of a compilation, what names its results.
WITH_VALUE = ("-o", "-MF", "-MQ")
ALONE = ("-c", "-MD")


def compilations(build, targets):
    """The commands by which the targets' C files are compiled, without ccache."""
    wanted = subprocess.run(["ninja", "-C", build, "-t", "commands", *targets],
                            capture_output=True, text=True, check=True).stdout
    for line in wanted.splitlines():
        words = shlex.split(line) if " -c " in line and line.endswith(".c") else []
        while words and os.path.basename(words[0]) == "ccache":
            words = words[1:]
        if words:
            yield words


def options(words):
    """Those of a compilation, but for its source and its results."""
    kept, skip = [], False
    for word in words[:-1]:
        if skip:
            skip = False
        elif word in WITH_VALUE:
            skip = True
        elif word not in ALONE:
            kept.append(word)
    return kept


def is_gcc(compiler):
    macros = subprocess.run([*compiler, "-dM", "-E", "-x", "c", os.devnull],
                            capture_output=True, text=True, check=False).stdout
    return "__GNUC__" in macros and "__clang__" not in macros


def is_fresh(build, stamp):
    """True if nothing that went into the precompiled headers has changed since."""
    try:
        made = os.stat(stamp).st_mtime
        with open(stamp, encoding="utf-8") as file:
            return all(os.stat(os.path.join(build, name)).st_mtime <= made
                       for name in json.load(file))
    except (OSError, ValueError):
        return False


def included(build, command):
    """The files that the header includes, those yet to be generated among them."""
    rule = subprocess.run(command + ["-M", "-MG"], cwd=build, check=True, capture_output=True,
                          text=True)
    return rule.stdout.replace("\\\n", " ").split(":", 1)[1].split()


def precompile(build, words, header, output):
    """Makes one, and returns the names of the files in it."""
    command = options(words) + ["-x", "c-header", header]
    missing = [name for name in included(build, command)
               if not os.path.exists(os.path.join(build, name))]
    if missing:
        subprocess.run(["ninja", "-C", build, *missing], check=True, capture_output=True)
    subprocess.run(command + ["-o", output], cwd=build, check=True)
    return included(build, command)


def main():
    build, targets = os.path.abspath(sys.argv[1]), sys.argv[2:]
    header = os.path.join(os.path.dirname(build), "source", HEADER)
    folder = header + ".gch"
    stamp = os.path.join(build, "precompiled.json")
    if is_fresh(build, stamp):
        return
    if os.path.exists(stamp):
        subprocess.run(["ninja", "-C", build, "-t", "clean"], check=True, capture_output=True)
        os.unlink(stamp)
    shutil.rmtree(folder, ignore_errors=True)
    kinds = {}
    for words in compilations(build, targets):
        key = tuple(sorted(word for word in words if word.startswith(DECIDING)))
        kinds.setdefault((words[0], key), words)
    os.makedirs(folder)
    files = set()
    for number, words in enumerate(kinds.values()):
        if is_gcc(words[:1]):
            files.update(precompile(build, words, header, os.path.join(folder, f"{number}.gch")))
    with open(stamp, "w", encoding="utf-8") as file:
        json.dump(sorted(files), file)


main()
