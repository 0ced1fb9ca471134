"""Throw-away Linux guests with AF_VSOCK, by Debian's user-mode-linux: no QEMU, no KVM, nothing of the host's.

A guest's root is this machine's, read-only, so that programs are where they are here and need no packing;
it can write to its scratch folder (the same path on both sides) and to /dev/shm, which is its TMPDIR. It runs
one command and ends. It has one CPU and addresses of 39 bits: programs under ASan or TSan do not fit.

    with Guest(["/path/to/program", "argument"]) as guest:     # CID 1, loopback
        status = guest.wait(60)
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
MODULES = Path("/usr/lib/uml/modules")
SKIPPED = 77  # Meson's
BOOT_LIMIT = 60  # seconds; bounds only what hangs


def why_unavailable():
    """What is missing for a guest, or ''."""
    if shutil.which("linux.uml") is None or not MODULES.is_dir():
        return "there is no user-mode-linux here (Debian: apt-get install user-mode-linux)"
    return ""


def built_xstate():
    """The library of xstate.cc, which some machines need; Meson names it, by hand any build's does."""
    built = HERE.parent.parent.glob("build*/tests/vsock/xstate/guest-xstate.so")
    return os.environ.get("HAWSER_GUEST_XSTATE") or next(map(str, built), None)


def skip_or_fail(reason):
    """Ends the test: where everything can be installed, a missing guest is a failure."""
    print(f"no guest: {reason}", file=sys.stderr)
    sys.exit(1 if os.environ.get("CI", "").lower() in ("1", "true", "yes") else SKIPPED)


def require():
    """For the start of a test."""
    if reason := why_unavailable():
        skip_or_fail(reason)


class Guest:
    """`socket`: a socket of vsock_switch.py's, which says the CID; without it the guest has loopback alone.

    What the command prints is kept in `lines` and passed on, each line after `prefix`, unless `quiet`.
    `environment` is added to PATH, HOME and TMPDIR, which is all that the command gets.
    """

    def __init__(self, command, *, socket=None, environment=None, memory_mib=1024, prefix="",
                 quiet=False):
        self.scratch = Path(tempfile.mkdtemp(prefix="hawser-guest-"))
        self.prefix = prefix
        self.quiet = quiet
        self.lines = []
        self.changed = threading.Condition()
        shutil.copy(HERE / "guest_init.py", self.scratch)
        transport = "vmw_vsock_virtio_transport" if socket else "vsock_loopback"
        job = {"command": [str(word) for word in command], "folder": os.getcwd(), "modules": str(MODULES),
               "transport": transport, "environment": environment or {}}
        (self.scratch / "job.json").write_text(json.dumps(job))
        self.reader, writer = os.pipe()
        self.console = (self.scratch / "console").open("w+", errors="replace")
        kernel = ["linux.uml", f"mem={memory_mib}M", f"uml_dir={self.scratch}/uml", "loglevel=4", "panic=-1",
                  "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro", f"init={sys.executable}",
                  "con=null", "con0=null,fd:1", "ssl=null", f"ssl0=null,fd:{writer}"]
        if socket:
            kernel.append(f"virtio_uml.device={socket}:19")  # 19: a vsock device
        self.process = subprocess.Popen(
            [*kernel, "--", self.scratch / "guest_init.py"], stdin=subprocess.DEVNULL, stdout=self.console,
            stderr=self.console, pass_fds=[writer], start_new_session=True, env=self._kernel_environment())
        os.close(writer)
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _kernel_environment(self):
        environment = os.environ | {"TMPDIR": str(self.scratch)}  # its memory is a file there
        if preload := built_xstate():
            environment["LD_PRELOAD"] = preload
        return environment

    def _read(self):
        with os.fdopen(self.reader, errors="replace") as output:
            for line in output:
                line = line.rstrip("\r\n")
                if not self.quiet:
                    print(self.prefix + line, flush=True)
                with self.changed:
                    self.lines.append(line)
                    self.changed.notify_all()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        self.process.wait()
        self.thread.join()
        self.console.close()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def wait_for_line(self, part, limit):
        """The first line with `part` in it; a TimeoutError when none came, or the guest's end."""
        def find():
            return next((line for line in self.lines if part in line), None)

        end = time.monotonic() + limit
        with self.changed:
            while (line := find()) is None:
                left = end - time.monotonic()
                if left <= 0 or not self.thread.is_alive():
                    raise TimeoutError(f"{self.prefix}no '{part}' in {limit} s; console:\n{self._log()}")
                self.changed.wait(min(left, 1))
            return line

    def lines_with(self, part, limit):
        """The lines with `part` in them, as they come, until the guest ends; a TimeoutError after `limit`."""
        end = time.monotonic() + limit
        seen = 0
        while True:
            with self.changed:
                while len(self.lines) == seen:
                    if not self.thread.is_alive():
                        return
                    if time.monotonic() > end:
                        raise TimeoutError(f"{self.prefix}no end in {limit} s; console:\n{self._log()}")
                    self.changed.wait(0.2)
                line = self.lines[seen]
                seen += 1
            if part in line:
                yield line

    def wait(self, limit):
        """The command's exit status, 128 + N for signal N."""
        try:
            self.process.wait(limit)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"{self.prefix}the guest did not end in {limit} s:\n{self._log()}") from None
        self.thread.join()
        try:
            return int((self.scratch / "status").read_text())
        except (OSError, ValueError):
            raise RuntimeError(f"{self.prefix}the guest died:\n{self._log()}") from None

    def freeze(self):
        """As a paused virtual machine: it says nothing and loses nothing."""
        # The kernel alone, which traces its processes and takes their stops for its own.
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)

    def _log(self):
        return "\n".join((self.scratch / "console").read_text(errors="replace").splitlines()[-30:])
