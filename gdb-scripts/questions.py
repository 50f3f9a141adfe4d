# SPDX-License-Identifier: GPL-3.0-or-later
"""What ebb's questions to a whole recording have gdb do: ebb_commands/requests.py has how."""

import os
import re
import sys

import gdb

sys.dont_write_bytecode = True  # nothing is left beside this file, which may belong to root
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import ebb  # noqa: E402,F401
from ebb_commands import requests, signatures  # noqa: E402

# What an expression may fail with where it makes sense elsewhere.
UNKNOWN = re.compile(r"optimized out|^Cannot access memory|not available|^can't compute CFA|"
                     r"^Register \S+ was not saved|^Division by zero")
known = {}  # signatures, by address


def signature_at(address):
    if address not in known:
        known[address] = signatures.find(address)
    return known[address]


def run_open(request):
    requests.run_open(request)
    gdb.execute("set print symbol on", to_string=True)
    return {}


def run_signature(request):
    """Whether the function at an address is known with its types, and these."""
    signature = signature_at(int(request["address"], 16))
    return {"known": False} if signature is None else {"known": True, **signature.describe()}


def run_describe(request):
    """Arguments and results of calls, from registers."""
    result = []
    for address, arguments, results in request["calls"]:
        signature = signature_at(int(address, 16))
        result.append([signature.arguments([int(text, 16) for text in arguments]),
                       results and signature.result([int(text, 16) for text in results])])
    return {"calls": result}


def run_locate(request):
    """The addresses of a location, as a breakpoint there has them."""
    gdb.execute("set breakpoint pending off", to_string=True)
    breakpoint = gdb.Breakpoint(request["location"])
    table = gdb.execute(f"info breakpoints {breakpoint.number}", to_string=True)
    breakpoint.delete()
    return {"addresses": re.findall(r"^\d[\d.]* .*?(0x[0-9a-f]+)", table, re.MULTILINE)}


def quoted(text):
    """As gdb's printf takes it: escapes such as \\n and \\" stay what they are."""
    literal = {'"': '\\"', "\n": "\\n", "\\": "\\\\"}
    return '"%s"' % re.sub(r'\\.|["\n\\]', lambda match: literal.get(match[0], match[0]), text)


def logged(command):
    """The bytes that a command prints."""
    with os.fdopen(os.memfd_create("ebb"), "rb") as file:
        for setting in (f"file /proc/self/fd/{file.fileno()}", "overwrite on", "redirect on",
                        "enabled on"):
            gdb.execute("set logging " + setting)
        try:
            gdb.execute(command)
        finally:
            gdb.execute("set logging enabled off")
        file.seek(0)
        return file.read()


def printed(command):
    """What a command prints, in which bytes that are no UTF-8 are escaped."""
    try:
        return gdb.execute(command, to_string=True)
    except UnicodeError:
        return logged(command).decode(errors="backslashreplace")


def run_print(request):
    """What gdb's printf prints at a position."""
    requests.seek(request["position"])
    words = ["printf " + quoted(request["format"]), *request["expressions"]]
    try:
        return {"text": printed(", ".join(words))}
    except gdb.error as error:
        if not UNKNOWN.search(str(error)):
            raise
        return {"text": f"<{error}>"}


requests.serve({"open": run_open, "signature": run_signature, "describe": run_describe,
                "locate": run_locate, "print": run_print})
