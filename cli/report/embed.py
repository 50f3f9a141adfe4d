#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the page of a report, but for the data, into a C header.

    embed.py HEADER PAGE.html PAGE.css SCRIPT.js...

Style and scripts are put into the page, one behind the other, and a policy that has a browser run and
use these only, whatever the data is: by their digests (Content Security Policy Level 3, 2.3.1).
"""

import base64
import hashlib
import sys

WIDTH = 16  # bytes in a line


def read(path):
    with open(path, encoding="ascii") as file:
        return file.read()


def source(text):
    """What the policy calls the element whose content is the text."""
    return "'sha256-%s'" % base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def page(html, style, script):
    """What is before the data, and behind it."""
    for text in (style, script):
        if "</s" in text.lower() or "<!--" in text:
            sys.exit("embed.py: a browser would take this for the end of the style or script")
    policy = "; ".join(("default-src 'none'", "style-src " + source(style),
                        "script-src " + source(script), "base-uri 'none'", "form-action 'none'"))
    for name, text in (("POLICY", policy), ("STYLE", style), ("SCRIPT", script)):
        before, behind = html.split("@%s@" % name)
        html = before + text + behind
    return html.split("@DATA@")


def array(name, text):
    data = text.encode("ascii")
    lines = [", ".join("%d" % byte for byte in data[i:i + WIDTH])
             for i in range(0, len(data), WIDTH)]
    return "static const char %s[] = {\n    %s,\n};\n" % (name, ",\n    ".join(lines))


def main():
    header, html, style, *scripts = sys.argv[1:]
    head, tail = page(read(html), read(style), "".join(read(script) for script in scripts))
    with open(header, "w", encoding="ascii") as file:
        file.write(array("report_page_head", head) + array("report_page_tail", tail))


if __name__ == "__main__":
    main()
