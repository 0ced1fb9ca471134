#!/usr/bin/env python3
"""hawser-server from its start to its end. Arguments: HAWSER_SERVER."""
import re
import signal
import socket
import sys
import tempfile
import unittest
from pathlib import Path

from programs import (GOAWAY, HEADERS, LIMIT, HalfCall, Server, eventually, grpc_body, has_stack_trace,
                      run, to_be_looked_into)

SERVER = sys.argv[1]


class ServerLife(unittest.TestCase):
    def ends_well(self, server):
        self.assertEqual(server.wait(), 0)
        self.assertFalse(has_stack_trace(server.logged()), server.logged())

    def test_it_prints_the_addresses_with_their_real_ports(self):
        with tempfile.TemporaryDirectory() as folder:
            unix = f"unix:{folder}/s"
            flags = ("--listen", "127.0.0.1:0", "--listen", unix, "--listen", "127.0.0.2:0")
            with Server(SERVER, *flags, addresses=3) as server:
                self.assertRegex(server.lines[0], r"^listening on 127\.0\.0\.1:[1-9]\d*$")
                self.assertEqual(server.lines[1], f"listening on {unix}")
                self.assertRegex(server.lines[2], r"^listening on 127\.0\.0\.2:[1-9]\d*$")
                for address in server.addresses:
                    with HalfCall(address) as call:
                        self.assertIn(b"hello", call.finish())

    def test_sigterm_and_sigint_end_it_with_success(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number.name), Server(SERVER) as server:
                server.signal(number)
                self.ends_well(server)
                self.assertIn(number.name, server.logged())

    def test_a_call_in_flight_finishes_after_sigterm_and_nobody_new_gets_in(self):
        with Server(SERVER) as server, HalfCall(server.address) as call:
            server.signal()
            self.assertIsNotNone(call.read_until(GOAWAY))
            self.assertTrue(eventually(lambda: not self.connects(server.address)))
            self.assertIsNone(server.process.poll())
            self.assertIn(b"hello", call.finish())
            call.read_to_end()
            self.assertIn(HEADERS, [kind for kind, *_ in call.frames])
            call.socket.close()
            self.ends_well(server)

    def test_a_second_signal_ends_it_at_once(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number.name), Server(SERVER) as server, HalfCall(server.address) as call:
                server.signal()
                call.read_until(GOAWAY)
                server.signal(number)
                self.assertEqual(server.wait(), 128 + number)
                self.assertFalse(has_stack_trace(server.logged()), server.logged())

    def test_an_idle_connection_does_not_keep_it(self):
        with Server(SERVER) as server, HalfCall(server.address) as call:
            call.finish()
            server.signal()
            call.read_to_end()
            call.socket.close()
            self.ends_well(server)

    def test_the_file_of_a_unix_socket_goes_with_it(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "s"
            with Server(SERVER, "--listen", f"unix:{path}") as server:
                self.assertTrue(path.is_socket())
                server.signal()
                self.ends_well(server)
                self.assertFalse(path.exists())

    def test_the_file_that_a_killed_server_left_is_taken_over(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "s"
            with Server(SERVER, "--listen", f"unix:{path}") as server:
                server.process.kill()
                server.wait()
            self.assertTrue(path.is_socket())
            with Server(SERVER, "--listen", f"unix:{path}") as server, HalfCall(server.address) as call:
                self.assertIn(b"hello", call.finish())

    def test_h2load_gets_all_of_its_answers(self):
        with tempfile.TemporaryDirectory() as folder, Server(SERVER) as server:
            out = run("h2load", "-n", "1000", "-c", "4", "-m", "25", "-H", "content-type: application/grpc",
                      "-H", "te: trailers", "-d", str(grpc_body(folder)),
                      f"http://{server.address}/echo.EchoService/Echo")
            expected = "1000 succeeded, 0 failed, 0 errored, 0 timeout"
            self.assertIn(expected, out.stdout, out.stdout + out.stderr)
            self.assertIn("status codes: 1000 2xx", out.stdout)

    def test_clients_that_come_and_go_leave_no_descriptor(self):
        with Server(SERVER, "--listen", "127.0.0.1:0", *to_be_looked_into(SERVER)) as server:
            with HalfCall(server.address) as call:
                call.finish()
            self.assertTrue(eventually(lambda: server.descriptors() > 0))
            before = None
            for round_number in range(3):
                calls = [HalfCall(server.address) for _ in range(20)]
                for call in calls[::2]:
                    call.finish()
                for call in calls:
                    call.socket.close()
                if before is None:
                    eventually(lambda: server.descriptors() < 20)
                    before = server.descriptors()
            self.assertTrue(eventually(lambda: server.descriptors() <= before), server.descriptors())

    def test_garbage_is_logged_without_its_bytes(self):
        with Server(SERVER) as server:
            host, port = server.address.rsplit(":", 1)
            with socket.create_connection((host, int(port))) as client:
                client.settimeout(LIMIT)
                client.sendall(b"GET /\x1b[31m HTTP/1.1\r\n\r\n\x1b]0;title\x07")
                while client.recv(4096):
                    pass
            with HalfCall(server.address) as call:
                self.assertIn(b"hello", call.finish())
            server.signal()
            self.ends_well(server)
            self.assertIn("preface", server.logged())
            self.assertIsNone(re.search(r"[\x00-\x09\x0b-\x1f]", server.logged()), repr(server.logged()))

    @staticmethod
    def connects(address):
        host, port = address.rsplit(":", 1)
        try:
            socket.create_connection((host, int(port)), timeout=LIMIT).close()
            return True
        except ConnectionRefusedError:
            return False


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
