"""HTTP/2 by hand, for what no client can be asked to do: connections that only stay open, the bytes of a call
on the wire, and the first reply of a server that is just starting."""

import selectors
import socket
import threading

from load import PAYLOAD, request_body

_DATA, _HEADERS, _SETTINGS, _PING = 0, 1, 4, 6
_END_HEADERS, _END_STREAM, _ACK = 4, 1, 1


def frame(kind, flags, stream, body=b""):
    """One HTTP/2 frame (RFC 9113 4.1)."""
    return len(body).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + body


def _literal(name, value, kind=b"\x00"):
    """A field without Huffman, both shorter than 127 bytes: not entered (RFC 7541 6.2.2), or _INDEXED."""
    return kind + bytes([len(name)]) + name + bytes([len(value)]) + value


_INDEXED = b"\x40"  # RFC 7541 6.2.1
_FIRST_DYNAMIC = 62


def opening():
    """What a client says first: the preface and its settings."""
    return b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(_SETTINGS, 0, 0)


_HEAD = [
    (b":method", b"POST"), (b":scheme", b"http"), (b":path", b"/echo.EchoService/Echo"),
    (b":authority", b"localhost"), (b"te", b"trailers"), (b"content-type", b"application/grpc"),
]  # fmt: skip
_MORE = [
    (b"user-agent", b"grpc-c++/1.51.1 grpc-c/29.0.0 (linux; chttp2)"),
    (b"grpc-accept-encoding", b"identity, deflate, gzip"),
]


def echo_call(stream=1):
    """The frames of one Echo call."""
    head = b"".join(_literal(name, value) for name, value in _HEAD)
    return _call(stream, head)


def echo_calls(number):
    """So many of them on one connection, as a stock client sends them: the first enters its fields into the
    server's table, the others refer to them."""
    fields = _HEAD + _MORE
    first = b"".join(_literal(name, value, _INDEXED) for name, value in fields)
    later = bytes(0x80 | (_FIRST_DYNAMIC + i) for i in reversed(range(len(fields))))
    return [_call(1 + 2 * i, later if i else first) for i in range(number)]


def _call(stream, head):
    return frame(_HEADERS, _END_HEADERS, stream, head) + frame(_DATA, _END_STREAM, stream, request_body())


def first_reply(connection, seconds=10):
    """Makes one Echo call on a connected socket and returns when its payload has come."""
    connection.settimeout(seconds)
    connection.sendall(opening() + frame(_SETTINGS, _ACK, 0) + echo_call())
    received = b""
    while PAYLOAD not in received:
        more = connection.recv(65536)
        if not more:
            raise OSError(f"the server closed the connection after {len(received)} bytes")
        received += more


def idle_connection(address, calls=0):
    """A connection whose settings are exchanged, that has brought its calls, and no more."""
    host, port = address.rsplit(":", 1)
    connection = socket.create_connection((host, int(port)), timeout=10)
    connection.sendall(opening() + frame(_SETTINGS, _ACK, 0))
    for call in echo_calls(calls):
        connection.sendall(call)
        received = b""
        while PAYLOAD not in received:
            received += _more_of(connection)
    ping = frame(_PING, 0, 0, b"12345678")
    connection.sendall(ping)
    received = b""
    while frame(_PING, _ACK, 0, b"12345678") not in received:
        received += _more_of(connection)
    return connection


def _more_of(connection):
    more = connection.recv(4096)
    if not more:
        raise OSError("the server closed an idle connection")
    return more


class CountingRelay:
    """Passes one connection on, from its `address`, and counts its bytes."""

    def __init__(self, address):
        self._target = address
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(30)
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        self.to_server = self.to_client = 0
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._thread.join(30)
        self._listener.close()

    def _run(self):
        near, _ = self._listener.accept()
        host, port = self._target.rsplit(":", 1)
        with near, socket.create_connection(
            (host, int(port))
        ) as far, selectors.DefaultSelector() as selector:
            selector.register(near, selectors.EVENT_READ, far)
            selector.register(far, selectors.EVENT_READ, near)
            while True:
                for key, _ in selector.select():
                    data = key.fileobj.recv(65536)
                    if not data:
                        return
                    key.data.sendall(data)
                    if key.fileobj is near:
                        self.to_server += len(data)
                    else:
                        self.to_client += len(data)
