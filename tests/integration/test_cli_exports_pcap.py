# SPDX-License-Identifier: GPL-3.0-or-later
"""ebb export pcap: compared, packet for packet, with what QEMU itself saw go by while recording."""

import os
import re
import shlex
import struct
import subprocess
import unittest

from harness import documents, ebb, process
from harness.host_ends import Network
from harness.web import NumberServer

RECEIVED, SENT = 1, 2


def seen_by_qemu(path):
    """The packets in a file that QEMU's filter-dump wrote."""
    with open(path, "rb") as file:
        data = file.read()
    packets, place = [], 24
    while place < len(data):
        size = struct.unpack_from("<8xI4x", data, place)[0]
        packets.append(data[place + 16:place + 16 + size])
        place += 16 + size
    return packets


def options(data):
    """The options of a block by their numbers."""
    found, place = {}, 0
    while place < len(data):
        number, size = struct.unpack_from("<HH", data, place)
        found[number] = data[place + 4:place + 4 + size]
        place += 4 + (size + 3 & ~3)
    return found


class Packet:
    def __init__(self, block):
        self.interface, high, low, size, self.length = struct.unpack_from("<5I", block)
        self.position = high << 32 | low
        self.bytes = block[20:20 + size]
        told = options(block[20 + (size + 3 & ~3):])
        self.direction = struct.unpack("<I", told[2])[0]
        self.comment = told[1].decode()

    def key(self):
        return (self.interface, self.position, self.direction, self.bytes, self.comment)


class Capture:
    """A pcapng file."""

    def __init__(self, data):
        self.interfaces, self.packets, self.comment = [], [], None
        place = 0
        while place < len(data):
            kind, size = struct.unpack_from("<II", data, place)
            assert struct.unpack_from("<I", data, place + size - 4)[0] == size
            block = data[place + 8:place + size - 4]
            if kind == 0x0a0d0d0a:
                self.comment = options(block[16:])[1].decode()
            elif kind == 1:
                self.interfaces.append(options(block[8:]))
            else:
                assert kind == 6, kind
                self.packets.append(Packet(block))
            place += size

    def of(self, mac, direction):
        """The packets of the device with that address."""
        numbers = [number for number, told in enumerate(self.interfaces) if told[6] == mac]
        assert len(numbers) == 1, "%s is that of %d interfaces" % (mac.hex(), len(numbers))
        return [packet.bytes for packet in self.packets
                if packet.interface == numbers[0] and packet.direction == direction]


def mac(number):
    """What QEMU gives to the device of that number."""
    return bytes((0x52, 0x54, 0, 0x12, 0x34, 0x56 + number))


class Recorded:
    """A guest that fetches a page through each of its network devices, and sends it back."""

    def __init__(self, test, architecture, cards, more=()):
        self.ebb = test
        ends = Network(cards, [])
        folder = test.new_folder("seen")
        os.mkdir(folder)
        self.seen = [os.path.join(folder, str(number)) for number, card in enumerate(cards)]
        with NumberServer() as port:
            arguments = test.guests.linux(architecture, "nics",
                                          append="port=%d %s" % (port, ends.words))
            arguments += [*more, *ends.arguments()]
            for number, path in enumerate(self.seen):
                arguments += ["-object", "filter-dump,id=f%d,netdev=n%d,file=%s" % (number, number,
                                                                                    path)]
            recorder = test.record(arguments)
        assert "guest: PASS" in recorder.text(), recorder.describe()
        self.recording = recorder.recording
        self.errors = None

    def export(self, *words):
        result = self.ebb.run("export", "pcap", self.recording, *words)
        assert result.status == 0, result.describe()
        self.errors = result.errors.decode()
        return Capture(result.output)


class Pcap:
    """A mixin; architecture, cards (those with virtio first, in all known ways) and more are set."""

    more = ()
    known = 1  # of the cards

    @classmethod
    def setUpClass(cls):
        cls.recorded = Recorded(ebb.current(), cls.architecture, cls.cards, cls.more)
        cls.capture = cls.recorded.export()
        cls.errors = cls.recorded.errors

    def test_packets_are_those_that_qemu_saw(self):
        self.assertEqual(len(self.capture.interfaces), self.known)
        for number in range(self.known):
            seen = seen_by_qemu(self.recorded.seen[number])
            sent = [packet for packet in seen if packet[6:12] == mac(number)]
            received = [packet for packet in seen if packet[6:12] != mac(number)]
            self.assertGreater(min(len(sent), len(received)), 80)
            self.assertEqual(self.capture.of(mac(number), SENT), sent)
            self.assertEqual(self.capture.of(mac(number), RECEIVED), received)

    def test_positions_are_those_of_what_the_log_has(self):
        """A packet is sent where the driver stores to a register, and received where the device
        writes."""
        events = {}
        for event in self.recorded.ebb.json("dump", self.recorded.recording, "--json", "--kind",
                                            "mmio-write,dma"):
            events.setdefault(event["position"], set()).add(event["kind"])
        told = 0
        for packet in self.capture.packets:
            self.assertRegex(packet.comment,
                             r"^position %d(, guest time \d+\.\d{9} s)?$" % packet.position)
            told += "guest time" in packet.comment
            self.assertEqual(packet.length, len(packet.bytes))
            kinds = events[packet.position]
            if packet.direction == RECEIVED:
                self.assertIn("dma", kinds)
            else:
                self.assertTrue(kinds & {"dma", "mmio-write"})
        self.assertEqual(told, len(self.capture.packets))
        positions = [packet.position for packet in self.capture.packets]
        self.assertEqual(positions, sorted(positions))

    def test_answers_come_behind_questions(self):
        for interface in range(self.known):
            asked = [packet.direction for packet in self.capture.packets
                     if packet.interface == interface and packet.bytes[12:14] == b"\x08\x06"]
            self.assertEqual(asked[:2], [SENT, RECEIVED])

    def test_a_part_is_the_whole_between_its_ends(self):
        whole = [packet.key() for packet in self.capture.packets]
        places = [packet.position for packet in self.capture.packets]
        for begin, end in ((places[5], places[-5]), (places[100] + 1, places[101] + 1),
                           (places[-1], places[-1] + 1), (places[-1] + 1, places[-1] + 2)):
            with self.subTest(begin=begin, end=end):
                part = self.recorded.export("--from", str(begin), "--to", str(end))
                self.assertEqual([packet.key() for packet in part.packets],
                                 [key for key in whole if begin <= key[1] < end])
                self.assertEqual(part.interfaces, self.capture.interfaces)


