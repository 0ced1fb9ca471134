#!/usr/bin/env python3
"""The bed itself: what a guest is like, alone and as one of two."""
import sys
import unittest

import guest
from pair import Pair

LIMIT = 60
# Python's own AF_VSOCK: a failure here is none of Hawser's.
ECHO_SERVER = """
import socket
listener = socket.socket(socket.AF_VSOCK)
listener.bind((socket.VMADDR_CID_ANY, 5000))
listener.listen()
print("listening", flush=True)
connection, (cid, _) = listener.accept()
print("a peer of CID", cid)
connection.sendall(connection.recv(100))
"""
ECHO_CLIENT = """
import socket
connection = socket.socket(socket.AF_VSOCK)
connection.connect((CID, 5000))
connection.sendall(b"ahoy")
print("got", connection.recv(100).decode())
"""


def python(text):
    return [sys.executable, "-c", text]


class GuestTest(unittest.TestCase):
    def test_a_command_has_its_status_its_environment_and_loopback(self):
        server, client = ECHO_SERVER.replace("\n", "\n  "), ECHO_CLIENT.replace("CID", "1")
        script = f"""
import os, sys
assert os.environ["WORD"] == "a b", os.environ
ready, ended = os.pipe()
if os.fork() == 0:
  os.close(ready)
  {server.replace('print("listening", flush=True)', 'os.write(ended, b".")')}
  sys.exit(0)
os.read(ready, 1)
{client}
assert os.wait()[1] == 0
sys.exit(7)
"""
        with guest.Guest(python(script), environment={"WORD": "a b"}) as one:
            self.assertEqual(one.wait(LIMIT), 7)
        self.assertEqual(sorted(one.lines), ["a peer of CID 1", "got ahoy"])

    def test_two_guests_reach_each_other_by_their_cids(self):
        with Pair() as pair:
            host = pair.boot(2, python(ECHO_SERVER))
            host.wait_for_line("listening", LIMIT)
            other = pair.boot(3, python(ECHO_CLIENT.replace("CID", "2")))
            self.assertEqual((host.wait(LIMIT), other.wait(LIMIT)), (0, 0))
            self.assertIn("a peer of CID 3", host.lines)
            self.assertEqual(other.lines, ["got ahoy"])


if __name__ == "__main__":
    guest.require()
    unittest.main()
