#!/usr/bin/env python3
"""The arithmetic of the benchmark: what it reads, subtracts and divides."""
import socket
import sys
import unittest

sys.dont_write_bytecode = True
import crypto_table
import table
from callgrind_file import parse
from flame_graph import fold
from load import Layout, parse_h2load, request_body
from raw_call import CountingRelay, echo_call, frame
from servers import BenchError
from signing import count_deadlines, parse_openssl_speed

H2LOAD = """finished in 519.31ms, 77025.58 req/s, 5.01MB/s
requests: 4 total, 4 started, 4 done, {succeeded} succeeded, 0 failed, 0 errored, 0 timeout
status codes: {succeeded} 2xx, 0 3xx, 0 4xx, 0 5xx
traffic: 2.60MB (272) total, 1.11MB (110) headers (space savings 90%), 1.45MB ({data}) data
"""
CALLGRIND = """events: Ir
ob=(1) /usr/bin/server
fl=(1) a.cc
fn=(1) main
10 5
cob=(2) /lib/libc.so
cfn=(2) memcpy
calls=3 0
+1 60
+2 7
fn=(3) other
* 1

ob=(2)
fn=(2)
0 60
totals: 73
"""


class Load(unittest.TestCase):
    def test_the_request_is_one_length_prefixed_message(self):
        body = request_body()
        self.assertEqual(body[:5], bytes([0, 0, 0, 0, 25]))
        self.assertEqual(len(body), 30)

    def test_a_whole_run_gives_its_rate(self):
        load = parse_h2load(H2LOAD.format(succeeded=4, data=200), 4)
        self.assertEqual(load.calls_per_second, 77025.58)

    def test_a_failed_call_spoils_the_run(self):
        with self.assertRaises(BenchError):
            parse_h2load(H2LOAD.format(succeeded=3, data=200), 4)

    def test_answers_without_messages_spoil_the_run(self):
        with self.assertRaises(BenchError):
            parse_h2load(H2LOAD.format(succeeded=4, data=20), 4)

    def test_unknown_output_spoils_the_run(self):
        with self.assertRaises(BenchError):
            parse_h2load("", 4)


