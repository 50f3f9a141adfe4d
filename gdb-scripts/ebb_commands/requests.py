# SPDX-License-Identifier: GPL-3.0-or-later
"""How commands of ebb ask a gdb that has no user.

Each line of standard input is a request, a JSON object, and descriptor 3 gets a line of JSON for
each; so it goes on until the input ends.
"""

import json
import os
import sys

import gdb

from . import server


class Unreachable(Exception):
    """History does not lead to the position."""


def address_text(address):
    """JSON's integers are signed for who reads them, and an address may have 64 bits."""
    return f"0x{int(address) & 0xffffffffffffffff:x}"


def seek(position):
    try:
        answer = server.move(f"seek {position}")
    except (gdb.error, gdb.GdbError) as error:  # the position is one of the log
        raise Unreachable(f"position {position} cannot be reached, since the recording is damaged "
                          "there") from error
    match = server.POSITION.search(answer)
    if not match or int(match[1]) != position:
        raise Unreachable(f"position {position} cannot be reached")


def run_open(request):
    for setting in ("confirm off", "pagination off", "width 0", "height 0", "language c",
                    "may-write-registers off", "may-write-memory off",
                    "may-call-functions off", "print symbol off"):
        try:
            gdb.execute("set " + setting, to_string=True)
        except gdb.error:
            pass  # not every gdb has all
    symbols, offset = request.get("symbols"), request.get("offset", 0) & 0xffffffffffffffff
    if symbols and offset:
        gdb.execute("exec-file " + server.quoted(symbols), to_string=True)
        gdb.execute(f"symbol-file -o 0x{offset:x} -- {server.quoted(symbols)}", to_string=True)
    elif symbols:
        gdb.execute("file " + server.quoted(symbols), to_string=True)
    if request.get("target"):
        gdb.execute("target remote " + request["target"], to_string=True)
    gdb.execute("set language c", to_string=True)
    return {}


def serve(requests):
    """requests: the functions that answer, by their names."""
    with os.fdopen(3, "w") as replies:
        for line in sys.stdin:
            request = json.loads(line)
            try:
                reply = requests[request["do"]](request)
            except Unreachable as error:
                reply = {"unreachable": str(error)}
            except (gdb.error, gdb.GdbError) as error:
                reply = {"error": str(error)}
            except Exception as error:  # a mistake here must not end the conversation
                reply = {"error": f"{type(error).__name__}: {error}"}
            replies.write(json.dumps(reply) + "\n")
            replies.flush()
