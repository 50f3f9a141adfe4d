# SPDX-License-Identifier: GPL-3.0-or-later
"""Who looks at the conditions of breakpoints: gdb at all, as soon as one takes the address of a
function with &. What gdb sends to the server has another value there
(findings/agent-address-of-function.sh)."""

import re

import gdb

from . import server

# The operand of a unary or binary &, which names something.
ADDRESSED = re.compile(r"(?<!&)&[\s(]*([A-Za-z_]\w*)")


def is_function(name):
    """Whether or not there is debug information of it."""
    try:
        return gdb.parse_and_eval(name).type.code == gdb.TYPE_CODE_FUNC
    except gdb.error:
        return False


def leave_to_gdb(name):
    gdb.execute("set breakpoint condition-evaluation host")
    if server.connected_to_ebb():
        print("ebb: gdb looks at all conditions itself now, which takes longer: for "
              f"&{name} it would have the server take another value; write {name} without &, and "
              "'set breakpoint condition-evaluation auto', and the server looks at them")


def look(breakpoint):
    if gdb.parameter("breakpoint condition-evaluation") == "host" or not breakpoint.condition:
        return
    name = next(filter(is_function, ADDRESSED.findall(breakpoint.condition)), None)
    if name:
        leave_to_gdb(name)


gdb.events.breakpoint_created.connect(look)
gdb.events.breakpoint_modified.connect(look)
