# SPDX-License-Identifier: GPL-3.0-or-later
"""QEMU's monitor, for programs."""

import json
import socket

from .process import WATCHDOG


class Monitor:
    """A connection to the monitor behind a socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(WATCHDOG)
        self.socket.connect(path)
        self.file = self.socket.makefile("rw")
        self.file.readline()
        self.command("qmp_capabilities")

    def command(self, name, **arguments):
        self.file.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
        self.file.flush()
        return json.loads(self.file.readline() or "{}")

    def close(self):
        self.file.close()
        self.socket.close()
