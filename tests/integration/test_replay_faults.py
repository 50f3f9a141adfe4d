# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker dies of each kind of request, before it does anything or when it is to answer: gdb gets the
same answers as if it had not, and the session goes on."""

import os
import struct
import unittest
from unittest import mock

from harness import ebb, faults, rsp

FILE_SIZE = 65536  # bytes, as in tests/faults/worker_faults.c
EACH = 3           # requests of each type
DIVERSION = (-9, -5)  # the packets of a session that change something, from its end


class Session:
    """The same packets each time, in which the engine makes each kind of request."""

    def __init__(self, recording, folder, library):
        self.recording = recording
        self.log = os.path.join(folder, "requests")
        self.preloaded = library

    def packets(self, client):
        begin, end = client.place()[1:]
        middle = begin + (end - begin) // 2
        ram = 0x40100000
        yield "g"
        for seek in (end, middle, begin):
            yield "qRcmd," + ("seek %d" % seek).encode().hex()
            yield from ("s", "s", "bs", "g", "m%x,40" % ram, "qRcmd," + b"digest".hex())
        pc = client.pc_at_middle
        yield "Z0,%x,4" % pc
        yield from ("c", "bc", "bs", "bc")
        yield "Z2,%x,8" % client.watched
        yield from ("c", "c", "bc", "bc")
        yield "z0,%x,4" % pc
        yield "z2,%x,8" % client.watched
        yield from ("P0=1122334455667788", "M%x,4:01020304" % ram, "g", "m%x,4" % ram)  # a diversion
        yield "qRcmd," + ("seek %d" % middle).encode().hex()
        yield from ("g", "bc", "c", "qRcmd," + b"digest".hex())

    def run(self, kind=None, at=0):
        """All replies, the types of the requests in order, and the statistics."""
        with open(self.log, "wb") as log:
            log.truncate(FILE_SIZE)
        environment = {"LD_PRELOAD": self.preloaded, "EBB_FAULT_LOG": self.log,
                       "EBB_FAULT_AT": str(at), "EBB_FAULT_KIND": kind or "none"}
        with mock.patch.dict(os.environ, environment), \
                rsp.Rsp(self.recording, "--workers", "1") as client:
            client.ask("?")  # is answered once the recording is open
            self.opened = len(self.requests())
            client.seek("end")
            begin, end = client.place()[1:]
            client.seek(begin + (end - begin) // 2)
            client.pc_at_middle = int.from_bytes(bytes.fromhex(client.ask("p20")), "little")
            # The stack's top, which every function writes.
            client.watched = int.from_bytes(bytes.fromhex(client.ask("p1f")), "little") - 8 & ~7
            replies = [client.exchange(packet)[0] for packet in self.packets(client)]
            stats = client.monitor("stats")
        return replies, self.requests(), stats

    def requests(self):
        """The types of the requests so far."""
        with open(self.log, "rb") as log:
            count, = struct.unpack("I", log.read(4))
            return list(log.read(count))


class Faults(unittest.TestCase):
    def test_each_kind_of_request(self):
        session = ebb.current()
        recording = session.record(session.guests.bare("steps-aarch64"),
                                   ["--keyframe-interval", "100000"]).recording
        library = faults.build_library(session.folder, "worker_faults")
        it = Session(recording, session.folder, library)
        replies, types, _ = it.run()
        self.assertGreater(len(set(types[it.opened:])), 8)
        self.assertTrue(all(reply and not reply.startswith("E") for reply in replies), replies)
        opened = it.opened  # a worker that dies before is not replaced: there is no session yet
        for type_ in sorted(set(types[opened:])):
            numbers = [number for number, seen in enumerate(types, 1)
                       if seen == type_ and number > opened]
            chosen = sorted({*numbers[::max(1, len(numbers) // EACH)][:EACH], numbers[-1]})
            for kind in ("request", "reply"):
                for number in chosen:
                    with self.subTest(type=type_, kind=kind, request=number):
                        now, _, stats = it.run(kind, number)
                        self.assertEqual(now[:DIVERSION[0]], replies[:DIVERSION[0]])
                        self.assertEqual(now[DIVERSION[1]:], replies[DIVERSION[1]:])
                        if now != replies:  # what was changed is lost with a worker: an error
                            self.assertTrue(any(reply.startswith("E") for reply in now), now)
                        self.assertRegex(stats, r"workers replaced +1\b")


if __name__ == "__main__":
    unittest.main()
