# SPDX-License-Identifier: GPL-3.0-or-later
"""The half of lldb.py that runs in LLDB: takes commands from standard input, one a line, and answers
each with a line of JSON behind a mark."""

import json
import os

import lldb

MARK = "\x01"


def stop_of(debugger):
    """Why the only thread has stopped, and where."""
    thread = debugger.GetSelectedTarget().GetProcess().GetSelectedThread()
    if not thread.IsValid():
        return None
    frame = thread.GetFrameAtIndex(0)
    return {"reason": thread.GetStopDescription(200), "pc": frame.GetPC(),
            "function": frame.GetFunctionName(), "line": frame.GetLineEntry().GetLine()}


def answer(debugger, command):
    result = lldb.SBCommandReturnObject()
    debugger.GetCommandInterpreter().HandleCommand(command, result)
    return {"text": result.GetOutput() or "", "error": result.GetError() or "",
            "failed": not result.Succeeded(), "stop": stop_of(debugger)}


def serve(debugger):
    debugger.SetAsync(False)
    with os.fdopen(os.dup(0)) as commands, os.fdopen(os.dup(1), "w") as answers:
        for command in commands:
            answers.write("\n" + MARK + json.dumps(answer(debugger, command.strip())) + "\n")
            answers.flush()


def __lldb_init_module(debugger, _):
    serve(debugger)
