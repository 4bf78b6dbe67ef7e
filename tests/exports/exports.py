#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that the shared libraries export what the public headers mark, and nothing else, and that these
mark all that they declare and the static libraries define.

usage: exports.py INCLUDE_FOLDER LIBRARY...    Shared ones end in .so or .so.VERSION, static ones in .a.

Prints one line per finding; exit status 1 if there is any.
"""

import pathlib
import re
import subprocess
import sys

# What opens a scope, what closes one, and the mark.
TOKEN = re.compile(r"""
    namespace\s+(?P<namespace>[\w:]+)\s*\{
  | \b(?:enum\s+(?:class\s+)?|class\s+|struct\s+)(?:\[\[\w+\]\]\s+)?(?P<mark>MAINSTEM_API\s+)?
    (?P<type>[\w:]+(?:<[\w:]+>)?)\s*(?:final\s*)?(?P<base>:[^;{]*)?(?P<body>[{;])
  | (?P<friend>friend\s+)?MAINSTEM_API\s+[^;{(]*?(?P<function>operator\s*\(\)|operator[^\s(]+|\w+)\s*\(
  | (?P<open>\{) | (?P<close>\})""", re.VERBOSE)

ABOUT = re.compile(r"^(?:typeinfo name for|typeinfo for|vtable for|VTT for|guard variable for|"
                   r"(?:non-virtual|virtual) thunk to) ")
NAMES_OF_OURS = re.compile(r"\bmainstem(?:::\w+)+")
# Templates and inline functions of these come out of every C++ library, as weak symbols.
FOREIGN = ("std::", "boost::", "__gnu_cxx::")
WEAK = "WVu"
STRONG = "TDBR"


class Surface:
    """What public headers declare: all types, which of them and of the functions are marked, and the words
    that stand before a parenthesis, among them all functions."""

    def __init__(self):
        self.types, self.marked_types, self.marked_functions = set(), set(), set()
        self.called = set()

    def read(self, header):
        text = re.sub(r"//[^\n]*|^\s*#[^\n]*", "", header, flags=re.MULTILINE)
        self.called.update(re.findall(r"\b(\w+)\s*\(", text))
        scopes = []
        for token in TOKEN.finditer(text):
            if token["namespace"]:
                scopes.append(token["namespace"])
            elif token["type"]:
                self.add_type(scopes, token)
                if token["body"] == "{":
                    scopes.append(token["type"])
            elif token["function"]:
                around = scopes[:-1] if token["friend"] else scopes
                self.marked_functions.add("::".join([*around, token["function"].replace(" ", "")]))
            elif token["open"]:
                scopes.append("")
            elif scopes:
                scopes.pop()

    def add_type(self, scopes, token):
        if token["mark"]:
            self.marked_types.add("::".join([*scopes, token["type"]]))
        if token["body"] == "{":
            self.types.add("::".join([*scopes, token["type"]]))

    def declares(self, name):
        """Whether it is of a type of the headers, or a function whose name they mention outside of one."""
        scope, _, word = name.rpartition("::")
        free = scope in ("mainstem", "mainstem::detail") and word in self.called
        return free or is_in(name, self.types)

    def exports(self, name):
        return name in self.marked_functions or is_in(name, self.marked_types)


def is_in(name, types):
    """Whether it is one of the types, or a member of one."""
    return any(name == each or name.startswith(each + "::") for each in types)


def findings(surface, symbols):
    """What is wrong with the shared libraries. `symbols` are pairs: the letter that nm gives, and the name
    without parameters."""
    found, defined = [], set()
    for letter, full_name in symbols:
        name = ABOUT.sub("", full_name).replace("[abi:cxx11]", "")
        defined.add(name)
        if surface.exports(name):
            continue
        inner = [each for each in NAMES_OF_OURS.findall(name) if not is_in(each, surface.types)]
        if not name.startswith(FOREIGN) or letter not in WEAK or inner:
            found.append(f"exported, but no part of the public headers marks it: {letter} {full_name}")
    for name in sorted(surface.marked_functions - defined):
        found.append(f"marked MAINSTEM_API, but not exported: {name}")
    for name in sorted(surface.marked_types):
        if not any(is_in(each, {name}) for each in defined):
            found.append(f"marked MAINSTEM_API, but the library has no code of it: {name}")
    return found


def unmarked(surface, symbols):
    """What is public, compiled into a static library, and would be missing in the shared one."""
    names = {name.replace("[abi:cxx11]", "") for letter, name in symbols if letter in STRONG}
    return [f"declared in a public header, but not marked MAINSTEM_API: {name}"
            for name in sorted(names) if surface.declares(name) and not surface.exports(name)]


def output_of(*command, text=None):
    return subprocess.run(command, input=text, check=True, capture_output=True, text=True).stdout


def symbols_of(library, *options):
    lines = output_of("nm", "--defined-only", *options, library).splitlines()
    # Of an archive also the names of its members are listed.
    symbols = [line.split()[1:] for line in lines if len(line.split()) == 3]
    plain = output_of("c++filt", "--no-params", text="\n".join(name for _, name in symbols))
    return list(zip((letter for letter, _ in symbols), plain.splitlines(), strict=True))


def main(include_folder, *libraries):
    surface = Surface()
    for header in sorted(pathlib.Path(include_folder).rglob("*.h")):
        surface.read(header.read_text(encoding="utf-8"))
    static = [each for each in libraries if each.endswith(".a")]
    shared = [each for each in libraries if each not in static]
    found = findings(surface, [symbol for each in shared for symbol in symbols_of(each, "--dynamic")])
    found += unmarked(surface, [symbol for each in static for symbol in symbols_of(each)])
    for finding in found:
        print(finding)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
