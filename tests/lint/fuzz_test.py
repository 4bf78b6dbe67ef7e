#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shows that `./dev fuzz` knows every target, and that one that fails is not taken for one that passed."""

import pathlib
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(TOP / "tools"))
import fuzz  # noqa: E402
import test_summary  # noqa: E402

CRASHED = """#2 INITED cov: 10 ft: 12 corp: 1/1b
== does not hold: an event that is handed out stands in the log
#1234 NEW cov: 17 ft: 19 corp: 2/9b
Test unit written to /build/crashes/frame-crash-1
Base64: AAEC
"""
FINISHED = "#9 DONE cov: 30 ft: 40\nstat::number_of_executed_units: 5678\n"


class FuzzTest(unittest.TestCase):
    def setUp(self):
        self.targets = fuzz.read_targets(fuzz.LIST.read_text(encoding="utf-8"))

    def test_every_target_is_listed_and_is_there(self):
        files = {path.name.removesuffix("_target.cpp") for path in (TOP / "fuzz").glob("*_target.cpp")}
        self.assertEqual(files, {target.name for target in self.targets})

    def test_shares_fill_the_time_and_no_more(self):
        for jobs in (1, 2, 8):
            seconds = fuzz.shares_of(self.targets, 60, jobs)
            self.assertGreaterEqual(min(seconds), 1)
            self.assertLessEqual(sum(seconds), 60 * jobs)
            self.assertGreater(sum(seconds), 60 * jobs - len(self.targets))

    def test_a_failed_run_says_how_to_repeat_it(self):
        run = fuzz.Run(self.targets[0], 3, 77, CRASHED)
        self.assertIn("FAILED", run.line())
        self.assertEqual(run.inputs, 1234)
        replay = "\n".join(run.how_to_replay())
        self.assertIn("./dev fuzz frame /build/crashes/frame-crash-1", replay)
        self.assertIn("./dev fuzz frame --replay=AAEC", replay)

    def test_the_summary_counts_what_failed(self):
        runs = [fuzz.Run(self.targets[0], 3, 77, CRASHED), fuzz.Run(self.targets[1], 3, 0, FINISHED)]
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "fuzz.xml")
            fuzz.write_junit(runs, file)
            lines, fine = test_summary.summarize([file], ["fuzz tests"], [])
        self.assertFalse(fine)
        self.assertEqual(lines, ["failed   fuzz: frame", "1 passed, 1 failed, 0 skipped"])


if __name__ == "__main__":
    unittest.main()
