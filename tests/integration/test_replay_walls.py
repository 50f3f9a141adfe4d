# SPDX-License-Identifier: GPL-3.0-or-later
"""The walls around a worker (docs/walls.md), seen from outside, and what becomes of a worker that
runs against them: the real one, with a library that takes the part of a guest that broke out."""

import fcntl
import os
import re
import unittest
from unittest import mock

from harness import ebb, faults, rsp

GET_SEALS, SEALS = 1034, 0x1 | 0x2 | 0x4  # fcntl(2): F_GET_SEALS; no other seals, no other size
STOPPED = "stopped by its walls"
WAYS = ("open", "create", "fork", "connect", "socket", "execute")
EARLY = 12  # replies: while a recording is being opened
LATE = 60   # replies: time enough to get on before it happens again


def read(*path):
    with open(os.path.join("/", *path)) as file:
        return file.read()


class Walls(unittest.TestCase):
    def setUp(self):
        self.ebb = ebb.current()
        self.recording = self.ebb.shared("steps-aarch64").recording

    def need(self):
        """Under another sandbox there may be no way to raise them."""
        line = re.search(r"^(\w+) +walls +(.*)", self.ebb.run("doctor").text(), re.MULTILINE)
        if line[1] != "ok":
            self.skipTest(line[2])

    def client(self):
        client = rsp.Rsp(self.recording)
        self.addCleanup(client.close)
        client.seek(1000)
        return client

    def test_as_seen_from_outside(self):
        self.need()
        worker = "proc/%d" % self.client().workers()[0]
        for thread in os.listdir("/%s/task" % worker):
            status = dict(line.split(":\t", 1) for line in
                          read(worker, "task", thread, "status").splitlines())
            with self.subTest(thread=status["Name"]):
                self.assertEqual(status["Seccomp"], "2")
                self.assertEqual(status["NoNewPrivs"], "1")
                for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
                    self.assertEqual(int(status[kind], 16), 0, kind)
        limits = {line[:25].strip(): line[25:].split()[:2]
                  for line in read(worker, "limits").splitlines()[1:]}
        self.assertEqual(limits["Max core file size"], ["0", "0"])
        self.assertEqual(limits["Max processes"], ["0", "0"])
        self.assertLess(int(limits["Max address space"][1]), 8 << 30)
        descriptors = max(int(name) for name in os.listdir("/%s/fd" % worker))
        self.assertLessEqual(int(limits["Max open files"][1]), descriptors + 1)

    def test_shared_memory_is_sealed(self):
        worker = "/proc/%d/fd" % self.client().workers()[0]
        sealed = []
        for name in os.listdir(worker):
            path = os.path.join(worker, name)
            if os.readlink(path).startswith("/memfd:ebb-") and "stderr" not in os.readlink(path):
                descriptor = os.open(path, os.O_RDONLY)
                sealed.append(fcntl.fcntl(descriptor, GET_SEALS) & (SEALS))
                os.close(descriptor)
        self.assertEqual(sealed, [SEALS, SEALS])

    def trespasser(self, way, when):
        """The environment for an ebb whose workers do that at that reply, or at "read"."""
        return faults.trespasser(self.ebb, way, when)

    def test_trespassers_are_stopped(self):
        """Where every worker does it, the command fails and says why."""
        self.need()
        for way in WAYS:
            with self.subTest(way=way):
                result = self.ebb.run("verify", self.recording, env=self.trespasser(way, EARLY))
                self.assertEqual(result.status, 1, result.describe())
                self.assertIn(STOPPED, result.errors.decode())
        self.assertFalse(os.path.exists("/tmp/ebb-trespass"))

    def test_walls_stand_before_a_byte_is_read(self):
        """A worker that is taken over by the recording's very first byte, too, is stopped, or told
        that it must not."""
        self.need()
        for way in ("fork", "connect", "socket", "execute"):
            with self.subTest(way=way):
                result = self.ebb.run("verify", self.recording, env=self.trespasser(way, "read"))
                self.assertEqual(result.status, 1, result.describe())
                self.assertIn(STOPPED, result.errors.decode())
        result = self.ebb.run("verify", self.recording, env=self.trespasser("create", "read"))
        self.assertEqual(result.status, 0, result.describe())
        self.assertFalse(os.path.exists("/tmp/ebb-trespass"))

    def test_network_of_its_own(self):
        """Where the system has that to give."""
        self.need()
        if "a network of its own" not in self.ebb.run("doctor").text():
            self.skipTest("this system lets users have no network namespace")
        worker = self.client().workers()[0]
        for kind in ("net", "user", "ipc"):
            with self.subTest(kind=kind):
                self.assertNotEqual(os.readlink("/proc/%d/ns/%s" % (worker, kind)),
                                    os.readlink("/proc/self/ns/%s" % kind))

    def test_session_goes_on(self):
        """A worker that is stopped is replaced, and what the user sees is as it was."""
        self.need()
        with self.client() as client:
            expected = [self.walk(client) for _ in range(20)]
        for way in ("open", "socket"):
            with self.subTest(way=way), mock.patch.dict(os.environ, self.trespasser(way, LATE)):
                with self.client() as client:
                    self.assertEqual([self.walk(client) for _ in range(20)], expected)
                    self.assertRegex(client.monitor("stats"), r"workers replaced +[1-9]")

    @staticmethod
    def walk(client):
        client.move("s")
        client.move("s")
        client.move("bs")
        return client.state()

    def test_without_walls(self):
        """EBB_SANDBOX=off: said once, and so it is."""
        environment = dict(self.trespasser("open", EARLY), EBB_SANDBOX="off")
        result = self.ebb.run("verify", self.recording, env=environment)
        self.assertEqual(result.status, 0, result.describe())
        self.assertEqual(result.errors.decode().count("EBB_SANDBOX=off"), 1, result.describe())
        with mock.patch.dict(os.environ, EBB_SANDBOX="off"):
            client = self.client()
        status = read("proc/%d/status" % client.workers()[0])
        self.assertRegex(status, r"NoNewPrivs:\t%s\n" % read("proc/self/status").split(
            "NoNewPrivs:\t")[1][0])


if __name__ == "__main__":
    unittest.main()
