# SPDX-License-Identifier: GPL-3.0-or-later
"""ebb export: its options and files, and the formats console and trace, compared with what the
commands say that tell of the same things."""

import collections
import json
import os
import re
import shutil
import signal
import subprocess
import unittest
from unittest import mock

from harness import documents, ebb, process
from harness.shell import Shell
from harness.symbol_file import SymbolFile

# Members that each phase has to have, and their types; what is not here may not be there.
MEMBERS = {
    "X": {"name": str, "ts": int, "dur": int, "pid": int, "tid": int, "args": dict},
    "i": {"name": str, "ts": int, "s": str, "pid": int, "tid": int, "args": dict},
    "C": {"name": str, "ts": int, "pid": int, "args": dict},
    "M": {"name": str, "pid": int, "tid": int, "args": dict},
}


class Exports(unittest.TestCase):
    def setUp(self):
        self.ebb = ebb.current()

    def ask(self, command, recording, *options):
        return self.ebb.json(command, "--json", *options, recording)

    def export(self, *arguments):
        result = self.ebb.run("export", *arguments)
        self.assertEqual(result.status, 0, result.describe())
        return result.text()


class Trace(Exports):
    def trace(self, recording, *options):
        trace = json.loads(self.export("trace", recording, *options))
        self.check_schema(trace)
        return trace

    def check_schema(self, trace):
        """What the Trace Event Format wants of each phase; and that slices do not overlap."""
        self.assertEqual(set(trace), {"displayTimeUnit", "otherData", "traceEvents"})
        named, tracks = set(), collections.defaultdict(list)
        for event in trace["traceEvents"]:
            members = MEMBERS[event["ph"]]
            self.assertEqual(set(event), set(members) | {"ph"})
            for member, kind in members.items():
                self.assertIs(type(event[member]), kind, event)
            self.assertGreaterEqual(event.get("ts", 0), 0)
            if event["ph"] == "i":
                self.assertEqual(event["s"], "t")
            elif event["ph"] == "X":
                tracks[event["tid"]].append((event["ts"], event["ts"] + event["dur"]))
            elif event["ph"] == "C":
                self.assertTrue(all(type(value) is float for value in event["args"].values()))
            if event["ph"] == "M":
                named.add((event["name"], event["tid"]))
            elif "tid" in event:
                self.assertIn(("thread_name", event["tid"]), named)
                self.assertIn(("thread_sort_index", event["tid"]), named)
        for slices in tracks.values():
            slices.sort()
            for one, next_one in zip(slices, slices[1:]):
                self.assertLessEqual(one[1], next_one[0])

    def events(self, trace, track):
        """Those of the tracks with such a name, in the order of their times."""
        threads = {event["tid"] for event in trace["traceEvents"]
                   if event["name"] == "thread_name" and re.fullmatch(track, event["args"]["name"])}
        return sorted((event for event in trace["traceEvents"]
                       if event["ph"] in "Xi" and event["tid"] in threads),
                      key=lambda event: event["ts"])

    def track_of(self, trace, event):
        return next(other["args"]["name"] for other in trace["traceEvents"]
                    if other["name"] == "thread_name" and other["tid"] == event["tid"])

    def check_irqs(self, recording, trace):
        rows = self.ask("irqs", recording)
        events = self.events(trace, "(irq|fiq) .*")
        self.assertEqual([event["args"] for event in events], rows)
        for event, row in zip(events, rows):
            self.assertEqual((event["ts"], event.get("dur")),
                             (row["position"], row.get("duration")))
            self.assertEqual(event["ph"], "X" if "duration" in row else "i")
            device = " (%s)" % row["device"] if "device" in row else ""
            self.assertEqual(self.track_of(trace, event),
                             "%s %s%s" % (row["kind"], row.get("number", "unknown"), device))
        return rows

    def check_exceptions(self, recording, trace):
        rows = [row for row in self.ask("exceptions", recording)
                if row["kind"] not in ("irq", "fiq")]
        events = self.events(trace, "exception .*")
        self.assertEqual([event["args"] for event in events], rows)
        for event, row in zip(events, rows):
            self.assertEqual((event["ph"], event["ts"]), ("i", row["position"]))
            self.assertEqual(self.track_of(trace, event), "exception " + row["kind"])
        return rows

    def check_notes(self, recording, trace):
        lines = self.ask("console", recording)
        self.assertEqual(
            sorted((event["ts"], event["name"], event["args"]["console"])
                   for event in self.events(trace, "console")),
            sorted((line["position"], line["text"], line["console"])
                   for line in lines if "text" in line))
        self.assertEqual([(event["ts"], event["name"]) for event in self.events(trace, "markers")],
                         [(line["position"], line["marker"]) for line in lines if "marker" in line])
        frames = self.ebb.info(recording)["keyframes"]
        self.assertEqual([(event["ts"], event["args"]["number"])
                          for event in self.events(trace, "keyframes")],
                         [(frame["position"], i) for i, frame in enumerate(frames)])

    def test_interrupts(self):
        for name in ("interrupts-aarch64", "interrupts-arm"):
            with self.subTest(name):
                recording = self.ebb.shared(name).recording
                trace = self.trace(recording)
                self.assertEqual(len(self.check_irqs(recording, trace)), 100)
                self.check_exceptions(recording, trace)
                self.check_notes(recording, trace)
                self.check_times(recording, trace)
                end = self.ebb.info(recording)["end_position"]
                self.assertEqual((trace["otherData"]["from"], trace["otherData"]["to"]), (0, end))

    def check_times(self, recording, trace):
        truth = dict(self.ebb.readings(recording))
        times = [event for event in trace["traceEvents"] if event["ph"] == "C"]
        self.assertGreater(len(times), 1)
        for event in times:
            self.assertEqual(event["name"], "guest time")
            self.assertAlmostEqual(event["args"]["ms"], truth[event["ts"]] / 1e6)

    def test_exceptions(self):
        for name in ("exceptions-aarch64", "exceptions-arm"):
            with self.subTest(name):
                recording = self.ebb.shared(name).recording
                trace = self.trace(recording)
                rows = self.check_exceptions(recording, trace)
                self.assertEqual({row["kind"] for row in rows},
                                 {"svc", "undefined", "data-abort", "prefetch-abort"})
                self.assertIn("svc #7", {event["name"] for event in self.events(trace, ".*svc")})
                self.check_notes(recording, trace)

    def test_markers(self):
        recording = self.ebb.shared("markers-aarch64").recording
        trace = self.trace(recording)
        self.assertIn("boot done", {event["name"] for event in self.events(trace, "markers")})
        self.check_notes(recording, trace)

    def test_bookmarks(self):
        recording = self.ebb.new_folder()
        shutil.copytree(self.ebb.shared("exceptions-aarch64").recording, recording)
        data = {"XDG_DATA_HOME": self.ebb.new_folder("data")}
        with mock.patch.dict(os.environ, data):
            shell = Shell(self.ebb, recording)
            self.addCleanup(shell.close)
            shell.run("goto 1000")
            shell.run("bookmark add here what \u00e4")
            shell.run("goto 2000")
            shell.run("bookmark add there")
            events = self.events(self.trace(recording), "bookmarks")
            self.assertEqual([(event["name"], event["ts"], event["args"]["note"])
                              for event in events], [("here", 1000, "what \u00e4"),
                                                     ("there", 2000, "")])
            part = self.trace(recording, "--from", "1001", "--to", "2000")
            self.assertEqual(self.events(part, "bookmarks"), [])

    def test_part(self):
        """What happens in the part, as the whole has it; a handler that returns behind it is there
        without its end."""
        recording = self.ebb.shared("interrupts-aarch64").recording
        whole = self.trace(recording)
        slices = self.events(whole, "irq .*")
        begin, end = slices[10]["ts"], slices[20]["ts"] + 1
        part = self.trace(recording, "--from", str(begin), "--to", str(end))
        self.assertEqual((part["otherData"]["from"], part["otherData"]["to"]), (begin, end))
        for track in ("console", "markers", "keyframes", "exception .*"):
            self.assertEqual([(event["ts"], event["name"]) for event in self.events(part, track)],
                             [(event["ts"], event["name"]) for event in self.events(whole, track)
                              if begin <= event["ts"] < end])
        events = self.events(part, "irq .*")
        self.assertEqual([(event["ts"], event["ph"], event.get("dur")) for event in events],
                         [(event["ts"], "X", event["dur"]) for event in slices[10:20]] +
                         [(slices[20]["ts"], "i", None)])
        for event in part["traceEvents"]:
            self.assertTrue(begin <= event.get("ts", begin) < end)

    def check_tasks(self, recording, trace, rows, names, begin, *options):
        events = self.events(trace, "tasks")
        places = [begin] + [row["position"] for row in rows] + [trace["otherData"]["to"]]
        self.assertEqual([(event["ts"], event["dur"]) for event in events],
                         [(one, other - one) for one, other in zip(places, places[1:])])
        tasks = [rows[0]["from"]] + [row["to"] for row in rows]
        self.assertEqual([event["args"] for event in events], tasks)
        self.assertEqual([event["name"] for event in events], [names(task) for task in tasks])

    def test_linux(self):
        recorder = self.ebb.shared("symbols-arm64",
                                   lambda: self.ebb.guests.linux("arm64", "symbols"))
        recording = recorder.recording
        file = self.ebb.new_folder("vmlinux")
        SymbolFile({name: int(address, 16) for address, name in
                    re.findall(r"guest: symbol (\w+) \w (\S+)", recorder.text())}).write(file)
        trace = self.trace(recording, "--symbols", file)
        rows = self.ask("switches", recording, "--symbols", file)
        self.assertGreater(len(rows), 100)
        self.check_tasks(recording, trace, rows,
                         lambda task: "%s %s" % (task["task"], task["name"]), 0)
        self.assertIn("Linux", trace["otherData"]["tasks"])
        end = trace["otherData"]["to"]
        part = str(end // 2), str(end // 2 + end // 4)
        self.check_tasks(recording,
                         self.trace(recording, "--symbols", file, "--from", part[0], "--to",
                                    part[1]),
                         self.ask("switches", recording, "--symbols", file, "--from", part[0],
                                  "--to", part[1]),
                         lambda task: "%s %s" % (task["task"], task["name"]), int(part[0]))

    def test_linux_without_symbols(self):
        recorder = self.ebb.shared("symbols-arm64",
                                   lambda: self.ebb.guests.linux("arm64", "symbols"))
        trace = self.trace(recorder.recording, "--workers", "2")
        rows = self.ask("switches", recorder.recording, "--by-table")
        self.assertIn("no symbol __switch_to", trace["otherData"]["tasks"])
        begin = self.events(trace, "tasks")[0]["ts"]
        self.assertLess(begin, rows[0]["position"])
        self.check_tasks(recorder.recording, trace, rows,
                         lambda task: "table %s context %d" % (task["table"], task["context_id"]),
                         begin)
        self.check_irqs(recorder.recording, trace)
        self.check_exceptions(recorder.recording, trace)
        self.check_notes(recorder.recording, trace)
        self.check_times(recorder.recording, trace)


class Console(Exports):
    def test_console(self):
        for name in ("interrupts-aarch64", "markers-aarch64"):
            with self.subTest(name):
                recording = self.ebb.shared(name).recording
                readings = self.ebb.readings(recording)
                truth = []
                for line in self.ask("console", recording):
                    before = [time for position, time in readings if position < line["position"]]
                    time = "%d.%09d" % divmod(before[-1], 10**9) if before else "-"
                    text = line["text"] if "text" in line else "[marker %s]" % line["marker"]
                    truth.append((line["position"], time, text))
                lines = self.rows(recording)
                self.assertEqual(lines, truth)
                begin, end = lines[1][0], lines[-1][0]
                self.assertEqual(self.rows(recording, "--from", str(begin), "--to", str(end)),
                                 [line for line in truth if begin <= line[0] < end])

    def rows(self, recording, *options):
        found = re.findall(r"(?m)^ *(\d+)  +(-|\d+\.\d{9})  (.*)$",
                           self.export("console", recording, *options))
        return [(int(position), time, text) for position, time, text in found]

    def test_times_are_there(self):
        times = {time for _, time, _ in self.rows(self.ebb.shared("interrupts-aarch64").recording)}
        self.assertIn("-", times)
        self.assertGreater(len(times), 2)


class Files(Exports):
    def setUp(self):
        super().setUp()
        self.recording = self.ebb.shared("interrupts-aarch64").recording
        self.folder = self.ebb.new_folder("exports")
        os.mkdir(self.folder)
        self.path = os.path.join(self.folder, "file")

    def contents(self):
        self.assertEqual(os.listdir(self.folder), ["file"])
        with open(self.path) as file:
            return file.read()

    def test_file(self):
        with open(self.path, "w") as file:
            file.write("old")
        for form in ("console", "trace"):
            self.assertEqual(self.export(form, self.recording, "-o", self.path), "")
            self.assertEqual(self.contents(), self.export(form, self.recording))
        self.assertEqual(os.stat(self.path).st_mode & 0o777, 0o666 & ~self.mask())

    def mask(self):
        mask = os.umask(0)
        os.umask(mask)
        return mask

    def refuse(self, status, text, *arguments):
        result = self.ebb.run("export", *arguments)
        self.assertEqual(result.status, status, result.describe())
        self.assertEqual(result.text(), "")
        self.assertRegex(result.errors.decode(), text)

    def test_bad_requests(self):
        known = r"there are: .*\bconsole\b.*\btrace\b"
        self.refuse(2, 'there is no format "perfetto"; ' + known, "perfetto", self.recording)
        self.refuse(2, r"say which format to write: .*\bconsole\b.*\btrace\b")
        self.refuse(2, "there is nothing from position 5 to 5", "trace", self.recording, "--from",
                    "5", "--to", "5")
        self.refuse(2, "--json", "trace", self.recording, "--json")
        self.refuse(1, "cannot write .*/none/file", "trace", self.recording, "-o",
                    os.path.join(self.folder, "none", "file"))
        self.refuse(1, "that is no name of a file", "trace", self.recording, "-o", self.folder)
        self.assertEqual(os.listdir(self.folder), [])

    def test_help_has_the_formats(self):
        for arguments in (("export", "--help"), ("--man", "export")):
            text = self.ebb.run(*arguments).text()
            self.assertRegex(text, r"(?i)formats")
            for name in re.findall(r"&export_(\w+),", documents.read("cli/exports/export.c")):
                self.assertRegex(text, r"(?m)^(  |\.B )%s\b" % name)

    def test_interrupted(self):
        """A signal is there before it begins. What was there before stays, and nothing else is."""
        with open(self.path, "w") as file:
            file.write("old")
        for number in (signal.SIGINT, signal.SIGTERM):
            for form in ("console", "trace"):
                with self.subTest(form, signal=number):
                    result = subprocess.run(
                        [self.ebb.path, "export", form, self.recording, "-o", self.path],
                        capture_output=True, preexec_fn=lambda: process.interrupt(number),
                        timeout=process.WATCHDOG)
                    self.assertEqual(result.returncode, 6, result.stderr)
                    self.assertEqual(self.contents(), "old")

    def test_damaged(self):
        recording = self.ebb.new_folder()
        shutil.copytree(self.recording, recording)
        with open(os.path.join(recording, "log"), "r+b") as log:
            size = os.fstat(log.fileno()).st_size
            log.seek(size * 2 // 3)
            byte = log.read(1)
            log.seek(size * 2 // 3)
            log.write(bytes([byte[0] ^ 0xFF]))
        with open(self.path, "w") as file:
            file.write("old")
        result = self.ebb.run("export", "trace", recording, "-o", self.path)
        self.assertEqual(result.status, 4, result.describe())
        self.assertIn("damaged", result.errors.decode())
        self.assertEqual(self.contents(), "old")

    def test_pipe_that_closes(self):
        for form in ("console", "trace"):
            command = '"$0" export "$1" "$2" | head -n 1'
            result = subprocess.run(["bash", "-o", "pipefail", "-c", command, self.ebb.path, form,
                                     self.recording], capture_output=True, text=True,
                                    timeout=process.WATCHDOG)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertEqual(len(result.stdout.splitlines()), 1)

    def test_pipe_that_is_closed(self):
        for form in ("console", "trace"):
            reader, writer = os.pipe()
            os.close(reader)
            with os.fdopen(writer, "w") as output:
                result = subprocess.run([self.ebb.path, "export", form, self.recording],
                                        stdout=output, stderr=subprocess.PIPE,
                                        timeout=process.WATCHDOG)
            self.assertEqual((result.returncode, result.stderr), (0, b""))

    def test_full(self):
        with open("/dev/full", "w") as output:
            result = subprocess.run([self.ebb.path, "export", "trace", self.recording],
                                    stdout=output, stderr=subprocess.PIPE, text=True,
                                    timeout=process.WATCHDOG)
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, r"\Aebb: cannot write to standard output: [^\n]*\n\Z")


class Document(Exports):
    def test_examples(self):
        place = documents.Place(self.ebb)
        place.add("interrupts", self.ebb.shared("interrupts-aarch64").recording)
        examples = [example for title in ("Of all formats", "console", "trace") for example in
                    documents.transcripts(documents.section("docs/exports.md", title))]
        self.assertEqual({command.split()[2] for command, _ in examples
                          if command.startswith("ebb export")}, {"console", "trace"})
        for command, printed in examples:
            with self.subTest(command):
                result = place.run(command)
                self.assertEqual(result.status, 0, result.describe())
                self.assertEqual(self.masked(result.text()), self.masked(printed))

    def masked(self, text):
        """Without the times, and a checksum that depends on when interrupts came."""
        return documents.masked(re.sub(r"\d\.\d{9}\b|(?<=checksum )[0-9a-f]{8}$", "?", text,
                                       flags=re.M))
