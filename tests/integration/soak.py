#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records, verifies and walks, guest after guest, for as long as it is told to.

    soak.py --build BUILD HOURS [--seed N]

Each round takes the next guest, records it under TCG, verifies the recording, and walks through it at
random as test_replay_walk.py does, with a seed of its own, every other time on three workers, and every
fourth while workers are killed. A round that fails is told with its seed, and its recording is kept. The
last line has the totals; the exit status is 0 if no round failed.
"""

import argparse
import json
import os
import shutil
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

from harness import ebb  # noqa: E402
import test_replay_walk  # noqa: E402

MOVES = 110  # of a walk in one area, as in the tests

RNG = ("-device", "virtio-rng-device")
# Name, extra arguments, the longest distance of keyframes (instructions), and whether memory can be
# read everywhere, so that changes of it can be compared with the hits of watchpoints.
BARE = [(name + "-" + architecture, extra, interval, values)
        for name, extra, interval, values in (
            ("steps", (), 20000, True), ("interrupts", (), 500000, True), ("mmu", (), 20000, False),
            ("exclusives", (), 100000, True), ("float", (), 20000, True),
            ("dma", RNG, 20000, True), ("nested", RNG, 20000, True), ("reset", (), 500, True),
            ("watchpoints", (), 2000, True))
        for architecture in ("aarch64", "arm")]
BARE += [("tags-aarch64", (), 2000, True), ("compat-aarch64", (), 500, True)]
LINUX = ["arm64", "armhf"]


class Totals:
    def __init__(self):
        self.rounds = self.instructions = self.moves = self.compared = self.failed = 0

    def __str__(self):
        return ("%d recordings of %.3f G instructions verified and walked: %d moves, %d states compared; "
                "%d failed" % (self.rounds, self.instructions / 1e9, self.moves, self.compared,
                               self.failed))


def verify(session, recording):
    result = session.json("verify", "--json", recording)
    if not (result["verified"] and result["end_state_compared"]):
        raise AssertionError("not verified: %s" % json.dumps(result))
    return result["position"]


def walk_bare(case, guest, seed, options, kill_one_in):
    name, extra, interval, values = guest
    return case.bare_metal(name, seed, options, kill_one_in, extra, interval, MOVES, values)[1]


def walk_linux(case, architecture, seed, options, kill_one_in):
    recording = case.ebb.record(case.ebb.guests.linux(architecture, "poweroff")).recording
    return case.sampled(recording, seed, options, kill_one_in, moves=MOVES)[1]


def one_round(session, number, seed, totals):
    """Records a guest, walks and verifies."""
    guests = BARE + LINUX
    guest = guests[number % len(guests)]
    name = guest if isinstance(guest, str) else guest[0]
    kind = test_replay_walk.SampledTests if isinstance(guest, str) else test_replay_walk.BareMetal
    case = kind("setUp")  # any method: none is run by itself
    case.setUp()
    options = ("--workers", "3") if number % 2 else ("--workers", "1")
    kill_one_in = 15 if number % 4 == 3 else 0
    print("round %d: %s, seed %d, %s%s" % (number, name, seed, " ".join(options),
                                           ", killing" if kill_one_in else ""), flush=True)
    try:
        walk = walk_linux if isinstance(guest, str) else walk_bare
        truth = walk(case, guest, seed, options, kill_one_in)
    finally:
        case.doCleanups()
    totals.instructions += verify(session, truth.recording)
    totals.moves += (2 if isinstance(guest, str) else 3) * MOVES
    totals.compared += truth.compared
    totals.rounds += 1
    shutil.rmtree(truth.recording)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("hours", type=float, help="after which no new round begins")
    parser.add_argument("--build", default=os.path.join(HERE, "..", "..", "build"),
                        help="the folder that `./run build` made")
    parser.add_argument("--seed", type=int, help="of the first round; the time without")
    parser.add_argument("--rounds", type=int, help="end after so many, if it is not time before")
    options = parser.parse_args()

    session = ebb.open_build(options.build)
    first = options.seed if options.seed is not None else int(time.time())
    end = time.monotonic() + options.hours * 3600
    totals = Totals()
    number = 0
    while time.monotonic() < end and number != options.rounds:
        try:
            one_round(session, number, first + number, totals)
        except Exception:  # whatever it is, it is told, and the next round may be another
            totals.failed += 1
            traceback.print_exc()
        number += 1
    print(totals, flush=True)
    if totals.failed:
        print("the recordings of rounds that failed are in %s" % session.folder, flush=True)
        return 1
    session.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
