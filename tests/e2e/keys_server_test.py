#!/usr/bin/env python3
"""hawser-server on a keystore, and hawser-keys beside it and through its admin listener.
Arguments: HAWSER_KEYS HAWSER_CLIENT HAWSER_SERVER."""
import json
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from programs import LIMIT, Server, environment, has_stack_trace, run

KEYS, CLIENT, SERVER = sys.argv[1:4]
SIGNING = "default-ec-p256"  # without a policy only the default keys are for everybody


class WithStore(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name)
        self.store = self.path / "state" / "keys.nvks"
        self.raw = ("--keystore-raw-key-file", self.write("raw_key", bytes(range(32))))
        self.admin = f"unix:{self.path}/admin"

    def tearDown(self):
        self.folder.cleanup()

    def write(self, name, content):
        path = self.path / name
        path.write_bytes(content)
        path.chmod(0o600)
        return path

    def keys(self, command, *args, code=0, **more):
        out = subprocess.run([KEYS, command, *map(str, args)], capture_output=True, text=True, timeout=LIMIT,
                             env=environment(None), **more)
        self.assertEqual(out.returncode, code, out)
        self.assertFalse(has_stack_trace(out.stderr), out.stderr)
        return out

    def in_file(self, command, *args, **more):
        return self.keys(command, "--store", self.store, *self.raw, *args, **more)

    def at_server(self, command, *args, **more):
        return self.keys(command, "--admin", self.admin, *args, **more)

    def server(self, *flags, secret=None):
        return Server(SERVER, "--listen", "127.0.0.1:0", "--keystore", str(self.store),
                      *map(str, secret or self.raw), "--admin-listen", self.admin, *flags, addresses=2)

    def sign(self, server, key, *args):
        return run(CLIENT, "sign", "--target", server.address, "--key-id", key, "--text", "ahoy", "--format",
                   "hex", *args)


class Start(WithStore):
    """A server that can't have its keystore: a sentence, an exit code, and the file is as it was."""

    def refused(self, code, words, *flags):
        out = run(SERVER, "--listen", "127.0.0.1:0", "--keystore", str(self.store), *map(str, flags))
        self.assertEqual(out.returncode, code, out)
        self.assertTrue(out.stderr.splitlines()[-1].startswith("hawser-server: "), out.stderr)
        self.assertIn(words, out.stderr)
        self.assertFalse(has_stack_trace(out.stderr), out.stderr)

    def untouched(self, words, *flags):
        before = (self.store.read_bytes(), self.store.stat().st_mtime_ns)
        self.refused(2, words, *(flags or self.raw))
        self.assertEqual((self.store.read_bytes(), self.store.stat().st_mtime_ns), before)

    def test_a_second_server_on_one_store(self):
        self.in_file("init")
        with self.server() as first:
            self.untouched("open in another process")
            self.assertIn("--admin", self.in_file("list", code=2).stderr)
            first.signal()
            self.assertEqual(first.wait(), 0)
        with self.server():
            pass

    def test_a_missing_store(self):
        self.refused(4, f"there is no keystore at {self.store}", *self.raw)

    def test_a_wrong_passphrase_and_none(self):
        right, wrong = self.write("right", b"right\n"), self.write("wrong", b"wrong\n")
        self.keys("init", "--profile", "small", "--store", self.store, "--keystore-passphrase-file", right)
        self.untouched("wrong or the file is damaged", "--keystore-passphrase-file", wrong)
        self.untouched("needs a passphrase", "--keystore-min-generation", 0)

    def test_a_damaged_one(self):
        self.in_file("init")
        damaged = bytearray(self.store.read_bytes())
        damaged[-1] ^= 1
        self.store.write_bytes(damaged)
        self.untouched("damaged")

    def test_one_that_others_may_read(self):
        self.in_file("init")
        self.store.chmod(0o644)
        self.untouched("open to other users")

    def test_a_link(self):
        self.in_file("init")
        moved = self.store.rename(self.store.parent / "moved")
        self.store.symlink_to(moved)
        self.untouched("symbolic link")

    def test_an_old_copy(self):
        self.in_file("init")
        self.untouched("old copy", *self.raw, "--keystore-min-generation", 2)


