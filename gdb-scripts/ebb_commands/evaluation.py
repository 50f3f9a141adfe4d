# SPDX-License-Identifier: GPL-3.0-or-later
"""Who looks at the conditions of breakpoints."""

import re

import gdb

# The operand of a unary or binary &, which names something.
ADDRESSED = re.compile(r"(?<!&)&[\s(]*([A-Za-z_]\w*)")


def is_function(name):
    symbol = gdb.lookup_global_symbol(name) or gdb.lookup_static_symbol(name)
    return symbol is not None and symbol.type is not None and symbol.type.code == gdb.TYPE_CODE_FUNC


class Evaluation:
    """Leaves all conditions to gdb as soon as one takes the address of a function with &: what gdb
    sends to the server has 0 there (findings/agent-address-of-function.sh)."""

    def __init__(self):
        gdb.events.breakpoint_created.connect(self.look)
        gdb.events.breakpoint_modified.connect(self.look)

    def look(self, breakpoint):
        if gdb.parameter("breakpoint condition-evaluation") == "host" or not breakpoint.condition:
            return
        for name in ADDRESSED.findall(breakpoint.condition):
            if is_function(name):
                gdb.execute("set breakpoint condition-evaluation host")
                print(f"ebb: gdb looks at all conditions itself now, which takes longer: for &{name} it "
                      f"would have the server take 0; write {name} without &, and 'set breakpoint "
                      "condition-evaluation auto', and the server looks at them")
                return
