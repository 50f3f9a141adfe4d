# SPDX-License-Identifier: GPL-3.0-or-later
"""A client of the remote serial protocol that talks to `ebb replay --stdio` itself: for tests that
make more moves than would be bearable through gdb."""

import os
import re
import select
import signal
import subprocess
import time

from . import ebb as ebb_module
from .process import WATCHDOG, Timeout, kill_group


class RemoteError(AssertionError):
    """The server answered with an error."""


class Stop:
    """A stop reply: signal, fields by name, and the text that was printed before it."""

    def __init__(self, reply, text):
        self.reply = reply
        self.text = text
        self.signal = int(reply[1:3], 16)
        self.fields = dict(field.split(":", 1) for field in reply[3:].split(";") if ":" in field)
        self.watch = next((name for name in ("watch", "rwatch", "awatch") if name in self.fields),
                          None)
        self.address = int(self.fields[self.watch], 16) if self.watch else None
        self.by_reset = "the reset wrote" in text
        self.by_device = self.by_reset or "a device wrote" in text

    @property
    def pc_field(self):
        """gdb's number of the PC: of AArch64, which has as many registers, or of ARM."""
        return "20" if "20" in self.fields else "0f"

    @property
    def pc(self):
        return int.from_bytes(bytes.fromhex(self.fields[self.pc_field]), "little")

    @property
    def reason(self):
        """"begin" or "end" of history, "watch", "break", or "step"."""
        if "replaylog" in self.fields:
            return self.fields["replaylog"]
        if self.watch:
            return "watch"
        return "break" if "swbreak" in self.fields or "hwbreak" in self.fields else "step"

    def __repr__(self):
        return "<%s%s>" % (self.reply, " %r" % self.text if self.text else "")


