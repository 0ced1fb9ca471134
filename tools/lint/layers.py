#!/usr/bin/env python3
"""Include layers: who may include whom, and the one door of each foreign library.

Reason: a layer that can be read, tested and replaced alone is worth its arrows only while they hold. The
link would catch most wrong arrows; headers without a .cc behind them it would not.
"""
import re
import sys

from common import report, sources, without_comments

# Layer -> layers whose headers it may include, besides its own and base (docs/architecture.md).
LAYERS = {
    "base": set(),
    "event": set(),
    "net": set(),
    "stock": {"net"},
    "io": {"event", "net"},
    "tls": {"io"},
    "http2": set(),
    "grpc": {"http2"},
    "codec": set(),
    "server": {"event", "net", "io", "tls", "http2", "grpc", "codec"},
    "binding": {"server", "codec"},
    "client": {"event", "net", "io", "tls", "http2", "grpc", "codec"},
    "services": {"server", "binding"},
    "interceptors": {"server", "client"},
}
# Folders of src/ -> folders of src/ they may include, besides their own.
SRC_LAYERS = {
    "echo": set(),
    "logging": set(),
    "crypto": set(),
    "hardening": {"crypto"},
    "keys": {"crypto"},
    "keystore": {"crypto", "keys"},
    "access": {"crypto", "keys", "logging"},
    "lanes": {"keys"},
    "signing": {"crypto", "keys", "access", "lanes"},
    "admin": {"crypto", "keys", "access", "logging"},
    "metrics": {"crypto", "keys", "access", "logging"},
    "tracing": {"crypto", "access", "logging"},
}
# These wire all of them together.
SRC_TOP = {"config", "program", ""}
# Programs see the public API; of net values and what is inherited, of tls what a context is made of.
PROGRAM_TREES = ("src", "tools")
PROGRAM_LAYERS = {"base", "server", "binding", "client", "stock", "services", "interceptors"}
PROGRAM_HEADERS = {
    "hawser/net/address.h",
    "hawser/net/inherited.h",
    "hawser/net/vsock_options.h",
    "hawser/tls/tls_context.h",
    "hawser/tls/tls_server_options.h",
}

# (pattern of an angle include, trees it is guarded in, layers it may appear in, where to go instead)
SHIPPED = ("transport", "src", "tools")
SOCKETS = r"(sys/(socket|un)|netinet/\w+|arpa/inet|netdb|linux/vm_sockets)\.h"
DOORS = [
    (r"nghttp2/", SHIPPED, {"http2"}, "hawser/http2/session.h"),
    (r"sys/(epoll|eventfd|timerfd|signalfd)\.h", SHIPPED, {"event"}, "hawser/event/loop.h"),
    (SOCKETS, SHIPPED, {"net"}, "hawser/net/address.h and hawser/net/socket.h"),
    (r"openssl/ssl\.h", SHIPPED, {"tls"}, "hawser/tls/tls_context.h"),
    # Programs implement generated services, so only the transport is guarded.
    (r"(grpcpp|grpc|grpc\+\+)/", ("transport",), {"binding", "services", "stock"}, "hawser/binding/"),
    (r"google/protobuf/", ("transport",), {"codec", "binding", "services"}, "hawser/codec/protobuf_codec.h"),
]
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def includes(source):
    """(line, is_angle, path) of each include."""
    text = without_comments(source.text)
    for match in INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start(2)) + 1, match.group(1) == "<", match.group(2)


def wrong_src_arrow(source, header):
    """Why a file of src/ may not include src/FOLDER/..., or None."""
    folder = source.path.split("/")[1] if source.path.count("/") > 1 else ""
    target = header.split("/")[1] if header.count("/") > 1 else ""
    if source.tree != "src" or folder in SRC_TOP or target == folder:
        return None
    allowed = SRC_LAYERS.get(folder)
    if allowed is None:
        return f"the folder src/{folder} is not in the table of tools/lint/layers.py"
    if target in allowed:
        return None
    names = ", ".join(sorted(allowed)) or "nothing"
    return f"src/{folder} must not include {header}: of src it may include {names}"


def wrong_arrow(source, header):
    """Why `source` may not include hawser/LAYER/... or src/FOLDER/..., or None."""
    if header.startswith("src/"):
        return wrong_src_arrow(source, header)
    if not header.startswith("hawser/"):
        return None
    target = header.split("/")[1]
    if source.layer:
        allowed = LAYERS.get(source.layer)
        if allowed is None:
            return f"the layer {source.layer} is not in the table of tools/lint/layers.py"
        if target not in allowed | {source.layer, "base"}:
            names = ", ".join(sorted(allowed | {"base"}))
            return f"{source.layer} must not include {header}: it may include {names}"
    elif source.tree in PROGRAM_TREES and target not in PROGRAM_LAYERS and header not in PROGRAM_HEADERS:
        names = ", ".join(sorted(PROGRAM_LAYERS))
        return (
            f"{source.tree}/ must not include {header}: programs see {names}, net/address.h "
            "and tls/tls_context.h"
        )
    return None


def wrong_door(source, header):
    for pattern, trees, layers, instead in DOORS:
        if re.match(pattern, header) and source.tree in trees and source.layer not in layers:
            return f"<{header}> is for {', '.join(sorted(layers))} only: use {instead}"
    return None


def check(source):
    for line, is_angle, header in includes(source):
        reason = wrong_door(source, header) if is_angle else wrong_arrow(source, header)
        if reason and not source.excuses(line, "include"):
            yield source.finding(line, reason)


if __name__ == "__main__":
    sys.exit(report("layers", [f for source in sources("*.h", "*.cc") for f in check(source)]))
