#!/usr/bin/env python3
"""A server in one guest and a client in another, both ways: pair_test.py TESTS SERVER CLIENT.

TESTS are other_guest_test.cc's, in the guest of CID 3; what they ask for is done to that of CID 2, which
first calls a server beside them.
"""
import shlex
import sys
import unittest

import guest
from pair import Pair

LIMIT = 120
TESTS, SERVER, CLIENT = sys.argv[1:4]
PORT = 50051


class PairTest(unittest.TestCase):
    def test_a_client_s_view_of_another_machine(self):
        serve = shlex.join([SERVER, "--listen", f"vsock://any:{PORT}", "--log-level", "none"])
        check = shlex.join([TESTS, "--test-suite=other guest", "--order-by=file", "--no-colors=true",
                            "--duration=true"])
        call = shlex.join([CLIENT, "echo", "--target", f"vsock://3:{PORT}", "--count", "100"])
        with Pair() as pair:
            other = None
            tests = pair.boot(3, ["sh", "-c", f"{serve} & exec {check}"],
                              environment={"HAWSER_OTHER_GUEST": f"vsock://2:{PORT}"})
            for wish in tests.lines_with("please ", LIMIT):
                if wish == "please boot":
                    other = pair.boot(2, ["sh", "-c", f"{call} > /dev/null && echo called; exec {serve}"])
                else:
                    getattr(other, wish.removeprefix("please "))()
            self.assertEqual(tests.wait(LIMIT), 0)
            self.assertIn("called", other.lines)

    def test_a_machine_that_may_not_call_is_let_go_and_one_that_may_is_served(self):
        command = [SERVER, "--listen", f"vsock://any:{PORT}", "--no-crypto", "--vsock-allow-cid"]
        call = ["call", "--wait-for-ready", f"vsock://2:{PORT}", "echo.EchoService/Echo", "{}", "--timeout"]
        for cids, limit, expected in (("3,4", "60s", 0), ("4,5", "5s", 1)):
            with self.subTest(cids=cids), Pair() as pair:
                server = pair.boot(2, [*command, cids])
                # Its socket listens: the guest of CID 3 need not wait for the machine.
                next(server.lines_with("listening on ", LIMIT))
                self.assertEqual(pair.boot(3, [CLIENT, *call, limit]).wait(LIMIT), expected)
                refusals = [line for line in server.lines if "its CID is not one of those allowed" in line]
                self.assertEqual(bool(refusals), expected != 0, server.lines)


if __name__ == "__main__":
    guest.require()
    unittest.main(argv=sys.argv[:1])
