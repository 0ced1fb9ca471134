#!/usr/bin/env python3
"""Tries docs/vsock.md where no test can: by hand, for it takes minutes and packages (qemu_guest.PACKAGES).

    apt-get download linux-image-6.1.0-57-cloud-amd64 && dpkg-deb -x linux-image-*.deb /tmp/kernel
    qemu_try.py --kernel /tmp/kernel --build build vhost

vhost   a host with vhost_vsock, which runs a guest of CID 3: QEMU in QEMU, without KVM
hybrid  this machine and a guest, joined by rust-vmm's vhost-device-vsock (`cargo install vhost-device-vsock`,
        --monitor PATH), which does Firecracker's CONNECT; on this side there are UNIX sockets alone

Prints all that is said, and ends with 1 when something that the page promises was missing.
"""
import argparse
import os
import shlex
import sys
import tempfile
import time
from pathlib import Path

from qemu_guest import Image, Kernel, Machine, qemu_command

LIMIT = 2400
GUEST_MODULES = ("virtio_pci", "vmw_vsock_virtio_transport")
HELPERS = """
try() { echo "\\$ $*"; "$@" 2>&1 | tail -n 2; }
big() { printf '{"payload":"'; head -c 3000000 /dev/zero | tr '\\0' a; printf '"}'; }
large_echo() {
  echo "3 MB came back as $(big | hawser-client call --timeout 120s $1 echo.EchoService/Echo | wc -c) bytes"
}
crowd() {
  for i in 1 2 3 4 5 6 7 8; do
    hawser-client echo --target $1 --count 25 --timeout 120s > /tmp/crowd-$i & jobs="$jobs $!"
  done
  wait $jobs; echo "$(cat /tmp/crowd-? | grep -c hello) of 200 calls from 8 clients at once"
}
"""

# In the guest: a server, and calls to the host's. What it prints begins with `guest:`.
GUEST = HELPERS + """
say() { while read -r line; do echo "guest: $line"; done; }
modprobe virtio_pci; modprobe vmw_vsock_virtio_transport
hawser-server --listen vsock://any:50051 --log-level none --no-crypto 2>&1 | say &
{
  try hawser-client call --wait-for-ready --timeout 60s vsock://host:50052 echo.EchoService/Echo {}
  try hawser-client echo --target vsock://host:50052 --payload from-the-guest --count 20 --timeout 60s
  large_echo vsock://host:50052; crowd vsock://host:50052
  try hawser-client echo --target vsock://host:50099 --timeout 60s
  try hawser-client echo --target vsock://7:50051 --timeout 60s
  echo done
} 2>&1 | say
wait
"""

# On the host, where INNER starts the guest, which is $qemu, prints to /tmp/guest and serves at TARGET.
UNTIL = """
until_said() {
  until grep -qs "$1" /tmp/guest; do
    kill -0 $qemu || { wait $qemu; echo "QEMU ended with $?"; cat /tmp/qemu; exit 1; }
    sleep 1
  done
}
"""
HOST_CALLS = """
wait $race; echo "waited for the boot: $? $(cat /tmp/race)"
until_said 'guest: done'
try hawser-client echo --target TARGET:50051 --payload from-the-host --count 20 --timeout 60s
try hawser-client echo --target TARGET:50099 --timeout 60s
large_echo TARGET:50051; crowd TARGET:50051
"""
VHOST = HELPERS + UNTIL + """
echo() { busybox echo "$(cut -d. -f1 /proc/uptime) $*"; }
try hawser-client echo --target vsock://3:50051
try modprobe vhost_vsock
try hawser-client echo --target vsock://3:50051
try hawser-client echo --target vsock://1:50051 --timeout 30s
try hawser-server --listen vsock://3:50051
hawser-server --listen vsock://any:50052 --log-level info --no-crypto > /tmp/server 2>&1 &
until grep -q listening /tmp/server; do sleep 1; done
try timeout 20 hawser-server --listen vsock://any:50052 --no-crypto
hawser-client call --wait-for-ready --timeout 1500s vsock://3:50051 echo.EchoService/Echo {} \
    > /tmp/race 2>&1 &
race=$!
mkfifo /tmp/monitor; sleep 100000 > /tmp/monitor &
echo "the guest boots"
INNER -monitor stdio -serial file:/tmp/guest -device vhost-vsock-pci,guest-cid=3 \
    < /tmp/monitor > /tmp/qemu 2>&1 &
qemu=$!
sleep 5; try hawser-client echo --target vsock://3:50051 --timeout 60s
until test -e /tmp/guest; do sleep 1; done; tail -f /tmp/guest &
until_said 'guest: listening'; echo "the guest listens"
""" + HOST_CALLS.replace("TARGET", "vsock://3") + """
hawser-client echo --target vsock://3:50051 --count 1000000 --timeout 300s > /tmp/frozen 2>&1 &
frozen=$!
sleep 5; busybox echo stop > /tmp/monitor; echo "the guest is frozen"
sleep 1; try hawser-client echo --target vsock://3:50051 --timeout 60s
wait $frozen; echo "the call that was open: $(tail -n 1 /tmp/frozen)"
busybox echo cont > /tmp/monitor
try hawser-client call --wait-for-ready --timeout 60s vsock://3:50051 echo.EchoService/Echo {}
hawser-client echo --target vsock://3:50051 --count 1000000 --timeout 300s > /tmp/killed 2>&1 &
killed=$!
sleep 5; kill -9 $qemu; echo "the guest is killed"
wait $killed; echo "the call that was open: $(tail -n 1 /tmp/killed)"
try hawser-client echo --target vsock://3:50051
cat /tmp/server
"""
HYBRID = HELPERS + UNTIL + """
echo() { command echo "$(($(date +%s) - START)) $*"; }
try hawser-client echo --target TARGET:50051
MONITOR --guest-cid 3 --socket /tmp/vhost.sock --uds-path /tmp/vm.sock > /tmp/monitor.log 2>&1 &
monitor=$!
until test -S /tmp/vhost.sock; do sleep 1; done
try hawser-client echo --target TARGET:50051
hawser-server --listen hvsock:/tmp/vm.sock:50052 --log-level info --no-crypto > /tmp/server 2>&1 &
server=$!
hawser-client call --wait-for-ready --timeout 600s TARGET:50051 echo.EchoService/Echo {} \
    > /tmp/race 2>&1 &
race=$!
mkfifo /tmp/qmp; sleep 100000 > /tmp/qmp &
writer=$!
echo "the guest boots"
INNER -monitor stdio -serial file:/tmp/guest < /tmp/qmp > /tmp/qemu 2>&1 &
qemu=$!
trap 'kill $monitor $server $writer $qemu $shown 2> /dev/null' EXIT
until test -e /tmp/guest; do sleep 1; done; tail -f /tmp/guest &
shown=$!
until_said 'guest: listening'; echo "the guest listens"
""" + HOST_CALLS.replace("TARGET", "hvsock:/tmp/vm.sock") + """
hawser-client echo --target TARGET:50051 --count 10000000 --timeout 300s > /tmp/frozen 2>&1 &
frozen=$!
sleep 3; command echo stop > /tmp/qmp; echo "the guest is frozen"
wait $frozen; echo "the call that was open: $(tail -n 1 /tmp/frozen)"
command echo cont > /tmp/qmp
try hawser-client call --wait-for-ready --timeout 60s TARGET:50051 echo.EchoService/Echo {}
hawser-client echo --target TARGET:50051 --count 10000000 --timeout 300s > /tmp/killed 2>&1 &
killed=$!
sleep 3; kill -9 $qemu; echo "the guest is killed"
wait $killed; echo "the call that was open: $(tail -n 1 /tmp/killed)"
try hawser-client echo --target TARGET:50051
kill -9 $monitor; sleep 1
try hawser-client echo --target TARGET:50051
cat /tmp/server
"""


