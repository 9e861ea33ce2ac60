#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The links of attacks against the drill's truth: shares, moves, how full a link was, bystanders and
services. The cases are drill_bars' with further bars, so recall and precision count here too.

path_drill.py DRILL_RUN [--seeds N] [--only TEXT] [--jobs N]

One line per case and seed; ends with the plain line. PART=drill runs all cases with twenty seeds."""
import argparse
import concurrent.futures
import os
import sys
from datetime import datetime

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from drill_bars import Case, SameBytes, run_case  # noqa: E402
from tally import Tally  # noqa: E402
from test_drill import show  # noqa: E402

FLOWS = ['v5', 'v9', 'ipfix', 'sflow']
INPUTS = {1: 'transit-a', 2: 'peer-b', 3: 'exchange-c'}  # of the drill's world, outside
SHARE_ERROR = 0.02
MOVE_S, MOVE_DRIFT_S, MOVE_SAMPLED_S = 2, 5, 3
LOAD_ERROR = 0.05
LOST_LEAST = 0.1  # below it no loss is told
MOVING = ['link-move', 'link-return', 'link-drift', 'link-pulses']


def at(text):
    return datetime.fromisoformat(text.replace('Z', '+00:00')).timestamp()


def pairs(got):
    """(incident, truth of its attack) of all that was found. Of an attack below the blind spot only a
    part may have been seen, whose links are others than those of the whole."""
    sampled = got['sampling'] > 1
    incidents = {i['id']: i for i in got['incidents']}
    truths = {a['id']: a for a in got['truth']['attacks']}
    return [(incidents[row['incident']], truths[row['id']]) for row in got['per_attack']
            if row['outcome'] == 'found' and (row['above_blind_spot'] or not sampled)]


def is_sampled(case):
    return max(case.samplings) > 1


def by_link(incident):
    """Rows that count, by the link's name."""
    rows = {}
    for row in incident['path']:
        if row['counted']:
            rows.setdefault(INPUTS.get(row['input'], f"other {row['input']}"), []).append(row)
    return rows


def bar_shares(case, got):
    """Unsampled within 2 %, sampled within the interval that is stated."""
    figures, broken = [], []
    for incident, truth in pairs(got):
        rows, true = by_link(incident), {p['link']: p for p in truth['path']}
        for link in sorted(set(rows) | set(true)):
            for key, low, high in (('share', 'share_low', 'share_high'),
                                   ('byte_share', 'byte_share_low', 'byte_share_high')):
                seen = sum(r[key] for r in rows.get(link, []))
                want = true[link][key] if link in true else 0
                figures.append(f'{link} {key} {seen:.3f} of {want:.3f}')
                if not is_sampled(case) and abs(seen - want) > SHARE_ERROR:
                    broken.append(figures[-1])
                if link not in true:
                    if seen > SHARE_ERROR:
                        broken.append(figures[-1])
                elif is_sampled(case) and link in rows and not (
                        sum(r[low] for r in rows[link]) - 1e-4 <= want <=
                        sum(r[high] for r in rows[link]) + 1e-4):
                    broken.append(f'{figures[-1]}, not within {rows[link][0][low]:.3f} to '
                                  f'{rows[link][0][high]:.3f}')
        if not rows:
            broken.append('no link is told')
    return figures, broken


def bar_moves(case, got):
    """The same moves in the same order, at their times."""
    figures, broken = [], []
    slack = MOVE_DRIFT_S if case.scenario == 'link-drift' else MOVE_S
    slack += MOVE_SAMPLED_S if is_sampled(case) else 0
    for incident, truth in pairs(got):
        seen = [(INPUTS.get(m['from']['input'], '?'), INPUTS.get(m['to']['input'], '?'))
                for m in incident['moves']]
        want = [(m['from'], m['to']) for m in truth['moves']]
        if seen != want:
            broken.append(f'moves {seen}, not {want}')
            continue
        for m, t in zip(incident['moves'], truth['moves']):
            off = at(m['at']) - at(t['at'])
            figures.append(f"{t['from']} to {t['to']}, {off:+.2f} s")
            if abs(off) > slack + m['within_s']:
                broken.append(figures[-1])
            if not m['en'] or not m['ja']:
                broken.append('a move without words')
        if not want:
            figures.append('no move')
    return figures, broken


def bar_full(case, got):
    """The crowded link is near its capacity, and as full as it was."""
    figures, broken = [], []
    peaks = {p['link']: p['bps'] for p in got['truth']['link_peaks']}
    for incident, _ in pairs(got):
        for row in incident['path']:
            link = INPUTS.get(row['input'])
            if not row['counted'] or link != 'transit-a':
                continue
            off = row['load_most_bps'] / peaks[link] - 1
            figures.append(f"{link}: {row['load_most_bps'] / 1e6:.1f} Mbit/s ({100 * off:+.1f} %), "
                           f"near {row['near_capacity']}, capacity {row['capacity_from']}")
            known = case.world == 'whole' or case.format == 'sflow'
            if row['near_capacity'] is not (True if known else None):
                broken.append(f"near_capacity is {row['near_capacity']}")
            if known and row['capacity_from'] != ('configured' if case.world == 'whole'
                                                  else 'exported'):
                broken.append(f"capacity_from is {row['capacity_from']}")
            # Layer 2 is in what sFlow samples tell, not in the truth.
            if not is_sampled(case) and not -LOAD_ERROR <= off <= LOAD_ERROR:
                broken.append(figures[-1])
    return figures, broken or ([] if figures else ['the full link is not told'])


