#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kills a recorder at each of its operations on files, and lets the disk be full from each one on.

    faults.py --build BUILD [--interval INSTRUCTIONS]

For a whole recording and a flight recording of a small guest: what is left must replay up to where it
ends, or be refused in one sentence if there is nothing yet. Prints "N of N" for each kind of fault.
"""

import argparse
import collections
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

from harness import ebb, faults  # noqa: E402


def try_all(name, recorder):
    """Returns how many were not as they should be."""
    operations = recorder.operations()
    bad = 0
    for fault in faults.KINDS:
        numbers = [operation.number for operation in operations
                   if fault != "full" or operation.name in faults.GROWING]
        left = collections.Counter()
        for number in numbers:
            try:
                left[recorder.check(fault, number)] += 1
            except AssertionError as error:
                print("%s, %s at operation %d: %s" % (name, fault, number, error), flush=True)
        good = sum(left.values())
        bad += len(numbers) - good
        print("%s, %s: %d of %d as wanted; left was %s" % (
            name, fault, good, len(numbers),
            ", ".join("%s %d" % item for item in sorted(left.items()))), flush=True)
    return bad


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=os.path.join(HERE, "..", "..", "build"),
                        help="the folder that `./run build` made")
    parser.add_argument("--interval", type=int, default=50000,
                        help="of keyframes; shorter means more operations")
    options = parser.parse_args()

    session = ebb.open_build(options.build)
    guest = session.guests.bare("steps-aarch64")
    keyframes = ["--keyframe-interval", str(options.interval)]
    try:
        bad = try_all("whole", faults.FaultyRecorder(session, guest, keyframes))
        bad += try_all("flight", faults.FaultyRecorder(
            session, guest, keyframes + ["--last", str(6 * options.interval)]))
    finally:
        session.close()
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
