#!/usr/bin/env python3
"""Where hawser-server lets its keys be administered, who may, and what it does by itself.
Arguments: HAWSER_KEYS HAWSER_CLIENT HAWSER_SERVER."""
import json
import stat
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from programs import LIMIT, Server, environment, eventually, has_stack_trace, run

KEYS, CLIENT, SERVER = sys.argv[1:4]
ANYONE = '[[rule]]\nprincipal = "anyone"\nkeys = ["web-*"]\nallow = ["admin", "sign"]\n'


class KeyServiceTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name)
        self.admin = f"unix:{self.path}/admin"

    def keys(self, address, command, *args, code=0):
        out = subprocess.run([KEYS, command, "--admin", address, *map(str, args)], capture_output=True,
                             text=True, timeout=LIMIT, env=environment(None))
        self.assertEqual(out.returncode, code, out)
        self.assertFalse(has_stack_trace(out.stderr), out.stderr)
        return out

    def server(self, *flags, admin=None, addresses=2):
        listen = ("--admin-listen", admin or self.admin) if addresses == 2 else ()
        return Server(SERVER, "--listen", "127.0.0.1:0", *listen, *map(str, flags), addresses=addresses)

    def test_a_data_port_has_no_administration(self):
        with self.server() as server:
            self.assertIn("UNIMPLEMENTED", self.keys(server.address, "list", code=1).stderr)
            self.assertNotIn("KeyService", run(CLIENT, "list", "--target", server.address).stdout)
            self.assertIn("default-ec-p256", self.keys(self.admin, "list").stdout)
        with self.server(addresses=1) as server:
            self.assertIn("UNIMPLEMENTED", self.keys(server.address, "list", code=1).stderr)

    def test_the_admin_port_has_no_signing(self):
        with self.server():
            out = run(CLIENT, "sign", "--target", self.admin, "--text", "x", "--format", "hex")
            self.assertIn("UNIMPLEMENTED", out.stderr)

    def test_the_socket_file_is_its_users_alone_and_goes_with_the_server(self):
        path = self.path / "admin"
        with self.server() as server:
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
            server.signal()
            self.assertEqual(server.wait(), 0)
        self.assertFalse(path.exists())

    def test_administration_is_not_listened_to_where_others_could_come(self):
        for address, words in (("0.0.0.0:0", "no loopback address"), ("[::]:0", "no loopback address"),
                               ("unix-abstract:hawser-admin-test", "no file"),
                               ("vsock:any:0", "has to be named")):
            with self.subTest(address):
                out = run(SERVER, "--listen", "127.0.0.1:0", "--admin-listen", address)
                self.assertEqual(out.returncode, 2, out)
                self.assertIn(words, out.stderr)
                self.assertFalse(has_stack_trace(out.stderr), out.stderr)

    def test_over_loopback_it_takes_a_policy(self):
        with self.server(admin="127.0.0.1:0") as server:
            address = server.lines[1].removeprefix("administered on ")
            self.assertIn("PERMISSION_DENIED", self.keys(address, "list", code=1).stderr)
        policy = self.path / "policy.toml"
        policy.write_text(ANYONE)
        policy.chmod(0o600)
        with self.server("--policy", policy, admin="127.0.0.1:0") as server:
            address = server.lines[1].removeprefix("administered on ")
            self.keys(address, "create", "web-1")
            self.assertIn("PERMISSION_DENIED", self.keys(address, "create", "other", code=1).stderr)
            self.assertIn("PERMISSION_DENIED", self.keys(address, "list", code=1).stderr)
            shown = json.loads(self.keys(address, "show", "--json", "web-1").stdout)
            self.assertEqual(shown["key_id"], "web-1")

    def test_a_scheduled_destruction_comes_without_anybody_asking(self):
        def state():
            shown = json.loads(self.keys(self.admin, "show", "--json", "web").stdout)
            return shown["versions"][0]["state"]
        with self.server():
            self.keys(self.admin, "create", "web")
            self.keys(self.admin, "rotate", "web")
            self.keys(self.admin, "schedule", "web", 1, "--after", "500ms")
            self.assertTrue(eventually(lambda: state() == "DESTROYED"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
