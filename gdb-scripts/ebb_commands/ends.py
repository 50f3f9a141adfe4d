# SPDX-License-Identifier: GPL-3.0-or-later
"""The two ends of history, and what gdb says there."""

import gdb

from . import server


def end_of_history(event):
    """What a stop is at, "beginning of history" or "end of history"; None if it has another reason,
    or there is no recording. gdb tells its scripts the reason of other stops, and of these not
    always."""
    details = getattr(event, "details", {})
    if type(event) is not gdb.StopEvent or details.get("reason", "no-history") != "no-history":
        return None
    try:
        position, begin, _ = server.place()
    except (gdb.error, gdb.GdbError):
        return None
    return "beginning of history" if position == begin else "end of history"


class EndNote:
    """Puts right what gdb 16 and newer say at the end: that going on adds to the history."""

    def __init__(self):
        self.moving = False
        gdb.events.cont.connect(self.note_move)
        gdb.events.stop.connect(self.note_stop)

    def note_move(self, event):
        self.moving = True

    def note_stop(self, event):
        if self.moving and end_of_history(event) == "end of history":
            print("ebb: nothing is added to a recording: this is where its history ends")
        self.moving = False
