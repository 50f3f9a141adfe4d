# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs groups of tests in several processes at a time. A group stays in one process, since its tests
share recordings and hosts."""

import concurrent.futures
import multiprocessing
import re

from . import kvm

HOST = re.compile(r"\.Kvm_([^_]+_[^_]+)_")  # as of kvm.Hosts


def _group(name):
    """What is the same for tests that stay together: the module, and the host that makes their
    recordings."""
    if name.startswith("test_kvm") and kvm.is_arm_host():
        return "test_kvm"  # no two guests under KVM at once
    host = HOST.search(name)
    return name.split(".", 1)[0], host and host.group(1)


def grouped(names):
    """Lists of the names of tests. Those with hosts to boot are first, since they take longest."""
    groups = {}
    for name in names:
        groups.setdefault(_group(name), []).append(name)
    return sorted(groups.values(), key=lambda group: not group[0].startswith("test_kvm"))


def _run_in_pool(count, groups, prepare, run_group):
    """Yields each group with its result, or with None if a process died: it takes the others along."""
    context = multiprocessing.get_context("fork")
    with concurrent.futures.ProcessPoolExecutor(count, context, prepare) as pool:
        futures = {pool.submit(run_group, group): group for group in groups}
        for future in concurrent.futures.as_completed(futures):
            try:
                yield futures[future], future.result()
            except concurrent.futures.BrokenExecutor:
                yield futures[future], None


def run(count, groups, prepare, run_group):
    """Has 'count' processes call prepare() once, and run_group(group) for all groups. Yields each
    group with what that returned, or with None if its process died."""
    left = []
    for group, result in _run_in_pool(count, groups, prepare, run_group):
        if result is None:
            left.append(group)
        else:
            yield group, result
    for group in left:
        yield from _run_in_pool(1, [group], prepare, run_group)
