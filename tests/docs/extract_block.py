#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the first code block that follows `<!-- NAME -->` in a Markdown file into a file of its own."""

import pathlib
import re
import sys


def extract(text, name):
    found = re.search(rf"<!-- {re.escape(name)} -->\s*```\w*\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    if not found:
        raise SystemExit(f"no code block behind '<!-- {name} -->'")
    return found.group(1)


def main():
    markdown, name, output = sys.argv[1:]
    block = extract(pathlib.Path(markdown).read_text(encoding="utf-8"), name)
    pathlib.Path(output).write_text(block, encoding="utf-8")


if __name__ == "__main__":
    main()
