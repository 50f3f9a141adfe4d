# SPDX-License-Identifier: GPL-3.0-or-later
"""POSIX extended regular expressions, which ebb's other commands take, by way of Python's.

What matches here matches there: whether a line has a match does not depend on which match of several
a search prefers, which is where the two kinds differ.
"""

import re

CLASSES = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "blank": r" \t", "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9", "graph": r"\x21-\x7e", "lower": "a-z", "print": r"\x20-\x7e",
    "punct": r"\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e", "space": r" \t-\r", "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}
INTERVAL = re.compile(r"\{(\d+)(?:(,)(\d*))?\}", re.ASCII)
TIMES_MAX = 255  # POSIX' least RE_DUP_MAX
DEPTH_MAX = 50
ANCHORS = {"^": r"\A", "$": r"\Z"}


class Wrong(Exception):
    """Why a text is no such expression."""


class Parser:
    """Goes through the text once, and writes what each part of it is called in Python."""

    def __init__(self, text):
        self.text = text
        self.at = 0
        self.depth = 0

    def front(self, length=1):
        return self.text[self.at:self.at + length]

    def take(self, length=1):
        taken = self.front(length)
        self.at += length
        return taken

    def alternatives(self):
        branches = [self.branch()]
        while self.front() == "|":
            self.take()
            branches.append(self.branch())
        return "|".join(branches)

    def branch(self):
        pieces = []
        while self.front() not in (("", "|", ")") if self.depth else ("", "|")):
            pieces.append(self.repeated(self.atom()))
        return "".join(pieces)

    def repeated(self, atom):
        """Each of several repeats all before it; in Python the second would mean something else."""
        while self.front() and self.front() in "*+?{":
            if atom in ANCHORS.values():
                raise Wrong(f"{self.front()} cannot repeat ^ or $")
            atom = f"(?:{atom}){self.interval() if self.front() == '{' else self.take()}"
        return atom

    def interval(self):
        match = INTERVAL.match(self.text, self.at)
        if not match:
            raise Wrong("{ is followed by a number, or two with a comma between them, and }")
        numbers = [int(number) for number in (match[1], match[3]) if number]
        if max(numbers) > TIMES_MAX or numbers != sorted(numbers):
            raise Wrong(f"{match[0]} is no number of times up to {TIMES_MAX}")
        self.at = match.end()
        return match[0]

    def atom(self):
        character = self.take()
        if character == "(":
            return self.group()
        if character == "[":
            return self.bracket()
        if character == "\\":
            return self.escaped()
        if character in "*+?{":
            raise Wrong(f"there is nothing that {character} repeats")
        return "." if character == "." else ANCHORS.get(character) or re.escape(character)

    def group(self):
        if self.front() == "?":
            raise Wrong("(? is Perl's")
        self.depth += 1
        if self.depth > DEPTH_MAX:
            raise Wrong(f"it has more than {DEPTH_MAX} groups inside of each other")
        inner = self.alternatives()
        if self.take() != ")":
            raise Wrong("a ( is not closed")
        self.depth -= 1
        return f"(?:{inner})"

    def escaped(self):
        character = self.take()
        if not character:
            raise Wrong("it ends with a backslash")
        if character.isalnum() or character in "<>`'_":
            raise Wrong(f"\\{character} is none of its escapes")
        return re.escape(character)

    def bracket(self):
        """Nothing in it is escaped by a backslash."""
        result = "["
        if self.front() == "^":
            result += self.take()
        is_first = True
        while is_first or self.front() != "]":
            is_first = False
            result += self.item()
        self.take()
        return result + "]"

    def item(self):
        """A class, a character or a range of them, in brackets."""
        if self.front(2) == "[:":
            name = self.named()
            if self.front() == "-" and self.front(2) != "-]":
                raise Wrong("a range does not begin with a class")
            return name
        first = self.end_of_range()
        if self.front() != "-" or self.front(2) == "-]":
            return re.escape(first)
        self.take()
        if self.front(2) == "[:":
            raise Wrong("a range does not end with a class")
        last = self.end_of_range()
        if last < first:
            raise Wrong(f"the range {first}-{last} ends before it begins")
        return f"{re.escape(first)}-{re.escape(last)}"

    def end_of_range(self):
        """[.x.] and [=x=] are x."""
        kind = self.front(2)
        if kind in ("[.", "[="):
            symbol = self.take(5)
            if symbol[3:] != kind[1] + "]":
                raise Wrong(f"{kind} is followed by one character and {kind[1]}]")
            return symbol[2]
        if not kind:
            raise Wrong("a [ is not closed")
        return self.take()

    def named(self):
        end = self.text.find(":]", self.at + 2)
        name = self.text[self.at + 2:end] if end > 0 else self.text[self.at + 2:]
        if end < 0 or name not in CLASSES:
            raise Wrong(f"there is no class [:{name}:]")
        self.at = end + 2
        return CLASSES[name]


def compiled(text):
    """An object with Python's search(); Wrong if the text is no POSIX extended one."""
    try:
        return re.compile(Parser(text).alternatives(), re.DOTALL)
    except (re.error, OverflowError, RecursionError):
        raise Wrong("it is too long") from None
