#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Adds up the JUnit files of ctest and of tools/fuzz.py: what failed and what it printed, what was
skipped and why, and one line of counts.

Only what tests/allowed_skips.txt names may be skipped; anything else that is skipped counts as failed.
"""

import argparse
import fnmatch
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
# Of what a failed test has printed, so many lines of its beginning and of its end are shown.
SHOWN_FIRST, SHOWN_LAST = 24, 16


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


def shown_output(case):
    """What a failed test has printed, for who has nothing but the summary."""
    lines = (case.findtext("system-out") or "").strip("\n").splitlines()
    left_out = len(lines) - SHOWN_FIRST - SHOWN_LAST
    if left_out > 1:
        lines[SHOWN_FIRST:-SHOWN_LAST] = [f"... {left_out} lines ..."]
    return [f"  | {line}" for line in lines]


def read_allowed_skips(text):
    """Each line: a pattern of test names, ` | `, and what the reason begins with. # begins a comment."""
    allowed = []
    for number, line in enumerate(text.splitlines(), 1):
        line = line.split("#", 1)[0].strip()
        if not line:
            continue
        pattern, separator, reason = (part.strip() for part in line.partition(" | "))
        if not separator or not pattern or not reason:
            raise ValueError(f"line {number} is not `pattern | reason`: {line}")
        allowed.append((pattern, reason))
    return allowed


def may_be_skipped(name, reason, allowed):
    return any(fnmatch.fnmatchcase(name, pattern) and reason.startswith(beginning)
               for pattern, beginning in allowed)


def summarize(files, failed_stages, allowed):
    """Returns the lines to print and whether all is well."""
    counts = {PASSED: 0, FAILED: 0, SKIPPED: 0}
    lines = []
    explained = set()  # Stages that failed because of tests that are counted one by one.
    for file in files:
        if not file.exists():
            continue  # Its build failed, and stands among the failed stages.
        for case in ElementTree.parse(file).iter("testcase"):
            result = outcome(case)
            reason = skip_reason(case) if result == SKIPPED else ""
            forbidden = result == SKIPPED and not may_be_skipped(case.get("name"), reason, allowed)
            counts[FAILED if forbidden else result] += 1
            name = f"{file.stem}: {case.get('name')}"
            if result == FAILED:
                lines.append(f"failed   {name}")
                lines.extend(shown_output(case))
                explained.add(f"{file.stem} tests")
            elif forbidden:
                lines.append(f"failed   {name}: tests/allowed_skips.txt does not let it skip: {reason}")
            elif result == SKIPPED:
                lines.append(f"skipped  {name}: {reason}")
    for stage in failed_stages:
        if stage not in explained:
            counts[FAILED] += 1
            lines.append(f"failed   stage: {stage}")
    lines.append(", ".join(f"{counts[key]} {key}" for key in (PASSED, FAILED, SKIPPED)))
    return lines, counts[FAILED] == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stages", nargs="*", default=[], help="stages that failed")
    parser.add_argument("--allowed-skips", required=True, type=pathlib.Path)
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    arguments = parser.parse_args()
    allowed = read_allowed_skips(arguments.allowed_skips.read_text(encoding="utf-8"))
    lines, fine = summarize(arguments.files, arguments.stages, allowed)
    print("\n".join(lines))
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
