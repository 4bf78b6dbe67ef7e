#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Interrupts what mainstemctl does, in the middle of it."""

import os
import pathlib
import pty
import re
import signal
import subprocess
import termios
import unittest

from ctl_support import CTL, CtlTest, make_store

# More streams than are told of at once: progress is shown several times.
MANY_STREAMS = ("3000", "10", "3000", "65536", "1")


def catches_interrupts(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    caught = int(re.search(r"^SigCgt:\s*(\w+)$", status, re.MULTILINE)[1], 16)
    return caught >> (signal.SIGINT - 1) & 1


def interrupted(*arguments):
    """What it says, and its status. Its terminal stands still when it shows progress for the first time, so
    that the signal comes in the middle."""
    master, terminal = pty.openpty()
    termios.tcflow(terminal, termios.TCOOFF)
    with subprocess.Popen([CTL, *map(str, arguments)], stdout=subprocess.PIPE, stderr=terminal,
                          text=True) as process:
        while not catches_interrupts(process):
            os.sched_yield()
        process.send_signal(signal.SIGINT)
        termios.tcflow(terminal, termios.TCOON)
        os.close(terminal)
        said = b""
        try:
            while some := os.read(master, 4096):
                said += some
        except OSError:
            pass  # The end of a terminal.
        said += process.stdout.read().encode()
    os.close(master)
    return process.returncode, said.decode()


class Interruption(CtlTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.large = make_store(cls.top / "large", MANY_STREAMS)

    def expect_interrupted(self, *arguments):
        status, said = interrupted(*arguments)
        self.assertEqual(status, 2, said)
        self.assertIn("it was interrupted: ", said)
        return said

    def test_of_verify(self):
        self.assertIn("run it again", self.expect_interrupted("verify", self.large))
        self.run_ctl(0, "verify", self.large)

    def test_of_a_backup_that_is_gone_on_with(self):
        target = self.folder / "backup"
        said = self.expect_interrupted("backup", self.good, target)
        self.assertIn("run the same backup again", said)
        self.run_ctl(0, "backup", self.good, target)
        self.run_ctl(0, "verify", target)

    # "Nothing that was begun counts: run it again" was the advice, and that was refused.
    def test_of_a_new_store_that_is_begun_again(self):
        backup = self.folder / "backup"
        self.run_ctl(0, "backup", self.good, backup)
        for verb, source in (("restore", backup), ("repair", self.large)):
            target = self.folder / verb
            self.begin_again(self.expect_interrupted(verb, source, target), verb, source, target)


if __name__ == "__main__":
    unittest.main()
