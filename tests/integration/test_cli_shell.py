# SPDX-License-Identifier: GPL-3.0-or-later
"""ebb shell on real recordings, and beside gdb."""

import json
import os
import re
import shutil
import signal
import subprocess
import unittest
from unittest import mock

from harness import documents, ebb, process
from harness.commands import Commands, WithBookmarks, damaged_bookmarks, number, rows
from harness.guests import ROOT
from harness.shell import Shell, Terminal


class Shells(WithBookmarks):
    """A mixin; architecture is set."""

    def setUp(self):
        super().setUp()
        self.wide = self.architecture.endswith("aarch64")

    def shell(self, name=None, recording=None):
        shell = Shell(self.ebb, recording or (self.ebb.shared(name).recording if name
                                              else self.recording), self.options(name or self.name))
        self.addCleanup(shell.close)
        return shell

    def options(self, name):
        """The symbols are those that the recording names."""
        return []

    def gdb(self):
        gdb = Commands(self.ebb.guests.elf(self.name), self.recording)
        self.addCleanup(gdb.close)
        return gdb

    def changed_elf(self, guest, old, new):
        """A guest's file with other names in it."""
        with open(self.ebb.guests.elf(guest), "rb") as file:
            data = file.read()
        path = self.ebb.new_folder("elf")
        with open(path, "wb") as file:
            file.write(data.replace(old, new))
        return path

    def end(self, shell):
        shell.run("goto end")
        return shell.position()

    # Going elsewhere.

    def test_ways_to_write_a_position(self):
        shell = self.shell()
        end = self.end(shell)
        for text, wanted in (("1 000", 1000), ("1,000", 1000), ("+50", 1050), ("-2_0", 1030),
                             ("+ 1 000", 2030), ("-1,000", 1030), ("0x10", 16), ("0%", 0),
                             ("100 %", end), ("50%", end // 2), ("12.5%", end // 8), ("end", end),
                             ("+1", end), ("-1", end - 1), ("begin", 0), ("-1", 0)):
            with self.subTest(text):
                last = shell.run("goto " + text).splitlines()[-1]
                self.assertEqual(number(last.split("  ")[0]), wanted)
                self.assertEqual(shell.position(), wanted)
        self.assertIn('"-1" is no number of instructions; reverse-step', shell.refused("step -1"))
        self.assertIn('"-1" is no number of instructions; step', shell.refused("reverse-step -1"))
        for text in ("nowhere", "1 +", "101%", "99999999999", "-", "event", "event x",
                     "event 99999", "bookmark nobody", "", "1.5.2s", "1,00", "1,000,",
                     "12 34", "1 000_000", "+-1",
                     "console /nowhere to be/", "console /(/"):
            with self.subTest(text):
                shell.refused("goto " + text)

    def test_events_and_console(self):
        shell = self.shell()
        events = self.ebb.json("dump", "--json", self.recording)
        for wanted in (events[3], events[-1], events[0]):
            shell.run("goto event %d" % wanted["event"])
            self.assertEqual(shell.position(), wanted["position"])
        self.assertRegex(shell.run("events 1"), r"^ +%d +%d  " % (events[0]["event"],
                                                                    events[0]["position"]))
        shell.run("goto begin")
        lines = self.ebb.json("console", "--json", self.recording)
        self.assertEqual(rows(shell.run("console")),
                         [(line["position"], line["text"]) for line in lines])
        self.assertEqual(len(rows(shell.run("console /check.*failed|FAIL/"))), 1)
        for line in (*lines, lines[0]):  # round and round
            shell.run("goto console /^steps:/")
            self.assertEqual(shell.position(), line["position"])
        self.assertRegex(shell.run("console"), r"(?m)^> .*total 385")

    def test_guest_time(self):
        name = "interrupts-" + self.architecture
        shell = self.shell(name)
        reads = [event for event in self.ebb.json("dump", "--json", self.ebb.shared(name).recording)
                 if event.get("register", "").startswith(("CNTVCT", "CNTPCT"))]
        values = [event["value"] for event in reads]
        text = shell.run("registers " + ("CNTFRQ_EL0" if self.wide else "CNTFRQ"))
        frequency = int(text.split()[1], 16)
        for i in (2, 1):
            between = (values[i] + values[i - 1]) / 2 / frequency
            shell.run("goto %.9fs" % between)
            self.assertEqual(shell.position(), reads[i]["position"])
            shell.run("goto %.6f ms" % (between * 1000))
            self.assertEqual(shell.position(), reads[i]["position"])
        for late in ("100000s", "9" * 300 + "s"):
            self.assertIn("has not read its clock", shell.refused("goto " + late))

    def test_event_of_a_damaged_log(self):
        """It may have been there, and is not told as one that never was."""
        whole = self.ebb.shared("reset-" + self.architecture).recording
        last = self.ebb.json("dump", "--json", whole)[-1]["event"]
        copy = self.ebb.new_folder()
        shutil.copytree(whole, copy)
        with open(os.path.join(copy, "log"), "r+b") as log:
            log.seek(os.path.getsize(log.name) // 2)
            byte = log.read(1)[0]
            log.seek(-1, os.SEEK_CUR)
            log.write(bytes([byte ^ 0x10]))
        shell = self.shell(recording=copy)
        shell.run("goto event 0")
        # The first in the damaged block ends it.
        self.assertIn("damaged block", shell.refused(*("goto event %d" % number
                                                       for number in range(last + 1))))
        self.assertIn("there is no event 99999", shell.refused("goto event 99999"))

    def test_trail(self):
        shell = self.shell()
        self.assertIn("no place to go back to", shell.refused("step 5", "back"))
        for place in ("100", "200", "300"):
            shell.run("goto " + place)
        shell.run("step 7")
        for command, wanted in (("back", 300), ("back", 200), ("forward", 300), ("forward", 307),
                                ("reverse-step 7", 300), ("back", 307), ("back", 300),
                                ("back", 200), ("back", 100), ("back", 0)):
            shell.run(command)
            self.assertEqual(shell.position(), wanted, command)
        self.assertIn("forward to", shell.refused("goto 5", "forward"))

    # Looking.

    def test_registers(self):
        shell, gdb = self.shell(), self.gdb()
        names = (["x0", "x30", "sp", "pc", "cpsr"] if self.wide
                 else ["r0", "lr", "sp", "pc", "cpsr"])
        for position in (700, 0, 363):
            shell.run("goto %d" % position)
            gdb.seek(position)
            lines = shell.run("registers " + " ".join(names)).splitlines()
            for name, line in zip(names, lines):
                self.assertEqual(line.split()[0], name)
                self.assertEqual(int(line.split()[1], 16) & 0xffffffffffffffff,
                                 gdb.number("(unsigned long)$" + name) if name != "cpsr"
                                 else gdb.number("$cpsr") & 0xffffffff, name)
        everything = shell.run("registers all")
        self.assertGreater(len(everything.splitlines()), 40)
        self.assertRegex(everything, r"(?m)^CNTFRQ(_EL0)? +0x0*3b9aca0$")
        self.assertIn(names[0], shell.run("registers"))
        self.assertIn("no register \"nosuch\"", shell.refused("registers pc nosuch"))

    def test_memory(self):
        shell = self.shell()
        shell.run("goto end")
        self.assertRegex(shell.run("x total 4"), r"^0+4\w+  81 01 00 00 ")
        self.assertEqual(shell.run("x total+0-0x0 4"), shell.run("x -p total 4"))
        self.assertIn("No memory is mapped", shell.run("x 0x70000000 4"))
        self.assertEqual(len(shell.run("x $sp 64").splitlines()), 4)
        for text in ("", "nosuch", "$nosuch", "1z", "total 5000", "total 4 4", "total+"):
            shell.refused("x " + text)
        self.assertRegex(shell.run("symbol square"), r"^0x0+4\w+  square\+0x0 \(\S*steps.c:\d+\)$")

    def test_symbol_of_a_variable(self):
        """It is no function, but it has a name."""
        shell = self.shell()
        address = self.ebb.guests.address(self.ebb.guests.elf(self.name), "total")
        self.assertEqual(shell.run("symbol total+4"),
                         "0x%016x  total+0x4 (no function)\n" % (address + 4))
        for offset in ("-4", "-8+4", "+4-8"):
            self.assertEqual(shell.run("symbol total" + offset),
                             "0x%016x  total-0x4 (no function)\n" % (address - 4))
        self.assertIn("no function is there", shell.run("symbol 0x%x" % address))

    def test_disassembly_is_gdbs(self):
        shell, gdb = self.shell(), self.gdb()
        for name in ("factorial", "on_tick", "irq_enable", "_start"):
            wanted = gdb.run("x/12i " + name).text.splitlines()
            lines = shell.run("disassemble %s 12" % name).splitlines()
            for one, other in zip(lines, wanted):
                address, text = one[3:].split(":  ", 1)
                match = re.match(r"(?:=>)? +(0x\w+)[^\t]*:\t(.*)", other)
                self.assertEqual(int(address.split()[0], 16), int(match[1], 16))
                # gdb names what it points at in its own way.
                plain = [re.sub(r" *<[^>]*>", "", part.replace("\t", " "))
                         for part in (text, match[2])]
                self.assertEqual(*[re.sub(r"\s+", " ", part).strip() for part in plain])
            self.assertEqual(len(lines), 12)
        shell.run("goto 700")
        self.assertTrue(shell.run("disassemble").startswith("=> 0x"))
        self.assertIn("No memory is mapped", shell.run("disassemble 0x70000000"))

    # Searching.

    def test_last_and_next_are_gdbs(self):
        shell, gdb = self.shell(), self.gdb()
        for command, mine in (("ebb goto end", "goto end"), ("ebb last total", "last total"),
                              ("ebb last total", "last total"),
                              ("ebb next -r total", "next -r total"),
                              ("ebb last items[3].value", "last items+%d" %
                               gdb.number("(long)&items[3].value - (long)items")),
                              ("ebb next -p 0x%x" % gdb.number("(unsigned long)&total"),
                               "next -p total,4")):
            text = shell.run(mine)
            gdb.run(command)
            self.assertEqual(shell.position(), gdb.position(), command)
            if "last total" in mine:
                self.assertRegex(text, r"(?m)^total is written at position [\d ]+\n"
                                 r"old value = \d+ \(0x\w+\)\nnew value = \d+ \(0x\w+\)$")
        here = shell.position()
        self.assertIn("Nothing wrote spins+4000", shell.run("last spins+4000"))
        self.assertEqual(shell.position(), here)
        for text in ("", "total,0", "total,x", "total 4", "nosuch", "total,4,4"):
            shell.refused("last " + text)

    def test_device(self):
        """It is told in the same words as by gdb's command, the server's and ebb bisect."""
        name = "dma-" + self.architecture
        elf = self.ebb.guests.elf(name)
        recording = self.ebb.shared(name, lambda: self.ebb.guests.bare(name) + [
            "-device", "virtio-rng-device"]).recording
        shell = self.shell(name)
        gdb = Commands(elf, recording)
        self.addCleanup(gdb.close)
        for variable, wanted in (
                ("signature", r"by fw_cfg_mem \(0x9020014\)"),
                ("random_words", r"probably by virtio-rng-device \(virtio's entropy device, "
                                 r"0xa003e\w\w\): it is the one that the guest wrote to last, at "
                                 r"position [\d ]+")):
            shell.run("goto end")
            text = shell.run("last " + variable)
            told = re.search(r"(?m)^%s is written right behind position ([\d ]+), (.*)$" % variable,
                             text)
            self.assertRegex(told[2], "^%s$" % wanted)
            new = re.search(r"new value = \d+ \((0x\w+)\)", text)[1]
            gdb.run("ebb goto end")
            self.assertIn("position %s, %s\n" % told.groups(),
                          gdb.run("ebb last -p 0x%x,4" % self.ebb.guests.address(elf, variable)).text)
            self.assertEqual(gdb.run("monitor who-wrote %d" % number(told[1])).text.strip(), told[2])
            result = self.ebb.run("bisect", recording, "--expr", "*(unsigned int *)0x%x == %s" % (
                self.ebb.guests.address(elf, variable), new))
            self.assertIn("instruction at position %s:\n" % told[1], result.text())
            self.assertIn("\nwritten    %s\n" % told[2], result.text())

    def test_calls(self):
        shell, gdb = self.shell(), self.gdb()
        shell.run("goto 50%")
        self.assertRegex(shell.run("count factorial"),
                         r"^factorial is reached 29 times: 29 before this, 0 from here on\n$")
        entry = "*(long)&square" if self.wide else "*(int)&square"
        for which in (1, 3, -1, -4):
            shell.run("nth %d square" % which)
            gdb.run("ebb nth %d %s" % (which, entry))
            self.assertEqual(shell.position(), gdb.position())
        self.assertIn("is not reached 11 times", shell.run("nth 11 square"))
        text = shell.run("calls -n 3 -from 500 square")
        table = rows(text)
        self.assertEqual(len(table), 3)
        first = 0 if table[0][1].startswith(("x0=0x1 ", "r0=0x1 ")) else int(
            re.match(r"[xr]0=0x(\w+)", table[0][1])[1], 16) - 1
        for i, (_, line) in enumerate(table):
            self.assertRegex(line, r"^[xr]0=0x%x .* from 0x\w+  sum_squares\+" % (first + i + 1))
        self.assertIn("There are more, the next at position", text)
        self.assertEqual(len(rows(shell.run("calls square"))), 10)
        self.assertIn("is not reached", shell.run("calls -from end square"))
        for text in ("count", "nth 0 square", "nth x square", "nth 1", "calls -n", "calls nosuch"):
            shell.refused(text)

    def test_first_of_memory(self):
        """It is where total was written so, though it has other values before and behind."""
        shell, gdb = self.shell(), self.gdb()
        for condition, value in (("*(unsigned int *)&total > 100", 140),
                                 ("*(unsigned int *)&total == 55", 55),
                                 ("*(unsigned int *)&total >= 1 && 5 != 4", 1)):
            shell.run("goto 600")
            text = shell.run("first " + condition)
            self.assertIn("*(unsigned int *)&total = %d (0x%x)" % (value, value), text)
            here = shell.position()
            self.assertIn("first at position %s\n" % f"{here:,}".replace(",", " "), text)
            gdb.seek(here)
            self.assertEqual(gdb.number("total"), value)
            gdb.seek(here - 1)
            self.assertNotEqual(gdb.number("total"), value)
        shell.run("back")
        self.assertEqual(shell.position(), 600)
        self.assertIn("does not hold at any position",
                      shell.run("first *(unsigned int *)&total == 56"))
        self.assertIn("already at the first, position 0",
                      shell.run("first *(unsigned int *)&total == 0"))

    def test_first_of_registers(self):
        shell, gdb = self.shell(), self.gdb()
        shell.run("nth 5 square")
        square = shell.position()
        register = "$x0" if self.wide else "$r0"
        shell.run("first -from %d -to %d -scan %s == 25" % (square, square + 40, register))
        here = shell.position()
        self.assertGreater(here, square)
        for position, wanted in ((here, True), (here - 1, False)):
            gdb.seek(position)
            self.assertEqual(gdb.number(register) == 25, wanted)
        # What holds from some position on is found without looking at each.
        text = shell.run("first $pc != " + self.start(gdb))
        self.assertEqual(shell.position(), 1, text)
        for text in ("", "total > 5", "$nosuch == 1", "-from end -to begin $pc == 1", "-from",
                     "&total == 1", "*(int *)&nosuch == 1"):
            shell.refused("first " + text)

    def start(self, gdb):
        gdb.seek(0)
        return "0x%x" % gdb.number("(unsigned int)$pc")

    # Bookmarks.

    def test_bookmarks_are_gdbs(self):
        shell, gdb = self.shell(), self.gdb()
        self.assertIn("There are no bookmarks", shell.run("bookmark list"))
        shell.run("goto 700")
        shell.run("bookmark add mine what  it \u00e4")
        self.assertEqual(os.stat(self.bookmarks()).st_mode & 0o777, 0o600)
        gdb.run("ebb goto bookmark mine")
        self.assertEqual(gdb.position(), 700)
        gdb.run("ebb goto 900")
        gdb.run("ebb bookmark add theirs it is")
        shell.run("goto begin")
        shell.run("bookmark go theirs")
        self.assertEqual(shell.position(), 900)
        shell.run("bookmark add")
        listed = [rows(shell.run("bookmark")), rows(gdb.run("ebb bookmark list").text)]
        self.assertEqual(*[[(position, " ".join(text.split())) for position, text in one]
                           for one in listed])
        self.assertEqual([text.split()[0] for _, text in listed[0]], ["mine", "theirs", "1"])
        shell.run("bookmark delete theirs")
        self.assertIn("no bookmark 'theirs'", gdb.refused("ebb bookmark go theirs"))
        self.assertIn("no bookmark \"theirs\"", shell.refused("bookmark go theirs"))
        for text in ("add mine", "add a/b", "add " + "x" * 61, "go", "delete", "frobnicate",
                     "list delete mine", "add bad\udcff", "add good bad\udcff"):
            shell.refused("bookmark " + text)
        self.assertEqual(self.ebb.verify(self.recording).status, 0)

    def test_names_of_bookmarks(self):
        """What is a name here is one in gdb, and the other way round."""
        shell, gdb = self.shell(), self.gdb()
        gdb.run("set host-charset UTF-8")
        good = ("fix\u2713", "\u0436" * 40, "a\u00a0b", "\U0001f41b" * 60, "a_.:+-9")
        for i, name in enumerate(good):
            with self.subTest(name):
                shell.run("goto %d" % (100 + i))
                shell.run("bookmark add " + name)
                gdb.run("ebb bookmark go " + name)
                self.assertEqual(gdb.position(), 100 + i)
                gdb.run("ebb bookmark delete " + name)
                gdb.seek(200 + i)
                gdb.run("ebb bookmark add " + name)
                shell.run("bookmark go " + name)
                self.assertEqual(shell.position(), 200 + i)
        for name in ("\u0436" * 61, "a\u0085b", "a\u009b", "a/b", "a~b", "a'b"):
            with self.subTest(name):
                self.assertIn("a bookmark's name has", shell.refused("bookmark add " + name))
                self.assertIn("a bookmark's name has", gdb.refused("ebb bookmark add " + name))
        self.assertEqual(len(rows(shell.run("bookmark"))), len(good))

    def test_damaged_bookmarks(self):
        """Nothing is lost that somebody could repair."""
        shell = self.shell()
        shell.run("bookmark add one")
        path = self.bookmarks()
        with open(path, "rb") as file:
            good = file.read()
        for bad in damaged_bookmarks(good):
            with open(path, "wb") as file:
                file.write(bad)
            for command in ("list", "add two", "go one", "delete one"):
                self.assertIn("damaged", shell.refused("bookmark " + command))
            with open(path, "rb") as file:
                self.assertEqual(file.read(), bad)

    def test_strangers_bookmarks(self):
        shell = self.shell()
        shell.run("bookmark add one")
        path = self.bookmarks()
        mark = {"name": "far", "position": 1 << 62, "note": "\x1b[2J\x07", "place": "\n\x9b"}
        with open(path, "w") as file:
            json.dump({"bookmarks": [mark]}, file)
        self.assertRegex(shell.run("bookmark"), r"far  \\x0a\\xc2\\x9b  \\x1b\[2J\\x07\n$")
        self.assertIn("has nothing", shell.refused("bookmark go far"))
        self.assertIn("outside of the recording", shell.refused("goto bookmark far"))
        os.unlink(path)
        victim = self.ebb.new_folder("victim")
        with open(victim, "w") as file:
            file.write("precious")
        os.symlink(victim, path)
        for command in ("list", "add two"):
            self.assertIn("cannot read bookmarks", shell.refused("bookmark " + command))
        os.unlink(path)
        os.mkfifo(path)
        self.assertIn("no file of yours", shell.refused("bookmark list"))
        with open(victim) as file:
            self.assertEqual(file.read(), "precious")

    def test_where_nothing_can_be_written(self):
        """They are where gdb looks for them, too."""
        shell = self.shell()
        shell.run("bookmark add one")
        path = self.bookmarks()
        os.unlink(path)
        os.mkdir(path)
        shell.run("goto 77")
        shell.run("bookmark add two")
        self.assertEqual(len(os.listdir(os.path.join(self.data, "ebb", "bookmarks"))), 1)
        self.assertEqual([position for position, _ in
                          rows(self.gdb().run("ebb bookmark list").text)], [77])
        self.assertEqual([position for position, _ in rows(shell.run("bookmark"))], [77])

    def test_bookmark_that_is_not_saved(self):
        """It is told of only when it is there."""
        shell = self.shell()
        shell.run("bookmark add one")
        path = self.bookmarks()
        os.unlink(path)
        os.mkdir(path)
        with open(self.data, "w"):
            pass
        result = shell.script("bookmark add two")
        self.assertEqual((result.returncode, result.stdout), (1, b""))
        self.assertIn(b"cannot write bookmarks", result.stderr)

    def test_bookmarks_without_recording(self):
        shell = self.shell()
        shell.position()
        os.rename(self.recording, self.recording + ".away")
        self.addCleanup(shutil.rmtree, self.recording + ".away")
        shell.process.send("bookmark list\n")
        shell.process.wait_for("cannot find the recording's directory")

    def test_bookmark_at_a_strange_name(self):
        """What a file names need not be text."""
        strange = self.changed_elf(self.name, b"square", b"squ\xffre")
        shell = self.shell()
        shell.run("nth 3 square")
        here = shell.position()
        other = Shell(self.ebb, self.recording, ["--symbols", strange])
        self.addCleanup(other.close)
        other.run("goto %d" % here)
        other.run("bookmark add here")
        self.assertRegex(other.run("bookmark"), r"here  squ\\xffre at steps\.c:")

    # Scripts and terminals.

    def test_script(self):
        """The same each time, and nothing but answers; it ends at what fails."""
        shell = self.shell()
        commands = ["goto 50%", "registers", "disassemble", "# nothing", "", "echo  here",
                    "goto end", "last total", "x total 8"]
        one, other = shell.script(*commands), shell.script(*commands)
        self.assertEqual((one.returncode, one.stderr), (0, b""))
        self.assertEqual(one.stdout, other.stdout)
        self.assertIn(b"\nhere\n", one.stdout)
        self.assertNotIn(b"ebb>", one.stdout)
        result = shell.script("position", "nosuch", "echo never")
        self.assertEqual(result.returncode, 2)
        self.assertRegex(result.stderr, rb'^ebb: line 2: .*no command "nosuch"')
        self.assertNotIn(b"never", result.stdout)
        self.assertIn("may be", shell.refused("f"))
        self.assertIn("followed by nothing", shell.refused("position 5"))

    def test_help(self):
        """Of each command, with an example."""
        shell = self.shell()
        names = re.findall(r"(?m)^(\S+)  +\S.*$", shell.run("help"))
        self.assertGreater(len(names), 20)
        for name in names:
            self.assertRegex(shell.run("help " + name),
                             r"(?s)^%s.*\n\nExample:\n    (\S.*\n)+$" % re.escape(name))
        shell.refused("help nosuch")

    def test_terminal(self):
        """Completion, history, and a prompt that forgives."""
        shell = self.shell()
        shell.run("bookmark add third")
        terminal = Terminal(self.ebb, self.recording)
        self.addCleanup(terminal.close)
        terminal.expect(r"\n?0  0x\w+  _start.*\r\nebb> ")
        for begun, whole in (("posi\t\n", r"position *\r\n0  0x"),
                             ("goto e\t\t", r"end +event *\r\n"), ("nd\n", r"\d  0x\w+  request"),
                             ("goto cons\ttotal/\n", r"goto console /total/\r\n[^$]*\d  0x\w+  console_put"),
                             ("goto bookmark t\t\n", r"bookmark third *\r\n"),
                             ("registers cps\t\n", r"cpsr  +0x"),
                             ("symbol facto\t\n", r"symbol factorial *\r\n0x"),
                             ("first *(int *)&tota\t== 1\n", r"holds first at position"),
                             ("nosuch\n", "there is no command \"nosuch\""),
                             ("goto 123\n", r"\n123  0x"), ("goto 5\n", r"\n5  0x"),
                             ("\x10\x10\n", r"\n123  0x"),  # two lines back
                             ("help fi\t\n", "first CONDITION|first .*CONDITION")):
            terminal.type(begun)
            terminal.expect(whole)
        terminal.type("quit\n")


    def test_interruption(self):
        """Ctrl-C ends a command and not the shell; the position is the one before."""
        loop = self.loop()
        terminal = Terminal(self.ebb, self.recording)
        self.addCleanup(terminal.close)
        terminal.type("goto 1200\n")
        terminal.expect(r"\n1 200  0x")
        terminal.type("calls -n 1000000 %s\n" % loop)
        terminal.expect(r"from 0x")
        terminal.type("\x03")
        terminal.expect(r"stopped; the position is still 1 200\r\n")
        terminal.type("nth 3 square\n")
        terminal.expect(r"square\+0x0")
        terminal.type("quit\n")

    def test_interrupted_script(self):
        """It ends at the command that Ctrl-C has stopped."""
        arguments = self.shell().arguments
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            for command in ("disassemble _start 5000", "count square", "goto 100000s"):
                with self.subTest(command):
                    child = subprocess.Popen(arguments, stdin=subprocess.PIPE,
                                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                    child.send_signal(signal.SIGINT)  # it waits until the command looks for it
                    out, errors = child.communicate((command + "\necho never\n").encode(),
                                                    timeout=process.WATCHDOG)
                    self.assertNotEqual(child.returncode, 0)
                    self.assertEqual(errors, b"ebb: stopped\n")
                    self.assertNotIn(b"never", out)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def loop(self):
        """Code that is executed many times."""
        shell = self.shell()
        shell.run("goto 50%")
        return shell.run("registers pc").split()[1]


class Aarch64(Shells, unittest.TestCase):
    architecture = "aarch64"


class Arm(Shells, unittest.TestCase):
    architecture = "arm"


class Thumb(unittest.TestCase):
    """Instructions are of the set that the CPU, or the file, says."""

    def test_disassembly(self):
        self.ebb = ebb.current()
        shell = Shell(self.ebb, self.ebb.shared("steps-thumb").recording)
        self.addCleanup(shell.close)
        gdb = Commands(self.ebb.guests.elf("steps-thumb"), self.ebb.shared("steps-thumb").recording)
        self.addCleanup(gdb.close)
        shell.run("nth 2 square")
        for where, wanted in (("", "$pc"), ("_start 8", "_start"), ("factorial 8", "factorial")):
            lines = shell.run("disassemble " + where).splitlines()
            others = gdb.run("x/8i " + ("(long)&square" if not where else wanted)).text.splitlines()
            self.assertEqual(*[[re.search(r"(0x\w+)", line)[1] for line in text]
                               for text in (lines, others)])
            self.assertEqual(*[[line.split(":", 1)[1].split()[0] for line in text]
                               for text in (lines, others)])


class Document(unittest.TestCase):
    """docs/shell.md: every command in it is run, and prints what it says, other numbers aside."""

    def setUp(self):
        self.ebb = ebb.current()
        environment = mock.patch.dict(os.environ, {"XDG_DATA_HOME": self.ebb.new_folder("data")})
        environment.start()
        self.addCleanup(environment.stop)

    def shell(self, guest):
        name = guest + "-aarch64"
        recorder = self.ebb.shared(name, lambda: self.ebb.guests.bare(name) + (
            ["-device", "virtio-rng-device"] if guest == "dma" else []))
        shell = Shell(self.ebb, recorder.recording)
        self.addCleanup(shell.close)
        return shell

    @staticmethod
    def examples():
        """(guest, [(command, what it prints)]) for each block."""
        with open(os.path.join(ROOT, "docs", "shell.md")) as file:
            text = file.read()
        guest = "steps"
        for named, block in re.findall(r"<!-- guest: (\w+) -->|^```\n(.*?)^```$", text,
                                       re.M | re.S):
            guest = named or guest
            if block:
                parts = re.split(r"(?m)^ebb> (.*)\n", block)
                yield guest, list(zip(parts[1::2], parts[2::2]))

    @staticmethod
    def comparable(command, text):
        """Without what another compiler or another run of the guest may make different."""
        text = re.sub(r"\b\d+[.\d]* (k?B|bytes)", "SIZE", text)
        lines = documents.masked(re.sub(r"\+0x\w+ \(", "+N (", text))
        if command == "checkpoints":
            lines = sorted(set(lines))
        if command == "markers":
            lines = lines[:2]
        if command.startswith("disassemble"):
            lines = [line.split("#")[0] for line in lines]
        return [re.sub(r"^N ADDRESS .*", "PLACE", line) if command.startswith(("step", "reverse"))
                else line for line in lines]

    def test_every_command(self):
        shells, seen = {}, set()
        for guest, commands in self.examples():
            shell = shells.setdefault(guest, None) or self.shell(guest)
            shells[guest] = shell
            for command, printed in commands:
                seen.add(command.split()[0])
                with self.subTest(command):
                    if command != "quit":
                        self.assertEqual(self.comparable(command, shell.run(command)),
                                         self.comparable(command, printed))
        # None is left out.
        names = set(re.findall(r"(?m)^(\S+)  +\S.*$", shells["steps"].run("help")))
        self.assertEqual(names - seen, set())
