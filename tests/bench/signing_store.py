"""A keystore for the benchmark, made by hawser-keys: its RSA key has 4096 bits, the others are the usual."""
import os
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

from servers import BenchError

KEYS = {"default-rsa": "RSA-4096", "default-ec-p256": "P-256", "default-ec-p384": "P-384",
        "default-ec-p521": "P-521", "default-ed25519": "Ed25519"}


def hawser_keys(build, *arguments):
    command = [str(Path(build) / "tools/keys/hawser-keys"), *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise BenchError(f"hawser-keys {arguments[0]} failed ({result.returncode}): {result.stderr}")


@contextmanager
def big_key_store(build):
    """Gives the server's flags for it. It is locked by a raw key, which costs no time at the start."""
    with tempfile.TemporaryDirectory() as folder:
        store, key = str(Path(folder) / "store"), Path(folder) / "key"
        key.write_bytes(os.urandom(32))
        key.chmod(0o600)
        secret = ["--keystore-raw-key-file", str(key)]
        hawser_keys(build, "init", "--store", store, *secret)
        for name, spec in KEYS.items():
            hawser_keys(build, "create", "--store", store, *secret, "--spec", spec, name)
        yield ["--keystore", store, *secret]
