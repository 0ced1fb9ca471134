"""The first process of a guest (guest.py): mounts, loads VSOCK, runs the command, writes its status, ends.

It is started as SCRATCH/guest_init.py, and SCRATCH/job.json says what to do.
"""
import ctypes
import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import termios
import traceback
import tty
from pathlib import Path

SCRATCH = Path(sys.argv[0]).parent
SYS_FINIT_MODULE = 313  # x86-64, the machine of user-mode-linux
POWER_OFF = 0x4321FEDC  # reboot(2)
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
LIBC = ctypes.CDLL(None, use_errno=True)


def check(result, what):
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def mount(kind, target, data=""):
    check(LIBC.mount(b"none", str(target).encode(), kind.encode(), 0, data.encode()), f"mount {target}")


def mount_all():
    mount("proc", "/proc")
    mount("sysfs", "/sys")
    if not os.path.exists("/dev/null"):  # the kernel may have mounted it
        mount("devtmpfs", "/dev")
    os.makedirs("/dev/shm", exist_ok=True)
    mount("tmpfs", "/dev/shm")
    os.symlink("/proc/self/fd", "/dev/fd")
    mount("hostfs", SCRATCH, str(SCRATCH))  # the root is read-only, this isn't


def open_output():
    """The command's output goes through a serial line of its own, raw."""
    line = os.open("/dev/ttyS0", os.O_RDWR | os.O_NOCTTY)
    tty.setraw(line, termios.TCSANOW)
    return line


def bring_loopback_up():
    with socket.socket() as one:
        fcntl.ioctl(one, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))


def load(folder, name):
    path = next(folder.rglob(name + ".ko"))
    with path.open("rb") as module:
        check(LIBC.syscall(SYS_FINIT_MODULE, module.fileno(), b"", 0), f"load {name}")


def run(job):
    folder = Path(job["modules"]) / os.uname().release
    for name in ("vsock", "vmw_vsock_virtio_transport_common", job["transport"]):
        load(folder, name)
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": "/dev/shm",
                   "TMPDIR": "/dev/shm"} | job["environment"]
    output = open_output()
    status = subprocess.run(job["command"], cwd=job["folder"], env=environment, stdin=subprocess.DEVNULL,
                            stdout=output, stderr=output, check=False).returncode
    termios.tcdrain(output)
    return status if status >= 0 else 128 - status


def main():
    mount_all()
    try:
        bring_loopback_up()
        (SCRATCH / "status").write_text(str(run(json.loads((SCRATCH / "job.json").read_text()))))
    except BaseException:  # the guest must end, whatever happened
        traceback.print_exc()
        sys.stderr.flush()
    LIBC.reboot(POWER_OFF)


if __name__ == "__main__":
    main()
