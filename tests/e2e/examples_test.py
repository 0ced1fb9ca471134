#!/usr/bin/env python3
"""The README's two examples, run as a reader would: GREETER CALL_ECHO HAWSER_SERVER are the programs."""
import signal
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

GREETER, CALL_ECHO, SERVER = sys.argv[1:4]


class Running:
    """A server on a port of the kernel's choice; ends by SIGTERM with the block."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert line.startswith("listening on "), line
        self.address = line.split()[-1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=30)


class Examples(unittest.TestCase):
    def test_greeter_answers_a_client_that_is_not_ours(self):
        message = b"\x0a\x05Ahab!"  # GreetRequest{name: "Ahab!"}
        with tempfile.TemporaryDirectory() as folder, Running(GREETER, "127.0.0.1:0") as greeter:
            body = Path(folder) / "body"
            body.write_bytes(b"\0" + struct.pack(">I", len(message)) + message)
            headers = ["-H", "content-type: application/grpc", "-H", "te: trailers"]
            url = f"http://{greeter.address}/greeter.Greeter/Greet"
            out = subprocess.run(["nghttp", "-v", *headers, "-d", body, url], capture_output=True, timeout=30)
            self.assertIn(b"Hello Ahab!", out.stdout)
            self.assertIn(b"grpc-status: 0", out.stdout)

    def test_call_echo_prints_the_payload(self):
        with Running(SERVER, "--listen", "127.0.0.1:0") as server:
            out = subprocess.run([CALL_ECHO, server.address], capture_output=True, text=True, timeout=30)
            self.assertEqual((out.returncode, out.stdout), (0, "hello\n"), out.stderr)

    def test_call_echo_says_why_it_failed(self):
        out = subprocess.run([CALL_ECHO, "no-port"], capture_output=True, text=True, timeout=30)
        self.assertEqual(out.returncode, 2)
        self.assertIn("no-port", out.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
