#!/usr/bin/env python3
"""matrix.py CLIENT SERVER CASE...: runs the interop cases between two programs, over TCP and UNIX sockets.

Every case runs even when one before it failed; the ones that failed are named at the end. A server must end
well, too: what it says of a leak or a crash comes with its exit code.
"""
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "e2e"))
import programs  # noqa: E402

CASE_LIMIT = 120  # seconds; bounds only what hangs
# Shorter than the defaults, which are for soak tests by hand. Debug builds and sanitizers are slow, so only a
# call that hangs is too slow.
FLAGS = {
    "rpc_soak": ["--soak-iterations", "50", "--soak-num-threads", "5",
                 "--soak-per-iteration-max-acceptable-latency", "20s"],
    "channel_soak": ["--soak-iterations", "20", "--soak-per-iteration-max-acceptable-latency", "20s"],
    "long_lived_channel": ["--soak-iterations", "3", "--iteration-interval", "300ms"],
}


class Failures:
    def __init__(self):
        self.lines = []

    def add(self, what, text=""):
        self.lines.append(what)
        print(f"FAILED {what}\n{text}", flush=True)


def run_case(client, target, case):
    """None when it passed, else what it said."""
    command = [client, "--target", target, "--test-case", case, *FLAGS.get(case, [])]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=CASE_LIMIT, check=False)
    except subprocess.TimeoutExpired as late:
        return f"still running after {CASE_LIMIT} s\n{(late.stderr or b'').decode()}"
    return None if done.returncode == 0 else f"exit code {done.returncode}\n{done.stderr}"


def end(server, name, failures):
    server.signal()
    code = server.wait()
    if code != 0 or programs.has_stack_trace(server.logged()):
        failures.add(f"{name}: the server's end", f"exit code {code}\n{server.logged()}")


def run_family(client, server_program, listen, cases, failures):
    family = listen.partition(":")[0] if listen.startswith("unix:") else "tcp"
    with programs.Server(server_program, "--listen", listen) as server:
        for case in cases:
            said = run_case(client, server.address, case)
            if said is not None:
                failures.add(f"{family}: {case}", said)
        end(server, family, failures)


def main(client, server_program, *cases):
    failures = Failures()
    with tempfile.TemporaryDirectory() as folder:
        for listen in ("127.0.0.1:0", f"unix:{folder}/socket"):
            run_family(client, server_program, listen, cases, failures)
    print(f"{2 * len(cases) - len(failures.lines)} passed, {len(failures.lines)} failed")
    return 1 if failures.lines else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
