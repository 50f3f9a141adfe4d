# SPDX-License-Identifier: GPL-3.0-or-later
"""The sandbox that QEMU records in (docs/walls.md), seen from outside, and what it makes of a QEMU
that a guest has taken over."""

import os
import re
import signal
import unittest

from harness import ebb, faults

TIGHT = "elevateprivileges=deny,spawn=deny"
NONE = "without QEMU's sandbox"


def threads_of(pid):
    """What the system has to say of each: "Seccomp" to its value, and so on."""
    for thread in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/status" % (pid, thread)) as file:
            yield dict(line.rstrip("\n").split(":\t", 1) for line in file)


class Sandbox(unittest.TestCase):
    def setUp(self):
        self.ebb = ebb.current()

    def need(self):
        line = re.search(r"^(\w+) +sandbox +(.*)", self.ebb.run("doctor").text(), re.MULTILINE)
        if line[1] != "ok":
            self.skipTest(line[2])

    def start(self, extra=(), **keywords):
        """The recording of a guest that runs, and the process of its QEMU."""
        recorder = self.ebb.start_recording(
            [*self.ebb.guests.bare("forever-aarch64"), *extra], **keywords)
        self.addCleanup(recorder.close)
        recorder.expect("forever: round 3")
        with open("/proc/%d/task/%d/children" % (2 * (recorder.child.pid,))) as file:
            return recorder, int(file.read().split()[0])

    def end(self, recorder):
        recorder.signal(signal.SIGTERM)
        self.assertEqual(recorder.wait(), 0, recorder.describe())
        return recorder.errors.decode()

    def test_as_seen_from_outside(self):
        self.need()
        recorder, qemu = self.start()
        threads = list(threads_of(qemu))
        self.assertGreaterEqual(len(threads), 3)
        for thread in threads:
            with self.subTest(thread=thread["Name"]):
                self.assertEqual(thread["Seccomp"], "2")
                self.assertEqual(thread["NoNewPrivs"], "1")
        with open("/proc/%d/cmdline" % qemu) as file:
            self.assertIn(TIGHT, file.read())
        said = [line for line in self.end(recorder).splitlines() if line.startswith("ebb:")]
        self.assertEqual(said, ["ebb: recorded into %s (quit)" % recorder.recording])
        result = self.ebb.verify(recorder.recording)
        self.assertEqual(result.status, 0, result.describe())

    def without(self, said, extra=(), **keywords):
        with open("/proc/self/status") as file:
            ours = re.search(r"Seccomp:\t(\d)", file.read())[1]
        recorder, qemu = self.start(extra, **keywords)
        self.assertEqual({thread["Seccomp"] for thread in threads_of(qemu)}, {ours})
        self.assertEqual(NONE in self.end(recorder), said)

    def test_switched_off(self):
        """With a warning, or by the user's own word, which is his own business."""
        self.without(True, env=dict(os.environ, EBB_SANDBOX="off"))
        self.need()
        self.without(False, ["-sandbox", "off"])

    def trespass(self, way, *extra):
        """A recording whose QEMU does that when it tells how it goes for the first time."""
        recording = self.ebb.new_folder()
        return recording, self.ebb.run(
            "record", "-o", recording, "--", *self.ebb.guests.bare("steps-aarch64"), *extra,
            env=faults.trespasser(self.ebb, way, "status"))

    def test_trespassers(self):
        """Other programs are refused, and the recording goes on; who wants to be someone else is
        ended, and what was recorded until then is there."""
        self.need()
        for way in ("fork", "execute"):
            with self.subTest(way=way):
                recording, result = self.trespass(way)
                self.assertIn("trespass: %s: Operation not permitted" % way,
                              result.errors.decode(), result.describe())
                self.assertEqual(result.status, 0, result.describe())
                self.assertEqual(self.ebb.verify(recording).status, 0)
        recording, result = self.trespass("setuid")
        self.assertEqual(result.status, 1, result.describe())
        self.assertIn("QEMU's sandbox has ended it", result.errors.decode())
        self.assertEqual(self.ebb.run("info", recording).status, 0)

    def test_trespassers_without(self):
        for way in ("fork", "setuid"):
            with self.subTest(way=way):
                _, result = self.trespass(way, "-sandbox", "off")
                self.assertIn("trespass: %s: Success" % way, result.errors.decode(),
                              result.describe())
                self.assertEqual(result.status, 0, result.describe())

    def test_programs_where_they_are_needed(self):
        """An option that needs one, and nothing is refused; the user is told."""
        self.need()
        recorder, qemu = self.start(
            ["-netdev", "user,id=n,guestfwd=tcp:10.0.2.100:80-cmd:cat"])
        with open("/proc/%d/cmdline" % qemu) as file:
            self.assertIn("spawn=allow", file.read())
        self.assertIn("-netdev makes QEMU start another program", self.end(recorder))


if __name__ == "__main__":
    unittest.main()
