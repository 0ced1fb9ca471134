#!/usr/bin/env python3
"""hawser-client call and list against hawser-server. Arguments: HAWSER_CLIENT HAWSER_SERVER."""
import json
import subprocess
import sys
import tempfile
import unittest

from programs import LISTEN, LIMIT, Server, environment, has_stack_trace, run

CLIENT, SERVER = sys.argv[1:3]
ECHO = "echo.EchoService/Echo"
HEALTH = "grpc.health.v1.Health"
REFLECTION = "grpc.reflection.v1.ServerReflection/ServerReflectionInfo"


class CallAndList(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        flags = ("--listen", LISTEN, "--listen", f"unix:{self.folder.name}/s")
        self.server = Server(SERVER, *flags, addresses=2)
        self.address = self.server.address

    def tearDown(self):
        self.server.__exit__()
        self.folder.cleanup()

    def client(self, command, *args, code=0, stdin=None):
        out = subprocess.run([CLIENT, command, *args], capture_output=True, text=True, timeout=LIMIT,
                             env=environment(None), input=stdin)
        self.assertEqual(out.returncode, code, out)
        self.assertFalse(has_stack_trace(out.stderr), out.stderr)
        if code != 0:
            self.assertTrue(out.stderr.startswith("hawser-client: "), out.stderr)
        return out

    def replies(self, *args, **more):
        return [json.loads(line) for line in self.client("call", *args, **more).stdout.splitlines()]

    def test_services_are_listed_on_every_family(self):
        for address in self.server.addresses:
            names = self.client("list", address).stdout.splitlines()
            self.assertEqual(names, sorted(names))
            for name in ("echo.EchoService", HEALTH, "grpc.reflection.v1.ServerReflection",
                         "grpc.reflection.v1alpha.ServerReflection"):
                self.assertIn(name, names)

    def test_a_service_a_method_and_a_type_are_shown(self):
        self.assertEqual(self.client("list", self.address, "echo.EchoService").stdout,
                         "rpc Echo(echo.EchoRequest) returns (echo.EchoResponse)\n")
        self.assertIn("rpc Watch(grpc.health.v1.HealthCheckRequest) returns "
                      "(stream grpc.health.v1.HealthCheckResponse)\n",
                      self.client("list", self.address, HEALTH).stdout)
        self.assertIn("rpc Echo(", self.client("list", self.address, "echo.EchoService.Echo").stdout)
        self.assertIn("string payload = 1;", self.client("list", self.address, "echo.EchoRequest").stdout)
        self.assertIn("SERVING = 1;",
                      self.client("list", self.address, HEALTH + "CheckResponse.ServingStatus").stdout)

    def test_a_unary_call_takes_json_from_its_argument_or_standard_input(self):
        request = '{"payload": "ahoy, there", "timestamp": "7"}'
        for args, stdin in (((request,), None), ((), request), (("-",), request)):
            (reply,) = self.replies(self.address, ECHO, *args, stdin=stdin)
            self.assertEqual((reply["payload"], reply["requestTimestamp"]), ("ahoy, there", "7"))

    def test_requests_are_compressed_on_demand(self):
        request = json.dumps({"payload": "x" * 100000})
        for name in ("gzip", "deflate", "identity"):
            (reply,) = self.replies("--compression", name, self.address, ECHO, stdin=request)
            self.assertEqual(reply["payload"], "x" * 100000)
            echoed = self.client("echo", "--compression", name, "--target", self.address, "--payload",
                                 "x" * 9000)
            self.assertTrue(echoed.stdout.startswith("x" * 9000 + " "))

    def test_a_method_is_named_with_a_slash_or_a_dot(self):
        for name in (ECHO, "/" + ECHO, "echo.EchoService.Echo"):
            self.assertEqual(len(self.replies(self.address, name, "{}")), 1)

    def test_a_server_stream_prints_each_message_as_it_comes(self):
        out = self.client("call", "--timeout", "300ms", self.address, HEALTH + "/Watch", "{}", code=1)
        self.assertEqual(json.loads(out.stdout), {"status": "SERVING"})
        self.assertIn("DEADLINE_EXCEEDED", out.stderr)

    def test_a_bidirectional_stream_takes_a_message_a_line(self):
        lines = '{"listServices": ""}\n\n{"fileByFilename": "echo.proto"}\n{"fileByFilename": "none"}'
        listed, file, missing = self.replies(self.address, REFLECTION, stdin=lines)
        self.assertIn({"name": "echo.EchoService"}, listed["listServicesResponse"]["service"])
        self.assertEqual(len(file["fileDescriptorResponse"]["fileDescriptorProto"]), 1)
        self.assertEqual(missing["errorResponse"]["errorCode"], 5)

    def test_a_stream_answers_while_its_input_goes_on(self):
        process = subprocess.Popen([CLIENT, "call", self.address, REFLECTION], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True, env=environment(None))
        with process:
            for _ in range(3):
                process.stdin.write('{"listServices": ""}\n')
                process.stdin.flush()
                self.assertIn("listServicesResponse", json.loads(process.stdout.readline()))
            process.stdin.close()
            self.assertEqual(process.wait(LIMIT), 0)

    def test_health_answers(self):
        self.assertEqual(self.replies(self.address, HEALTH + "/Check", "{}"), [{"status": "SERVING"}])
        service = '{"service": "echo.EchoService"}'
        self.assertEqual(self.replies(self.address, HEALTH + "/Check", service), [{"status": "SERVING"}])
        unknown = self.client("call", self.address, HEALTH + "/Check", '{"service": "x"}', code=1)
        self.assertIn("NOT_FOUND", unknown.stderr)
        (listed,) = self.replies(self.address, HEALTH + "/List", "{}")
        self.assertEqual(listed["statuses"]["echo.EchoService"], {"status": "SERVING"})

    def test_a_watcher_hears_of_the_end(self):
        command = [CLIENT, "call", "--timeout", "60s", self.address, HEALTH + "/Watch", "{}"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                   env=environment(None))
        with process:
            self.assertEqual(json.loads(process.stdout.readline()), {"status": "SERVING"})
            self.server.signal()
            self.assertEqual(json.loads(process.stdout.readline()), {"status": "NOT_SERVING"})
            process.kill()
        self.assertEqual(self.server.wait(), 0)

    def test_what_can_not_be_right_is_a_usage_error(self):
        for args, words in (((self.address, ECHO, '{"payload": }'), "EchoRequest"),
                            ((self.address, ECHO, '{"pay": 1}'), "pay"),
                            ((self.address, "Echo", "{}"), "package.Service/Method"),
                            ((self.address,), "SERVICE/METHOD is missing"),
                            ((), "TARGET is missing"),
                            (("nonsense:x", ECHO, "{}"), "nonsense"),
                            ((self.address, ECHO, "{}", "more"), "more"),
                            (("--metadata", "x", self.address, ECHO, "{}"), "NAME=VALUE"),
                            (("--metadata", "a-bin=*", self.address, ECHO, "{}"), "base64"),
                            (("--metadata", "grpc-x=y", self.address, ECHO, "{}"), "grpc-x"),
                            (("--compression", "br", self.address, ECHO, "{}"), "gzip"),
                            (("--timeout", "soon", self.address, ECHO, "{}"), "timeout")):
            with self.subTest(args):
                self.assertIn(words, self.client("call", *args, code=2).stderr)

    def test_what_is_not_there_is_a_failed_call(self):
        for args, words in (((self.address, "echo.EchoService/None", "{}"), "no method None"),
                            ((self.address, "no.Such/Method", "{}"), "no.Such"),
                            ((f"unix:{self.folder.name}/none", ECHO, "{}"), "UNAVAILABLE")):
            with self.subTest(args):
                self.assertIn(words, self.client("call", *args, code=1).stderr)
        self.assertIn("NOT_FOUND", self.client("list", self.address, "no.Such", code=1).stderr)

    def test_a_call_that_is_to_wait_for_its_server_does_so_with_its_first_question(self):
        patient = ("--wait-for-ready", "--timeout", "300ms")
        out = self.client("call", *patient, f"unix:{self.folder.name}/none", ECHO, "{}", code=1)
        self.assertIn("DEADLINE_EXCEEDED", out.stderr)

    def test_metadata_is_shown_on_demand(self):
        flags = ("--verbose", "--metadata", "x-a=1", "--metadata", "x-bin=AQI=")
        out = self.client("call", *flags, self.address, ECHO, "{}")
        self.assertEqual(len(out.stdout.splitlines()), 1)

    def test_reflection_and_health_can_be_switched_off(self):
        with Server(SERVER, "--listen", LISTEN, "--no-reflection", "--no-health") as bare:
            message = self.client("list", bare.address, code=1).stderr
            self.assertIn("no reflection service", message)
            self.assertEqual(run(CLIENT, "echo", "--target", bare.address).returncode, 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
