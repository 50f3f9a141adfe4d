# SPDX-License-Identifier: GPL-3.0-or-later
"""Damaged recordings with the real worker and the real gdb: what is before the damage is there, and
both say what is damaged."""

import os
import shutil
import struct
import unittest

from harness import ebb, gdb, process, rsp

FILE_HEADER = 32
BLOCK_HEADER = 64  # docs/recording-format.md


def blocks(data, kind):
    """(offset, stored size) of the blocks of a type."""
    offset, found = FILE_HEADER, []
    while offset < len(data):
        size = struct.unpack_from("<I", data, offset + 4)[0]
        if data[offset:offset + 4] == kind:
            found.append((offset, size))
        offset += BLOCK_HEADER + size
    return found


class Damage:
    architecture = None

    def setUp(self):
        self.ebb = ebb.current()
        name = "reset-" + self.architecture
        self.whole = self.ebb.shared(
            name, lambda: self.ebb.guests.bare(name)).recording
        self.elf = self.ebb.guests.elf(name)

    def damage(self, file, kind, number):
        """A copy of the recording with a block damaged, and what names the place."""
        copy = self.ebb.new_folder()
        shutil.copytree(self.whole, copy)
        path = os.path.join(copy, file)
        with open(path, "r+b") as stream:
            data = bytearray(stream.read())
            offset, size = blocks(data, kind)[number]
            data[offset + BLOCK_HEADER + size // 2] ^= 0x10
            stream.seek(0)
            stream.write(data)
        return copy, "%s: offset %d:" % (path, offset)

    def check_gdb(self, recording, place, text):
        """Forward to the damage, and back over states that are those of the whole recording."""
        with gdb.Gdb(self.elf, recording) as damaged, gdb.Gdb(self.elf, self.whole) as whole:
            answer = damaged.run("continue")
            self.assertTrue(answer.at_end_of_history, answer)
            self.assertIn(place, answer.text)
            self.assertIn(text, answer.text)
            last = damaged.position()
            for position in (last, last - 1, last // 2, 1):
                damaged.seek(position)
                whole.seek(position)
                self.assertEqual(damaged.digest(), whole.digest())
            damaged.run("reverse-stepi")
            self.assertEqual(damaged.position(), 0)
        return last

    def test_keyframe_of_a_reset(self):
        recording, place = self.damage("keyframes", b"KEYF", 1)
        last = self.check_gdb(recording, place, "the recording is damaged behind position")
        result = self.ebb.verify(recording)
        self.assertEqual(result.status, 4)
        self.assertIn(place, result.describe())
        self.assertIn("up to position %d of" % last, result.describe())

    def test_status_of_a_server(self):
        """A session that came to the damage ends with that status, whoever the client was."""
        recording, _ = self.damage("keyframes", b"KEYF", 1)
        with rsp.Rsp(recording) as client:
            self.assertEqual(client.move("c").reason, "end")
            client.ask("D")
            self.assertEqual(client.child.wait(process.WATCHDOG), 4)

    def test_first_keyframe(self):
        """History begins at the next one, and that is said."""
        recording, place = self.damage("keyframes", b"KEYF", 0)
        result = self.ebb.verify(recording)
        self.assertEqual(result.status, 4)
        self.assertIn(place, result.describe())
        with gdb.Gdb(self.elf, recording) as session:
            begin, _ = session.ends()
            self.assertGreater(begin, 0)
            self.assertEqual(session.position(), begin)
        # Symbols are compared with the guest's memory, at events that nothing leads to any more.
        result = self.ebb.run("bisect", recording, "--symbols", self.elf, "--expr", "initialized > 0")
        self.assertIn("position %d already, the first that can be reached" % begin, result.describe())

    def test_first_block_of_the_log(self):
        """What is behind the damage is there, from the next keyframe on."""
        recording, place = self.damage("log", b"EVTS", 0)
        result = self.ebb.run("info", recording)
        self.assertEqual(result.status, 4)
        self.assertIn(place, result.describe())
        self.assertEqual(self.ebb.verify(recording).status, 4)


class DamageAarch64(Damage, unittest.TestCase):
    architecture = "aarch64"


class DamageArm(Damage, unittest.TestCase):
    architecture = "arm"


if __name__ == "__main__":
    unittest.main()