class RawCalls(unittest.TestCase):
    def test_a_call_is_a_block_of_literals_and_a_message(self):
        call = echo_call(5)
        length = int.from_bytes(call[:3], "big")
        self.assertEqual(call[3:9], bytes([1, 4, 0, 0, 0, 5]))
        self.assertIn(b"\x05:path\x16/echo.EchoService/Echo", call[9 : 9 + length])
        self.assertEqual(call[9 + length :], frame(0, 1, 5, request_body()))

    def test_the_relay_counts_both_ways(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            relay = CountingRelay("127.0.0.1:%d" % server.getsockname()[1])
            with relay, socket.create_connection(relay.address.split(":")) as client:
                client.sendall(b"abc")
                far, _ = server.accept()
                with far:
                    self.assertEqual(far.recv(10), b"abc")
                    far.sendall(b"answer")
                    self.assertEqual(client.recv(10), b"answer")
            self.assertEqual((relay.to_server, relay.to_client), (3, 6))


class FlameGraph(unittest.TestCase):
    def test_samples_become_stacks_from_the_outside(self):
        sample = "\t    7f01 hawser::Map<std::vector<int> >::find(int, char) const (/b/server)\n" \
                 "\t    7f02 [unknown] (/lib/libx.so.1)\n\t    7f03 [unknown] (/lib/libx.so.1)\n" \
                 "\t    7f04 main (/b/server)\n\n"  # fmt: skip
        self.assertEqual(fold(sample + sample), {"main;[libx.so.1];hawser::Map::find": 2})


class Callgrind(unittest.TestCase):
    def test_own_costs_are_added_up_without_the_callees(self):
        costs = parse(CALLGRIND.splitlines(keepends=True))
        self.assertEqual(costs.total, 73)
        self.assertEqual(costs.by_object, {"/usr/bin/server": 13, "/lib/libc.so": 60})
        self.assertEqual(costs.by_function, {"main": 12, "other": 1, "memcpy": 60})

    def test_a_difference_keeps_what_became_less(self):
        short, empty = parse(CALLGRIND.splitlines()), parse([])
        self.assertEqual(empty.minus(short).by_function["main"], -12)
        self.assertEqual(short.minus(short).total, 0)


class Table(unittest.TestCase):
    def test_a_ratio_is_taken_within_its_round(self):
        stock = [{"cpu_us_per_call": 20.0}, {"cpu_us_per_call": 30.0}]
        ours = [{"cpu_us_per_call": 5.0}, {"cpu_us_per_call": 6.0}]
        self.assertEqual(table.ratios(ours, stock), [4.0, 5.0])

    def test_one_round_has_no_range(self):
        self.assertEqual(table.spread([1234.5], 1), "1,234.5")
        self.assertEqual(table.spread([1.0, 2.0, 4.0], 0), "2 (1-4)")

    def test_a_layout_reads_as_words(self):
        self.assertEqual(str(Layout(1, 100)), "1 connection x 100 streams")
        self.assertEqual(str(Layout(50, 20)), "50 connections x 20 streams")


class Signing(unittest.TestCase):
    def test_openssl_speed_is_read_by_its_tags(self):
        lines = "+H:16:64\n+F2:2:2048:2430.5:87000.1\n"
        lines += "+F4:3:256:35019.9:11000.0\n+F6:0:253:Ed25519:21478.2:7300.0\n"
        speeds = parse_openssl_speed(lines)
        wanted = {"rsa-pkcs1-sha256": 2430.5, "ecdsa-p256-sha256": 35019.9, "ed25519": 21478.2}
        self.assertEqual(speeds, wanted)
        with self.assertRaises(BenchError):
            parse_openssl_speed(lines.replace("+F6", "+F7"))

    def test_work_for_the_dead_is_counted_from_the_audit_log(self):
        lines = ['{"event":"call","code":"OK","queue_us":5,"exec_us":9}',
                 '{"event":"call","code":"DEADLINE_EXCEEDED","queue_us":31,"exec_us":0}',
                 '{"event":"call","code":"DEADLINE_EXCEEDED","queue_us":31,"exec_us":1}',
                 '{"event":"lost","lost":3}']
        counted = count_deadlines(lines, 30)
        self.assertEqual(counted, {"codes": {"OK": 1, "DEADLINE_EXCEEDED": 2}, "signed_too_late": 1})

    def test_a_latency_is_near_by_factor_or_by_distance(self):
        self.assertTrue(crypto_table.is_near(100, 400))
        self.assertTrue(crypto_table.is_near(1000, 1500))
        self.assertFalse(crypto_table.is_near(100, 401))

    def test_shares_are_taken_within_a_round_and_set_against_the_goal(self):
        sample = {"per_s": 85.0, "bare_per_s": 100.0, "bare_cpu_us": 9.0, "worker_cpu_us": 10.0}
        names = [algorithm.name for algorithm in crypto_table.ALGORITHMS]
        lines = crypto_table.signing_table({name: [sample] for name in names}, dict.fromkeys(names, 110.0))
        rows = dict(zip(names, lines[4:]))
        self.assertIn("| 85.0 % | 80 % | reached |", rows["ecdsa-p256-sha256"])
        self.assertIn("| 85.0 % | 95 % | **not reached** |", rows["rsa-pkcs1-sha256"])

    def test_statuses_of_all_rounds_are_added_up(self):
        rounds = [{"x": {"OK": 2}}, {"x": {"OK": 1, "RESOURCE_EXHAUSTED": 1000}}]
        self.assertEqual(crypto_table.signed(rounds, "x"), "OK 3, RESOURCE_EXHAUSTED 1,000")


if __name__ == "__main__":
    unittest.main()
