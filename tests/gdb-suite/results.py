# SPDX-License-Identifier: GPL-3.0-or-later
"""The results that DejaGnu writes into its .sum files."""

import re

STATUS = ("PASS", "FAIL", "XPASS", "XFAIL", "KPASS", "KFAIL", "UNTESTED", "UNRESOLVED",
          "UNSUPPORTED")
RESULT = re.compile(rf"({'|'.join(STATUS)}): (.*)")

# What gdb's suite puts behind a check's name to say how it failed.
HOW = re.compile(r" \((timeout|eof|GDB internal error|got interactive prompt|"
                 r"the program is no longer running|the program exited|unknown output after running|"
                 r"PRMS:? [^)]*)\)$")


def read_results(path, name):
    """(status, check) for each result of the suite's file called name in the .sum file at path.

    What went wrong outside of any check has the status ERROR.
    """
    found = []
    try:
        with open(path, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                found += read_line(line.rstrip("\n"), name)
    except FileNotFoundError:
        found.append(("ERROR", "there is no gdb.sum"))
    return found


def read_line(line, name):
    match = RESULT.fullmatch(line)
    if match:
        yield match.group(1), HOW.sub("", match.group(2).removeprefix(name + ": "))
    elif line.startswith("ERROR: "):
        yield "ERROR", line.removeprefix("ERROR: ")
