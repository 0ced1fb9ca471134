"""Guests of QEMU without KVM, for what user-mode-linux doesn't have: Debian's own kernel, vhost_vsock, a
monitor that others wrote, containers. For trying by hand (qemu_try.py): slow, and packages are needed.

A guest is an initramfs: busybox, programs with their libraries where they are here, modules, one script.
"""
import collections
import os
import re
import shutil
import signal
import subprocess
import threading
from pathlib import Path

BUSYBOX = "/bin/busybox"
FIRMWARE = ["/usr/share/seabios/bios-256k.bin", "/usr/share/qemu/linuxboot_dma.bin",
            "/usr/share/qemu/kvmvapic.bin"]
TCG = "/usr/lib/x86_64-linux-gnu/qemu/accel-tcg-x86_64.so"
PACKAGES = "busybox-static cpio qemu-system-x86 and an unpacked or installed linux-image-cloud-amd64"
INIT = """#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /tmp /run /usr/bin
/bin/busybox --install -s /bin
export PATH=/bin:/usr/bin:/usr/sbin:/sbin HOME=/tmp
mount -t proc none /proc; mount -t sysfs none /sys; mount -t devtmpfs none /dev; mount -t tmpfs none /tmp
ip link set lo up
echo 1 > /proc/sys/kernel/printk
sh /script
echo "the script ended with $?"
poweroff -f
"""


class Kernel:
    """Debian's package of one, installed (root "/") or unpacked (`dpkg-deb -x PACKAGE root`)."""

    def __init__(self, root):
        images = sorted(Path(root).glob("boot/vmlinuz-*-amd64"))
        if not images:
            raise FileNotFoundError(f"no kernel in {root}/boot; needed are {PACKAGES}")
        self.image = images[-1]
        self.release = self.image.name.removeprefix("vmlinuz-")
        self.modules = Path(root) / "lib/modules" / self.release


class Image:
    """A folder that is packed into an initramfs."""

    def __init__(self, folder, kernel, script):
        self.root = Path(folder)
        self.kernel = kernel
        self.add_file(BUSYBOX)
        self.add_text("/init", INIT, 0o755)
        self.add_text("/script", script)

    def _target(self, path):
        target = self.root / str(path).lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def add_text(self, path, text, mode=0o644):
        target = self._target(path)
        target.write_text(text)
        target.chmod(mode)

    def add_file(self, source, path=None):
        shutil.copy(source, self._target(path or source))

    def add_program(self, source):
        """As /usr/bin/NAME, without symbols, and the libraries it is linked with."""
        target = self._target(f"/usr/bin/{Path(source).name}")
        subprocess.run(["strip", "-o", target, source], check=True)
        target.chmod(0o755)
        listed = subprocess.run(["ldd", source], check=False, capture_output=True, text=True).stdout
        for library in set(re.findall(r"(/\S+) \(0x", listed)):
            if not (self.root / library[1:]).exists():
                self.add_file(library)

    def add_modules(self, *names):
        """And those that they need, for modprobe."""
        to = self.root / "lib/modules" / self.kernel.release
        wanted = collections.deque(names)
        needs = {}
        while wanted:
            name = wanted.popleft()
            if name in needs:
                continue
            found = [path for path in self.kernel.modules.rglob("*.ko")
                     if path.stem.replace("-", "_") == name.replace("-", "_")]
            if not found:
                needs[name] = None  # built in
                continue
            info = re.search(rb"\0depends=([^\0]*)\0", b"\0" + found[0].read_bytes())
            needs[name] = [word for word in info[1].decode().split(",") if word]
            wanted.extend(needs[name])
            self.add_file(found[0], f"{to.relative_to(self.root)}/{found[0].stem}.ko")

        def closure(name):
            return [part for one in needs[name] or [] for part in (one, *closure(one))]
        lines = [f"{name}.ko:" + "".join(f" {one}.ko" for one in closure(name) if needs[one] is not None)
                 for name, known in needs.items() if known is not None]
        (to / "modules.dep").write_text("\n".join(lines) + "\n")

    def add_qemu(self):
        """With its firmware in /guest."""
        self.add_program(shutil.which("qemu-system-x86_64"))
        self.add_file(TCG)
        for path in FIRMWARE:
            self.add_file(path, f"/guest/{Path(path).name}")

    def pack(self, target):
        names = sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*"))
        with open(target, "wb") as output:
            subprocess.run(["cpio", "-o", "-H", "newc", "-R", "0:0", "--quiet"], cwd=self.root, stdout=output,
                           input="\n".join(names).encode(), check=True)
        return target


def qemu_command(image, initramfs, memory_mib, *more, cpu="max,la57=off"):
    return ["qemu-system-x86_64", "-accel", "tcg", "-cpu", cpu, "-m", str(memory_mib), "-nodefaults",
            "-no-user-config", "-display", "none", "-vga", "none", "-no-reboot", "-kernel", str(image),
            "-initrd", str(initramfs), "-append", "console=ttyS0 quiet panic=-1 mitigations=off", *more]


class Machine:
    """A running QEMU, or a shell that runs one. Iterating gives what it prints, line by line, until it ends
    or `limit` seconds are over."""

    def __init__(self, command, limit, environment=None):
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                                        stderr=subprocess.STDOUT, errors="replace", start_new_session=True,
                                        env=environment)
        self.timer = threading.Timer(limit, self.kill)
        self.timer.start()

    def __iter__(self):
        for line in self.process.stdout:
            line = line.rstrip("\r\n")
            print(line, flush=True)
            yield line

    def kill(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)  # all that it left running, too
        except ProcessLookupError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.timer.cancel()
        self.kill()
        self.process.wait()
        self.process.stdout.close()
