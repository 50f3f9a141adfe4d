# SPDX-License-Identifier: GPL-3.0-or-later
"""scripts/guests.sh, with packages of our own: Debian's kernels before and since they are split."""

import os
import stat
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# In the places of apt and dpkg. A package is a file with nothing in it; its name says what to unpack.
PROGRAMS = {
    "apt-cache": """
for package; do :; done
echo "$package"
case $package in
linux-image-arm64) echo "  Depends: linux-base-arm64"; echo "  Depends: linux-image-$VERSION" ;;
linux-image-7*) echo " |Depends: dracut"
    for part in base binary modules; do echo "  Depends: linux-$part-$VERSION"; done
    echo "  Breaks: linux-binary-6.0" ;;
linux-image-*) echo "  Depends: kmod" ;;
esac""",
    "apt-get": """
while [ $# -gt 0 ] && [ "$1" != download ]; do shift; done
[ $# = 0 ] || shift
for package; do : >"$package.deb"; done""",
    "dpkg": """
[ "$1" = -x ] || { echo amd64; exit; }
put() { mkdir -p "$(dirname "$1")"; echo "$2" >"$1"; }
case $(basename "$2") in
linux-image-7*) put "$3/usr/share/doc/nothing" x ;;
linux-binary-*) put "$3/usr/lib/modules/$VERSION/vmlinuz" kernel ;;
linux-modules-*) put "$3/usr/lib/modules/$VERSION/kernel/a.ko" module ;;
linux-image-*) put "$3/boot/vmlinuz-$VERSION" kernel
    put "$3/lib/modules/$VERSION/kernel/a.ko" module ;;
busybox-static*) put "$3/usr/bin/busybox" busybox ;;
*) exit 1 ;;
esac""",
}


class Guests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        os.mkdir(os.path.join(self.folder, "bin"))
        for name, body in PROGRAMS.items():
            path = os.path.join(self.folder, "bin", name)
            with open(path, "w") as file:
                file.write("#!/bin/sh\n" + body + "\n")
            os.chmod(path, stat.S_IRWXU)

    def fetch(self, version):
        guests = os.path.join(self.folder, version)
        result = subprocess.run(
            [os.path.join(ROOT, "scripts", "guests.sh"), "arm64"], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, check=False,
            env={**os.environ, "PATH": os.path.join(self.folder, "bin") + ":" + os.environ["PATH"],
                 "EBB_GUESTS": guests, "EBB_GUEST_SUITE": "some", "VERSION": version,
                 "XDG_CACHE_HOME": os.path.join(self.folder, "cache")})
        self.assertEqual(result.returncode, 0, result.stdout.decode())
        return guests

    def check(self, version):
        guests = self.fetch(version)
        wanted = {"vmlinuz-arm64": "kernel\n", "version-arm64": version + "\n",
                  "busybox-arm64": "busybox\n", "complete-arm64-some": "",
                  "modules-arm64/lib/modules/%s/kernel/a.ko" % version: "module\n"}
        for name, contents in wanted.items():
            with open(os.path.join(guests, name)) as file:
                self.assertEqual(file.read(), contents)
        self.assertEqual(sorted(os.listdir(guests)), sorted({name.split("/")[0] for name in wanted}))

    def test_one_package(self):
        self.check("6.1.0-50-arm64")

    def test_split_packages(self):
        self.check("7.2.12+deb14-arm64")


if __name__ == "__main__":
    if not os.path.exists("/etc/debian_version"):
        print("the guests are Debian's packages, which this system does not fetch")
        sys.exit(77)
    unittest.main()
