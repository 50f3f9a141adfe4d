# SPDX-License-Identifier: GPL-3.0-or-later
"""Another commit's build, to compare with: a work tree of git's in the cache, built there."""

import os
import subprocess

from common import ROOT, Failure, log


def cache():
    return os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "ebb")


def git(*arguments):
    done = subprocess.run(["git", "-C", ROOT, *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise Failure("git %s failed: %s" % (arguments[0], done.stderr.strip()))
    return done.stdout.strip()


def full_name(commit):
    try:
        return git("rev-parse", "--verify", "--end-of-options", commit + "^{commit}")
    except Failure:
        raise Failure("there is no commit '%s' here to compare with" % commit) from None


def build_of(commit):
    """The name of a commit, and the folder that its ebb and its QEMU are built in. Its QEMU is that
    of the cache where one was built of the same sources."""
    full = full_name(commit)
    tree = os.path.join(cache(), "against", full)
    if not os.path.exists(os.path.join(tree, "run")):
        git("worktree", "prune")  # of those that were deleted with the cache
        git("worktree", "add", "--force", "--detach", tree, full)
    log("building %s" % full[:12])
    done = subprocess.run([os.path.join(tree, "scripts", "build.sh")], stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise Failure("%s could not be built in %s" % (commit, tree))
    return full[:12], os.path.join(tree, "build")


def build_for_arm64(name, build):
    """Builds the programs of that build for an ARM host."""
    log("building %s for arm64" % name)
    script = os.path.join(os.path.dirname(build), "scripts", "arm64.sh")
    if subprocess.run([script], stdin=subprocess.DEVNULL).returncode != 0:
        raise Failure("%s could not be built for arm64 in %s" % (name, build))


def replays(build, recording):
    """Whether a build replays a recording that another has made."""
    return subprocess.run([os.path.join(build, "cli", "ebb"), "verify", recording],
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0


def recording_for(name, build, guest, recording, other):
    """The recording that a build replays: the one that there is, or one that it makes itself at other,
    by the guest's record()."""
    if replays(build, recording):
        return recording
    log("%s does not replay the recording, and gets one of its own" % name)
    guest.record(build, other)
    return other
