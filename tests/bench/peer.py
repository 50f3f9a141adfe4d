# SPDX-License-Identifier: GPL-3.0-or-later
"""The peer: record/replay of the system's own QEMU, 10.0 or newer."""

import os
import shlex
import shutil

from common import Failure, run

PROGRAM = "qemu-system-aarch64"


class Peer:
    """A peer that cannot run is a failure of the benchmark."""

    def __init__(self, build, folder):
        self.image_tool = os.path.join(build, "qemu", "qemu-img")
        self.folder = folder
        if not shutil.which(PROGRAM):
            raise Failure("there is no peer: %s is not installed" % PROGRAM)
        version = run([PROGRAM, "--version"])[1].split("\n")[0].split()[3]
        if int(version.split(".")[0]) < 10:
            raise Failure("the peer is QEMU %s; 10.0 or newer is needed" % version)
        self.plain_name = "QEMU %s" % version
        self.name = self.plain_name + " record/replay"

    def command(self, guest, mode, log_file):
        image = os.path.join(self.folder, "snapshots.qcow2")
        if mode == "record":
            if os.path.exists(image):
                os.unlink(image)
            run([self.image_tool, "create", "-q", "-f", "qcow2", image, "1G"])
        return [PROGRAM, *guest, "-drive", "file=%s,if=none,id=snapshots" % image, "-icount",
                "shift=1,rr=%s,rrfile=%s,rrsnapshot=start" % (mode, log_file)]

    def record(self, guest):
        """Returns seconds and the log."""
        log_file = os.path.join(self.folder, "peer.log")
        return run(self.command(guest, "record", log_file))[0], log_file

    def target(self, guest, log_file):
        """What gdb's "target remote" takes. It is at the beginning."""
        return "| exec " + shlex.join(
            [*self.command(guest, "replay", log_file), "-S", "-gdb", "stdio"])
