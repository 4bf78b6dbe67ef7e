#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs mainstemctl where descriptors, memory or space run out: that says nothing of the store."""

import json
import resource
import shutil
import signal
import unittest

from ctl_support import SANITIZED, CtlTest, ctl, make_store


def allow(what, amount):
    return lambda: resource.setrlimit(what, (amount, amount))


def allow_file_size():
    resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


@unittest.skipIf(SANITIZED, "sanitizers need descriptors themselves")
class Descriptors(CtlTest):
    FEWEST = 4  # Standard streams, and one with which the program is started.

    def refusals(self, *arguments):
        """How often it could not run, with more and more descriptors, until it does."""
        for limit in range(self.FEWEST, 64):
            ended = ctl(*arguments, preexec_fn=allow(resource.RLIMIT_NOFILE, limit))
            if ended.returncode == 0:
                return limit - self.FEWEST
            self.assertEqual(ended.returncode, 2, f"{limit}: {ended.stdout}{ended.stderr}")
            self.assertIn("Too many open files", ended.stderr)
            self.assertIn("ulimit -n", ended.stderr)
            if arguments[0] == "repair":
                shutil.rmtree(arguments[-1], ignore_errors=True)
        self.fail("it never ran")

    # The store was called damaged, and its index to be removed.
    def test_are_no_finding_of_verify(self):
        self.assertGreater(self.refusals("verify", self.good), 2)

    def test_leave_nothing_out_of_a_repaired_store(self):
        self.assertGreater(self.refusals("repair", self.good, self.folder / "new"), 2)


@unittest.skipIf(SANITIZED, "sanitizers need memory themselves")
class Memory(CtlTest):
    # What LMDB maps, which had become a finding of the index.
    def test_that_cannot_be_mapped_is_no_finding(self):
        limit = allow(resource.RLIMIT_AS, 60000 * 1024)
        ended = self.run_ctl(2, "verify", "--json", self.good, preexec_fn=limit)
        self.assertIn("ulimit -v", json.loads(ended.stdout)["next"])
        self.assertIn("Cannot allocate memory", ended.stderr)
        self.run_ctl(0, "verify", "--log-only", self.good, preexec_fn=limit)

    # Scripts got no JSON, and people were told to report it.
    def test_that_cannot_be_allocated_is_told(self):
        told = 0
        for limit in range(128 << 10, 1 << 20, 8 << 10):
            ended = ctl("verify", "--json", self.good, preexec_fn=allow(resource.RLIMIT_DATA, limit))
            if ended.returncode == 0:
                break
            if ended.returncode != 2:
                continue  # Too little even for being started.
            what = json.loads(ended.stdout)
            self.assertEqual(what["status"], "could_not_run")
            self.assertIn("not enough memory", what["error"]["message"])
            self.assertIn("give it more memory", what["next"])
            self.assertIn("give it more memory", ended.stderr)
            told += 1
        self.assertEqual(ended.returncode, 0)
        self.assertGreater(told, 3)


class Space(CtlTest):
    def run_without_room(self, *arguments):
        ended = self.run_ctl(2, *arguments, preexec_fn=allow_file_size)
        self.assertIn("no space is left", ended.stderr)
        self.assertIn("make room", ended.stderr)
        self.assertNotIn("nothing was touched", ended.stderr)
        return ended.stderr

    def test_that_lacks_for_a_backup(self):
        target = self.folder / "backup"
        self.assertIn("run the same backup again", self.run_without_room("backup", self.good, target))
        self.run_ctl(2, "verify", target)  # It is no store yet.
        self.run_ctl(0, "backup", self.good, target)
        self.run_ctl(0, "verify", target)

    # It was to be removed.
    def test_that_lacks_for_more_of_a_backup_leaves_what_is_there(self):
        store = self.copy()
        target = self.folder / "backup"
        earlier = self.run_json(0, "backup", store, target)
        make_store(store)
        said = self.run_without_room("backup", store, target)
        self.assertIn(f"do not remove {target}", said)
        self.assertNotIn("remove what was begun", said)
        there = self.run_json(0, "verify", target, "--to", earlier["up_to"])
        self.assertEqual(there["log_digest"], earlier["log_digest"])
        later = self.run_json(0, "backup", store, target)
        self.assertGreater(later["up_to"], earlier["up_to"])
        self.run_ctl(0, "verify", target)

    def test_that_lacks_for_a_new_store(self):
        backup = self.folder / "backup"
        self.run_ctl(0, "backup", self.good, backup)
        for verb, source in (("restore", backup), ("repair", self.good)):
            target = self.folder / verb
            said = self.run_without_room(verb, source, target)
            self.assertIn("what a restore or a repair left", self.run_ctl(2, verb, source, target).stderr)
            self.begin_again(said, verb, source, target)


if __name__ == "__main__":
    unittest.main()