def bar_bystanders(case, got):
    """Who is said to have lost did, by as much; who lost and could be told is told."""
    figures, broken = [], []
    true = {(b['object'], b['link']): b for b in got['truth']['bystanders']}
    lost = {k: b for k, b in true.items() if b['lost_share'] > LOST_LEAST}
    for incident, _ in pairs(got):
        seen = {(b['object'], INPUTS.get(b['input'])): b for b in incident['bystanders']}
        untold = {u['reason']: u['objects'] for u in incident['bystanders_untold']}
        figures.append(f'untold {untold}')
        for key, b in seen.items():
            want = true.get(key, {}).get('lost_share', 0)
            figures.append(f"{key[0]} lost {b['lost']:.2f} ({b['lost_low']:.2f} to "
                           f"{b['lost_high']:.2f}) of {want:.2f}")
            if key not in lost or not b['lost_low'] <= want <= b['lost_high']:
                broken.append(figures[-1])
        enough = [] if is_sampled(case) else [k for k, b in lost.items() if b['before_pps'] > 20]
        broken += [f'{k} lost and is not told' for k in enough if k not in seen]
        if not untold:
            broken.append('nothing is said of the others')
    return figures, broken


def bar_services(case, got):
    """Those on the full link would suffer, the one whose link carries nothing would not."""
    figures, broken = [], []
    for incident, _ in pairs(got):
        risks = {s['name']: s['risk'] for s in incident['services']}
        figures.append(f'{risks}')
        lost = {b['object'] for b in incident['bystanders']}
        want = {'bank': 'link_near_capacity', 'emergency-call': 'lost_traffic' if 'site-07' in lost
                else 'link_near_capacity'}
        if risks != want:
            broken.append(f'{risks}, not {want}')
    return figures, broken


def moves(formats, samplings=(), seldom=False):
    for name in MOVING + ['link-uneven'] + ([] if seldom else ['pulses', 'carpet-24']):
        bars = (bar_shares, bar_moves)
        for fmt in formats:
            yield Case(name, fmt, world='whole', bars=bars, incidents=1)
            for n in samplings:
                yield Case(name, fmt, [n], world='whole', bars=bars, incidents=1)


def several():
    """Routers that see the same packets, and routers beside each other."""
    for name in ('link-move', 'link-uneven', 'link-return'):
        for fmt in ('ipfix', 'sflow'):
            # What two routers see of most of these is too many records.
            n = [1, 1] if fmt == 'ipfix' and name != 'link-return' else [2, 2]
            yield Case(name, fmt, n, 'plain', (bar_shares, bar_moves), view='same',
                       incidents=1)
            yield Case(name, fmt, [1, 1], 'whole', (bar_shares, bar_moves), view='split',
                       incidents=1)
    yield Case('link-uneven', 'v9', [10, 100], 'plain', (bar_shares, bar_moves), view='same',
               incidents=1)


def crowded(formats):
    bars = (bar_shares, bar_moves, bar_full, bar_bystanders, bar_services)
    for fmt in formats:
        yield Case('link-crowded', fmt, world='whole', bars=bars, incidents=1)
    yield Case('link-crowded', 'sflow', [10], world='whole',
               bars=(bar_shares, bar_moves, bar_bystanders), incidents=1)
    yield Case('link-crowded', 'sflow', bars=(bar_shares, bar_moves, bar_full), incidents=1)


def same_bytes():
    yield SameBytes('link-return', 'sflow', [10, 100], world='whole')
    yield SameBytes('link-crowded', 'ipfix', world='whole')


def cases():
    return [*moves(['v9'], [1000]), *moves(['sflow'], [1000], True), *several(),
            *crowded(['v9', 'sflow']), *same_bytes()]


def long_cases():
    return [*moves(FLOWS, [100, 1000]), *several(), *crowded(FLOWS), *same_bytes()]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('program')
    parser.add_argument('--seeds', type=int, default=1)
    parser.add_argument('--long', action='store_true', help='the cases of PART=drill')
    parser.add_argument('--few', action='store_true', help='for slow builds')
    parser.add_argument('--only', default='')
    parser.add_argument('--jobs', type=int, default=os.cpu_count() or 1)
    args = parser.parse_args()
    chosen = [c for c in (long_cases() if args.long else cases()) if args.only in c.name]
    chosen = chosen[::6] if args.few else chosen
    runs = [(c, seed) for c in chosen for seed in range(1, args.seeds + 1)]
    total = Tally()
    with concurrent.futures.ThreadPoolExecutor(max_workers=args.jobs) as pool:
        for row in pool.map(lambda r: run_case(args.program, r[0], r[1]), runs):
            good = not row['broken']
            total.add(Tally(int(good), int(not good)))
            show(row)
    if not chosen:
        print('BAD  no case was chosen')
        total.failed = 1
    print(total.line())
    return 1 if total.failed else 0


if __name__ == '__main__':
    sys.exit(main())
