# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions to a whole recording: ebb accesses, first, last, history."""

import itertools
import json
import os
import subprocess
import unittest

from harness import ebb, process, shards
from harness.shell import Shell


def data(text):
    """The bytes of a value that ebb accesses prints."""
    if not text.startswith("0x"):
        return bytes.fromhex(text)
    return int(text, 16).to_bytes(len(text) // 2 - 1, "little")


class Questions:
    """A mixin; architecture is set."""

    def setUp(self):
        self.ebb = ebb.current()
        self.recording = self.ebb.shared("steps-" + self.architecture).recording

    def ask(self, command, *arguments, recording=None):
        return self.ebb.json(command, recording or self.recording, *arguments, "--json")

    def refused(self, command, *arguments):
        result = self.ebb.run(command, self.recording, *arguments)
        self.assertEqual(result.status, 2, result.describe())
        return result.errors.decode()

    def found_one_by_one(self, command):
        """Where ebb shell gets to with a command, again and again."""
        shell = Shell(self.ebb, self.recording)
        self.addCleanup(shell.close)
        shell.run("goto begin")
        positions = []
        while " at position " in shell.run(command):
            positions.append(shell.position())
        return positions

    def test_accesses_are_those_found_one_by_one(self):
        writes = self.ask("accesses", "total", "--write")
        self.assertEqual([row["position"] for row in writes], self.found_one_by_one("next total"))
        reads = self.ask("accesses", "total", "--read")
        self.assertEqual([row["position"] for row in reads], self.found_one_by_one("next -r total"))
        both = self.ask("accesses", "total")
        self.assertEqual([row for row in both if row["access"] == "write"], writes)
        self.assertEqual([row for row in both if row["access"] == "read"], reads)
        self.assertEqual(len(both), len(writes) + len(reads))
        self.assertTrue(all("add_to_total" in row["location"] for row in writes[-3:]))

    def test_values_before_and_after(self):
        value = 0
        for row in self.ask("accesses", "total", "--write"):
            self.assertEqual(int(row["before"], 16), value)
            value = int(row["after"], 16)
        self.assertEqual(value, 385)

    def test_values_of_every_kind_of_write(self):
        """Each instruction finds what those before it have left, all bytes of it."""
        elf = self.ebb.guests.elf("hotpage-" + self.architecture)
        recording = self.ebb.shared("hotpage-" + self.architecture).recording
        for place in ("pages+0xff8,16", "pages+0x100,8"):
            rows = self.ask("accesses", place, "--write", "--symbols", elf, recording=recording)
            memory, changes = {}, 0
            for _, together in itertools.groupby(rows, lambda row: row["position"]):
                behind = {}
                for row in together:
                    address = int(row["address"], 16)
                    before, after = data(row["before"]), data(row["after"])
                    known = bytes(memory.get(address + i, byte) for i, byte in enumerate(before))
                    self.assertEqual(before, known, row)
                    behind.update((address + i, byte) for i, byte in enumerate(after))
                    changes += before != after
                memory.update(behind)
            self.assertGreater(changes, 20)

    def test_physical_accesses(self):
        physical = self.ask("accesses", "total", "--physical")  # this guest's memory is not moved
        self.assertEqual(physical, self.ask("accesses", "total"))

    def test_addresses(self):
        """As in ebb shell; where the guest has 32 bits, sums with names have."""
        total = self.ask("accesses", "total")
        for text in ("total+8-0x8", "4+total-4", "total+add_to_total-add_to_total"):
            self.assertEqual(self.ask("accesses", text), total)
        self.assertEqual(self.ask("accesses", "total+0x100000000"),
                         total if self.architecture == "arm" else [])
        shell = Shell(self.ebb, self.recording)
        self.addCleanup(shell.close)
        for text, words in (("nothing", 'has no symbol "nothing"'),
                            ("total+nothing", 'has no symbol "nothing"'),
                            ("total,x", '"total,x" is no address; ",x" cannot be understood'),
                            ("total+", '"total+" is no address; write a number')):
            self.assertIn(words, self.refused("accesses", text))
            self.assertIn(words, shell.refused("next " + text))

    def test_number_of_workers(self):
        texts = {self.ebb.run("accesses", self.recording, "items,64", "--workers", count).text()
                 for count in ("1", "3")}
        self.assertEqual(len(texts), 1)
        self.assertIn("read", texts.pop())

    def test_parts_and_limits(self):
        every = self.ask("accesses", "total")
        middle = every[len(every) // 2]["position"]
        before = self.ask("accesses", "total", "--to", str(middle))
        behind = self.ask("accesses", "total", "--from", str(middle))
        self.assertEqual(before + behind, every)
        self.assertTrue(before and behind)
        some = self.ebb.run("accesses", self.recording, "total", "--limit", "3")
        self.assertEqual(len(some.text().splitlines()), 3)
        self.assertIn("there may be more; --from %d goes on" % (every[2]["position"] + 1),
                      some.errors.decode())

    def test_first_and_last(self):
        writes = self.ask("accesses", "total", "--write")
        self.assertEqual(self.ask("first", "total"), writes[:1])
        self.assertEqual(self.ask("last", "total"), writes[-1:])
        middle = writes[len(writes) // 2]["position"]
        self.assertEqual(self.ask("last", "total", "--to", str(middle)),
                         [row for row in writes if row["position"] < middle][-1:])
        self.assertEqual(self.ask("first", "total", "--from", str(middle))[0]["position"], middle)
        self.assertEqual(self.ask("last", "total", "--to", str(writes[0]["position"])), [])
        reads = self.ask("accesses", "total", "--read")
        self.assertEqual(self.ask("last", "total", "--read"), reads[-1:])

    def test_executions(self):
        first = self.ask("first", "add_to_total", "--execute")[0]
        last = self.ask("last", "add_to_total", "--execute")[0]
        self.assertEqual(first["access"], "execute")
        self.assertLess(first["position"], last["position"])
        writes = self.ask("accesses", "total", "--write")
        self.assertLess(last["position"], writes[-1]["position"])
        self.assertIn("add_to_total", first["location"])

    def test_execution_that_accesses_a_device(self):
        """QEMU begins such an instruction twice; it executes once."""
        writes = self.ebb.json("dump", self.recording, "--json", "--kind", "mmio-write",
                               "--symbols", self.ebb.guests.elf("steps-" + self.architecture))
        for write in writes[:3]:
            rows = self.ask("first", hex(write["pc"]), "--execute", "--from",
                            str(write["position"]))
            self.assertEqual([row["position"] for row in rows], [write["position"]])

    def test_history(self):
        values = self.ask("history", "total")
        self.assertEqual([row["value"] for row in values], ["0"] + [
            str(sum(i * i for i in range(1, n + 1))) for n in range(1, 11)])
        writes = [row for row in self.ask("accesses", "total", "--write")
                  if row["before"] != row["after"]]
        self.assertEqual([row["from"] for row in values[1:]],
                         [row["position"] + 1 for row in writes])
        self.assertEqual([row["pc"] for row in values[1:]], [row["pc"] for row in writes])
        for row, following in zip(values, values[1:]):
            self.assertEqual(row["to"] + 1, following["from"])
        self.assertEqual(values[0]["from"], 0)
        self.assertEqual(values[-1]["to"], self.ebb.info(self.recording)["end_position"])

    def test_history_behind_a_pointer(self):
        """gdb's own watchpoints tell the same of what it is told to go to."""
        direct = self.ask("history", "total")
        through = self.ask("history", "*(unsigned *)((char *)&total + 0)")
        self.assertEqual([(row["from"], row["to"], row["value"]) for row in through],
                         [(row["from"], row["to"], row["value"]) for row in direct])

    def test_history_of_many_writes(self):
        """So many that they are scanned in parts, between which gdb is asked."""
        recording = self.ebb.shared("interrupts-" + self.architecture).recording
        value = self.ask("history", "work", "--from", "400000", "--limit", "1",
                         recording=recording)[0]["value"]
        words = ("history", "work == " + value, "--from", "395000", "--to", "400500")
        whole = self.ask(*words, recording=recording)
        self.assertEqual([row["value"] for row in whole], ["0", "1", "0"])
        for limit in 1, 2:
            self.assertEqual(self.ask(*words, "--limit", str(limit), recording=recording),
                             whole[:limit])
        parts = shards.run(self.ebb, words[0], recording, 2, self.ebb.new_folder(),
                           (*words[1:], "--limit", "2"))
        self.assertEqual(json.loads(self.ebb.run("merge", "--json", recording, *parts).output),
                         whole[:2])

    def test_history_of_what_fails(self):
        """Where it does, and how to ask for what is in front of that."""
        one = self.ask("history", "total")[1]["from"]
        result = self.ebb.run("history", self.recording, "10 / (total - 1)")
        self.assertEqual(result.status, 2)
        self.assertRegex(result.errors.decode(), r"Division by zero at position %d, .*--to %d" % (
            one, one - 1))
        (row,) = self.ask("history", "10 / (total - 1)", "--to", str(one - 1))
        self.assertEqual((row["from"], row["value"]), (0, "0"))

    def test_history_of_a_list(self):
        """Behind a pointer: gdb's own watchpoints."""
        changes = self.ask("history", "head")
        first = str(changes[1]["from"])  # what it points to there has the value of the next
        values = self.ask("history", "head->value", "--from", first)
        self.assertGreater(len(values), 3)
        self.assertLessEqual({row["from"] for row in changes[3:]},
                             {row["from"] for row in values})

    def test_history_of_what_seldom_changes(self):
        """Not each write of total changes this; --limit counts values."""
        rows = self.ask("history", "total > 5")
        self.assertEqual([row["value"] for row in rows], ["0", "1"])
        self.assertEqual(self.ask("history", "total > 5", "--limit", "1"), rows[:1])
        self.assertEqual(self.ask("history", "total > 5", "--limit", "2"), rows)

    def test_limits_of_history(self):
        result = self.ebb.run("history", self.recording, "total", "--limit", "2")
        self.assertEqual([line.split()[3] for line in result.text().splitlines()], ["0", "1"])
        self.assertIn("there may be more", result.errors.decode())

    def test_bad_input(self):
        for command in ("accesses", "first", "last"):
            with self.subTest(command):
                self.assertIn('no symbol "nothing"', self.refused(command, "nothing"))
                self.assertIn("is no address", self.refused(command, "total,x"))
                self.assertIn("is no address", self.refused(command, "+"))
                self.assertIn("there is nothing from position 5 to 5",
                              self.refused(command, "total", "--from", "5", "--to", "5"))
                self.assertIn("cannot be set", self.refused(command, "0xffffffffffffffff,8"))
                self.assertIn("too many", self.refused(command, "total,0x200000"))
                self.assertIn("--workers must be at least 1",
                              self.refused(command, "total", "--workers", "0"))
        self.assertIn("does not go with",
                      self.refused("last", "total", "--execute", "--physical"))
        self.assertIn("nothing", self.refused("history", "nothing"))
        self.assertIn("depends on registers", self.refused("history", "$sp"))
        self.assertIn("no valid UTF-8", self.refused("history", "\udcff"))
        for command in ("first", "last", "origin", "coverage"):  # there are no rows to count
            self.assertIn("--limit", self.refused(command, "total", "--limit", "2"))
            self.assertNotIn("--limit", self.ebb.run(command, "--help").text())
        self.assertIn("--limit", self.ebb.run("accesses", "--help").text())
        self.assertIn("without a length", self.refused("first", "--execute", "main,4"))
        result = self.ebb.run("accesses")
        self.assertEqual(result.status, 2, result.describe())

    def test_interrupt_while_gdb_works(self):
        """However gdb answers: the move that it waited for has ended."""
        gdb = self.ebb.script("""while read -r line; do
            case $line in
            *'"do":"open"'*) echo '{}' >&3;;
            *) kill -INT $PPID; echo '{"unreachable": "the position cannot be reached"}' >&3;;
            esac
        done
        """)
        place = self.ask("first", "add_to_total", "--execute")[0]["pc"]
        for command, *words in ("history", "total"), ("print", place, "x"):
            result = process.run([self.ebb.path, command, self.recording, *words],
                                 process.WATCHDOG, env={**os.environ, "EBB_GDB": gdb})
            self.assertEqual(result.status, 6, result.describe())
            self.assertIn("stopped", result.errors.decode())

    def test_unfit_gdb(self):
        """None, one for its host only, and one that the symbols would confuse."""
        stranger = ("[ -e /dev/fd/3 ] || { echo 'Undefined item: \"\".'; exit 1; }\n"
                    "read -r request; echo '{\"error\": \"badly formatted\"}' >&3\n")
        for command in (["history", self.recording, "total"],
                        ["print", self.recording, "add_to_total", "x"]):
            for gdb, status, words in (
                    ("/nowhere/gdb", 1, "the gdb that EBB_GDB names cannot be run: /nowhere/gdb"),
                    (self.ebb.script("exit 1\n"), 5, "has to have Python"),
                    (self.ebb.script(stranger), 5, "does not know " + self.architecture)):
                result = process.run([self.ebb.path, *command], process.WATCHDOG,
                                     env={**os.environ, "EBB_GDB": gdb})
                self.assertEqual(result.status, status, result.describe())
                self.assertIn(words, result.errors.decode())
        if self.architecture == "aarch64":
            for command in ("history", "print"):
                self.assertIn("gdb cannot take symbols from",
                              self.refused(command, "0x0", *["x"] * (command == "print"),
                                           "--symbols", self.ebb.guests.elf("steps-arm")))

    def test_none(self):
        for command in ("first", "last"):
            result = self.ebb.run(command, self.recording, "total", "--to", "1")
            self.assertEqual((result.status, result.text()), (0, ""), result.describe())
            self.assertIn("there is none from position 0 to 1", result.errors.decode())
            self.assertEqual(self.ask(command, "total", "--to", "1"), [])

    def test_pipe_that_closes(self):
        command = '"$0" accesses "$1" 0x40100000,1048576 | head -n 1'
        result = subprocess.run(["bash", "-o", "pipefail", "-c", command, self.ebb.path,
                                 self.recording], capture_output=True, text=True,
                                timeout=process.WATCHDOG)
        self.assertEqual(result.returncode, 0)
        self.assertEqual(len(result.stdout.splitlines()), 1)
        self.assertEqual(result.stderr, "")
        self.assertRegex(result.stdout, r"^ +\d+ (read|write) ")
        command = command.replace("accesses", "accesses --json")
        result = subprocess.run(["bash", "-o", "pipefail", "-c", command, self.ebb.path,
                                 self.recording], capture_output=True, text=True,
                                timeout=process.WATCHDOG)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "[\n", ""))


class Aarch64(Questions, unittest.TestCase):
    architecture = "aarch64"


class Arm(Questions, unittest.TestCase):
    architecture = "arm"


if __name__ == "__main__":
    unittest.main()
