#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# gdb's Python cannot be given the output of a command as a string if a byte of it is no UTF-8,
# whatever host-charset says.
#
# gdb.execute(COMMAND, to_string=True) decodes what COMMAND has printed as UTF-8, strictly. A guest's
# memory that gdb's printf prints, by %c or %s, may be anything; then the call raises UnicodeDecodeError
# after the command was carried out, and its output is lost. `set host-charset ISO-8859-1`, in which
# each byte is a character, and which the manual has for what is printed, changes nothing. The bytes
# can be had by `set logging`.
#
# Seen with gdb 13.1 of Debian 12 and with 16.3; 18.1 goes by host-charset.
#
# Exit status: 0 as described, 1 it behaves otherwise, 2 the packages could not be had.

. "$(dirname "$0")/lib/packages.sh"
fetch gdb-multiarch=13.1-3

cat >ask.py <<'END'
import gdb
for charset in ("auto", "ISO-8859-1"):
    gdb.execute("set host-charset " + charset)
    try:
        print(charset, ascii(gdb.execute('printf "%c", 255', to_string=True)))
    except UnicodeDecodeError as error:
        print(charset, "cannot decode", hex(error.object[error.start]), "as", error.encoding)
gdb.execute("set logging file printed")
gdb.execute("set logging redirect on")
gdb.execute("set logging enabled on")
gdb.execute('printf "%c", 255')
gdb.execute("set logging enabled off")
END
LC_ALL=C.UTF-8 gdb-multiarch -nx -batch -x ask.py | tee answer

cat >expected <<'END'
auto cannot decode 0xff as utf-8
ISO-8859-1 cannot decode 0xff as utf-8
END
grep decode answer | diff - expected >&2 || finish 1 "this is not what was seen before"
[ "$(od -An -tx1 printed)" = " ff" ] || finish 1 "the log does not have the byte"
finish 0 "as described: no charset makes it decode the byte, which the log has"
