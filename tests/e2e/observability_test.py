#!/usr/bin/env python3
"""What hawser-server tells of the signing service's calls, whom it lets call, and what its process gives up.
Arguments: HAWSER_CLIENT HAWSER_SERVER.
"""
import ctypes
import hashlib
import json
import os
import re
import resource
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request
from pathlib import Path

from programs import Server, eventually, has_stack_trace, run, to_be_looked_into

CLIENT, SERVER = sys.argv[1:3]
PR_CAPBSET_DROP, CAP_IPC_LOCK = 24, 14  # linux/prctl.h, linux/capability.h
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SAMPLE = re.compile(r'^([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)*)\})? ([0-9.e+-]+|\+Inf|Nan)$')


class Test(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def path(self, name):
        return str(self.folder / name)

    def sign(self, target, *flags):
        return run(CLIENT, "sign", "--target", target, "--text", "hello", "--format", "hex", *flags)

    def call(self, target, method, request, *flags):
        return run(CLIENT, "call", target, f"crypto.CryptoService/{method}", json.dumps(request), *flags)

    def json_lines(self, name):
        return [json.loads(line) for line in Path(self.path(name)).read_text().splitlines()]

    def lines_of(self, name, count):
        """The file's lines, when there are so many."""
        path = Path(self.path(name))
        self.assertTrue(eventually(lambda: path.exists() and path.read_bytes().count(b"\n") >= count))
        lines = self.json_lines(name)
        self.assertEqual(len(lines), count)
        return lines

    def refused(self, *flags):
        """Runs the server with what is wrong; gives the message."""
        out = run(SERVER, "--listen", "127.0.0.1:0", *flags)
        self.assertEqual((out.returncode, out.stdout), (2, ""), out)
        self.assertTrue(out.stderr.startswith("hawser-server: "), out.stderr)
        self.assertFalse(has_stack_trace(out.stderr), out.stderr)
        return out.stderr


def scrape(server):
    """Metric -> labels -> value; every line has to have the form that Prometheus reads."""
    address = server.lines[1].removeprefix("metrics on ")
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=60) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain"), answer.headers
        text = answer.read().decode()
    found, typed = {}, set()
    for line in text.splitlines():
        if line.startswith("#"):
            word, name = line.split()[1:3]
            assert word in ("HELP", "TYPE"), line
            typed.add(name)
            continue
        match = SAMPLE.match(line)
        assert match, line
        name, labels, value = match.groups()
        base = re.sub(r"_(bucket|sum|count)$", "", name)
        assert name in typed or base in typed, f"{name} has no TYPE"
        series = found.setdefault(name, {})
        assert (labels or "") not in series, f"{line} is there twice"
        series[labels or ""] = float(value)
    return found


