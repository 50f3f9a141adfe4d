# SPDX-License-Identifier: GPL-3.0-or-later
"""The positions that the last search has found, for ebb timeline."""

HITS_MAX = 10000


class Hits:
    def __init__(self):
        self.what = None
        self.positions = []


hits = Hits()


def note(what, positions):
    """Searches for the same thing add up."""
    if what != hits.what:
        hits.what, hits.positions = what, []
    hits.positions = sorted(set(hits.positions).union(positions))[-HITS_MAX:]
