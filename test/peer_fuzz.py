#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The inputs of the fuzz targets of v9 and IPFIX, read by tshark too: where tshark reads a datagram
whole, both must see the same records, and in them the same addresses, counters and ports.

peer_fuzz.py TRACE_RECORDS [FOLDER]     (77: no tshark here)

FOLDER holds netflow9/ and ipfix/ (fuzz/corpus where none is given). A datagram that both read
differently must fall under a reason of REASONS; one that does not is a failure."""
import collections
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as tree

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tally import ROOT  # noqa: E402

TARGETS = [('netflow9', 9, 20, 2055), ('ipfix', 10, 16, 4739)]
# tshark's names of the elements that are compared, with the lengths in which it shows them whole.
FIELDS = {'cflow.octets': (1, (4, 8)), 'cflow.packets': (2, (4, 8)), 'cflow.protocol': (4, (1,)),
          'cflow.srcport': (7, (2,)), 'cflow.srcaddr': (8, (4,)), 'cflow.dstport': (11, (2,)),
          'cflow.dstaddr': (12, (4,)), 'cflow.srcaddrv6': (27, (16,)), 'cflow.dstaddrv6': (28, (16,))}
FILES_MOST = 3000   # a source address each


def datagrams(path, version):
    with open(path, 'rb') as file:
        data = file.read()
    at = 0
    while len(data) - at > 2:
        length = struct.unpack_from('>H', data, at)[0]
        one = data[at + 2:at + 2 + length]
        at += 2 + length
        yield struct.pack('>H', version) + one[2:] if len(one) >= 2 else one


def write_capture(path, files, version, port):
    """Every file is an exporter of its own, by its address. Returns (file, datagram, bytes) of each
    frame."""
    frames = []
    with open(path, 'wb') as out:
        out.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 262144, 101))
        for number, name in enumerate(files):
            for index, payload in enumerate(datagrams(name, version)):
                payload = payload[:65507]
                udp = struct.pack('>HHHH', 50000, port, 8 + len(payload), 0) + payload
                ip = struct.pack('>BBHHHBBHII', 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0,
                                 0x0a000001 + number, 0xc6336402) + udp
                out.write(struct.pack('<IIII', 1500000000 + len(frames), 0, len(ip), len(ip)) + ip)
                frames.append((number, index, payload))
    return frames


def rows_of(proto):
    """tshark's data and option records of a datagram: {element: bytes}, in order."""
    rows = []
    for field in proto.iter('field'):
        if not field.get('show', '').startswith('Flow ') or field.get('name'):
            continue
        row = collections.defaultdict(list)
        for one in field.iter('field'):
            if one.get('name') in FIELDS and 'Reverse' not in one.get('showname', ''):
                row[FIELDS[one.get('name')][0]].append(one.get('value', ''))
        rows.append(row)
    return rows


