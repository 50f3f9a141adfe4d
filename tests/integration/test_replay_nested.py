# SPDX-License-Identifier: GPL-3.0-or-later
"""Searches back over what a device writes inside an instruction, while asynchronous events come
right behind that instruction: the write must not keep them from being applied."""

import unittest

from harness import ebb, rsp

RAM_BASE = 0x40000000
SIGNATURE = b"QEMU".hex()  # what is written where the guest itself never writes
PLACES = 12                # that are gone back to one by one
STOPS_MAX = 300            # of a walk back from the end


class Log:
    """What the log of a recording says of devices' writes."""

    def __init__(self, events):
        self.writes = []  # nested ones: (position, address, data)
        self.asynchronous = set()  # positions
        for event in events:
            if event["kind"] == "dma" and event.get("nested"):
                self.writes.append((event["position"], RAM_BASE + event["address"],
                                    event["data"]))
            elif event["kind"] in ("dma", "interrupt-line") and not event.get("nested"):
                self.asynchronous.add(event["position"])

    def places(self):
        """Writes with an asynchronous event right behind their instruction."""
        return [(position, address, len(data) // 2) for position, address, data in self.writes
                if position + 1 in self.asynchronous]

    def signature(self):
        """The address of the word that the guest has the signature written to."""
        return next(address for _, address, data in self.writes if data == SIGNATURE)

    def control(self):
        """That of the word that the device clears when it is done, and that the guest sets."""
        return next(address for _, address, data in self.writes if data != SIGNATURE)

    def positions(self, wanted):
        return [position for position, address, _ in self.writes if address == wanted]


class NestedWrites(unittest.TestCase):
    architecture = "aarch64"

    def setUp(self):
        self.ebb = ebb.current()
        name = "nested-" + self.architecture
        self.recording = self.ebb.shared(
            name, lambda: self.ebb.guests.bare(name) + ["-device", "virtio-rng-device"],
            ["--keyframe-interval=20000"]).recording
        self.log = Log(self.ebb.json("dump", "--json", self.recording))

    def client(self, *options):
        client = rsp.Rsp(self.recording, *options)
        self.addCleanup(client.close)
        return client

    def check_place(self, client, position, address, ahead):
        """Goes back from a position to the write before it."""
        client.seek(position + 1)
        state = client.state()
        client.seek(position + ahead)
        stop = client.move("bc")
        self.assertEqual((stop.reason, client.position()), ("watch", position + 1), stop)
        self.assertTrue(stop.by_device, stop)
        self.assertEqual(stop.address, address)
        self.assertEqual(client.state(), state)

    def search_places(self, *options):
        places = self.log.places()
        self.assertGreaterEqual(len(places), PLACES)
        client = self.client(*options)
        for place in range(PLACES):
            position, address, length = places[place * len(places) // PLACES]
            client.ask("Z2,%x,%x" % (address, length))
            # The interrupt's handler has more instructions than that, and no such write.
            for ahead in (1, 2, 9):
                self.check_place(client, position, address, ahead)
            client.ask("z2,%x,%x" % (address, length))

    def test_places(self):
        self.search_places("--workers", "1")

    def test_places_with_three_workers(self):
        self.search_places("--workers", "3")

    def stops(self, address):
        """Goes back from the end, from write to write of a word."""
        client = self.client("--workers", "1")
        client.seek("end")
        while True:
            client.ask("Z2,%x,4" % address)
            stop = client.move("bc")
            if stop.reason == "begin":
                return
            self.assertEqual(stop.reason, "watch", stop)
            yield client.position(), stop.by_device
            client.ask("z2,%x,4" % address)  # as gdb does: the next stop would be this one again
            client.move("bs")

    def check_all(self, address, others):
        """Every write by a device is found where the log has it; others: whether the guest writes
        the word, too."""
        wanted = [position + 1 for position in reversed(self.log.positions(address))][:STOPS_MAX]
        found = []
        for position, by_device in self.stops(address):
            if by_device:
                found.append(position)
            else:
                self.assertTrue(others, "a write at %d that no device made" % position)
            if len(found) == len(wanted):
                break  # what comes before are the guest's writes as it starts
        self.assertEqual(found, wanted)

    def test_all_writes(self):
        self.check_all(self.log.signature(), others=False)

    def test_all_writes_to_a_word_of_the_guests(self):
        self.check_all(self.log.control(), others=True)


class NestedWritesArm(NestedWrites):
    architecture = "arm"


if __name__ == "__main__":
    unittest.main()
