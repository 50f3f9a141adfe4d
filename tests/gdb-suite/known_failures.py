# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known to fail, and what that makes of results.

expected.txt has reasons, each with the checks that fail for it, indented:

    The reason, in one sentence.
        gdb.base/break.exp: the check's name
        gdb.base/break.exp [arm]: another one, on the board ebb-arm only
        gdb.base/break.exp [16 18]: with these versions of gdb only

'*' in the name of a check stands for anything. Lines that begin with '#' are comments.
"""

import collections
import re

# word: passed, failed, known or unsupported; why: what to tell of a failure, else the reason or "".
Verdict = collections.namedtuple("Verdict", "word status check why")

LINE = re.compile(r"\s+(\S+\.exp)(?: \[([^]]*)\])?: (.+)")
WORDS = {
    "PASS": "passed", "XPASS": "passed", "KPASS": "passed",
    "XFAIL": "known", "KFAIL": "known", # by gdb's own suite
    "UNTESTED": "unsupported", "UNSUPPORTED": "unsupported",
    "FAIL": "failed", "UNRESOLVED": "failed", "ERROR": "failed",
}


class Entry:
    def __init__(self, file, conditions, check, reason):
        self.file = file
        self.boards = {"ebb-" + word for word in conditions if not word.isdigit()}
        self.versions = {word for word in conditions if word.isdigit()}
        self.check = check
        self.pattern = re.compile(".*".join(re.escape(part) for part in check.split("*")))
        self.reason = reason

    def applies(self, file, board, version):
        return (self.file == file and board in (self.boards or {board}) and
                version in (self.versions or {version}))


class KnownFailures:
    def __init__(self, text):
        self.entries = []
        reason = None
        for number, line in enumerate(text.splitlines(), 1):
            match = LINE.fullmatch(line)
            if match and reason:
                file, conditions, check = match.groups()
                self.entries.append(Entry(file, (conditions or "").split(), check, reason))
            elif line.strip() and not line.startswith("#"):
                if line[0].isspace():
                    raise ValueError(f"expected.txt:{number}: neither a reason nor a check: {line}")
                reason = line

    def judge(self, file, board, version, results):
        """A Verdict for each (status, check), and a failed one for each entry that did not fail."""
        entries = [entry for entry in self.entries if entry.applies(file, board, version)]
        used = set()
        verdicts = []
        for status, check in results:
            word, why = WORDS[status], status if WORDS[status] == "failed" else ""
            if word == "failed":
                for entry in entries:
                    if entry.pattern.fullmatch(check):
                        word, why = "known", entry.reason
                        used.add(entry)
                        break
            verdicts.append(Verdict(word, status, check, why))
        for entry in entries:
            if entry not in used:
                verdicts.append(Verdict("failed", "REPAIRED", entry.check,
                                        f"did not fail, and is known to: {entry.reason} "
                                        "Take it out of expected.txt"))
        return verdicts
