# SPDX-License-Identifier: GPL-3.0-or-later
"""Going to places and back, bookmarks, and what is printed of them: commands of gdb-scripts/."""

import json
import os
import re
import shutil
import unittest

from harness.commands import Commands, WithBookmarks, damaged_bookmarks, number, rows
from harness.shell import Shell


class Places(WithBookmarks):
    """A mixin; architecture is set."""

    def gdb(self, name=None, recording=None, options=()):
        gdb = Commands(self.ebb.guests.elf(name or self.name),
                       recording or (self.ebb.shared(name).recording if name else self.recording),
                       options)
        self.addCleanup(gdb.close)
        return gdb

    # Positions.

    def test_ways_to_write_a_position(self):
        gdb = self.gdb()
        end = gdb.ends()[1]
        gdb.run("set $where = 700")
        for text, wanted in (("1 000", 1000), ("+50", 1050), ("-2_0", 1030), ("$where", 700),
                             ("+$where", 1400), ("10 * 30", 300), ("0%", 0), ("100 %", end),
                             ("50%", end // 2), ("12.5%", end // 8), ("end", end), ("+1", end),
                             ("-1", end - 1), ("begin", 0), ("-1", 0)):
            with self.subTest(text):
                answer = gdb.run("ebb goto " + text)
                self.assertEqual(gdb.position(), wanted)
                match = re.search(r"^position ([\d ]+) of ([\d ]+) \(\d+ %\)$", answer.text, re.M)
                self.assertEqual([number(match[1]), number(match[2])], [wanted, end])

    def test_events(self):
        gdb = self.gdb()
        events = self.ebb.json("dump", "--json", self.recording)
        for wanted in (events[3], events[-1], events[0]):
            gdb.run("ebb goto event %d" % wanted["event"])
            self.assertEqual(gdb.position(), wanted["position"])
        self.assertIn("no event 99999", gdb.refused("ebb goto event 99999"))
        self.assertIn("no number", gdb.refused("ebb goto event x"))

    def test_groups_of_digits(self):
        """1,207 is no use of C's comma."""
        gdb = self.gdb()
        for text, wanted in (("1,207", 1207), ("1,207,001", 1207001), ("1 207 001", 1207001),
                             ("-1,000", 1206001), ("-1 000", 1205001)):
            with self.subTest(text):
                gdb.run("ebb goto " + text)
                self.assertEqual(gdb.position(), wanted)
        for text in ("1,20", "600,", "1207,001", "1,207 ,001", "1,207 001", "$pc,5", "1 23",
                     "101%"):
            with self.subTest(text):
                error = gdb.refused("ebb goto " + text)
                self.assertIn(f"'{text}' is no position; write a number", error)
                self.assertIn("N% up to 100%", error)
                self.assertEqual(gdb.position(), 1205001)
        error = gdb.refused("ebb goto 99999999999")
        self.assertIn("there is no position 99 999 999 999: the recording goes from 0 to", error)
        self.assertIn("write a number, +N, -N, begin, end", error)

    def test_commands_only_look(self):
        """An expression that calls or assigns is refused, and nothing has happened."""
        gdb = self.gdb()
        gdb.run("ebb goto 700")
        gdb.run("set $kept = 5")
        before = gdb.digest(), gdb.registers()
        register = "$x1" if self.architecture == "aarch64" else "$r1"
        for command in ("first %s", "first -scan -from 1 -to 9 %s", "last %s", "next %s",
                        "diff 600 700 '%s'", "goto %s", "count *(%s)", "nth 1 *(%s)", "calls *(%s)"):
            for expression, why in (("square(3)", "calls a function of the guest"),
                                    ("total=5", "assigns something"), ("total+=5", "assigns"),
                                    (register + "=7", "assigns"), ("$kept=6", "assigns"),
                                    ("total++", "assigns"), ("total<<=1", "assigns")):
                with self.subTest(command % expression):
                    error = gdb.refused("ebb " + command % expression)
                    self.assertIn(why, error)
                    self.assertIn("an ebb command only looks, since history cannot be changed",
                                  error)
                    self.assertEqual((gdb.digest(), gdb.registers()), before)
        self.assertEqual(gdb.number("$kept"), 5)
        gdb.run("ebb first total==140")
        self.assertEqual(gdb.number("square(3)"), 9)  # gdb's own commands may do so as before

    def test_console_lines(self):
        gdb = self.gdb()
        lines = self.ebb.json("console", "--json", self.recording)
        listed = rows(gdb.run("ebb console").text)
        self.assertEqual(listed, [(line["position"], line["text"]) for line in lines])
        self.assertEqual(len(rows(gdb.run("ebb console /check.*failed/").text)), 1)
        for line in (lines[0], lines[1], lines[2], lines[0]):  # round and round
            gdb.run("ebb goto console /^steps:/")
            self.assertEqual(gdb.position(), line["position"])
        self.assertRegex(gdb.run("ebb console").text, r"(?m)^> .*total 385")
        self.assertIn("no such line", gdb.refused("ebb goto console /nowhere to be found/"))

    def test_regular_expressions(self):
        """The same lines are found here and in ebb shell, and the same ones are refused."""
        gdb, shell = self.gdb(), Shell(self.ebb, self.recording)
        self.addCleanup(shell.close)
        for regex, count in (("[[:digit:]]+ checks", 1), ("[^[:space:]]PASS", 0), ("", 3),
                             ("(total|PASS).*$", 2), ("5{2}", 0), ("st{0,1}eps: PASS", 1),
                             (r"[\d]5", 0), ("[[:upper:]]{4}$", 1), ("s*+t", 3), ("[]s-]t", 3),
                             (r"\d", 1), (r"\w+: PASS$", 1), (r"(e)ps.*ch\1ck", 1)):
            with self.subTest(regex):
                found = [text for _, text in rows(gdb.run(f"ebb console /{regex}/").text)]
                self.assertEqual(len(found), count)
                self.assertEqual(found, re.findall("steps: .*", shell.run(f"console /{regex}/")))
        for regex in ("(", "[a", "*a", "(?i)a", "[[:number:]]", "[z-a]", "a{x}", "a{2", "a{2,1}",
                      "a{99999}", "\\"):
            with self.subTest(regex):
                error = gdb.refused(f"ebb goto console /{regex}/")
                words = f"'{regex}' is no POSIX extended regular expression: "
                self.assertTrue(error.startswith(words), error)
                self.assertTrue(shell.refused(f"goto console /{regex}/").endswith(
                    f"is no regular expression: {error[len(words):]}"))

    def test_guest_time(self):
        """Where the guest read its clock first at that time."""
        gdb = self.gdb("interrupts-" + self.architecture)
        recording = self.ebb.shared("interrupts-" + self.architecture).recording
        reads = [event for event in self.ebb.json("dump", "--json", recording)
                 if event.get("register", "").startswith(("CNTVCT", "CNTPCT"))]
        self.assertGreater(len(reads), 3)
        values = [event["value"] for event in reads]
        frequency = gdb.number("$CNTFRQ_EL0" if self.architecture == "aarch64" else "$CNTFRQ")
        for i in (2, 1):
            between = (values[i] + values[i - 1]) / 2 / frequency
            gdb.run("ebb goto %.9fs" % between)
            self.assertEqual(gdb.position(), reads[i]["position"])
            gdb.run("ebb goto %.6f ms" % (between * 1000))
            self.assertEqual(gdb.position(), reads[i]["position"])
        self.assertIn("has not read its clock", gdb.refused("ebb goto 100000s"))

    def with_clock(self, clock):
        """gdb on a recording that says, as one made under KVM does, what the guest has for a clock.
        It has read the memory-mapped timer, whose upper word first."""
        name = "interrupts-kvm-" + self.architecture

        def arguments():
            arguments = self.ebb.guests.bare(name)
            arguments[1] += ",mmio-timer=on"
            return arguments

        recording = os.path.join(self.ebb.new_folder(), "recording")
        shutil.copytree(self.ebb.shared(name, arguments).recording, recording)
        path = os.path.join(recording, "manifest.json")
        with open(path) as file:
            manifest = json.load(file)
        with open(path, "w") as file:
            json.dump({**manifest, "guest_clock": clock}, file)
        return self.gdb(name, recording), recording

    def test_guest_time_of_a_mapped_timer(self):
        gdb, recording = self.with_clock("mmio")
        words = [event for event in self.ebb.json("dump", "--json", recording)
                 if event["kind"] == "mmio-read" and event["address"] in (0x9110000, 0x9110004)]
        lower = [event for event in words if event["address"] == 0x9110000]
        values = [event["value"] for event in lower]
        self.assertEqual({event["value"] for event in words if event not in lower}, {0})
        for i, ticks in ((-1, (values[-2] + values[-1]) / 2), (0, values[0] / 2)):
            gdb.run("ebb goto %.9fs" % (ticks / 62.5e6))
            self.assertEqual(gdb.position(), lower[i]["position"])
        self.assertIn("has not read its clock", gdb.refused("ebb goto 100000s"))
        gdb.run("ebb goto %d" % lower[-1]["position"])
        self.assertEqual(gdb.run("monitor counter").text,
                         "counter %d at %d\n" % (values[-2], lower[-2]["position"]))

    def test_guest_time_of_a_clock_in_memory(self):
        gdb, _ = self.with_clock("page")
        self.assertIn("a page of memory", gdb.refused("ebb goto 1ms"))

    def test_no_position(self):
        gdb = self.gdb()
        gdb.run("ebb goto 500")
        for text in ("nowhere", "1 +", "101%", "99999999999", "-", "event", "bookmark nobody",
                     "main", "$pc + (", "\x1b[31m"):
            with self.subTest(text):
                self.assertNotIn("\x1b", gdb.refused("ebb goto " + text))
        self.assertIn("where to?", gdb.refused("ebb goto"))
        self.assertEqual(gdb.position(), 500)

    def test_back_and_forward(self):
        gdb = self.gdb()
        self.assertIn("no place to go back to", gdb.refused("ebb back"))
        gdb.run("ebb goto 100")
        gdb.run("ebb goto 200")
        gdb.run("ebb goto 200")  # no jump
        gdb.run("stepi 5")
        gdb.run("ebb nth 1 square")
        square = gdb.position()
        for command, wanted in (("back", 205), ("back", 200), ("back", 100), ("forward", 200),
                                ("back", 100), ("back", 0), ("forward", 100), ("forward", 200),
                                ("forward", 205), ("forward", square)):
            gdb.run("ebb " + command)
            self.assertEqual(gdb.position(), wanted)
        self.assertIn("no place to go forward to", gdb.refused("ebb forward"))
        gdb.run("ebb back")
        gdb.run("ebb goto 300")
        self.assertIn("no place", gdb.refused("ebb forward"))  # given up for the new one
        gdb.run("stepi")
        gdb.run("ebb back")
        gdb.run("ebb forward")
        self.assertEqual(gdb.position(), 301)

    def test_back_in_another_recording(self):
        gdb = self.gdb()
        gdb.run("ebb goto 100")
        gdb.run("disconnect")
        self.assertIn("not connected", gdb.refused("ebb back"))
        gdb.connect(self.recording)
        self.assertIn("no place to go back to", gdb.refused("ebb back"))

    def test_no_clock(self):
        """A guest that never read it."""
        self.assertIn("has not read its clock", self.gdb().refused("ebb goto 1ms"))

    # Bookmarks.

    def test_bookmarks_last(self):
        gdb = self.gdb()
        self.assertIn("no bookmarks", gdb.run("ebb bookmark list").text)
        gdb.run("ebb nth 3 square")
        here = gdb.position()
        gdb.run("ebb bookmark add third where x is 3")
        gdb.run("ebb goto end")
        gdb.run("ebb bookmark add")
        self.assertIn("there is a bookmark third already", gdb.refused("ebb bookmark add third"))
        end = gdb.position()
        other = self.gdb()
        text = other.run("ebb bookmark list").text
        self.assertEqual([position for position, _ in rows(text)], [here, end])
        self.assertRegex(text, r"third  square at steps.c:\d+  where x is 3")
        self.assertEqual(other.completed("ebb bookmark go th"), ["ebb bookmark go third"])
        self.assertEqual(other.completed("ebb goto bookmark t"), ["ebb goto bookmark third"])
        other.run("ebb bookmark go third")
        self.assertEqual(other.position(), here)
        other.run("ebb back")
        other.run("ebb goto bookmark 1")
        self.assertEqual(other.position(), end)
        other.run("ebb bookmark delete third")
        self.assertIn("no bookmark 'third'", gdb.refused("ebb bookmark go third"))
        self.assertIn("no bookmark 'third'", gdb.refused("ebb bookmark delete third"))
        self.assertEqual(len(rows(gdb.run("ebb bookmark list").text)), 1)
        self.assertFalse(os.path.exists(self.data))
        self.assertEqual(self.ebb.verify(self.recording).status, 0)

    def test_names(self):
        gdb = self.gdb()
        for name in ("a/b", "x" * 61, "\x1b", "a;b"):
            self.assertIn("a bookmark's name", gdb.refused("ebb bookmark add " + name))
        for command in ("go", "delete"):
            self.assertIn("which one?", gdb.refused("ebb bookmark " + command))
        self.assertIn("followed by add", gdb.refused("ebb bookmark frobnicate"))

    def test_damaged_file(self):
        """Nothing is lost that somebody could repair."""
        gdb = self.gdb()
        gdb.run("ebb bookmark add one")
        path = self.bookmarks()
        with open(path, "rb") as file:
            good = file.read()
        for bad in damaged_bookmarks(good):
            with self.subTest(bad[:60]):
                with open(path, "wb") as file:
                    file.write(bad)
                for command in ("list", "add two", "go one", "delete one"):
                    error = gdb.refused("ebb bookmark " + command)
                    self.assertIn("damaged", error)
                    self.assertEqual(len(error.splitlines()), 1)
                gdb.refused("ebb timeline")
                gdb.completed("ebb bookmark go ")
                with open(path, "rb") as file:
                    self.assertEqual(file.read(), bad)

    def test_strangers_file(self):
        """It may say anything, and be anything."""
        gdb = self.gdb()
        gdb.run("ebb bookmark add one")
        path = self.bookmarks()
        mark = {"name": "far", "position": 1 << 70, "note": "\x1b[2J\x07\u202e", "place": "\n\x9b"}
        with open(path, "w") as file:
            json.dump({"bookmarks": [mark]}, file)
        text = gdb.run("ebb bookmark list").text
        self.assertRegex(text, r"far  \\x0a\\xc2\\x9b  \\x1b\[2J\\x07\\xe2\\x80\\xae$")
        self.assertIn("has nothing", gdb.refused("ebb bookmark go far"))
        self.assertIn("the recording goes from", gdb.refused("ebb goto bookmark far"))
        os.unlink(path)
        victim = self.ebb.new_folder("victim")
        with open(victim, "w") as file:
            file.write("precious")
        os.symlink(victim, path)
        for command in ("list", "add two"):
            self.assertIn("cannot read bookmarks", gdb.refused("ebb bookmark " + command))
        with open(victim) as file:
            self.assertEqual(file.read(), "precious")
        os.unlink(path)
        os.mkfifo(path)
        self.assertIn("no file of yours", gdb.refused("ebb bookmark list"))

    def test_where_nothing_can_be_written(self):
        """They are in the data folder then; a folder is in their place here, which holds for all
        users."""
        gdb = self.gdb()
        gdb.run("ebb bookmark add one")
        path = self.bookmarks()
        os.unlink(path)
        os.mkdir(path)
        gdb.run("ebb goto 77")
        gdb.run("ebb bookmark add two")
        folder = os.path.join(self.data, "ebb", "bookmarks")
        self.assertEqual(len(os.listdir(folder)), 1)
        self.assertEqual(os.listdir(path), [])
        self.assertEqual([position for position, _ in
                          rows(self.gdb().run("ebb bookmark list").text)], [77])

    def test_recording_elsewhere(self):
        """A server on another machine names a directory that is not here."""
        gdb = self.gdb()
        os.rename(self.recording, self.recording + "-moved")
        gdb.run("ebb bookmark add one")
        self.assertEqual(len(rows(gdb.run("ebb bookmark list").text)), 1)
        self.assertFalse(os.path.exists(self.recording))
        self.assertEqual(len(os.listdir(os.path.join(self.data, "ebb", "bookmarks"))), 1)

    # What is printed.

    def test_timeline(self):
        gdb = self.gdb()
        gdb.run("ebb goto 50%")
        gdb.run("ebb bookmark add middle")
        gdb.run("ebb goto 75%")
        gdb.run("ebb nth -1 spin")
        gdb.run("ebb goto 75%")
        text = gdb.run("ebb timeline").text
        self.assertEqual(len(text.splitlines()), 1)
        line = re.match(r"\|([-kbxO]{60})\| ", text)[1]
        self.assertEqual((line[0], line[29], line[44], line[59]), ("x", "b", "O", "k"))
        self.assertIn("x spin", text)
        self.assertRegex(text, r"\(7[45] %\)")

    def test_prompt(self):
        gdb = self.gdb()
        gdb.run(r"set prompt \040a\\b\n> ")
        gdb.run("ebb prompt on")
        prompt = "python print(gdb.prompt_hook('(gdb) '))"
        self.assertEqual(gdb.run(prompt).text, "(ebb 0) \n")
        gdb.run("ebb goto 1234")
        self.assertEqual(gdb.run(prompt).text, "(ebb 1 234) \n")
        gdb.run("disconnect")
        self.assertEqual(gdb.run(prompt).text, " a\\b\n> \n")
        gdb.run("set prompt (ebb 1 234) ")  # as gdb does with what it was told
        gdb.run("ebb prompt off")
        self.assertEqual(gdb.run("python print(gdb.parameter('prompt'))").text, " a\\b\n> \n")
        self.assertEqual(gdb.run("python print(gdb.prompt_hook)").text, "None\n")
        self.assertIn("write:", gdb.refused("ebb prompt maybe"))

    def test_diff(self):
        gdb = self.gdb()
        gdb.run("ebb nth 4 square")
        here = gdb.position()
        text = gdb.run("ebb diff begin end total 'items[0].number + 0' $nosuch").text
        self.assertRegex(text, r"(?m)^\* total +\d+ -> 385$")
        self.assertIn("'nosuch' has no value at either position: No symbol \"nosuch\"",
                      gdb.refused("ebb diff 600 700 total nosuch"))
        self.assertIn("items[0].number + 0", text)
        self.assertEqual(gdb.position(), here)
        gdb.run("set $sum = total")
        self.assertRegex(gdb.run("ebb diff +0 -1").text,
                         r"(?m)^\* \$(x|r|sp|pc|cpsr)\w* +\S+.* -> ")
        self.assertIn("no difference between", gdb.run("ebb diff 700 700 total").text)
        for arguments in ("", "5", "5 nowhere total", "5 99999999999"):
            gdb.refused("ebb diff " + arguments)
        self.assertEqual(gdb.position(), here)

    def test_completion(self):
        gdb = self.gdb()
        self.assertEqual(gdb.completed("ebb goto b"), ["ebb goto begin", "ebb goto bookmark"])
        self.assertEqual(gdb.completed("ebb goto cons"), ["ebb goto console /"])
        self.assertEqual(gdb.completed("ebb book"), ["ebb bookmark"])
        self.assertEqual(gdb.completed("ebb nth 3 facto"), ["ebb nth 3 factorial"])
        self.assertEqual(gdb.completed("ebb count facto"), ["ebb count factorial"])
        self.assertEqual(gdb.completed("ebb last tota"), ["ebb last total"])
        self.assertEqual(gdb.completed("ebb prompt o"), ["ebb prompt off", "ebb prompt on"])
        self.assertEqual(gdb.completed("ebb help g"), ["ebb help goto"])
        self.assertEqual(gdb.completed("ebb help bookmark a"), ["ebb help bookmark add"])
        self.assertEqual(gdb.completed("ebb help goto b"), [])

    def test_help(self):
        """Each command has an example, and each is listed."""
        gdb = self.gdb()
        names = re.findall(r"(?m)^ebb (\S+)[^-\n]* -- ", gdb.run("help ebb").text)
        names += ["bookmark " + name for name in ("add", "list", "go", "delete")]
        self.assertGreater(len(names), 15)
        for name in names:
            if name not in ("bookmark", "position", "when"):
                self.assertIn("Example:\n    ebb ", gdb.run("help ebb " + name).text, name)

    def test_no_command(self):
        gdb = self.gdb()
        self.assertEqual(gdb.refused("ebb bogus 5"),
                         "there is no command ebb bogus; see: ebb help")
        self.assertEqual(gdb.run("ebb help").text, gdb.run("help ebb").text)
        self.assertEqual(gdb.run("ebb").text, gdb.run("help ebb").text)
        self.assertEqual(gdb.run("ebb help goto").text, gdb.run("help ebb goto").text)
        for name in ("stepi", "ebb record"):
            self.assertNotIn(name, gdb.run("help ebb").text)

    def test_record(self):
        """gdb's own recording is refused, and the history goes on being there."""
        gdb = self.gdb()
        gdb.run("ebb goto 700")
        for command in ("record", "record full", "record btrace", "record btrace bts",
                        "record btrace pt", "record bts", "record pt", "rec",
                        "target record-full", "target record-btrace"):
            with self.subTest(command):
                self.assertIn("everything is recorded already: reverse-continue",
                              gdb.refused(command))
        self.assertIn("No record", gdb.run("info record").text)
        gdb.run("reverse-stepi")
        self.assertEqual(gdb.position(), 699)
        gdb.run("disconnect")
        self.assertNotIn("recorded already", gdb.refused("record"))

    def test_not_connected(self):
        gdb = self.gdb()
        gdb.run("disconnect")
        for command in ("goto 5", "goto event 1", "last total", "next total", "count main", "back",
                        "nth 1 main", "calls main", "bookmark list", "bookmark add", "console",
                        "timeline", "diff 1 2 total", "exceptions", "forward", "position"):
            self.assertIn("not connected to a recording", gdb.refused("ebb " + command), command)


class Aarch64(Places, unittest.TestCase):
    architecture = "aarch64"


class Arm(Places, unittest.TestCase):
    architecture = "arm"
