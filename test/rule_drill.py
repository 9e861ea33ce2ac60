#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Rules from evidence against the drill's truth: made from the first ten seconds of each attack,
held against every packet of the five minutes behind. Rules of flows also after ninety seconds, when
the exporters have told of those that go on.

rule_drill.py RULE_DRILL [--seeds N-M] [--only TEXT] [--jobs N] [--table]

A case is a scenario with a seed. One line per attack with --table, else per case; ends with the
plain line. PART=drill runs all scenarios with twenty seeds."""
import argparse
import concurrent.futures
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tally import Tally  # noqa: E402

DROP_LEAST, LOSE_MOST = 0.99, 0.01
FORMATS = [('packets', 1, 10)]   # format, sampling, seconds into the attack
# Exports carry less: there only what is promised is held, and it is counted how often it can be.
EXPORTS = [('sflow', 1, 10), ('sflow', 100, 10), ('ipfix', 1, 10), ('ipfix', 1, 90), ('v9', 100, 90)]
# Weeks and quarters of the same floods: PART=drill has the time.
LONG_ONLY = ['2008q3', 'busy-week']


def names(program):
    done = subprocess.run([program, 'names'], check=True, capture_output=True, text=True)
    return done.stdout.split()


def call(program, scenario, seed, fmt, sampling, after, timeout=1500):
    command = [program, scenario, str(seed), fmt, str(sampling), str(after)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    except subprocess.TimeoutExpired:
        return None, 'ran out of time'
    if done.returncode:
        return None, f'exit {done.returncode}: {done.stderr.strip()[-400:]}'
    return json.loads(done.stdout), None


def is_attack(row):
    return row['kind'] == 'attack'


def broken_promise(row):
    """What is said to be separable drops and spares as promised."""
    broken = []
    if row['said'] and row['dropped'] is not None and row['dropped'] < DROP_LEAST:
        broken.append(f"said separable, drops {100 * row['dropped']:.2f} %")
    if row['said'] and row['good_share'] is not None and row['good_share'] > LOSE_MOST:
        broken.append(f"said separable, hits {100 * row['good_share']:.2f} % of good packets")
    if row['said'] and not row['rules']:
        broken.append('said separable without a rule')
    return broken


def broken_truth(row):
    """The answer is that of the truth, and has its reason in both languages."""
    broken = []
    if row['evidence'] == 'none':
        return ['no rules were asked for']
    if not row['why_en'] or not row['why_ja']:
        broken.append('no reason is given')
    if not row['consented'] and row['said']:
        broken.append('separable, it is said; but of ordinary traffic to it nothing may be kept')
    if row['separable'] and row['consented'] and not row['said']:
        broken.append(f"not separable, it is said: {row['why_en']}")
    if not row['separable'] and row['said']:
        broken.append(f"separable, it is said; but {row['separable_why']}")
    if row['separable'] and row['said'] and not row['attack_packets'] and not row['paused']:
        broken.append('nothing came behind the first ten seconds to judge by')
    if not row['said'] and not row['limit']:
        broken.append('not separable, and nothing is offered to limit')
    return broken


def check(row, exact):
    """Sentences of what is broken for one attack. @exact: every packet was seen. A scan is none."""
    broken = broken_promise(row)
    if exact and is_attack(row):
        broken += broken_truth(row)
    return [f"{row['id']} {'+'.join(row['vectors'])} at {row['targets'][0]}: {b}" for b in broken]


def run_case(program, scenario, seed, fmt, sampling, after):
    """{'name', 'broken', 'attacks'}: what the case gave, and what of it is broken."""
    got, why = call(program, scenario, seed, fmt, sampling, after)
    row = {'name': f'{scenario}/{fmt}' + (f'/1:{sampling}' if sampling > 1 else '') +
                   f' after {after} s seed {seed}', 'broken': [], 'attacks': []}
    if why:
        row['broken'] = [why]
        return row
    row['attacks'] = got['attacks']
    for attack in got['attacks']:
        row['broken'] += check(attack, (fmt, sampling, after) in FORMATS)
    return row


def kept_of(row):
    """What PART=drill keeps of an attack."""
    keys = ('id', 'kind', 'separable', 'consented', 'said', 'dropped', 'good_share', 'opens_share',
            'attack_packets', 'good_packets', 'evidence')
    return dict({k: row[k] for k in keys}, rules=len(row['rules']), ms=round(row['ms'], 1))


def sums(attacks):
    """Figures over attacks as kept_of() has them, or as run_case() does."""
    attacks = [a for a in attacks if is_attack(a)]
    due = [a for a in attacks if a['separable'] and a['consented']]
    not_so = [a for a in attacks if a['separable'] is False]
    said = [a for a in attacks if a['said']]
    held = [a for a in due if a['said']]
    dropped = [a['dropped'] for a in held if a['dropped'] is not None]
    lost = [a['good_share'] for a in held if a['good_share'] is not None]
    return {'attacks': len(attacks), 'separable': len(due),
            'separable_said': len(held), 'not_separable': len(not_so),
            'not_separable_said': sum(not a['said'] for a in not_so),
            'unknown': len(attacks) - len(due) - len(not_so),
            'unknown_said_separable': sum(a['said'] for a in attacks if a['separable'] is None or
                                          not a['consented']),
            'promises_broken': sum(bool(broken_promise(dict(a, rules=[1]))) for a in said),
            'dropped_least': min(dropped, default=None), 'good_share_most': max(lost, default=None),
            'slowest_ms': max((a['ms'] for a in attacks), default=None)}


def tell(share):
    return '-' if share is None else f'{100 * share:.3f} %'


def table(row):
    for a in row['attacks']:
        truth = {True: 'separable', False: 'not', None: 'unknown'}[a['separable']]
        print(f"{row['name']} {a['id']} {'+'.join(a['vectors'])}: truth {truth}, said "
              f"{'separable' if a['said'] else 'not'} ({a['evidence']}); "
              f"dropped {tell(a['dropped'])} of {a['attack_packets']}, "
              f"good {tell(a['good_share'])} of {a['good_packets']}, "
              f"opens {tell(a['opens_share'])}, {a['ms']:.0f} ms")
        for rule in a['rules']:
            print(f'    {rule}')
        print(f"    {a['why_en']}\n    {a['why_ja']}\n    truth: {a['separable_why']}")
        if a['limit']:
            print(f"    to limit, covering {tell(a['limit_covers'])}: {'; '.join(a['limit'])}")


def read_seeds(text):
    first, _, last = text.partition('-')
    return range(int(first), int(last or first) + 1)


def cases(program, args):
    chosen = [n for n in names(program) if args.only in n and (args.long or n not in LONG_ONLY)]
    chosen = chosen[::7] if args.few else chosen
    formats = FORMATS + (EXPORTS if args.exports else [])
    return [(program, name, seed, *f) for f in formats for name in chosen for seed in args.seeds]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('program')
    parser.add_argument('--seeds', type=read_seeds, default=read_seeds('1'))
    parser.add_argument('--long', action='store_true', help='the scenarios of PART=drill')
    parser.add_argument('--exports', action='store_true', help='from flows and samples too')
    parser.add_argument('--few', action='store_true', help='for slow builds')
    parser.add_argument('--only', default='')
    parser.add_argument('--table', action='store_true')
    parser.add_argument('--jobs', type=int, default=os.cpu_count() or 1)
    args = parser.parse_args()
    runs, total, attacks = cases(args.program, args), Tally(), []
    with concurrent.futures.ThreadPoolExecutor(max_workers=args.jobs) as pool:
        for row in pool.map(lambda c: run_case(*c), runs):
            total.add(Tally(int(not row['broken']), int(bool(row['broken']))))
            attacks += row['attacks']
            if args.table:
                table(row)
            for text in row['broken']:
                print(f"BAD  {row['name']}: {text}")
    if not runs:
        print('BAD  no case was chosen')
        total.failed = 1
    print(json.dumps(sums(attacks)))
    print(total.line())
    return 1 if total.failed else 0


if __name__ == '__main__':
    sys.exit(main())
