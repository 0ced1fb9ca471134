#!/usr/bin/env python3
"""--vsock-allow-cid holds for --admin-listen, too; in a guest, whose own CID is 1.

Arguments: SERVER CLIENT."""
import subprocess
import sys
import unittest

LIMIT = 60
SERVER, CLIENT = sys.argv[1:3]
ADDRESS = "vsock://1:50052"  # has to be named; in the guest no other program is there
REFUSAL = "its CID is not one of those allowed"


class AdminTest(unittest.TestCase):
    def ask(self, *cids):
        """What a call to the administration ends with, and what the server logs meanwhile."""
        flags = ["--listen", "vsock://1:0", "--admin-listen", ADDRESS]
        for cid in cids:
            flags += ["--vsock-allow-cid", cid]
        with subprocess.Popen([SERVER, *flags], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True) as server:
            try:
                listening = [server.stdout.readline(), server.stdout.readline()]
                self.assertEqual(listening[1], f"administered on {ADDRESS}\n")
                call = subprocess.run(
                    [CLIENT, "call", "--timeout", "20s", ADDRESS, "crypto.KeyService/ListKeys", "{}"],
                    capture_output=True, text=True, timeout=LIMIT, check=False)
            finally:
                server.terminate()
            return call.stderr, server.stderr.read()

    def test_a_machine_that_may_not_call_may_not_administer_either(self):
        said, logged = self.ask("3,host")
        self.assertIn("UNAVAILABLE", said)
        self.assertIn(REFUSAL, logged)

    def test_one_that_may_is_asked_who_it_is(self):
        for cids in ((), ("3", "local")):
            with self.subTest(cids):
                said, logged = self.ask(*cids)
                self.assertIn("PERMISSION_DENIED", said)  # there is no policy
                self.assertNotIn(REFUSAL, logged)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
