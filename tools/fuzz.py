#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the fuzz targets of a build: all of them for a while, or one as long as you like.

What was found on the way is kept in BUILD/corpus/NAME by `one` and by `all --keep`, and is where they and
`all` begin, beside the seeds that make_seeds makes. Inputs that break something are left in BUILD/crashes.
"""

import argparse
import base64
import concurrent.futures
import dataclasses
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

TOP = pathlib.Path(__file__).resolve().parents[1]
LIST = TOP / "fuzz" / "targets.txt"
# An input that takes longer, or more memory, is a finding.
LIMITS = ["-timeout=20", "-rss_limit_mb=2048"]
SHOWN_LINES = 60
# What is freed is kept back for a while, to find uses of it; the default is 256 MiB for each of them.
ENVIRONMENT = {**os.environ, "ASAN_OPTIONS": "quarantine_size_mb=32:" + os.environ.get("ASAN_OPTIONS", "")}


@dataclasses.dataclass
class Target:
    name: str
    share: int
    about: str


@dataclasses.dataclass
class Run:
    target: Target
    seconds: int
    status: int
    output: str

    def figure(self, pattern):
        found = re.findall(pattern, self.output)
        return int(found[-1]) if found else 0

    @property
    def inputs(self):
        return self.figure(r"stat::number_of_executed_units:\s*(\d+)") or self.figure(r"(?m)^#(\d+)\s")

    def line(self):
        state = "ok" if self.status == 0 else "FAILED"
        places, features = self.figure(r"cov: (\d+)"), self.figure(r"ft: (\d+)")
        return (f"{self.target.name:<12} {state:<7} {self.seconds:4} s  {self.inputs:>10,} inputs  "
                f"cov {places:>6,}  ft {features:>7,}")

    def how_to_replay(self):
        lines = []
        if found := re.search(r"Test unit written to (\S+)", self.output):
            lines.append(f"again here:      ./dev fuzz {self.target.name} {found.group(1)}")
        if found := re.search(r"Base64: (\S+)", self.output):
            lines.append(f"again elsewhere: ./dev fuzz {self.target.name} --replay={found.group(1)}")
        return lines or ["it ended before it had an input"]


def read_targets(text):
    """The rows of targets.txt."""
    targets = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, share, about = line.split(None, 2)
            targets.append(Target(name, int(share), about))
    return targets


def shares_of(targets, seconds, jobs):
    """How many seconds each target gets so that all take `seconds` with `jobs` at the same time."""
    total = sum(target.share for target in targets)
    return [max(1, int(seconds * jobs * target.share / total)) for target in targets]


def make_seeds(build):
    subprocess.run([build / "fuzz" / "make_seeds", build / "seeds"], check=True)


def command(build, name, arguments, corpora):
    crashes = build / "crashes"
    crashes.mkdir(parents=True, exist_ok=True)
    return [str(build / "fuzz" / name), *LIMITS, f"-artifact_prefix={crashes}/{name}-", *arguments,
            *map(str, corpora)]


def run_target(build, target, seconds, keep):
    kept = build / "corpus" / target.name
    with tempfile.TemporaryDirectory() as fresh:
        if keep:
            kept.mkdir(parents=True, exist_ok=True)
        corpora = [kept if keep else fresh, build / "seeds" / target.name]
        if not keep and kept.is_dir():
            corpora.append(kept)
        # Longer inputs sooner than by default: there is no time to wait for them.
        arguments = [f"-max_total_time={seconds}", "-print_final_stats=1", "-len_control=20"]
        if not keep:
            arguments.append("-seed=7")  # A short run repeats itself; long ones look for what is new.
        done = subprocess.run(command(build, target.name, arguments, corpora), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
                              env=ENVIRONMENT)
    return Run(target, seconds, done.returncode, done.stdout)


def write_junit(runs, path):
    suite = ElementTree.Element("testsuite", name="fuzz", tests=str(len(runs)))
    for run in runs:
        case = ElementTree.SubElement(suite, "testcase", name=run.target.name, time=str(run.seconds),
                                      status="run" if run.status == 0 else "fail")
        if run.status != 0:
            ElementTree.SubElement(case, "failure", message="\n".join(run.how_to_replay()))
    ElementTree.ElementTree(suite).write(path)


def run_all(build, seconds, jobs, keep, junit):
    make_seeds(build)
    targets = read_targets(LIST.read_text(encoding="utf-8"))
    runs = []
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        # The longest first, so that none runs alone at the end.
        work = sorted(zip(targets, shares_of(targets, seconds, jobs)), key=lambda each: -each[1])
        for run in pool.map(lambda each: run_target(build, each[0], each[1], keep), work):
            runs.append(run)
            print(run.line(), flush=True)
    if junit:
        write_junit(runs, junit)
    failed = [run for run in runs if run.status != 0]
    for run in failed:
        print(f"\n{run.target.name}:")
        print("\n".join(run.output.splitlines()[-SHOWN_LINES:]))
        print("\n".join(run.how_to_replay()))
    inputs = sum(run.inputs for run in runs)
    print(f"{len(runs)} fuzz targets, {inputs:,} inputs, {len(failed)} failed")
    return 1 if failed else 0


def run_one(build, name, arguments):
    """Does not return: the target takes the place of this program."""
    make_seeds(build)
    corpora = [build / "corpus" / name, build / "seeds" / name]
    corpora[0].mkdir(parents=True, exist_ok=True)
    if arguments and arguments[0].startswith("--replay="):
        bytes_of_input = base64.b64decode(arguments[0].partition("=")[2])
        path = build / "crashes" / f"{name}-replayed"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes_of_input)
        arguments = [str(path), *arguments[1:]]
    if any(not argument.startswith("-") for argument in arguments):
        corpora = []  # Files to run once, or folders of the caller's own.
    words = command(build, name, arguments, corpora)
    sys.stdout.flush()
    os.execve(words[0], words, ENVIRONMENT)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("list")
    everything = verbs.add_parser("all")
    everything.add_argument("build", type=pathlib.Path)
    everything.add_argument("--seconds", type=int, default=60, help="for all of them together")
    everything.add_argument("--jobs", type=int, default=os.cpu_count())
    everything.add_argument("--keep", action="store_true", help="keep what was found in the corpora")
    everything.add_argument("--junit", type=pathlib.Path)
    one = verbs.add_parser("one")
    one.add_argument("build", type=pathlib.Path)
    one.add_argument("name")
    one.add_argument("arguments", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    if arguments.verb == "list":
        for target in read_targets(LIST.read_text(encoding="utf-8")):
            print(f"  {target.name:<12} {target.about}")
        return 0
    build = arguments.build.resolve()
    if arguments.verb == "one":
        return run_one(build, arguments.name, arguments.arguments)
    return run_all(build, arguments.seconds, arguments.jobs, arguments.keep, arguments.junit)


if __name__ == "__main__":
    sys.exit(main())
