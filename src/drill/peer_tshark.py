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

BAD = ('_ws.malformed || _ws.expert.severity >= 0x800000 || ip.checksum.status == 0 || '
       'tcp.checksum.status == 0 || udp.checksum.status == 0 || icmp.checksum.status == 0 || '
       'icmpv6.checksum.status == 0')
CHECK = [x for name in ('ip', 'tcp', 'udp') for x in ('-o', f'{name}.check_checksum:TRUE')]
# A flood to random ports comes to one whose protocol its payload is not.
CHECK += ['--disable-protocol', 'elasticsearch']
PROTOCOL = {'v5': 'cflow.version == 5', 'v9': 'cflow.version == 9', 'ipfix': 'cflow.version == 10',
            'sflow': 'sflow_245.version == 5'}


def tshark(path, show):
    run = subprocess.run(['tshark', '-n', '-r', path, *CHECK, '-Y', show], capture_output=True, text=True)
    if run.returncode:
        sys.exit(f'tshark failed: {run.stderr}')
    return run.stdout.splitlines()


def check(writer, folder, scenario, form, most, background):
    path = os.path.join(folder, 'drill.pcap')
    wrote = int(subprocess.run([writer, scenario, form, path, str(most), background], check=True,
                               capture_output=True, text=True).stdout)
    told = len(tshark(path, PROTOCOL.get(form, 'frame')))
    bad = tshark(path, BAD)
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
        for form in PROTOCOL:
            for name in ('background-only', 'several-at-once', 'amp-dns', 'carpet-v6', 'get-flood'):
                good.append(check(writer, folder, name, form, 3000, '1'))
    print(f'{sum(good)} of {len(good)} captures read clean by tshark')
    return 0 if all(good) else 1


sys.exit(main())
