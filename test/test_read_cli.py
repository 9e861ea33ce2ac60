#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""What `noroshi read` sees of captures made here, and what it says of what it could not look at.

test_read_cli.py PROGRAM [unittest options]
"""
import json
import os
import random
import socket
import struct
import subprocess
import sys
import tempfile
import unittest

PROGRAM = None
TARGET = '192.0.2.80'
START = 1600000000


def ip4(src, dst, proto, payload):
    return struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(payload), 1, 0, 60, proto, 0,
                       socket.inet_aton(src), socket.inet_aton(dst)) + payload


def ip6(src, dst, proto, payload):
    return struct.pack('!IHBB', 6 << 28, len(payload), proto, 60) + socket.inet_pton(
        socket.AF_INET6, src) + socket.inet_pton(socket.AF_INET6, dst) + payload


def udp(sport, dport, payload):
    return struct.pack('!HHHH', sport, dport, 8 + len(payload), 0) + payload


def ethernet(ethertype, payload):
    return b'\2\0\0\0\0\1\2\0\0\0\0\2' + struct.pack('!H', ethertype) + payload


def pcap(frames):
    """The file of (time, frame)."""
    out = [struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)]
    for when, frame in frames:
        us = round(when * 1000000)
        out += [struct.pack('<IIII', us // 1000000, us % 1000000, len(frame), len(frame)), frame]
    return b''.join(out)


class Case(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix='noroshi-read-')
        self.addCleanup(scratch.cleanup)
        self.dir = scratch.name

    def path(self, name, data):
        path = os.path.join(self.dir, name)
        with open(path, 'wb') as f:
            f.write(data)
        return path

    def read(self, *args, status=None):
        done = subprocess.run([PROGRAM, 'read', '--own', '192.0.2.0/24', *args], timeout=120,
                              capture_output=True, text=True, check=False,
                              env=dict(os.environ, LC_ALL='C', LANG='C', TZ='UTC'))
        if status is not None:
            self.assertEqual(done.returncode, status, done.stderr[-2000:])
        return done

    def incidents(self, *args):
        return [json.loads(line) for line in self.read('--json', *args, status=0).stdout.splitlines()]


class Tunnels(Case):
    """Floods of packets whose inside goes anywhere: what is attacked is where they go themselves."""

    def setUp(self):
        super().setUp()
        self.random = random.Random(1)

    def anywhere(self):
        return '.'.join(str(self.random.randrange(1, 223)) for _ in range(4))

    def inner(self):
        """As the GRE floods of Mirai have it: UDP between random addresses and ports, 512 random bytes."""
        r = self.random
        return ip4(self.anywhere(), self.anywhere(), 17,
                   udp(r.randrange(65536), r.randrange(65536), r.randbytes(512)))

    def teredo(self):
        return ip6('2001::1', f'2001:db8:{self.random.randrange(65536):x}::1', 17, udp(1, 2, bytes(99)))

    def outer(self, kind):
        port = self.random.randrange(1024, 65536)
        proto, payload = {
            'greip': lambda: (47, struct.pack('!HH', 0, 0x0800) + self.inner()),
            'greeth': lambda: (47, struct.pack('!HH', 0, 0x6558) + ethernet(0x0800, self.inner())),
            'erspan': lambda: (47, struct.pack('!HH', 0, 0x88be) + ethernet(0x0800, self.inner())),
            'ipip': lambda: (4, self.inner()),
            'vxlan': lambda: (17, udp(port, 4789, b'\x08\0\0\0\0\0\1\0' + ethernet(0x0800, self.inner()))),
            'geneve': lambda: (17, udp(port, 6081, b'\0\0\x65\x58\0\0\1\0' + ethernet(0x0800, self.inner()))),
            'teredo': lambda: (17, udp(port, 3544, self.teredo())),
        }[kind]()
        return ethernet(0x0800, ip4(self.anywhere(), TARGET, proto, payload))

    def flood(self, kind):
        return self.path(kind + '.pcap', pcap(
            (START + i / 20000, self.outer(kind)) for i in range(30000)))

    def test_outermost_is_attacked(self):
        for kind, vector in (('greip', 'proto_flood'), ('greeth', 'proto_flood'),
                             ('erspan', 'proto_flood'), ('ipip', 'proto_flood'),
                             ('vxlan', 'udp_flood'), ('geneve', 'udp_flood'), ('teredo', 'udp_flood')):
            with self.subTest(kind):
                found = self.incidents(self.flood(kind))
                self.assertEqual([i['targets'] for i in found], [[TARGET]])
                self.assertEqual(found[0]['vectors'], [vector])
                self.assertAlmostEqual(found[0]['peak']['pps'], 20000, delta=400)

    def test_sflow_headers(self):
        """The same in the packet headers that sFlow brings, one packet in 1,000."""
        def datagram(sequence):
            samples = b''
            for i in range(5):
                header = self.outer('greip')[:128]
                record = struct.pack('!IIII', 1, 560, 4, len(header)) + header
                flow = struct.pack('!IIIIIIII', sequence * 5 + i, 1, 1000, 5000 * sequence + 1000 * i,
                                   0, 1, 2, 1) + struct.pack('!II', 1, len(record)) + record
                samples += struct.pack('!II', 1, len(flow)) + flow
            return struct.pack('!II4sIIII', 5, 1, b'\x0a\1\1\1', 0, sequence, sequence * 10, 5) + samples
        path = self.path('sflow.pcap', pcap(
            (START + i / 40, ethernet(0x0800, ip4('198.51.100.1', '10.0.0.1', 17,
                                                  udp(50000, 6343, datagram(i + 1))))) for i in range(200)))
        found = self.incidents(path)
        self.assertEqual([i['targets'] for i in found], [[TARGET]])
        self.assertEqual(found[0]['vectors'], ['proto_flood'])

    def test_unwrapped_where_said(self):
        """Who says that tunnels are followed has what is inside counted, of those and no others."""
        conf = self.path('noroshi.yaml', b'unwrap: [gre, vxlan]\n')
        self.assertEqual(self.incidents('--conf', conf, self.flood('greip')), [])
        self.assertEqual(self.incidents('--conf', conf, self.flood('vxlan')), [])
        self.assertEqual(len(self.incidents('--conf', conf, self.flood('erspan'))), 1)
        self.assertEqual(len(self.incidents('--conf', conf, self.flood('ipip'))), 1)


if __name__ == '__main__':
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
