#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""What `noroshi read` sees of captures made here, and what it says of what it could not look at.

test_read_cli.py PROGRAM [unittest options]
"""
import gzip
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
                self.assertEqual(found[0]['delay']['flows_s'], 0)    # packets are told at once

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


def pcapng(frames, blocks=b'', options=b''):
    """A section of one Ethernet interface; @options stand behind each frame, @blocks at the end."""
    def block(kind, body):
        return struct.pack('<II', kind, len(body) + 12) + body + struct.pack('<I', len(body) + 12)
    out = [block(0x0a0d0d0a, struct.pack('<IHHq', 0x1a2b3c4d, 1, 0, -1)), block(1, struct.pack('<HHI', 1, 0, 0))]
    for when, frame in frames:
        us = round(when * 1000000)
        out.append(block(6, struct.pack('<IIIII', 0, us >> 32, us & 0xffffffff, len(frame), len(frame)) +
                         frame + bytes(-len(frame) % 4) + options))
    return b''.join(out) + (block(5, blocks) if blocks else b'')


class Unseen(Case):
    """Where not everything was looked at, that nothing was seen is said of the rest alone."""
    NOTHING = 'no attack was seen; that means none at or above these rates:'
    REST = 'no attack was seen in the rest; that means none of it at or above these rates:'

    @staticmethod
    def quiet(n=100, start=START):
        return [(start + i / 100, ethernet(0x0800, ip4('198.51.100.7', TARGET, 17, udp(1024 + i, 9, bytes(20)))))
                for i in range(n)]

    def says(self, want, *args, status=0):
        done = self.read(*args, status=status)
        self.assertIn(want, done.stderr)
        return done.stderr

    def test_all_was_seen(self):
        self.says(self.NOTHING, self.path('quiet.pcap', pcap(self.quiet())))

    def test_files_put_together(self):
        """cat a.pcap b.pcap: the header of the second is no record, whatever its byte order."""
        flood = [(START + 10 + i / 20000, ethernet(0x0800, ip4('198.51.100.7', TARGET, 17, udp(1, 9, bytes(20)))))
                 for i in range(30000)]
        for name, second in (('same', pcap(flood)), ('empty between', pcap([]) + pcap(flood))):
            path = self.path('both.pcap', pcap(self.quiet()) + second)
            with self.subTest(name):
                self.assertEqual([i['targets'] for i in self.incidents(path)], [[TARGET]])
        done = self.read(path, status=0)
        self.assertIn('read: 30100 records', done.stderr)
        self.assertNotIn('refused', done.stderr)
        big = b''.join([struct.pack('>IHHiIII', 0xa1b23c4d, 2, 4, 0, 0, 65535, 101)] + [
            struct.pack('>IIII', START + 2, i, len(f) - 14, len(f) - 14) + f[14:] for i, (_, f) in
            enumerate(self.quiet(7))])
        done = self.read(self.path('orders.pcap', pcap(self.quiet()) + big), status=0)
        self.assertIn('read: 107 records', done.stderr)

    def test_rest_of_a_broken_file(self):
        """All that is left counts, not only what is visible of it."""
        for name, head in (('pcap', pcap(self.quiet())), ('pcapng', pcapng(self.quiet()))):
            junk = b'\xff' * 3000000
            with self.subTest(name):
                err = self.says(self.REST, self.path('broken', head + junk), status=1)
                self.assertIn('read: 100 records', err)
                self.assertIn('refused 1 times (3000000 bytes)', err)

    def test_left_where_it_swells(self):
        """A few kilobytes that would unpack to records without end."""
        frames = gzip.compress(pcap([]) + bytes(32 << 20), 6)
        said = self.read(self.path('once', frames), status=0).stderr
        self.assertIn('refused: not-ip 2097152 times', said)
        self.assertNotIn('swollen', said)
        said = self.read(self.path('twice', gzip.compress(frames, 6)), status=1).stderr
        self.assertIn('refused: swollen 1 times, 0 bytes (compressed data that unpack to over 4,000 times their size)',
                      said)

    def test_drops_that_a_capture_tells_of(self):
        statistics = struct.pack('<IIIHHQHHQHH', 0, 0, 0, 5, 8, 4000, 7, 8, 1000, 0, 0)
        path = self.path('statistics.pcapng', pcapng(self.quiet(), statistics))
        err = self.says(self.REST, path)
        self.assertIn('every packet counted that it holds; dropped by its own count 5000', err)
        self.assertIn('packets and samples dropped before they were told of 5000', err)
        each = pcapng(self.quiet(), options=struct.pack('<HHQHH', 4, 8, 3, 0, 0))
        self.assertIn('dropped by its own count 300', self.says(self.REST, self.path('each.pcapng', each)))

    def test_exports_among_packets(self):
        """17 % of other UDP, and what the exports tell is not read: it is said, and how to."""
        def v5(i):
            record = socket.inet_aton('203.0.113.7') + socket.inet_aton(TARGET) + bytes(4) + struct.pack(
                '!HHIIIIHHBBBBHHBBH', 1, 2, 1000, 60000, 990000, 995000, 1024, 80, 0, 2, 6, 0, 0, 0, 0, 0, 0)
            return struct.pack('!HHIIIIBBH', 5, 1, 1000000, START + i // 100, 0, i, 0, 0, 0) + record
        frames = []
        for i in range(600):
            data = bytes(30) if i % 6 == 0 else v5(i)
            frames.append((START + i / 100, ethernet(0x0800, ip4('198.51.100.1', '10.0.0.1', 17,
                                                                 udp(50000, 2055, data)))))
        path = self.path('mixed.pcap', pcap(frames))
        err = self.says(self.REST, path)
        self.assertRegex(err, r'yet \d+ of \d+ UDP datagrams looked at are flow exports: --as exports decodes')
        self.assertRegex(err, r'flow exports taken for packets, at least \d+')
        self.assertNotIn('--as exports', self.read('--as', 'packets', path, status=0).stderr)

    def test_missing_template(self):
        data = struct.pack('!HHIIII', 9, 1, 1000000, START, 1, 1) + struct.pack('!HH', 256, 8) + bytes(4)
        v5 = struct.pack('!HHIIIIBBH', 5, 1, 1000000, START, 0, 0, 0, 0, 1) + bytes(48)
        path = self.path('untold.pcap', pcap([(START + i, ethernet(0x0800, ip4(
            '198.51.100.1', '10.0.0.1', 17, udp(50000, 2055, d)))) for i, d in enumerate((v5, data))]))
        err = self.says(self.REST, '--as', 'exports', path, status=1)
        self.assertIn('sets of data without template 1', err)

    def test_japanese(self):
        path = self.path('broken', pcap(self.quiet()) + b'\xff' * 100)
        done = subprocess.run([PROGRAM, 'read', '--own', '192.0.2.0/24', '--lang', 'ja', path], timeout=120,
                              capture_output=True, text=True, check=False)
        self.assertIn('(キャプチャファイルの構造が壊れている)', done.stderr)
        self.assertIn('拒否 1 回 (100 バイト)\n残りに攻撃は見つかりませんでした。', done.stderr)


class Decode(Case):
    def decode(self, path, status):
        done = subprocess.run([PROGRAM, 'decode', path], timeout=120, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def test_no_exports(self):
        tcp = struct.pack('!HHIIBBHHH', 1, 2, 0, 0, 0x50, 2, 1024, 0, 0)
        path = self.path('tcp.pcap', pcap([(START, ethernet(0x0800, ip4('198.51.100.7', TARGET, 6, tcp)))] * 3))
        done = self.decode(path, 0)
        self.assertEqual(done.stdout, '')
        self.assertEqual(done.stderr, f'no flow exports in {path} (3 packets, 0 UDP datagrams)\n')

    def test_cut_by_the_capture(self):
        """Not a truncated export: what is not there was not kept."""
        record = struct.pack('!HHIIIIBBH', 5, 2, 1000000, START, 0, 0, 0, 0, 1) + bytes(96)
        frame = ethernet(0x0800, ip4('198.51.100.1', '10.0.0.1', 17, udp(50000, 2055, record)))
        for kept, want in ((len(frame) - 10, r'capture-cut: 1|bad-count: 1'), (42, r'capture-cut: 1 \(128 bytes\)')):
            cut = struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1) + struct.pack(
                '<IIII', START, 0, kept, len(frame)) + frame[:kept]
            done = self.decode(self.path('cut.pcap', cut), 1)
            self.assertRegex(done.stderr, want)
            self.assertNotIn('truncated', done.stderr)


if __name__ == '__main__':
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
