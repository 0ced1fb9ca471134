#!/usr/bin/env python3
"""A vhost-user back end of virtio-vsock that joins guests: an AF_VSOCK packet that one guest sends to
another's CID is handed to that guest. Needs no vhost, no KVM and no root.

    vsock_switch.py SOCKET=CID [SOCKET=CID...]

Each SOCKET is a UNIX socket to listen on, for one guest after another that gets that CID (2 plays the host):
  user-mode-linux: virtio_uml.device=SOCKET:19
  QEMU: -chardev socket,id=v,path=SOCKET -device vhost-user-vsock-pci,chardev=v
        -object memory-backend-memfd,id=m,size=SIZE,share=on -machine memory-backend=m
Prints `ready` when it listens; runs until it is killed. What is sent to a CID whose guest isn't there is
answered with a reset, as vhost_vsock does.
Sources: the vhost-user protocol (QEMU docs/interop/vhost-user.rst), virtio 1.2 5.10 (socket device).
"""
import collections
import mmap
import os
import selectors
import socket
import struct
import sys

HEADER = struct.Struct("<QQIIIHHIII")  # virtio_vsock_hdr: 44 bytes
OP_RST = 3
GET_FEATURES, SET_FEATURES, SET_MEM_TABLE = 1, 2, 5
SET_VRING_NUM, SET_VRING_ADDR, SET_VRING_BASE, GET_VRING_BASE = 8, 9, 10, 11
SET_VRING_KICK, SET_VRING_CALL, SET_VRING_ERR = 12, 13, 14
GET_PROTOCOL_FEATURES, SET_PROTOCOL_FEATURES, SET_VRING_ENABLE = 15, 16, 18
SET_SLAVE_REQ_FD, GET_CONFIG = 21, 24
FEATURES = 1 << 32 | 1 << 30  # VIRTIO_F_VERSION_1, VHOST_USER_F_PROTOCOL_FEATURES
PROTOCOL_FEATURES = 1 << 9 | 1 << 5  # CONFIG, SLAVE_REQ (unused, but UML gets no interrupt without)

selector = selectors.DefaultSelector()
guests = {}


class Ring:
    """A virtqueue, as the guest set it up; `last` and `used_idx` are ours."""

    def __init__(self):
        self.num = self.last = self.used_idx = 0
        self.desc = self.avail = self.used = None
        self.kick = self.call = None


