# SPDX-License-Identifier: GPL-3.0-or-later
"""Conditions: whether one holds where we are, and what it depends on."""

import re

import gdb

from . import server

# What an expression may fail with where it makes sense elsewhere: memory that is not mapped, a
# local variable that is out of scope or in no register.
ELSEWHERE = re.compile(r"^No symbol \".*\" in current context|^No frame|optimized out|"
                       r"^Cannot access memory|not available|^can't compute CFA|"
                       r"^Register \S+ was not saved")
COMPARISON = re.compile(r"&&|\|\||==|!=|<=|>=|(?<!<)<(?!<)|(?<![->])>(?!>)")
TOKEN = re.compile(server.TEXT.pattern + "|.", re.S)
GROUP = re.compile(r"[-+~!\s]*\((\s*)\)\s*")  # in what outermost() returns
VARIABLE = re.compile(r"[A-Za-z_]\w*(\.\w+|\[[0-9]+\])*")
NUMBER = re.compile(r"[-+~]?(0x[0-9a-fA-F]+|[0-9]+)[uUlL]*")
FIXED = re.compile(r"\*\s*\([A-Za-z_][\w\s]*\*\s*\)\s*(0x[0-9a-fA-F]+|[0-9]+)")


class Unknown(Exception):
    """The expression has no value at this position."""


def evaluate(expression):
    """The expression's value; Unknown, or gdb.error where it makes no sense at all."""
    try:
        value = gdb.parse_and_eval(expression)
        if value.is_lazy:
            value.fetch_lazy()
        return value
    except gdb.MemoryError as error:
        raise Unknown(str(error)) from None
    except gdb.error as error:
        if ELSEWHERE.search(str(error)):
            raise Unknown(str(error)) from None
        raise


def holds(expression):
    value = evaluate(expression)
    if value.type.strip_typedefs().code in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION,
                                            gdb.TYPE_CODE_ARRAY, gdb.TYPE_CODE_VOID):
        raise gdb.error(f"\"{expression}\" is neither true nor false, but {value.type}")
    return bool(value)


def outermost(expression):
    """The expression, with blanks for what is in brackets or in quotes."""
    depth, text = 0, ""
    for token in TOKEN.findall(expression):
        depth -= token in (")", "]", "}")
        text += token if depth == 0 and len(token) == 1 else " " * len(token)
        depth += token in ("(", "[", "{")
    return text


def parts(expression):
    """What is between its comparisons, and those of the groups among that."""
    outline = outermost(expression)
    group = GROUP.fullmatch(outline)
    if group:
        yield from parts(expression[group.start(1):group.end(1)])
        return
    begin = 0
    for match in COMPARISON.finditer(outline):
        yield from parts(expression[begin:match.start()])
        begin = match.end()
    if begin:
        yield from parts(expression[begin:])
    else:
        yield expression.strip()


def operands(expression):
    """The texts that are compared. Together they have all that the expression depends on."""
    return list(dict.fromkeys(part for part in parts(expression)
                              if part and not NUMBER.fullmatch(part)))


def depends_on_registers(expression):
    """Whether there is a register or a local variable in it, which may change without a store."""
    if "$" in expression:
        return True
    for name in re.findall(r"[A-Za-z_]\w*", expression):
        try:
            symbol = gdb.lookup_symbol(name)[0]
        except gdb.error:
            symbol = None
        if symbol is None:
            symbol = gdb.lookup_global_symbol(name) or gdb.lookup_static_symbol(name)
        if symbol is not None and symbol.needs_frame:
            return True
    return False


def expanded(text):
    """With what its macros stand for. gdb 18 writes it as a record of its machine interface there."""
    answer = gdb.execute("macro expand " + text, to_string=True).strip()
    match = re.search(r'expands to: (.*?)(?:\\n")?$', answer)
    return match[1] if match else ""


def is_constant(name):
    """Whether it is an enumerator, true or false."""
    symbol = gdb.lookup_symbol(name)[0] or gdb.lookup_static_symbol(name)
    return symbol.is_constant if symbol else name in ("true", "false")


def is_behind_pointer(text):
    """Whether where it is depends on what other memory holds."""
    whole = (gdb.TYPE_CODE_ARRAY, gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION)
    return any(gdb.parse_and_eval(text[:match.start()]).type.strip_typedefs().code not in whole
               for match in re.finditer(r"[.\[]", text))


def place(text):
    """(address, size) of an operand; (): it is a constant; None: that is not known."""
    value = gdb.parse_and_eval(text)  # lazily
    meant = expanded(text)
    if NUMBER.fullmatch(meant):
        return ()
    if "".join(meant.split()) != "".join(text.split()) or is_behind_pointer(text):
        return None
    if value.address is not None:
        return int(value.address) & (1 << 64) - 1, value.type.sizeof
    # Bit fields have no address either.
    return () if re.fullmatch(r"\w+", text) and is_constant(text) else None


def memory(expression):
    """(address, size) of all that the condition depends on, where that is known without looking at
    it: it may not be mapped yet. None: it depends on more."""
    if depends_on_registers(expression):
        return None
    found = []
    for text in operands(expression):
        if not (VARIABLE.fullmatch(text) or FIXED.fullmatch(text)):
            return None
        try:
            where = place(text)
        except gdb.error as error:
            if ELSEWHERE.search(str(error)):
                return None  # a local variable of code that does not run here
            raise
        if where is None:
            return None
        if where:
            found.append(where)
    return found
