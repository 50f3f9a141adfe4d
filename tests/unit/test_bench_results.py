# SPDX-License-Identifier: GPL-3.0-or-later
"""What the benchmarks do beside measuring: rows with ratios, another build, the options."""

import contextlib
import io
import os
import select
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "bench"))
sys.dont_write_bytecode = True

import against  # noqa: E402
import bench  # noqa: E402
import common  # noqa: E402
import workload  # noqa: E402

WATCHDOG = 60  # seconds


def rows(metric, peer_name="peer & 'co' <1>", workers=(1,), sizes=(10 ** 6, 10 ** 7, 10 ** 8)):
    return [common.row(metric, size / 1e8, size / 5e7, peer_name, size=size, ram_mib=32,
                       workers=number) for size in sizes for number in workers]


class Rows(unittest.TestCase):
    def test_ratio(self):
        row = common.row("scan_calls_cpu_s", 3, 2, "replay", 5, size=7)
        self.assertEqual(row, {"metric": "scan_calls_cpu_s", "unit": "s", "ebb": 3, "peer": 2,
                               "peer_name": "replay", "ratio": 1.5, "runs": 5, "size": 7})

    def test_without_a_value(self):
        self.assertIsNone(common.row("a_cpu_s", None, 2, "replay")["ratio"])
        self.assertIsNone(common.row("a_cpu_s", 2, None, "replay")["ratio"])
        self.assertIsNone(common.row("a_cpu_s", 2, 0, "replay")["ratio"])

    def test_medians(self):
        self.assertEqual(common.medians([{"cpu_s": 9}, None, {"cpu_s": 1}, {"cpu_s": 2}]),
                         {"cpu_s": 2})
        self.assertIsNone(common.medians([None]))

    def test_table_has_units(self):
        results = [common.row("a_cpu_s", 1.5, 2, "replay", size=1e8, ram_mib=32, workers=1),
                   common.row("a_engine_bytes", 24940512, 800, "replay", size=1e8, ram_mib=32,
                              workers=1),
                   common.row("a_ms", None, 12.25, "replay", size=1e8, ram_mib=32, workers=1),
                   common.row("a_x", 0.5, size=1e8, ram_mib=32, workers=1)]
        with contextlib.redirect_stdout(io.StringIO()) as said:
            common.print_rows(results, "replay")
        self.assertEqual([line.split()[4:] for line in said.getvalue().splitlines()], [
            ["ebb", "replay", "ratio"], ["1.5", "s", "2", "s", "0.75"],
            ["24.94", "MB", "800", "bytes", "3.118e+04"], ["-", "12.25", "ms", "-"],
            ["0.5", "-", "-"]])

    def test_another_build(self):
        """Each row finds the one of its size and workers, or none."""
        mine = rows("a_cpu_s", workers=(1, 2))
        theirs = [dict(row, ebb=row["ebb"] * row["workers"] * 2) for row in reversed(mine)]
        del theirs[0]  # the last of mine
        common.with_against(mine, theirs, "abc")
        self.assertEqual([row["against_name"] for row in mine], ["abc"] * 6)
        self.assertEqual([row["against_ratio"] for row in mine], [0.5, 0.25, 0.5, 0.25, 0.5, None])
        self.assertIsNone(mine[-1]["against"])


