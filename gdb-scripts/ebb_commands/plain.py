# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands that are the server's own."""

import gdb

from . import server


class Monitor(server.Command):
    """The server's command of that name."""

    def __init__(self, name, server_command, text):
        self.__doc__ = text
        self.server_command = server_command
        super().__init__(name, kind=gdb.COMMAND_STATUS)

    def run(self, argument):
        command = f"{self.server_command} {argument}".strip()
        try:
            print(server.monitor(command), end="")
        except gdb.GdbError:
            # What the server said was caught and lost with the error; these commands change
            # nothing, so it may say it again.
            server.require_ebb()
            gdb.execute("monitor " + command)


Monitor("ebb events", "events", """Prints recorded events.
Usage: ebb events [POSITION [COUNT]]

Begins with the first event at or after POSITION (default: here), or, written #N, with number N.
Example:
    ebb events -1000 5""")
Monitor("ebb checkpoints", "checkpoints", """Prints the checkpoints and keyframes.

These are positions that are reached without replaying.
Example:
    ebb checkpoints""")
Monitor("ebb info", "info", """Prints how long the recording is, and how it ended.
Example:
    ebb info""")
Monitor("ebb stats", "stats", """Prints how much memory and work the replay has taken so far.
Example:
    ebb stats""")
