#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""A second reader of FlowSpec, written from the RFCs in another language, beside `noroshi flowspec
check`: of thousands of NLRIs, made whole and then damaged in one or two octets or cut, both must say
the same state, reason and clean form.

peer_flowspec.py PROGRAM [--count N] [--seed N]
"""
import argparse
import json
import random
import subprocess
import sys

MOST = {3: 1, 4: 2, 5: 2, 6: 2, 7: 1, 8: 1, 9: 2, 10: 2, 11: 1, 12: 1, 13: 4}
BITMASKS = (9, 12)


class Refused(Exception):
    """With the word for why."""


class Reader:
    """One NLRI without its length."""

    def __init__(self, data, family, whole):
        self.data, self.family, self.whole = data, family, whole
        self.at, self.out, self.ignored, self.offset = 0, bytearray(), set(), False

    def take(self, n):
        if self.at + n > len(self.data):
            raise Refused('not_complete')
        self.at += n
        return self.data[self.at - n:self.at]

    def prefix(self):
        most = 32 if self.family == 4 else 128
        head = self.take(1 if self.family == 4 else 2)
        length, offset = head[0], head[1] if len(head) > 1 else 0
        if length > most:
            raise Refused('exceed_max_prefix_length')
        if offset and offset >= length:
            raise Refused('exceed_max_prefix_offset')
        self.offset = self.offset or offset > 0
        bits = length if self.whole else length - offset
        size = -(-bits // 8)
        number = int.from_bytes(self.take(size), 'big')
        spare = 8 * size - bits
        if number & ((1 << spare) - 1):
            self.ignored.add('nonzero_padding')
        number >>= spare
        if self.whole and offset:
            self.ignored.add('whole_prefix')
            bits = length - offset
            number &= (1 << bits) - 1
            size = -(-bits // 8)
        self.out += head + (number << (8 * size - bits)).to_bytes(size, 'big')

    def clean(self, kind, value):
        bits = {9: 0x0fff, 11: 0x3f, 12: 0x0f if self.family == 4 else 0x0e}.get(kind)
        if bits is not None and value & ~bits:
            self.ignored.add({9: 'invalid_tcp_flags', 11: 'invalid_dscp',
                              12: 'invalid_fragment'}[kind])
            return value & bits
        return value

    def pairs(self, kind):
        first = end = True
        while first or not end:
            (op,) = self.take(1)
            if first and op & 0x40:
                self.ignored.add('first_and_bit_set')
                op &= ~0x40
            reserved = 0x0c if kind in BITMASKS else 0x08
            if op & reserved:
                self.ignored.add('zero_bit_set')
                op &= ~reserved
            size = 1 << (op >> 4 & 3)
            if size > MOST[kind]:
                raise Refused('exceed_max_value_length')
            value = self.clean(kind, int.from_bytes(self.take(size), 'big'))
            self.out += bytes([op]) + value.to_bytes(size, 'big')
            first, end = False, bool(op & 0x80)

    def read(self):
        if not self.data:
            raise Refused('empty')
        before = 0
        while self.at < len(self.data):
            (kind,) = self.take(1)
            if not 1 <= kind <= (12 if self.family == 4 else 13):
                raise Refused('unknown_component')
            if kind <= before:
                raise Refused('bad_type_order')
            before = kind
            self.out += bytes([kind])
            if kind <= 2:
                self.prefix()
            else:
                self.pairs(kind)


def reading(data, family):
    """(state, reason or None, clean value or None, what was ignored)"""
    reader = Reader(data, family, False)
    try:
        reader.read()
    except Refused as why:
        said = ('refused', str(why), None, set())
        if not reader.offset:
            return said
        reader = Reader(data, family, True)
        try:
            reader.read()
        except Refused:
            return said
    return ('normalised' if reader.ignored else 'accepted', None, bytes(reader.out).hex(),
            reader.ignored)


def make_prefix(draw, family):
    length = draw.choice([0, 8, 21, 24, 32] if family == 4 else [0, 19, 32, 48, 64, 103, 128])
    offset = draw.randrange(length) if family == 6 and length and draw.random() < 0.5 else 0
    bits = length - offset
    size = -(-bits // 8)
    number = draw.getrandbits(bits) if bits else 0
    head = bytes([length] if family == 4 else [length, offset])
    if offset and draw.random() < 0.3:  # with the bits before the offset
        return head + draw.randbytes(-(-length // 8))
    return head + (number << (8 * size - bits)).to_bytes(size, 'big')


def make_pairs(draw, kind):
    out, n = b'', draw.randrange(1, 4)
    for i in range(n):
        sizes = [s for s in (1, 2, 4) if s <= MOST[kind]]
        size = draw.choice(sizes)
        op = draw.randrange(4 if kind in BITMASKS else 8) | {1: 0, 2: 0x10, 4: 0x20}[size]
        op |= (0x40 if i and draw.random() < 0.5 else 0) | (0x80 if i + 1 == n else 0)
        out += bytes([op]) + draw.randbytes(size)
    return out


def make(draw, family):
    out = b''
    for kind in range(1, 13 if family == 4 else 14):
        if draw.random() < 0.25:
            out += bytes([kind]) + (make_prefix(draw, family) if kind <= 2
                                    else make_pairs(draw, kind))
    return out


def damage(draw, data):
    data = bytearray(data)
    for _ in range(draw.choice([0, 0, 1, 1, 2])):
        if data:
            at = draw.randrange(len(data))
            data[at] = draw.choice([data[at] ^ 1 << draw.randrange(8), draw.randrange(16),
                                    draw.randrange(256)])
    if data and draw.random() < 0.15:
        del data[draw.randrange(len(data)):]
    return bytes(data)


def framed(data):
    return (bytes([len(data)]) if len(data) < 240 else
            (0xf000 | len(data)).to_bytes(2, 'big')) + data


def compare(program, family, inputs):
    """Lines of what is not the same, and how often each state was."""
    lines = '\n'.join(framed(data).hex() for data in inputs)
    done = subprocess.run([program, 'flowspec', 'check', '--json', '--length', 'yes', '--family',
                           str(family), '-'], input=lines, capture_output=True, text=True,
                          timeout=600, check=False)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    wrong, states = [], {}
    if done.returncode not in (0, 1) or len(answers) != len(inputs):
        return [f'status {done.returncode}, {len(answers)} answers to {len(inputs)}'], states
    for data, answer in zip(inputs, answers):
        state, reason, clean, ignored = reading(data, family)
        states[reason or state] = states.get(reason or state, 0) + 1
        got = (answer['state'], answer['reason'], answer.get('value'), set(answer.get('ignored', [])))
        if got != (state, reason, clean, ignored):
            wrong.append(f'IPv{family} {data.hex()}: {got}, the reference {state, reason, clean, ignored}')
    return wrong, states


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('program')
    parser.add_argument('--count', type=int, default=20000)
    parser.add_argument('--seed', type=int, default=1)
    args = parser.parse_args()
    failed, seen = 0, {}
    for family in (4, 6):
        draw = random.Random(args.seed * 10 + family)
        inputs = [damage(draw, make(draw, family)) for _ in range(args.count)]
        wrong, states = compare(args.program, family, inputs)
        for line in wrong[:10]:
            print(line)
        failed += bool(wrong)
        for state, n in states.items():
            seen[state] = seen.get(state, 0) + n
    print(', '.join(f'{state} {n}' for state, n in sorted(seen.items())))
    # Each answer must have been asked for, or nothing was shown.
    for state in ('accepted', 'normalised', 'not_complete', 'empty', 'unknown_component',
                  'bad_type_order', 'exceed_max_prefix_length', 'exceed_max_prefix_offset',
                  'exceed_max_value_length'):
        if seen.get(state, 0) < args.count // 1000:
            print(f'{state}: only {seen.get(state, 0)}')
            failed += 1
    print(f'{2 - min(failed, 2)} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
