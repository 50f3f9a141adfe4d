# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of ebb report in a real browser: what it draws, and what it does when it is used."""

import json
import os
import re

from harness import browser, process
from test_cli_report import SYMBOL, Reports

AXIS, ROW = 38, 24  # pixels, as in cli/report/timeline.js

FOUND_MOST, SHOWN_MOST = 2000, 1000  # as in cli/report/model.js and panels.js

# How many pixels across a row, in the canvas at that height, have a colour, and not a grey.
DRAWN = """(() => {
    const canvas = document.getElementById("canvas");
    const line = new OffscreenCanvas(canvas.width, 1).getContext("2d", {willReadFrequently: true});
    line.drawImage(canvas, 0, -Math.round(%d * canvas.width / canvas.clientWidth));
    const pixels = line.getImageData(0, 0, canvas.width, 1).data;
    let count = 0;
    for (let i = 0; i < pixels.length; i += 4) {
        const colour = [...pixels.subarray(i, i + 3)];
        count += pixels[i + 3] > 200 && Math.max(...colour) - Math.min(...colour) > 40;
    }
    return count;
})()"""


class Pages(Reports):
    @classmethod
    def setUpClass(cls):
        cls.browser = None

    @classmethod
    def tearDownClass(cls):
        if cls.browser:
            cls.browser.close()

    def setUp(self):
        super().setUp()
        program = browser.needed_by(self)
        if not self.browser:
            type(self).browser = browser.Browser(program, self.ebb.new_folder("browser"))

    def open(self, recording, *options):
        """The page, and its data."""
        return self.open_text(self.page(recording, *options))

    def open_text(self, text):
        path = os.path.join(self.ebb.new_folder("report") + ".html")
        with open(path, "w") as file:
            file.write(text)
        page = self.browser.open(path)
        self.assertEqual(page.complaints(), [])
        self.assertEqual(page.requests(), [page.url])
        return page, self.data_of(text)

    def check_quiet(self, page):
        self.assertEqual(page.complaints(), [])
        self.assertEqual(page.requests(), [page.url])

    def range(self, page):
        return page.run("[Number(document.getElementById('range').dataset.from),"
                        "Number(document.getElementById('range').dataset.to)]")

    def labels(self, page):
        return page.run("[...document.querySelectorAll('#labels .row')].map((row) => row.dataset.row)")

    def label(self, page, name):
        return page.text("#labels [data-row='%s']" % name)

    def place(self, page, name, position):
        """Where on the page a position of a row is drawn."""
        left, top, width, _ = page.box("#canvas")
        begin, end = self.range(page)
        number = self.labels(page).index(name)
        return (left + (position - begin) / (end - begin) * width, top + AXIS + ROW * (number + 0.5))

    def drawn(self, page, name, height=ROW // 2):
        return page.run(DRAWN % (AXIS + ROW * self.labels(page).index(name) + height))

    def commands(self, page):
        return page.run("[...document.querySelectorAll('#detail code')].map((code) => code.textContent)")

    def items(self, page):
        return page.run("[...document.querySelectorAll('#list .item')].map((item) => item.innerText)")

    def chosen(self, page):
        """What is marked in the list."""
        return page.run("[...document.querySelectorAll('#list .chosen')].map((item) => item.innerText)")

    def search(self, page, text):
        page.press("/")
        page.type(text)


class Interrupts(Pages):
    def setUp(self):
        super().setUp()
        self.recording = self.ebb.shared("interrupts-aarch64").recording
        self.opened, self.found = self.open(self.recording)

    def tearDown(self):
        self.check_quiet(self.opened)

    def test_shows_all_of_it(self):
        page, data = self.opened, self.found
        self.assertEqual(self.range(page), [0, data["to"]])
        self.assertEqual(page.text("#name"), os.path.basename(self.recording))
        self.assertEqual(self.labels(page), ["console", "keyframes", "functions",
                                             "irq 3 (software generated)",
                                             "irq 27 (EL1 virtual timer)"])
        for name in self.labels(page):
            self.assertGreater(self.drawn(page, name), 2, name)
        # All interrupts of the timer but those in the last thousandth, a tick for each.
        self.assertGreater(self.drawn(page, "irq 27 (EL1 virtual timer)"), 35)
        lines = [event["text"] for event in self.events(data, "console")]
        self.assertEqual([item.split("\n")[-1] for item in self.items(page)], lines)
        self.assertTrue(page.run("document.getElementById('left-out').hidden"))

    def test_says_what_is_counted(self):
        page, data = self.opened, self.found
        samples = re.sub(r"\B(?=(\d{3})+$)", "\u202f", str(len(data["profile"]["positions"])))
        self.assertEqual(self.label(page, "functions"), "functions\n%s samples" % samples)
        self.assertTrue(page.text("#range").startswith("positions 0 "))
        self.assertIn("all of it", page.text("#all"))
        heads = {}
        for name in ("console", "functions", "tasks", "found"):
            page.run("document.querySelector('[data-list=%s]').click()" % name)
            heads[name] = page.text("#heads").split("\n")
        self.assertEqual(heads, {
            "console": ["position", "line"],
            "functions": ["share", "function", "instructions"],
            "tasks": ["share", "task", "instructions"],
            "found": ["position", "row", "what has the text"]})
        self.assertEqual(page.text("[data-list=found]").strip(), "Search")

    def test_no_name_is_cut(self):
        self.assertEqual(self.opened.run(
            "[...document.querySelectorAll('#labels .row span')].filter((name) => "
            "name.scrollWidth > name.clientWidth).map((name) => name.textContent)"), [])

    def test_last_keyframe(self):
        """It is at the end, and there to be seen and clicked."""
        page, data = self.opened, self.found
        last = self.events(data, "keyframes")[-1]["position"]
        self.assertEqual(last, data["to"])
        left, top = self.place(page, "keyframes", last)
        page.click(left - 1, top)
        self.assertIn("ebb goto %d" % last, self.commands(page))

    def test_fills_the_window(self):
        """Lists and what is selected are of one height, as much as the time line leaves."""
        page = self.opened
        boxes = [page.box(name) for name in ("#lists", "#detail", "footer")]
        self.assertEqual(boxes[0][1::2], boxes[1][1::2])
        self.assertAlmostEqual(boxes[2][1] + boxes[2][3], page.run("innerHeight"), delta=1)
        page.run("document.querySelector('#detail').append(document.createElement('div'));"
                 "document.querySelector('#detail div').style.height = '2000px'")
        self.assertEqual(page.box("#lists")[3], page.box("#detail")[3])

    def test_zoom_and_move(self):
        page, data = self.opened, self.found
        left, top, width, _ = page.box("#canvas")
        page.wheel(left + width / 4, top + AXIS + 5, -400)
        begin, end = self.range(page)
        self.assertLess(end - begin, data["to"] * 0.6)
        # What is under the pointer stays there.
        self.assertAlmostEqual((data["to"] / 4 - begin) / (end - begin), 0.25, delta=0.01)
        page.drag(left + width / 2, top + AXIS + 5, left + width / 4)
        moved = self.range(page)
        self.assertAlmostEqual(moved[0] - begin, (end - begin) / 4, delta=(end - begin) / 100)
        self.assertAlmostEqual(moved[1] - moved[0], end - begin, delta=2)
        page.press("+")
        closer = self.range(page)
        self.assertAlmostEqual(closer[1] - closer[0], (end - begin) / 2, delta=2)
        page.press("ArrowRight")
        self.assertGreater(self.range(page)[0], closer[0])
        page.press("0")
        self.assertEqual(self.range(page), [0, data["to"]])
        page.wheel(left + 10, top + 10, 2000)
        self.assertEqual(self.range(page), [0, data["to"]])

    def test_zoom_to_a_part(self):
        page, data = self.opened, self.found
        left, top, width, _ = page.box("#canvas")
        page.drag(left + width / 2, top + AXIS + 5, left + width * 3 / 4, modifiers=8)
        begin, end = self.range(page)
        self.assertAlmostEqual(begin, data["to"] / 2, delta=data["to"] / 500)
        self.assertAlmostEqual(end, data["to"] * 3 / 4, delta=data["to"] / 500)
        page.run("document.getElementById('back').click()")
        self.assertEqual(self.range(page), [0, data["to"]])

    def test_closest(self):
        """As close as it gets, single positions can still be told."""
        page, _ = self.opened, self.found
        for _ in range(40):
            page.press("+")
        begin, end = self.range(page)
        self.assertLessEqual(end - begin, 21)
        left, top, width, _ = page.box("#canvas")
        page.click(left + width / 2, top + AXIS + 3)
        self.assertRegex(self.commands(page)[0], r"\Aebb replay --at \d+ ")

    def test_click_tells_the_command(self):
        page, data = self.opened, self.found
        row = self.rows(data, "interrupts")[1]
        for event in row["events"][10], row["events"][30]:
            page.click(*self.place(page, row["name"], event["position"]))
            position = event["position"]
            self.assertEqual(self.commands(page),
                             ["ebb replay --at %d %s" % (position, self.recording),
                              "ebb goto %d" % position,
                              "monitor seek %d\nmaintenance flush register-cache" % position])
            self.assertIn(event["location"], page.text("#detail"))
            self.assertEqual(page.run("document.querySelector('#labels .chosen').dataset.row"),
                             row["name"])
        page.press("n")
        self.assertEqual(self.commands(page)[1], "ebb goto %d" % row["events"][31]["position"])
        page.press("p")
        self.assertEqual(self.commands(page)[1], "ebb goto %d" % row["events"][30]["position"])

    def test_commands_go_there(self):
        """What the page says is what ebb takes."""
        page, data = self.opened, self.found
        event = self.rows(data, "interrupts")[1]["events"][5]
        page.click(*self.place(page, "irq 27 (EL1 virtual timer)", event["position"]))
        command = self.commands(page)[0].split()
        result = self.ebb.run(*command[1:], "--", "--batch", "-nx", "-ex", "monitor position",
                              "-ex", "p/x $pc")
        self.assertIn(str(event["position"]), result.text().replace(" ", "") +
                      result.errors.decode().replace(" ", ""))

    def test_commands_of_a_gdb_without_ours(self):
        """Typed as they are, they bring gdb there, which shows the registers of that place."""
        page, data = self.opened, self.found
        event = self.rows(data, "interrupts")[1]["events"][5]
        page.click(*self.place(page, "irq 27 (EL1 virtual timer)", event["position"]))
        lines = self.commands(page)[2].split("\n")
        there = self.program_counters(event["position"], [])
        self.assertNotEqual(self.program_counters("end", []), there)
        self.assertEqual(self.program_counters("end", lines)[1:], there)

    def program_counters(self, position, lines):
        """What a gdb there shows at first, and, if it is told something, then."""
        told = ["p/x $pc", *lines, *(["p/x $pc"] if lines else [])]
        result = self.ebb.run("replay", "--at", str(position), self.recording, "--", "--batch", "-nx",
                              *(word for line in told for word in ("-ex", line)))
        return re.findall(r"\$\d = (0x[0-9a-f]+)", result.text())

    def test_lists(self):
        page, data = self.opened, self.found
        line = self.events(data, "console")[1]
        page.run("document.querySelectorAll('#list .item')[1].click()")
        page.settle()
        self.assertIn("ebb goto %d" % line["position"], self.commands(page))
        self.assertIn(line["text"], page.text("#detail h2"))
        self.assertEqual(self.chosen(page), self.items(page)[1:2])
        page.run("document.querySelector('[data-list=functions]').click()")
        page.settle()
        counts = page.run("[...document.querySelectorAll('#list .item')].map((item) => "
                          "[item.querySelector('.text').textContent, Number(item.dataset.samples)])")
        truth = {row["function"]: row["self"] for row in self.ask("profile", self.recording)
                 if row["self"]}
        self.assertEqual(dict(counts), truth)
        self.assertEqual([count for _, count in counts], sorted(truth.values(), reverse=True))
        page.run("document.querySelectorAll('#list .item')[1].click()")
        self.assertEqual(self.chosen(page), self.items(page)[1:2])

    def test_search(self):
        page, data = self.opened, self.found
        line = self.events(data, "console")[-1]
        self.search(page, "pass")
        self.assertIn(line["text"], self.items(page)[-1])
        self.assertEqual(page.run("document.querySelector('#list mark').textContent"), "PASS")
        self.assertEqual(self.chosen(page), [])
        page.press("Enter", "\r")
        self.assertIn("ebb goto %d" % line["position"], self.commands(page))
        self.assertEqual(self.chosen(page), self.items(page)[-1:])
        self.assertIn(line["text"], self.chosen(page)[0])
        page.run("document.getElementById('query').blur()")
        page.press("Escape")
        self.assertEqual(self.chosen(page), [])
        page.run("document.getElementById('query').value = ''")
        self.search(page, "VIRTUAL timer")
        self.assertEqual(page.text("[data-list=found] b"), "80")
        page.run("document.getElementById('query').value = ''")
        self.search(page, "there is nothing of this")
        self.assertEqual(self.items(page), [])
        self.assertIn("Nothing in this page", page.text("#list"))


class Others(Pages):
    def test_exceptions(self):
        recording = self.ebb.shared("exceptions-aarch64").recording
        page, data = self.open(recording)
        for row in self.rows(data, "exceptions"):
            event = row["events"][3]
            page.click(*self.place(page, row["name"], event["position"]))
            self.assertIn("ebb goto %d" % event["position"], self.commands(page))
        self.check_quiet(page)

    def test_undefined_is_a_kind(self):
        """Not what JavaScript calls so; and where a row has nothing, that is said."""
        page, data = self.open(self.ebb.shared("exceptions-arm").recording)
        first = self.events(data, "exceptions")[0]["position"]
        self.assertTrue(self.label(page, "undefined").startswith("undefined instruction\n"))
        page.click(*self.place(page, "undefined", first // 2))
        self.assertRegex(page.text("#detail .where"),
                         r"\Aundefined instruction \S nothing here in this row \S position ")
        event = self.rows(data, "exceptions")[0]["events"][3]
        page.click(*self.place(page, "undefined", event["position"]))
        self.assertTrue(page.text("#detail h2").startswith("undefined instruction "))
        self.assertNotIn("nothing here", page.text("#detail"))
        self.check_quiet(page)

    def test_rows_with_many(self):
        recording = self.ebb.shared("interrupts-aarch64").recording
        page, data = self.open(recording, "--limit", "2")
        row = self.rows(data, "interrupts")[1]
        self.assertEqual(row["events"], [])
        self.assertGreater(self.drawn(page, row["name"], ROW - 5), 35)
        number, count, first = row["bins"][7]
        middle = data["from"] + (number + 0.5) * data["bin"]
        page.click(*self.place(page, row["name"], middle))
        begin = data["from"] + number * data["bin"]
        self.assertIn("%d \u00d7 %s" % (count, row["name"]), page.text("#detail h2"))
        commands = self.commands(page)
        self.assertIn("ebb goto %d" % first, commands)
        part = "--from %d --to %d" % (begin, begin + data["bin"])
        self.assertIn("ebb irqs %s %s" % (recording, part), commands)
        self.assertIn("ebb report %s %s -o part.html" % (recording, part), commands)
        left_out = page.text("#left-out")
        for text in (row["name"], "lines, of which the first 2 are listed", "--limit than 2"):
            self.assertIn(text, left_out)
        self.check_quiet(page)

    def test_commands_that_list(self):
        """What is not in the page is had by the commands in it."""
        marked = self.bookmarked("bookmark add one", "goto 1000", "bookmark add two and a note",
                                 "goto end", "bookmark add three")
        for recording in marked, self.ebb.shared("markers-aarch64").recording:
            page, data = self.open(recording, "--limit", "2")
            whole = self.data(recording)
            found = page.run("[...document.querySelectorAll('#left-out code')].map((code) => "
                             "code.textContent)")
            cut = [row for row in data["rows"] if "bins" in row]
            self.assertIn("bookmarks" if recording == marked else "markers",
                          [row["name"] for row in cut])
            for command, row in zip(found, cut):
                with self.subTest(command):
                    self.check_lists(self.say(command), next(
                        each for each in whole["rows"] if each["name"] == row["name"]))
            for command in found[len(cut):]:
                with self.subTest(command):
                    self.say(command)

    def say(self, command):
        """What a command of the page prints, typed as it is."""
        path = "%s:%s" % (os.path.dirname(self.ebb.path), os.environ["PATH"])
        result = process.run(["sh", "-c", command.replace("part.html", self.ebb.new_folder("part"))],
                             env=dict(os.environ, PATH=path))
        self.assertEqual(result.status, 0, result.describe())
        return result.text()

    def check_lists(self, printed, row):
        """There is a line for each of a row's events: of its position, and of how it is called."""
        lines = [re.sub(r"(?<=\d) (?=\d{3}\b)", "", line) for line in printed.splitlines()]
        for event in row["events"]:
            wanted = [r"(?<!\d)%d(?!\d)" % event["position"]]
            if row["group"] in ("console", "markers", "bookmarks"):
                wanted.append(re.escape(event.get("text", event.get("name"))))
            self.assertTrue(any(all(re.search(each, line) for each in wanted) for line in lines),
                            (wanted, printed))

    def test_tasks(self):
        recording, file = self.linux()
        for options in ((), ("--limit", "100")):
            with self.subTest(options):
                page, data = self.open(recording, "--symbols", file, *options)
                self.assertGreater(self.drawn(page, "tasks"), 500)
                self.assertGreater(self.drawn(page, "console"), 0)
                page.run("document.querySelector('[data-list=tasks]').click()")
                page.settle()
                most = max(data["tasks"]["list"], key=lambda task: task["ran"])
                self.assertIn(most["name"], self.items(page)[0])
                self.check_quiet(page)
                if not options:
                    event = max(self.events(data, "tasks"), key=lambda event: event["ran"])
                    middle = event["position"] + event["ran"] // 2
                    page.click(*self.place(page, "tasks", middle))
                    self.assertIn("ebb goto %d" % event["position"], self.commands(page))
                    self.assertAlmostEqual(int(self.commands(page)[-1].split()[-1]), middle,
                                           delta=data["bin"])
                    self.assertIn("--symbols " + file, self.commands(page)[0])

    def test_finds_many(self):
        """It lists so many, and says that there are others."""
        text = self.page(self.ebb.shared("interrupts-aarch64").recording)
        data = self.data_of(text)
        row = self.rows(data, "interrupts")[1]
        row["events"] *= FOUND_MOST // row["count"] + 1
        row["count"] = len(row["events"])
        before, behind = re.split(r'(?s)(?<=id="data">).*?(?=</script>)', text)
        page, _ = self.open_text(before + json.dumps(data) + behind)
        self.search(page, row["name"])
        self.assertEqual(page.text("[data-list=found] b"), "2\u202f000+")
        self.assertEqual(len(self.items(page)), SHOWN_MOST)
        self.assertIn("1\u202f000 more are not listed", page.text("#list"))
        self.check_quiet(page)

    def test_text_from_strangers(self):
        recording, name, symbols = self.hostile()
        page, data = self.open(recording, "--symbols", symbols)
        lines = [event["text"] for event in self.events(data, "console")]
        self.assertEqual(page.run("[...document.querySelectorAll('#list .text')].map((text) => "
                                  "text.textContent)"), lines)
        self.assertIn("</script><img src=x onerror=document.title='taken'>", lines)
        for number in range(len(lines)):
            page.run("document.querySelectorAll('#list .item')[%d].click()" % number)
            page.settle()
            self.assertEqual(page.run("document.querySelector('#detail h2').textContent"),
                             lines[number])
        self.assertEqual(page.run("document.getElementById('facts').firstChild.textContent")
                         .split(", ")[0], name.replace("\n", "\\x0a"))
        page.run("document.querySelector('[data-list=functions]').click()")
        page.settle()
        self.assertTrue(any(SYMBOL in item for item in self.items(page)), self.items(page))
        page.run("document.querySelector('[data-list=console]').click()")
        self.search(page, "script")
        self.assertEqual(len([item for item in self.items(page) if "\nconsole\n" in item]),
                         sum("script" in line for line in lines))
        self.assertEqual(page.run("document.querySelectorAll('img, svg, iframe, object, script[src]')"
                                  ".length"), 0)
        self.assertRegex(page.run("document.title"), r"Ebb report\Z")
        self.check_quiet(page)

    def test_policy(self):
        """The browser runs nothing that is not ours, were it put into the page."""
        page, _ = self.open(self.ebb.shared("exceptions-aarch64").recording)
        page.run("""new Promise((done) => {
            const script = document.createElement("script");
            script.textContent = "document.title = 'taken'";
            document.body.append(script);
            const image = new Image();
            image.onload = image.onerror = done;
            image.src = "http://127.0.0.1:9/x.png";
        })""")
        self.assertRegex(page.run("document.title"), r"Ebb report\Z")
        said = " ".join(str(event["params"]) for event in page.complaints())
        self.assertEqual(len(re.findall("Content Security Policy", said)), 2, said)

    def test_narrow_and_dark(self):
        """It fits, and draws in other colours."""
        page, _ = self.open(self.ebb.shared("interrupts-aarch64").recording)
        light = page.run("getComputedStyle(document.body).backgroundColor")
        page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme",
                                                           "value": "dark"}])
        page.call("Emulation.setDeviceMetricsOverride", width=800, height=700, deviceScaleFactor=2,
                  mobile=False)
        page.settle()
        self.assertNotEqual(page.run("getComputedStyle(document.body).backgroundColor"), light)
        self.assertLessEqual(page.run("document.documentElement.scrollWidth"), 800)
        self.assertGreater(self.drawn(page, "irq 27 (EL1 virtual timer)"), 35)
        self.check_quiet(page)
