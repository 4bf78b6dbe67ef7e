#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Meets what a user can meet on the worst day, and expects to be told what happened, where, and what to do
next. One row for each situation."""

import os
import pathlib
import shutil
import subprocess
import unittest

from ctl_support import EVENTS, MAKER, CtlTest, flip, make_store, segment


class Situations(CtlTest):
    """Each method brings a situation about and answers: exit status, arguments, words to be found in what is
    printed. Among the words are the place and the advice."""

    def missing_folder(self):
        path = self.folder / "nowhere"
        return 2, ("verify", path), ("there is no store in this folder", path, "check the path")

    def folder_that_is_no_store(self):
        (self.folder / "letter").write_text("hello")
        return 2, ("info", self.folder), ("there is no store", self.folder, "a file `manifest`")

    def file_instead_of_a_folder(self):
        path = self.folder / "file"
        path.write_text("hello")
        return 2, ("verify", path), ("Not a directory", path, "a folder is wanted")

    def both_manifests_damaged(self):
        store = self.copy()
        flip(store / "manifest", 50)
        flip(store / "manifest.copy", 50)
        return 2, ("verify", store), ("manifest is damaged", store / "manifest", "back from a backup")

    def manifests_lost(self):
        store = self.copy()
        (store / "manifest").unlink()
        (store / "manifest.copy").unlink()
        return 2, ("repair", store, self.folder / "new"), (
            "there are segments, but no manifest", store, "back from a backup")

    def one_manifest_damaged(self):
        store = self.copy()
        flip(store / "manifest", 50)
        return 1, ("verify", store), ("manifest: ", store / "manifest", "open the store for writing")

    def store_of_a_newer_format(self):
        store = self.copy()
        subprocess.run([MAKER, "newer", str(store)], check=True)
        return 2, ("verify", store), ("newer version", store / "manifest", "update mainstemctl")

    def damaged_event(self):
        store = self.copy()
        flip(segment(store, 1), self.offset_of(store, 1, "event 20 "))
        return 1, ("verify", store), (
            "an event is damaged", segment(store, 1), "position 20", "restore a backup")

    def zeroed_sector(self):
        store = self.copy()
        with open(segment(store, 2), "r+b") as file:
            file.seek(512)
            file.write(bytes(512))
        return 1, ("verify", store), ("damaged", segment(store, 2), "position", "repair")

    def missing_segment(self):
        store = self.copy()
        segment(store, 2).unlink()
        return 1, ("verify", store), (
            "the segment is missing", segment(store, 2), "positions", "put the file back")

    def segment_of_another_store(self):
        store = self.copy()
        other = make_store(self.folder / "other")
        shutil.copy(segment(other, 2), segment(store, 2))
        return 1, ("verify", store), ("it is of store", segment(store, 2), "put the file back")

    def segment_under_another_name(self):
        store = self.copy()
        shutil.copy(segment(store, 1), segment(store, 2))
        return 1, ("verify", store), (
            "is segment 1 under another name", segment(store, 2), "put the file back")

    def empty_segment(self):
        store = self.copy()
        segment(store, 2).write_bytes(b"")
        return 1, ("verify", store), ("shorter than its header", segment(store, 2), "put the file back")

    def lost_end(self):
        store = self.copy()
        last = max((store / "log").glob("*.log"), key=lambda path: (path.stat().st_size > 0, path))
        for path in (store / "log").glob("*.log"):
            if path.name > "0000000001.log":
                path.unlink()
        self.assertNotEqual(last, segment(store, 1))
        return 1, ("verify", store), (
            "missing or empty", segment(store, 2), "positions", "restore a backup")

    def damaged_trailer(self):
        store = self.copy()
        flip(segment(store, 1), segment(store, 1).stat().st_size - 20)
        return 1, ("verify", store), ("trailer", segment(store, 1), "no event is lost", "seals again")

    def damaged_control_page(self):
        store = self.copy()
        flip(store / "control", 20)
        return 1, ("verify", store), ("control", store / "control", "Nothing is lost")

    def damaged_index(self):
        store = self.copy()
        flip(store / "index" / "data.mdb", 20)
        return 1, ("verify", store), ("meta page", store / "index" / "data.mdb", "remove the folder `index`")

    def index_of_another_store(self):
        store = self.copy()
        other = make_store(self.folder / "other")
        shutil.rmtree(store / "index")
        shutil.copytree(other / "index", store / "index")
        return 1, ("verify", store), ("index", store / "index", "remove the folder `index`")

    def cut_state(self):
        store = self.copy()
        with open(store / "state" / "data.mdb", "r+b") as file:
            file.truncate(5000)
        return 1, ("verify", store), ("state: ", store / "state", "back from a copy")

    def backup_into_a_folder_with_something_else(self):
        (self.folder / "letter").write_text("hello")
        return 2, ("backup", self.good, self.folder), ("not empty", "letter", "name one that is")

    def backup_into_the_store_itself(self):
        return 2, ("backup", self.good, self.good / "backup"), ("lie one in the other", self.good)

    def backup_of_damage(self):
        store = self.copy()
        flip(segment(store, 1), self.offset_of(store, 1, "event 20 "))
        return 2, ("backup", store, self.folder / "backup"), (
            "what was copied is damaged", "positions 20 to 20", "mainstemctl verify")

    def backup_onto_that_of_another_store(self):
        other = make_store(self.folder / "other")
        target = self.folder / "backup"
        self.run_ctl(0, "backup", other, target)
        return 2, ("backup", self.good, target), (
            "backup of another store", target, "into another folder")

    def backup_ahead_of_the_store(self):
        store = self.copy()
        longer = self.copy("longer")
        make_store(longer)
        target = self.folder / "backup"
        self.run_ctl(0, "backup", longer, target)
        return 2, ("backup", store, target), ("has lost events", target, "keep this backup")

    def restore_of_what_is_no_backup(self):
        return 2, ("restore", self.good, self.folder / "new"), ("this is no backup", self.good)

    def restore_of_an_unfinished_backup(self):
        target = self.folder / "backup"
        self.run_ctl(0, "backup", self.good, target)
        (target / "backup").unlink()
        (target / "backup.begun").write_text("x")
        return 2, ("restore", target, self.folder / "new"), (
            "never finished", target, "run the same backup again")

    def restore_of_a_damaged_backup(self):
        target = self.folder / "backup"
        self.run_ctl(0, "backup", self.good, target)
        flip(segment(target, 1), self.offset_of(target, 1, "event 20 "))
        return 2, ("restore", target, self.folder / "new"), (
            "the backup is damaged", "positions 20 to 20", "take another one")

    def restore_over_a_store(self):
        target = self.folder / "backup"
        self.run_ctl(0, "backup", self.good, target)
        store = self.copy()
        return 2, ("restore", target, store), ("not empty", store, "name one that is")

    def repair_in_place(self):
        store = self.copy()
        return 2, ("repair", store, store), ("lie one in the other", store, "of its own")

    def dump_of_a_segment_that_is_not_there(self):
        return 2, ("dump", self.good, "--segment", 99), ("no such segment", "0000000099.log", "`info` lists")

    def dump_of_an_event_that_is_not_there(self):
        return 2, ("dump", self.good, "--event", EVENTS + 1), (f"position {EVENTS + 1}", "behind the end")

    def dump_behind_the_end(self):
        return 2, ("dump", self.good, "--segment", 1, "--frame", 10**9), (
            segment(self.good, 1), "dump the segment")

    def unknown_verb(self):
        return 2, ("mend", self.good), ("mend",)

    def forgotten_folder(self):
        return 2, ("verify",), ("store is required", "--help")

    def forgotten_verb(self):
        return 2, (), ("subcommand is required", "--help")

    def unknown_option(self):
        return 2, ("info", self.good, "--loud"), ("--loud", "--help")


def add_test(name):
    def test(self):
        status, arguments, words = getattr(self, name)()
        ended = self.run_ctl(status, *arguments)
        said = ended.stdout + ended.stderr
        for word in words:
            self.assertIn(str(word), said)
        if status == 2:
            self.assertIn("\n  next: ", ended.stderr)
            told = self.run_json(2, *arguments)
            self.assertTrue(told["next"])
            self.assertTrue(told["error"]["message"])
    setattr(Situations, f"test_{name}", test)


SITUATIONS = [name for name in vars(Situations) if not name.startswith("_")]
assert len(SITUATIONS) >= 20
for situation in SITUATIONS:
    add_test(situation)


class Words(CtlTest):
    """How it is said."""

    def test_advice_is_given_once(self):
        ended = self.run_ctl(2, "info", self.folder / "nowhere")
        self.assertEqual(ended.stderr.count("check the path"), 1)


class Surroundings(CtlTest):
    """What the machine does to a user."""

    def test_repair_of_a_store_that_is_written(self):
        store = self.copy()
        with subprocess.Popen([MAKER, "hold", str(store)], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True) as writer:
            self.assertEqual(writer.stdout.readline(), "held\n")
            ended = self.run_ctl(2, "repair", store, self.folder / "new")
            writer.stdin.close()
        self.assertIn("open for writing", ended.stderr)
        self.assertIn("stop the process", ended.stderr)

    def run_as_another(self, status, *arguments):
        # Nothing is forbidden to root.
        become_another = (lambda: os.setuid(65534)) if os.geteuid() == 0 else None
        for folder in (self.top, self.folder):
            folder.chmod(0o755)
        try:
            return self.run_ctl(status, *arguments, preexec_fn=become_another)
        except PermissionError:
            self.skipTest("the program itself cannot be run by another user")

    def test_store_that_may_not_be_read(self):
        store = self.copy()
        store.chmod(0)
        self.addCleanup(store.chmod, 0o755)  # Or else it cannot be removed, but by root.
        ended = self.run_as_another(2, "verify", store)
        self.assertIn("Permission denied", ended.stderr)
        self.assertIn("run it as the user that owns the files", ended.stderr)

    # It was called unreadable, and the disk was to be looked at.
    def test_segment_that_may_not_be_read(self):
        store = self.copy()
        segment(store, 2).chmod(0)
        ended = self.run_as_another(2, "verify", "--log-only", store)
        self.assertIn("Permission denied", ended.stderr)
        self.assertIn(str(segment(store, 2)), ended.stderr)
        self.assertIn("run it as the user that owns the files", ended.stderr)
        self.assertEqual(ended.stdout, "")

    # The index was to be removed, although nothing was wrong with it.
    def test_table_of_readers_that_may_not_be_written(self):
        for name in ("index", "state"):
            store = self.copy("store-" + name)
            for each in ("index", "state"):
                (store / each / "lock.mdb").chmod(0o444 if each == name else 0o666)
            ended = self.run_as_another(2, "verify", store)
            self.assertIn("Permission denied", ended.stderr)
            self.assertIn(str(store / name), ended.stderr)
            self.assertIn("write `lock.mdb`", ended.stderr)
            self.assertEqual(ended.stdout, "")
            self.run_as_another(0, "verify", "--log-only", store)

    def test_folder_in_the_place_of_a_segment(self):
        store = self.copy()
        segment(store, 2).unlink()
        segment(store, 2).mkdir()
        ended = self.run_ctl(1, "verify", store)
        self.assertIn("unreadable: " + str(segment(store, 2)), ended.stdout)

    def test_name_with_control_characters(self):
        path = pathlib.Path(self.folder, "a\x1b[31mred")
        ended = self.run_ctl(2, "verify", path)
        self.assertNotIn("\x1b", ended.stderr)


if __name__ == "__main__":
    unittest.main()
