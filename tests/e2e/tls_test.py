#!/usr/bin/env python3
"""The programs with TLS. Arguments: HAWSER_CLIENT HAWSER_SERVER HAWSER_PROFILE."""
import os
import subprocess
import sys
import tempfile
import unittest

from certificates import Authority
from programs import LIMIT, Server, has_stack_trace, run

CLIENT, SERVER, PROFILE = sys.argv[1:4]


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.authority = Authority(cls.folder.name)
        cls.stranger = Authority(cls.folder.name, "stranger")
        cls.server_pair = cls.authority.issue("server", "DNS:localhost,IP:127.0.0.1")
        cls.client_pair = cls.authority.issue("client", "URI:spiffe://test/client")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def server(self, *flags, listen="127.0.0.1:0"):
        certificate, key = self.server_pair
        return Server(SERVER, "--listen", listen, "--tls-cert", certificate, "--tls-key", key, *flags)

    def echo(self, server, *flags):
        return run(CLIENT, "echo", "--target", server.address, *flags)

    def own(self):
        certificate, key = self.client_pair
        return ("--tls-ca", self.authority.file, "--tls-cert", certificate, "--tls-key", key)

    def test_a_call_and_a_load_and_reflection(self):
        with self.server() as server:
            out = self.echo(server, "--tls-ca", self.authority.file, "--payload", "hello")
            self.assertEqual(out.returncode, 0, out)
            self.assertIn("hello", out.stdout)
            out = run(CLIENT, "list", server.address, "--tls-ca", self.authority.file)
            self.assertEqual(out.returncode, 0, out)
            self.assertIn("echo.EchoService", out.stdout)
            out = run(PROFILE, "--target", server.address, "--tls-ca", self.authority.file,
                      "--requests", "50", "--warmup", "0s")
            self.assertEqual(out.returncode, 0, out)
            server.signal()
            self.assertEqual(server.wait(), 0)

    def test_over_a_unix_socket(self):
        path = os.path.join(self.folder.name, "s")
        with self.server(listen=f"unix:{path}") as server:
            out = self.echo(server, "--tls-ca", self.authority.file)
            self.assertEqual(out.returncode, 0, out)

    def test_only_who_has_a_certificate_is_served(self):
        with self.server("--tls-client-ca", self.authority.file) as server:
            self.assertEqual(self.echo(server, *self.own()).returncode, 0)
            out = self.echo(server, "--tls-ca", self.authority.file)
            self.assertEqual(out.returncode, 1)
            self.assertIn("serves only who has a certificate", out.stderr)
        with self.server("--tls-client-ca", self.authority.file, "--tls-client-auth", "request") as server:
            self.assertEqual(self.echo(server, *self.own()).returncode, 0)
            self.assertEqual(self.echo(server, "--tls-ca", self.authority.file).returncode, 0)

    def test_who_is_not_trusted_is_not_called(self):
        with self.server() as server:
            for flags, reason in (((), "UNAVAILABLE"),
                                  (("--tls",), "not from a CA that is trusted here"),
                                  (("--tls-ca", self.stranger.file), "not from a CA that is trusted here"),
                                  (("--tls-ca", self.authority.file, "--tls-server-name", "other.test"),
                                   'not for "other.test"')):
                with self.subTest(flags):
                    out = self.echo(server, *flags)
                    self.assertEqual(out.returncode, 1, out)
                    self.assertIn(reason, out.stderr)

    def test_openssl_as_an_independent_client(self):
        with self.server() as server:
            def dial(*flags):
                return subprocess.run(["openssl", "s_client", "-connect", server.address, "-CAfile",
                                       self.authority.file, "-verify_return_error", *flags],
                                      input="", capture_output=True, text=True,
                                      errors="replace", timeout=LIMIT)
            for version in ("-tls1_2", "-tls1_3"):
                out = dial("-alpn", "h2", version)
                self.assertIn("ALPN protocol: h2", out.stdout)
                self.assertIn("Verify return code: 0 (ok)", out.stdout)
            self.assertNotEqual(dial().returncode, 0)
            self.assertIn("no application protocol", dial("-alpn", "http/1.1").stderr)
            self.assertNotEqual(dial("-alpn", "h2", "-tls1_1").returncode, 0)

    def refused(self, program, *flags):
        out = run(program, *flags)
        self.assertEqual(out.returncode, 2, out)
        self.assertFalse(has_stack_trace(out.stderr), out.stderr)
        return out.stderr

    def test_wrong_flags_and_files_are_named(self):
        certificate, key = self.server_pair
        listen = ("--listen", "127.0.0.1:0")
        self.assertIn("both --tls-cert and --tls-key",
                      self.refused(SERVER, *listen, "--tls-cert", certificate))
        self.assertIn("/no/such: No such file",
                      self.refused(SERVER, *listen, "--tls-cert", "/no/such", "--tls-key", key))
        self.assertIn("does not belong to the certificate",
                      self.refused(SERVER, *listen, "--tls-cert", certificate,
                                   "--tls-key", self.client_pair[1]))
        pair = ("--tls-cert", certificate, "--tls-key", key)
        self.assertIn('"maybe"', self.refused(SERVER, *listen, *pair, "--tls-client-auth", "maybe"))
        self.assertIn("--tls-client-ca", self.refused(SERVER, *listen, *pair, "--tls-client-auth", "request"))
        self.assertIn("give both or none", self.refused(CLIENT, "echo", "--tls-cert", certificate))
        self.assertIn("/no/such: No such file", self.refused(CLIENT, "echo", "--tls-ca", "/no/such"))
        self.assertIn("/no/such: No such file", self.refused(PROFILE, "--tls-ca", "/no/such"))

    def test_a_key_that_others_can_read_is_refused(self):
        certificate, key = self.authority.issue("careless", "DNS:localhost")
        os.chmod(key, 0o644)
        message = self.refused(SERVER, "--listen", "127.0.0.1:0", "--tls-cert", certificate, "--tls-key", key)
        self.assertIn("chmod 600", message)
        self.assertIn(key, message)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
