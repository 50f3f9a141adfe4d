# SPDX-License-Identifier: GPL-3.0-or-later
"""./run bench damage: a recording cut off at every byte and with every byte changed (damage.c)."""

import json
import os
import subprocess


class DamageBench:
    """Results are an array of {"metric", "unit", "right", "cases"}; all cases should be right."""

    def __init__(self, build):
        self.build = build
        self.results = []
        self.failed = False

    def bench(self):
        subprocess.run(["ninja", "-C", self.build, "tests/bench/damage", "tests/unit/fake_worker"],
                       check=True, stdout=subprocess.DEVNULL)
        done = subprocess.run([os.path.join(self.build, "tests", "bench", "damage")],
                              stdout=subprocess.PIPE, check=False)
        self.results = [json.loads(line) for line in done.stdout.splitlines()]
        self.failed = done.returncode != 0 or not self.results

    def print_table(self):
        for result in self.results:
            print("%-28s %6d of %6d right" % (result["metric"], result["right"], result["cases"]))
