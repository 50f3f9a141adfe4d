# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands with --shard, and what is joined of them."""

import hashlib
import json
import os
import re
import shutil


def masked(output):
    """What a command has printed, without how long it took and on how many workers."""
    text = output.decode() if isinstance(output, bytes) else output
    return re.sub(r'(replayed in |found in |"seconds": |"workers": )[-\d.e]+', r"\1", text)


def damaged(ebb, recording):
    """A copy with a bit changed in the middle of the log."""
    copy = ebb.new_folder()
    shutil.copytree(recording, copy)
    path = os.path.join(copy, "log")
    with open(path, "r+b") as log:
        log.seek(os.path.getsize(path) // 2)
        byte = log.read(1)[0]
        log.seek(-1, os.SEEK_CUR)
        log.write(bytes([byte ^ 4]))
    return copy


def run(ebb, command, recording, count, folder, words=()):
    """Does all shards of a command, with more words; returns their parts."""
    os.makedirs(folder, exist_ok=True)
    parts = []
    for number in range(1, count + 1):
        part = os.path.join(folder, "%s-%d.json" % (command, number))
        result = ebb.run(command, recording, *words, "--shard", "%d/%d" % (number, count), "-o",
                         part)
        if result.status != 0:
            raise AssertionError(result.describe())
        parts.append(part)
    return parts


def assert_joined(test, ebb, command, recording, parts):
    """What is joined is what the command says in one go, also as JSON. Resolving in one go has to
    be told to do it again."""
    again = ["--again"] if command == "resolve" else []
    for options in [], ["--json"]:
        joined = ebb.run("merge", *options, recording, *parts)
        whole = ebb.run(command, *again, *options, recording)
        test.assertEqual(masked(joined.output), masked(whole.output))
        test.assertEqual(joined.errors, whole.errors)
        test.assertEqual(joined.status, whole.status)


def found(parts):
    """What the shards have found that have intervals, in order."""
    documents = []
    for path in parts:
        with open(path) as file:
            documents.append(json.load(file))
    return [document["found"] for document in documents if document["intervals"]["count"]]


def write(path, document):
    """Writes a part with the digest of what it says, whatever that is."""
    rest = {name: value for name, value in document.items() if name != "digest"}
    text = json.dumps(rest, separators=(",", ":"), sort_keys=True)
    with open(path, "w") as file:
        json.dump(dict(rest, digest=hashlib.sha256(text.encode()).hexdigest()), file)
