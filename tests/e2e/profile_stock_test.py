#!/usr/bin/env python3
"""hawser-profile stock. Arguments: HAWSER_PROFILE HAWSER_SERVER.

The stock server is a script in its place that runs hawser-server: the command can't tell. The suite `bench`
has the real one.
"""
import json
import os
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from programs import LIMIT, environment, eventually, has_stack_trace, run, stand_in

PROFILE, SERVER = sys.argv[1:3]
SHORT = ("--duration", "300ms", "--warmup", "100ms", "--lag-limit", "1h")


def is_there(pid):
    return Path(f"/proc/{pid}").exists()


def children_of(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


class Stock(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.stock = stand_in(self.folder, SERVER)

    def script(self, text):
        path = self.folder / "script"
        path.write_text("#!/bin/sh\n" + text)
        path.chmod(0o755)
        return path

    def command(self, *flags, stock=None, server=SERVER):
        servers = ("--stock-server", stock or self.stock, "--hawser-server", server)
        return (PROFILE, "stock", *servers, *SHORT, *flags)

    def run_stock(self, *flags, **programs):
        out = run(*self.command(*flags, **programs))
        self.assertFalse(has_stack_trace(out.stderr), out.stderr)
        return out

    def run_with_calls_in_every_round(self, *flags):
        """(output, result); again when a machine with other work had no time for one of them."""
        for _ in range(5):
            out = self.run_stock(*flags, "--json-file", self.folder / "json")
            self.assertEqual(out.returncode, 0, out.stderr)
            result = json.loads((self.folder / "json").read_text())
            if min(self.calls_of_rounds(load) for load in result["loads"]) > 0:
                break
        return out, result

    @staticmethod
    def calls_of_rounds(load):
        """The fewest of a round and server."""
        return min(one[server]["calls"] for one in load["rounds"] for server in ("stock", "hawser"))

    def test_the_usual_loads_in_turn(self):
        out, result = self.run_with_calls_in_every_round("--rounds", "2", "--progress")
        self.assertIn("hawser against stock grpc++ (async)\n2 rounds in turn", out.stdout)
        for title in ("1 connection x 100 in flight", "50 connections x 20 in flight",
                      r"\d+ calls/s on 4 connections"):
            self.assertRegex(out.stdout, rf"(?m)^{title} +stock +hawser +hawser / stock$")
        cpu = r"(?m)^server CPU, us/call +[\d.]+ +[\d.]+ +[\d.]+ \([\d.]+ to [\d.]+\)$"
        self.assertRegex(out.stdout, cpu)
        self.assertRegex(out.stdout, r"(?m)^p99\.99, us +[\d.]+\?")
        names = [line.rsplit(": ", 1)[1] for line in out.stderr.splitlines()]
        self.assertEqual(names, ["stock grpc++ (async)", "hawser"] * 6)
        self.assertEqual([load["loop"] for load in result["loads"]], ["closed", "closed", "open"])
        self.assertIn("--mode async", result["servers"]["stock"]["command"])
        lasted = [load["rounds"][0]["stock"]["elapsed_s"] for load in result["loads"]]
        self.assertGreaterEqual(lasted[0], 0.09)
        self.assertGreaterEqual(lasted[2], 0.25)
        for load in result["loads"]:
            self.assertEqual(len(load["rounds"]), 2)
            names = ["throughput_per_s", "server_cpu_us_per_call", "server_peak_rss_mib"]
            names += ["p50_us"] if self.calls_of_rounds(load) >= 100 else []  # or too few for any percentile
            for name in names:
                number = load["numbers"][name]
                self.assertIn("ratio_least", number, (name, load["rounds"]))
                self.assertGreater(number["ratio"], 0)
                self.assertLessEqual(number["ratio_least"], number["ratio"])
                self.assertLessEqual(number["ratio"], number["ratio_greatest"])
            for one in load["rounds"]:
                self.assertEqual((one["stock"]["failed"], one["hawser"]["failed"]), (0, 0))

    def test_a_load_of_ones_own_as_json(self):
        out = self.run_stock("--rounds", "1", "--rate", "200", "--connections", "2", "--json")
        self.assertEqual((out.returncode, out.stderr), (0, ""))
        result = json.loads(out.stdout)
        self.assertEqual([load["title"] for load in result["loads"]], ["200 calls/s on 2 connections"])
        self.assertEqual(result["loads"][0]["rounds"][0]["hawser"]["calls"], 60)

    def test_conditions_are_about_ratios(self):
        own = ("--rounds", "1", "--connections", "2")
        for code, condition in ((0, "cpu.ratio>1000"), (3, "cpu.ratio>=0"), (3, "p99.99.ratio>1000"),
                                (2, "p99>1ms")):
            with self.subTest(condition):
                out = self.run_stock(*own, "--fail-if", condition)
                self.assertEqual(out.returncode, code, out)
                self.assertEqual(condition in out.stderr, code != 0, out.stderr)

    def test_cores(self):
        core = str(min(os.sched_getaffinity(0)))
        own = ("--rounds", "1", "--connections", "2")
        out = self.run_stock(*own, "--server-core", core, "--load-core", core)
        self.assertEqual(out.returncode, 0, out.stderr)
        self.assertIn(f"warning: server and load share core {core}: ", out.stdout)
        out = self.run_stock(*own, "--server-core", "any", "--load-core", "any")
        self.assertEqual(out.returncode, 0, out.stderr)
        self.assertIn("warning: not everything is pinned", out.stdout)
        out = self.run_stock(*own, "--server-core", "1023")
        self.assertEqual(out.returncode, 2, out)
        self.assertIn("--server-core: this program may not run on core 1023", out.stderr)

    def test_servers_that_are_not_there(self):
        for programs, flag in (({"stock": "/no/such"}, "--stock-server"),
                               ({"server": "/no/such"}, "--hawser-server")):
            with self.subTest(flag):
                out = self.run_stock(**programs)
                self.assertEqual((out.returncode, out.stdout), (2, ""))
                self.assertIn(f"{flag}: there is no program /no/such", out.stderr)

    def test_a_program_without_its_build_directory_says_what_to_build(self):
        copy = self.folder / "a" / "b" / "hawser-profile"
        copy.parent.mkdir(parents=True)
        copy.write_bytes(Path(PROFILE).read_bytes())
        copy.chmod(0o755)
        out = run(copy, "stock")
        self.assertEqual((out.returncode, out.stdout), (2, ""))
        self.assertIn(f"there is no program {self.folder.resolve()}/tests/bench/stock-server: ", out.stderr)
        self.assertIn("-Dbenchmarks=true", out.stderr)

    def test_a_server_that_ends_too_soon(self):
        out = self.run_stock(stock=self.script("echo the port is taken >&2; exit 9\n"))
        self.assertEqual((out.returncode, out.stdout), (1, ""))
        said = "stock grpc++ (async) ended with status 9 before it was ready. It said:\nthe port is taken"
        self.assertIn(said, out.stderr)
        # Ready, and gone before the load is over.
        gone = self.script("echo listening on 127.0.0.1:1; exit 9\n")
        out = self.run_stock("--timeout", "100ms", server=gone)
        self.assertEqual((out.returncode, out.stdout), (1, ""))
        self.assertIn("hawser ended with status 9 in the middle of its load", out.stderr)

    def test_a_server_never_outlives_the_command(self):
        command = self.command("--duration", "30s")
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment(None)) as process:
            self.assertTrue(eventually(lambda: children_of(process.pid)))
            server = children_of(process.pid)[0]
            process.send_signal(signal.SIGKILL)
            process.wait(LIMIT)
            self.assertTrue(eventually(lambda: not is_there(server)))

    def test_what_can_not_be_right(self):
        self.assertIn("--stock-mode", run(PROFILE, "stock", "--help").stdout)
        self.assertIn("hawser-profile stock", run(PROFILE, "--help").stdout)
        for flags in (("--rounds", "0"), ("--stock-mode", "best"), ("--target", "x"), ("more",),
                      ("--duration", "1h")):
            with self.subTest(flags):
                out = self.run_stock(*flags)
                self.assertEqual(out.returncode, 2, out)
                self.assertTrue(out.stderr.startswith("hawser-profile: "), out.stderr)
                self.assertIn("Try hawser-profile stock --help.", out.stderr)
        out = self.run_stock("--rounds", "1", "--connections", "1", "--html", self.folder / "no" / "page")
        self.assertEqual(out.returncode, 2, out)
        self.assertIn("no/page", out.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
