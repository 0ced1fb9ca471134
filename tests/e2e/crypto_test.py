#!/usr/bin/env python3
"""hawser-client's sign, verify and public-key against hawser-server, with the openssl command line as an
independent judge; and hawser-profile's load on the same service. Arguments: HAWSER_CLIENT HAWSER_PROFILE
HAWSER_SERVER.
"""
import base64
import hashlib
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from programs import Server, has_stack_trace, run

CLIENT, PROFILE, SERVER = sys.argv[1:4]
MESSAGE = b"so say we all\n" * 40

# name in the contract: (default key, hash of the digest, bytes of r and of s)
ALGORITHMS = {
    "RSA_PKCS1_SHA256": ("default-rsa", "sha256", 0),
    "RSA_PKCS1_SHA384": ("default-rsa", "sha384", 0),
    "RSA_PKCS1_SHA512": ("default-rsa", "sha512", 0),
    "RSA_PSS_SHA256": ("default-rsa", "sha256", 0),
    "RSA_PSS_SHA384": ("default-rsa", "sha384", 0),
    "RSA_PSS_SHA512": ("default-rsa", "sha512", 0),
    "ECDSA_P256_SHA256": ("default-ec-p256", "sha256", 32),
    "ECDSA_P384_SHA256": ("default-ec-p384", "sha256", 48),
    "ECDSA_P384_SHA384": ("default-ec-p384", "sha384", 48),
    "ECDSA_P521_SHA512": ("default-ec-p521", "sha512", 66),
    "ED25519_PURE": ("default-ed25519", None, 0),
}


def openssl_accepts(algorithm, key, signature, message):
    """Whether `openssl` says that the signature is valid; all are paths."""
    digest = ALGORITHMS[algorithm][1]
    if digest is None:
        command = ["pkeyutl", "-verify", "-pubin", "-inkey", key, "-rawin", "-in", message,
                   "-sigfile", signature]
    else:
        command = ["dgst", f"-{digest}", "-verify", key, "-signature", signature]
        if "PSS" in algorithm:
            command += ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest",
                        "-sigopt", f"rsa_mgf1_md:{digest}"]
        command.append(message)
    return subprocess.run(["openssl", *command], capture_output=True, check=False).returncode == 0


