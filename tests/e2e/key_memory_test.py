#!/usr/bin/env python3
"""What is left of secrets in a server's memory: of a destroyed key nothing, of a passphrase nothing.
Arguments: HAWSER_KEYS HAWSER_CLIENT HAWSER_SERVER."""
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from programs import LIMIT, Server, environment

KEYS, CLIENT, SERVER = sys.argv[1:4]
PASSPHRASE = b"a passphrase that nothing else in a process says: 7f1c0a"


def openssl(*args, data=None):
    return subprocess.run(["openssl", *map(str, args)], input=data, capture_output=True, timeout=LIMIT,
                          check=True).stdout


def integers(der):
    """The INTEGERs of an RSAPrivateKey (RFC 8017 A.1.2): version, modulus, exponents, primes."""
    found, at = [], der.index(b"\x02\x01\x00\x02\x82")
    while at < len(der):
        size, head = der[at + 1], 2
        if size > 0x80:
            size, head = int.from_bytes(der[at + 2:at + 2 + size - 0x80], "big"), 2 + size - 0x80
        found.append(der[at + head:at + head + size].lstrip(b"\0"))
        at += head + size
    return found


def secrets_of(kind, pkcs8):
    """The private parts in a PKCS#8, as bytes that no public part has."""
    if kind == "RSA":
        _, _, _, private_exponent, prime, *_ = integers(pkcs8)
        return [private_exponent, prime]
    if kind == "EC":
        return [re.search(rb"\x02\x01\x01\x04\x20(.{32})", pkcs8, re.DOTALL).group(1)]
    return [pkcs8[-32:]]


def occurrences(pid, secrets):
    """How often a middle piece of any of them is in memory that can be written, in either order of bytes."""
    pieces = []
    for secret in secrets:
        middle = secret[len(secret) // 2 - 8:len(secret) // 2 + 8]
        pieces += [middle, middle[::-1]]
    count = 0
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            begin, end, access = re.match(r"(\w+)-(\w+) (\S+)", line).groups()
            if not access.startswith("rw"):
                continue
            begin, end = int(begin, 16), int(end, 16)
            try:
                memory.seek(begin)
                held = memory.read(end - begin)
            except OSError:  # a mapping that isn't there any more
                continue
            count += sum(held.count(piece) for piece in pieces)
    return count


class KeyMemory(unittest.TestCase):
    KINDS = {"EC": ("ec_paramgen_curve:P-256", "default-ec-p256", "ecdsa-p256-sha256"),
             "RSA": ("rsa_keygen_bits:2048", "default-rsa", "rsa-pss-sha256"),
             "ED25519": (None, "default-ed25519", "ed25519")}

    def keys(self, *args, **more):
        subprocess.run([KEYS, *map(str, args)], check=True, timeout=LIMIT, env=environment(None),
                       stdout=subprocess.DEVNULL, **more)

    def test_a_destroyed_key_and_the_passphrase_are_nowhere(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder)
            passphrase = path / "passphrase"
            passphrase.write_bytes(PASSPHRASE)
            passphrase.chmod(0o600)
            store = ("--store", path / "state/keys", "--keystore-passphrase-file", passphrase)
            admin = f"unix:{path}/admin"
            self.keys("init", "--profile", "small", *store)
            made = {}
            for kind, (option, name, _) in self.KINDS.items():
                pem = openssl("genpkey", "-algorithm", kind, *(("-pkeyopt", option) if option else ()))
                made[kind] = secrets_of(kind, openssl("pkey", "-outform", "DER", data=pem))
                self.keys("import", *store, name, input=pem)
            with Server(SERVER, "--listen", "127.0.0.1:0", "--keystore", str(path / "state/keys"),
                        "--keystore-passphrase-file", str(passphrase), "--admin-listen", admin,
                        "--allow-profiling", addresses=2) as server:
                pid = server.process.pid
                self.assertEqual(occurrences(pid, [PASSPHRASE]), 0)
                for kind, (_, name, algorithm) in self.KINDS.items():
                    with self.subTest(kind):
                        for _ in range(3):
                            subprocess.run([CLIENT, "sign", "--target", server.address, "--key-id", name,
                                            "--algorithm", algorithm, "--text", "ahoy"], check=True,
                                           timeout=LIMIT, env=environment(None), stdout=subprocess.DEVNULL)
                        self.assertGreater(occurrences(pid, made[kind]), 0)  # the search finds it
                        self.keys("rotate", "--admin", admin, name)
                        self.keys("destroy", "--admin", admin, name, 1)
                        self.assertEqual(occurrences(pid, made[kind]), 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
