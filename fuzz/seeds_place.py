#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Writes the seeds of the targets that read places: fuzz/corpus/place_*. Every seed is put together
here; run again, it writes the same bytes. The seed of place_image needs the built program:

    python3 fuzz/seeds_place.py [NOROSHI]
"""
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent / 'corpus'
T0 = 1220000000


def write(target, name, data):
    folder = HERE / f'place_{target}'
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def be(fmt, *values):
    return struct.pack('>' + fmt, *values)


# Registries

DELEGATED = b"""# a comment
2.3|apnic|20080808|5||20080807|+1000
apnic|*|asn|*|1|summary
apnic|*|ipv4|*|2|summary
apnic|*|ipv6|*|2|summary
apnic|JP|asn|64496|16|20020801|allocated|A1
apnic|JP|ipv4|192.0.2.0|768|20020801|allocated|A1
apnic||ipv4|198.51.100.0|256||available|
apnic|ZZ|ipv6|2001:db8::|32|20020801|reserved
apnic|KR|ipv6|2001:db9::|48|20020801|assigned|A2|e-stats
"""


# MRT

def mrt(kind, subtype, body, time=T0):
    return be('IHHI', time, kind, subtype, len(body)) + body


def attribute(flags, kind, body):
    if len(body) > 255:
        return be('BBH', flags | 0x10, kind, len(body)) + body
    return be('BBB', flags, kind, len(body)) + body


def path(size, *segments):
    out = b''
    for kind, asns in segments:
        out += be('BB', kind, len(asns)) + b''.join(be('I' if size == 4 else 'H', a) for a in asns)
    return out


def attributes(size, *segments, more=b''):
    return (attribute(0x40, 1, b'\0') + attribute(0x40, 2, path(size, *segments)) +
            attribute(0x40, 3, bytes([192, 0, 2, 1])) + more)


def prefix(text, length):
    raw = bytes(text)
    return be('B', length) + raw[:(length + 7) // 8]


V6 = bytes.fromhex('20010db8') + bytes(12)
PEERS = mrt(13, 1, bytes(4) + be('H', 4) + b'view' + be('H', 2) +
            be('B', 0) + bytes(4) + bytes([192, 0, 2, 9]) + be('H', 64500) +
            be('B', 3) + bytes(4) + V6 + be('I', 4200000000))


def rib(subtype, nlri, *entries):
    body = be('I', 1) + nlri + be('H', len(entries))
    for peer, path_id, attrs in entries:
        body += be('HI', peer, T0) + (be('I', path_id) if path_id is not None else b'')
        body += be('H', len(attrs)) + attrs
    return mrt(13, subtype, body)


def message(size, update, v6=False, path_ids=False):
    address = V6 if v6 else bytes([192, 0, 2, 9])
    head = be('II' if size == 4 else 'HH', 64500, 64511) + be('HH', 0, 2 if v6 else 1)
    return head + address + address + b'\xff' * 16 + be('HB', 19 + len(update), 2) + update


def update(withdrawn, attrs, announced):
    return be('H', len(withdrawn)) + withdrawn + be('H', len(attrs)) + attrs + announced


COMMUNITY = attribute(0xc0, 8, be('III', 0xffffff01, (64500 << 16) + 7, 0xffffff03))
AGGREGATOR = attribute(0xc0, 7, be('H', 23456) + bytes([192, 0, 2, 5]))
AS4 = attribute(0xc0, 17, path(4, (2, [4200000001, 64501]))) + \
    attribute(0xc0, 18, be('I', 4200000001) + bytes([192, 0, 2, 6]))
REACH = attribute(0x80, 14, be('HBB', 2, 1, 16) + V6 + b'\0' + prefix(V6, 32))
UNREACH = attribute(0x80, 15, be('HB', 2, 1) + prefix(V6, 48))
RIB_HOP = attribute(0x80, 14, be('B', 16) + V6)
NET = prefix([192, 0, 2, 0], 24)


def seeds_mrt():
    write('mrt', 'rib4', PEERS + rib(2, NET, (0, None, attributes(4, (2, [64500, 64501]))),
                                     (1, None, attributes(4, (2, [64502]), (1, [1, 2])))))
    write('mrt', 'rib6', PEERS + rib(4, prefix(V6, 32), (1, None, attributes(
        4, (3, [65001]), (2, [64500]), more=RIB_HOP))))
    write('mrt', 'add-path', PEERS + rib(8, NET, (0, 7, attributes(4, (2, [64500])))) +
          mrt(13, 6, b'\0' * 12))
    write('mrt', 'table-dump', mrt(12, 1, be('HH', 0, 1) + bytes([192, 0, 2, 0]) +
                                   be('BBI', 24, 1, T0) + bytes([192, 0, 2, 9]) + be('H', 64500) +
                                   be('H', len(attributes(2, (2, [64500])))) +
                                   attributes(2, (2, [64500]))))
    entry = bytes([192, 0, 2, 0]) + be('BBI', 24, 1, T0) + bytes([192, 0, 2, 9]) + \
        be('HH', 64500, len(attributes(2, (2, [64500])))) + attributes(2, (2, [64500]))
    # Many entries in a record, and a length four bytes short.
    batch = be('HH', 0, 1) + entry * 3
    write('mrt', 'batch', 2 * (be('IHHI', T0, 12, 1, len(batch) - 4) + batch))
    write('mrt', 'entry', mrt(16, 2, be('HHHH', 64500, 64511, 0, 1) + bytes([192, 0, 2, 9]) * 2 +
                              be('HHI', 0, 1, T0) + be('HBB', 1, 1, 4) + bytes([192, 0, 2, 1]) + NET +
                              be('H', len(attributes(2, (2, [64500])))) +
                              attributes(2, (2, [64500]))))
    write('mrt', 'updates', mrt(16, 1, message(2, update(NET, attributes(
        2, (2, [64500, 23456, 64501]), more=COMMUNITY + AGGREGATOR + AS4), NET))) +
        mrt(16, 4, message(4, update(b'', attributes(4, (2, [64500]), more=REACH + UNREACH), b''),
                           v6=True)) +
        mrt(17, 4, be('I', 999) + message(4, update(NET, b'', b''))) +
        mrt(16, 9, message(4, update(b'', attributes(4, (2, [64500])), be('I', 3) + NET))))
    write('mrt', 'states', mrt(16, 0, be('HHHH', 64500, 64511, 3, 4)) +
          mrt(16, 5, be('IIHH', 64500, 64511, 0, 1) + bytes(8) + be('HH', 6, 1)))
    write('mrt', 'legacy', mrt(5, 1, be('H', 64500) + bytes([192, 0, 2, 9]) + be('H', 64511) +
                               bytes([192, 0, 2, 8]) +
                               update(b'', attributes(2, (2, [64500]), more=COMMUNITY), NET)) +
          mrt(5, 3, be('H', 64500) + bytes([192, 0, 2, 9]) + be('HH', 1, 2)))


# MaxMind

def value(v):
    def control(kind, size):
        more = b''
        if size >= 29:
            more, size = be('B', size - 29), 29
        return (be('B', kind << 5 | size) if kind < 8 else be('BB', size, kind - 7)) + more
    if isinstance(v, dict):
        return control(7, len(v)) + b''.join(value(k) + value(x) for k, x in v.items())
    if isinstance(v, list):
        return control(11, len(v)) + b''.join(value(x) for x in v)
    if isinstance(v, str):
        return control(2, len(v.encode())) + v.encode()
    if isinstance(v, bool):
        return control(14, int(v))
    if isinstance(v, float):
        return control(3, 8) + be('d', v)
    raw = int(v).to_bytes((v.bit_length() + 7) // 8, 'big')
    return control({U16: 5, U64: 9}.get(type(v), 6), len(raw)) + raw


class U16(int):
    """A number that the format wants in two bytes; others are of four."""


class U64(int):
    """The same of eight."""


def mmdb(bits, version, records, data):
    """@records: pairs of (kind, number): node, empty, or an offset into @data."""
    nodes, tree = len(records), b''
    for pair in records:
        n = [{'node': x, 'none': nodes, 'data': nodes + 16 + x}[k] for k, x in pair]
        if bits == 24:
            tree += n[0].to_bytes(3, 'big') + n[1].to_bytes(3, 'big')
        elif bits == 28:
            tree += ((n[0] & 0xffffff).to_bytes(3, 'big') + bytes([n[0] >> 24 << 4 | n[1] >> 24]) +
                     (n[1] & 0xffffff).to_bytes(3, 'big'))
        else:
            tree += be('II', *n)
    return (tree + bytes(16) + data + b'\xab\xcd\xefMaxMind.com' + value({
        'binary_format_major_version': U16(2), 'binary_format_minor_version': U16(0),
        'build_epoch': U64(T0), 'database_type': 'Test', 'description': {'en': 'x'},
        'ip_version': U16(version), 'languages': ['en'], 'node_count': nodes,
        'record_size': U16(bits)}))


CITY = value({'country': {'iso_code': 'JP', 'names': {'en': 'Japan'}},
              'location': {'latitude': 35.7, 'ok': True}})
ASN = value({'autonomous_system_number': 64500, 'autonomous_system_organization': 'Example'})


def seeds_mmdb():
    pair = [[('node', 1), ('none', 0)], [('data', 0), ('data', len(CITY))]]
    for bits in (24, 28, 32):
        write('mmdb', f'v4-{bits}', mmdb(bits, 4, pair, CITY + ASN))
    chain = [[('node', i + 1), ('none', 0)] for i in range(95)]
    write('mmdb', 'v6', mmdb(24, 6, chain + [[('node', 96), ('data', 0)],
                                             [('data', len(CITY)), ('node', 96 + 1)],
                                             [('data', 0), ('none', 0)]], CITY + ASN))
    # A pointer to the country of the record before it.
    write('mmdb', 'pointer', mmdb(24, 4, [[('data', 0), ('data', len(CITY))]], CITY +
                                  b'\xe1' + value('country') + be('BB', 0x20, 9)))
    write('mmdb', 'circle', mmdb(24, 4, [[('node', 0), ('none', 0)]], CITY))


def seeds_peeringdb():
    net = {'id': 1, 'asn': 64500, 'name': 'Example', 'status': 'ok'}
    lan = {'id': 2, 'asn': 64500, 'ixlan_id': 3, 'ipaddr4': '192.0.2.1', 'ipaddr6': '2001:db8::1'}
    exchange = {'id': 3, 'name': 'EX', 'media': 'Ethernet'}
    write('peeringdb', 'api', json.dumps({'data': [net], 'meta': {'generated': T0}}).encode())
    write('peeringdb', 'dump', json.dumps({'net': {'data': [net]}, 'netixlan': {'data': [lan]},
                                           'ix': {'data': [exchange]}}).encode())
    write('peeringdb', 'model', json.dumps([{'model': 'x', 'pk': 3, 'fields': f}
                                            for f in (net, lan, exchange)]).encode())
    write('peeringdb', 'broken', b'{"data": [')


def main():
    write('delegated', 'apnic', DELEGATED)
    write('delegated', 'bare', b'test||ipv4|0.0.0.0|4294967295|20100712|allocated\r\n'
          b'test||ipv6|::|0||allocated\ntest||asn|102|1||allocated\n')
    write('delegated', 'broken', DELEGATED + b'apnic|JP|ipv4|192.0.2.1|4294967296|x|allocated\n')
    seeds_mrt()
    seeds_mmdb()
    seeds_peeringdb()
    if len(sys.argv) > 1:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.argv[1], 'place', 'import', '--db', folder, '--date', '2008-08-08',
                            str(HERE / 'place_delegated' / 'apnic'), str(HERE / 'place_mrt' / 'rib6'),
                            str(HERE / 'place_mmdb' / 'v6'), str(HERE / 'place_peeringdb' / 'dump')],
                           check=True)
            write('image', 'picture', (pathlib.Path(folder) / 'place' / 'picture').read_bytes())
    write('image', 'head', b'NRSPLACE' + bytes(16))


if __name__ == '__main__':
    main()