class Rsp:
    """A connection to a server of its own."""

    def __init__(self, recording, *options):
        command = [ebb_module.current().path, "replay", "--stdio", *options, recording]
        self.child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, bufsize=0, start_new_session=True)
        self.input = b""
        self.last = []  # packets, to tell how a failure came about
        self._names = None
        self._acknowledge = True
        try:
            self.ask("qSupported:swbreak+;hwbreak+;xmlRegisters=arm,aarch64")
            self.ask("QStartNoAckMode")
        except BaseException:
            self.close()
            raise
        self._acknowledge = False
        # Who sends packets by hand means single instructions, and no commands of gdb's.
        self.monitor("step-over-interrupts off")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        kill_group(self.child)
        for stream in (self.child.stdin, self.child.stdout, self.child.stderr):
            stream.close()

    def _fill(self, deadline):
        output = self.child.stdout
        if not select.select([output], [], [], max(0, deadline - time.monotonic()))[0]:
            raise Timeout("no answer to %s" % self.last[-5:])
        data = os.read(output.fileno(), 65536)
        if not data:
            errors = self.child.stderr.read().decode(errors="replace")
            raise AssertionError("ebb replay ended after %s: %s" % (self.last[-5:], errors))
        self.input += data

    def _receive(self, deadline):
        """The next packet's contents, escapes and runs undone."""
        while True:
            begin = self.input.find(b"$")
            end = self.input.find(b"#", begin + 1)
            if begin >= 0 and end >= 0 and len(self.input) >= end + 3:
                break
            self._fill(deadline)
        raw, self.input = self.input[begin + 1:end], self.input[end + 3:]
        if self._acknowledge:
            self.child.stdin.write(b"+")
        raw = re.sub(rb"(.)\*(.)", lambda m: m[1] * (m[2][0] - 28), raw, flags=re.DOTALL)
        return re.sub(rb"}(.)", lambda m: bytes([m[1][0] ^ 0x20]), raw, flags=re.DOTALL)

    def _reply(self):
        """The reply to a packet and the text printed before it."""
        deadline = time.monotonic() + WATCHDOG
        text = ""
        while True:
            reply = self._receive(deadline).decode("latin-1")
            if not (reply.startswith("O") and reply != "OK"):
                return reply, text
            text += bytes.fromhex(reply[1:]).decode(errors="replace")

    def exchange_all(self, packets):
        """Sends packets at once; returns reply and text of each. Not for moves."""
        self.last = (self.last + packets)[-40:]
        data = [packet.encode() for packet in packets]
        self.child.stdin.write(b"".join(b"$%s#%02x" % (d, sum(d) % 256) for d in data))
        return [self._reply() for _ in packets]

    def exchange(self, packet):
        return self.exchange_all([packet])[0]

    def ask(self, packet):
        reply, text = self.exchange(packet)
        if reply.startswith("E") and (len(reply) == 3 or reply.startswith("E.")):
            raise RemoteError("%s: %s %s" % (packet, reply, text))
        return reply

    def move(self, packet):
        """Resumes with c, s, bc, bs or vCont; returns the Stop."""
        reply, text = self.exchange(packet)
        if not reply.startswith("T"):
            raise RemoteError("%s: %s %s" % (packet, reply, text))
        return Stop(reply, text)

    def move_interrupted(self, packet):
        """The same with a Ctrl-C right behind the packet."""
        self.last = (self.last + [packet])[-40:]
        data = packet.encode()
        self.child.stdin.write(b"$%s#%02x\x03" % (data, sum(data) % 256))
        return Stop(*self._reply())

    def monitor(self, command):
        reply, text = self.exchange("qRcmd," + command.encode().hex())
        if reply != "OK":
            raise RemoteError("monitor %s: %s %s" % (command, reply, text))
        return text

    def seek(self, position):
        self.monitor("seek %s" % position)

    def state(self):
        """The position, the g packet, and the digests of registers and RAM."""
        position, registers, digest = self.exchange_all(
            ["qRcmd," + b"position".hex(), "g", "qRcmd," + b"digest".hex()])
        return int(position[1].split()[1]), registers[0], digest[1].strip()

    def place(self):
        """The position, the first and the last one."""
        return tuple(int(number) for number in
                     re.search(r"position (\d+) of (\d+) to (\d+)",
                               self.monitor("position")).groups())

    def position(self):
        return self.place()[0]

    def registers(self):
        """The g packet, in hexadecimal digits."""
        return self.ask("g")

    def register(self, number):
        """A little-endian one's value."""
        return int.from_bytes(bytes.fromhex(self.ask("p%x" % number)), "little")

    def word(self, address):
        """Four bytes of memory as a little-endian number; None: they cannot be read."""
        reply = self.exchange("m%x,4" % address)[0]
        return int.from_bytes(bytes.fromhex(reply), "little") if len(reply) == 8 else None

    def document(self, name):
        text = ""
        while True:
            reply = self.ask("qXfer:features:read:%s:%x,3000" % (name, len(text)))
            text += reply[1:]
            if reply[0] == "l":
                return text

    def register_names(self):
        """(number, name) of all registers of the target description."""
        found, number = [], 0
        for document in re.findall(r'include +href="([^"]+)"', self.document("target.xml")):
            for tag in re.findall(r"<reg [^>]*>", self.document(document)):
                attributes = dict(re.findall(r'(\w+)="([^"]*)"', tag))
                number = int(attributes.get("regnum", number))
                found.append((number, attributes["name"]))
                number += 1
        return found

    def all_registers(self):
        """Every register's value by name, those that the g packet leaves out included."""
        replies = []
        for begin in range(0, len(self.names()), 50):
            replies += self.exchange_all(["p%x" % number for number, _ in
                                          self.names()[begin:begin + 50]])
        return {name: reply[0] for (_, name), reply in zip(self.names(), replies)}

    def names(self):
        if not self._names:
            self._names = self.register_names()
        return self._names

    def workers(self):
        """Process ids of the workers."""
        found = []
        for thread in os.listdir("/proc/%d/task" % self.child.pid):
            with open("/proc/%d/task/%s/children" % (self.child.pid, thread)) as file:
                found += [int(pid) for pid in file.read().split()]
        return found

    def kill_worker(self, number):
        workers = self.workers()
        if workers:
            os.kill(workers[number % len(workers)], signal.SIGKILL)
