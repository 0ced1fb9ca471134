"""Starts, watches and ends the servers that are measured."""
import os
import re
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

LISTENING = re.compile(r"listening on (?:\S*//)?(127\.0\.0\.1:\d+)")
STOP_SECONDS = 60
# The first core is the server's, the last one the load's.
_CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = _CORES[0], _CORES[-1]


class Spec(NamedTuple):
    """A server's name in the tables, and how it is started."""

    name: str
    command: list


class BenchError(Exception):
    """A sentence for people; the measurement is worth nothing."""


def has_flag(program, flag):
    """Whether the program has it: builds differ. False also where there is no program."""
    if not os.access(program, os.X_OK):
        return False
    return flag in subprocess.run([program, "--help"], capture_output=True, text=True, check=False).stdout


def known_servers(build):
    """Name -> spec, of the programs in a build directory."""
    build = Path(build)
    stock = [str(build / "tests/bench/stock-server"), "--listen", "127.0.0.1:0", "--mode"]
    hawser = [str(build / "src/hawser-server"), "--listen", "127.0.0.1:0", "--workers", "1"]
    if has_flag(hawser[0], "--no-crypto"):
        hawser.append("--no-crypto")  # Echo alone: making an RSA key takes a random number of instructions
    specs = [
        Spec("stock async", stock + ["async"]),
        Spec("stock callback", stock + ["callback"]),
        Spec("stock sync", stock + ["sync"]),
        Spec("hawser", hawser),
    ]
    return {spec.name: spec for spec in specs}


class Server:
    """A running server; its output goes to a file, so that a chatty one never blocks on a full pipe."""

    def __init__(self, spec, process, log):
        self.name = spec.name
        self.process = process
        self._log = log
        self.address = None

    def wait_until_listening(self, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = LISTENING.search(self.output())
            if found:
                self.address = found.group(1)
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise BenchError(f"{self.name} did not say `listening on 127.0.0.1:PORT`. It said:\n{self.output()}")

    def output(self):
        self._log.seek(0)
        return self._log.read()

    def cpu_seconds(self):
        """User and system time of all its threads: what /proc/PID/stat counts, but in nanoseconds."""
        # clock_getcpuclockid(3): the id of a process's CPU clock is made from its pid.
        return time.clock_gettime((~self.process.pid << 3) | 2)

    def resident_mib(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) / 1024

    def stop(self):
        """SIGTERM, and the exit status has to be 0: callgrind writes its numbers on a clean end only."""
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            raise BenchError(f"{self.name} did not end within {STOP_SECONDS} s of SIGTERM") from None
        if status != 0:
            raise BenchError(f"{self.name} ended with status {status}. It said:\n{self.output()}")


@contextmanager
def running(spec, core, wrapper=(), start_seconds=10):
    """A server pinned to one core, ended at the end of the block."""
    with tempfile.TemporaryFile("w+") as log:
        command = ["taskset", "-c", str(core), *wrapper, *spec.command]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        server = Server(spec, process, log)
        try:
            server.wait_until_listening(start_seconds)
            yield server
            server.stop()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
