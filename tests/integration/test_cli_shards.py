# SPDX-License-Identifier: GPL-3.0-or-later
"""Verifying one recording in shards, by hand and by GNU parallel and Slurm, as
docs/on-many-machines.md has it: what is joined is what ebb verify says, whatever dies on the way."""

import os
import re
import shutil
import signal
import unittest

from harness import cluster, ebb, process, shards
from harness.guests import ROOT

SCRIPTS = os.path.join(ROOT, "cluster-scripts")

COUNT = 4


class Shards:
    """A mixin: recordings, and where their parts go."""

    def setUp(self):
        self.ebb = ebb.current()
        self.folder = self.ebb.new_folder("shards")

    def assert_joined(self, recording, parts):
        shards.assert_joined(self, self.ebb, "verify", recording, parts)

    def boot(self):
        """A boot of Linux, with a keyframe each 100 million instructions."""
        return self.ebb.shared("linux-arm64",
                               lambda: self.ebb.guests.linux("arm64", "poweroff")).recording

    def assert_asked(self, output, question):
        """A question that a script has asked is answered as in one go."""
        whole = self.ebb.run(question[0], self.boot(), *question[1:])
        self.assertEqual(whole.status, 0, whole.describe())
        self.assertTrue(whole.output)
        self.assertEqual(output.decode(), whole.text())


class ByHand(Shards, unittest.TestCase):
    def bare(self, name, interval):
        return self.ebb.shared(name + " with keyframes", lambda: self.ebb.guests.bare(name),
                               ["--keyframe-interval", str(interval)]).recording

    def check(self, recording):
        """However many shards there are, each begins in the state that the one before ended in."""
        keyframes = {keyframe["position"] for keyframe in self.ebb.info(recording)["keyframes"]}
        self.assertGreater(len(keyframes), COUNT)
        for count in 1, COUNT, 60:
            parts = shards.run(self.ebb, "verify", recording, count, self.folder)
            self.assert_joined(recording, parts)
            found = shards.found(parts)
            for before, behind in zip(found, found[1:]):
                self.assertEqual(before["end"], behind["begin"])
        self.assertEqual([part["begin"]["position"] for part in found], sorted(keyframes))

    def test_resets(self):
        self.check(self.bare("reset-aarch64", 50000))

    def test_devices_that_write(self):
        self.check(self.bare("dma-arm", 2000))

    def test_damage(self):
        """What the shard says that has met it is what is said in one go."""
        copy = shards.damaged(self.ebb, self.boot())
        self.assertEqual(self.ebb.verify(copy).status, 4)
        self.assert_joined(copy, shards.run(self.ebb, "verify", copy, COUNT, self.folder))


