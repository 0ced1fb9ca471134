#!/usr/bin/env python3
"""programs_test.py CLIENT SERVER OTHER_SERVER: the exit codes and messages of the interop programs.

A program that says "passed" too easily would make the whole matrix worthless: OTHER_SERVER has none of the
methods, so every case must fail there, and say why.
"""
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "e2e"))
import programs  # noqa: E402

CLIENT, SERVER, OTHER_SERVER = sys.argv[1:4]
# What a server without a single method does right, and what a client does all by itself.
PASS_WITHOUT_METHODS = {"unimplemented_method", "unimplemented_service", "cancel_after_begin",
                        "timeout_on_sleeping_server", "timeout_on_large_unary"}


def cases():
    listed = programs.run(CLIENT, "--test-case", "list")
    return [line.split()[0] for line in listed.stdout.splitlines()]


class ClientProgram(unittest.TestCase):
    def test_usage_errors_exit_with_2(self):
        for flags, word in (([], "--test-case"), (["--test-case", "empty_unary"], "--target"),
                            (["--test-case", "no_such", "--target", "127.0.0.1:1"], "no_such"),
                            (["--test-case", "empty_unary", "--target", "vsock://"], "vsock"),
                            (["--soak-iterations", "0", "--test-case", "rpc_soak", "--target", "127.0.0.1:1"],
                             "--soak-iterations"),
                            (["--no-such-flag"], "no-such-flag")):
            with self.subTest(flags):
                done = programs.run(CLIENT, *flags)
                self.assertEqual(2, done.returncode)
                self.assertIn(word, done.stderr)

    def test_help_and_list_exit_with_0(self):
        self.assertEqual(0, programs.run(CLIENT, "--help").returncode)
        self.assertIn("empty_unary", cases())

    def test_a_demand_that_does_not_hold_exits_with_1_and_names_the_case(self):
        with programs.Server(OTHER_SERVER) as server:
            for case in sorted(set(cases()) - PASS_WITHOUT_METHODS):
                with self.subTest(case):
                    done = programs.run(CLIENT, "--target", server.address, "--test-case", case,
                                        "--soak-iterations", "2", "--concurrent-calls", "3")
                    self.assertEqual(1, done.returncode, done.stdout + done.stderr)
                    self.assertIn(case, done.stderr)

    def test_no_server_exits_with_1(self):
        done = programs.run(CLIENT, "--target", "127.0.0.1:1", "--test-case", "empty_unary")
        self.assertEqual(1, done.returncode)
        self.assertIn("status code: wanted 0, got 14", done.stderr)


class ServerProgram(unittest.TestCase):
    def test_usage_errors_exit_with_2(self):
        for flags in (["--listen", "nonsense"], ["--no-such-flag"]):
            with self.subTest(flags):
                self.assertEqual(2, programs.run(SERVER, *flags).returncode)

    def test_it_ends_well_on_a_signal(self):
        with programs.Server(SERVER) as server:
            server.signal()
            self.assertEqual(0, server.wait())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