class Audit(Test):
    def test_each_signature_is_a_line(self):
        with Server(SERVER, "--listen", "127.0.0.1:0", "--listen", "unix:" + self.path("socket"),
                    "--audit-file", self.path("audit"), addresses=2) as server:
            self.assertEqual(self.sign(server.addresses[0]).returncode, 0)
            self.assertEqual(self.sign(server.addresses[1]).returncode, 0)
            self.assertNotEqual(self.sign(server.addresses[0], "--key-id", "payments").returncode, 0)
            self.assertEqual(run(CLIENT, "public-key", "--target", server.addresses[0]).returncode, 0)
            first, second, third = self.lines_of("audit", 3)
            self.assertEqual(os.stat(self.path("audit")).st_mode & 0o777, 0o600)
        self.assertRegex(first["time"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
        self.assertRegex(first["peer"], r"^ipv4:127\.0\.0\.1:\d+$")
        expected = {"event": "call", "principal": "anonymous", "service": "crypto.CryptoService",
                    "method": "Sign", "key_id": "default-ec-p256", "version": 1, "alg": "ECDSA_P256_SHA256",
                    "code": "OK",
                    "input_sha256": hashlib.sha256(b"hello").hexdigest(), "trace_id": None}
        self.assertEqual({name: first[name] for name in expected}, expected)
        self.assertGreater(first["exec_us"], 0)
        self.assertGreaterEqual(first["total_us"], first["exec_us"])
        self.assertEqual(second["principal"], f"uid:{os.getuid()}")
        self.assertEqual((third["key_id"], third["code"]), ("payments", "PERMISSION_DENIED"))

    def test_an_inline_signature_has_waited_for_no_worker(self):
        waited = {}
        for flags in ((), ("--signing-inline",)):
            file = "audit-inline" if flags else "audit-lanes"
            with Server(SERVER, "--listen", "127.0.0.1:0", "--audit-file", self.path(file), *flags) as server:
                for _ in range(20):
                    self.assertEqual(self.sign(server.address).returncode, 0)
                lines = self.lines_of(file, 20)
            self.assertTrue(all(line["code"] == "OK" and line["exec_us"] > 0 for line in lines))
            waited[file] = sum(line["queue_us"] for line in lines)
        self.assertEqual(waited["audit-inline"], 0)
        self.assertGreater(waited["audit-lanes"], 0)

    def test_what_a_caller_writes_stays_in_its_field(self):
        with Server(SERVER, "--listen", "127.0.0.1:0", "--audit-file", self.path("audit")) as server:
            self.call(server.address, "Sign", {"key_id": 'a"}\n{"event":"call"\u2028\u0000', "algorithm": 2})
            [line] = self.lines_of("audit", 1)
        self.assertEqual((line["code"], line["event"]), ("INVALID_ARGUMENT", "call"))

    def test_a_file_that_is_renamed_is_made_again(self):
        with Server(SERVER, "--listen", "127.0.0.1:0", "--audit-file", self.path("audit")) as server:
            self.sign(server.address)
            self.lines_of("audit", 1)
            os.rename(self.path("audit"), self.path("audit.1"))
            self.sign(server.address)
            self.lines_of("audit", 1)
        self.assertEqual(len(self.json_lines("audit.1")), 1)

    def test_a_required_log_on_a_full_disk_stops_signing_until_there_is_room(self):
        flags = ("--listen", "127.0.0.1:0", "--audit", "required", "--audit-file", self.path("audit"))
        with Server(SERVER, *flags) as server:
            pid = server.process.pid
            self.assertEqual(self.sign(server.address).returncode, 0)
            size = os.stat(self.path("audit")).st_size
            hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size + 100, hard))  # a part of a line
            outcome = []

            def is_refused():
                outcome.append(self.sign(server.address))
                return outcome[-1].returncode != 0
            self.assertTrue(eventually(is_refused))
            self.assertIn("UNAVAILABLE", outcome[-1].stderr)
            # What leaves no line needs none.
            self.assertEqual(run(CLIENT, "public-key", "--target", server.address).returncode, 0)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))
            self.assertTrue(eventually(lambda: self.sign(server.address).returncode == 0))
            server.signal()
            self.assertEqual(server.wait(), 0)
        lines = self.json_lines("audit")
        # Every call that was signed, each once, and none torn.
        self.assertEqual([line["code"] for line in lines], ["OK"] * (1 + len(outcome)))

    def test_a_best_effort_log_on_a_full_disk_holds_nobody_up(self):
        with Server(SERVER, "--listen", "127.0.0.1:0", "--audit-file", "/dev/full") as server:
            for _ in range(3):
                self.assertEqual(self.sign(server.address).returncode, 0)
            self.assertTrue(eventually(lambda: "can't be written" in server.logged()))
            server.signal()
            self.assertEqual(server.wait(), 0)
            self.assertIn("lines were lost", server.logged())

    def test_standard_output_can_be_the_file(self):
        with Server(SERVER, "--listen", "127.0.0.1:0", "--audit-file", "-") as server:
            self.sign(server.address)
            self.assertEqual(json.loads(server.process.stdout.readline())["method"], "Sign")

    def test_bad_flags(self):
        self.assertIn("--audit", self.refused("--audit", "always"))
        self.assertIn("--audit-file", self.refused("--audit", "required"))
        self.assertIn("/no/such", self.refused("--audit-file", "/no/such/file"))
        os.symlink(self.path("elsewhere"), self.path("link"))
        self.assertIn("symbolic link", self.refused("--audit-file", self.path("link")))
        self.assertIn("--trace-file", self.refused("--trace-file", self.path("")))


