# SPDX-License-Identifier: GPL-3.0-or-later
"""POSIX extended regular expressions, by the C library's functions, which the command ebb uses."""

import weakref

try:
    import ctypes
    LIBRARY = ctypes.CDLL(None)
except ImportError:  # a Python without it
    LIBRARY = None

REG_EXTENDED = 1
SIZE = 1024  # more than any library's regex_t


class Wrong(Exception):
    """Why a text is no such expression."""


def encoded(text):
    return text.encode(errors="surrogateescape")


class Regex:
    def __init__(self, text):
        if not LIBRARY:
            raise Wrong("gdb's Python has no module ctypes to read it with")
        self.compiled = (ctypes.c_uint64 * (SIZE // 8))()
        failure = LIBRARY.regcomp(self.compiled, encoded(text), REG_EXTENDED)
        if failure:
            why = ctypes.create_string_buffer(200)
            LIBRARY.regerror(failure, self.compiled, why, ctypes.c_size_t(len(why)))
            raise Wrong(why.value.decode(errors="replace"))
        weakref.finalize(self, LIBRARY.regfree, self.compiled)

    def search(self, text):
        """Whether it matches somewhere in the text."""
        return LIBRARY.regexec(self.compiled, encoded(text), ctypes.c_size_t(0), None, 0) == 0
