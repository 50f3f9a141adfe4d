# SPDX-License-Identifier: GPL-3.0-or-later
"""However a recording ends, it can be replayed up to where it ended."""

import os
import random
import resource
import shutil
import signal
import unittest

from harness import ebb, images
from harness.qmp import Monitor


def processes_of_group(group):
    """The (pid, command line) of each process of a process group."""
    found = []
    for entry in os.listdir("/proc"):
        try:
            if entry.isdigit() and os.getpgid(int(entry)) == group:
                with open("/proc/%s/cmdline" % entry, "rb") as file:
                    found.append((int(entry), file.read()))
        except (ProcessLookupError, FileNotFoundError):
            pass
    return found


class Endings(unittest.TestCase):
    def setUp(self):
        self.ebb = ebb.current()

    def start(self, extra=(), options=(), **keywords):
        """Starts recording a guest that never ends by itself; waits until it runs."""
        recorder = self.ebb.start_recording(
            self.ebb.guests.bare("forever-aarch64") + list(extra), options, **keywords)
        self.addCleanup(recorder.close)
        recorder.expect("forever: round 20")
        return recorder

    def check_complete(self, recording, reason="quit"):
        info = self.ebb.info(recording)
        self.assertTrue(info["complete"])
        self.assertEqual(info["end"], reason)
        result = self.ebb.json("verify", "--json", recording)
        self.assertTrue(result["end_state_compared"], result)

    def check_cut_off(self, recording):
        """Replays up to what is there, and says that it was cut off. Returns the end."""
        info = self.ebb.info(recording)
        self.assertFalse(info["complete"])
        result = self.ebb.run("verify", recording)
        self.assertEqual(result.status, 0, result.describe())
        self.assertIn("cut off", result.text())
        return info["end_position"]

    def test_sigint(self):
        recorder = self.start()
        recorder.signal(signal.SIGINT)
        self.assertEqual(recorder.wait(), 0, recorder.describe())
        self.check_complete(recorder.recording)

    def test_sigterm(self):
        recorder = self.start()
        recorder.signal(signal.SIGTERM)
        self.assertEqual(recorder.wait(), 0, recorder.describe())
        self.check_complete(recorder.recording)

    def test_signal_while_the_cpu_sleeps(self):
        recorder = self.ebb.start_recording(self.ebb.guests.bare("echo-aarch64"))
        self.addCleanup(recorder.close)
        recorder.expect("'quit' ends")
        recorder.signal(signal.SIGTERM)
        self.assertEqual(recorder.wait(), 0, recorder.describe())
        self.check_complete(recorder.recording)

    def test_monitor_quit(self):
        path = os.path.join(self.ebb.folder, "qmp-quit")
        recorder = self.start(["-qmp", "unix:%s,server=on,wait=off" % path])
        monitor = Monitor(path)
        monitor.command("quit")
        self.assertEqual(recorder.wait(), 0, recorder.describe())
        monitor.close()
        self.check_complete(recorder.recording)

    def test_monitor_reset(self):
        """A reset from outside is recorded through."""
        path = os.path.join(self.ebb.folder, "qmp-reset")
        recorder = self.start(["-qmp", "unix:%s,server=on,wait=off" % path])
        monitor = Monitor(path)
        monitor.command("system_reset")
        recorder.expect("forever: round 1\r\n")
        recorder.expect("forever: round 5\r\n")
        monitor.command("quit")
        self.assertEqual(recorder.wait(), 0, recorder.describe())
        monitor.close()
        self.assertEqual(self.ebb.info(recorder.recording)["events"].get("reset"), 1)
        self.check_complete(recorder.recording)

    def test_stop_and_continue(self):
        """Time stands still while the guest is stopped; the recording does not notice."""
        path = os.path.join(self.ebb.folder, "qmp-stop")
        recorder = self.start(["-qmp", "unix:%s,server=on,wait=off" % path])
        monitor = Monitor(path)
        monitor.command("stop")
        monitor.command("cont")
        recorder.expect("forever: round")
        monitor.command("quit")
        self.assertEqual(recorder.wait(), 0, recorder.describe())
        monitor.close()
        self.check_complete(recorder.recording)

    def test_device_plugged_in(self):
        """What may not be recorded when the guest starts ends its recording when it comes later."""
        path = os.path.join(self.ebb.folder, "qmp-plug")
        recorder = self.start(["-device", "pcie-root-port,id=socket,chassis=1",
                               "-qmp", "unix:%s,server=on,wait=off" % path])
        monitor = Monitor(path)
        monitor.command("device_add", driver="rtl8139", romfile="", bus="socket")
        recorder.wait()
        monitor.close()
        self.assertIn("the device rtl8139 ", recorder.errors.decode())
        self.check_cut_off(recorder.recording)

    def test_sigkill(self):
        """Nobody gets to say goodbye."""
        recorder = self.start(options=["--keyframe-interval", "20000000"])
        while self.ebb.info(recorder.recording)["end_position"] <= 20000000:
            recorder.expect("forever: round")
        group = processes_of_group(recorder.child.pid)
        self.assertTrue(any(b"ebb-recorder" in command for _, command in group), group)
        # QEMU ends the recording in good order if it sees ebb die: it is not to get the time.
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid, _ in group:
                os.kill(pid, number)
        recorder.wait()
        self.assertGreater(self.check_cut_off(recorder.recording), 20000000)

    def test_ebb_dies_alone(self):
        """When ebb itself is killed QEMU ends the recording in good order."""
        recorder = self.start()
        recorder.child.kill()
        recorder.wait()  # the pipes close when QEMU has ended as well
        self.check_complete(recorder.recording)

    def fill_disk(self, extra=()):
        """A file size limit stands for a full disk: the write fails in the same way."""
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (300000, 300000))
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

        recorder = self.ebb.start_recording(self.ebb.guests.bare("forever-aarch64") + list(extra),
                                            ["--keyframe-interval", "5000000"],
                                            preexec_fn=limit, restore_signals=False)
        self.addCleanup(recorder.close)
        self.assertNotEqual(recorder.wait(), 0, recorder.describe())
        self.assertRegex(recorder.errors.decode(), "(?i)too large|no space|cannot write")
        return recorder

    def test_full_disk(self):
        recorder = self.fill_disk()
        self.assertIn("; the recording can be replayed up to here\n", recorder.errors.decode())
        self.check_cut_off(recorder.recording)

    def test_disk_full_at_once(self):
        """Without its first keyframe nothing can be replayed, and everybody says so."""
        data = os.path.join(self.ebb.folder, "random")
        with open(data, "wb") as file:
            file.write(random.Random(1).randbytes(1 << 20))
        recorder = self.fill_disk(["-device",
                                   "loader,file=%s,addr=0x41000000,force-raw=on" % data])
        self.assertEqual(self.ebb.info(recorder.recording)["keyframe_count"], 0)
        self.assertIn("; nothing of the recording can be replayed", recorder.errors.decode())
        self.assertNotIn("up to", recorder.errors.decode())
        told = self.ebb.run("info", recorder.recording)
        self.assertEqual(told.status, 0, told.describe())
        self.assertIn("cut off before the first keyframe was complete; nothing can be replayed, "
                      "record again", told.text())
        for command in ("verify", "replay"):
            refused = self.ebb.run(command, recorder.recording)
            self.assertEqual(refused.status, 4, refused.describe())
            self.assertRegex(refused.errors.decode(),
                             "nothing of the recording .* can be replayed, .*; record again\n")

    def test_truncated_anywhere(self):
        """Cut off at any byte of its log a recording replays up to its last whole block."""
        recorder = self.start()
        recorder.expect("forever: round 200\r\n")
        recorder.signal(signal.SIGTERM)
        self.assertEqual(recorder.wait(), 0, recorder.describe())
        whole = self.ebb.info(recorder.recording)
        log = max((os.path.join(path, name) for path, _, names in os.walk(recorder.recording)
                   for name in names if "log" in name), key=os.path.getsize)
        size = os.path.getsize(log)
        ends = []
        for cut in (size - 1, size - 17, size * 3 // 4, size // 2, size // 3):
            with self.subTest(cut=cut, size=size):
                copy = self.ebb.new_folder("cut")
                shutil.copytree(recorder.recording, copy)
                os.truncate(os.path.join(copy, os.path.relpath(log, recorder.recording)), cut)
                ends.append(self.check_cut_off(copy))
        self.assertEqual(ends, sorted(ends, reverse=True))
        self.assertLessEqual(ends[0], whole["end_position"])

    def test_button(self):
        """The power button of a Linux guest."""
        path = os.path.join(self.ebb.folder, "qmp-button")
        recorder = self.ebb.start_recording(self.ebb.guests.linux("arm64", "button") + [
            "-qmp", "unix:%s,server=on,wait=off" % path])
        self.addCleanup(recorder.close)
        recorder.expect("press the power button")
        monitor = Monitor(path)
        monitor.command("system_powerdown")
        self.assertEqual(recorder.wait(), 0, recorder.describe())
        monitor.close()
        self.assertIn("guest: the power button was pressed", recorder.text())
        self.check_complete(recorder.recording, "power-off")

    def test_linux_reboot(self):
        disk = os.path.join(self.ebb.folder, "reboot.img")
        images.empty(disk)
        recorder = self.ebb.record(self.ebb.guests.linux("armhf", "reboot") + [
            "-drive", "if=none,id=disk,format=raw,file=" + disk,
            "-device", "virtio-blk-device,drive=disk"])
        self.assertIn("guest: second boot", recorder.text())
        self.assertEqual(self.ebb.info(recorder.recording)["events"].get("reset"), 1)
        self.check_complete(recorder.recording, "power-off")


class Refused(unittest.TestCase):
    """What cannot be recorded is refused before the guest starts."""

    def check(self, *arguments):
        session = ebb.current()
        guest = session.guests.bare("interrupts-aarch64")
        with session.start_recording(guest + list(arguments)) as recorder:
            self.assertNotEqual(recorder.wait(), 0)
            self.assertNotIn("interrupts:", recorder.text())
            self.assertRegex(recorder.errors.decode(), "can(not)? be recorded|not recorded|fixed")
            self.assertFalse(os.path.exists(recorder.recording))

    def test_two_cpus(self):
        self.check("-smp", "2")

    def test_other_accelerator(self):
        self.check("-accel", "hvf")

    def test_automatic_pace(self):
        self.check("-icount", "auto")

    def test_debugger(self):
        self.check("-s")
