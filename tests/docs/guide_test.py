#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares each C++ block of a Markdown page with the source file that stands above it in a comment.

usage: guide_test.py TOP PAGE     Prints one line per finding; exit status 1 if there is any.
       guide_test.py              Tests itself.
"""

import pathlib
import re
import sys
import tempfile
import unittest

BLOCK = re.compile(r"(?:^<!-- (?P<path>\S+) -->\n)?^```cpp\n(?P<code>.*?)^```$", re.DOTALL | re.MULTILINE)


def findings(top, page):
    text = (top / page).read_text(encoding="utf-8")
    blocks = list(BLOCK.finditer(text))
    if not blocks:
        yield f"{page}: no C++ block"
    for block in blocks:
        line = text.count("\n", 0, block.start("code"))
        source = top / (block["path"] or "")
        if not block["path"]:
            yield f"{page}:{line}: a block without '<!-- PATH -->' above it"
        elif not source.is_file():
            yield f"{page}:{line}: there is no {block['path']}"
        elif ("\n" + block["code"]) not in "\n" + source.read_text(encoding="utf-8"):
            yield f"{page}:{line}: the block does not stand in {block['path']} as it is here"


class GuideTest(unittest.TestCase):
    def check(self, page):
        with tempfile.TemporaryDirectory() as folder:
            top = pathlib.Path(folder)
            (top / "a.cpp").write_text("int a;\nint b;\n\nint c;\n", encoding="utf-8")
            (top / "page.md").write_text(page, encoding="utf-8")
            return list(findings(top, "page.md"))

    def test_passes_what_stands_in_the_source(self):
        self.assertEqual(self.check("x\n<!-- a.cpp -->\n```cpp\nint b;\n\nint c;\n```\n"), [])

    def test_reports_what_differs(self):
        page = "<!-- a.cpp -->\n```cpp\nint b;\n```\n<!-- a.cpp -->\n```cpp\nint b;\nint c;\n```\n"
        self.assertEqual(self.check(page), ["page.md:6: the block does not stand in a.cpp as it is here"])

    def test_reports_half_a_line(self):
        self.assertEqual(len(self.check("<!-- a.cpp -->\n```cpp\nt b;\n```\n")), 1)

    def test_reports_a_block_without_a_source(self):
        self.assertEqual(self.check("```cpp\nint b;\n```\n"),
                         ["page.md:1: a block without '<!-- PATH -->' above it"])

    def test_reports_a_source_that_is_not_there(self):
        self.assertEqual(self.check("<!-- b.cpp -->\n```cpp\nint b;\n```\n"), ["page.md:2: there is no b.cpp"])

    def test_reports_a_page_without_blocks(self):
        self.assertEqual(self.check("words\n"), ["page.md: no C++ block"])


def main(arguments):
    if not arguments:
        unittest.main()
    found = list(findings(pathlib.Path(arguments[0]), arguments[1]))
    for finding in found:
        print(finding)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
