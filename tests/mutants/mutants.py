#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plants every bug of tests/mutants.txt, one after the other, and runs the test that has to catch it.

usage: mutants.py PROGRAM TOP RESULT LIBRARY [NAME...]    With names, only these, and no RESULT.

Fails if a test passes with its bug, or does not pass without any; if a bug has no line or a line no
bug; or if LIBRARY, the product, has anything of all this in it. RESULT gets the last line.
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

SWITCH = re.compile(r"MAINSTEM_MUTANT\((\w+)\)")
LEAST_PLANTED = 14
SECONDS_FOR_ONE = 120


def read_list(text):
    """Yields (name, test) of each line."""
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            name, test, what = (part.strip() for part in line.split("|"))
            assert name and test and what, line
            yield name, test


def switches(top):
    """The names of all switches, and what is wrong with where they stand."""
    names, findings = set(), []
    for path in sorted((top / "src").rglob("*")):
        if path.suffix not in (".h", ".cpp") or path.name == "mutant.h":
            continue
        found = SWITCH.findall(path.read_text(encoding="utf-8"))
        names.update(found)
        if found and path.suffix == ".h":
            findings.append(f"{path}: a header is compiled into files without bugs as well")
    return names, findings


def compare(listed, planted):
    findings = [f"{name}: named twice" for name in listed if listed.count(name) > 1]
    findings += [f"{name}: no switch in src/" for name in sorted(set(listed) - planted)]
    findings += [f"{name}: no line in tests/mutants.txt" for name in sorted(planted - set(listed))]
    if len(listed) < LEAST_PLANTED:
        findings.append(f"only {len(listed)} bugs are planted")
    return findings


def run(program, test, name=""):
    """Runs one test, with a bug if there is a name. Returns the exit status, and what it said."""
    filters = f"{test}:*/{test}/*"
    environment = {**os.environ, "MAINSTEM_PLANT": name}
    environment.pop("MAINSTEM_CRASH_SEED", None)
    environment.pop("MAINSTEM_LONG", None)
    if not name:
        environment["MAINSTEM_SHARE"] = "5"  # That all of it passes is what the suite itself shows.
    done = subprocess.run([program, f"--gtest_filter={filters}", "--gtest_fail_fast"], text=True,
                          env=environment, timeout=SECONDS_FOR_ONE, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def judge_with(program, name, test):
    """What is wrong; nothing if the test catches the bug."""
    status, said = run(program, test, name)
    if "never reached" in said:
        return f"{name}: {test} does not come to the code that has it"
    if "[ RUN      ]" not in said:
        return f"{name}: there is no test {test}"
    if status == 0:
        return f"{name}: {test} passes with it"
    # An assertion of the engine may be what notices it, but not a crash.
    if status not in (1, -6):
        return f"{name}: {test} ends with status {status}:\n{said[-2000:]}"
    return None


def judge_without(program, test):
    status, said = run(program, test)
    if status != 0:
        return f"{test} fails without any bug:\n{said[-2000:]}"
    return None


def main():
    program, top, result, library = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3], sys.argv[4]
    chosen = sys.argv[5:]
    bugs = list(read_list((top / "tests" / "mutants.txt").read_text(encoding="utf-8")))
    planted, findings = switches(top)
    findings += compare([name for name, _ in bugs], planted)
    symbols = subprocess.run(["nm", library], text=True, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, check=True).stdout
    if "is_planted" in symbols:
        findings.append(f"{library}: has planted bugs in it")
    if chosen:
        bugs = [bug for bug in bugs if bug[0] in chosen]

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        without = pool.map(lambda test: judge_without(program, test), sorted({test for _, test in bugs}))
        with_bugs = list(pool.map(lambda bug: judge_with(program, *bug), bugs))
        findings += [wrong for wrong in [*without, *with_bugs] if wrong]
    for finding in findings:
        print(finding)
    line = f"mutants planted {len(bugs)}, caught {sum(wrong is None for wrong in with_bugs)}"
    print(line)
    if not chosen:
        pathlib.Path(result).write_text(line + "\n", encoding="utf-8")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