class Drivers(Shards):
    """A mixin: with a program in ebb's place that lets one shard come to nothing, once."""

    UNLUCKY = 2

    def setUp(self):
        super().setUp()
        os.makedirs(self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write_unlucky(self, misfortune):
        """misfortune: lines of shell, for the first time that the shard is begun."""
        with open(self.path("ebb"), "w") as file:
            file.write("""#!/bin/sh
case "$*" in
*"--shard %d/"*)
    if mkdir "%s" 2>/dev/null; then
        %s
    fi
    ;;
esac
exec "%s" "$@"
""" % (self.UNLUCKY, self.path("once"), misfortune, self.ebb.path))
        os.chmod(self.path("ebb"), 0o755)
        return self.path("ebb")

    def assert_same(self, status, output, errors):
        """As ebb verify in one go."""
        whole = self.ebb.verify(self.boot())
        self.assertEqual(status, whole.status, errors)
        self.assertEqual(shards.masked(output), shards.masked(whole.output))
        self.assertEqual(errors, whole.errors)


class WithParallel(Drivers, unittest.TestCase):
    def setUp(self):
        if b"GNU parallel" not in self.version():
            self.skipTest("there is no GNU parallel: ./run setup installs it")
        super().setUp()

    @staticmethod
    def version():
        return process.run(["parallel", "--version"]).output if shutil.which("parallel") else b""

    def run_script(self, *arguments, program=None):
        return process.run([os.path.join(SCRIPTS, "parallel.sh"), *arguments],
                           env=dict(os.environ, EBB=program or self.ebb.path))

    def test_verify(self):
        result = self.run_script("verify", self.boot(), COUNT, self.path("parts"))
        self.assert_same(result.status, result.output, result.errors)

    def test_a_question(self):
        question = ["exceptions", "--limit", "30"]
        result = self.run_script(question[0], self.boot(), COUNT, self.path("parts"), "--jobs", "2",
                                 "--", *question[1:])
        self.assertEqual(result.status, 0, result.describe())
        self.assert_asked(result.output, question)

    def test_a_shard_that_dies(self):
        """It is done again."""
        program = self.write_unlucky("kill -9 $$")
        result = self.run_script("verify", self.boot(), COUNT, self.path("parts"), program=program)
        self.assertTrue(os.path.exists(self.path("once")))
        self.assert_same(result.status, result.output, b"")

    def test_a_shard_that_cannot_be_done(self):
        result = self.run_script("verify", self.boot(), 2, self.path("parts"), program="false")
        self.assertEqual((result.status, result.output), (1, b""))
        self.assertIn(b"not all shards could be done", result.errors)

    def test_usage(self):
        for arguments in ([], ["verify", self.boot(), "4"], ["verify", self.boot(), "x", "parts"],
                          ["bisect", self.boot(), "4", "parts"],
                          ["last", self.boot(), "4", "parts", "--", "jiffies"], ["verify", "nowhere", "4", "parts"]):
            for script in "parallel.sh", "slurm.sh":
                result = process.run([os.path.join(SCRIPTS, script), *arguments])
                self.assertEqual((result.status, result.output), (2, b""))
                self.assertRegex(result.errors, rb"\A%s: .*\n\Z" % script.encode())

    def test_commands(self):
        """The scripts know all that have shards, and no others."""
        commands = re.findall(r"(?m)^  ([a-z]+)(?:  |$)",
                              self.ebb.run("help").text().partition("\nCommands:\n")[2])
        have = {command for command in commands
                if re.search(r"(?m)^ +--shard=", self.ebb.run("help", command).text())}
        errors = self.run_script("bisect", "nowhere", 4, "parts").errors.decode()
        self.assertEqual(set(re.split("[, ]+", errors.strip().partition("those of ")[2])), have)


class WithSlurm(Drivers, unittest.TestCase):
    NODES = ("n1", "n2", "n3")

    def setUp(self):
        cluster.needed_by(self)
        super().setUp()
        os.makedirs(self.path("slurm"))
        self.slurm = cluster.Slurm(self.path("slurm"), self.NODES)
        self.addCleanup(self.slurm.close)

    def start(self, program, command="verify", words=()):
        """Submits both jobs, and waits for them in another process."""
        return process.Process(
            [os.path.join(SCRIPTS, "slurm.sh"), command, self.boot(), COUNT, self.path("parts"),
             "--wait", *words], env=dict(self.slurm.environment, EBB=program))

    def read(self, name):
        with open(os.path.join(self.path("parts"), name), "rb") as file:
            return file.read()

    def assert_done(self, submitted):
        self.assertEqual(submitted.wait(), 0, submitted.describe())
        self.assertRegex(submitted.output, rb"\A\d+\n\Z")
        self.assert_same(int(self.read("status")), self.read("result"), self.read("errors"))

    def test_verify(self):
        with self.start(self.ebb.path) as submitted:
            self.assert_done(submitted)

    def test_a_question(self):
        """What is asked comes to the jobs as it is, blanks and all."""
        question = ["switches", "--by-table", "--limit", "3", "--to", "950 000 000"]
        with self.start(self.ebb.path, question[0], ["--", *question[1:]]) as submitted:
            self.assertEqual(submitted.wait(), 0, submitted.describe())
        self.assertEqual((self.read("status"), self.read("errors").count(b"\n")), (b"0\n", 1))
        self.assert_asked(self.read("result"), question)

    def test_a_node_that_dies(self):
        """Its daemon and what it ran are gone at once; another node does its shard."""
        os.mkfifo(self.path("told"))
        os.mkfifo(self.path("never"))
        program = self.write_unlucky('echo "$SLURMD_NODENAME $PPID $$" >"%s"; cat <"%s"' %
                                     (self.path("told"), self.path("never")))
        with self.start(program) as submitted:
            with open(self.path("told")) as told:
                node, *pids = told.read().split()
            self.slurm.kill(node)
            for pid in pids:
                os.kill(int(pid), signal.SIGKILL)
            self.slurm.wait_for_requeue(self.UNLUCKY)
            self.assert_done(submitted)
        job = self.slurm.array_task(self.UNLUCKY)
        self.assertEqual((job["JobState"], job["Restarts"]), ("COMPLETED", "1"))
        self.assertNotEqual(job["NodeList"], node)

    def test_a_shard_that_fails(self):
        """Nothing is joined, and nobody waits for it for ever."""
        with self.start("false") as submitted:
            self.assertNotEqual(submitted.wait(), 0)
        self.assertFalse(os.path.exists(os.path.join(self.path("parts"), "result")))


if __name__ == "__main__":
    unittest.main()