class Programs(unittest.TestCase):
    def test_all_that_was_started_is_ended(self):
        process = subprocess.Popen(["sh", "-c", "sleep infinity & echo $!; wait"],
                                   stdout=subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        child = os.pidfd_open(int(process.stdout.readline()))
        self.addCleanup(os.close, child)
        common.end(process)
        self.assertLess(process.returncode, 0)
        # It can be read once the process is dead.
        self.assertTrue(select.select([child], [], [], WATCHDOG)[0])

    def test_failure_says_what_was_said(self):
        with self.assertRaisesRegex(common.Failure, "status 3:\nno"):
            common.run(["sh", "-c", "echo no; exit 3"])

    def test_use(self):
        """The first command's output is kept, all commands are waited for."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "output")
            used = common.use([["echo", "first"], ["echo", "second"]], path)
            with open(path) as file:
                self.assertEqual(file.read(), "first\n")
            self.assertEqual(set(used), {"cpu_s", "elapsed_s", "engine_bytes", "workers_bytes"})
            with self.assertRaisesRegex(common.Failure, "status 1"):
                common.use([["true"], ["false"]], path)


class Recordings(unittest.TestCase):
    def test_page_sets_are_taken_away(self):
        with tempfile.TemporaryDirectory() as recording:
            for name in ("log", "pages"):
                with open(os.path.join(recording, name), "w"):
                    pass
            for _ in range(2):
                workload.forget_page_sets(recording)
                self.assertEqual(os.listdir(recording), ["log"])


class Against(unittest.TestCase):
    """A repository whose build says which commit it is of."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = os.path.join(folder.name, "root")
        self.cache = os.path.join(folder.name, "cache")
        os.makedirs(os.path.join(self.root, "scripts"))
        self.git("init", "-q")
        self.commits = [self.commit(text) for text in ("first", "second")]
        for patch in (mock.patch.object(against, "ROOT", self.root),
                      mock.patch.dict(os.environ, {"XDG_CACHE_HOME": self.cache}),
                      contextlib.redirect_stderr(io.StringIO())):
            patch.__enter__()
            self.addCleanup(patch.__exit__, None, None, None)

    def git(self, *arguments):
        return subprocess.run(
            ["git", "-C", self.root, "-c", "user.name=a", "-c", "user.email=a@b", *arguments],
            stdout=subprocess.PIPE, check=True, text=True).stdout.strip()

    def commit(self, text):
        script = os.path.join(self.root, "scripts", "build.sh")
        with open(script, "w") as file:
            file.write('#!/bin/sh\ncd "$(dirname "$0")/.." && mkdir -p build && '
                       'echo %s >>build/which\n' % text)
        os.chmod(script, stat.S_IRWXU)
        with open(os.path.join(self.root, "run"), "w") as file:
            file.write("%s\n" % text)
        self.git("add", ".")
        self.git("commit", "-q", "-m", text)
        return self.git("rev-parse", "HEAD")

    def test_build(self):
        for built in ("first\n", "first\nfirst\n"):  # the second time in the same place
            name, build = against.build_of("HEAD~1")
            self.assertEqual(name, self.commits[0][:12])
            self.assertTrue(build.startswith(os.path.join(self.cache, "ebb") + os.sep))
            with open(os.path.join(build, "which")) as file:
                self.assertEqual(file.read(), built)
        self.assertFalse(os.path.exists(os.path.join(self.root, "build")))

    def test_after_the_cache_was_deleted(self):
        against.build_of("HEAD")
        shutil.rmtree(self.cache)
        _, build = against.build_of("HEAD")
        self.assertTrue(os.path.exists(os.path.join(build, "which")))

    def test_no_such_commit(self):
        for wrong in ("nothing", "--help", ""):
            with self.assertRaisesRegex(common.Failure, "there is no commit"):
                against.build_of(wrong)

    def test_one_that_does_not_build(self):
        script = os.path.join(self.root, "scripts", "build.sh")
        with open(script, "w") as file:
            file.write("#!/bin/sh\nexit 1\n")
        self.git("commit", "-q", "-a", "-m", "broken")
        with self.assertRaisesRegex(common.Failure, "could not be built"):
            against.build_of("HEAD")

    def test_which_recording(self):
        guest = mock.Mock()
        for replays, wanted in ((True, "mine"), (False, "other")):
            with mock.patch.object(against, "replays", return_value=replays):
                self.assertEqual(against.recording_for("a", "build", guest, "mine", "other"), wanted)
        guest.record.assert_called_once_with("build", "other")


class Run(unittest.TestCase):
    """`./run bench`, with scripts that say that they were called, in a folder of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        shutil.copy(os.path.join(ROOT, "run"), self.root)
        os.symlink(os.path.join(ROOT, "tests"), os.path.join(self.root, "tests"))
        os.mkdir(os.path.join(self.root, "scripts"))
        for name in ("setup", "build", "guests", "arm64"):
            path = os.path.join(self.root, "scripts", name + ".sh")
            with open(path, "w") as file:
                file.write("#!/bin/sh\necho called %s\nexit 9\n" % name)
            os.chmod(path, stat.S_IRWXU)

    def bench(self, *arguments):
        return subprocess.run([os.path.join(self.root, "run"), "bench", *arguments], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=WATCHDOG,
                              env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1"))

    def test_help_builds_nothing(self):
        for name in bench.NAMES:
            for option in ("-h", "--help"):
                done = self.bench(name, option)
                self.assertEqual((done.returncode, done.stderr), (0, ""), name)
                self.assertTrue(done.stdout.startswith("usage: "), name)
        self.assertEqual(self.bench("--help").returncode, 0)
        self.assertIn("called setup", self.bench("record").stdout)

    def test_what_is_no_name_builds_nothing(self):
        for arguments in ([], ["nothing"], ["--nothing", "record"]):
            done = self.bench(*arguments)
            self.assertEqual((done.returncode, done.stdout), (2, ""), arguments)
            self.assertIn("usage: ", done.stderr)


class Options(unittest.TestCase):
    def test_sizes(self):
        options = bench.parse(["reverse", "--size", "1e6,100_000,1e10", "--ram", "32,4096"])
        self.assertEqual(options.size, (10 ** 6, 10 ** 5, 10 ** 10))
        self.assertEqual(options.ram, (32, 4096))
        self.assertFalse(options.page_sets)

    def help(self, *arguments):
        with contextlib.redirect_stdout(io.StringIO()) as said, self.assertRaises(SystemExit):
            bench.parse([*arguments, "--help"])
        return " ".join(said.getvalue().split())

    def test_help(self):
        """It says what is typed, each default, and an example that can be typed."""
        self.assertIn("usage: ./run bench [-h] NAME ...", self.help())
        for name in bench.NAMES:
            said = self.help(name)
            self.assertIn("usage: ./run bench %s [-h]" % name, said)
            example = said.split("example: ./run bench ")[1].split(" docs/")[0]
            self.assertEqual(bench.parse(example.split()).name, name)
            self.assertNotIn("--build", said)
        self.assertIn("with commas between them (default 1e8,1e9)", self.help("reverse"))
        self.assertIn("0: no peer (default 120)", self.help("reverse"))
        self.assertIn("32 to 4096 (default 256)", self.help("scan"))

    def test_runs(self):
        for name, number in bench.RUNS.items():
            self.assertEqual(bench.parse([name, "--runs", "7"]).runs, 7)
            self.assertIn("counts (default %d" % number, self.help(name))
            self.assertEqual(self.runs_made(name), number)
            self.assertEqual(self.runs_made(name, "--runs", "7"), 7)

    def runs_made(self, *arguments):
        """How many runs the benchmark is told to make."""
        with mock.patch.object(bench.boot, "BootBench") as boot, \
                mock.patch.object(bench.kvm, "KvmBench") as kvm, \
                mock.patch.object(bench.scan, "ScanBench") as scan, \
                mock.patch.object(bench.walks, "ReverseBench") as reverse:
            made = bench.make(bench.parse(arguments), "build", "folder")
        benches = {"kvm": kvm, "scan": scan, "reverse": reverse}
        self.assertIs(made, benches.get(arguments[0], boot).return_value)
        return benches.get(arguments[0], boot).call_args.args[1]

    def test_wrong_ones(self):
        for wrong in (["--size", "1"], ["--size", "x"], ["--ram", "16"], ["--ram", "8192"],
                      ["--size", ""], ["--size", "inf"], ["--workers", "0"], ["--runs", "0"],
                      ["--runs", "x"]):
            with self.assertRaises(SystemExit, msg=wrong), \
                    contextlib.redirect_stderr(io.StringIO()):
                bench.parse(["scan", *wrong])


if __name__ == "__main__":
    unittest.main()
