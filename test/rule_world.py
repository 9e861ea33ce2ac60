# SPDX-License-Identifier: ISC
"""A small internet for packets: an attacker, a client and a victim, each in a network namespace of its
own, around a router that forwards. Packets leave as whole frames from where they are said to come from, and
what reaches the victim's wire is counted there; nobody answers anything."""
import ctypes
import os
import socket
import struct
import subprocess
import time

CLONE_NEWNET = 0x40000000
ETH = {4: 0x0800, 6: 0x86dd}
SO_RCVBUFFORCE = 33
NETWORKS4 = ('198.51.100.0/24', '203.0.113.0/24', '198.18.0.0/16')
NETWORKS6 = ('2001:db8::/32',)
SETTINGS = {'net/ipv4/ip_forward': 1, 'net/ipv6/conf/all/forwarding': 1,
            'net/ipv4/conf/all/rp_filter': 0, 'net/ipv4/conf/default/rp_filter': 0,
            'net/ipv4/conf/all/send_redirects': 0, 'net/ipv4/conf/default/send_redirects': 0,
            'net/ipv4/icmp_ratelimit': 0}
LIBC = ctypes.CDLL(None, use_errno=True)


def ip(*words, check=True):
    return subprocess.run(['ip', *words], check=check, capture_output=True, text=True)


def setns(fd):
    if LIBC.setns(fd, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), 'setns')


def can():
    """None, or why namespaces cannot be had here."""
    if os.geteuid() != 0:
        return 'only root can make network namespaces'
    name = f'noroshi-try-{os.getpid()}'
    try:
        ip('netns', 'add', name)
    except (OSError, subprocess.CalledProcessError) as e:
        return f'no network namespaces here: {e}'
    ip('netns', 'del', name)
    return None


