# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the check itself: small made trees, and the faults that it has to find in them."""

import contextlib
import os
import tempfile
import traceback

import check_structure
from rooms import Rooms

ROOMS = """
low:
high: low    # a comment
top: high/high.h
public: high/high.h
"""

# Nothing is wrong with this tree; the others differ from it in some files.
CLEAN = {
    "low/list.h": "struct list;\nvoid list_add(struct list *list, int number);\n",
    "low/list.c": '#include "list.h"\n\nstruct list {\n    int count;\n};\n\n'
    "void list_add(struct list *list, int number)\n{\n    list->count += number;\n}\n",
    "high/high.h": '#include "low/list.h"\n\nint high_open(struct list *list);\n'
    "int high_run(struct list *list);\n",
    "high/open.c": '#include "high.h"\n\nint high_open(struct list *list)\n{\n'
    "    list_add(list, 1);\n    return 0;\n}\n",
    "high/run.c": '#include "high.h"\n\nint high_run(struct list *list)\n{\n'
    "    return high_open(list);\n}\n",
    "top/main.c": '#include "high/high.h"\n\nint main(void)\n{\n    return high_run(NULL);\n}\n',
}


@contextlib.contextmanager
def made_tree(files):
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(text)
        yield root


def expect(changes, circles=(), directions=(), headers=(), documents=(), rooms=ROOMS):
    """Checks CLEAN with these changes; each expected fault is a list of texts to be found in it."""
    with made_tree({**CLEAN, **changes}) as root:
        found = [list_of_faults for _, list_of_faults in check_structure.faults(root, Rooms(rooms))]
    for faults, expected in zip(found, (circles, directions, headers, documents)):
        assert len(faults) == len(expected), f"expected {expected}, found {faults}"
        for fault, texts in zip(faults, expected):
            for text in texts:
                assert text in fault, f"'{text}' is not in '{fault}'"


def test_clean_tree():
    expect({})


def test_circle_by_include():
    expect(
        {
            "low/node.h": '#include "list.h"\n',
            "low/list.h": '#include "node.h"\n\n' + CLEAN["low/list.h"],
        },
        circles=[["2 modules: low/list, low/node", "low/list.h:1: includes low/node.h"]],
    )


def test_circle_by_call_through_a_public_header():
    expect(
        {"high/open.c": CLEAN["high/open.c"].replace("return 0", "return high_run(list)")},
        circles=[
            [
                "2 modules: high/open, high/run",
                "high/open.c:6: uses high_run, which high/run.c:3 defines",
                "high/run.c:5: uses high_open, which high/open.c:3 defines",
            ]
        ],
    )


def test_umbrella_header():
    expect(
        {
            "low/list.h": CLEAN["low/list.h"] + "void tree_add(int number);\n",
            "low/tree.c": '#include "list.h"\n\nvoid tree_add(int number)\n{\n'
            "    list_add(NULL, number);\n}\n",
        },
        headers=[["low/list.h:3: declares tree_add, which low/tree.c defines"]],
    )


def test_circle_by_a_declaration_of_ones_own():
    source = CLEAN["low/list.c"].replace("+= number", "+= tree_count")
    expect(
        {
            "low/list.c": source.replace("\n\n", "\n\nextern int tree_count;\n\n", 1),
            "low/tree.h": "extern int tree_count;\n",
            "low/tree.c": '#include "tree.h"\n#include "list.h"\n\nint tree_count = 1;\n',
        },
        circles=[["low/list.c:11: uses tree_count, which low/tree.c:4 defines"]],
        headers=[["low/list.c:3: declares tree_count itself; low/tree.c defines it"]],
    )


def test_circle_by_a_declaration_inside_of_a_function():
    body = "    extern int high_run(struct list *list);\n\n    high_run(list);\n"
    expect(
        {"low/list.c": CLEAN["low/list.c"].replace("{\n    list->", "{\n" + body + "    list->")},
        circles=[["4 modules", "low/list.c:9: uses high_run, which high/run.c:3 defines"]],
        directions=[["low/list.c:9: low may not use high"]],
        headers=[["low/list.c:9: declares something inside of a function"]],
    )


def test_forbidden_call_by_a_macro():
    expect(
        {"low/up.h": "#define GO_UP(list) high_run(list)\n"},
        directions=[["low/up.h:1: low may not use high: uses high_run, which high/run.c:3"]],
    )


def test_forbidden_include_in_other_clothes():
    for line in ("<high/high.h>", '/* x */ "high/high.h"'):
        expect(
            {"low/up.c": f"#include {line}\n"},
            directions=[["low/up.c:1: low may not use high: includes high/high.h"]],
        )
    expect(
        {"low/up.c": '#define UP "high/high.h"\n#include UP\n'},
        headers=[["low/up.c:2: includes what a macro says"]],
    )


def test_forbidden_include():
    expect(
        {"low/up.c": '#include <a.h>\n#include "high/high.h"\n'},
        directions=[["low/up.c:2: low may not use high: includes high/high.h"]],
    )


