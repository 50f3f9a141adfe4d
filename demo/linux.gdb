# SPDX-License-Identifier: GPL-3.0-or-later
# The demo's session with a Linux guest: gdb has no symbols of it, and has been connected to the
# recording's end.

set pagination off
set confirm off
set width 0

python
import re

def say(text):
    print("\n# " + text.replace("\n", "\n# "))

def show(command):
    print("(gdb) " + command)
    gdb.execute(command)

def position():
    text = gdb.execute("monitor position", to_string=True)
    return int(re.search(r"position (\d+)", text).group(1))

say("""This is the recording's end: the kernel has switched the machine off. There are no symbols of
it here, only the CPU and all of its memory, at every moment since it was switched on.""")
end = position()
show("x/2i $pc - 4")
show("backtrace 4")

say("Who called that, and what is on the stack? Back to where this frame's return address was stored:")
show("watch *(unsigned long *) ($fp + 8)")
show("reverse-continue")
show("x/2i $pc")
stored = position()

say("One instruction back, and forward again:")
show("reverse-stepi")
show("stepi")
again = position()

say("And all the way back, to the first instruction of the machine:")
show("delete")
show("reverse-continue")
show("x/2i $pc")
begin = position()

say("%s instructions lie between here and the end." % format(end - begin, ","))
if not begin < stored < end or again != stored:
    print("ebb: the demo did not come to the place it should have")
    gdb.execute("quit 1")
end