def by_tshark(path):
    """{frame: (whole, records)}"""
    done = subprocess.Popen(['tshark', '-n', '-r', path, '-d', 'udp.port==2055,cflow', '-d',
                             'udp.port==4739,cflow', '-o', 'cflow.max_template_fields:0',
                             '-T', 'pdml'], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    told, number = {}, 0
    for _, packet in tree.iterparse(done.stdout):
        if packet.tag != 'packet':
            continue
        protos = {p.get('name'): p for p in packet.findall('proto')}
        whole = 'cflow' in protos and '_ws.malformed' not in protos and not any(
            f.get('name') in ('_ws.malformed', '_ws.short') for f in packet.iter('field'))
        told[number] = (whole, rows_of(protos['cflow']) if 'cflow' in protos else [])
        number += 1
        packet.clear()
    return told


def by_noroshi(program, files, version):
    """{(file, datagram): records}"""
    done = subprocess.run([program, str(version), *files], check=True, capture_output=True, text=True)
    told = {}
    for line in done.stdout.splitlines():
        one = json.loads(line)
        rows = []
        for record in one['records']:
            row = collections.defaultdict(list)
            for number, value in record['values']:
                row[number].append(value)
            rows.append(row)
        told[one['file'], one['datagram']] = rows
    return told


def same_fields(ours, theirs):
    for number, lengths in FIELDS.values():
        mine = [v for v in ours.get(number, []) if len(v) // 2 in lengths]
        if mine and number in theirs and mine[0] not in theirs[number]:
            return False
    return True


def agree(ours, theirs):
    return len(ours) == len(theirs) and all(map(same_fields, ours, theirs))


def sets_of(payload, version):
    """(id, body) of each set, by its own length."""
    at = 20 if version == 9 else 16
    while len(payload) - at >= 4:
        number, length = struct.unpack_from('>HH', payload, at)
        yield number, payload[at + 4:at + max(length, 4)]
        if length < 4:
            return
        at += length


def templates_of(payload, version):
    """(id, its bytes, whole, scopes) of each template record."""
    for number, body in sets_of(payload, version):
        if number > 3 or number > 1 and version == 9 or number < 2 and version == 10:
            continue
        options, at = number in (1, 3), 0
        while len(body) - at >= 4 and any(body[at:at + 4]):
            begin = at
            name, count = struct.unpack_from('>HH', body, at)
            at += 4
            scopes = None
            if options and (version == 9 or count):
                scopes = int.from_bytes(body[at:at + 2], 'big')
                at += 2
                if version == 9:
                    count, scopes = (count + scopes) // 4, count // 4
            for _ in range(count):
                at += 8 if version == 10 and at < len(body) and body[at] & 0x80 else 4
            yield name, body[begin:at], at <= len(body), scopes


def is_message_short(history, version):
    return version == 10 and any(int.from_bytes(d[2:4], 'big') != len(d) for d in history[-1:])


def is_cut(history, version):
    return any(not whole for d in history for _, _, whole, _ in templates_of(d, version))


def is_retold(history, version):
    told = {}
    return any(told.setdefault((d[16:20] if version == 9 else d[12:16], name), record) != record
               for d in history for name, record, _, _ in templates_of(d, version))


def is_without_scope(history, version):
    return any(scopes == 0 for d in history for _, _, _, scopes in templates_of(d, version))


# Why the two may differ; @holds is asked of the exporter's datagrams up to the one that differs.
REASONS = [
    ('message length', 'a set reaches behind the end that the message itself names: refused here, '
     'read by tshark', is_message_short),
    ('cut template', 'a template reaches behind its set: tshark leaves the rest of the datagram, '
     'with the templates in it; here the next set is read', is_cut),
    ('template told anew', 'an id is given another template: counts at once here; tshark keeps the '
     'first', is_retold),
    ('no scope', 'an options template without a scope (RFC 7011 forbids it): read here, left by '
     'tshark', is_without_scope),
]


def reason_of(history, version):
    return next((name for name, _, holds in REASONS if holds(history, version)), None)


def compare(program, target, folder, work):
    """Returns how many datagrams were the same, not whole for tshark, and differ for which reason."""
    name, version, _, port = target
    files = sorted(os.path.join(folder, name, f) for f in os.listdir(os.path.join(folder, name)))
    files = files[:FILES_MOST]
    path = os.path.join(work, name + '.pcap')
    frames = write_capture(path, files, version, port)
    theirs, ours = by_tshark(path), by_noroshi(program, files, version)
    tally, unknown, history = collections.Counter(), [], []
    for number, (file, index, payload) in enumerate(frames):
        whole, rows = theirs[number]
        if index == 0:
            history = []
        history.append(payload)
        mine = ours[file, index]
        if not whole:
            tally['not whole for tshark'] += 1
        elif agree(mine, rows):
            tally['same'] += 1
            tally['records'] += len(mine)
        else:
            why = reason_of(history, version)
            tally[why or 'UNKNOWN'] += 1
            if not why:
                unknown.append(f'{os.path.basename(files[file])}, datagram {index}: '
                               f'{len(mine)} records here, {len(rows)} by tshark')
    return tally, unknown


def main():
    if not shutil.which('tshark'):
        print('SKIP: no tshark here')
        return 77
    folder = sys.argv[2] if len(sys.argv) > 2 else os.path.join(ROOT, 'fuzz', 'corpus')
    bad = 0
    with tempfile.TemporaryDirectory() as work:
        for target in TARGETS:
            tally, unknown = compare(sys.argv[1], target, folder, work)
            print(f'{target[0]}: ' + ', '.join(f'{n} {what}' for what, n in sorted(tally.items())))
            for one in unknown[:20]:
                print(f'failed: {target[0]} {one}')
            if not tally['records']:
                print(f'failed: {target[0]}: no record was compared')
            bad += bool(unknown) or not tally['records']
    print(f'{len(TARGETS) - bad} passed, {bad} failed')
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
