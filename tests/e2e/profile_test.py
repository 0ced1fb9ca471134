#!/usr/bin/env python3
"""hawser-profile against hawser-server. Arguments: HAWSER_PROFILE HAWSER_SERVER."""
import json
import re
import sys
import tempfile
import unittest
from pathlib import Path

from programs import Server, has_stack_trace, run

PROFILE, SERVER = sys.argv[1:3]


class Profile(unittest.TestCase):
    def test_a_run_prints_what_people_want_to_know(self):
        with Server(SERVER) as server:
            out = run(PROFILE, "--target", server.address, "--requests", "500", "--warmup", "10ms",
                      "--connections", "2", "--concurrency", "4")
            self.assertEqual((out.returncode, out.stderr), (0, ""))
            for word in ("p50", "p99"):
                self.assertIn(word, out.stdout)

    def test_json_is_one_object(self):
        with Server(SERVER) as server:
            out = run(PROFILE, "--target", server.address, "--requests", "200", "--warmup", "10ms", "--json")
            self.assertEqual(out.returncode, 0, out.stderr)
            self.assertIsInstance(json.loads(out.stdout), dict)

    def test_a_servers_stages_and_the_rest_are_the_round_trip(self):
        stages = ("client_queue_us", "server_queue_us", "handler_us", "reply_write_us", "wire_us")
        ask = ("--requests", "300", "--warmup", "0", "--server-timing")
        with Server(SERVER, "--server-timing") as server, tempfile.TemporaryDirectory() as folder:
            for load in (("--concurrency", "5"),
                         ("--call", "echo.EchoService/Echo", "--json-request", '{"payload": "a"}')):
                with self.subTest(load[0]):
                    out = run(PROFILE, "--target", server.address, *ask, *load, "--json", "--csv",
                              f"{folder}/csv")
                    self.assertEqual((out.returncode, out.stderr), (0, ""))
                    result = json.loads(out.stdout)
                    self.assertEqual([result[stage]["count"] for stage in stages], [300] * 5)
                    total = sum(result[stage]["mean"] for stage in stages)
                    self.assertAlmostEqual(total, result["round_trip_us"]["mean"], delta=1)
                    rows = Path(folder, "csv").read_text().splitlines()
                    measures = [row.split(",")[1] for row in rows]
                    self.assertEqual(measures[2:7], [stage.removesuffix("_us") for stage in stages])
            out = run(PROFILE, "--target", server.address, *ask)
            for row in ("client queue", "server queue", "handler", "reply write", "wire"):
                self.assertRegex(out.stdout, rf"(?m)^    {row} +\d")
            self.assertNotIn("server doesn't report", out.stdout)

    def test_a_server_that_does_not_tell_its_stages_is_named_as_one(self):
        with Server(SERVER) as server:
            at = ("--target", server.address, "--requests", "50", "--warmup", "0")
            out = run(PROFILE, *at, "--server-timing")
            self.assertEqual((out.returncode, out.stderr), (0, ""))
            self.assertIn("stages      the server doesn't report its stages", out.stdout)
            self.assertNotRegex(out.stdout, r"(?m)^ +handler ")
            result = json.loads(run(PROFILE, *at, "--server-timing", "--json").stdout)
            self.assertNotIn("handler_us", result)
            self.assertTrue(result["facts"]["asks_timing"])
            self.assertNotIn("asks_timing", json.loads(run(PROFILE, *at, "--json").stdout)["facts"])

    def test_payloads_of_several_sizes_come_with_their_mean(self):
        with Server(SERVER) as server:
            at = ("--target", server.address, "--requests", "400", "--warmup", "0", "--concurrency", "4")
            mix = ("--payload-size", "10:50%,1000..3000:50%")
            out = run(PROFILE, *at, *mix)
            self.assertEqual((out.returncode, out.stderr), (0, ""))
            mean = re.search(r"payload 10:50%,1000\.\.3000:50% bytes, ([\d.]+) on average", out.stdout)
            self.assertTrue(800 < float(mean[1]) < 1200, mean[1])
            first, same, other = (json.loads(run(PROFILE, *at, *mix, "--json", "--seed", seed).stdout)
                                  for seed in "778")
            self.assertEqual(first["payload_sizes"], mix[1])
            self.assertEqual(first["payload_bytes_sent"], same["payload_bytes_sent"])
            self.assertNotEqual(first["payload_bytes_sent"], other["payload_bytes_sent"])
            self.assertGreater(first["bytes_sent"], first["payload_bytes_sent"])
            for size in ("64:90%,100:20%", "10..5", "many", "64,65"):
                with self.subTest(size):
                    out = run(PROFILE, *at, "--payload-size", size)
                    self.assertEqual(out.returncode, 2, out)
                    self.assertTrue(out.stderr.startswith('hawser-profile: --payload-size: "'), out.stderr)

    def test_requests_of_a_file_are_made_in_turn(self):
        with Server(SERVER) as server, tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "requests")
            path.write_text('{"payload": "1234567890"}\n\n{}\n')
            call = ("--target", server.address, "--requests", "100", "--warmup", "0", "--json", "--call",
                    "echo.EchoService/Echo", "--json-requests", path)
            out = run(PROFILE, *call)
            self.assertEqual((out.returncode, out.stderr), (0, ""))
            self.assertEqual(json.loads(out.stdout)["bytes_sent"], 50 * 12)
            for text, complaint in (('{}\n{"no": 1}\n', "requests, line 2: "), ("\n", "has no request")):
                path.write_text(text)
                out = run(PROFILE, *call)
                self.assertEqual(out.returncode, 2, out)
                self.assertIn(complaint, out.stderr)

    def test_think_time_makes_calls_come_at_a_pace(self):
        with Server(SERVER) as server:
            out = run(PROFILE, "--target", server.address, "--requests", "20", "--warmup", "0", "--json",
                      "--think-time", "5ms")
            self.assertEqual(out.returncode, 0, out.stderr)
            self.assertGreaterEqual(json.loads(out.stdout)["elapsed_s"], 0.1)

    def test_an_open_loop_makes_the_calls_of_its_schedule(self):
        for flags in (("--rate", "500", "--duration", "400ms"), ("--schedule", "200:500ms,400..600:200ms"),
                      ("--rate", "1000", "--requests", "200", "--threads", "2", "--connections", "2")):
            with self.subTest(flags), Server(SERVER) as server:
                out = run(PROFILE, "--target", server.address, "--warmup", "10ms", "--json",
                          "--lag-limit", "1h", *flags)
                self.assertEqual((out.returncode, out.stderr), (0, ""))
                result = json.loads(out.stdout)
                self.assertEqual(result["calls"], 200)
                self.assertEqual(result["intended_us"]["count"], 200)
                self.assertGreaterEqual(result["intended_us"]["max"], result["dispatch_delay_us"]["min"])
                self.assertFalse(result["lagging"])

    def test_a_generator_that_lags_fails_the_run(self):
        with Server(SERVER) as server:
            out = run(PROFILE, "--target", server.address, "--rate", "1000", "--requests", "100",
                      "--lag-limit", "0")
            self.assertEqual(out.returncode, 1, out)
            self.assertIn("this program itself lagged", out.stderr)
            self.assertIn("lagging", out.stdout)

    def test_variables_are_defaults_and_flags_win(self):
        with Server(SERVER) as server:
            env = {"SERVER_ADDR": server.address, "CONNECTIONS": "3", "THREADS": "2", "REQUESTS": "60",
                   "RATE_LIMIT": "5000", "BENCHMARK_TYPE": "echo"}
            result = json.loads(run(PROFILE, "--json", "--lag-limit", "1h", env=env).stdout)
            self.assertEqual((result["connections"], result["calls"]), (3, 60))
            self.assertIn("intended_us", result)
            flags = ("--json", "--connections", "2", "--rate", "0", "--requests", "40")
            result = json.loads(run(PROFILE, *flags, env=env).stdout)
            self.assertEqual((result["connections"], result["calls"]), (2, 40))
            self.assertNotIn("intended_us", result)
            out = run(PROFILE, "--json", env={"SERVER_ADDR": server.address, "DURATION": "1"})
            self.assertGreaterEqual(json.loads(out.stdout)["elapsed_s"], 1)

    def test_a_bad_variable_is_named(self):
        for name in ("CONNECTIONS", "THREADS", "REQUESTS", "RATE_LIMIT", "DURATION", "BENCHMARK_TYPE"):
            with self.subTest(name):
                out = run(PROFILE, env={name: "nonsense"})
                self.assertEqual(out.returncode, 2, out)
                self.assertTrue(out.stderr.startswith(f"hawser-profile: {name}: "), out.stderr)

    def test_files_for_other_programs(self):
        with Server(SERVER) as server, tempfile.TemporaryDirectory() as folder:
            names = ("json-file", "csv", "csv-timeline", "hgrm")
            flags = [f"--{name}={folder}/{name}" for name in names]
            out = run(PROFILE, "--target", server.address, "--requests", "300", "--warmup", "0", *flags)
            self.assertEqual((out.returncode, out.stderr), (0, ""))
            text = {name: Path(folder, name).read_text() for name in names}
            result = json.loads(text["json-file"])
            self.assertEqual(result["calls"], 300)
            self.assertEqual(sum(i["ok"] for i in result["timeline"]["intervals"]), 300)
            self.assertGreaterEqual(result["machine"]["hiccups_us"]["count"], 0)
            self.assertRegex(text["csv"], r"(?m)^echo,round_trip,300,")
            self.assertIn("service,begin_s,length_s,ok,", text["csv-timeline"])
            self.assertIn("Total count    =          300]", text["hgrm"])
            out = run(PROFILE, "--target", server.address, "--requests", "1", "--csv",
                      f"{folder}/no/such/folder")
            self.assertEqual(out.returncode, 2, out)
            self.assertIn("no/such/folder", out.stderr)

    def test_conditions_fail_the_run_with_a_code_of_their_own(self):
        with Server(SERVER) as server:
            short = ("--target", server.address, "--requests", "300", "--warmup", "0")
            for code, condition in ((0, "p50>1h"), (0, "errors>0"), (3, "max>1ns"), (3, "throughput>=1"),
                                    (3, "p99>1h"), (2, "p99"), (2, "p99>soon")):
                with self.subTest(condition):
                    out = run(PROFILE, *short, "--fail-if", condition)
                    self.assertEqual(out.returncode, code, out)
                    self.assertEqual(condition in out.stderr, code != 0, out.stderr)
            out = run(PROFILE, *short, "--fail-if", "p99>1h")
            self.assertIn("300 calls don't support it", out.stderr)

    def test_the_servers_processor_time_where_it_is_known(self):
        with Server(SERVER) as server:
            out = run(PROFILE, "--target", server.address, "--requests", "2000", "--json", "--server-pid",
                      str(server.process.pid))
            result = json.loads(out.stdout)
            self.assertEqual(result["server_pid"], server.process.pid)
            self.assertGreater(result["server_cpu_us_per_call"], 0)

    def test_progress_is_shown_when_it_is_asked_for(self):
        with Server(SERVER) as server:
            out = run(PROFILE, "--target", server.address, "--duration", "1500ms", "--progress")
            self.assertEqual(out.returncode, 0, out)
            self.assertRegex(out.stderr, r"calls/s  p50 .*  p99 ")

    def test_any_method_of_a_server_that_describes_itself(self):
        with Server(SERVER) as server:
            at = ("--target", server.address, "--requests", "100", "--warmup", "0", "--json")
            call = ("--call", "echo.EchoService/Echo", "--json-request", '{"payload": "twelve bytes"}')
            out = run(PROFILE, *at, *call, "--metadata", "a=b")
            self.assertEqual((out.returncode, out.stderr), (0, ""))
            result = json.loads(out.stdout)
            self.assertEqual((result["service"], result["method"]), ("call", "/echo.EchoService/Echo"))
            self.assertEqual((result["calls"], result["bytes_sent"]), (100, 100 * 14))
            for flags, complaint in (
                    (("--call", "echo.EchoService/None"), "has no method None"),
                    (("--call", "nonsense"), "names no method"),
                    ((*call[:2], "--json-request", '{"no": 1}'), "--json-request: "),
                    (("--call", "grpc.health.v1.Health/Watch"), "streams"),
                    ((*call, "--descriptor-set", "/no/such/file"), "--descriptor-set: "),
                    ((*call, "--service", "echo"), "--service: ")):
                with self.subTest(complaint):
                    out = run(PROFILE, *at, *flags)
                    self.assertEqual(out.returncode, 2, out)
                    self.assertIn(complaint, out.stderr)

    def test_any_method_of_a_server_that_does_not_describe_itself(self):
        proto = Path(__file__).resolve().parent.parent.parent / "proto"
        with Server(SERVER, "--no-reflection") as server, tempfile.TemporaryDirectory() as folder:
            call = ("--target", server.address, "--requests", "100", "--warmup", "0", "--json",
                    "--call", "echo.EchoService/Echo", "--json-request", '{"payload": "twelve bytes"}')
            out = run(PROFILE, *call)
            self.assertEqual(out.returncode, 1, out)
            self.assertIn("reflection", out.stderr)
            types = f"{folder}/types"
            self.assertEqual(run("protoc", f"--proto_path={proto}", "--include_imports",
                                 f"--descriptor_set_out={types}", f"{proto}/echo.proto").returncode, 0)
            out = run(PROFILE, *call, "--descriptor-set", types)
            self.assertEqual((out.returncode, out.stderr), (0, ""))
            result = json.loads(out.stdout)
            self.assertEqual((result["calls"], result["bytes_sent"]), (100, 100 * 14))

    def test_the_knee_of_a_bound_that_nothing_breaks_or_keeps(self):
        with Server(SERVER) as server:
            at = ("--target", server.address, "--duration", "50ms", "--warmup", "10ms", "--lag-limit", "1h")
            out = run(PROFILE, *at, "--find-knee", "max<1ns", "--knee-start", "64", "--json")
            self.assertEqual(out.returncode, 1, out)
            knee = json.loads(out.stdout)
            self.assertEqual(knee["knee_per_s"], 0)
            self.assertEqual([s["outcome"] for s in knee["steps"]], ["broken"] * 7)
            out = run(PROFILE, *at, "--find-knee", "p99>1ms")
            self.assertEqual(out.returncode, 2, out)

    def test_a_server_that_is_not_there_is_a_failure(self):
        with tempfile.TemporaryDirectory() as folder:
            out = run(PROFILE, "--target", f"unix:{folder}/none", "--requests", "10", "--warmup", "0ms",
                      "--timeout", "500ms")
            self.assertEqual(out.returncode, 1, out)
            self.assertFalse(has_stack_trace(out.stderr), out.stderr)

    def test_calls_that_have_no_connection_are_not_made_as_fast_as_they_fail(self):
        with tempfile.TemporaryDirectory() as folder:
            out = run(PROFILE, "--target", f"unix:{folder}/none", "--concurrency", "2", "--duration", "200ms",
                      "--warmup", "0", "--json")
            self.assertEqual(out.returncode, 1, out)
            result = json.loads(out.stdout)
            self.assertEqual(list(result["statuses"]), ["UNAVAILABLE"])
            self.assertLessEqual(result["calls"], 2 * (200 // 10 + 1), "each rests 10 ms after a failure")
            self.assertEqual(result["bytes_sent"], 0)

    def test_help_version_and_what_can_not_be_right(self):
        self.assertIn("--requests", run(PROFILE, "--help").stdout)
        self.assertRegex(run(PROFILE, "--version").stdout, r"^hawser-profile \d+\.\d+\.\d+\n$")
        for flags in (("--target", "nonsense:x"), ("--requests", "none"), ("--concurrency", "0"),
                      ("--no-such-flag",)):
            with self.subTest(flags):
                out = run(PROFILE, *flags)
                self.assertEqual(out.returncode, 2, out)
                self.assertTrue(out.stderr.startswith("hawser-profile: "), out.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
