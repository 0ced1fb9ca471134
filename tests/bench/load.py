"""The load: h2load with one gRPC Echo request, and one call whose answer is read."""
import re
import subprocess
import tempfile
from contextlib import contextmanager
from typing import NamedTuple

from servers import BenchError

PATH = "/echo.EchoService/Echo"
PAYLOAD = b"twenty-three bytes long"
HEADERS = ["-H", "content-type: application/grpc", "-H", "te: trailers"]


class Layout(NamedTuple):
    """Connections, and streams in flight on each."""

    connections: int
    streams: int

    def __str__(self):
        noun = "connection" if self.connections == 1 else "connections"
        return f"{self.connections} {noun} x {self.streams} streams"


class Load(NamedTuple):
    calls: int
    calls_per_second: float


def request_body():
    """EchoRequest{payload} with the five bytes before it (gRPC PROTOCOL-HTTP2, Length-Prefixed-Message)."""
    message = b"\x0a" + bytes([len(PAYLOAD)]) + PAYLOAD
    return b"\x00" + len(message).to_bytes(4, "big") + message


@contextmanager
def body_file():
    with tempfile.NamedTemporaryFile(suffix=".grpc") as file:
        file.write(request_body())
        file.flush()
        yield file.name


def parse_h2load(text, requests):
    """The load that h2load reports; a BenchError unless every call was answered 2xx with a message."""
    rate = re.search(r"finished in \S+ ([\d.]+) req/s", text)
    counts = re.search(r"(\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout", text)
    good = re.search(r"status codes: (\d+) 2xx", text)
    data = re.search(r"\((\d+)\) data", text)
    if not (rate and counts and good and data):
        raise BenchError(f"h2load said what this script doesn't understand:\n{text}")
    whole = int(counts.group(1)) == requests == int(good.group(1))
    # h2load reads no trailers; an error answer has no message, and the missing bytes show it.
    answered = int(data.group(1)) >= requests * len(request_body())
    if not whole or not answered:
        raise BenchError(f"not every call was answered with a message:\n{text}")
    return Load(requests, float(rate.group(1)))


def run_h2load(address, layout, requests, body, core):
    command = ["taskset", "-c", str(core), "h2load", "-t1", f"-n{requests}", f"-c{layout.connections}"]
    command += [f"-m{layout.streams}", "-d", body, *HEADERS, f"http://{address}{PATH}"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise BenchError(f"h2load failed ({result.returncode}): {result.stderr or result.stdout}")
    return parse_h2load(result.stdout, requests)


def check_one_call(address, body):
    """One call by another client, which shows trailers: the answer has the payload and grpc-status 0."""
    command = ["nghttp", "-v", "-d", body, *HEADERS, f"http://{address}{PATH}"]
    output = subprocess.run(command, capture_output=True, check=False).stdout
    # `-v` writes the message itself between its lines of frames.
    if b"grpc-status: 0" not in output or PAYLOAD not in output:
        said = output.decode(errors="replace")
        raise BenchError(f"the checked call to {address} was not answered OK:\n{said}")
