# SPDX-License-Identifier: GPL-3.0-or-later
# The demo's session: what one would type at gdb's prompt, with a word of explanation. gdb has been
# connected to the recording's end.

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

say("""This is the recording's end: the controller has said its last words and switched off.
All that happened before is still there, and gdb can go to any of it.""")
show("backtrace 3")

say("Back to where the program learned that it cannot go on, and what it was told:")
show("tbreak die")
show("reverse-continue")
show("print/x *exception")

say("Back to the bad access itself. A breakpoint on that instruction will do.")
show("tbreak *exception->pc")
show("reverse-continue")
show("backtrace")
crash = position()

say("""The job it wanted to run is at no address that has memory. It came from the list's head:""")
show("print job")
show("print controller.jobs")

say("""So someone overwrote controller.jobs. Who? In a plain debugger this is where guessing begins.
Here: watch it, and run backwards to the write.""")
show("watch controller.jobs")
show("reverse-continue")
show("backtrace 1")
show("list take_sample")

say("The old and the new value above are seen going back: right before this store all was well.")
show("print controller.jobs")
show("print controller.position")
show("print sizeof(controller.samples) / sizeof(controller.samples[0])")

found = gdb.selected_frame().name() == "take_sample"
index = int(gdb.parse_and_eval("controller.position"))
say("""There it is: sample number %d of an array of 16 goes on top of the pointer behind the array,
because take_sample() wraps around one too late ('>' should be '>='). That was %s
instructions before the crash.""" % (index, format(crash - position(), ",").replace(",", " ")))
if not found or index != 16:
    print("ebb: the demo did not come to the place it should have")
    gdb.execute("quit 1")
end