def add_programs(build, image):
    image.add_program(build / "src/hawser-server")
    image.add_program(build / "tools/client/hawser-client")


def pack_guest(arguments, folder):
    guest = Image(folder / "guest-image", arguments.kernel, GUEST)
    guest.add_modules(*GUEST_MODULES)
    add_programs(arguments.build, guest)
    return guest.pack(folder / "guest.cpio")


def vhost(arguments, folder):
    # The plainest processor: each layer of emulation makes the next some twenty times slower.
    inner = qemu_command("/guest/vmlinuz", "/guest/initramfs", 160, "-L", "/guest", cpu="qemu64")
    words = " ".join(f"'{word}'" for word in inner)
    host = Image(folder / "host-image", arguments.kernel, VHOST.replace("INNER", words))
    host.add_modules("vhost_vsock")
    add_programs(arguments.build, host)
    host.add_qemu()
    host.add_file(arguments.kernel.image, "/guest/vmlinuz")
    host.add_file(pack_guest(arguments, folder), "/guest/initramfs")
    packed = host.pack(folder / "host.cpio")
    with Machine(qemu_command(arguments.kernel.image, packed, 1536, "-serial", "stdio"), LIMIT) as machine:
        return list(machine)


def hybrid(arguments, folder):
    memory = "192"
    shared = ["-object", f"memory-backend-memfd,id=m,size={memory}M,share=on",
              "-machine", "memory-backend=m", "-chardev", f"socket,id=v,path={folder}/vhost.sock",
              "-device", "vhost-user-vsock-pci,chardev=v"]
    words = qemu_command(arguments.kernel.image, pack_guest(arguments, folder), memory, *shared)
    script = HYBRID.replace("TARGET", "hvsock:/tmp/vm.sock").replace("MONITOR", arguments.monitor)
    script = script.replace("/tmp/", f"{folder}/").replace("INNER", shlex.join(words))
    folders = [str((arguments.build / part).absolute()) for part in ("src", "tools/client")]
    path = ":".join([*folders, os.environ["PATH"]])
    environment = os.environ | {"PATH": path, "START": str(int(time.time()))}
    with Machine(["sh", "-c", script], LIMIT, environment=environment) as shell:
        return list(shell)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kernel", type=Kernel, default="/")
    parser.add_argument("--build", type=Path, default="build")
    parser.add_argument("--monitor", default="vhost-device-vsock")
    parser.add_argument("what", choices=["vhost", "hybrid"])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hawser-qemu-") as folder:
        lines = globals()[arguments.what](arguments, Path(folder))
    expected = ["waited for the boot: 0", "from-the-guest", "from-the-host", "came back as 3000051 bytes",
                "200 of 200 calls", "did not answer a keepalive PING"]
    missing = [part for part in expected if not any(part in line for line in lines)]
    for part in missing:
        print(f"missing: {part}", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