class Pci(Pcap, unittest.TestCase):
    architecture = "arm64"
    cards = ["virtio-net-pci,netdev", "virtio-net-pci,disable-modern=on,netdev",
             "virtio-net-pci,mrg_rxbuf=off,indirect_desc=off,event_idx=off,netdev",
             "virtio-net-pci,packed=on,netdev",
             "virtio-net-pci,iommu_platform=on,disable-legacy=on,netdev", "e1000,netdev"]
    known = 3

    def test_devices_that_are_missing_are_told_of(self):
        self.assertEqual(sorted(self.errors.splitlines()), [
            "ebb: the network device at 0x4010020000 has packed rings, which are not known; its "
            "packets are missing",
            "ebb: the network device at 0x4010028000 uses the addresses of an IOMMU, which are not "
            "known; its packets are missing"])

    def test_a_file(self):
        path = os.path.join(self.recorded.ebb.new_folder("out"))
        result = self.recorded.ebb.run("export", "pcap", self.recorded.recording, "-o", path)
        self.assertEqual((result.status, result.output), (0, b""), result.describe())
        with open(path, "rb") as file:
            capture = Capture(file.read())
        self.assertEqual([packet.key() for packet in capture.packets],
                         [packet.key() for packet in self.capture.packets])
        self.assertEqual(capture.comment, "Times are positions in the recording: a microsecond is "
                                          "an instruction")
        # Others read it as well, and see TCP connections that begin and end.
        told = process.run(["tcpdump", "-n", "-r", path])
        self.assertEqual(told.status, 0, told.describe())
        self.assertEqual(len(told.text().splitlines()), len(capture.packets))
        self.assertEqual(told.text().count("Flags [S],"), 2 * self.known)

    def test_pipe_that_closes(self):
        result = subprocess.run(["bash", "-o", "pipefail", "-c",
                                 '"$0" export pcap "$1" | head -c 1000', self.recorded.ebb.path,
                                 self.recorded.recording], capture_output=True,
                                timeout=process.WATCHDOG)
        self.assertEqual(result.returncode, 0)
        self.assertEqual(len(result.stdout), 1000)

    def test_a_disk_that_is_full(self):
        with open("/dev/full", "wb") as full:
            result = subprocess.run([self.recorded.ebb.path, "export", "pcap",
                                     self.recorded.recording], stdout=full, stderr=subprocess.PIPE,
                                    timeout=process.WATCHDOG)
        self.assertEqual(result.returncode, 1)
        self.assertIn(b"No space left on device", result.stderr)

    def test_before_there_is_a_device(self):
        path = self.recorded.ebb.new_folder("out")
        result = self.recorded.ebb.run("export", "pcap", self.recorded.recording, "--to",
                                       "100000000", "-o", path)
        self.assertEqual(result.status, 5, result.describe())
        self.assertIn("from position 0 to 99999999 no driver sets up a",
                      result.errors.decode())
        self.assertFalse(os.path.exists(path))


class Mmio(Pcap, unittest.TestCase):
    """As machines without a choice of version have it: a legacy device."""
    architecture = "armhf"
    cards = ["virtio-net-device,netdev", "virtio-net-device,netdev"]
    known = 2


class MmioVersion1(Pcap, unittest.TestCase):
    architecture = "arm64"
    cards = ["virtio-net-device,netdev"]
    more = ("-global", "virtio-mmio.force-legacy=off")

    def test_examples(self):
        """docs/exports.md: the examples print what it says, other numbers aside."""
        commands = documents.transcripts(documents.section("docs/exports.md", "pcap"))
        place = documents.Place(self.recorded.ebb)
        place.add("net", self.recorded.recording)
        self.assertEqual([shlex.split(words)[0] for words, _ in commands],
                         ["ebb", "tcpdump", "ebb"])
        # Of the first packet, which is a request: the same number in two commands.
        written = documents.read("docs/exports.md").split("-r net.pcapng arp\n", 1)[1]
        seconds, rest = re.match(r"(\d+)\.(\d{6}) ARP, Request", written).groups()
        position = next(packet.position for packet in self.capture.packets
                        if packet.bytes[12:14] == b"\x08\x06")
        for words, printed in commands:
            result = place.run(words.replace(seconds + rest, str(position)))
            self.assertEqual(result.status, 0, result.describe())
            self.assertEqual(*(documents.masked(re.sub(r"(?m)^\d+\.\d{6} ", "TIME ", text))
                               for text in (result.text(), printed)))


class NoDevice(unittest.TestCase):
    def test_none(self):
        session = ebb.current()
        recording = session.shared("steps-aarch64").recording
        path = session.new_folder("out")
        result = session.run("export", "pcap", recording, "-o", path)
        self.assertEqual(result.status, 5, result.describe())
        self.assertRegex(result.errors.decode(), r"^ebb: there are no packets that could be told: "
                                                 r"[^\n]+ are not known\n$")
        self.assertFalse(os.path.exists(path))


if __name__ == "__main__":
    unittest.main()
