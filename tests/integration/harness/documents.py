# SPDX-License-Identifier: GPL-3.0-or-later
"""Transcripts in documents, compared with what was printed just now."""

import os
import re

from . import process
from .guests import ROOT


def read(name):
    """A document, by its path from the root."""
    with open(os.path.join(ROOT, name)) as file:
        return file.read()


def transcripts(text):
    """(command, what it prints) of each "$ COMMAND" in the blocks of a document, or a part of it."""
    return re.findall(r"(?ms)^\$ (.*?)\n(.*?)(?=^\$ |^```)", text)


def section(name, title):
    """A document's part below "## TITLE"."""
    return re.search(r"(?ms)^## %s$.*?(?=^## |\Z)" % re.escape(title), read(name))[0]


class Place:
    """A folder in which recordings have the names that a document gives them; `ebb` is the build's
    there."""

    def __init__(self, ebb):
        self.ebb = ebb
        self.folder = ebb.new_folder("document")
        os.mkdir(self.folder)

    def add(self, name, recording):
        os.symlink(recording, os.path.join(self.folder, name))

    def has(self, name):
        return os.path.exists(os.path.join(self.folder, name))

    def run(self, command):
        """Runs it as a shell does: the finished Process."""
        path = os.path.dirname(self.ebb.path) + os.pathsep + os.environ["PATH"]
        return process.run(["bash", "-c", command], cwd=self.folder, env={**os.environ, "PATH": path})


def masked(text):
    """Its lines without what another compiler or another run of the guest may make different."""
    text = re.sub(r"\|[-kbmxO]{60}\|", "|LINE|", text)
    text = re.sub(r"\b\d+\.\d s\b", "N s", text)
    text = re.sub(r"\b0x[0-9a-f]+", "ADDRESS", text)
    text = re.sub(r"(?<![\w.])-?\d+(?: \d{3})*\b", "N", text)
    text = re.sub(r"ADDRESS in (?=\w+ \()", "", text)
    text = re.sub(r"(?m)(:N: \w+) .*$", r"\1", text)  # an instruction's operands
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]
