#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""What the drill writes, read by tshark: every frame there, none malformed, no expert error, no bad
checksum; export datagrams told as what they are. peer_tshark.py WRITER   (77: no tshark here)"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

# One reading tells both what a frame is and what is bad of it: to start tshark costs most here.
FIELDS = ('cflow.version', 'sflow_245.version', '_ws.malformed', '_ws.expert.severity')
SUMS = ('ip.checksum.status', 'tcp.checksum.status', 'udp.checksum.status', 'icmp.checksum.status',
        'icmpv6.checksum.status')
EXPERT_ERROR = 0x800000
CHECK = [x for name in ('ip', 'tcp', 'udp') for x in ('-o', f'{name}.check_checksum:TRUE')]
# A flood to random ports comes to one whose protocol its payload is not.
CHECK += ['--disable-protocol', 'elasticsearch']
VERSION = {'v5': ('cflow.version', '5'), 'v9': ('cflow.version', '9'),
           'ipfix': ('cflow.version', '10'), 'sflow': ('sflow_245.version', '5')}


def tshark(path):
    """Per frame what FIELDS and SUMS say of it, each a list."""
    names = ('frame.number',) + FIELDS + SUMS
    run = subprocess.run(['tshark', '-n', '-r', path, *CHECK, '-T', 'fields',
                          *[word for name in names for word in ('-e', name)]],
                         capture_output=True, text=True)
    if run.returncode:
        sys.exit(f'tshark failed: {run.stderr}')
    return [{name: [v for v in cell.split(',') if v] for name, cell in zip(names, line.split('\t'))}
            for line in run.stdout.splitlines()]


def is_bad(frame):
    return (frame['_ws.malformed'] or any('0' in frame[name] for name in SUMS) or
            any(int(v, 0) >= EXPERT_ERROR for v in frame['_ws.expert.severity']))


def is_told(frame, form):
    if form not in VERSION:
        return True
    field, version = VERSION[form]
    return version in frame[field]


def check(writer, folder, scenario, form, most, background):
    path = os.path.join(folder, 'drill.pcap')
    wrote = int(subprocess.run([writer, scenario, form, path, str(most), background], check=True,
                               capture_output=True, text=True).stdout)
    frames = tshark(path)
    told = sum(is_told(f, form) for f in frames)
    bad = [f'frame {f["frame.number"][0]}: {f}' for f in frames if is_bad(f)]
    with open(path + '.truth.json') as f:
        truth = json.load(f)
    problems = []
    # Where own observation is impossible there is no attack and, without background, nothing.
    if told != wrote or (wrote == 0 and truth['attacks']):
        problems.append(f'{wrote} written, {told} told by tshark')
    if truth['scenario'] != scenario or truth['format'] != form:
        problems.append('truth of something else')
    problems += bad[:3]
    for p in problems:
        print(f'{scenario} {form}: {p}')
    return not problems


def main():
    if not shutil.which('tshark'):
        print('SKIP: no tshark here')
        return 77
    writer = sys.argv[1]
    names = subprocess.run([writer], check=True, capture_output=True, text=True).stdout.split()
    good = []
    with tempfile.TemporaryDirectory() as folder:
        good.append(check(writer, folder, 'background-only', 'packets', 20000, '1'))
        for name in names:
            if name != 'background-only':
                good.append(check(writer, folder, name, 'packets', 1500, '0'))
        for form in VERSION:
            for name in ('background-only', 'several-at-once', 'amp-dns', 'carpet-v6', 'get-flood'):
                good.append(check(writer, folder, name, form, 3000, '1'))
    print(f'{sum(good)} of {len(good)} captures read clean by tshark')
    return 0 if all(good) else 1


sys.exit(main())
