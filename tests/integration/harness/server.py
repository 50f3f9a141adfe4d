# SPDX-License-Identifier: GPL-3.0-or-later
"""`ebb replay --listen`, which debuggers connect to."""

from .process import Process


class Server(Process):
    """Serves a recording at the socket .path."""

    def __init__(self, ebb, recording, *options):
        self.path = ebb.new_folder("socket")
        super().__init__([ebb.path, "replay", "--listen", "unix:" + self.path, *options, recording])
        try:
            self.wait_for(self.path)  # it says where it listens when it does
        except AssertionError:
            self.close()
            raise
