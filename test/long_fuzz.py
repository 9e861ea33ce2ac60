# SPDX-License-Identifier: ISC
"""PART=fuzz: every libFuzzer target in pieces of five minutes. The inputs a target has found stay in
test/long.state/fuzz/, so that later pieces begin where earlier ones ended."""
import os
import subprocess

from fuzz import run_target, targets
from long import STATE, Unit
from tally import ROOT

BUILD = os.path.join(ROOT, 'build-fuzz')
PIECE_S, PIECES = 300, 6


def prepare():
    subprocess.run(['make', '--no-print-directory', 'build-fuzz/build.ninja'], cwd=ROOT, check=True)
    subprocess.run(['ninja', '-C', BUILD], check=True)


def piece(name, program):
    good, figures, tail = run_target(name, program, os.path.join(STATE, 'fuzz', name),
                                     os.path.join(STATE, 'found', name), PIECE_S)
    if not good:
        print('\n'.join(tail))
    return {'good': good, 'why': '' if good else 'see test/long.state/found/' + name, **figures}


def units():
    made = targets(BUILD)
    return [Unit(f'{name}-{n}', PIECE_S / 60 + 0.5, lambda name=name: piece(name, made[name]))
            for n in range(1, PIECES + 1) for name in made]


def figures(done):
    by_target = {}
    for unit, result in done.items():
        row = by_target.setdefault(unit.rsplit('-', 1)[0], {'executions': 0, 'edges': 0, 'seconds': 0})
        row['executions'] += result.get('executions', 0)
        row['seconds'] += PIECE_S
        row['edges'] = max(row['edges'], result.get('edges', 0))
    return by_target
