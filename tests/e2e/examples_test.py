#!/usr/bin/env python3
"""The examples, run as a reader would: GREETER CALL_ECHO HAWSER_SERVER INTERCEPTORS are the programs."""
import re
import signal
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

GREETER, CALL_ECHO, SERVER, INTERCEPTORS = sys.argv[1:5]
DOCS = Path(__file__).resolve().parents[2] / "docs"


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

    def test_interceptors_run_in_order_around_calls_of_both_sides(self):
        out = subprocess.run([INTERCEPTORS], capture_output=True, text=True, timeout=30)
        self.assertEqual(out.returncode, 0, out.stderr)
        self.assertEqual(out.stdout.splitlines(), [
            "/greeter.Greeter/Greet OK ",  # the server's log, then the client's
            "/greeter.Greeter/Greet OK ",
            "Hello Ahab",
            "/greeter.Greeter/Greet UNAVAILABLE ",
            "/greeter.Greeter/Greet UNAVAILABLE ",
            "down for maintenance [request 2]"])

    def test_the_page_shows_the_program(self):
        blocks = re.findall(r"```cpp\n(.*?)```", (DOCS / "interceptors.md").read_text(), re.DOTALL)
        program = stripped((DOCS / "examples/interceptors.cc").read_text())
        self.assertEqual(len(blocks), 4)
        for block in blocks:
            self.assertIn(stripped(block), program)


def stripped(text):
    """Without indentation."""
    return "\n".join(line.strip() for line in text.strip().splitlines())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
