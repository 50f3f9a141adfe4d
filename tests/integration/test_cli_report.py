# SPDX-License-Identifier: GPL-3.0-or-later
"""ebb report: what is in its page, compared with what the commands say that tell of the same things."""

import collections
import html.parser
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import unittest
from unittest import mock

from harness import ebb, process
from harness.shell import Shell
from harness.symbol_file import SymbolFile

BINS = 2000
SYMBOL = "</script><svg onload=alert(1)>"
SMALL = 50000  # bytes, of which a page has more


class Parser(html.parser.HTMLParser):
    """The elements of a page, and the text of those with scripts and data."""

    def __init__(self):
        super().__init__()
        self.elements = []
        self.texts = collections.defaultdict(str)
        self.inside = None

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self.inside = (tag, dict(attributes).get("id"))

    def handle_endtag(self, tag):
        self.inside = None

    def handle_data(self, data):
        self.texts[self.inside] += data


class Reports(unittest.TestCase):
    def setUp(self):
        self.ebb = ebb.current()

    def ask(self, command, recording, *options):
        return self.ebb.json(command, "--json", *options, recording)

    def page(self, recording, *options):
        """The page's text."""
        path = self.ebb.new_folder("report")
        result = self.ebb.run("report", recording, "-o", path, *options)
        self.assertEqual(result.status, 0, result.describe())
        self.assertEqual(result.text(), "")
        with open(path, encoding="ascii") as file:
            return file.read()

    def data(self, recording, *options):
        return self.data_of(self.page(recording, *options))

    def data_of(self, page):
        parser = Parser()
        parser.feed(page)
        self.assertEqual([each for each in parser.elements if each[0] == "script"],
                         [("script", {"type": "application/json", "id": "data"}), ("script", {})])
        data = json.loads(parser.texts["script", "data"])
        self.check_counts(data)
        return data

    def check_counts(self, data):
        """Rows have all of their events, or as many in bins as there are."""
        length = data["to"] - data["from"]
        self.assertEqual((data["bins"], data["bin"]), (BINS, -(-length // BINS)))
        for row in data["rows"]:
            if "bins" not in row:
                self.assertEqual(len(row["events"]), row["count"])
                continue
            self.assertEqual(sum(bin[1] for bin in row["bins"]), row["count"])
            self.assertGreater(row["count"], len(row["events"]))
            for number, _, first in row["bins"]:
                self.assertEqual(min((first - data["from"]) // data["bin"], BINS - 1), number)

    def rows(self, data, group):
        return [row for row in data["rows"] if row["group"] == group]

    def events(self, data, group):
        """Of all rows of a group, in the order of positions."""
        return sorted((event for row in self.rows(data, group) for event in row["events"]),
                      key=lambda event: event["position"])

    def bookmarked(self, *lines):
        """A recording for which the shell has been told these."""
        recording = self.ebb.new_folder()
        shutil.copytree(self.ebb.shared("exceptions-aarch64").recording, recording)
        patch = mock.patch.dict(os.environ, {"XDG_DATA_HOME": self.ebb.new_folder("data")})
        patch.start()
        self.addCleanup(patch.stop)
        shell = Shell(self.ebb, recording)
        self.addCleanup(shell.close)
        for line in lines:
            shell.run(line)
        return recording

    def linux(self):
        """A recording, and the file of its kernel's symbols."""
        recorder = self.ebb.shared("symbols-arm64",
                                   lambda: self.ebb.guests.linux("arm64", "symbols"))
        file = self.ebb.new_folder("vmlinux")
        SymbolFile({name: int(address, 16) for address, name in
                    re.findall(r"guest: symbol (\w+) \w (\S+)", recorder.text())}).write(file)
        return recorder.recording, file

    def hostile(self):
        """What strangers may give away: a recording of text that may do harm, in a folder and with a
        manifest of such names, and a file with such a symbol."""
        name = "a</script><img src=x onerror=alert(1)>'\"\n"
        recording = os.path.join(self.ebb.new_folder("strangers"), name.replace("/", ""))
        shutil.copytree(self.ebb.shared("hostile-aarch64").recording, recording)
        path = os.path.join(recording, "manifest.json")
        with open(path) as file:
            manifest = json.load(file)
        manifest["machine"] = name
        with open(path, "w") as file:
            json.dump(manifest, file)
        symbols = self.ebb.new_folder("symbols")
        SymbolFile({SYMBOL: 0x40100000}).write(symbols)
        return recording, name, symbols


class Contents(Reports):
    def check_notes(self, recording, data):
        lines = self.ask("console", recording)
        self.assertEqual(
            self.events(data, "console"),
            sorted((line for line in lines if "text" in line), key=lambda line: line["position"]))
        self.assertEqual([(event["position"], event["name"])
                          for event in self.events(data, "markers")],
                         [(line["position"], line["marker"]) for line in lines if "marker" in line])
        self.assertEqual([(event["position"], event["number"])
                          for event in self.events(data, "keyframes")],
                         [(frame["position"], i) for i, frame in
                          enumerate(self.ebb.info(recording)["keyframes"])])

    def check_exceptions(self, recording, data, *options):
        rows = [row for row in self.ask("exceptions", recording, *options)
                if row["kind"] not in ("irq", "fiq")]
        self.assertEqual(self.events(data, "exceptions"), rows)
        for row in self.rows(data, "exceptions"):
            self.assertEqual({event["kind"] for event in row["events"]}, {row["name"]})
        return rows

    def check_irqs(self, recording, data, *options):
        rows = self.ask("irqs", recording, *options)
        self.assertEqual(self.events(data, "interrupts"), rows)
        for row in self.rows(data, "interrupts"):
            for event in row["events"]:
                device = " (%s)" % event["device"] if "device" in event else ""
                self.assertEqual(row["name"], "%s %s%s" % (
                    event["kind"], event.get("number", "unknown"), device))
        return rows

    def check_profile(self, recording, data, *options):
        rows = self.ask("profile", recording, *options)
        profile = data["profile"]
        counts = collections.Counter(profile["functions"][place] for place in profile["samples"])
        self.assertEqual(counts, {row["function"]: row["self"] for row in rows if row["self"]})
        every = profile["every"]
        self.assertEqual(every, max((data["to"] - data["from"]) // 10000, 1))
        # On what is at the first position of all no look is taken.
        self.assertEqual(profile["positions"],
                         list(range(max(-(-data["from"] // every), 1) * every, data["to"], every)))

    def check_times(self, recording, data):
        """Some of the readings of the clock, each with what it said."""
        self.assertGreater(len(data["times"]), 1)
        self.assertLessEqual({tuple(time) for time in data["times"]},
                             set(self.ebb.readings(recording)))

    def test_interrupts(self):
        for name in ("interrupts-aarch64", "interrupts-arm"):
            with self.subTest(name):
                recording = self.ebb.shared(name).recording
                data = self.data(recording)
                self.assertEqual(len(self.check_irqs(recording, data)), 100)
                self.check_exceptions(recording, data)
                self.check_notes(recording, data)
                self.check_profile(recording, data)
                self.check_times(recording, data)
                info = self.ebb.info(recording)
                self.assertEqual((data["from"], data["to"]), (0, info["end_position"]))
                self.assertEqual(data["recording"]["directory"], recording)
                self.assertEqual(data["recording"]["created"], info["manifest"]["created"])

    def test_exceptions(self):
        recording = self.ebb.shared("exceptions-aarch64").recording
        data = self.data(recording)
        rows = self.check_exceptions(recording, data)
        self.assertEqual([row["name"] for row in self.rows(data, "exceptions")],
                         ["undefined", "svc", "prefetch-abort", "data-abort"])
        self.assertEqual(len(rows), 50)
        self.check_profile(recording, data)

    def test_markers(self):
        recording = self.ebb.shared("markers-aarch64").recording
        data = self.data(recording)
        self.assertIn("boot done", {event["name"] for event in self.events(data, "markers")})
        self.check_notes(recording, data)

    def test_bookmarks(self):
        data = self.data(self.bookmarked("goto 1000",
                                         "bookmark add here what </script> \u00e4"))
        self.assertEqual([(event["name"], event["position"], event["note"])
                          for event in self.events(data, "bookmarks")],
                         [("here", 1000, "what </script> \u00e4")])

    def check_tasks(self, data, rows):
        events = self.events(data, "tasks")
        tasks = data["tasks"]["list"]
        places = [data["from"]] + [row["position"] for row in rows] + [data["to"]]
        self.assertEqual([(event["position"], event["ran"]) for event in events],
                         [(one, other - one) for one, other in zip(places, places[1:])])
        self.assertEqual([tasks[event["task"]]["task"] for event in events],
                         [rows[0]["from"]] + [row["to"] for row in rows])
        for place, task in enumerate(tasks):
            slices = [event for event in events if event["task"] == place]
            self.assertEqual((task["slices"], task["ran"]),
                             (len(slices), sum(event["ran"] for event in slices)))

    def test_linux(self):
        recording, file = self.linux()
        data = self.data(recording, "--symbols", file)
        rows = self.ask("switches", recording, "--symbols", file)
        self.assertGreater(len(rows), 100)
        self.check_tasks(data, rows)
        self.assertFalse(data["by_table"])
        self.assertEqual(data["recording"]["symbols_word"], file)
        self.check_irqs(recording, data, "--symbols", file)
        self.check_exceptions(recording, data, "--symbols", file)
        self.check_notes(recording, data)
        self.check_profile(recording, data, "--symbols", file)
        self.check_times(recording, data)

    def test_linux_without_symbols(self):
        recording, _ = self.linux()
        data = self.data(recording, "--workers", "1")
        rows = self.ask("switches", recording, "--by-table")
        self.assertTrue(data["by_table"])
        tasks = data["tasks"]["list"]
        self.assertEqual([tasks[event["task"]]["task"] for event in self.events(data, "tasks")],
                         [rows[0]["from"]] + [row["to"] for row in rows])
        self.check_irqs(recording, data)

    def test_part(self):
        recording = self.ebb.shared("interrupts-aarch64").recording
        whole = self.data(recording)
        begin, end = 2000000, 7000000
        part = self.data(recording, "--from", str(begin), "--to", str(end))
        self.assertEqual((part["from"], part["to"]), (begin, end))
        self.assertEqual((part["recording"]["begin"], part["recording"]["end"]),
                         (whole["from"], whole["to"]))
        for group in ("console", "keyframes", "exceptions", "interrupts"):
            self.assertEqual(self.events(part, group),
                             [event for event in self.events(whole, group)
                              if begin <= event["position"] < end])
        self.check_profile(recording, part, "--from", str(begin), "--to", str(end))


class Limits(Reports):
    """Of rows with more than --limit events the page has how many there are, and where."""

    def check_bins(self, data, row, positions):
        truth = collections.defaultdict(list)
        for position in positions:
            truth[min((position - data["from"]) // data["bin"], BINS - 1)].append(position)
        self.assertEqual(row["bins"], [[number, len(found), min(found)]
                                       for number, found in sorted(truth.items())])

    def test_interrupts(self):
        recording = self.ebb.shared("interrupts-aarch64").recording
        whole, data = self.data(recording), self.data(recording, "--limit", "20")
        self.assertEqual(data["limit"], 20)
        few, many = self.rows(data, "interrupts")
        self.assertEqual((few["count"], len(few["events"])), (20, 20))
        self.assertEqual((many["count"], many["events"]), (80, []))
        self.check_bins(data, many, [event["position"] for event in
                                     self.rows(whole, "interrupts")[1]["events"]])
        self.assertEqual(data["profile"], whole["profile"])

    def test_console(self):
        """Its first lines are there."""
        recording = self.ebb.shared("interrupts-aarch64").recording
        whole, data = self.data(recording), self.data(recording, "--limit", "2")
        (row,), (all_lines,) = self.rows(data, "console"), self.rows(whole, "console")
        self.assertEqual(row["events"], all_lines["events"][:2])
        self.check_bins(data, row, [event["position"] for event in all_lines["events"]])

    def test_each_row(self):
        recording, file = self.linux()
        data = self.data(recording, "--symbols", file, "--limit", "250")
        for row in data["rows"]:
            self.assertLessEqual(len(row["events"]), 250)
            self.assertEqual("bins" in row, row["count"] > 250)

    def test_tasks(self):
        recording, file = self.linux()
        whole = self.data(recording, "--symbols", file)
        data = self.data(recording, "--symbols", file, "--limit", "10")
        (row,) = self.rows(data, "tasks")
        slices = self.events(whole, "tasks")
        self.assertEqual((row["count"], row["events"]), (len(slices), []))
        self.check_bins(data, row, [event["position"] for event in slices])
        self.assertEqual(data["tasks"]["list"], whole["tasks"]["list"])
        self.assertEqual(data["tasks"]["bins"], self.longest(data, slices))

    def longest(self, data, slices):
        """For each bin the task that has run the most in it."""
        ran = [collections.Counter() for _ in range(BINS)]
        for event in slices:
            at, end = event["position"], event["position"] + event["ran"]
            while at < end:
                number = (at - data["from"]) // data["bin"]
                next_one = min(end, data["from"] + (number + 1) * data["bin"])
                ran[number][event["task"]] += next_one - at
                at = next_one
        return [min((-count, task) for task, count in counts.items())[1] if counts else None
                for counts in ran]

    def test_bad_limits(self):
        recording = self.ebb.shared("interrupts-aarch64").recording
        for limit, words in (("0", "--limit must be at least 1"), ("x", "--limit"),
                             ("1000001", "--limit")):
            result = self.ebb.run("report", recording, "-o", "unwritten", "--limit", limit)
            self.assertEqual(result.status, 2, result.describe())
            self.assertIn(words, result.errors.decode())
            self.assertFalse(os.path.exists("unwritten"))


class Strangers(Reports):
    """What a recording has in it stays text."""

    def test_text(self):
        recording, name, symbols = self.hostile()
        page = self.page(recording, "--symbols", symbols)
        data = self.data_of(page)
        lines = self.ask("console", recording)
        self.assertIn("</script><img src=x onerror=document.title='taken'>",
                      [line["text"] for line in lines])
        self.assertIn("zero\\x00one\\x01escape\\x1b[31m", [line["text"] for line in lines])
        self.assertIn("bad\\xff\\xc0\\xaf\\xed\\xa0\\x80.", [line["text"] for line in lines])
        for event, line in zip(self.events(data, "console"), lines):
            length = event.pop("length", None)
            self.assertEqual(event, dict(line, text=line["text"][:1000]))
            self.assertEqual(length, 3000 if line["text"].startswith("xxx") else None)
        self.assertEqual(data["recording"]["machine"], name.replace("\n", "\\x0a"))
        self.assertTrue(any(SYMBOL in name for name in data["profile"]["functions"]))

    def test_page(self):
        """Whatever the data is, elements and policy are the same, and the policy has the digests of
        style and script."""
        pages = [self.page(self.hostile()[0]),
                 self.page(self.ebb.shared("exceptions-aarch64").recording)]
        one, other = [re.sub(r'(?s)(<script type="application/json" id="data">).*?(</script>)',
                             r"\1\2", page) for page in pages]
        self.assertEqual(one, other)
        for page in pages:
            self.assertEqual(len(re.findall("(?i)<script", page)), 2)
            self.check_has_not(page, r"[^\n -~]")
        self.check_has_not(one, r"(?i)\b(?:src|href|srcset|action)=|url\(|@import|https?:")
        self.check_policy(one)

    def check_has_not(self, page, pattern):
        """As assertNotRegex(), which says all of the page."""
        found = re.search(pattern, page)
        self.assertIsNone(found and page[max(found.start() - 40, 0):found.end() + 40])

    def check_policy(self, page):
        policy = re.search('Content-Security-Policy" content="([^"]*)"', page).group(1)
        self.assertTrue(policy.startswith("default-src 'none'; style-src 'sha256-"))
        self.assertNotIn("unsafe", policy)
        for element in ("style", "script"):
            text = re.search("(?s)<%s>(.*?)</%s>" % (element, element), page).group(1)
            digest = subprocess.run("openssl dgst -sha256 -binary | base64", shell=True,
                                    input=text.encode(), capture_output=True,
                                    timeout=process.WATCHDOG).stdout.decode()
            self.assertIn("%s-src 'sha256-%s'" % (element, digest.strip()), policy)

    def test_scripts_put_no_markup(self):
        """All that is from the data goes in as text."""
        page = self.page(self.ebb.shared("exceptions-aarch64").recording)
        self.check_has_not(page, r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b"
                                 r"|new Function|createContextualFragment|DOMParser|\.on\w+ =|setHTML")


class Files(Reports):
    def setUp(self):
        super().setUp()
        self.recording = self.ebb.shared("interrupts-aarch64").recording
        self.folder = self.ebb.new_folder("reports")
        os.mkdir(self.folder)
        self.path = os.path.join(self.folder, "page.html")

    def old(self):
        with open(self.path, "w") as file:
            file.write("old")

    def check_old(self):
        self.assertEqual(os.listdir(self.folder), ["page.html"])
        with open(self.path) as file:
            self.assertEqual(file.read(), "old")

    def refuse(self, status, text, *arguments, **keywords):
        result = self.ebb.run("report", *arguments, **keywords)
        self.assertEqual(result.status, status, result.describe())
        self.assertEqual(result.text(), "")
        self.assertRegex(result.errors.decode(), text)

    def test_replaces_a_file(self):
        self.old()
        result = self.ebb.run("report", self.recording, "-o", self.path)
        self.assertEqual(result.status, 0, result.describe())
        self.assertEqual(os.listdir(self.folder), ["page.html"])
        with open(self.path) as file:
            self.assertEqual(file.read(), self.page(self.recording))

    def test_is_the_same_each_time(self):
        pages = {self.page(self.recording, "--workers", workers) for workers in ("1", "2", "3")}
        self.assertEqual(len(pages), 1)

    def test_bad_requests(self):
        self.refuse(2, "say which file to write the page to: -o FILE", self.recording)
        self.refuse(2, "there is nothing from position 5 to 5", self.recording, "-o", self.path,
                    "--from", "5", "--to", "5")
        self.refuse(1, "cannot write .*/none/file", self.recording, "-o",
                    os.path.join(self.folder, "none", "file"))
        for path in (self.folder, "/dev/full", "/dev/stdout"):
            self.refuse(1, "cannot write .*: that is no name of a file", self.recording, "-o", path)
        self.refuse(2, "--json", self.recording, "-o", self.path, "--json")
        self.refuse(1, "cannot open recording .*/nothing", self.folder + "/nothing", "-o", self.path)
        self.assertEqual(os.listdir(self.folder), [])

    def test_full_disk(self):
        """No file may get so large, for ebb: the old page stays, and nothing else is there."""
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL, resource.RLIM_INFINITY))

        script = self.ebb.script('ulimit -S -f unlimited\nexec %s "$@"\n' % os.path.realpath(
            os.path.join(self.ebb.build, "qemu", "qemu-system-aarch64")))
        self.old()
        self.refuse(1, r"\Aebb: cannot write .*/page.html: (File too large|an earlier write failed)\n\Z",
                    self.recording, "-o", self.path, env=dict(os.environ, EBB_QEMU=script),
                    preexec_fn=limit)
        self.check_old()

    def test_nobody_listens(self):
        """Closed pipes in the place of its outputs."""
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, "w") as output:
            result = subprocess.run([self.ebb.path, "report", self.recording, "-o", self.path],
                                    stdout=output, stderr=output, timeout=process.WATCHDOG)
        self.assertEqual(result.returncode, 0)
        self.assertEqual(os.listdir(self.folder), ["page.html"])

    def test_interrupted(self):
        """A signal is there before it begins. What was there before stays, and nothing else is."""
        self.old()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(signal=number):
                result = subprocess.run(
                    [self.ebb.path, "report", self.recording, "-o", self.path],
                    capture_output=True, preexec_fn=lambda: process.interrupt(number),
                    timeout=process.WATCHDOG)
                self.assertEqual(result.returncode, 6, result.stderr)
                self.check_old()

    def test_damaged(self):
        """--to reports what is before the damage."""
        recording = self.ebb.new_folder()
        shutil.copytree(self.recording, recording)
        with open(os.path.join(recording, "log"), "r+b") as log:
            size = os.fstat(log.fileno()).st_size
            log.seek(size * 2 // 3)
            byte = log.read(1)
            log.seek(size * 2 // 3)
            log.write(bytes([byte[0] ^ 0xFF]))
        self.old()
        self.refuse(4, "damaged", recording, "-o", self.path)
        self.check_old()
