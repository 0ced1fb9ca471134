#!/usr/bin/env python3
"""grpc_go_test.py FOLDER CLIENT SERVER: grpc-go's own interop programs against ours, over TCP.

They are built into FOLDER, in a build directory, when they are not there yet. Exit code 77, with the reason,
where there is no Go or its modules can't be had. grpc-go's server fills no server_id, so pick_first_unary
isn't among our client's cases.
"""
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "programs"),
                str(Path(__file__).resolve().parents[2] / "e2e")]
import matrix  # noqa: E402
import programs  # noqa: E402

VERSION = "v1.76.0"
BUILD_LIMIT = 400  # seconds
SKIPPED = 77
SHARED_CASES = ("empty_unary", "large_unary", "special_status_message", "status_code_and_message",
                "custom_metadata", "unimplemented_method", "unimplemented_service", "client_streaming",
                "server_streaming", "ping_pong", "empty_stream", "cancel_after_begin",
                "cancel_after_first_response", "timeout_on_sleeping_server")
THEIR_CASES = (*SHARED_CASES, "pick_first_unary")
OUR_CASES = (*SHARED_CASES, "timeout_on_large_unary", "rpc_soak", "channel_soak", "long_lived_channel",
             "concurrent_large_unary")


class GoServer:
    """Announces its port in its log only."""

    def __init__(self, program):
        self.process = subprocess.Popen([program, "--port", "0"], stderr=subprocess.PIPE, text=True,
                                        env=os.environ | {"GRPC_GO_LOG_SEVERITY_LEVEL": "info"})
        for line in self.process.stderr:
            found = re.search(r"interop server listening on .*:(\d+)$", line.rstrip())
            if found:
                self.address = f"127.0.0.1:{found[1]}"
                return
        raise RuntimeError("grpc-go's server doesn't say where it listens")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait(programs.LIMIT)
        self.process.stderr.close()


def build(folder):
    """None when the programs are there, else why not."""
    if shutil.which("go") is None:
        return "there is no go"
    marker = folder / f"built-{VERSION}"
    if marker.is_file():
        return None
    packages = [f"google.golang.org/grpc/interop/{name}@{VERSION}" for name in ("client", "server")]
    try:
        built = subprocess.run(["go", "install", *packages], env=os.environ | {"GOBIN": str(folder)},
                               capture_output=True, text=True, timeout=BUILD_LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return f"go install takes over {BUILD_LIMIT} s"
    if built.returncode != 0:
        return "go install failed:\n" + built.stderr[-2000:]
    marker.touch()
    return None


def run_go_client(client, address, case):
    host, _, port = address.rpartition(":")
    command = [client, "--server_host", host, "--server_port", port, "--test_case", case]
    done = subprocess.run(command, capture_output=True, text=True, timeout=matrix.CASE_LIMIT, check=False)
    return None if done.returncode == 0 else f"exit code {done.returncode}\n{done.stderr}"


def main(folder, client, server_program):
    folder = Path(folder).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    missing = build(folder)
    if missing is not None:
        print(f"SKIPPED: {missing}")
        return SKIPPED
    failures = matrix.Failures()
    with programs.Server(server_program, "--listen", "127.0.0.1:0") as server:
        for case in THEIR_CASES:
            said = run_go_client(folder / "client", server.address, case)
            if said is not None:
                failures.add(f"grpc-go client: {case}", said)
        matrix.end(server, "our server", failures)
    with GoServer(folder / "server") as server:
        for case in OUR_CASES:
            said = matrix.run_case(client, server.address, case)
            if said is not None:
                failures.add(f"grpc-go server: {case}", said)
    print(f"{len(THEIR_CASES) + len(OUR_CASES) - len(failures.lines)} passed, {len(failures.lines)} failed")
    return 1 if failures.lines else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
