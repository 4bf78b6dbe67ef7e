#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares a page that makes claims with the tests that it names.

Below each line `<!-- claims -->` stands a table with two columns, the claim and the tests that show it, each as
`Suite.Test`. Every row must name at least one, and each must stand in a source file below tests/.

usage: claims_test.py TOP PAGE     Prints one line per finding; exit status 1 if there is any.
       claims_test.py              Tests itself.
"""

import pathlib
import re
import sys
import tempfile
import unittest

MARK = "<!-- claims -->"
GTEST = re.compile(r"^TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\s*\)", re.MULTILINE)
PYTHON_CLASS = re.compile(r"^class (\w+)\(.*TestCase\):$")
PYTHON_TEST = re.compile(r"^    def (test_\w+)\(self")
NAME = re.compile(r"`([A-Za-z]\w*\.\w+)`")


def python_tests(text):
    suite = None
    for line in text.splitlines():
        if found := PYTHON_CLASS.match(line):
            suite = found[1]
        elif suite and (found := PYTHON_TEST.match(line)):
            yield f"{suite}.{found[1]}"


def known_tests(folder):
    known = set()
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".cpp":
            known |= {f"{suite}.{test}" for suite, test in GTEST.findall(path.read_text(encoding="utf-8"))}
        elif path.suffix == ".py":
            known |= set(python_tests(path.read_text(encoding="utf-8")))
    return known


def rows(lines):
    """The numbered rows of each table of claims, without its head."""
    waiting, row = False, 0
    for number, line in enumerate(lines, 1):
        if line.strip() == MARK:
            waiting, row = True, 0
        elif waiting and line.startswith("|"):
            row += 1
            if row > 2:
                yield number, line
        elif waiting and row:
            waiting = False


def findings(top, page):
    known = known_tests(top / "tests")
    claims = 0
    for number, line in rows((top / page).read_text(encoding="utf-8").splitlines()):
        claims += 1
        named = NAME.findall(line.strip().strip("|").rpartition("|")[2])
        if not named:
            yield f"{page}:{number}: a claim without a test"
        for name in named:
            if name not in known:
                yield f"{page}:{number}: there is no test {name}"
    if not claims:
        yield f"{page}: no claims"


class ClaimsTest(unittest.TestCase):
    def check(self, table):
        with tempfile.TemporaryDirectory() as folder:
            top = pathlib.Path(folder)
            (top / "tests").mkdir()
            (top / "tests" / "a_test.cpp").write_text("TEST(Log, Holds) {\n}\nTEST_P(Every,\n       Place) {}\n")
            (top / "tests" / "b_test.py").write_text("class B(unittest.TestCase):\n    def test_b(self):\n")
            (top / "page.md").write_text(table)
            return list(findings(top, "page.md"))

    HEAD = f"words\n\n{MARK}\n\n| Claim | Shown by |\n|---|---|\n"

    def test_passes_what_has_tests(self):
        self.assertEqual(self.check(self.HEAD + "| x | `Log.Holds`, `Every.Place` |\n| y | `B.test_b` |\n"), [])

    def test_reports_a_claim_without_a_test(self):
        self.assertEqual(self.check(self.HEAD + "| `Log.Holds` | soon |\n"), ["page.md:7: a claim without a test"])

    def test_reports_a_test_that_is_not_there(self):
        self.assertEqual(self.check(self.HEAD + "| x | `Log.Hold` |\n"), ["page.md:7: there is no test Log.Hold"])

    def test_leaves_other_tables_alone(self):
        self.assertEqual(self.check(self.HEAD + "| x | `Log.Holds` |\n\n| a | b |\n|---|---|\n| c | d |\n"), [])

    def test_reports_a_page_without_claims(self):
        self.assertEqual(self.check("| a | b |\n|---|---|\n| c | `Log.Holds` |\n"), ["page.md: no claims"])


def main(arguments):
    if not arguments:
        unittest.main()
    found = list(findings(pathlib.Path(arguments[0]), arguments[1]))
    for finding in found:
        print(finding)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