class Traces(Test):
    def test_a_call_is_spans_of_its_callers_trace(self):
        with Server(SERVER, "--listen", "127.0.0.1:0", "--trace-file", self.path("traces"),
                    "--trace-sample", "0", "--audit-file", self.path("audit")) as server:
            request = {"data": "aGVsbG8=", "keyType": "ECC", "algorithm": "ECDSA_P256_SHA256"}
            for flags in ("01", "00"):
                out = self.call(server.address, "Sign", request, "--metadata",
                                f"traceparent=00-{TRACE}-00f067aa0ba902b7-{flags}")
                self.assertEqual(out.returncode, 0, out)
            self.assertEqual(self.sign(server.address).returncode, 0)
            self.assertEqual([line["trace_id"] for line in self.lines_of("audit", 3)], [TRACE, TRACE, None])
            [line] = self.lines_of("traces", 1)
        [resource_spans] = line["resourceSpans"]
        [scope_spans] = resource_spans["scopeSpans"]
        call, queue, sign = scope_spans["spans"]
        self.assertEqual([s["name"] for s in (call, queue, sign)],
                         ["crypto.CryptoService/Sign", "crypto.queue", "crypto.sign"])
        self.assertEqual({s["traceId"] for s in (call, queue, sign)}, {TRACE})
        self.assertEqual(call["parentSpanId"], "00f067aa0ba902b7")
        self.assertEqual([queue["parentSpanId"], sign["parentSpanId"]], [call["spanId"]] * 2)
        for span in (call, queue, sign):
            self.assertLessEqual(int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"]))
            attributes = {a["key"]: a["value"] for a in span["attributes"]}
            self.assertEqual(attributes["crypto.key_id"], {"stringValue": "default-ec-p256"})
            self.assertEqual(attributes["crypto.key_version"], {"intValue": "1"})

    def test_calls_without_a_trace_are_sampled(self):
        with Server(SERVER, "--listen", "127.0.0.1:0", "--trace-file", self.path("traces"), "--trace-sample",
                    "2") as server:
            for _ in range(4):
                self.assertEqual(self.sign(server.address).returncode, 0)
            lines = self.lines_of("traces", 2)
        ids = {line["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["traceId"] for line in lines}
        self.assertEqual(len(ids), 2)


class Metrics(Test):
    def test_calls_times_keys_and_queues(self):
        flags = ("--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--metrics-key-ids", "2")
        with Server(SERVER, *flags, addresses=2) as server:
            for _ in range(3):
                self.assertEqual(self.sign(server.address).returncode, 0)
            self.assertNotEqual(self.sign(server.address, "--key-id", "payments").returncode, 0)
            found = scrape(server)
            server.signal()
            self.assertEqual(server.wait(), 0)
            self.assertFalse(has_stack_trace(server.logged()))
        requests = found["crypto_requests_total"]
        self.assertEqual(requests['method="Sign",alg="ECDSA_P256_SHA256",code="OK"'], 3)
        self.assertEqual(sum(v for k, v in requests.items() if "PERMISSION_DENIED" in k), 1)
        self.assertEqual(found["crypto_key_requests_total"], {'key_id="default-ec-p256"': 3})
        self.assertEqual(found["crypto_keystore_ephemeral"], {"": 1})
        self.assertEqual(found["crypto_keys"]['type="P-256",state="enabled"'], 1)
        for name in ("crypto_queue_depth", "crypto_queue_cost_seconds", "crypto_dropped_total"):
            self.assertTrue(any('lane="slow"' in labels for labels in found[name]), name)
        for name in ("crypto_workers", "crypto_workers_busy", "crypto_selftest_ok",
                     "crypto_fault_detected_total", "crypto_keystore_generation",
                     "crypto_keystore_write_errors_total", "hawser_open_connections"):
            self.assertIn(name, found)
        self.assertEqual(found["hawser_refused_by_cid_total"], {"": 0})
        for name, label in (("crypto_exec_seconds", 'alg="ECDSA_P256_SHA256"'),
                            ("crypto_queue_seconds", 'lane="fast"')):
            buckets = [(k, v) for k, v in found[name + "_bucket"].items() if k.startswith(label)]
            counts = [v for _, v in buckets]
            self.assertEqual(counts, sorted(counts))
            self.assertIn('le="1e-05"', buckets[0][0])
            self.assertIn('le="+Inf"', buckets[-1][0])
            self.assertEqual(counts[-1], found[name + "_count"][label])
            self.assertGreaterEqual(counts[-1], 3)

    def test_only_metrics_are_served_there(self):
        flags = ("--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0")
        with Server(SERVER, *flags, addresses=2) as server:
            address = server.lines[1].removeprefix("metrics on ")
            for path in ("/", "/etc/passwd", "/../../etc/passwd", "/metrics/../.."):
                with self.assertRaises(urllib.error.HTTPError) as error:
                    urllib.request.urlopen(f"http://{address}{path}", timeout=60)
                self.assertIn(error.exception.code, (400, 404), path)
                error.exception.close()

    def test_an_address_that_is_taken_or_is_none(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = "127.0.0.1:%d" % taken.getsockname()[1]
            message = self.refused("--metrics-listen", address)
            self.assertIn("--metrics-listen", message)
            self.assertIn(address, message)
        for bad in ("nonsense", "unix:/x", "[::1]:0"):
            self.assertIn("--metrics-listen", self.refused("--metrics-listen", bad))


class Policy(Test):
    def policy(self, text):
        path = Path(self.path("policy.toml"))
        path.write_text(text)
        path.chmod(0o600)
        return str(path)

    def test_a_policy_says_who_may_sign(self):
        policy = self.policy(f"""
            [[rule]]
            principal = "uid:{os.getuid()}"
            keys = ["default-ec-*"]
            allow = ["sign"]
            [[rule]]
            principal = "anyone"
            keys = ["*"]
            allow = ["public-key"]
        """)
        with Server(SERVER, "--listen", "127.0.0.1:0", "--listen", "unix:" + self.path("socket"), "--policy",
                    policy, addresses=2) as server:
            tcp, unix = server.addresses
            self.assertEqual(self.sign(unix).returncode, 0)
            refused = self.sign(unix, "--algorithm", "ed25519")
            unknown = self.sign(unix, "--key-id", "no-such-key")
            self.assertIn("PERMISSION_DENIED", refused.stderr)
            self.assertEqual(refused.stderr, unknown.stderr)
            self.assertIn("UNAUTHENTICATED", self.sign(tcp).stderr)
            self.assertEqual(run(CLIENT, "public-key", "--target", tcp).returncode, 0)

    def test_a_rule_for_a_port_that_nothing_listens_on_is_warned_of(self):
        rule = '[[rule]]\nprincipal = "anyone"\nkeys = ["*"]\nallow = ["sign"]\n'
        policy = self.policy(f"{rule}{rule}port = 70000\n")
        with Server(SERVER, "--listen", "127.0.0.1:0", "--policy", policy) as server:
            warnings = [line for line in server.logged().splitlines() if "rules for a port" in line]
            self.assertEqual(len(warnings), 1)
            self.assertIn("port=70000", warnings[0])

    def test_a_policy_with_a_mistake_is_refused_with_its_line(self):
        message = self.refused("--policy", self.policy('[[rule]]\nprincipal = "uid:1"\nkeys = "a"\n'))
        self.assertIn("policy.toml, line 3: keys is a list", message)
        path = self.policy("")
        os.chmod(path, 0o666)
        self.assertIn("chmod go-w", self.refused("--policy", path))


class Process(Test):
    def test_it_gives_up_what_keys_do_not_need(self):
        flags = ("--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--audit-file",
                 self.path("audit"), "--trace-file", self.path("traces"), *to_be_looked_into(SERVER))
        with Server(SERVER, *flags, addresses=2) as server:
            self.assertEqual(self.sign(server.address).returncode, 0)
            scrape(server)
            process = Path(f"/proc/{server.process.pid}")
            status = dict(line.split(":\t", 1) for line in (process / "status").read_text().splitlines())
            self.assertEqual(status["NoNewPrivs"].strip(), "1")
            self.assertEqual(status["Umask"].strip(), "0077")
            limits = (process / "limits").read_text()
            self.assertRegex(limits, r"Max core file size +0 +0 ")
            with socket.create_connection(server.address.rsplit(":", 1)):
                self.no_descriptor_outlives_exec(process)

    def no_descriptor_outlives_exec(self, process):
        cloexec = 0o2000000
        for info in (process / "fdinfo").iterdir():
            try:
                flags = int(re.search(r"flags:\s+(\d+)", info.read_text()).group(1), 8)
                target = os.readlink(process / "fd" / info.name)
            except FileNotFoundError:
                continue  # it was closed meanwhile
            if int(info.name) > 2:
                self.assertTrue(flags & cloexec, f"{info.name}: {target}")

    def test_who_may_connect_to_a_socket_file_is_said_by_a_flag(self):
        def mode(*flags):
            path = self.path("socket")
            with Server(SERVER, "--listen", "unix:" + path, *flags) as server:
                found = os.stat(path).st_mode & 0o777
                server.signal()
                self.assertEqual(server.wait(), 0)
            return found
        self.assertEqual(mode(), 0o600)
        self.assertEqual(mode("--socket-mode", "660"), 0o660)
        self.assertEqual(mode("--socket-mode", "666"), 0o666)
        for bad in ("777", "0600", "rw", ""):
            self.assertIn("--socket-mode", self.refused("--socket-mode", bad))

    def test_memory_that_can_not_be_locked_is_a_warning_or_the_end(self):
        def no_locking():
            """Neither by the limit nor, for root, beyond it."""
            resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))
            if os.getuid() == 0:
                prctl(PR_CAPBSET_DROP, CAP_IPC_LOCK, 0, 0, 0)

        prctl = ctypes.CDLL(None).prctl
        flags = [SERVER, "--listen", "unix:" + self.path("no/such/folder")]  # it would end there
        for more, word in (["--require-mlock"], "--require-mlock"), ([], "warning"):
            out = subprocess.run(flags + more, preexec_fn=no_locking, capture_output=True, text=True,
                                 timeout=60, check=False)
            self.assertEqual((out.returncode, out.stdout), (2, ""), out)
            self.assertIn(word, out.stderr)
            self.assertIn("LimitMEMLOCK", out.stderr)
            self.assertEqual("no/such/folder" in out.stderr, not more)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