class World:
    """Names: router, attacker, client, victim; the router's end of each wire is named after the other."""

    def __init__(self, tag):
        self.ns = {n: f'noroshi-{tag}-{os.getpid()}-{n}' for n in ('router', 'attacker', 'client', 'victim')}
        self.sockets, self.macs, self.home = {}, {}, os.open('/proc/thread-self/ns/net', os.O_RDONLY)
        try:
            for name in self.ns.values():
                ip('netns', 'add', name)
            for key, value in SETTINGS.items():
                self.run('router', 'sh', '-c', f'echo {value} > /proc/sys/{key}')
            for i, name in enumerate(('attacker', 'client', 'victim'), 1):
                self.wire(name, i)
            for network in NETWORKS4:
                self.run('router', 'ip', 'route', 'add', network, 'via', '10.77.3.2')
            for network in NETWORKS6:
                self.run('router', 'ip', '-6', 'route', 'add', network, 'via', 'fd77:3::2', 'dev', 'victim')
        except BaseException:
            self.end()
            raise

    def end(self):
        for sock in self.sockets.values():
            sock.close()
        for name in self.ns.values():
            ip('netns', 'del', name, check=False)
        os.close(self.home)

    def run(self, where, *command, **how):
        how = {'check': True, 'capture_output': True, 'text': True, **how}
        return subprocess.run(['ip', 'netns', 'exec', self.ns[where], *command], **how)

    def start(self, where, *command, **how):
        return subprocess.Popen(['ip', 'netns', 'exec', self.ns[where], *command], **how)

    def wire(self, name, i):
        """10.77.I.1 and fd77:I::1 are the router's, .2 and ::2 the other's."""
        self.run('router', 'ip', 'link', 'add', name, 'type', 'veth', 'peer', 'name', 'wire', 'netns',
                 self.ns[name])
        self.run('router', 'sh', '-c', f'echo 0 > /proc/sys/net/ipv4/conf/{name}/rp_filter')
        macs = {}
        for where, link, last in (('router', name, 1), (name, 'wire', 2)):
            self.run(where, 'ip', 'link', 'set', 'lo', 'up')
            self.run(where, 'ip', 'addr', 'add', f'10.77.{i}.{last}/24', 'dev', link)
            self.run(where, 'ip', '-6', 'addr', 'add', f'fd77:{i}::{last}/64', 'dev', link, 'nodad')
            self.run(where, 'ip', 'link', 'set', link, 'up')
            macs[where] = self.run(where, 'cat', f'/sys/class/net/{link}/address').stdout.strip()
        for address in (f'10.77.{i}.2', f'fd77:{i}::2'):
            self.run('router', 'ip', 'neigh', 'replace', address, 'lladdr', macs[name], 'dev', name, 'nud',
                     'permanent')
        self.macs[name] = tuple(bytes.fromhex(macs[w].replace(':', '')) for w in ('router', name))
        self.sockets[name] = self.socket(name)

    def socket(self, where):
        """A packet socket there; it stays there when we are back."""
        fd = os.open(f'/var/run/netns/{self.ns[where]}', os.O_RDONLY)
        try:
            setns(fd)
            sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            sock.bind(('wire', 3))
            if where == 'victim':
                sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 128 << 20)
        finally:
            setns(self.home)
            os.close(fd)
        sock.setblocking(False)
        return sock

    def nft(self, text):
        """Loads a file of nftables in the router's namespace; raises with what nft says."""
        done = self.run('router', 'nft', '-f', '-', input=text, check=False)
        if done.returncode:
            raise AssertionError(f'nft: {done.stderr}\n{text}')

    def load(self, lines, table='rules'):
        """The rules alone, in the place that nftables.c has its own."""
        self.nft(f'table inet {table}\ndelete table inet {table}\ntable inet {table} {{\nchain rules {{\n'
                 'type filter hook prerouting priority -450; policy accept;\n' + '\n'.join(lines) +
                 '\n}\n}\n')

    def unload(self, table='rules'):
        self.run('router', 'nft', 'delete', 'table', 'inet', table, check=False)

    def frames(self):
        """IP packets that reached the victim's wire since we looked."""
        sock, mac, found = self.sockets['victim'], self.macs['victim'], []
        while True:
            try:
                data, where = sock.recvfrom(2048)
            except BlockingIOError:
                return found
            if where[2] != socket.PACKET_OUTGOING and data[:6] == mac[1] and \
                    data[12:14] in (b'\x08\x00', b'\x86\xdd'):
                found.append(data[14:])

    def send(self, where, packet):
        router, own = self.macs[where]
        frame = router + own + struct.pack('>H', ETH[packet[0] >> 4]) + packet
        while True:
            try:
                self.sockets[where].send(frame)
                return
            except (BlockingIOError, InterruptedError):
                time.sleep(0.001)
            except OSError as e:
                if e.errno != 105:      # ENOBUFS
                    raise
                time.sleep(0.001)

    def pass_through(self, packets, settle=0.2):
        """@packets: [(where, bytes)]. What of them reached the victim, without what a router changes."""
        self.frames()
        came = []
        for i, (where, packet) in enumerate(packets):
            self.send(where, packet)
            if i % 100 == 99:
                came += self.frames()
        until = time.monotonic() + settle
        while time.monotonic() < until:
            new = self.frames()
            came += new
            if new:
                until = time.monotonic() + settle
            time.sleep(0.005)
        return came


def mark(packet):
    """What tells a packet from the others of a test: family and identification or flow label."""
    if packet[0] >> 4 == 4:
        return 4, struct.unpack('>H', packet[4:6])[0]
    return 6, struct.unpack('>I', packet[:4])[0] & 0xfffff


# ---- packets by hand -----------------------------------------------------------------------------

def checksum(data):
    total = sum(struct.unpack(f'>{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total ^ 0xffff


def ip_packet(src, dst, protocol, payload, ident, offset=0, more=False, tos=0):
    """IPv4 or IPv6 by the addresses; @offset in octets."""
    if ':' in dst:
        if offset or more:
            payload = struct.pack('>BBHI', protocol, 0, offset | more, ident) + payload
            protocol = 44
        return struct.pack('>IHBB', 6 << 28 | tos << 20 | ident, len(payload), protocol, 64) + \
            socket.inet_pton(socket.AF_INET6, src) + socket.inet_pton(socket.AF_INET6, dst) + payload
    head = struct.pack('>BBHHHBBH4s4s', 0x45, tos, 20 + len(payload), ident, offset // 8 | more << 13, 64,
                       protocol, 0, socket.inet_aton(src), socket.inet_aton(dst))
    return head[:10] + struct.pack('>H', checksum(head)) + head[12:] + payload


def tcp(sport, dport, flags, size=0):
    return struct.pack('>HHIIBBHHH', sport, dport, 1, 0, 0x50, flags, 1024, 0, 0) + b'x' * size


def udp(sport, dport, size):
    return struct.pack('>HHHH', sport, dport, 8 + size, 0) + b'x' * size


def icmp(kind, code, size):
    return struct.pack('>BBHHH', kind, code, 0, 1, 1) + b'x' * size
