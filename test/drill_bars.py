# SPDX-License-Identifier: ISC
"""The drill held against its own truth through the program: write, read, score. One case is a
scenario in one format with its sampling; what it must reach is said in broken_bars(). Used by
test_drill.py with one seed and by PART=drill with twenty."""
import datetime
import json
import math
import os
import shutil
import subprocess
import tempfile

FORMATS = ['packets', 'v5', 'v9', 'ipfix', 'sflow']
MAX_RECORDS = 300000
# A quarter of a year is read as exports only; as packets it is no test but a soak.
LONG = {'2008q3': ['v9', 'ipfix'], '2008q3-day': ['v5', 'v9', 'ipfix', 'sflow']}
# Factors of sampling that formats are tried at beside unsampled.
SAMPLINGS = [100, 1000]
# noroshi_s at the 95th percentile, by scenario.
DELAY_BARS = {'twice-threshold': 1.5, 'quarter-over': 3.0}
# Floods none of whose sources comes near 1,000 SYN/s, however they are sampled.
NO_HEAVY_SOURCE = ['syn-classes-small', 'syn-one-each']
# The same traffic seen by several exporters, each with its own sampling.
SEVERAL = [('syn-real', 'ipfix', [1, 100]), ('udp-flood', 'v9', [1, 100, 1000]),
           ('icmp-flood', 'v5', [100, 1000]), ('amp-ntp', 'sflow', [1, 100, 1000])]
CONFIDENCE = 0.95
WINDOWS_S = [1, 10, 60]


class Case:
    """One run: a scenario, a format, and the sampling of one or several exporters."""

    def __init__(self, scenario, fmt, samplings):
        self.scenario, self.format, self.samplings = scenario, fmt, samplings
        self.sampling = max(samplings)
        tail = '+'.join(f'1:{n}' for n in samplings)
        self.name = f'{scenario}/{fmt}' + (f'/{tail}' if samplings != [1] else '')

    def options(self):
        if len(self.samplings) == 1:
            return ['--sampling', str(self.sampling)]
        each = [word for n in self.samplings for word in ('--exporter-sampling', str(n))]
        return ['--exporters', str(len(self.samplings)), *each]


def scenarios(program):
    out = subprocess.run([program, 'drill', 'list', '--json'], check=True, capture_output=True,
                         text=True).stdout
    return [row['scenario'] for row in json.loads(out)]


def cases(program, few=False):
    """Every scenario in every format and sampling, and several exporters. @few: packets, IPFIX and
    one more format in turn, and one sampled form of each."""
    made = []
    for i, scenario in enumerate(scenarios(program)):
        formats = LONG.get(scenario, FORMATS)
        some = {'packets', 'ipfix', ['v5', 'v9', 'sflow'][i % 3]}
        for fmt in formats:
            if few and fmt not in some:
                continue
            made.append(Case(scenario, fmt, [1]))
            if fmt != 'packets' and not few:
                made += [Case(scenario, fmt, [n]) for n in SAMPLINGS]
        if few:
            made.append(Case(scenario, formats[-1], [SAMPLINGS[i % 2]]))
    return made + [Case(*row) for row in SEVERAL]


def poisson_below(k, mean):
    """P(X < k) of a Poisson count, by its terms; the mean is bounded by the caller."""
    term = math.exp(-mean)
    total = 0.0
    for i in range(k):
        total += term
        term *= mean / (i + 1)
    return total


def visible_pps(threshold, sampling, seconds):
    """The least true rate that a 1:@sampling exporter shows over @threshold with CONFIDENCE, when an
    attack lasts @seconds and an alarm needs the lower 99 % bound of what was counted in 1, 10 or 60 s
    to reach the threshold. The test's own arithmetic (exact Poisson), on purpose not the program's."""
    if sampling <= 1:
        return threshold
    best = math.inf
    for window in [w for w in WINDOWS_S if w <= max(1, seconds)]:
        mean = threshold * window / sampling
        needed = 1
        while poisson_below(needed, mean) < 0.99 and needed < 5000:
            needed += 1
        low, high = mean, mean + 10 * math.sqrt(mean) + 20
        for _ in range(60):
            middle = (low + high) / 2
            enough = poisson_below(needed, middle) <= 1 - CONFIDENCE
            low, high = (low, middle) if enough else (middle, high)
        best = min(best, high * sampling / window)
    return best


def run(command, timeout, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=timeout, **more)
    return done.returncode, done.stdout, done.stderr