class Administration(WithStore):
    def setUp(self):
        super().setUp()
        self.in_file("init")
        self.in_file("create", SIGNING)

    def test_keys_of_the_file_sign_and_those_made_meanwhile_are_kept(self):
        with self.server() as server:
            self.assertEqual(self.sign(server, SIGNING).returncode, 0)
            self.at_server("create", "--spec", "ed25519", "default-ed25519")
            self.assertEqual(self.sign(server, "default-ed25519", "--algorithm", "ed25519").returncode, 0)
            self.at_server("rotate", SIGNING)
            self.assertIn("good: generation 4, 2 keys, 3 versions", self.at_server("verify").stdout)
            server.signal(signal.SIGKILL)
            server.wait()
        listed = self.in_file("list", "--min-generation", 4).stdout
        with self.server():
            self.assertEqual(self.at_server("list").stdout, listed)
            self.assertEqual(self.at_server("show", SIGNING).stdout, self.shown_in_file(SIGNING))

    def shown_in_file(self, key):
        # Another opener has to wait: so a copy.
        copy = self.path / "copy" / "keys.nvks"
        copy.parent.mkdir(mode=0o700)
        copy.write_bytes(self.store.read_bytes())
        copy.chmod(0o600)
        return self.keys("show", "--store", copy, *self.raw, key).stdout

    def test_a_version_that_is_disabled_or_destroyed_signs_no_more(self):
        with self.server() as server:
            self.at_server("rotate", SIGNING)
            old = ("--key-version", "1")
            self.assertEqual(self.sign(server, SIGNING, *old).returncode, 0)
            self.at_server("disable", SIGNING, 1)
            self.assertIn("FAILED_PRECONDITION", self.sign(server, SIGNING, *old).stderr)
            self.at_server("enable", SIGNING, 1)
            self.assertEqual(self.sign(server, SIGNING, *old).returncode, 0)
            self.at_server("destroy", SIGNING, 1)
            self.assertIn("FAILED_PRECONDITION", self.sign(server, SIGNING, *old).stderr)
            self.assertEqual(self.sign(server, SIGNING).returncode, 0)

    def test_private_keys_leave_only_where_that_is_allowed(self):
        with self.server():
            refused = self.at_server("export", SIGNING, "--plain", code=1)
            self.assertIn("FAILED_PRECONDITION", refused.stderr)
        with self.server("--allow-key-export"):
            pem = self.at_server("export", SIGNING, "--plain").stdout
            self.assertIn("BEGIN PRIVATE KEY", pem)
            self.at_server("import", "copy", input=pem)
            self.assertEqual(self.at_server("public-key", "copy").stdout,
                             self.at_server("public-key", SIGNING).stdout)
            one = json.loads(self.at_server("show", "--json", "copy").stdout)["versions"][0]
            other = json.loads(self.at_server("show", "--json", SIGNING).stdout)["versions"][0]
            self.assertEqual(one["spki_sha256"], other["spki_sha256"])

    def test_a_store_of_a_raw_key_has_no_passphrase_to_change(self):
        with self.server():
            new = self.write("new", b"new\n")
            refused = self.at_server("change-passphrase", *self.raw, "--new-passphrase-file", new, code=1)
            self.assertIn("FAILED_PRECONDITION", refused.stderr)


class Passphrase(WithStore):
    def test_it_is_changed_while_the_server_runs(self):
        old, new, wrong = (self.write(name, name.encode()) for name in ("old", "new", "wrong"))
        opened_by = "--keystore-passphrase-file"
        self.keys("init", "--profile", "small", "--store", self.store, opened_by, old)
        with self.server(secret=(opened_by, old)):
            refused = self.at_server("change-passphrase", opened_by, wrong, "--new-passphrase-file", new,
                                     code=1)
            self.assertIn("INVALID_ARGUMENT", refused.stderr)
            self.at_server("change-passphrase", opened_by, old, "--new-passphrase-file", new)
            self.at_server("create", "signing")
        self.keys("list", "--store", self.store, opened_by, old, code=2)
        self.assertIn("signing", self.keys("list", "--store", self.store, opened_by, new).stdout)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
