#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Adds up ctest's JUnit files: what failed, what was skipped and why, and one line of counts."""

import argparse
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"


def outcome(case):
    """A test that ctest could not even start is reported as `notrun`, like a skipped one: it failed."""
    status = case.get("status")
    if status == "run":
        return PASSED
    if status == "disabled":
        return SKIPPED
    message = case.find("skipped")
    if status == "notrun" and message is not None and "SKIP_" in message.get("message", ""):
        return SKIPPED
    return FAILED


def skip_reason(case):
    if case.get("status") == "disabled":
        return "disabled"
    found = re.search(r": Skipped\n(.*)", case.findtext("system-out") or "")
    return found.group(1).strip() if found else "no reason given"


def summarize(files, failed_stages):
    """Returns the lines to print and whether all is well."""
    counts = {PASSED: 0, FAILED: 0, SKIPPED: 0}
    lines = []
    explained = set()  # Stages that failed because of tests that are counted one by one.
    for file in files:
        if not file.exists():
            continue  # Its build failed, and stands among the failed stages.
        for case in ElementTree.parse(file).iter("testcase"):
            result = outcome(case)
            counts[result] += 1
            name = f"{file.stem}: {case.get('name')}"
            if result == FAILED:
                lines.append(f"failed   {name}")
                explained.add(f"{file.stem} tests")
            elif result == SKIPPED:
                lines.append(f"skipped  {name}: {skip_reason(case)}")
    for stage in failed_stages:
        if stage not in explained:
            counts[FAILED] += 1
            lines.append(f"failed   stage: {stage}")
    lines.append(", ".join(f"{counts[key]} {key}" for key in (PASSED, FAILED, SKIPPED)))
    return lines, counts[FAILED] == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stages", nargs="*", default=[], help="stages that failed")
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    arguments = parser.parse_args()
    lines, fine = summarize(arguments.files, arguments.stages)
    print("\n".join(lines))
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