def der_of_p1363(p1363):
    """SEQUENCE { INTEGER r, INTEGER s } of r and s at full length."""
    def integer(number):
        body = int.from_bytes(number, "big")
        body = body.to_bytes(body.bit_length() // 8 + 1, "big")
        return b"\x02" + bytes([len(body)]) + body
    half = len(p1363) // 2
    body = integer(p1363[:half]) + integer(p1363[half:])
    return b"\x30" + (bytes([len(body)]) if len(body) < 128 else bytes([0x81, len(body)])) + body


class FirstCall(unittest.TestCase):
    def test_it_waits_for_the_rsa_key_that_is_being_made(self):
        with Server(SERVER) as server:
            done = run(CLIENT, "sign", "--target", server.address, "--algorithm", "rsa-pss-sha256",
                       "--format", "hex", "--text", "x")
            self.assertEqual(done.returncode, 0, done)


class WithServer(unittest.TestCase):
    """One server with keys of its own for a class."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server(SERVER)
        cls.addClassCleanup(cls.server.__exit__)

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.message = self.write("message", MESSAGE)

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        return str(path)

    def call(self, command, *flags, code=0):
        """The program's output as bytes, and what it says on standard error."""
        full = [CLIENT, command, "--target", self.server.address, *map(str, flags)]
        done = subprocess.run(full, capture_output=True, timeout=60, stdin=subprocess.DEVNULL, check=False)
        self.assertEqual(done.returncode, code, (full, done))
        self.assertFalse(has_stack_trace(done.stderr.decode()), done)
        return done.stdout, done.stderr.decode()

    def sign(self, algorithm, *flags):
        return self.call("sign", "--algorithm", algorithm, *flags)[0]

    def public_key(self, algorithm, *flags):
        path = str(self.folder / f"{algorithm}.pem")
        self.call("public-key", "--algorithm", algorithm, "--out", path, *flags)
        return path

    def fails(self, command, *flags, code=2):
        out, said = self.call(command, *flags, code=code)
        self.assertEqual(out, b"")
        self.assertTrue(said.startswith("hawser-client: "), said)
        return said


class Openssl(WithServer):
    def test_every_algorithm_satisfies_openssl(self):
        for algorithm in ALGORITHMS:
            with self.subTest(algorithm):
                key = self.public_key(algorithm)
                signature = str(self.folder / "signature")
                self.assertEqual(self.sign(algorithm, self.message, "--out", signature), b"")
                self.assertTrue(openssl_accepts(algorithm, key, signature, self.message))
                other = self.write("other", MESSAGE[:-1])
                self.assertFalse(openssl_accepts(algorithm, key, signature, other))

    def test_the_original_four_fields_do(self):
        for algorithm in ("RSA_PKCS1_SHA256", "RSA_PSS_SHA256", "ECDSA_P256_SHA256", "ECDSA_P384_SHA256"):
            with self.subTest(algorithm):
                signature = self.write("signature", self.sign(algorithm, self.message, "--legacy"))
                # GetPublicKey(ECC) means P-256 there: another curve's key needs a newer field.
                key = self.public_key(algorithm, *(["--legacy"] if "P384" not in algorithm else []))
                self.assertTrue(openssl_accepts(algorithm, key, signature, self.message))

    def test_a_legacy_reply_has_the_original_fields_only(self):
        reply = json.loads(self.sign("ecdsa-p256-sha256", "--text", "x", "--legacy", "--json"))
        self.assertNotIn("signature_crc32c", reply)
        self.assertEqual((reply["key_id"], reply["key_version"], reply["spki_sha256"]), ("", 0, ""))

    def test_the_empty_message_is_a_message(self):
        empty = self.write("empty", b"")
        for algorithm in ("RSA_PSS_SHA256", "ECDSA_P256_SHA256", "ED25519_PURE"):
            with self.subTest(algorithm):
                signature = self.write("signature", self.sign(algorithm, empty))
                if algorithm != "ED25519_PURE":  # openssl pkeyutl -rawin doesn't take an empty file
                    self.assertTrue(openssl_accepts(algorithm, self.public_key(algorithm), signature, empty))
                self.call("verify", "--algorithm", algorithm, "--signature", signature, empty)

    def test_a_digest_is_as_good_as_its_message(self):
        for algorithm, (_, digest, _) in ALGORITHMS.items():
            if digest is None:
                continue
            with self.subTest(algorithm):
                key = self.public_key(algorithm)
                given = hashlib.new(digest, MESSAGE).hexdigest()
                for flags in (("--digest", given), ("--prehash", self.message)):
                    signature = self.write("signature", self.sign(algorithm, *flags))
                    self.assertTrue(openssl_accepts(algorithm, key, signature, self.message))
                # RSA PKCS#1 v1.5 has no randomness: the same message has one signature.
                if "PKCS1" in algorithm:
                    of_message = self.sign(algorithm, self.message)
                    self.assertEqual(self.sign(algorithm, "--digest", given), of_message)

    def test_p1363_is_r_and_s_at_full_length(self):
        for algorithm, (_, _, size) in ALGORITHMS.items():
            if size == 0:
                continue
            with self.subTest(algorithm):
                p1363 = self.sign(algorithm, self.message, "--encoding", "p1363")
                self.assertEqual(len(p1363), 2 * size)
                der = self.write("der", der_of_p1363(p1363))
                self.assertTrue(openssl_accepts(algorithm, self.public_key(algorithm), der, self.message))


class Forms(WithServer):
    def test_text_file_and_standard_input_are_the_same_message(self):
        file = self.sign("rsa-pkcs1-sha256", self.message)
        self.assertEqual(self.sign("rsa-pkcs1-sha256", "--text", MESSAGE.decode()), file)
        command = [CLIENT, "sign", "--target", self.server.address, "--algorithm", "RSA_PKCS1_SHA256"]
        for name in ([], ["-"]):
            done = subprocess.run([*command, *name], input=MESSAGE, capture_output=True, timeout=60,
                                  check=True)
            self.assertEqual(done.stdout, file)

    def test_a_signature_comes_raw_as_base64_or_as_hex(self):
        raw = self.sign("rsa-pkcs1-sha256", self.message)
        self.assertEqual(len(raw), 256)
        as_base64 = self.sign("rsa-pkcs1-sha256", self.message, "--format", "base64")
        self.assertEqual(base64.b64decode(as_base64), raw)
        self.assertTrue(as_base64.endswith(b"\n"))
        as_hex = self.sign("rsa-pkcs1-sha256", self.message, "--format", "hex")
        self.assertEqual(as_hex, raw.hex().encode() + b"\n")

    def test_the_reply_says_which_key_it_was(self):
        for algorithm, (key_id, _, _) in ALGORITHMS.items():
            with self.subTest(algorithm):
                der, said = self.call("public-key", "--algorithm", algorithm, "--format", "der", "--verbose")
                line = f"key {key_id} version 1, public key SHA-256 {hashlib.sha256(der).hexdigest()}\n"
                self.assertEqual(said, line)
                said = self.call("sign", "--algorithm", algorithm, "--text", "x", "--verbose")[1]
                self.assertEqual(said, line)
                reply = json.loads(self.sign(algorithm, "--text", "x", "--json"))
                self.assertEqual((reply["key_id"], reply["algorithm"]), (key_id, algorithm))
                self.assertTrue(reply["verified_input_crc32c"])

    def test_a_key_by_its_name_and_version(self):
        flags = ("--key-id", "default-ed25519", "--key-version", "1")
        signature = self.write("signature", self.sign("ed25519", self.message, *flags))
        self.call("verify", "--algorithm", "ed25519", "--signature", signature, *flags, self.message)
        by_name = self.call("public-key", *flags)[0]
        self.assertEqual(by_name, self.call("public-key", "--algorithm", "ed25519")[0])


class Verify(WithServer):
    def answers(self, code, *flags):
        out, _ = self.call("verify", *flags, code=code)
        self.assertEqual(out, b"signature is valid\n" if code == 0 else b"signature is NOT valid\n")

    def test_by_the_server_here_and_with_a_key_from_a_file(self):
        other = self.write("other", MESSAGE + b"!")
        for algorithm in ALGORITHMS:
            with self.subTest(algorithm):
                signature = self.write("signature", self.sign(algorithm, self.message))
                pem = self.public_key(algorithm)
                der, _ = self.call("public-key", "--algorithm", algorithm, "--format", "der")
                der = self.write("der", der)
                for how in ((), ("--local",), ("--public-key", pem), ("--public-key", der)):
                    flags = ("--algorithm", algorithm, "--signature", signature, *how)
                    self.answers(0, *flags, self.message)
                    self.answers(1, *flags, other)

    def test_a_damaged_signature_is_not_valid(self):
        signature = bytearray(self.sign("ecdsa-p256-sha256", self.message))
        for content in (bytes(signature[:-1]) + bytes([signature[-1] ^ 1]), bytes(signature[:-1]), b""):
            path = self.write("damaged", content)
            for how in ((), ("--local",)):
                self.answers(1, "--signature", path, *how, self.message)

    def test_digests_p1363_and_text_forms(self):
        digest = ("--digest", hashlib.sha256(MESSAGE).hexdigest())
        signature = self.write("s", self.sign("ecdsa-p256-sha256", self.message, "--encoding", "p1363",
                                              "--format", "base64"))
        for how in ((), ("--local",)):
            flags = ("--signature", signature, "--format", "base64", *how)
            self.answers(0, *flags, "--encoding", "p1363", *digest)
            self.answers(0, *flags, "--encoding", "p1363", "--prehash", self.message)
            self.answers(1, *flags, "--encoding", "der", self.message)

    def test_no_answer_is_neither_of_both(self):
        signature = self.write("s", self.sign("ecdsa-p256-sha256", self.message))
        with tempfile.TemporaryDirectory() as folder:
            done = run(CLIENT, "verify", "--target", f"unix:{folder}/none", "--signature", signature,
                       self.message)
        self.assertEqual(done.returncode, 3, done)
        self.assertIn("UNAVAILABLE", done.stderr)

    def test_json(self):
        signature = self.write("s", self.sign("ed25519", self.message))
        out, _ = self.call("verify", "--algorithm", "ed25519", "--signature", signature, "--json",
                           self.message)
        self.assertTrue(json.loads(out)["valid"])


class Refusals(WithServer):
    def test_what_can_not_be_right_is_a_sentence_and_exit_code_2(self):
        digest = "00" * 32
        wrong = {
            "no algorithm": ("sign", "--algorithm", "rsa", "--text", "x"),
            "--key-version": ("sign", "--key-version", "0", "--text", "x"),
            "--encoding": ("sign", "--encoding", "jws", "--text", "x"),
            "p1363 is of ECDSA": ("sign", "--algorithm", "ed25519", "--encoding", "p1363", "--text", "x"),
            "have one form": ("verify", "--algorithm", "rsa-pkcs1-sha256", "--encoding", "p1363", "--local",
                              "--signature", self.message, "--text", "x"),
            "--format": ("sign", "--format", "pem", "--text", "x"),
            "--timeout": ("sign", "--timeout", "soon", "--text", "x"),
            "No such file": ("sign", "/no/such/file"),
            "give one of them": ("sign", "--text", "x", "--digest", digest),
            "not hexadecimal": ("sign", "--digest", "xx"),
            "has 32": ("sign", "--digest", "00"),
            "not digests": ("sign", "--algorithm", "ed25519", "--digest", digest),
            "--legacy goes without": ("sign", "--legacy", "--key-id", "a", "--text", "x"),
            "--signature is missing": ("verify", "--text", "x"),
            "standard input": ("verify", "--signature", "-"),
            "no public key": ("verify", "--signature", self.message, "--public-key", self.message,
                              "--text", "x"),
            "neither pem nor der": ("public-key", "--format", "raw"),
            "no-such-flag": ("public-key", "--no-such-flag"),
        }
        for expected, command in wrong.items():
            with self.subTest(expected):
                self.assertIn(expected, self.fails(*command))

    def test_what_the_server_refuses_has_its_code_and_exit_code_1(self):
        # Without a policy others' keys are nobody's: whether there are any isn't said.
        for command in ("sign", "public-key"):
            text = ("--text", "x") if command == "sign" else ()
            for code, key in (("PERMISSION_DENIED", ("no-such-key",)), ("INVALID_ARGUMENT", ("No/Such",)),
                              ("NOT_FOUND", ("default-ec-p256", "--key-version", "7"))):
                with self.subTest(command=command, code=code):
                    self.assertIn(code + ": ", self.fails(command, *text, "--key-id", *key, code=1))
        self.assertIn("FAILED_PRECONDITION: ", self.fails(
            "sign", "--key-id", "default-ed25519", "--text", "x", code=1))

    def test_a_key_of_another_kind_than_the_algorithm_is_a_usage_error_here(self):
        key = self.public_key("ed25519")
        signature = self.write("s", self.sign("ed25519", self.message))
        flags = ("--algorithm", "rsa-pss-sha256", "--signature", signature, "--public-key", key)
        self.assertIn("Ed25519", self.fails("verify", *flags, self.message))


class Profile(WithServer):
    def load(self, *flags, code=0, warmup="10ms"):
        at = () if "--target" in flags else ("--target", self.server.address)
        out = run(PROFILE, *at, "--warmup", warmup, "--json", *flags)
        self.assertEqual(out.returncode, code, out)
        return json.loads(out.stdout)

    def test_each_operation_of_the_service(self):
        for operation, algorithm in (("sign", "ed25519"), ("verify", "ecdsa-p256-sha256"),
                                     ("public-key", "rsa-pss-sha256")):
            with self.subTest(operation):
                result = self.load("--service", "crypto", "--operation", operation, "--algorithm", algorithm,
                                   "--requests", "50", "--concurrency", "4")
                self.assertEqual((result["service"], result["operation"]), ("crypto", operation))
                self.assertEqual(result["statuses"], {"OK": 50})

    def test_payloads_of_several_sizes(self):
        for operation in ("sign", "verify"):
            with self.subTest(operation):
                result = self.load("--service", "crypto", "--operation", operation, "--algorithm", "ed25519",
                                   "--requests", "100", "--payload-size", "10:50%,2000:50%")
                self.assertEqual(result["statuses"], {"OK": 100})
                self.assertTrue(50_000 < result["payload_bytes_sent"] < 150_000, result["payload_bytes_sent"])
        out = run(PROFILE, "--service", "crypto", "--operation", "verify", "--payload-size", "1..9",
                  "--target", self.server.address)
        self.assertEqual(out.returncode, 2, out)
        self.assertIn("--payload-size: verify needs a signature of each size", out.stderr)

    def test_a_signature_is_of_the_handlers_stage(self):
        with Server(SERVER, "--server-timing") as server:
            result = self.load("--target", server.address, "--service", "crypto", "--requests", "50",
                               "--concurrency", "4", "--algorithm", "rsa-pss-sha256", "--server-timing")
        self.assertEqual(result["statuses"], {"OK": 50})
        self.assertEqual(result["handler_us"]["count"], 50)
        # Nothing signs in a tenth of that time with RSA, and everything else is quicker on the whole.
        self.assertGreater(result["handler_us"]["min"], 50)
        self.assertGreater(result["handler_us"]["mean"], result["server_queue_us"]["mean"])

    def test_echo_and_signing_at_once_are_reported_apart(self):
        result = self.load("--service", "both", "--duration", "300ms", "--concurrency", "2",
                           "--crypto-concurrency", "3", "--algorithm", "rsa-pkcs1-sha256")
        for name, width in (("echo", 2), ("crypto", 3)):
            part = result[name]
            self.assertEqual((part["concurrency"], part["failed"]), (width, 0))
            self.assertGreater(part["round_trip_us"]["count"], 0)

    def test_what_the_server_refuses_for_its_load_is_counted_apart_and_no_failure(self):
        # More at once than a quick machine signs in the longest time that a job may wait. The first find no
        # queue, however slow it is.
        result = self.load("--service", "crypto", "--algorithm", "rsa-pkcs1-sha256", "--connections", "8",
                           "--concurrency", "125", "--duration", "300ms", warmup="0")
        refused = result["statuses"]["RESOURCE_EXHAUSTED"]
        self.assertEqual(result["refused_us"]["count"], refused)
        self.assertEqual(result["statuses"]["OK"] + refused, result["calls"])

    def test_an_algorithm_that_is_none_is_a_usage_error(self):
        out = run(PROFILE, "--service", "crypto", "--algorithm", "rot13", "--target", self.server.address)
        self.assertEqual(out.returncode, 2, out)
        self.assertIn("ecdsa-p256-sha256", out.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
