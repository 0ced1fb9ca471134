#!/usr/bin/python3
"""grpcio_client.py --target ADDRESS --test-case NAME: gRPC's interop cases by Python's grpcio.

Exit code 0 when all of the case's demands held. Not here: client_compressed_streaming, for grpcio can't leave
a single message of a stream uncompressed. grpcio doesn't tell whether a response came compressed, so the
server_compressed cases look at sizes and order only.
"""
import argparse
import queue
import sys
import time

import grpc
from grpcio_messages import ECHO_INITIAL, ECHO_TRAILING, METHODS, MISSING_SERVICE, SERVICE, messages

LIMIT = 60  # seconds; bounds only what hangs
REQUEST_SIZES = (27182, 8, 1828, 45904)
RESPONSE_SIZES = (31415, 9, 2653, 58979)
LARGE_REQUEST, LARGE_RESPONSE = 271828, 314159
SPECIAL_MESSAGE = "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001f608\t\n"
ECHOED = ((ECHO_INITIAL, "test_initial_metadata_value"), (ECHO_TRAILING, b"\xab\xab\xab"))


class Unmet(Exception):
    """A demand that does not hold."""


def demand_equal(what, got, wanted):
    if got != wanted:
        raise Unmet(f"{what}: wanted {wanted!r}, got {got!r}")


class Stub:
    def __init__(self, target, service=SERVICE):
        self.channel = grpc.insecure_channel(target)
        for name, (request, response, kind) in METHODS.items():
            setattr(self, name, getattr(self.channel, kind)(
                f"/{service}/{name}", request_serializer=request.SerializeToString,
                response_deserializer=response.FromString))


def payload(size):
    return messages.Payload(body=bytes(size))


def large_request(**more):
    return messages.SimpleRequest(response_size=LARGE_RESPONSE, payload=payload(LARGE_REQUEST), **more)


def demand_zeros(what, response, size):
    demand_equal(f"{what}, body", response.payload.body == bytes(size) or len(response.payload.body), True)


def status_of(call):
    """The code and the text of a call that has to fail."""
    try:
        call()
    except grpc.RpcError as error:
        return error.code(), error.details()
    raise Unmet("the call succeeded")


def call_large(stub, request=None, **options):
    response = stub.UnaryCall(request or large_request(), timeout=LIMIT, **options)
    demand_zeros("UnaryCall", response, LARGE_RESPONSE)


def empty_unary(stub, _):
    response = stub.EmptyCall(METHODS["EmptyCall"][0](), timeout=LIMIT)
    demand_equal("bytes of response", response.ByteSize(), 0)


def large_unary(stub, _):
    call_large(stub)


def client_compressed_unary(stub, _):
    compressed = messages.BoolValue(value=True)
    probe = large_request(expect_compressed=compressed)
    code, _ = status_of(lambda: stub.UnaryCall(probe, timeout=LIMIT))
    demand_equal("the probe", code, grpc.StatusCode.INVALID_ARGUMENT)
    call_large(stub, probe, compression=grpc.Compression.Gzip)
    call_large(stub, probe, compression=grpc.Compression.Deflate)
    call_large(stub, large_request(expect_compressed=messages.BoolValue()))


def server_compressed_unary(stub, _):
    for compressed in (True, False):
        call_large(stub, large_request(response_compressed=messages.BoolValue(value=compressed)))


def server_compressed_streaming(stub, _):
    sizes = ((31415, True), (92653, False))
    parameters = [messages.ResponseParameters(size=size, compressed=messages.BoolValue(value=compressed))
                  for size, compressed in sizes]
    call = stub.StreamingOutputCall(messages.StreamingOutputCallRequest(response_parameters=parameters),
                                    timeout=LIMIT)
    demand_equal("sizes", [len(response.payload.body) for response in call], [size for size, _ in sizes])


def special_status_message(stub, _):
    status = messages.EchoStatus(code=2, message=SPECIAL_MESSAGE)
    got = status_of(lambda: stub.UnaryCall(messages.SimpleRequest(response_status=status), timeout=LIMIT))
    demand_equal("status", got, (grpc.StatusCode.UNKNOWN, SPECIAL_MESSAGE))


def status_code_and_message(stub, _):
    status = messages.EchoStatus(code=2, message="test status message")
    wanted = (grpc.StatusCode.UNKNOWN, "test status message")
    got = status_of(lambda: stub.UnaryCall(messages.SimpleRequest(response_status=status), timeout=LIMIT))
    demand_equal("UnaryCall, status", got, wanted)
    request = messages.StreamingOutputCallRequest(response_status=status)
    got = status_of(lambda: list(stub.FullDuplexCall(iter([request]), timeout=LIMIT)))
    demand_equal("FullDuplexCall, status", got, wanted)


def custom_metadata(stub, _):
    _, unary = stub.UnaryCall.with_call(large_request(), metadata=ECHOED, timeout=LIMIT)
    wanted = messages.ResponseParameters(size=LARGE_RESPONSE)
    request = messages.StreamingOutputCallRequest(response_parameters=[wanted],
                                                  payload=payload(LARGE_REQUEST))
    duplex = stub.FullDuplexCall(iter([request]), metadata=ECHOED, timeout=LIMIT)
    demand_equal("responses", [len(response.payload.body) for response in duplex], [LARGE_RESPONSE])
    for name, call in (("UnaryCall", unary), ("FullDuplexCall", duplex)):
        demand_equal(f"{name}, initial metadata", ECHOED[0] in call.initial_metadata(), True)
        demand_equal(f"{name}, trailing metadata", ECHOED[1] in call.trailing_metadata(), True)


