#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""What the spoofing verdict must reach in the drill, and on which runs. A run is a family with a
seed, a format and its sampling; spoof_drill says what the verdict was, and what it would have been
with each test withheld. Seeds 1 to 20 are for judging; who fits the verdict takes 101 and up, and
the families of group `fit` only.

spoof_bars.py SPOOF_DRILL [--seeds 1-2] [--group fit|held_out] [--few] [--all] [--json FILE] [--jobs N]"""
import argparse
import concurrent.futures
import json
import os
import subprocess
import sys
import time

ACCURACY = 0.97         # where it decides
UNKNOWN = 0.15          # at most, where three tests have data
CALIBRATION = 0.05      # expected calibration error over BINS bins of equal count
BINS = 10
BOTNET_SPOOFED = 0.9    # a real botnet is never said to be spoofed with more
DATA = 3                # tests with data from which "unknown" counts
CUT_ACCURACY = 0.9      # of a cut too small for the bars; those of single runs are held too
CUT_WITHHELD = 0.8      # the same with a test withheld
FLOWS = ['sflow', 'v9', 'ipfix', 'v5']
SAMPLINGS = [1, 100, 1000]
BOTNETS = ['bots-1k', 'bots-10k', 'bots-100k', 'bots-connect']
# By the issue: a scan is "not spoofed" only where the scanner uses the answers.
MUST_NOT_CLEAR = ['scan-silent']
JUDGE_SEEDS = list(range(1, 21))
# Cases that are held against a bar only in such a number.
ENOUGH = 100


def names(program):
    """{scenario: group}"""
    out = subprocess.run([program, 'names'], check=True, capture_output=True, text=True).stdout
    return dict(line.split('\t')[:2] for line in out.splitlines())


def turning_runs(seed, nth):
    """The (format, sampling) of a family's seed: packets, and each flow format with one sampling
    that turns from seed to seed, so that all meet within three seeds."""
    yield 'packets', 1
    for i, fmt in enumerate(FLOWS):
        yield fmt, SAMPLINGS[(seed + nth + i) % len(SAMPLINGS)]


def every_run():
    yield 'packets', 1
    for fmt in FLOWS:
        for n in SAMPLINGS:
            yield fmt, n


def few_runs(seed, nth):
    """One run of each family, small ones sampled."""
    turn = [('packets', 1), ('sflow', 100), ('v9', 1), ('ipfix', 100), ('sflow', 1), ('v5', 1)]
    yield turn[(seed + nth) % len(turn)]


class Case:
    """One run to be made."""

    def __init__(self, scenario, group, seed, fmt, sampling):
        self.scenario, self.group, self.seed = scenario, group, seed
        self.format, self.sampling = fmt, sampling

    def command(self, program):
        return [program, self.scenario, 'format', self.format, 'sampling', str(self.sampling),
                'seed', str(self.seed)]

    def run(self, program, timeout=600):
        done = subprocess.run(self.command(program), capture_output=True, text=True,
                              timeout=timeout)
        if done.returncode:
            return {'case': self, 'broken': done.stderr.strip()[-300:] or f'exit {done.returncode}'}
        return dict(json.loads(done.stdout), case=self)


def cases(program, seeds, group=None, few=False, everything=False, only=None):
    for nth, (scenario, its) in enumerate(names(program).items()):
        if (group and its != group) or (only and scenario not in only):
            continue
        for seed in seeds:
            chosen = (few_runs(seed, nth) if few else every_run() if everything else
                      turning_runs(seed, nth))
            for fmt, sampling in chosen:
                yield Case(scenario, its, seed, fmt, sampling)


def truth(got):
    return got['attack']['spoofing']


def pared(verdict):
    """[verdict, confidence, names of the tests with data] of what an incident says."""
    verdict = verdict or {}
    return [verdict.get('verdict') or 'unknown', verdict.get('confidence') or 0.0,
            sorted({e['test'] for e in verdict.get('evidence') or []})]


class Judged:
    """One verdict on one run; @without: the test that was withheld, '' none."""

    def __init__(self, got, verdict, without=''):
        self.got, self.case, self.without = got, got['case'], without
        self.verdict, self.confidence, self.tests = (verdict if isinstance(verdict, list)
                                                     else pared(verdict))
        self.decided = self.verdict != 'unknown'
        self.right = self.verdict == truth(got)

    def n_tests(self):
        return self.tests if isinstance(self.tests, int) else len(self.tests)

    def wrong_rule(self):
        """The rule that holds for each single run, broken; or ''."""
        if (self.case.scenario in BOTNETS and self.verdict == 'spoofed' and
                self.confidence > BOTNET_SPOOFED):
            return f'a real botnet said to be spoofed with {self.confidence:.3f}'
        if self.case.scenario in MUST_NOT_CLEAR and self.verdict == 'not_spoofed':
            return f'a scan that uses no answer said to be not spoofed with {self.confidence:.3f}'
        return ''


def judged(got):
    """The verdicts of one run: as it stood, and with each test withheld that had said something."""
    if got.get('broken') or not got['found']:
        return
    whole = Judged(got, got['verdict'])
    yield whole
    for test, verdict in got['without'].items():
        if test in whole.tests:
            yield Judged(got, verdict, test)


def calibration_error(rows):
    """Expected calibration error: bins of equal count by confidence; the weighted mean of the
    distance between mean confidence and share right. Those of one confidence share their right, so
    that their order does not matter. None of nothing."""
    if not rows:
        return None
    equal = {}
    for j in rows:
        equal.setdefault(j.confidence, []).append(j.right)
    ordered = [(sure, sum(right) / len(right)) for sure, right in sorted(equal.items())
               for _ in right]
    total, at = 0.0, 0
    for i in range(BINS):
        end = len(ordered) * (i + 1) // BINS
        total += abs(sum(sure - right for sure, right in ordered[at:end]))
        at = end
    return total / len(ordered)


def counted(rows):
    """Those that the shares are about: not the scans that nobody can decide."""
    return [j for j in rows if j.case.scenario not in MUST_NOT_CLEAR]


def figures(rows):
    rows = counted(rows)
    decided = [j for j in rows if j.decided]
    data = [j for j in rows if j.n_tests() >= DATA]
    return {
        'runs': len(rows), 'decided': len(decided), 'right': sum(j.right for j in decided),
        'accuracy': sum(j.right for j in decided) / len(decided) if decided else None,
        'with_data': len(data), 'unknown_with_data': sum(not j.decided for j in data),
        'unknown': sum(not j.decided for j in data) / len(data) if data else None,
        'calibration_error': calibration_error(decided),
    }


def missed(name, f, few):
    """The bars that figures @f miss, in words."""
    cut = few or f['runs'] < ENOUGH
    least = (CUT_WITHHELD if name.startswith('without') else CUT_ACCURACY) if cut else ACCURACY
    broken = []
    if f['accuracy'] is None:
        broken.append(f'{name}: nothing was decided')
    elif f['accuracy'] < least:
        broken.append(f"{name}: accuracy {f['accuracy']:.4f} ({f['right']} of {f['decided']}), "
                      f'not {least}')
    if cut:
        return broken
    if f['unknown'] is not None and f['unknown'] > UNKNOWN:
        broken.append(f"{name}: {f['unknown']:.3f} unknown of {f['with_data']} with data, "
                      f'not {UNKNOWN} at most')
    if f['calibration_error'] is not None and f['calibration_error'] > CALIBRATION:
        broken.append(f"{name}: calibration error {f['calibration_error']:.3f}, "
                      f'not {CALIBRATION} at most')
    return broken


def hold(results, few=False):
    """(figures by name, [bars missed]) over all results of a run of this program."""
    every = [j for got in results for j in judged(got)]
    whole = [j for j in every if not j.without]
    told, broken = {}, []
    groups = {'all': whole}
    for group in sorted({j.case.group for j in whole}) if not few else []:
        groups[group] = [j for j in whole if j.case.group == group]
    for name, rows in groups.items():
        told[name] = figures(rows)
        broken += missed(name, told[name], few)
    for test in sorted({j.without for j in every if j.without}):
        # Where the test had said nothing the verdict without it is the verdict.
        took = {id(j.got): j for j in every if j.without == test}
        rows = [took.get(id(j.got), j) for j in whole]
        told['without ' + test] = figures(rows)
        broken += missed('without ' + test, told['without ' + test], few)
    return told, broken


def tell(value):
    return '-' if value is None else f'{value:.3f}'


def table(told):
    print(f"{'':34s} {'runs':>5s} {'decided':>7s} {'accuracy':>8s} {'unknown':>7s} {'ECE':>6s}")
    for name, f in told.items():
        print(f"{name:34s} {f['runs']:5d} {f['decided']:7d} {tell(f['accuracy']):>8s} "
              f"{tell(f['unknown']):>7s} {tell(f['calibration_error']):>6s}")


def confusion(results):
    """Lines of what was said of each family, and the sums of confidence."""
    words = ['spoofed', 'partly', 'not_spoofed', 'unknown']
    families = {}
    for got in results:
        row = families.setdefault((got['case'].group, got['case'].scenario), [])
        row.append(next(judged(got), None))
    yield f"{'family':18s} {'group':9s} {'runs':>4s} {'truth':24s}" + ''.join(
        f'{w:>12s}' for w in words) + f"{'not found':>12s} {'confidence right/wrong':>24s}"
    for (group, name), rows in sorted(families.items()):
        seen = [j for j in rows if j]
        said = [sum(j.verdict == w for j in seen) for w in words]
        right = [j.confidence for j in seen if j.decided and j.right]
        wrong = [j.confidence for j in seen if j.decided and not j.right]
        mean = ' / '.join(f'{sum(v) / len(v):.3f}' if v else '-' for v in (right, wrong))
        yield (f"{name:18s} {group:9s} {len(rows):4d} {','.join(sorted({truth(j.got) for j in seen})):24s}"
               + ''.join(f'{n:12d}' for n in said) + f'{len(rows) - len(seen):12d} {mean:>24s}')


def problems(results, program):
    """What is wrong with single runs, with the command that shows it again."""
    for got in results:
        case = got['case']
        command = ' '.join(case.command(program))
        if got.get('broken'):
            yield True, f"could not run: {got['broken']}\n     {command}"
            continue
        if not got['found'] and case.sampling == 1:
            yield True, f'no incident, though every packet was seen\n     {command}'
        for j in judged(got):
            rule = j.wrong_rule()
            less = f' without {j.without}' if j.without else ''
            if rule:
                yield True, f'{rule}{less}\n     {command}'
            elif not j.without and j.decided and not j.right:
                yield False, (f'{case.scenario}: {truth(got)} said to be {j.verdict} with '
                              f'{j.confidence:.3f}\n     {command}')


def small(got):
    """What is kept of a run over slices: enough for hold(); restored() makes a result of it."""
    kept = {key: getattr(got['case'], key) for key in ('scenario', 'group', 'seed', 'format',
                                                        'sampling')}
    if got.get('broken'):
        return dict(kept, broken=got['broken'])
    kept.update(found=got['found'], attack={'spoofing': truth(got)})
    if got['found']:
        kept['verdict'] = pared(got['verdict'])
        kept['without'] = {j.without: [j.verdict, j.confidence, j.n_tests()]
                           for j in judged(got) if j.without}
    return kept


def restored(kept):
    return dict(kept, case=Case(*(kept[key] for key in ('scenario', 'group', 'seed', 'format',
                                                        'sampling'))))


def seeds_of(text):
    first, _, last = text.partition('-')
    return list(range(int(first), int(last or first) + 1))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('program')
    parser.add_argument('--seeds', type=seeds_of, default=[1])
    parser.add_argument('--group', choices=['fit', 'held_out'])
    parser.add_argument('--only', type=lambda t: t.split(','), help='families, by comma')
    parser.add_argument('--few', action='store_true', help='one run of each family')
    parser.add_argument('--all', action='store_true', help='every format with every sampling')
    parser.add_argument('--json', help='also write what each run said, one a line')
    parser.add_argument('--jobs', type=int, default=os.cpu_count() or 1)
    args = parser.parse_args()
    began = time.monotonic()
    chosen = list(cases(args.program, args.seeds, args.group, args.few, args.all, args.only))
    with concurrent.futures.ThreadPoolExecutor(max_workers=args.jobs) as pool:
        results = list(pool.map(lambda c: c.run(args.program), chosen))
    if args.json:
        with open(args.json, 'w', encoding='utf-8') as out:
            for got in results:
                out.write(json.dumps({k: v for k, v in got.items() if k != 'case'}) + '\n')
    bad = 0
    for counts, text in problems(results, args.program):
        bad += counts
        print(('BAD  ' if counts else 'wrong ') + text)
    print('\n'.join(confusion([r for r in results if not r.get('broken')])))
    told, broken = hold(results, args.few)
    table(told)
    for line in broken:
        print('BAD  ' + line)
    print(f'{len(results)} runs took {time.monotonic() - began:.0f} s')
    failed = bad + len(broken)
    print(f'{max(0, len(results) - failed)} passed, {failed} failed')
    return 1 if failed or not results else 0


if __name__ == '__main__':
    sys.exit(main())
