#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Writes the seeds of the export decoders' fuzz targets: fuzz/corpus/{netflow5,netflow9,ipfix,sflow,
export}/. A seed is datagrams, each with its length in two bytes before it (export_fuzz.h)."""
import os
import struct

HERE = os.path.dirname(os.path.abspath(__file__))
NOW = 1500000000
V4 = bytes([10, 0, 0, 1])
V4B = bytes([198, 51, 100, 1])
V6 = bytes.fromhex('20010db8000000000000000000000001')
FRAME = (bytes(12) + bytes.fromhex('08004500002c00010000400600000a000001c6336401'
                                   '04d20050000000010000000050020400000000000204'))


def be(width, *values):
    return b''.join(v.to_bytes(width, 'big') for v in values)


def set_of(number, body):
    body += bytes(-len(body) % 4)
    return be(2, number, len(body) + 4) + body


def v5(count, sampling=0x4064, uptime=100000, sequence=0):
    record = V4 + V4B + V4 + be(2, 1, 2) + be(4, 10, 1000, 90000, 99000) + be(2, 1234, 80) + \
        be(1, 0, 18, 6, 0) + be(2, 64500, 64501) + be(1, 24, 16) + be(2, 0)
    return be(2, 5, count) + be(4, uptime, NOW, 500, sequence) + be(1, 1, 2) + be(2, sampling) + \
        record * count


def v9(*sets, sequence=1, domain=7, uptime=60000):
    return be(2, 9, len(sets)) + be(4, uptime, NOW, sequence, domain) + b''.join(sets)


def ipfix(*sets, sequence=0, domain=7):
    body = b''.join(sets)
    return be(2, 10, len(body) + 16) + be(4, NOW, sequence, domain) + body


def template(number, *fields):
    """fields: (id, length) or (pen, id, length)"""
    out = be(2, number, len(fields))
    for f in fields:
        out += be(2, f[-2] | (0x8000 if len(f) == 3 else 0), f[-1]) + (be(4, f[0]) if len(f) == 3 else b'')
    return out


USUAL = ((8, 4), (12, 4), (7, 2), (11, 2), (4, 1), (6, 1), (1, 4), (2, 4), (22, 4), (21, 4), (10, 4),
         (14, 4), (48, 1))
USUAL_RECORD = V4 + V4B + be(2, 1234, 80) + be(1, 6, 2) + be(4, 1000, 10, 50000, 59000, 1, 2) + be(1, 5)


def samples():
    raw = be(4, 1, len(FRAME) + 4, 4, len(FRAME)) + FRAME + bytes(-len(FRAME) % 4)
    records = [(1001, be(4, 100, 0, 100, 0)), (1002, be(4, 1) + V4 + be(4, 24, 24)),
               (1003, be(4, 1) + V4 + be(4, 64500, 64501, 64502, 1, 2, 2, 64503, 64504, 1, 7, 100)),
               (1, raw), (3, be(4, 60, 17) + V4 + V4B + be(4, 53, 54, 0, 0)),
               (4, be(4, 60, 17) + V6 + V6 + be(4, 53, 54, 0, 0)),
               (2, be(4, 60) + bytes(16) + be(4, 2048)), (4300 << 12 | 1, bytes(8))]
    flow = b''.join(be(4, f, len(b)) + b for f, b in records)
    counters = be(4, 1, 88) + be(4, 7, 6) + be(8, 10 ** 10) + bytes(72) + be(4, 1005, 8, 4) + b'eth0'
    return [(1, be(4, 1, 7, 512, 512, 0, 7, 8, len(records)) + flow),
            (2, be(4, 1, 7, 2) + counters),
            (3, be(4, 1, 0, 7, 512, 512, 0, 0, 7, 1, 8, len(records)) + flow),
            (4, be(4, 1, 0, 7, 2) + counters),
            (5, be(4, 1, 0, 7, 0, 1, 2, 256, 2, 1036, 4, 42, 1037, 12, 1, 0, 0)),
            (99, bytes(12))]


def sflow(chosen, agent=be(4, 1) + V4):
    body = b''.join(be(4, f, len(b)) + b for f, b in chosen)
    return be(4, 5) + agent + be(4, 3, 9, 5000, len(chosen)) + body


def seeds():
    options9 = set_of(1, be(2, 300, 4, 8, 1, 4, 48, 1, 50, 4))
    data9 = [v9(set_of(0, template(256, *USUAL)), options9), v9(set_of(300, be(4, 0) + be(1, 5) + be(4, 100)), sequence=2),
             v9(set_of(256, USUAL_RECORD * 3), sequence=3)]
    six = ((27, 16), (28, 16), (4, 1), (7, 2), (11, 2), (85, 8), (86, 8), (152, 8), (153, 8), (89, 4))
    six_record = V6 + V6 + be(1, 58) + be(2, 0, 0x8000) + be(8, 100, 1, NOW * 1000, NOW * 1000) + be(4, 0x80)
    biflow = ((8, 4), (12, 4), (1, 8), (2, 8), (29305, 1, 8), (29305, 2, 8), (6871, 21, 4), (158, 4),
              (159, 4), (96, 0xffff), (291, 0xffff), (9, 1, 0xffff))
    biflow_record = V4 + V4B + be(8, 1000, 10, 2000, 20) + be(4, 5, 100, 50) + b'\3abc' + \
        b'\xff\1\4' + bytes(260) + b'\0'
    frame = ((312, 2), (315, 0xffff), (305, 4), (306, 4))
    options10 = set_of(3, be(2, 400, 4, 1, 149, 4, 302, 8, 311, 8, 160, 8))
    yield 'netflow5', 'records', [v5(2), v5(3, 0, 200, 2), v5(1, 0xffff, 4294967295, 5)]
    yield 'netflow5', 'short', [v5(1)[:70], v5(0), be(2, 5, 30)]
    yield 'netflow9', 'life', data9
    yield 'netflow9', 'six', [v9(set_of(0, template(257, *six))), v9(set_of(257, six_record * 2))]
    yield 'netflow9', 'odd', [v9(set_of(0, template(258, (8, 0), (1, 4)) + template(259) + be(2, 5, 1, 1, 4)),
                                 set_of(1, be(2, 300, 3, 5, 1, 2)), set_of(258, be(4, 7)))]
    yield 'ipfix', 'biflow', [ipfix(set_of(2, template(500, *biflow))), ipfix(set_of(500, biflow_record * 2))]
    yield 'ipfix', 'frame', [ipfix(set_of(2, template(501, *frame)),
                                   set_of(501, be(2, 500, ) + be(1, len(FRAME)) + FRAME + be(4, 1, 99)))]
    yield 'ipfix', 'options', [ipfix(options10, set_of(400, be(4, 7) + be(8, 3) + struct.pack('>d', .01) + be(8, NOW * 1000 - 60000))),
                               ipfix(set_of(2, template(502, *USUAL)), set_of(502, USUAL_RECORD * 2), sequence=1),
                               ipfix(set_of(2, be(2, 502, 0) + be(2, 2, 0)), set_of(3, be(2, 3, 0)), sequence=3)]
    yield 'sflow', 'all', [sflow(samples())]
    yield 'sflow', 'six', [sflow(samples()[:1], be(4, 2) + V6), sflow(samples()[4:], be(4, 0))]
    yield 'export', 'mixed', [v5(1)] + data9 + [ipfix(set_of(2, template(500, *biflow))), sflow(samples()[:2]), b'\0\7']


def main():
    for target, name, datagrams in seeds():
        folder = os.path.join(HERE, 'corpus', target)
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, name), 'wb') as file:
            for d in datagrams:
                file.write(be(2, len(d)) + d)


if __name__ == '__main__':
    main()