def unimplemented_method(stub, _):
    code, _ = status_of(lambda: stub.UnimplementedCall(METHODS["EmptyCall"][0](), timeout=LIMIT))
    demand_equal("status code", code, grpc.StatusCode.UNIMPLEMENTED)


def unimplemented_service(_, options):
    unimplemented_method(Stub(options.target, MISSING_SERVICE), options)


def client_streaming(stub, _):
    requests = (messages.StreamingInputCallRequest(payload=payload(size)) for size in REQUEST_SIZES)
    response = stub.StreamingInputCall(requests, timeout=LIMIT)
    demand_equal("aggregated_payload_size", response.aggregated_payload_size, 74922)


def server_streaming(stub, _):
    parameters = [messages.ResponseParameters(size=size) for size in RESPONSE_SIZES]
    call = stub.StreamingOutputCall(messages.StreamingOutputCallRequest(response_parameters=parameters),
                                    timeout=LIMIT)
    demand_equal("sizes", [len(response.payload.body) for response in call], list(RESPONSE_SIZES))


class Talk:
    """A full duplex call whose requests are said one by one."""

    END = object()

    def __init__(self, stub, **options):
        self.requests = queue.Queue()
        self.call = stub.FullDuplexCall(iter(self.requests.get, Talk.END), **options)

    def say(self, request_size, response_size=None):
        parameters = [] if response_size is None else [messages.ResponseParameters(size=response_size)]
        self.requests.put(messages.StreamingOutputCallRequest(response_parameters=parameters,
                                                              payload=payload(request_size)))

    def end(self):
        self.requests.put(Talk.END)


def ping_pong(stub, _):
    talk = Talk(stub, timeout=LIMIT)
    for request_size, response_size in zip(REQUEST_SIZES, RESPONSE_SIZES):
        talk.say(request_size, response_size)
        demand_zeros("response", next(talk.call), response_size)
    talk.end()
    demand_equal("responses left", list(talk.call), [])


def empty_stream(stub, _):
    demand_equal("responses", list(stub.FullDuplexCall(iter(()), timeout=LIMIT)), [])


def cancel_after_begin(stub, _):
    requests = queue.Queue()
    call = stub.StreamingInputCall.future(iter(requests.get, None), timeout=LIMIT)
    call.cancel()
    requests.put(None)
    demand_equal("status code", call.code(), grpc.StatusCode.CANCELLED)


def cancel_after_first_response(stub, _):
    talk = Talk(stub, timeout=LIMIT)
    talk.say(REQUEST_SIZES[0], RESPONSE_SIZES[0])
    demand_zeros("response", next(talk.call), RESPONSE_SIZES[0])
    talk.call.cancel()
    talk.end()
    demand_equal("status code", talk.call.code(), grpc.StatusCode.CANCELLED)


def timeout_on_sleeping_server(stub, _):
    talk = Talk(stub, timeout=0.001)
    talk.say(REQUEST_SIZES[0])
    code, _ = status_of(lambda: list(talk.call))
    talk.end()
    demand_equal("status code", code, grpc.StatusCode.DEADLINE_EXCEEDED)


def timeout_on_large_unary(stub, _):
    size = 4 * 1024 * 1024 - 1024
    code, _ = status_of(lambda: stub.UnaryCall(
        messages.SimpleRequest(response_size=size, payload=payload(size)), timeout=0.001))
    demand_equal("status code", code, grpc.StatusCode.DEADLINE_EXCEEDED)


def rpc_soak(stub, options):
    for _ in range(options.soak_iterations):
        call_large(stub)


def channel_soak(_, options):
    for _ in range(options.soak_iterations):
        stub = Stub(options.target)
        call_large(stub)
        stub.channel.close()


def long_lived_channel(stub, options):
    for _ in range(options.soak_iterations):
        call_large(stub)
        time.sleep(0.3)


def concurrent_large_unary(stub, _):
    calls = [stub.UnaryCall.future(large_request(), timeout=LIMIT) for _ in range(1000)]
    for call in calls:
        demand_zeros("UnaryCall", call.result(), LARGE_RESPONSE)


def pick_first_unary(stub, _):
    request = messages.SimpleRequest(fill_server_id=True)
    servers = {stub.UnaryCall(request, timeout=LIMIT).server_id for _ in range(100)}
    demand_equal("servers", len(servers), 1)
    demand_equal("a server has a name", "" in servers, False)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", required=True)
    parser.add_argument("--test-case", required=True)
    parser.add_argument("--soak-iterations", type=int, default=100)
    options, _ = parser.parse_known_args()
    case = globals().get(options.test_case.strip("_"))
    if case is None or case.__module__ != "__main__":
        parser.error(f"there is no test case {options.test_case}")
    try:
        case(Stub(options.target), options)
    except (Unmet, grpc.RpcError) as error:
        print(f"grpcio_client.py: {options.test_case}: {error}", file=sys.stderr)
        return 1
    print(f"{options.test_case}: passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
