#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Writes the seeds of the target that renders rules: fuzz/corpus/render. Run again, it writes the same."""
import ipaddress
import pathlib
import struct

HERE = pathlib.Path(__file__).parent / 'corpus' / 'render'
DISCARD, LIMIT, REDIRECT = 0, 1, 2
PROTOCOL, SPORT, DPORT, TYPE, CODE, FLAGS, LENGTH, DSCP, FRAGMENT = range(9)


def prefix(text):
    network = ipaddress.ip_network(text)
    v4 = network.version == 4
    return network.network_address.packed + bytes([network.prefixlen + (96 if v4 else 0)])


def rule(to, *conditions, action=DISCARD, source=None, limit=(1, 1, 8)):
    v4 = '.' in to
    data = bytes([v4 | bool(source) << 1 | action << 2 | 16]) + prefix(to)
    data += prefix(source) if source else b''
    data += struct.pack('>HHH', *limit)
    for field, *ranges in conditions:
        data += bytes([field, len(ranges)]) + b''.join(struct.pack('>HH', *r) for r in ranges)
    return data


SEEDS = {
    'syn': rule('198.51.100.80/32', (PROTOCOL, (6, 6)), (DPORT, (80, 80), (443, 443)), (FLAGS, (2, 0x12))),
    'amplification': rule('198.51.100.0/24', (PROTOCOL, (17, 17)), (SPORT, (53, 53)),
                          (LENGTH, (513, 65535))),
    'fragments': rule('198.51.100.1/32', (FRAGMENT, (2, 2), (4, 4))),
    'icmp': rule('198.51.100.1/32', (PROTOCOL, (1, 1)), (TYPE, (8, 8)), (CODE, (0, 0)),
                 source='192.0.2.0/24'),
    'six': rule('2001:db8::1/128', (PROTOCOL, (17, 17)), (SPORT, (53, 53)), (DSCP, (46, 46)),
                (FRAGMENT, (0, 2))),
    'limit': rule('198.51.100.1/32', (PROTOCOL, (6, 17)), action=LIMIT, limit=(1000, 1000, 8)),
    'redirect': rule('2001:db8::/48', action=REDIRECT),
}

if __name__ == '__main__':
    HERE.mkdir(parents=True, exist_ok=True)
    for name, data in SEEDS.items():
        (HERE / name).write_bytes(data)
