#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shows that the summary of `./dev test` calls nothing passed that was not."""

import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import test_summary  # noqa: E402

PASSED = '<testcase name="Log.Reads" status="run"/>'
FAILED = '<testcase name="Log.Writes" status="fail"><failure message=""/></testcase>'
SKIPPED = """<testcase name="Demo.Runs" status="notrun">
  <skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/>
  <system-out>demo_test.cpp:6: Skipped
there is no data
</system-out></testcase>"""
NOT_BUILT = """<testcase name="log_NOT_BUILT" status="notrun">
  <skipped message="Unable to find executable"/></testcase>"""
SKIPPED_WITHOUT_REASON = """<testcase name="Demo.Runs" status="notrun">
  <skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/></testcase>"""
DISABLED = '<testcase name="Log.Later" status="disabled"/>'


ALLOWED = """
# A comment.
Demo.* | there is no data  # Behind a rule, too.
Log.Later | disabled
"""


class SummaryTest(unittest.TestCase):
    def summarize(self, cases, stages=(), allowed=ALLOWED):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "dev.xml")
            file.write_text(f"<testsuite>{''.join(cases)}</testsuite>", encoding="utf-8")
            return test_summary.summarize([file], list(stages), test_summary.read_allowed_skips(allowed))

    def test_counts_and_names(self):
        lines, fine = self.summarize([PASSED, PASSED, FAILED, SKIPPED], ["dev tests"])
        self.assertFalse(fine)
        self.assertEqual(lines, ["failed   dev: Log.Writes",
                                 "skipped  dev: Demo.Runs: there is no data",
                                 "2 passed, 1 failed, 1 skipped"])

    def test_shows_what_a_failed_test_has_printed(self):
        def shown(count):
            text = "\n".join(f"line {i}" for i in range(count))
            case = f'<testcase name="A" status="fail"><system-out>{text}\n</system-out></testcase>'
            return self.summarize([case])[0][1:-1]

        self.assertEqual(shown(2), ["  | line 0", "  | line 1"])
        self.assertEqual(len(shown(41)), 41)
        self.assertEqual(shown(42)[24], "  | ... 2 lines ...")
        long = shown(1000)
        self.assertEqual(len(long), 41)
        self.assertEqual(long[23:26], ["  | line 23", "  | ... 960 lines ...", "  | line 984"])
        self.assertEqual(long[-1], "  | line 999")

    def test_all_passed(self):
        self.assertEqual(self.summarize([PASSED, SKIPPED]),
                         (["skipped  dev: Demo.Runs: there is no data", "1 passed, 0 failed, 1 skipped"], True))

    def test_program_that_was_not_built_has_failed(self):
        lines, fine = self.summarize([NOT_BUILT])
        self.assertFalse(fine)
        self.assertEqual(lines[-1], "0 passed, 1 failed, 0 skipped")

    def test_disabled_test_is_skipped_with_its_reason(self):
        self.assertEqual(self.summarize([DISABLED])[0][0], "skipped  dev: Log.Later: disabled")

    def test_failed_stage_without_a_failed_test_counts(self):
        lines, fine = self.summarize([PASSED], ["dev tests", "asan build"])
        self.assertFalse(fine)
        self.assertEqual(lines[-1], "1 passed, 2 failed, 0 skipped")

    def test_missing_file_belongs_to_a_failed_stage(self):
        lines, fine = test_summary.summarize([pathlib.Path("no-such-file.xml")], ["dev build"], [])
        self.assertFalse(fine)
        self.assertEqual(lines, ["failed   stage: dev build", "0 passed, 1 failed, 0 skipped"])

    def test_what_no_rule_lets_skip_has_failed(self):
        lines, fine = self.summarize([PASSED, SKIPPED], allowed="Log.* | there is no data")
        self.assertFalse(fine)
        self.assertEqual(lines, ["failed   dev: Demo.Runs: tests/allowed_skips.txt does not let it skip: "
                                 "there is no data",
                                 "1 passed, 1 failed, 0 skipped"])

    def test_another_reason_than_the_one_that_is_allowed_has_failed(self):
        for allowed in ("Demo.Runs | mounting is not allowed", "Demo | there is no data", ""):
            self.assertFalse(self.summarize([SKIPPED], allowed=allowed)[1], allowed)
        self.assertFalse(self.summarize([SKIPPED_WITHOUT_REASON])[1])
        self.assertFalse(self.summarize([DISABLED], allowed="Log.Later | there is no data")[1])

    def test_rule_without_a_reason_is_an_error(self):
        for allowed in ("Demo.Runs", "Demo.Runs | ", " | there is no data", "Demo.Runs | # none"):
            with self.assertRaises(ValueError):
                test_summary.read_allowed_skips(allowed)

    def test_the_rules_of_this_repository_can_be_read(self):
        file = pathlib.Path(__file__).resolve().parents[1] / "allowed_skips.txt"
        self.assertTrue(test_summary.read_allowed_skips(file.read_text(encoding="utf-8")))


if __name__ == "__main__":
    unittest.main()
