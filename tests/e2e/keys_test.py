#!/usr/bin/env python3
"""hawser-keys on a file, and openssl as an independent reader and writer of keys. Argument: HAWSER_KEYS."""
import fcntl
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from programs import LIMIT, environment, has_stack_trace

KEYS = sys.argv[1]
PEM_PASSPHRASE = "of the pem"
PASSOUT = ("-passout", f"pass:{PEM_PASSPHRASE}")


class KeysTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name)
        self.store = self.path / "state" / "keys.nvks"
        self.raw_key = self.write("raw_key", bytes(range(32)))
        self.pem_passphrase = self.write("pem_passphrase", PEM_PASSPHRASE + "\n")

    def tearDown(self):
        self.folder.cleanup()

    def write(self, name, content, mode=0o600):
        path = self.path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(mode)
        return path

    def run_keys(self, command, *args, code=0, env=None, **more):
        out = subprocess.run([KEYS, command, *map(str, args)], capture_output=True, text=True, timeout=LIMIT,
                             env=environment(env), **more)
        self.assertEqual(out.returncode, code, out)
        self.assertFalse(has_stack_trace(out.stderr), out.stderr)
        if code != 0:
            self.assertTrue(out.stderr.splitlines()[-1].startswith(("hawser-keys: ", "Try ")), out.stderr)
        return out

    def keys(self, command, *args, **more):
        """On the store that the raw key opens: without the half second that a passphrase takes."""
        return self.run_keys(command, "--store", self.store, *self.with_raw_key(), *args, **more)

    def with_raw_key(self):
        return "--keystore-raw-key-file", self.raw_key

    def openssl(self, *args, **more):
        out = subprocess.run(["openssl", *map(str, args)], capture_output=True, timeout=LIMIT, **more)
        self.assertEqual(out.returncode, 0, out)
        return out.stdout

    def show(self, key):
        return json.loads(self.keys("show", "--json", key).stdout)

    def states(self, key):
        return [version["state"] for version in self.show(key)["versions"]]


class Commands(KeysTest):
    def setUp(self):
        super().setUp()
        self.keys("init")

    def test_keys_are_made_listed_and_shown(self):
        self.keys("create", "--spec", "ed25519", "ed")
        self.keys("create", "--spec", "P-384", "--algorithm", "ecdsa-p384-sha384", "--rotate-after", "48h",
                  "ec")
        listed = self.keys("list").stdout.splitlines()
        self.assertEqual([line.split()[0] for line in listed], ["ec", "ed"])
        shown = self.show("ec")
        self.assertEqual(shown["spec"], "KEY_SPEC_EC_P384")
        self.assertEqual(shown["algorithms"], ["ECDSA_P384_SHA384"])
        self.assertEqual(shown["rotate_after_ms"], str(48 * 3600 * 1000))
        text = self.keys("show", "ec").stdout
        self.assertIn("every 48 hours", text)
        self.assertRegex(text, r"version 1 +enabled, created 20[-\d]+T[:\d]+Z, public key SHA-256 \w{64}")
        self.assertIn("good: generation 3, 2 keys, 2 versions", self.keys("verify").stdout)

    def test_versions_are_rotated_disabled_scheduled_and_destroyed(self):
        self.keys("create", "signing")
        self.keys("rotate", "signing")
        self.keys("rotate", "signing")
        self.assertEqual(self.show("signing")["primary_version"], 3)
        self.keys("set-primary", "signing", 2)
        self.assertEqual(self.show("signing")["primary_version"], 2)
        self.keys("disable", "signing", 1)
        self.keys("schedule", "signing", 3, "--after", "10h")
        self.assertEqual(self.states("signing"), ["DISABLED", "ENABLED", "DESTROY_SCHEDULED"])
        self.keys("disable", "signing", 3)  # takes it back
        self.keys("enable", "signing", 3)
        public_key = self.keys("public-key", "signing", "--key-version", 1).stdout
        self.keys("destroy", "signing", 1)
        self.assertEqual(self.states("signing"), ["DESTROYED", "ENABLED", "ENABLED"])
        self.assertEqual(self.keys("public-key", "signing", "--key-version", 1).stdout, public_key)
        self.assertIn("FAILED_PRECONDITION", self.keys("enable", "signing", 1, code=1).stderr)
        exported = self.keys("export", "signing", "--key-version", 1, "--plain", code=1)
        self.assertIn("FAILED_PRECONDITION", exported.stderr)

    def test_what_is_refused_changes_nothing(self):
        self.keys("create", "signing")
        before = self.store.read_bytes()
        for args, words in ((("create", "signing"), "ALREADY_EXISTS"),
                            (("create", "No/Name"), "INVALID_ARGUMENT"),
                            (("create", "x", "--algorithm", "ed25519"), "INVALID_ARGUMENT"),
                            (("rotate", "none"), "NOT_FOUND"),
                            (("show", "none"), "NOT_FOUND"),
                            (("destroy", "signing", 1), "FAILED_PRECONDITION"),
                            (("disable", "signing", 7), "NOT_FOUND")):
            with self.subTest(args):
                self.assertIn(words, self.keys(*args, code=1).stderr)
        self.assertEqual(self.store.read_bytes(), before)

    def test_what_can_not_be_right_is_a_usage_error(self):
        for args, words in ((("create",), "KEY is missing"),
                            (("create", "x", "--spec", "DSA"), "Ed25519"),
                            (("create", "x", "--algorithm", "md5"), "md5"),
                            (("create", "x", "--rotate-after", "soon"), "rotate-after"),
                            (("enable", "x", "first"), "VERSION"),
                            (("enable", "x", "0"), "VERSION"),
                            (("list", "--admin", "unix:/x"), "which keys?"),
                            (("shout",), "shout")):
            with self.subTest(args):
                self.assertIn(words, self.keys(*args, code=2).stderr)
        self.assertIn("which keys?", self.run_keys("list", code=2).stderr)
        self.assertIn("--store", self.run_keys("init", code=2).stderr)

    def test_nobody_at_the_admin_address_is_a_failed_call(self):
        out = self.run_keys("list", "--admin", f"unix:{self.path}/none", "--timeout", "5s", code=1)
        self.assertIn("UNAVAILABLE", out.stderr)


