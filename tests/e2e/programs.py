"""Running the programs as people do, and a few frames of HTTP/2 for calls that stop half way."""
import os
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

LIMIT = 60  # seconds; bounds only what hangs
OUR_VARIABLES = ("SERVER_ADDR", "WORKER_THREADS", "LOG_LEVEL", "GRPC_VERBOSITY", "CONNECTIONS", "THREADS",
                 "REQUESTS", "RATE_LIMIT", "DURATION", "BENCHMARK_TYPE")
# Where servers listen for whom it doesn't matter; tests/vsock runs some of these tests over VSOCK.
LISTEN = "vsock://1:0" if os.environ.get("HAWSER_TEST_FAMILY") == "vsock" else "127.0.0.1:0"


def environment(more):
    """Ours without the programs' own variables, and with those of `more`."""
    clean = {k: v for k, v in os.environ.items() if k not in OUR_VARIABLES}
    return clean | (more or {})


def run(*command, env=None):
    """Runs a program to its end; its environment has none of our variables but those of `env`."""
    return subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, env=environment(env))


def has_stack_trace(text):
    return any(mark in text for mark in ("terminate called", "Assertion", "core dumped", " #0 ", "Sanitizer"))


def eventually(condition, limit=LIMIT):
    """Asks until it is true."""
    end = time.monotonic() + limit
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.002)
    return True


def to_be_looked_into(program):
    """Flags with which this server's /proc/PID/fd can be read by whoever isn't root."""
    return ["--allow-profiling"] if "--allow-profiling" in run(program, "--help").stdout else []


def stand_in(folder, server):
    """A program in `folder` that takes what stock-server takes, and is hawser-server with one worker."""
    path = Path(folder) / "stand-in"
    crypto = "--no-crypto " if "--no-crypto" in run(server, "--help").stdout else ""
    path.write_text(f"""#!/bin/sh
[ "$1 $3 $5" = "--listen --mode " ] || exit 2
exec '{server}' {crypto}--workers 1 --listen "$2"
""")
    path.chmod(0o755)
    return path


class Server:
    """hawser-server, on LISTEN unless told otherwise; killed with the block if it still runs."""

    def __init__(self, program, *flags, env=None, addresses=1):
        has_address = any(str(flag).startswith("--listen") for flag in flags) or "SERVER_ADDR" in (env or {})
        if not has_address:  # its own default is one port for all that run at once
            flags = ("--listen", LISTEN, *flags)
        self.log = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen([program, *flags], stdout=subprocess.PIPE, stderr=self.log,
                                        text=True, env=environment(env))
        self.lines = [self.process.stdout.readline().rstrip("\n") for _ in range(addresses)]
        self.addresses = [line.removeprefix("listening on ") for line in self.lines]
        self.address = self.addresses[0]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(LIMIT)
        self.process.stdout.close()
        self.log.close()

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def wait(self):
        """The exit code."""
        return self.process.wait(LIMIT)

    def logged(self):
        self.log.seek(0)
        return self.log.read()

    def threads(self):
        return len(os.listdir(f"/proc/{self.process.pid}/task"))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


def frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def literal(name, value):
    """A header field without index and without Huffman code (RFC 7541 6.2.2); both parts below 127 bytes."""
    return b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value


DATA, HEADERS, SETTINGS, PING, GOAWAY = 0, 1, 4, 6, 7
END_STREAM, ACK, END_HEADERS = 1, 1, 4


class HalfCall:
    """A connection whose one Echo call lacks the last byte of its message until finish()."""

    def __init__(self, address, payload=b"hello"):
        if address.startswith("unix:"):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(address.removeprefix("unix:"))
        elif address.startswith("vsock:"):
            cid, port = address.removeprefix("vsock://").split(":")
            self.socket = socket.socket(socket.AF_VSOCK)
            self.socket.connect((int(cid), int(port)))
        else:
            host, port = address.rsplit(":", 1)
            self.socket = socket.create_connection((host, int(port)))
        self.socket.settimeout(LIMIT)
        message = b"\x0a" + bytes([len(payload)]) + payload
        self.body = b"\0" + len(message).to_bytes(4, "big") + message
        fields = b"".join(literal(n, v) for n, v in (
            (b":method", b"POST"), (b":scheme", b"http"), (b":path", b"/echo.EchoService/Echo"),
            (b":authority", b"localhost"), (b"te", b"trailers"), (b"content-type", b"application/grpc")))
        self.socket.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0)
                            + frame(HEADERS, END_HEADERS, 1, fields) + frame(DATA, 0, 1, self.body[:-1]))
        self.received = b""
        self.frames = []
        self.read_until(SETTINGS)
        self.socket.sendall(frame(SETTINGS, ACK, 0))
        # The server has taken the call when it answers what came after it.
        self.socket.sendall(frame(PING, 0, 0, b"eight by"))
        self.read_until(PING)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def read_frame(self):
        """The next frame as (type, flags, stream, payload); None at the end."""
        while len(self.received) < 9 or len(self.received) < 9 + int.from_bytes(self.received[:3], "big"):
            more = self.socket.recv(65536)
            if not more:
                return None
            self.received += more
        size = int.from_bytes(self.received[:3], "big")
        head, payload = self.received[:9], self.received[9:9 + size]
        self.received = self.received[9 + size:]
        found = (head[3], head[4], int.from_bytes(head[5:9], "big"), payload)
        self.frames.append(found)
        return found

    def read_until(self, kind):
        while (found := self.read_frame()) is not None and found[0] != kind:
            pass
        return found

    def read_to_end(self):
        while self.read_frame() is not None:
            pass

    def finish(self):
        """Sends the rest; gives the body of the reply."""
        self.socket.sendall(frame(DATA, END_STREAM, 1, self.body[-1:]))
        found = self.read_until(DATA)
        return found[3] if found else None


def grpc_body(folder, payload=b"hello"):
    """A file with one EchoRequest, as h2load wants it."""
    message = b"\x0a" + bytes([len(payload)]) + payload
    path = Path(folder) / "body"
    path.write_bytes(b"\0" + len(message).to_bytes(4, "big") + message)
    return path
