# SPDX-License-Identifier: ISC
"""The drill's notices against the matcher in PART=drill: no wrong automatic join, the right proposal
first in 95 of 100. A unit is one seed."""
import json
import os
import subprocess

from long import Unit
from tally import ROOT

PROGRAMS = ['match_drill']
PROGRAM = os.path.join(ROOT, 'build-test', 'test', 'match_drill')
NOTICES = 500


def run(seed):
    done = subprocess.run([PROGRAM, '--seeds', str(seed), '--count', str(NOTICES), '--json'],
                          capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    passed, failed = (int(word) for word in lines[-1].replace(',', '').split()[::2])
    return {'good': done.returncode == 0, 'cases': (passed, failed), 'notices': json.loads(lines[0]),
            'why': ' | '.join(lines[1:-1])[:2000]}


def units(seeds):
    return [Unit(f'notices-seed-{seed}', 1, lambda seed=seed: run(seed), [PROGRAM, __file__])
            for seed in seeds]


def figures(done):
    """Counts of all seeds, and the share of right proposals."""
    told = [r['notices'] for r in done.values() if 'notices' in r]
    total = {key: sum(t[key] for t in told) for key in (told[0] if told else {}) if key != 'run'}
    first = round(total['first'] / total['belong'], 5) if total.get('belong') else None
    return {'notices': {**total, 'seeds': len(told), 'right_first': first}}


def overall(_done):
    return []
