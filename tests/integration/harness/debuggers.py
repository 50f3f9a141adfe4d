# SPDX-License-Identifier: GPL-3.0-or-later
"""The debuggers of other versions that scripts/debuggers.sh leaves in the cache."""

import os
import unittest.mock

FOLDER = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"),
                      "ebb", "debuggers")


def path(name):
    """The program of "gdb-18", "lldb-19" or "cdt-adapter", which need not be there."""
    return os.path.join(FOLDER, name, "bin", name.split("-")[0])


def needed_by(test, name):
    """The program; a test whose debugger has not been fetched is skipped."""
    if not os.path.exists(path(name)):
        test.skipTest("there is no %s: scripts/debuggers.sh %s fetches it" % (name, name))
    return path(name)


class Version:
    """A mixin that goes before the tests: has them find the gdb called `debugger`."""

    debugger = None

    def setUp(self):
        change = unittest.mock.patch.dict(os.environ, {"EBB_GDB": needed_by(self, self.debugger)})
        change.start()
        self.addCleanup(change.stop)
        super().setUp()
