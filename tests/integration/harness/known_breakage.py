# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of what is known to be broken. Such a test is written as if all were well:

    @known_breakage("a watchpoint misses DMA")
    def test_watch_dma(self): ...

and one that a class has from a mixin is marked there alone:

    test_watch_dma = known_breakage("the same, on ARMv7 alone")(GdbTests.test_watch_dma)

As long as it fails it is counted as known to fail; once it passes, that is a failure."""

import functools
import unittest


def known_breakage(why):
    def decorate(test):
        # A function of its own: the one that was given may be a test of other classes as well.
        @functools.wraps(test)
        def run(*arguments):
            return test(*arguments)

        run.known_breakage = why
        return unittest.expectedFailure(run)

    return decorate


def reason(test):
    """Why a test that is marked so is expected to fail."""
    method = getattr(test, test._testMethodName)
    return getattr(method, "known_breakage", "no reason given")
