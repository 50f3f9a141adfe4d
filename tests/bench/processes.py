# SPDX-License-Identifier: GPL-3.0-or-later
"""What a process and those that it has started use: CPU time and memory. Used inside gdb as well."""

import os

WORKER = "qemu-system"  # how the names of workers begin, and that of the peer
TICK = os.sysconf("SC_CLK_TCK")


def children(pid):
    """The processes that one has started; none if it has ended."""
    found = []
    try:
        for thread in os.listdir("/proc/%d/task" % pid):
            with open("/proc/%d/task/%s/children" % (pid, thread)) as file:
                found += [int(child) for child in file.read().split()]
    except (FileNotFoundError, ProcessLookupError):
        pass
    return found


def tree(pid):
    """A process and all below it, itself first."""
    return [pid] + [below for child in children(pid) for below in tree(child)]


def cpu_seconds(pid):
    """What a process has used and those below it, with those that have ended and were waited for."""
    seconds = 0.0
    for member in tree(pid):
        try:
            with open("/proc/%d/stat" % member) as file:
                seconds += sum(int(ticks) for ticks in file.read().rsplit(")", 1)[1].split()[11:15])
        except (FileNotFoundError, ProcessLookupError):
            pass
    return seconds / TICK


def status(pid):
    """The name of a process and the most memory that it had at once, in bytes; or None."""
    try:
        with open("/proc/%d/status" % pid) as file:
            lines = dict(line.split(":", 1) for line in file)
        return lines["Name"].strip(), int(lines["VmHWM"].split()[0]) * 1024
    except (FileNotFoundError, ProcessLookupError, KeyError):
        return None  # it has ended


class Memory:
    """The most that engine and workers had, each process for itself, of what was looked at."""

    def __init__(self):
        self.most = {}

    def look(self, pid):
        """Looks at a process and all below it."""
        for member in tree(pid):
            found = status(member)
            if found:
                self.most[member] = (found[0], max(found[1], self.most.get(member, ("", 0))[1]))

    def sums(self):
        """Memory that processes share, as workers do the guest's, is counted in each of them."""
        return {"engine_bytes": sum(most for name, most in self.most.values() if name == "ebb"),
                "workers_bytes": sum(most for name, most in self.most.values()
                                     if name.startswith(WORKER))}
