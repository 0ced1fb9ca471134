#!/usr/bin/env python3
"""hawser-client against hawser-server. Arguments: HAWSER_CLIENT HAWSER_SERVER."""
import socket
import sys
import tempfile
import unittest

from programs import Server, has_stack_trace, run

CLIENT, SERVER = sys.argv[1:3]


class Client(unittest.TestCase):
    def fails(self, code, *flags, env=None):
        out = run(CLIENT, *flags, env=env)
        self.assertEqual(out.returncode, code, out)
        self.assertTrue(out.stderr.startswith("hawser-client: "), out.stderr)
        self.assertFalse(has_stack_trace(out.stderr), out.stderr)
        return out.stderr

    def test_echo_prints_the_payload_and_the_times(self):
        with Server(SERVER) as server:
            out = run(CLIENT, "echo", "--target", server.address, "--payload", "ahoy there")
            self.assertEqual((out.returncode, out.stderr), (0, ""))
            self.assertRegex(out.stdout, r"^ahoy there  round trip \S.*, server \S.*\n$")

    def test_echo_defaults_to_hello(self):
        with Server(SERVER) as server:
            out = run(CLIENT, "echo", env={"SERVER_ADDR": server.address})
            self.assertEqual(out.returncode, 0, out.stderr)
            self.assertTrue(out.stdout.startswith("hello  "), out.stdout)

    def test_echo_over_a_unix_socket_and_of_odd_payloads(self):
        with tempfile.TemporaryDirectory() as folder:
            with Server(SERVER, "--listen", f"unix:{folder}/s") as server:
                for payload in ("", "äöü €", "--", " x "):
                    flags = (f"--payload={payload}",) if payload else ("--payload", "")
                    out = run(CLIENT, "echo", "--target", server.address, *flags)
                    self.assertEqual(out.returncode, 0, out.stderr)
                    self.assertTrue(out.stdout.startswith(payload + "  round trip"), out.stdout)

    def test_count_calls_are_made(self):
        with Server(SERVER) as server:
            out = run(CLIENT, "echo", "--target", server.address, "--count", "25")
            self.assertEqual(out.returncode, 0, out.stderr)
            self.assertEqual(len(out.stdout.splitlines()), 25)

    def test_help_and_version(self):
        for flags in (("--help",), ("-h",), ("help",), ("echo", "--help")):
            with self.subTest(flags):
                out = run(CLIENT, *flags)
                self.assertEqual((out.returncode, out.stderr), (0, ""))
                self.assertIn("echo", out.stdout)
        self.assertRegex(run(CLIENT, "--version").stdout, r"^hawser-client \d+\.\d+\.\d+\n$")

    def test_nobody_listening_is_a_failed_call(self):
        with tempfile.TemporaryDirectory() as folder:
            message = self.fails(1, "echo", "--target", f"unix:{folder}/none", "--timeout", "20s")
            self.assertIn("UNAVAILABLE", message)

    def test_a_server_that_never_answers_is_a_deadline(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            address = f"127.0.0.1:{silent.getsockname()[1]}"
            message = self.fails(1, "echo", "--target", address, "--timeout", "100")
            self.assertIn("DEADLINE_EXCEEDED", message)

    def test_what_can_not_be_right_is_a_usage_error(self):
        self.assertIn("which command", self.fails(2))
        self.assertIn("shout", self.fails(2, "shout"))
        self.assertIn("no-such-flag", self.fails(2, "echo", "--no-such-flag"))
        self.assertIn("nonsense", self.fails(2, "echo", "--target", "nonsense:x"))
        self.assertIn("count", self.fails(2, "echo", "--count", "0"))
        self.assertIn("count", self.fails(2, "echo", "--count", "many"))
        self.assertIn("timeout", self.fails(2, "echo", "--timeout", "soon"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
