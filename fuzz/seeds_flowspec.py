#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Writes the seeds of the FlowSpec target: fuzz/corpus/flowspec. The first octet says what follows
(fuzz_flowspec.c). Every seed is put together here; run again, it writes the same bytes. What stands
there as found-* was found by fuzzing from these seeds, the fewest that reach every edge."""
import json
import pathlib
import struct

HERE = pathlib.Path(__file__).parent / 'corpus' / 'flowspec'
NLRI, VALUE, COMMUNITIES, RULE, PATHS, IPV6, VPN = 0, 1, 2, 3, 4, 8, 16
END, AND, TWO, FOUR = 0x80, 0x40, 0x10, 0x20
EQ, GT, LT, ANY, MATCH, NOT = 1, 2, 4, 0, 1, 2


def prefix4(kind, length, *octets):
    return bytes([kind, length, *octets])


def prefix6(kind, length, offset, pattern):
    return bytes([kind, length, offset]) + pattern


def pairs(kind, *ops):
    """(operator, value[, octets]): the last one gets the end of the list."""
    out = bytes([kind])
    for i, (op, value, *size) in enumerate(ops):
        octets = size[0] if size else 1
        op |= {1: 0, 2: TWO, 4: FOUR}[octets] | (END if i + 1 == len(ops) else 0)
        out += bytes([op]) + value.to_bytes(octets, 'big')
    return out


def nlri(*components):
    value = b''.join(components)
    if len(value) < 240:
        return bytes([len(value)]) + value
    return struct.pack('>H', 0xf000 | len(value)) + value


DESTINATION = prefix4(1, 24, 203, 0, 113)
HOST = prefix4(1, 32, 203, 0, 113, 9)
TCP, UDP, ICMP = pairs(3, (EQ, 6)), pairs(3, (EQ, 17)), pairs(3, (EQ, 1))
HOST6 = prefix6(1, 128, 0, bytes.fromhex('20010db8000000000000000000000009'))

SEEDS = {
    'syn': (NLRI, nlri(HOST, TCP, pairs(5, (EQ, 80)), pairs(9, (MATCH, 2), (AND | NOT | MATCH, 16)))),
    'amplification': (NLRI, nlri(DESTINATION, UDP, pairs(6, (EQ, 53), (EQ, 123), (EQ, 11211, 2)),
                                 pairs(10, (GT | EQ, 400, 2), (AND | LT | EQ, 1500, 2)))),
    'all4': (NLRI, nlri(DESTINATION, prefix4(2, 12, 198, 16), pairs(3, (LT | GT, 6)), pairs(4, (EQ, 0)),
                        pairs(5, (LT, 1024, 2)), pairs(6, (GT, 1023, 2)), pairs(7, (EQ, 8)),
                        pairs(8, (EQ, 0)), pairs(9, (ANY, 3), (NOT, 20)), pairs(10, (EQ, 60)),
                        pairs(11, (EQ, 10)), pairs(12, (ANY, 5)))),
    'all6': (NLRI | IPV6, nlri(HOST6, prefix6(2, 104, 61, bytes.fromhex('22468acf1300')),
                               pairs(3, (EQ, 58)), pairs(7, (EQ, 128)), pairs(12, (MATCH, 2)),
                               pairs(13, (LT, 500000, 4)))),
    'vpn': (NLRI | VPN, nlri(bytes.fromhex('0000fbf400000007'), HOST)),
    'several': (NLRI, nlri(HOST) + nlri(DESTINATION, UDP)),
    'paths': (PATHS, bytes(4) + nlri(HOST) + bytes.fromhex('00000007') + nlri(DESTINATION, UDP)),
    'long': (NLRI, nlri(DESTINATION, pairs(4, *[(EQ, 1000 + 2 * i, 2) for i in range(100)]))),
    'long-length': (NLRI, b'\xf0\x05' + DESTINATION),
    'whole': (VALUE | IPV6, prefix6(2, 128, 120, bytes(15) + b'\1') + TCP),
    'reserved': (VALUE, prefix4(1, 21, 203, 0, 127) + pairs(3, (AND | 8 | EQ, 6))
                 + pairs(9, (12 | MATCH, 0xff02, 2)) + pairs(11, (EQ, 255)) + pairs(12, (MATCH, 255))),
    'false': (VALUE, DESTINATION + pairs(3, (0, 6)) + pairs(9, (ANY, 0))),
    'holes': (VALUE, DESTINATION + pairs(3, (LT | GT, 6), (AND | LT | GT, 17), (AND | LT | GT, 1))),
    'groups': (VALUE, HOST + pairs(9, (ANY, 7), (AND | NOT | MATCH, 0x28), (MATCH, 18), (NOT, 18),
                                   (AND | MATCH, 4))),
    'twice': (VALUE, DESTINATION + DESTINATION),
    'cut': (VALUE, HOST + TCP[:-1]),
    'communities': (COMMUNITIES, bytes.fromhex('8006000047f42400' '800c0000447a0000' '8007000000000003'
                                               '8008fbf40000029a' '8108c000020100c8' '8208fa56ea000064'
                                               '800900000000000a' '0800000000000001' '010cc00002010001'
                                               '0002fbf400000001')),
    'rates': (COMMUNITIES, bytes.fromhex('80060000c2c80000' '8006000080000000')),
    'communities6': (COMMUNITIES | IPV6, bytes.fromhex(
        '000d20010db80000000000000000000000010064' '000c20010db80000000000000000000000010001')),
    'rule': (RULE, json.dumps({
        'destination': '203.0.113.9/32', 'source': None, 'action': 'rate-limit', 'limit_bps': 1e6,
        'conditions': [{'field': 'protocol', 'ranges': [{'from': 6, 'to': 6}]},
                       {'field': 'tcp-flags', 'ranges': [{'value': 2, 'mask': 18}]}]}).encode()),
    'redirect': (RULE, json.dumps({'destination': '2001:db8::/48', 'source': '2001:db8:1::/48',
                                   'action': 'redirect', 'redirect': '64500:666',
                                   'conditions': []}).encode()),
}


def main():
    HERE.mkdir(parents=True, exist_ok=True)
    for name, (kind, data) in SEEDS.items():
        (HERE / name).write_bytes(bytes([kind]) + data)


if __name__ == '__main__':
    main()