def run_case(program, case, seed, timeout=600, threads=None):
    """Write, read and score one case. The row it returns has `broken`: a sentence per bar that was
    missed, empty when all held."""
    work = tempfile.mkdtemp(prefix='noroshi-drill-')
    row = {'name': f'{case.name} seed {seed}', 'broken': []}
    try:
        path = os.path.join(work, 'd.pcap')
        code, out, err = run([program, 'drill', 'write', case.scenario, path, '--format', case.format,
                              '--seed', str(seed), *case.options(), '--random', '--max-records',
                              str(MAX_RECORDS), '--yaml', '--json'], timeout)
        if code:
            row['broken'].append(f'drill write: exit {code}: {err.strip()[-300:]}')
            return row
        row['written'] = json.loads(out)
        command = [program, 'read', '--json', '--conf', path + '.yaml', path]
        if threads:
            command[2:2] = ['--threads', str(threads)]
        code, out, err = run(command, timeout)
        if code not in (0, 1):
            row['broken'].append(f'read: exit {code}: {err.strip()[-300:]}')
            return row
        with open(path + '.incidents', 'w', encoding='utf-8') as file:
            file.write(out)
        score(program, case, path, timeout, row)
    except subprocess.TimeoutExpired as error:
        row['broken'].append(f'ran out of time: {error.cmd[1]}')
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return row


def score(program, case, path, timeout, row):
    code, out, err = run([program, 'drill', 'score', path + '.incidents', path + '.truth.json',
                          '--json', '--only-visible', case.format], timeout)
    if code:
        row['broken'].append(f'drill score: exit {code}: {err.strip()[-300:]}')
        return
    row['score'] = json.loads(out)
    with open(path + '.truth.json', encoding='utf-8') as file:
        truth = {a['id']: a for a in json.load(file)['attacks']}
    row['broken'] += broken_bars(case, row['score'], truth)


def seconds_of(attack):
    """How long an attack of the truth lasted."""
    first, last = (datetime.datetime.fromisoformat(attack[k].replace('Z', '+00:00'))
                   for k in ('first', 'last'))
    return (last - first).total_seconds()


def parts_above(case, attack):
    """(parts of the attack that must show, parts that this format could show at all)."""
    shown = attack['visible_vectors'][case.format]
    parts = [p for p in attack['parts'] if p['vector'] in shown]
    seconds = seconds_of(attack)
    least = min(case.samplings)
    above = [p for p in parts if least <= 1 or p['packets'] / max(seconds, 1) >=
             visible_pps(p['threshold_pps'], least, seconds)]
    return above, parts


def broken_rows(case, got, truth):
    """What single attacks miss: those above the blind spot are found, with their class."""
    broken = []
    for row in got['per_attack']:
        if not row['counted']:
            continue
        above, parts = parts_above(case, truth[row['id']])
        if above and row['outcome'] != 'found':
            broken.append(f"{row['id']} {'+'.join(row['vectors'])}: {row['outcome']}")
        elif row['outcome'] == 'found' and len(above) == len(parts) and row.get('class_right') is False:
            broken.append(f"{row['id']}: {row['class']} seen as {row.get('class_seen')}")
        if case.scenario in NO_HEAVY_SOURCE and (row.get('sources_seen') or {}).get('ge_1000'):
            broken.append(f"{row['id']}: {row['sources_seen']['ge_1000']} sources in ge_1000")
        error = row.get('peak_pps_error')
        if len(case.samplings) > 1 and error is not None:
            # Half the width of a 99.9 % interval of the coarsest exporter's count of a second.
            limit = 3.3 / math.sqrt(row['peak_pps'] / case.sampling) + 0.01
            if abs(error) > limit:
                broken.append(f"{row['id']}: peak {error:+.3f}, not within {limit:.3f}")
    return broken


def broken_bars(case, got, truth):
    """What of the bars this score misses, a sentence each."""
    broken = broken_rows(case, got, truth)
    if got['false']:
        broken.append(f"{got['false']} false: {json.dumps(got.get('false_positives'))[:300]}")
    if case.sampling <= 1:
        for key in ('recall', 'precision', 'class_accuracy'):
            value = got.get(key)
            if value is not None and value < 1.0:
                broken.append(f'{key} {value:.3f}, not 1.0')
    limit = DELAY_BARS.get(case.scenario)
    delay = (got.get('noroshi_s') or {}).get('p95') if case.sampling == 1 else None
    if limit and delay is not None and delay > limit:
        broken.append(f'noroshi_s p95 {delay:.2f}, not {limit} at most')
    return broken
