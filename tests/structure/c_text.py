# SPDX-License-Identifier: GPL-3.0-or-later
"""What a C file includes, declares, defines and names, read from its text without a compiler.

This is no parser of C: it relies on the layout that `./run format` gives to every file, in which a
declaration outside of functions begins in the first column and nothing else does.
"""

import re
from dataclasses import dataclass, field

PIECE = re.compile(
    r"""(?P<skip>/\*.*?\*/|//[^\n]*|\\\n|[ \t\r\f]+)
      |(?P<newline>\n)
      |(?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
      |(?P<word>[A-Za-z_]\w*)
      |(?P<number>\.?\d(?:[eEpP][+-]|[\w.])*)
      |(?P<sign>->|\#\#|.)""",
    re.VERBOSE | re.DOTALL,
)
INCLUDE = re.compile(
    r"""[ \t]*\#[ \t]*(?:include|import)\b(?:[ \t]|/\*.*?\*/)*
        (?:"(?P<near>[^"]+)"|<(?P<far>[^>]+)>|(?P<made>.+))""",
    re.VERBOSE,
)
OPENING = {"(": ")", "[": "]", "{": "}"}
KEYWORDS = frozenset(
    "auto break case char const continue default do double else enum extern float for goto if "
    "inline int long register return short signed sizeof static struct switch typedef union "
    "unsigned void volatile while bool _Static_assert _Atomic __attribute__".split()
)
NOT_BEFORE_A_USE = frozenset((".", "->", "struct", "union", "enum"))


@dataclass(frozen=True)
class Token:
    text: str
    line: int
    is_word: bool
    at_margin: bool


@dataclass
class Source:
    """Names and their lines, and for those used all of them; includes are (as written, line, near),
    near being true between quotes."""

    includes: list = field(default_factory=list)
    defined: dict = field(default_factory=dict)  # functions and variables that others can use
    declared: dict = field(default_factory=dict)  # without being defined
    private: set = field(default_factory=set)  # static ones
    used: dict = field(default_factory=dict)
    pointers: set = field(default_factory=set)  # written (*name)(): members of tables above all
    hidden: list = field(default_factory=list)  # (line, what a reader of the text does not see)


def tokens(text):
    """The tokens of a text without comments, those of preprocessor lines in a list of their own."""
    code, directives = [], []
    line, in_directive, line_start = 1, False, 0
    for match in PIECE.finditer(text):
        piece = match.group()
        first_of_line = not text[line_start : match.start()].strip()
        if match.lastgroup == "sign" and piece == "#" and first_of_line:
            in_directive = True
        elif match.lastgroup == "newline":
            in_directive = False
        elif match.lastgroup != "skip":
            token = Token(piece, line, match.lastgroup == "word", match.start() == line_start)
            (directives if in_directive else code).append(token)
        if "\n" in piece:
            line += piece.count("\n")
            line_start = match.start() + piece.rindex("\n") + 1
    return code, directives


def closing(code, start):
    """The place of the bracket that closes the one at start, or the end."""
    depth = 0
    for place in range(start, len(code)):
        if code[place].text in OPENING:
            depth += 1
        elif code[place].text in OPENING.values():
            depth -= 1
            if depth == 0:
                return place
    return len(code) - 1


def declarations(code):
    """Splits a file: each declaration as its tokens without what is in braces, and how it ends."""
    current, place = [], 0
    while place < len(code):
        token = code[place]
        if token.at_margin and token.is_word and current and current[-1].text == ")":
            current = []  # a macro that stands alone, like type_init(...)
        if token.text == "{" and is_function_head(current):
            yield current, "{"
            current, place = [], closing(code, place)
        elif token.text in OPENING:
            end = closing(code, place)
            current += [token, code[end]] if token.text == "{" else code[place : end + 1]
            place = end
        elif token.text == ";":
            yield current, ";"
            current = []
        else:
            current.append(token)
        place += 1


def is_function_head(declaration):
    return bool(declaration) and declaration[-1].text == ")" and not has(declaration, "=")


def has(declaration, text):
    return any(token.text == text for token in declaration)


def without_attributes(declaration):
    kept, place = [], 0
    while place < len(declaration):
        if declaration[place].text in ("__attribute__", "_Alignas"):
            place = closing(declaration, place + 1)
        else:
            kept.append(declaration[place])
        place += 1
    return kept


def function_name(declaration):
    """The word before the first bracket; None if what is declared is no function."""
    for before, token, after in zip(declaration, declaration[1:], declaration[2:]):
        if token.text in ("=", "{"):
            return None
        if token.text == "(":
            is_name = before.is_word and before.text not in KEYWORDS and after.text != "*"
            return before if is_name else None
    return None


def variable_names(declaration):
    """The last word before each "=", "[", "," or the end; of a pointer to a function, (*name)."""
    names, candidate, place = [], None, 0
    while place < len(declaration):
        token = declaration[place]
        if token.text == "(" and declaration[place + 1].text == "*":
            inside = declaration[place + 2 : closing(declaration, place)]
            return [word for word in inside if word.is_word][-1:]
        if token.text == "=":
            return names + ([candidate] if candidate else [])
        if token.text in OPENING:
            place = closing(declaration, place)
            if token.text == "{":
                candidate = None
        elif token.text == ",":
            names, candidate = names + ([candidate] if candidate else []), None
        elif token.is_word and token.text not in KEYWORDS:
            candidate = token
        place += 1
    return names + ([candidate] if candidate else [])


def is_type_alone(declaration):
    """struct X, struct X {}, enum {}: nothing that is there when the program runs."""
    words = [token for token in declaration if token.text not in ("{", "}")]
    return (
        not words
        or has(declaration, "typedef")
        or words[0].text == "_Static_assert"
        or (words[0].text in ("struct", "union", "enum") and len(words) <= 2)
    )


def take_down(source, declaration, end, is_header):
    declaration = without_attributes(declaration)
    if is_type_alone(declaration):
        return
    function = function_name(declaration)
    names = [function] if function else variable_names(declaration)
    defines = end == "{" or not (function or is_header or has(declaration, "extern"))
    for name in names:
        if has(declaration, "static"):
            source.private.add(name.text)
        elif defines:
            source.defined.setdefault(name.text, name.line)
        else:
            source.declared.setdefault(name.text, name.line)


def uses(code):
    """Every word but names of members (behind "." or "->") and those of types (behind "struct")."""
    before = ""
    for token in code:
        if token.is_word and token.text not in KEYWORDS and before not in NOT_BEFORE_A_USE:
            yield token
        before = token.text


def read(text, is_header):
    source = Source()
    code, directives = tokens(text)
    for number, line in enumerate(text.split("\n"), 1):
        include = INCLUDE.match(line)
        if include and include.group("made"):
            source.hidden.append((number, "includes what a macro says"))
        elif include:
            near = include.group("near")
            source.includes.append((near or include.group("far"), number, bool(near)))
    for token in code:
        if token.text == "extern" and not token.at_margin:
            source.hidden.append((token.line, "declares something inside of a function"))
    for left, star, name, right, open_ in zip(code, code[1:], code[2:], code[3:], code[4:]):
        if left.text + star.text + right.text + open_.text == "(*)(":
            source.pointers.add(name.text)
    for declaration, end in declarations(code):
        take_down(source, declaration, end, is_header)
    for token in [*uses(code), *uses(directives)]:
        source.used.setdefault(token.text, []).append(token.line)
    for name, line in source.declared.items():
        source.used[name].remove(line)  # to declare it is not to use it
    return source
