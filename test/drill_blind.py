# SPDX-License-Identifier: ISC
"""The blind spot in PART=drill: for each case of blind_spot.c 1,000 attacks of the printed size, in
twenty runs of seeds of their own. A unit is a part of the cases."""
import os
import re
import subprocess

from long import Unit
from tally import ROOT

PROGRAMS = ['blind_spot']
PROGRAM = os.path.join(ROOT, 'build-test', 'test', 'blind_spot')
PARTS = 16
LINE = re.compile(r'(good|BAD) +(.+): (-?\d+) of (\d+) found at (\d+)/s')


def run(part):
    done = subprocess.run([PROGRAM, 'all', 'part', f'{part}/{PARTS}'], stdout=subprocess.PIPE,
                          text=True, check=False)
    lines = [LINE.match(line) for line in done.stdout.splitlines()]
    rows = [{'case': m[2], 'good': m[1] == 'good', 'found': int(m[3]), 'trials': int(m[4]),
             'pps': int(m[5])} for m in lines if m]
    bad = [r['case'] for r in rows if not r['good']]
    return {'good': done.returncode == 0 and bool(rows), 'cases': (len(rows) - len(bad), len(bad)),
            'blind': rows, 'why': ' | '.join(bad)}


def units(_seeds):
    return [Unit(f'blind-spot-part-{part}', 4, lambda part=part: run(part), [PROGRAM, __file__])
            for part in range(PARTS)]


def figures(done):
    rows = [r for result in done.values() for r in result.get('blind', [])]
    shares = [r['found'] / r['trials'] for r in rows if r['found'] < r['trials']]
    return {'blind_spot': {'cases': len(rows), 'bad': [r for r in rows if not r['good']],
                           'found_least': min(shares, default=None),
                           'found_most': max(shares, default=None)}}


def overall(_done):
    return []