class Guest:
    """One CID, and the guest that has it now: `connection` is None while there is none."""

    def __init__(self, path, cid):
        self.cid = cid
        self.reset()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(1)
        selector.register(self.listener, selectors.EVENT_READ, self.accept)

    def reset(self):
        self.connection = self.request_fd = None
        self.regions, self.pending = [], collections.deque()
        self.rings = [Ring(), Ring(), Ring()]  # rx, tx, event

    def accept(self):
        connection, _ = self.listener.accept()
        if self.connection is not None:
            connection.close()
            return
        self.connection = connection
        selector.register(connection, selectors.EVENT_READ, self.message)

    def at(self, address, user=False):
        """(mmap, offset) of an address of the guest's memory."""
        for guest, size, virt, base, mem in self.regions:
            start = virt if user else guest
            if start <= address < start + size:
                return mem, base + address - start
        raise ValueError(f"CID {self.cid}: no memory at {address:#x}")

    def message(self):
        try:
            self.obey(*self.receive())
        except ConnectionError:  # it has ended, perhaps in mid-message
            self.gone()

    def receive(self):
        """(request, flags, body, descriptors)"""
        head, fds = self.read(12)
        request, flags, size = struct.unpack("<III", head)
        body, more_fds = self.read(size)
        return request, flags, body, fds + more_fds

    def read(self, size):
        data, fds = b"", []
        while len(data) < size:
            more, more_fds, _, _ = socket.recv_fds(self.connection, size - len(data), 8)
            if not more:
                raise ConnectionResetError
            data += more
            fds += more_fds
        return data, fds

    def obey(self, request, flags, body, fds):
        answer = None
        if request == GET_FEATURES:
            answer = struct.pack("<Q", FEATURES)
        elif request == GET_PROTOCOL_FEATURES:
            answer = struct.pack("<Q", PROTOCOL_FEATURES)
        elif request == GET_CONFIG:
            offset, length, cflags = struct.unpack_from("<III", body)
            config = struct.pack("<Q", self.cid).ljust(offset + length, b"\0")
            answer = body[:12] + config[offset : offset + length]
        elif request == SET_MEM_TABLE:
            self.regions = []
            for i in range(struct.unpack_from("<I", body)[0]):
                guest, length, virt, offset = struct.unpack_from("<QQQQ", body, 8 + 32 * i)
                slack = offset % mmap.ALLOCATIONGRANULARITY
                mem = mmap.mmap(fds[i], length + slack, offset=offset - slack)
                self.regions.append((guest, length, virt, slack, mem))
        elif request in (SET_VRING_NUM, SET_VRING_BASE, GET_VRING_BASE):
            index, value = struct.unpack_from("<II", body)
            ring = self.rings[index]
            if request == SET_VRING_NUM:
                ring.num = value
            elif request == SET_VRING_BASE:
                ring.last = value
            else:
                answer = struct.pack("<II", index, ring.last)
                self.unkick(ring)
        elif request == SET_VRING_ADDR:
            index, _, desc, used, avail = struct.unpack_from("<IIQQQ", body)
            ring = self.rings[index]
            ring.desc, ring.used, ring.avail = (self.at(a, True) for a in (desc, used, avail))
            mem, at = ring.used
            ring.used_idx = struct.unpack_from("<H", mem, at + 2)[0]
        elif request in (SET_VRING_KICK, SET_VRING_CALL):
            value = struct.unpack_from("<Q", body)[0]
            ring = self.rings[value & 0xFF]
            if request == SET_VRING_CALL:
                if ring.call is not None:
                    os.close(ring.call)
                ring.call = fds.pop(0) if fds else None
            else:
                self.unkick(ring)
                ring.kick = fds.pop(0)
                selector.register(ring.kick, selectors.EVENT_READ, lambda r=ring: self.kicked(r))
        elif request == SET_SLAVE_REQ_FD:
            self.request_fd = fds.pop(0)  # kept open, not used
        for fd in fds:
            os.close(fd)
        if answer is None and flags & 8:  # NEED_REPLY
            answer = struct.pack("<Q", 0)
        if answer is not None:
            self.connection.sendall(struct.pack("<III", request, 5, len(answer)) + answer)

    def unkick(self, ring):
        if ring.kick is not None:
            selector.unregister(ring.kick)
            os.close(ring.kick)
            ring.kick = None

    def gone(self):
        selector.unregister(self.connection)
        self.connection.close()
        for ring in self.rings:
            self.unkick(ring)
            if ring.call is not None:
                os.close(ring.call)
        if self.request_fd is not None:
            os.close(self.request_fd)
        self.reset()

    def kicked(self, ring):
        os.read(ring.kick, 8)
        if ring is self.rings[1]:
            self.transmit()
        elif ring is self.rings[0]:
            self.deliver()

    def pop(self, ring):
        """(head, [(mmap, offset, length, writable)]) of the next buffer, or None"""
        if ring.desc is None or not ring.num:
            return None
        mem, at = ring.avail
        if struct.unpack_from("<H", mem, at + 2)[0] == ring.last:
            return None
        head = index = struct.unpack_from("<H", mem, at + 4 + 2 * (ring.last % ring.num))[0]
        ring.last = (ring.last + 1) & 0xFFFF
        parts, (mem, at) = [], ring.desc
        while True:
            address, length, flags, following = struct.unpack_from("<QIHH", mem, at + 16 * index)
            parts.append((*self.at(address), length, bool(flags & 2)))
            if not flags & 1:
                return head, parts
            index = following

    def push(self, ring, head, length):
        mem, at = ring.used
        struct.pack_into("<II", mem, at + 4 + 8 * (ring.used_idx % ring.num), head, length)
        ring.used_idx = (ring.used_idx + 1) & 0xFFFF
        struct.pack_into("<H", mem, at + 2, ring.used_idx)

    def signal(self, ring):
        mem, at = ring.avail
        if ring.call is not None and not struct.unpack_from("<H", mem, at)[0] & 1:
            try:
                os.write(ring.call, struct.pack("<Q", 1))
            except BrokenPipeError:
                pass  # UML's calls go through a pipe: the guest is being killed, its connection ends next

    def transmit(self):
        ring, done, to = self.rings[1], False, set()
        while (buffer := self.pop(ring)) is not None:
            head, parts = buffer
            packet = b"".join(m[o : o + n] for m, o, n, _ in parts)
            src, dst, sport, dport, length, kind, op, *_ = HEADER.unpack_from(packet)
            peer = guests.get(dst)
            if src == self.cid and peer is not None and peer.connection is not None:
                peer.pending.append(packet[: HEADER.size + length])
                to.add(peer)
            elif op != OP_RST:
                self.pending.append(HEADER.pack(dst, src, dport, sport, 0, kind, OP_RST, 0, 0, 0))
                to.add(self)
            self.push(ring, head, 0)
            done = True
        if done:
            self.signal(ring)
        for peer in to:
            peer.deliver()

    def deliver(self):
        ring, done = self.rings[0], False
        while self.pending and (buffer := self.pop(ring)) is not None:
            head, parts = buffer
            packet = self.pending.popleft()
            room = sum(n for *_, n, _ in parts)
            if len(packet) > room:  # split: the rest goes with a header of its own
                fields = list(HEADER.unpack_from(packet))
                rest = packet[room:]
                fields[4] = len(rest)
                self.pending.appendleft(HEADER.pack(*fields) + rest)
                fields[4] = room - HEADER.size
                packet = HEADER.pack(*fields) + packet[HEADER.size : room]
            at = 0
            for mem, offset, length, _ in parts:
                piece = packet[at : at + length]
                mem[offset : offset + len(piece)] = piece
                at += len(piece)
            self.push(ring, head, len(packet))
            done = True
        if done:
            self.signal(ring)


def main():
    for spec in sys.argv[1:]:
        path, cid = spec.rsplit("=", 1)
        guests[int(cid)] = Guest(path, int(cid))
    print("ready", flush=True)
    while True:
        for key, _ in selector.select():
            if selector.get_map().get(key.fd) is key:  # not gone meanwhile
                key.data()


if __name__ == "__main__":
    main()
