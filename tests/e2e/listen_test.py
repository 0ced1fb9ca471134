#!/usr/bin/env python3
"""What hawser-server listens on: addresses that may fail, inherited sockets, the guests of a monitor.
Arguments: HAWSER_SERVER HAWSER_CLIENT."""
import os
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

from programs import LIMIT, Server, environment, has_stack_trace, run

SERVER, CLIENT = sys.argv[1:3]
# The process that the sockets are for is the shell's, which becomes the server.
ACTIVATED = 'export LISTEN_PID=$$ LISTEN_FDS="$1"; shift; exec "$@"'


class Activated(Server):
    """A server with sockets from descriptor 3 on, as systemd starts it."""

    def __init__(self, sockets, *flags):
        def hand_over():
            # Away from where they are going to first.
            copies = [os.dup(number) for number in numbers]
            for i, copy in enumerate(copies):
                os.dup2(copy, 3 + i)
        numbers = [each.fileno() for each in sockets]
        self.log = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen(["/bin/sh", "-c", ACTIVATED, "sh", str(len(sockets)), SERVER, *flags],
                                        stdout=subprocess.PIPE, stderr=self.log, text=True, close_fds=False,
                                        preexec_fn=hand_over, env=environment(None))
        self.lines = [self.process.stdout.readline().rstrip("\n") for _ in sockets]
        self.addresses = [line.removeprefix("listening on ") for line in self.lines]


def echo(target, *flags):
    return run(CLIENT, "echo", "--target", target, "--payload", "ahoy", *flags)


class Listening(unittest.TestCase):
    def assert_serves(self, address):
        out = echo(address)
        self.assertEqual(out.returncode, 0, out)
        self.assertIn("ahoy", out.stdout)

    def test_an_optional_address_that_fails_is_a_warning(self):
        with Server(SERVER, "--listen", "127.0.0.1:0", "--listen-optional", "unix:/nonexistent/s") as server:
            self.assert_serves(server.address)
            self.assertIn("unix:/nonexistent/s", server.logged())
            self.assertIn("no such file or directory", server.logged())
            server.signal()
            self.assertEqual(server.wait(), 0)

    def test_an_optional_address_that_works_is_served_and_replaces_the_default(self):
        with tempfile.TemporaryDirectory() as folder:
            with Server(SERVER, "--listen-optional", f"unix:{folder}/s") as server:
                self.assertEqual(server.address, f"unix:{folder}/s")
                self.assert_serves(server.address)

    def test_when_all_that_may_fail_fails_it_is_the_end(self):
        out = run(SERVER, "--listen-optional", "unix:/nonexistent/a",
                  "--listen-optional", "unix:/nonexistent/b")
        self.assertEqual(out.returncode, 2, out)
        self.assertIn("unix:/nonexistent/b", out.stderr)
        self.assertEqual(out.stdout, "")

    def test_an_optional_address_has_to_be_one(self):
        out = run(SERVER, "--listen", "127.0.0.1:0", "--listen-optional", "nonsense")
        self.assertEqual(out.returncode, 2, out)
        self.assertIn("--listen-optional", out.stderr)

    def test_cids_have_to_be_some(self):
        for wrong in ("x", "", "3,", "any", "-1", "4294967295", "3 4"):
            with self.subTest(wrong):
                out = run(SERVER, "--listen", "127.0.0.1:0", "--vsock-allow-cid", wrong)
                self.assertEqual(out.returncode, 2, out)
                self.assertIn("--vsock-allow-cid", out.stderr)
                self.assertFalse(has_stack_trace(out.stderr), out.stderr)

    def test_other_families_are_asked_for_no_cid(self):
        with Server(SERVER, "--listen", "127.0.0.1:0", "--vsock-allow-cid", "3,host",
                    "--vsock-allow-cid", "7") as server:
            self.assert_serves(server.address)

    def test_inherited_sockets_are_served(self):
        with tempfile.TemporaryDirectory() as folder, socket.socket() as tcp, \
                socket.socket(socket.AF_UNIX) as local:
            tcp.bind(("127.0.0.1", 0))
            local.bind(f"{folder}/s")
            for each in (tcp, local):
                each.listen()
            with Activated([tcp, local]) as server:
                self.assertEqual(server.addresses,
                                 [f"127.0.0.1:{tcp.getsockname()[1]}", f"unix:{folder}/s"])
                for address in server.addresses:
                    self.assert_serves(address)
                server.signal()
                self.assertEqual(server.wait(), 0)
            # It is the service manager's.
            self.assertTrue(Path(folder, "s").exists())

    def test_an_inherited_descriptor_that_does_not_listen_is_named(self):
        with socket.socket() as idle:
            with Activated([idle]) as server:
                self.assertEqual(server.wait(), 2)
                self.assertIn("descriptor 3: it doesn't listen", server.logged())


class Monitor:
    """A virtual machine monitor's socket: one guest, whose one port is `port`."""

    def __init__(self, path, port, guest):
        self.port, self.guest = port, guest
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen()
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                host, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(host,), daemon=True).start()

    def serve(self, host):
        line = b""
        while not line.endswith(b"\n"):
            byte = host.recv(1)
            if not byte:
                return host.close()
            line += byte
        if line != b"CONNECT %d\n" % self.port:
            return host.close()
        name, port = self.guest.rsplit(":", 1)
        guest = socket.create_connection((name, int(port)))
        # The server greets first, so that its SETTINGS are there with the answer.
        host.sendall(b"OK 1073741824\n" + guest.recv(65536))
        back = threading.Thread(target=self.carry, args=(guest, host), daemon=True)
        back.start()
        self.carry(host, guest)

    @staticmethod
    def carry(source, to):
        try:
            while data := source.recv(65536):
                to.sendall(data)
        except OSError:
            pass
        for each in (source, to):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class Hybrid(unittest.TestCase):
    def test_the_client_calls_a_guest_through_its_monitor(self):
        with tempfile.TemporaryDirectory() as folder, Server(SERVER) as guest:
            monitor = Monitor(f"{folder}/vm.sock", 5000, guest.address)
            try:
                out = echo(f"hvsock:{folder}/vm.sock:5000")
                self.assertEqual(out.returncode, 0, out)
                self.assertIn("ahoy", out.stdout)
                out = echo(f"hvsock:{folder}/vm.sock:5001")
                self.assertEqual(out.returncode, 1, out)
                self.assertIn("nothing listens on port 5001 of its guest", out.stderr)
            finally:
                monitor.close()

    def test_the_server_serves_what_a_guest_calls_on_its_host(self):
        with tempfile.TemporaryDirectory() as folder:
            with Server(SERVER, "--listen", f"hvsock:{folder}/vm.sock:5000") as server:
                self.assertEqual(server.address, f"hvsock:{folder}/vm.sock:5000")
                # Where the monitor connects to.
                out = echo(f"unix:{folder}/vm.sock_5000")
                self.assertEqual(out.returncode, 0, out)
                server.signal()
                self.assertEqual(server.wait(), 0)
            self.assertEqual(os.listdir(folder), [])

    def test_a_monitor_that_is_not_there_is_said_to_be_missing(self):
        out = echo("hvsock:/nonexistent/vm.sock:5000", "--timeout", "10s")
        self.assertEqual(out.returncode, 1, out)
        self.assertIn("the monitor has made no such socket", out.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
