# SPDX-License-Identifier: GPL-3.0-or-later
"""Transcripts in documents, compared with what was printed just now."""

import os
import re

from .guests import ROOT


def read(name):
    """A document, by its path from the root."""
    with open(os.path.join(ROOT, name)) as file:
        return file.read()


def masked(text):
    """Its lines without what another compiler or another run of the guest may make different."""
    text = re.sub(r"\|[-kbmxO]{60}\|", "|LINE|", text)
    text = re.sub(r"\b\d+\.\d s\b", "N s", text)
    text = re.sub(r"\b0x[0-9a-f]+", "ADDRESS", text)
    text = re.sub(r"(?<![\w.])-?\d+(?: \d{3})*\b", "N", text)
    text = re.sub(r"ADDRESS in (?=\w+ \()", "", text)
    text = re.sub(r"(?m)(:N: \w+) .*$", r"\1", text)  # an instruction's operands
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]
