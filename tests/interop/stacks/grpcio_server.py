#!/usr/bin/python3
"""grpcio_server.py --listen ADDRESS: gRPC's interop service by Python's grpcio.

grpcio doesn't tell whether a request came compressed, so expect_compressed is not served.
"""
import argparse
import os
import signal
import threading
import time
from concurrent import futures

import grpc
from grpcio_messages import ECHO_INITIAL, ECHO_TRAILING, METHODS, SERVICE, messages


def echo_metadata(context):
    given = dict(context.invocation_metadata())
    if ECHO_INITIAL in given:
        context.send_initial_metadata(((ECHO_INITIAL, given[ECHO_INITIAL]),))
    if ECHO_TRAILING in given:
        context.set_trailing_metadata(((ECHO_TRAILING, given[ECHO_TRAILING]),))


def end_with(context, request):
    if request.HasField("response_status"):
        codes = {code.value[0]: code for code in grpc.StatusCode}
        context.abort(codes[request.response_status.code], request.response_status.message)


def responses_to(request, context):
    end_with(context, request)
    for wanted in request.response_parameters:
        time.sleep(wanted.interval_us / 1e6)
        yield messages.StreamingOutputCallResponse(payload=messages.Payload(body=bytes(wanted.size)))


class Service:
    @staticmethod
    def EmptyCall(_request, context):
        echo_metadata(context)
        return METHODS["EmptyCall"][1]()

    @staticmethod
    def UnaryCall(request, context):
        echo_metadata(context)
        end_with(context, request)
        response = messages.SimpleResponse()
        if request.response_size > 0:
            response.payload.body = bytes(request.response_size)
        if request.fill_server_id:
            response.server_id = f"grpcio {os.getpid()}"
        return response

    @staticmethod
    def StreamingOutputCall(request, context):
        echo_metadata(context)
        yield from responses_to(request, context)

    @staticmethod
    def StreamingInputCall(requests, context):
        echo_metadata(context)
        total = sum(len(request.payload.body) for request in requests)
        return messages.StreamingInputCallResponse(aggregated_payload_size=total)

    @staticmethod
    def FullDuplexCall(requests, context):
        echo_metadata(context)
        for request in requests:
            yield from responses_to(request, context)


def handlers():
    made = {}
    for name, (request, response, kind) in METHODS.items():
        if hasattr(Service, name):
            make = getattr(grpc, f"{kind}_rpc_method_handler")
            made[name] = make(getattr(Service, name), request_deserializer=request.FromString,
                              response_serializer=response.SerializeToString)
    return grpc.method_handlers_generic_handler(SERVICE, made)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listen", default="127.0.0.1:0")
    listen = parser.parse_args().listen
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
    server.add_generic_rpc_handlers((handlers(),))
    port = server.add_insecure_port(listen)
    server.start()
    print("listening on " + (listen if listen.startswith("unix:") else f"{listen.rpartition(':')[0]}:{port}"),
          flush=True)
    ended.wait()
    server.stop(None).wait()


if __name__ == "__main__":
    main()
