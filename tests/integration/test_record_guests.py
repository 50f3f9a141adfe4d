# SPDX-License-Identifier: GPL-3.0-or-later
"""Each bare-metal guest is recorded, does what it does without being recorded, and its recording
verifies: replay and recording agree at every event, and registers and RAM are equal at the end."""

import signal
import unittest

from harness import ebb, process

COMMON = ("exceptions", "interrupts", "mmu", "exclusives", "float", "reset", "steps",
          "watchpoints", "stale")


class BareMetal(unittest.TestCase):
    def check(self, name, expected=r"\w+: PASS", typed=None, extra=(), **guest):
        session = ebb.current()
        recorder = session.record(session.guests.bare(name, **guest) + list(extra), typed=typed)
        self.assertRegex(recorder.text(), expected)
        self.assertNotIn("not ok", recorder.text())
        self.check_verifies(recorder.recording)
        return recorder

    def check_verifies(self, recording):
        session = ebb.current()
        info = session.info(recording)
        self.assertTrue(info["complete"])
        result = session.json("verify", "--json", recording)
        self.assertTrue(result["verified"], result)
        self.assertTrue(result["end_state_compared"], result)
        self.assertEqual(result["position"], info["end_position"])
        self.assertGreater(result["position"], 1000)

    def test_interrupts_gicv3(self):
        recorder = self.check("interrupts-aarch64", gic=3, cpu="cortex-a72")
        self.assertIn("GICv3", recorder.text())

    def test_exclusives_gicv3(self):
        self.check("exclusives-aarch64", gic=3)

    def test_reboots(self):
        """A guest that does nothing but reboot is said to do so, once; others are not."""
        text = "the guest has rebooted 3 times, each time within a second of its start"
        for architecture in ("aarch64", "arm"):
            recorder = self.check("reset-" + architecture)
            self.assertEqual(recorder.errors.decode().count(text), 1, recorder.describe())
        self.assertNotIn(b"rebooted", self.check("exceptions-aarch64").errors)

    def test_steps_thumb(self):
        self.check("steps-thumb")

    def test_tags(self):
        self.check("tags-aarch64")

    def test_compat(self):
        self.check("compat-aarch64")

    def test_secure_aarch64(self):
        self.secure("secure-aarch64")

    def test_secure_arm(self):
        self.secure("secure-arm")

    def test_secure_gicv3(self):
        self.secure("secure-aarch64", gic=3)

    def secure(self, name, **guest):
        """What is printed to the secure UART, which goes nowhere, is in the recording as well."""
        recorder = self.check(name, **guest)
        printed = ebb.current().run("console", recorder.recording).text()
        self.assertIn("secure: hello", printed)
        self.assertIn("secure: PASS", printed)

    def test_hypervisor(self):
        recorder = self.check("hypervisor-aarch64")
        self.assertIn("20 interrupts taken, 20 received, 20 traps", recorder.text())

    def test_hypervisor_max(self):
        self.check("hypervisor-aarch64", cpu="max")

    def test_stale_short_format(self):
        self.check("shortstale-arm")

    def test_stale_flags_and_vectors(self):
        """CPUs that set flags in page tables; the second one has SVE as well."""
        for cpu in ("neoverse-n1", "max"):
            with self.subTest(cpu=cpu):
                self.check("stale-aarch64", cpu=cpu)

    def test_stale_secure(self):
        session = ebb.current()
        arguments = session.guests.bare("stale-aarch64", cpu="cortex-a57")
        arguments[arguments.index("-M") + 1] += ",secure=on"
        recorder = session.record(arguments)
        self.assertIn("stale: secure", recorder.text())
        self.assertIn("stale: PASS", recorder.text())
        self.check_verifies(recorder.recording)

    def test_stage2(self):
        self.check("stage2-aarch64")

    def test_eight_bits_of_priority(self):
        """An old machine, whose GICv3 has more registers than its CPU says."""
        session = ebb.current()
        arguments = session.guests.bare("interrupts-aarch64", gic=3)
        arguments[arguments.index("-M") + 1] = "virt-7.0,gic-version=3"
        recorder = session.record(arguments)
        self.assertIn("interrupts: PASS", recorder.text())
        self.check_verifies(recorder.recording)

    def test_endian_aarch64(self):
        self.check("endian-aarch64", "endian: big")

    def test_endian_arm(self):
        self.check("endian-arm", "endian: big")

    def test_otherend_aarch64(self):
        self.check("otherend-aarch64")

    def test_otherend_arm(self):
        self.check("otherend-arm")

    def test_dma_aarch64(self):
        self.check("dma-aarch64", extra=["-device", "virtio-rng-device"])

    def test_dma_arm(self):
        self.check("dma-arm", extra=["-device", "virtio-rng-device"])

    def check_flash(self, name):
        """What programming a word costs does not depend on how large the flash is."""
        recorder = self.check(name)
        writes = self.events(recorder.recording, "dma")
        self.assertEqual(sorted(writes), [4] * (500 + 4) + [256 << 10] * 2)

    def events(self, recording, kind):
        """The lengths of what events of a kind carry."""
        lines = ebb.current().json("dump", "--json", "--kind", kind, recording)
        return [len(line["data"]) // 2 for line in lines]

    def test_flash_aarch64(self):
        self.check_flash("flash-aarch64")

    def test_flash_arm(self):
        self.check_flash("flash-arm")

    def check_overlap(self, name):
        """Memory that a guest gives to a device many times over is there once in the recorder."""
        session = ebb.current()
        arguments = session.guests.bare(name, ram="64") + ["-device", "virtio-rng-device"]
        with session.start_recording(arguments) as recorder:
            recorder.expect("overlap: done")
            peak = process.peak_memory(process.only_child(recorder.child.pid))
            recorder.signal(signal.SIGTERM)
            recorder.wait()
            self.assertNotIn("not ok", recorder.text())
        self.assertLess(peak, 250 << 20)
        self.assertGreater(peak, 0)

    def test_overlap_aarch64(self):
        self.check_overlap("overlap-aarch64")

    def test_overlap_arm(self):
        self.check_overlap("overlap-arm")

    def test_nested_aarch64(self):
        self.check("nested-aarch64", extra=["-device", "virtio-rng-device"])

    def test_nested_arm(self):
        self.check("nested-arm", extra=["-device", "virtio-rng-device"])

    def test_semihosting_aarch64(self):
        self.semihosting("aarch64")

    def test_semihosting_arm(self):
        self.semihosting("arm")

    def semihosting(self, architecture):
        configuration = "enable=on,target=native,arg=first,arg=second"
        recorder = self.check("semihosting-" + architecture, "semihosting: PASS",
                              extra=["-semihosting-config", configuration])
        self.assertIn("'first second'", recorder.text())

    def test_echo_aarch64(self):
        self.echo("echo-aarch64")

    def test_echo_arm(self):
        self.echo("echo-arm")

    def test_echo_vexpress(self):
        self.echo("echo-vexpress")

    def echo(self, name):
        """Types at moments of its own; what is typed is in the recording."""
        recorder = self.check(name, typed=[("'quit' ends", "hello\n"), ("HELLO", "again "),
                                           ("", "and again\n"), ("AGAIN", "quit\n")])
        self.assertIn("line 2 is AGAIN AND AGAIN", recorder.text())

    def test_every_cpu(self):
        """Those of the virt machine, each with its own registers."""
        for cpu in ("cortex-a7", "cortex-a15"):
            with self.subTest(cpu=cpu):
                self.check("interrupts-arm", cpu=cpu)
        for cpu in ("a64fx", "cortex-a35", "cortex-a53", "cortex-a55", "cortex-a57", "cortex-a72",
                    "cortex-a76", "cortex-a710", "neoverse-n1", "neoverse-v1", "neoverse-n2",
                    "max"):
            with self.subTest(cpu=cpu):
                self.check("interrupts-aarch64", gic=3, cpu=cpu)

    def test_hidden(self):
        for cpu in ("max", "neoverse-n2"):
            with self.subTest(cpu=cpu):
                self.check("hidden-aarch64", cpu=cpu)

    def test_cortex_a57(self):
        self.check("interrupts-aarch64", cpu="cortex-a57")

    def test_long(self):
        self.check("long-aarch64")

    def test_keyframes_on_the_way(self):
        """Keyframes at a short interval change nothing."""
        session = ebb.current()
        recorder = session.record(session.guests.bare("exclusives-aarch64"),
                                  ["--keyframe-interval", "1000000"])
        self.assertGreater(session.info(recorder.recording)["keyframe_count"], 5)
        self.check_verifies(recorder.recording)

    def test_without_typical_arguments(self):
        """A guest on a machine with its default devices, console on the terminal."""
        session = ebb.current()
        recorder = session.record(["-M", "virt", "-cpu", "cortex-a53", "-nographic", "-kernel",
                                   session.guests.elf("interrupts-aarch64")])
        self.assertIn("interrupts: PASS", recorder.text())
        self.check_verifies(recorder.recording)


def _add_test(name):
    def test(self):
        self.check(name)

    setattr(BareMetal, "test_" + name.replace("-", "_"), test)


for _guest in COMMON:
    _add_test(_guest + "-aarch64")
    _add_test(_guest + "-arm")
for _guest in ("interrupts", "exclusives", "float"):
    _add_test(_guest + "-vexpress")


class Repeated(unittest.TestCase):
    def test_twenty_in_a_row(self):
        """Twenty recordings of one guest all verify, each with its own history."""
        session = ebb.current()
        for number in range(20):
            with self.subTest(number=number):
                recorder = session.record(session.guests.bare("exclusives-aarch64"))
                self.assertIn("exclusives: PASS", recorder.text())
                result = session.json("verify", "--json", recorder.recording)
                self.assertTrue(result["end_state_compared"])

    def test_verified_twice_is_the_same(self):
        session = ebb.current()
        recording = session.shared("steps-aarch64").recording
        first = session.json("verify", "--json", recording)
        second = session.json("verify", "--json", recording)
        for key in ("position", "registers", "ram"):
            self.assertEqual(first[key], second[key])
