#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every verb of mainstemctl on real stores: good, damaged, and beside a process that writes."""

import os
import shutil
import subprocess
import unittest

from ctl_support import EVENTS, MAKER, CtlTest, contents, ctl, flip, make_store, read_store, segment


class Info(CtlTest):
    def test_of_a_good_store(self):
        told = self.run_json(0, "info", self.good)
        self.assertGreaterEqual(len(told["segments"]), 3)
        self.assertEqual(told["durable"], EVENTS)
        self.assertEqual(told["indexed"], EVENTS)
        self.assertFalse(told["is_locked"])
        self.assertTrue(told["segments"][0]["sealed"])
        text = self.run_ctl(0, "info", self.good).stdout
        self.assertIn(told["store_id"], text)
        self.assertIn("sealed", text)

    def test_of_a_damaged_header(self):
        store = self.copy()
        flip(segment(store, 2), 100)
        told = self.run_json(1, "info", store)
        self.assertIn("checksum", told["segments"][1]["failure"]["message"])
        self.assertIn("DAMAGED", self.run_ctl(1, "info", store).stdout)


class Verify(CtlTest):
    def test_of_a_good_store(self):
        before = contents(self.good)
        told = self.run_json(0, "verify", self.good)
        self.assertEqual(told["events"], EVENTS)
        self.assertEqual(told["streams"], 5)
        self.assertEqual(told["checkpoints"], 1)
        self.assertEqual(told["index_digest"], told["expected_digest"])
        self.assertEqual(told["findings"], [])
        self.assertIn("findings    none", self.run_ctl(0, "verify", self.good).stdout)
        self.assertEqual(contents(self.good), before)

    def test_of_a_store_whose_writer_died(self):
        store = make_store(self.folder / "dead", verb="die")
        self.assertEqual(self.run_json(0, "verify", store)["events"], EVENTS)

    def test_of_damage_in_many_places(self):
        store = self.copy()
        flip(segment(store, 1), self.offset_of(store, 1, "event 20 "))
        flip(segment(store, 2), 300)
        (store / "manifest.copy").unlink()
        told = self.run_json(1, "verify", store)
        kinds = [each["kind"] for each in told["findings"]]
        self.assertEqual(kinds, ["event", "frames", "manifest"])
        first = told["findings"][0]["what"]
        self.assertEqual((first["first_position"], first["last_position"]), (20, 20))
        self.assertEqual(first["path"], str(segment(store, 1)))
        text = self.run_ctl(1, "verify", store).stdout
        self.assertIn(f"event: {segment(store, 1)} at ", text)
        self.assertIn("position 20", text)

    def test_of_an_lmdb_file_that_would_kill(self):
        # Zeroed and exchanged pages, which LMDB trusts: a finding, never a signal.
        data = (self.good / "index" / "data.mdb").read_bytes()
        found = 0
        for page in range(2, len(data) // 4096):
            for content in (bytes(4096), os.urandom(4096), data[4096 * 2:4096 * 3]):
                store = self.copy(f"page-{page}-{found}")
                with open(store / "index" / "data.mdb", "r+b") as file:
                    file.seek(page * 4096)
                    file.write(content)
                ended = self.run_ctl_any(store)
                found += ended.returncode
                shutil.rmtree(store)
        self.assertGreater(found, 0)

    def run_ctl_any(self, store):
        ended = ctl("verify", store)
        self.assertIn(ended.returncode, (0, 1), ended.stderr)
        return ended

    def test_beside_a_writer(self):
        store = self.copy()
        with Writer(store):
            for _ in range(5):
                told = self.run_json(0, "verify", store)
                self.assertGreater(told["events"], EVENTS)
            self.assertTrue(self.run_json(0, "info", store)["is_locked"])
        self.assertEqual(self.run_json(0, "verify", store)["findings"], [])

    def test_digest_up_to_a_position(self):
        store = self.copy()
        before = self.run_json(0, "verify", store)
        make_store(store)
        after = self.run_json(0, "verify", store)
        self.assertNotEqual(after["log_digest"], before["log_digest"])
        up_to = self.run_json(0, "verify", store, "--to", EVENTS, "--log-only")
        self.assertEqual(up_to["log_digest"], before["log_digest"])


class Writer:
    """A process that appends to a store all the time."""

    def __init__(self, store):
        self.process = subprocess.Popen([MAKER, "hold", str(store)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "held\n"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        assert self.process.wait(timeout=60) == 0


class Dump(CtlTest):
    def test_of_a_segment_a_frame_and_an_event(self):
        told = self.run_json(0, "dump", self.good, "--segment", 1)
        commits = [line for line in told["lines"] if line["field"] == "commit"]
        self.assertIn("positions 1 to 16 of 1 stream", commits[0]["words"])
        frame = self.run_json(0, "dump", self.good, "--segment", 1, "--frame",
                              commits[0]["offset"])
        self.assertEqual(frame["lines"][1]["hex"], "4d 53 46 a5")
        event = self.run_json(0, "dump", self.good, "--event", 20)
        self.assertTrue(any("event 20 " in line["words"] for line in event["lines"]))
        self.assertIn("event 20 ", self.run_ctl(0, "dump", self.good, "--event", 20).stdout)

    def test_of_what_is_damaged(self):
        store = self.copy()
        flip(segment(store, 1), self.offset_of(store, 1, "event 20 "))
        told = self.run_json(1, "dump", store, "--segment", 1)
        damaged = [line for line in told["lines"] if not line["good"]]
        self.assertEqual(len(damaged), 1)
        frame = self.run_json(1, "dump", store, "--segment", 1, "--frame", damaged[0]["offset"])
        self.assertTrue(any("DAMAGED" in line["words"] for line in frame["lines"]))


class BackupAndRestore(CtlTest):
    def test_of_a_live_store_again_and_again(self):
        store = self.copy()
        target = self.folder / "backup"
        kept = 0
        with Writer(store):
            for _ in range(4):
                told = self.run_json(0, "backup", store, target)
                self.assertGreater(told["up_to"], EVENTS)
                checked = self.run_json(0, "verify", target)
                self.assertEqual(checked["last_position"], told["up_to"])
                self.assertEqual(checked["log_digest"], told["log_digest"])
                kept = max(kept, told["segments_kept"])
        self.assertGreater(kept, 0)
        final = self.run_json(0, "backup", store, target)
        self.assertEqual(final["log_digest"], self.run_json(0, "verify", store)["log_digest"])

        restored = self.folder / "restored"
        told = self.run_json(0, "restore", target, restored)
        self.assertEqual(told["log_digest"], final["log_digest"])
        self.assertEqual(told["parent_lineage_id"], final["lineage_id"])
        self.assertEqual(read_store(restored), read_store(store))
        make_store(restored)  # It can be written.
        after = self.run_json(0, "verify", restored, "--to", final["up_to"])
        self.assertEqual(after["log_digest"], final["log_digest"])
        self.assertEqual(after["checkpoints"], 1)

    def test_with_hard_links(self):
        target = self.folder / "backup"
        told = self.run_json(0, "backup", self.good, target, "--hard-links")
        self.assertGreater(told["segments_linked"], 0)
        self.assertEqual(segment(target, 1).stat().st_ino, segment(self.good, 1).stat().st_ino)
        self.assertEqual(self.run_json(0, "verify", target)["log_digest"], told["log_digest"])
        self.assertIn("hard links", self.run_ctl(0, "backup", self.good, target).stdout)

    def test_restore_of_all_keeps_the_lineage(self):
        target = self.folder / "backup"
        made = self.run_json(0, "backup", self.good, target)
        told = self.run_json(0, "restore", target, self.folder / "same", "--highest-known", EVENTS)
        self.assertEqual(told["lineage_id"], made["lineage_id"])
        text = self.run_ctl(0, "restore", target, self.folder / "other").stdout
        self.assertIn("branched off from " + made["lineage_id"], text)


class Repair(CtlTest):
    def test_of_a_good_store(self):
        told = self.run_json(0, "repair", self.good, self.folder / "new")
        self.assertEqual(told["log_digest"], self.run_json(0, "verify", self.good)["log_digest"])
        self.assertEqual(told["lost"], [])
        self.assertEqual(read_store(self.folder / "new"), read_store(self.good))

    def test_of_a_damaged_one(self):
        store = self.copy()
        flip(segment(store, 1), self.offset_of(store, 1, "event 20 "))
        flip(segment(store, 2), 300)
        before = contents(store)
        target = self.folder / "new"
        told = self.run_json(1, "repair", store, target)
        self.assertEqual(told["lost"][0], {"first_position": 20, "last_position": 20})
        self.assertEqual(len(told["lost"]), 2)
        self.assertEqual(told["streams"][0],
                         {"stream": "stream-1", "first_version": 4, "last_version": 4})
        self.assertEqual(contents(store), before)
        checked = self.run_json(0, "verify", target)
        self.assertEqual(checked["log_digest"], told["log_digest"])
        gone = set()
        for each in told["lost"]:
            gone.update(range(each["first_position"], each["last_position"] + 1))
        wanted = [line for line in read_store(self.good) if int(line.split()[0]) not in gone]
        self.assertEqual(read_store(target), wanted)
        make_store(target)  # It can be written.
        self.assertEqual(self.run_json(0, "verify", target)["events"], 2 * EVENTS - len(gone))
        text = self.run_ctl(1, "repair", store, self.folder / "other").stdout
        self.assertIn("lost: position 20\n", text)


class Program(CtlTest):
    def test_explains_itself(self):
        text = self.run_ctl(0, "--help").stdout
        for verb in ("info", "verify", "dump", "backup", "restore", "repair", "--json"):
            self.assertIn(verb, text)
        self.assertIn("mainstemctl 0.", self.run_ctl(0, "--version").stdout)
        self.assertIn("Exit status: 0", text)


if __name__ == "__main__":
    unittest.main()
