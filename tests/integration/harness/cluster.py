# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster on this machine: Slurm's daemons, as scripts/cluster.sh leaves them in the cache, in a
folder of their own, with several nodes that listen on loopback. They belong to whoever runs the
tests, and nobody is asked who he is, which takes no daemon for that."""

import getpass
import os
import socket

from . import process

FOLDER = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"),
                      "ebb", "cluster", "slurm")

# A node that does not answer for that many seconds is taken for dead.
SILENCE = 5

CONFIGURATION = """
ClusterName=ebb
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/none
CredType=cred/none
PluginDir={plugins}
SlurmctldPort={port}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/linear
SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SchedulerType=sched/builtin
SlurmdTimeout={silence}
KillWait=1
{nodes}
PartitionName=all Nodes=ALL Default=YES State=UP
"""


def needed_by(test):
    """A test without Slurm is skipped."""
    if not os.path.exists(os.path.join(FOLDER, "bin", "slurmctld")):
        test.skipTest("there is no Slurm: scripts/cluster.sh fetches it")


def free_ports(count):
    """Ports of loopback that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Slurm:
    """A controller and nodes. close() ends what is left of them."""

    def __init__(self, folder, nodes):
        self.folder = folder
        self.configuration = os.path.join(folder, "slurm.conf")
        self.environment = dict(os.environ, SLURM_CONF=self.configuration,
                                PATH=os.path.join(FOLDER, "bin") + ":" + os.environ["PATH"])
        self.daemons = {}
        os.makedirs(os.path.join(folder, "state"))
        self._configure(nodes)
        try:
            self._start("controller", "Running as primary controller",
                        [self.program("slurmctld"), "-D", "-f", self.configuration])
            for node in nodes:
                os.makedirs(os.path.join(folder, node))
                self._start(node, "started on",
                            [self.program("slurmd"), "-D", "-N", node, "-f", self.configuration,
                             "-d", self.program("slurmstepd")])
        except BaseException:
            self.close()
            raise

    @staticmethod
    def program(name):
        return os.path.join(FOLDER, "bin", name)

    def _configure(self, nodes):
        host = socket.gethostname().split(".")[0]
        ports = free_ports(len(nodes) + 1)
        lines = ["NodeName=%s NodeHostname=%s NodeAddr=127.0.0.1 Port=%d CPUs=1 State=UNKNOWN" %
                 (node, host, port) for node, port in zip(nodes, ports[1:])]
        with open(self.configuration, "w") as file:
            file.write(CONFIGURATION.format(
                host=host, user=getpass.getuser(), plugins=os.path.join(FOLDER, "plugins"),
                port=ports[0], folder=self.folder, silence=SILENCE, nodes="\n".join(lines)))

    def _start(self, name, ready, command):
        self.daemons[name] = process.Process(command, env=self.environment)
        self.daemons[name].wait_for(ready)

    def run(self, command, **keywords):
        """Runs a program that finds this cluster's commands in its PATH."""
        return process.run(command, env=dict(self.environment, **keywords))

    def kill(self, node):
        """Ends a node's daemon as if its power was gone; what it runs is the caller's to end."""
        self.daemons.pop(node).close()

    def array_task(self, number):
        """What Slurm says of the job that is that task of an array."""
        jobs = self.run(["scontrol", "show", "job", "--oneliner"]).text().splitlines()
        found = [dict(word.split("=", 1) for word in job.split() if "=" in word) for job in jobs]
        (task,) = [job for job in found if job.get("ArrayTaskId") == str(number)]
        return task

    def wait_for_requeue(self, number):
        """Waits until a task's node is found dead, and lets the task begin again at once: Slurm
        would have it wait for two minutes."""
        self.daemons["controller"].wait_for("Requeuing JobId=")
        self.run(["scontrol", "update", "JobId=" + self.array_task(number)["JobId"],
                  "StartTime=now"])

    def close(self):
        for daemon in self.daemons.values():
            if daemon.child.poll() is None:
                daemon.child.terminate()
        for daemon in self.daemons.values():
            daemon.wait()
            daemon.close()
        self.daemons.clear()
