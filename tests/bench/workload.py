# SPDX-License-Identifier: GPL-3.0-or-later
"""The guest tests/guests/workload.c, as long as one wants, and its recordings."""

import json
import os
import shutil
import subprocess

from common import HERE, LIMIT, Failure, run

AMOUNT = 0x41F00000  # where the guest looks for how much it is to do
MOST_ROUNDS = 10 ** 6
RARE = 1000  # how often the rare things happen, if there are so many rounds
LONGEST_CALL = 10 ** 7
STEP, ROUND = 9, 27  # instructions of a step, and of a round without steps


class Workload:
    """A guest that executes about size instructions, on a machine with ram MiB."""

    def __init__(self, build, size, ram):
        self.size = size
        self.ram = ram
        self.elf = os.path.join(build, "guests", "workload-aarch64.elf")
        self.rounds = max(10, min(MOST_ROUNDS, size // 100))
        self.seldom = max(1, self.rounds // RARE)
        self.rare = self.rounds // self.seldom
        call = min(LONGEST_CALL, size // 10)
        self.steps = max(1, ((size - call) // self.rounds - ROUND) // STEP)
        self.long_steps = max(1, call // STEP)

    def guest(self):
        """QEMU's arguments."""
        words = (self.rounds, self.steps, self.seldom, self.long_steps)
        loaders = [argument for number, word in enumerate(words) for argument in (
            "-device", "loader,addr=%#x,data=%#x,data-len=8" % (AMOUNT + 8 * number, word))]
        return ["-M", "virt,gic-version=2", "-cpu", "cortex-a72", "-m", str(self.ram),
                "-nodefaults", "-display", "none", "-serial", "null", "-monitor", "none",
                "-kernel", self.elf, *loaders]

    def record(self, build, recording):
        """Records it with a build's ebb; returns how many instructions that is."""
        ebb = os.path.join(build, "cli", "ebb")
        shutil.rmtree(recording, ignore_errors=True)
        run([ebb, "record", "-o", recording, "--icount", "1", "--", *self.guest()])
        return json.loads(run([ebb, "info", "--json", recording])[1])["end_position"]


def forget_page_sets(recording):
    """Takes away what ebb verify has left beside the log to make later searches shorter."""
    path = os.path.join(recording, "pages")
    if os.path.exists(path):
        os.unlink(path)


def make_guest(build):
    done = subprocess.run([os.path.join(HERE, "..", "guests", "build.sh"),
                           os.path.join(build, "guests")], stdout=subprocess.DEVNULL,
                          timeout=LIMIT)
    if done.returncode != 0:
        raise Failure("the guests could not be built")