class Store(KeysTest):
    """What opens a store, and what doesn't: each refusal ends with 2 and leaves the file alone."""

    def refused(self, words, *args, **more):
        before = (self.store.read_bytes(), self.store.stat().st_mtime_ns)
        for command in (("list",), ("create", "other")):
            out = self.run_keys(*command, "--store", self.store, *args, code=2, **more)
            self.assertIn(words, out.stderr)
        self.assertEqual((self.store.read_bytes(), self.store.stat().st_mtime_ns), before)

    def test_a_passphrase_comes_from_a_file_a_credential_a_descriptor_or_the_environment(self):
        right = self.write("keystore-passphrase", "correct horse\n")
        wrong = self.write("wrong", "wrong\n")
        self.run_keys("init", "--profile", "small", "--store", self.store, "--keystore-passphrase-file",
                      right)
        variable = {"HAWSER_KEYSTORE_PASSPHRASE": "correct horse"}
        credentials = {"CREDENTIALS_DIRECTORY": str(self.path)}
        self.run_keys("list", "--store", self.store, "--keystore-passphrase-file", right)
        self.run_keys("list", "--store", self.store, env=credentials)
        warned = self.run_keys("list", "--store", self.store, env=variable)
        self.assertIn("warning", warned.stderr)
        self.assertNotIn("horse", warned.stderr)
        reading, writing = os.pipe()
        os.write(writing, b"correct horse")
        os.close(writing)
        self.run_keys("list", "--store", self.store, "--keystore-passphrase-fd", reading, pass_fds=[reading])
        os.close(reading)
        # The first that is given counts.
        self.refused("wrong or the file is damaged", "--keystore-passphrase-file", wrong,
                     env=variable | credentials)
        self.refused("needs a passphrase")
        self.refused("opened by a passphrase", "--keystore-raw-key-file", self.raw_key)
        damaged = bytearray(self.store.read_bytes())
        damaged[60] ^= 1
        self.store.write_bytes(damaged)
        self.refused("wrong or the file is damaged", "--keystore-passphrase-file", right)

    def test_a_new_passphrase_replaces_the_old_one(self):
        old, new = self.write("old", "old word\n"), self.write("new", "new word\n")
        store = ("--store", self.store)
        self.run_keys("init", "--profile", "small", *store, "--keystore-passphrase-file", old)
        changed = self.run_keys("change-passphrase", *store, "--keystore-passphrase-file", old,
                                "--new-passphrase-file", new)
        self.assertIn("generation 2", changed.stdout)
        verified = self.run_keys("verify", *store, "--keystore-passphrase-file", new)
        self.assertIn("generation 2", verified.stdout)
        self.refused("wrong or the file is damaged", "--keystore-passphrase-file", old)
        without = self.run_keys("change-passphrase", *store, "--keystore-passphrase-file", new, code=2)
        self.assertIn("--new-passphrase-file", without.stderr)

    def test_a_store_that_is_open_elsewhere_names_the_way_around(self):
        self.keys("init")
        raw = self.with_raw_key()
        with open(f"{self.store}.lock", "r+", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.refused("--admin", *raw)
        with open(f"{self.store}.lock", "r+", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH)
            self.keys("list")
            self.assertIn("open in another process", self.keys("create", "x", code=2).stderr)
        self.keys("create", "x")

    def test_what_others_may_touch_is_refused(self):
        self.keys("init")
        raw = self.with_raw_key()
        self.store.chmod(0o644)
        self.refused("open to other users", *raw)
        self.store.chmod(0o600)
        self.store.parent.chmod(0o755)
        self.refused("0700", *raw)
        self.store.parent.chmod(0o700)
        self.raw_key.chmod(0o644)
        self.refused("open to other users", *raw)
        self.raw_key.chmod(0o600)
        self.keys("list")

    def test_a_damaged_store_is_refused(self):
        self.keys("init")
        damaged = bytearray(self.store.read_bytes())
        damaged[-1] ^= 1
        self.store.write_bytes(damaged)
        self.refused("damaged", "--keystore-raw-key-file", self.raw_key)
        self.store.write_bytes(b"something else")
        self.refused("no Hawser keystore", "--keystore-raw-key-file", self.raw_key)

    def test_a_missing_store_has_an_exit_code_of_its_own(self):
        out = self.keys("list", code=4)
        self.assertIn(f"there is no keystore at {self.store}", out.stderr)
        self.assertFalse(self.store.parent.exists())

    def test_an_older_generation_than_is_wanted_is_refused(self):
        self.keys("init")
        self.keys("create", "x")
        self.keys("list", "--min-generation", 2)
        self.assertIn("old copy", self.keys("list", "--min-generation", 3, code=2).stderr)

    def test_init_touches_nothing_that_is_there(self):
        self.keys("init")
        before = self.store.read_bytes()
        self.assertIn("already", self.keys("init", code=2).stderr)
        self.assertEqual(self.store.read_bytes(), before)


class Exchange(KeysTest):
    KINDS = {"RSA-2048": ("RSA", "rsa_keygen_bits:2048"), "P-256": ("EC", "ec_paramgen_curve:P-256"),
             "P-384": ("EC", "ec_paramgen_curve:P-384"), "P-521": ("EC", "ec_paramgen_curve:P-521"),
             "Ed25519": ("ED25519", None)}

    def setUp(self):
        super().setUp()
        self.keys("init")

    def made_by_openssl(self, kind, name="made.pem"):
        algorithm, option = self.KINDS[kind]
        path = self.path / name
        options = ("-pkeyopt", option) if option else ()
        self.openssl("genpkey", "-algorithm", algorithm, *options, "-out", path)
        path.chmod(0o600)
        return path

    def test_keys_of_openssl_come_in_and_go_out_the_same(self):
        for kind in self.KINDS:
            with self.subTest(kind):
                name = kind.lower()
                made = self.made_by_openssl(kind)
                self.assertIn(kind, self.keys("import", name, "--in", made).stdout)
                self.assertEqual(self.keys("public-key", name).stdout.encode(),
                                 self.openssl("pkey", "-in", made, "-pubout"))
                exported = self.path / f"{name}.pem"
                self.keys("export", name, "--out", exported, "--pem-passphrase-file", self.pem_passphrase)
                self.assertEqual(exported.stat().st_mode & 0o777, 0o600)
                self.assertEqual(self.openssl("pkey", "-in", exported, "-passin", f"pass:{PEM_PASSPHRASE}"),
                                 self.openssl("pkey", "-in", made))
                plain = self.keys("export", name, "--plain")
                self.assertIn("warning", plain.stderr)
                self.assertEqual(plain.stdout.encode(), self.openssl("pkey", "-in", made))

    def test_an_export_is_encrypted_so_that_trying_passphrases_is_slow(self):
        self.keys("create", "x")
        out = self.keys("export", "x", "--pem-passphrase-file", self.pem_passphrase)
        shown = self.openssl("asn1parse", "-i", input=out.stdout.encode()).decode()
        for words in ("PBES2", "PBKDF2", ":0927C0", "hmacWithSHA256", "aes-256-cbc"):
            self.assertIn(words, shown)
        self.assertIn("--plain", self.keys("export", "x", code=2).stderr)
        # A file that is there stays.
        there = self.write("there", "precious")
        self.keys("export", "x", "--plain", "--out", there, code=2)
        self.assertEqual(there.read_text(), "precious")

    def test_keys_that_openssl_encrypted_come_in(self):
        made = self.made_by_openssl("P-256")
        for name, options in (("pbkdf2", ("-v2", "aes-256-cbc")), ("scrypt", ("-scrypt",)),
                              ("gcm-less", ("-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA512"))):
            sealed = self.path / f"{name}.pem"
            self.openssl("pkcs8", "-topk8", "-in", made, "-out", sealed, *PASSOUT, *options)
            self.keys("import", name, "--in", sealed, "--pem-passphrase-file", self.pem_passphrase)
            self.assertEqual(self.keys("export", name, "--plain").stdout.encode(),
                             self.openssl("pkey", "-in", made))
        self.assertIn("encrypted", self.keys("import", "y", "--in", sealed, code=2).stderr)
        wrong = self.write("wrong", "wrong")
        self.assertIn("passphrase of this PEM",
                      self.keys("import", "y", "--in", sealed, "--pem-passphrase-file", wrong, code=2).stderr)

    def test_a_key_comes_in_on_standard_input_and_as_a_new_version(self):
        pem = self.made_by_openssl("P-256").read_text()
        self.keys("import", "x", input=pem)
        self.assertIn("ALREADY_EXISTS", self.keys("import", "x", input=pem, code=1).stderr)
        other = self.made_by_openssl("P-256").read_text()
        self.assertIn("version 2", self.keys("import", "x", "--new-version", input=other).stdout)
        self.assertEqual(self.show("x")["primary_version"], 2)
        wrong_kind = self.made_by_openssl("Ed25519").read_text()
        refused = self.keys("import", "x", "--new-version", input=wrong_kind, code=1)
        self.assertIn("INVALID_ARGUMENT", refused.stderr)

    def test_older_forms_and_other_things_are_refused_in_words_that_help(self):
        made = self.made_by_openssl("P-256")
        traditional = self.openssl("ec", "-in", made)
        pbes1 = self.openssl("pkcs8", "-topk8", "-in", made, "-v1", "PBE-SHA1-3DES", *PASSOUT)
        certificate = self.openssl("req", "-x509", "-new", "-key", made, "-subj", "/CN=x", "-days", "1")
        cms = self.openssl("cms", "-sign", "-signer", self.write("c.pem", certificate), "-inkey", made,
                           "-outform", "PEM", input=b"text")
        short = self.openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024")
        for pem, words, code in ((traditional, "openssl pkcs8 -topk8", 2), (pbes1, "PBES1", 2),
                                 (certificate, "no private key", 2), (cms, "no private key", 2),
                                 (b"nonsense", "no PEM", 2), (short, "2048", 1)):
            with self.subTest(words):
                path = self.write("in.pem", pem)
                out = self.keys("import", "x", "--in", path, "--pem-passphrase-file", self.pem_passphrase,
                                code=code)
                self.assertIn(words, out.stderr)
        self.assertEqual(self.keys("list").stdout, "")

    def test_a_file_that_others_can_read_is_warned_of(self):
        made = self.made_by_openssl("Ed25519")
        made.chmod(0o644)
        self.assertIn("warning", self.keys("import", "x", "--in", made).stderr)


class Page(KeysTest):
    """docs/keystore.md, typed as it stands."""

    def test_its_commands_work_in_their_order(self):
        page = (Path(__file__).resolve().parents[2] / "docs" / "keystore.md").read_text()
        blocks = re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
        self.assertEqual(len(blocks), 2)
        # The small profile: the same, in a sixth of the time.
        script = "".join(blocks).replace("hawser-keys init", "hawser-keys init --profile small")
        path = {"PATH": f"{Path(KEYS).resolve().parent}:{os.environ['PATH']}"}
        out = subprocess.run(["bash", "-euo", "pipefail", "-c", script], capture_output=True, text=True,
                             timeout=LIMIT, cwd=self.path, env=environment(path))
        self.assertEqual(out.returncode, 0, out)
        self.assertIn("version 2 is primary", out.stdout)
        self.assertIn("good: generation", out.stdout.splitlines()[-1])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
