# SPDX-License-Identifier: GPL-3.0-or-later
"""`ebb replay` with the gdb that it starts, and gdb-scripts/ebb.py in it."""

import re
import unittest

from harness import ebb

# Runs commands one after the other; a failed one prints why and does not end the script.
SCRIPT = """
import gdb
for command in %r:
    print("> " + command)
    try:
        gdb.execute(command)
    except gdb.error as error:
        print("failed: %%s" %% error)
"""


class Replay(unittest.TestCase):
    def setUp(self):
        self.ebb = ebb.current()
        self.recording = self.ebb.shared("steps-aarch64").recording
        self.end = self.ebb.info(self.recording)["end_position"]

    def replay(self, commands, *options):
        """Returns what each of the commands printed."""
        script = self.ebb.new_folder("script") + ".py"
        with open(script, "w") as file:
            file.write(SCRIPT % (commands + ["disconnect"],))
        result = self.ebb.run("replay", *options, self.recording, "--", "-nx", "-batch",
                              "-ex", "set width 0", "-x", script)
        self.assertEqual(result.status, 0, result.describe())
        self.errors = result.errors.decode()
        answers = re.split(r"(?m)^> .*\n", result.text())[1:-1]
        self.assertEqual(len(answers), len(commands), result.describe())
        return answers

    def position(self, text):
        """The position in what a command printed, without the blanks between its digits."""
        match = re.search(r"^position ([\d ]+) of ([\d ]+) \(\d+ %\)$", text, re.MULTILINE)
        self.assertIsNotNone(match, text)
        self.assertEqual(int(match.group(2).replace(" ", "")), self.end)
        return int(match.group(1).replace(" ", ""))

    def test_symbols_come_from_the_recording(self):
        """The kernel that was recorded is an ELF file, so nobody has to name it."""
        where, = self.replay(["info symbol main"])
        self.assertIn("main in section .text", where)

    def test_at_end(self):
        position, = self.replay(["ebb position"], "--at", "end")
        self.assertEqual(self.position(position), self.end)

    def test_seek(self):
        answers = self.replay([
            "ebb when", "ebb seek end", "ebb seek -7", "set $here = 1000 * 2", "ebb seek $here",
            "ebb seek +50", "ebb position", "print $position", "ebb seek begin",
        ])
        for answer, wanted in zip([*answers[:3], *answers[4:7], answers[8]],
                                  (0, self.end, self.end - 7, 2000, 2050, 2050, 0)):
            self.assertEqual(self.position(answer), wanted)
        self.assertIn("= 2050", answers[7])
        # gdb shows the new place, not the old one.
        self.assertIn("power.c:", answers[1])
        self.assertRegex(answers[8], r"#0 +_start \(\)")

    def test_percentages(self):
        """A share is shown as it was asked for; only the end is 100 %."""
        wanted = {"begin": 0, "1%": 1, "25%": 25, "50%": 50, "75%": 75, "99%": 99,
                  str(self.end - 1): 99, "end": 100, str(self.end // 250): 0}
        answers = self.replay(["ebb goto " + place for place in wanted] + ["ebb timeline"])
        for (place, percent), answer in zip(wanted.items(), answers):
            self.assertIn("(%d %%)" % percent, answer, place)
        self.assertIn("(0 %)", answers[-1])

    def test_seek_where_nothing_is(self):
        answers = self.replay(["ebb seek 99999999999", "ebb seek nowhere", "ebb seek",
                               "ebb seek -5", "ebb position"])
        self.assertIn("failed: there is no position 99 999 999 999: the recording goes from 0", answers[0])
        self.assertIn("failed: 'nowhere' is no position", answers[1])
        self.assertIn("failed: where to?", answers[2])
        self.assertEqual(self.position(answers[3]), 0)
        self.assertEqual(self.position(answers[4]), 0)

    def test_registers_and_memory_are_read_anew(self):
        answers = self.replay(["ebb seek 5000", "print spins", "print $pc", "ebb seek end",
                               "print spins", "ebb seek 5000", "print spins", "print $pc"])
        self.assertNotEqual(answers[1], answers[4])
        self.assertEqual(re.sub(r"\$\d+", "", answers[1]), re.sub(r"\$\d+", "", answers[6]))
        self.assertEqual(re.sub(r"\$\d+", "", answers[2]), re.sub(r"\$\d+", "", answers[7]))

    def test_watchpoint_values_after_seek(self):
        """gdb remembers a watchpoint's old value; a seek has to make it forget."""
        answers = self.replay([
            "watch spins", "continue", "continue", "ebb seek +3000", "print spins", "continue",
            "ebb seek begin", "continue", "ebb seek end", "reverse-continue",
        ])

        def values(text):
            return tuple(int(number) for number in re.findall(r"(?:Old|New) value = (\d+)", text))

        self.assertEqual(values(answers[1]), (0, 1))
        self.assertEqual(values(answers[2]), (1, 2))
        now = int(answers[4].split("=")[1])
        self.assertGreater(now, 2)
        self.assertEqual(values(answers[5]), (now, now + 1))
        self.assertEqual(values(answers[7]), (0, 1))
        old, new = values(answers[9])
        self.assertEqual(new, old - 1)

    def test_events_and_checkpoints(self):
        events, wrong, checkpoints, info, stats, text = self.replay([
            "ebb events 0 3", "ebb events nonsense", "ebb checkpoints", "ebb info", "ebb stats",
            "help ebb",
        ])
        first = self.ebb.json("dump", "--json", self.recording)[0]
        self.assertEqual(len(events.splitlines()), 4)
        self.assertIn(first["kind"], events)
        self.assertIn("failed: ", wrong)
        self.assertIn("'nonsense' is no position", self.errors)
        self.assertIn("keyframe", checkpoints)
        self.assertIn(str(self.end), info)
        self.assertIn("instructions replayed", stats)
        for name in ("position", "seek", "events", "checkpoints", "when"):
            self.assertIn("ebb " + name, text)

    def test_not_connected(self):
        """Without a recording the commands say so."""
        answers = self.replay(["disconnect", "ebb position", "ebb seek 5", "ebb events"])
        for answer in answers[1:]:
            self.assertIn("failed: gdb is not connected to a recording", answer)

    def test_exit_status_is_gdbs(self):
        result = self.ebb.run("replay", self.recording, "--", "-nx", "-batch", "-ex", "quit 9")
        self.assertEqual(result.status, 1, result.describe())
        self.assertIn("exit status 9", result.errors.decode())
