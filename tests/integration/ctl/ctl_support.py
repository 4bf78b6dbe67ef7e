# SPDX-License-Identifier: Apache-2.0
"""What the tests of mainstemctl share: stores made by a program, and the program itself."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True

CTL = os.environ["MAINSTEMCTL"]
MAKER = os.environ["STORE_MAKER"]
# Sanitizers need memory and descriptors of their own.
SANITIZED = os.environ["SANITIZED"] == "1"
# A store with several segments: events, bytes of a payload, streams, bytes of a segment.
EVENTS = 960
USUAL = (str(EVENTS), "200", "5", "65536")


def make_store(path, sizes=USUAL, verb="make"):
    subprocess.run([MAKER, verb, str(path), *sizes], check=True, capture_output=True, text=True)
    return pathlib.Path(path)


def read_store(path):
    ended = subprocess.run([MAKER, "read", str(path)], check=True, capture_output=True, text=True)
    return ended.stdout.splitlines()


def ctl(*arguments, **options):
    return subprocess.run([CTL, *map(str, arguments)], capture_output=True, text=True, timeout=60,
                          **options)


def segment(store, number):
    return pathlib.Path(store, "log", f"{number:010}.log")


def flip(path, offset):
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 1]))


def contents(folder):
    """Every file below a folder and its bytes, without LMDB's tables of readers."""
    return {str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(pathlib.Path(folder).rglob("*"))
            if path.is_file() and path.name != "lock.mdb"}


class CtlTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.top = pathlib.Path(tempfile.mkdtemp(prefix="mainstemctl-"))
        cls.good = make_store(cls.top / "good")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.top)

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=self.top))

    def copy(self, name="store", of=None):
        return pathlib.Path(shutil.copytree(of or self.good, self.folder / name))

    def offset_of(self, store, number, text):
        offset = segment(store, number).read_bytes().find(text.encode())
        self.assertGreater(offset, 0)
        return offset

    def run_ctl(self, status, *arguments, **options):
        ended = ctl(*arguments, **options)
        self.assertEqual(ended.returncode, status, f"{arguments}\n{ended.stdout}\n{ended.stderr}")
        return ended

    def begin_again(self, said, verb, source, target):
        """The advice that was given after the verb had ended early is one that works."""
        self.assertIn(f"remove what was begun in {target}, and run it again", said)
        shutil.rmtree(target)
        self.run_ctl(0, verb, source, target)
        self.run_ctl(0, "verify", target)

    def run_json(self, status, *arguments):
        ended = self.run_ctl(status, *arguments, "--json")
        told = json.loads(ended.stdout)
        self.assertEqual(told["status"], {0: "good", 1: "findings", 2: "could_not_run"}[status])
        return told
