#!/usr/bin/env python3
"""What hawser-server says about its flags and variables. Arguments: HAWSER_SERVER."""
import socket
import sys
import tempfile
import unittest
from contextlib import ExitStack
from pathlib import Path

from programs import Server, eventually, has_stack_trace, run

SERVER = sys.argv[1]


class ServerFlags(unittest.TestCase):
    def refused(self, *flags, env=None):
        """Runs it with what is wrong; gives the message."""
        out = run(SERVER, *flags, env=env)
        self.assertEqual(out.returncode, 2, out)
        self.assertTrue(out.stderr.startswith("hawser-server: "), out.stderr)
        self.assertFalse(has_stack_trace(out.stderr), out.stderr)
        self.assertEqual(out.stdout, "")
        return out.stderr

    def test_help_and_version_go_to_standard_output(self):
        for flag in ("--help", "-h"):
            out = run(SERVER, flag)
            self.assertEqual((out.returncode, out.stderr), (0, ""))
            for word in ("--listen", "--workers", "--log-level", "--keepalive-time", "--max-connection-age",
                         "--listen-optional", "--server-timing", "--vsock-allow-cid", "--vsock-buffer-size",
                         "SERVER_ADDR", "WORKER_THREADS", "LOG_LEVEL"):
                self.assertIn(word, out.stdout)
        out = run(SERVER, "--version")
        self.assertEqual((out.returncode, out.stderr), (0, ""))
        self.assertRegex(out.stdout, r"^hawser-server \d+\.\d+\.\d+\n$")

    def test_help_comes_before_anything_that_is_wrong(self):
        self.assertEqual(run(SERVER, "--workers", "many", "--help").returncode, 0)

    def test_a_flag_that_does_not_exist_is_named(self):
        self.assertIn("no-such-flag", self.refused("--no-such-flag"))
        self.assertIn("--help", self.refused("--no-such-flag"))

    def test_a_flag_without_its_value_is_named(self):
        self.assertIn("listen", self.refused("--listen"))

    def test_an_argument_that_is_no_flag_is_named(self):
        self.assertIn("127.0.0.1:0", self.refused("127.0.0.1:0"))

    def test_bad_addresses_are_shown_with_their_flag(self):
        for address in ("nonsense", "127.0.0.1", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:http",
                        "vsock://x:1", "unix:", "http://127.0.0.1:1", "[::1:1", ""):
            with self.subTest(address):
                message = self.refused("--listen", address)
                self.assertIn("--listen", message)
                self.assertIn(address, message)

    def test_one_bad_address_among_good_ones_is_enough(self):
        self.assertIn("nonsense", self.refused("--listen", "127.0.0.1:0", "--listen", "nonsense"))

    def test_bad_worker_counts_are_shown(self):
        for count in ("many", "-1", "1.5", "1e3", " 1", "1025", "99999999999999999999", ""):
            with self.subTest(count):
                message = self.refused(f"--workers={count}") if count else self.refused("--workers", "")
                self.assertIn("workers", message)

    def test_bad_log_levels_are_shown_with_the_good_ones(self):
        for level in ("loud", "INFO", "4", ""):
            with self.subTest(level):
                message = self.refused("--log-level", level)
                for good in ("trace", "debug", "info", "warning", "error"):
                    self.assertIn(good, message)

    def test_bad_times_are_shown_with_their_flag(self):
        for flag in ("--keepalive-time", "--keepalive-timeout", "--max-connection-idle",
                     "--max-connection-age", "--max-connection-age-grace", "--min-ping-interval",
                     "--idle-memory-after"):
            for time in ("soon", "0s", "-1s", "1.5h", "99999999h"):
                with self.subTest(flag, time=time):
                    message = self.refused(f"{flag}={time}")
                    self.assertIn(flag, message)

    def test_bad_counts_are_shown_with_their_flag(self):
        for flag, count in (("--max-connections", "0"), ("--max-connections-per-peer", "all"),
                            ("--max-connection-calls", "-1"), ("--max-connections", "1e9")):
            with self.subTest(flag, count=count):
                self.assertIn(flag.lstrip("-"), self.refused(f"{flag}={count}"))

    def test_no_more_connections_are_kept_than_the_flag_says(self):
        with Server(SERVER, "--max-connections-per-peer", "2", "--log-level", "error") as server:
            host, port = server.address.rsplit(":", 1)
            with ExitStack() as stack:
                clients = [stack.enter_context(socket.create_connection((host, int(port)))) for _ in range(3)]
                for client in clients:
                    client.settimeout(20)
                for client in clients[:2]:
                    self.assertNotEqual(client.recv(9), b"", "the server's settings")
                try:
                    self.assertEqual(clients[2].recv(9), b"")
                except ConnectionResetError:
                    pass

    def test_the_soft_limit_of_descriptors_does_not_bound_connections(self):
        with Server("prlimit", "--nofile=64:4096", SERVER, "--listen", "127.0.0.1:0") as server:
            limits = Path(f"/proc/{server.process.pid}/limits").read_text()
            self.assertRegex(limits, r"Max open files\s+4096\s+4096")

    def test_an_idle_connection_goes_after_the_time_of_the_flag(self):
        with Server(SERVER, "--max-connection-idle", "50ms", "--max-connection-age", "never") as server:
            host, port = server.address.rsplit(":", 1)
            with socket.create_connection((host, int(port))) as client:
                client.settimeout(20)
                settings, acknowledgement = b"\0\0\0\4\0\0\0\0\0", b"\0\0\0\4\1\0\0\0\0"
                client.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings + acknowledgement)
                received = b""
                while chunk := client.recv(4096):
                    received += chunk
                self.assertIn(b"max_idle", received)

    def test_bad_variables_are_blamed_by_name(self):
        for name, value in (("SERVER_ADDR", "nonsense"), ("WORKER_THREADS", "many"), ("LOG_LEVEL", "loud"),
                            ("GRPC_VERBOSITY", "loud")):
            with self.subTest(name):
                flags = () if name == "SERVER_ADDR" else ("--listen", "127.0.0.1:0")
                message = self.refused(*flags, env={name: value})
                self.assertIn(name, message)
                self.assertIn(value, message)

    def test_a_busy_port_is_said_with_what_to_do(self):
        with socket.create_server(("127.0.0.1", 0)) as busy:
            address = f"127.0.0.1:{busy.getsockname()[1]}"
            message = self.refused("--listen", address)
            self.assertIn(address, message)
            self.assertIn("another program listens there", message)
            # Nothing is announced that will not be served.
            self.refused("--listen", "127.0.0.1:0", "--listen", address)

    def test_a_busy_unix_path_is_said_and_stays(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "s"
            with Server(SERVER, "--listen", f"unix:{path}"):
                self.assertIn(str(path), self.refused("--listen", f"unix:{path}"))
                self.assertTrue(path.exists())

    def test_an_address_of_another_machine_and_a_missing_folder(self):
        self.assertIn("no interface", self.refused("--listen", "192.0.2.1:0"))
        self.assertIn("/no/such/folder/s", self.refused("--listen", "unix:/no/such/folder/s"))

    def test_variables_are_the_defaults_of_flags(self):
        with tempfile.TemporaryDirectory() as folder:
            address = f"unix:{folder}/s"
            env = {"SERVER_ADDR": address, "WORKER_THREADS": "3", "LOG_LEVEL": "error"}
            with Server(SERVER, "--no-crypto", env=env) as server:
                self.assertEqual(server.addresses, [address])
                # The one for signals, the workers, the waiter.
                self.assertTrue(eventually(lambda: server.threads() == 1 + 3 + 1))
                server.signal()
                self.assertEqual(server.wait(), 0)
                self.assertEqual(server.logged(), "")
            flags = ("--no-crypto", "--listen", "127.0.0.1:0", "--workers", "1", "--log-level", "info")
            with Server(SERVER, *flags, env=env) as server:
                self.assertTrue(server.address.startswith("127.0.0.1:"))
                self.assertTrue(eventually(lambda: server.threads() == 1 + 1 + 1))
                server.signal()
                self.assertEqual(server.wait(), 0)
                self.assertIn("stopped", server.logged())

    def test_the_verbosity_of_grpc_counts_where_nothing_else_is_said(self):
        """P-102, and `none` as a level."""
        for flags, env, says_stopped in (((), {"GRPC_VERBOSITY": "ERROR"}, False),
                                         ((), {"GRPC_VERBOSITY": "NONE"}, False),
                                         ((), {"GRPC_VERBOSITY": "INFO"}, True),
                                         ((), {"GRPC_VERBOSITY": "NONE", "LOG_LEVEL": "info"}, True),
                                         (("--log-level", "info"), {"GRPC_VERBOSITY": "NONE"}, True)):
            with self.subTest(flags=flags, env=env):
                with Server(SERVER, "--listen", "127.0.0.1:0", *flags, env=env) as server:
                    server.signal()
                    self.assertEqual(server.wait(), 0)
                    self.assertEqual("stopped" in server.logged(), says_stopped, server.logged())

    def test_bad_flags_of_the_signing_service_are_named(self):
        for flags, words in ((("--signing-workers", "65"), ("--signing-workers", "64")),
                             (("--signing-nice=20",), ("--signing-nice", "19")),
                             (("--signing-fast-delay", "soon"), ("--signing-fast-delay", "soon")),
                             (("--signing-slow-delay", "0ms"), ("--signing-slow-delay",)),
                             (("--signing-queue", "0"), ("--signing-queue",)),
                             (("--verify-after-sign", "sometimes"), ("--verify-after-sign", "sometimes")),
                             (("--allow-key-export",), ("--allow-key-export", "--admin-listen")),
                             (("--admin-listen", "nonsense"), ("--admin-listen", "nonsense")),
                             (("--admin-listen", "0.0.0.0:0"), ("--admin-listen", "loopback")),
                             (("--keystore-passphrase-file", "/x"), ("--keystore-passphrase-file",)),
                             (("--keystore", "/x", "--keystore-passphrase-fd", "1"),
                              ("--keystore-passphrase-fd", "from 3")),
                             (("--keystore", "/x", "--keystore-min-generation", "-1"),
                              ("--keystore-min-generation",))):
            with self.subTest(flags):
                message = self.refused("--listen", "127.0.0.1:0", *flags)
                for word in words:
                    self.assertIn(word, message)

    def test_without_a_keystore_it_says_so_and_without_crypto_it_does_not(self):
        for flags, says in (((), True), (("--no-crypto",), False)):
            with Server(SERVER, "--listen", "127.0.0.1:0", *flags) as server:
                server.signal()
                self.assertEqual(server.wait(), 0)
                self.assertEqual("no keystore" in server.logged(), says)

    def test_empty_variables_are_none(self):
        empty = {"WORKER_THREADS": "", "LOG_LEVEL": "", "GRPC_VERBOSITY": ""}
        with Server(SERVER, "--listen", "127.0.0.1:0", env=empty) as server:
            self.assertTrue(server.address.startswith("127.0.0.1:"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