def test_forbidden_call():
    main = CLEAN["top/main.c"].replace("return", "list_add(NULL, 1);\n    return")
    fault = "top/main.c:5: top may not use low: uses list_add, which low/list.c:7 defines"
    expect({"top/main.c": main}, directions=[[fault]])


def test_header_that_is_not_the_public_one():
    expect(
        {"high/inside.h": "struct inside;\n", "top/other.c": '#include "high/inside.h"\n'},
        directions=[["top/other.c:1: top may not use high: includes high/inside.h"]],
    )


def test_file_in_no_room():
    expect({"new/file.c": "int new;\n"}, directions=[["new/file.c: is in no room"]])
    expect({"new/file.c": "int new;\n"}, rooms=ROOMS + "outside: new\n")
    expect({"build/a.c": "int new;\n", "build/build.ninja": ""})


def test_public_header_with_a_source():
    expect({"high/high.c": "static int nothing;\n"}, headers=[["high/high.h: is a public header"]])


def test_declaration_without_definition():
    expect(
        {"low/list.h": CLEAN["low/list.h"] + "extern const int list_gone[];\n"},
        headers=[["low/list.h:3: declares list_gone, which nothing defines"]],
    )


def test_what_is_no_use():
    """Comments, texts, members, types, and a table of functions by which low code calls high."""
    expect(
        {
            "low/calls.h": "/* high_open() is\n * meant. */\nstruct calls {\n"
            "    int (*high_open)(struct calls *calls);\n};\n\n"
            "int calls_make(struct calls *calls);\n",
            "low/calls.c": '#include "calls.h"\n\nint calls_make(struct calls *calls)\n{\n'
            '    // high_run()\n    puts("high_run() \\" high_open");\n'
            "    return calls->high_open(calls);\n}\n",
            "high/run.c": '#include "high.h"\n#include "low/calls.h"\n\n'
            "static const struct calls calls = {.high_open = high_open};\n\n"
            "int high_run(struct list *list)\n{\n    return calls_make(&calls);\n}\n",
        }
    )


def test_shapes_of_declarations():
    expect(
        {
            "low/shapes.h": "typedef void shape_handler(int number);\n\nshape_handler shape_one;\n"
            "void shape_two(void (*each)(int number), int number)\n"
            "    __attribute__((format(printf, 1, 2)));\nextern int (*shape_three)(void);\n\n"
            "static inline int shape_four(void)\n{\n    return 1;\n}\n",
            "low/shapes.c": '#include "shapes.h"\n\ntype_init(shapes)\n\n'
            "void shape_one(int number)\n{\n}\n\n"
            "void shape_two(void (*each)(int number), int number)\n{\n    each(number);\n}\n\n"
            "static const struct {\n    int number;\n} table[] = {\n    {1},\n    {2},\n};\n\n"
            "int (*shape_three)(void) = shape_four;\n",
        }
    )


def test_document_that_is_true():
    text = (
        "<!-- a/comment -->\n`low/` has `low/list.c: list_add()`, declared in `low/list.h`.\n"
        "|   high/open.c: high_open()   and high/run.c: high_run()   [else](or/where.md)\n"
        "Here `low/list.c` twice: `high/none.c: helper()`.\n"
    )
    expect(
        {
            "docs/architecture.md": text,
            "high/none.c": "static int helper(int number)\n{\n    return number;\n}\n",
        }
    )


def test_document_that_is_out_of_date():
    text = (
        "# Title\n`low/gone.c` and `low/list.c: list_remove()`\n`list_add()` in no file\n"
        "`middle/` is gone, `high/run.c: high_open()` has moved, `high/gone.c: high_run()`\n"
        "`low/: list_add()` is no file\n"
    )
    expect(
        {"docs/concepts.md": text},
        documents=[
            ["docs/concepts.md:2: names low/gone.c, which is not there"],
            ["docs/concepts.md:2: names list_remove(), which low/list.c does not define"],
            ["docs/concepts.md:3: names list_add() without the file that has it"],
            ["docs/concepts.md:4: names middle/, which is not there"],
            ["docs/concepts.md:4: names high_open(), which high/run.c does not define"],
            ["docs/concepts.md:4: names high/gone.c, which is not there"],
            ["docs/concepts.md:4: names high_run(), which high/gone.c does not define"],
            ["docs/concepts.md:5: names list_add(), which low/ does not define"],
        ],
    )


def test_rooms_that_are_not_there():
    try:
        Rooms("low: nowhere\n")
    except ValueError as error:
        assert "nowhere" in str(error)
    else:
        raise AssertionError("rooms may use what is not there")


def test_rooms_that_may_use_each_other():
    expect({}, rooms=ROOMS.replace("low:", "low: high/run.h"), directions=[["high, low"]])


def run():
    """Returns how many tests passed and failed; says why."""
    passed = failed = 0
    for name, test in sorted(globals().items()):
        if name.startswith("test_"):
            try:
                test()
                passed += 1
            except Exception:
                print(f"the check of the structure itself fails {name}:\n{traceback.format_exc()}")
                failed += 1
    return passed, failed
