"""What the tests of stacks with interop programs of their own (grpc-go, grpc-java) share: which cases, and
the two halves of a test, their client against our server and our client against theirs.
"""
import re
import subprocess
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "programs"),
                str(Path(__file__).resolve().parents[2] / "e2e")]
import matrix  # noqa: E402
import programs  # noqa: E402

SKIPPED = 77  # Meson's code
SHARED_CASES = ("empty_unary", "large_unary", "special_status_message", "status_code_and_message",
                "custom_metadata", "unimplemented_method", "unimplemented_service", "client_streaming",
                "server_streaming", "ping_pong", "empty_stream", "cancel_after_begin",
                "cancel_after_first_response", "timeout_on_sleeping_server")
# pick_first_unary asks for the server's id, which the servers of other languages don't tell.
THEIR_CASES = (*SHARED_CASES, "pick_first_unary")
OUR_CASES = (*SHARED_CASES, "timeout_on_large_unary", "rpc_soak", "channel_soak", "long_lived_channel",
             "concurrent_large_unary")


class PeerServer:
    """A server that says its port nowhere but in its log: `pattern` finds it there."""

    def __init__(self, command, pattern, env=None):
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=env)
        for line in self.process.stderr:
            found = re.search(pattern, line.rstrip())
            if found:
                self.address = f"127.0.0.1:{found[1]}"
                return
        raise RuntimeError(f"{command[0]} doesn't say where it listens")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait(programs.LIMIT)
        self.process.stderr.close()


def run_peer_client(command, address, case):
    """None when it passed, else what it said. The flags are the same in all of gRPC's own programs."""
    host, _, port = address.rpartition(":")
    command = [*command, f"--server_host={host}", f"--server_port={port}", f"--test_case={case}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=matrix.CASE_LIMIT, check=False)
    return None if done.returncode == 0 else f"exit code {done.returncode}\n{done.stderr}"


def run_both_ways(name, peer_client, start_peer_server, client, server_program,
                  their_cases=THEIR_CASES, our_cases=OUR_CASES):
    """The test's exit code. `peer_client`: its command; `start_peer_server()`: a running PeerServer."""
    failures = matrix.Failures()
    with programs.Server(server_program, "--listen", "127.0.0.1:0") as server:
        for case in their_cases:
            said = run_peer_client(peer_client, server.address, case)
            if said is not None:
                failures.add(f"{name} client: {case}", said)
        matrix.end(server, "our server", failures)
    with start_peer_server() as server:
        for case in our_cases:
            said = matrix.run_case(client, server.address, case)
            if said is not None:
                failures.add(f"{name} server: {case}", said)
    print(f"{len(their_cases) + len(our_cases) - len(failures.lines)} passed, {len(failures.lines)} failed")
    return 1 if failures.lines else 0
