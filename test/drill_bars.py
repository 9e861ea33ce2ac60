# SPDX-License-Identifier: ISC
"""What the drill must reach: the cases, and the bars each is held against. A case is a scenario in
a format with its sampling, exporters and configured world; drill_run makes, reads and judges it in
one process. Used by test_drill.py with one seed, by PART=drill with twenty."""
import json
import math
import subprocess

FORMATS = ['packets', 'v5', 'v9', 'ipfix', 'sflow']
SAMPLED = ['v5', 'v9', 'sflow']
SAMPLINGS = [100, 1000]
QUARTER = '2008q3'
PROOF_SEEDS = 20  # of PART=drill
# noroshi_s at the 95th percentile, by scenario, unsampled.
DELAY_BARS = {'twice-threshold': 1.5, 'quarter-over': 3.0}
# Floods none of whose sources comes near 1,000 SYN/s.
NO_HEAVY_SOURCE = ['syn-classes-small', 'syn-one-each']
# From sampled v5 and v9 of link-full only the first 5 s arrive: a sampled packet is its own flow
# and leaves 15 s later, and from second 20 of the attack the link is full. That is less than the
# 10 s window needs, so the 1 s window's blind spot counts.
SHORTENED = {('link-full', 'v5'), ('link-full', 'v9'), ('link-full', 'ipfix')}
# Share of links that packets of the background to the same target may have.
LINK_SLACK = 0.02


class Case:
    """One run. @samplings: one for each exporter; @bars: beside bar_basic; @options: drill_run's."""

    def __init__(self, scenario, fmt, samplings=(1,), world='plain', bars=(), **options):
        self.scenario, self.format, self.samplings = scenario, fmt, list(samplings)
        self.world, self.options = world, options
        self.bars = [bar_basic, *bars]
        if scenario in DELAY_BARS and self.samplings == [1]:
            self.bars.append(bar_delay)
        if scenario in NO_HEAVY_SOURCE:
            self.bars.append(bar_no_heavy_source)
        words = [scenario, fmt]
        if self.samplings != [1]:
            words.append('+'.join(f'1:{n}' for n in self.samplings))
        words += [world] if world != 'plain' else []
        words += [f'{k} {v}' for k, v in options.items() if k not in ('incidents', 'exporters')]
        self.name = '/'.join(words)

    def command(self, program, seed, **more):
        options = dict(self.options, format=self.format, seed=seed, world=self.world, **more)
        if len(self.samplings) > 1:
            options['exporters'] = len(self.samplings)
            options['each-sampling'] = ','.join(map(str, self.samplings))
        else:
            options['sampling'] = self.samplings[0]
        return [program, self.scenario,
                *(str(word) for pair in options.items() for word in pair)]

    def run(self, program, seed, timeout):
        """(score as drill_run tells it, [what was broken already])."""
        return call(self.command(program, seed), timeout), []


class SameBytes(Case):
    """The same incidents byte for byte on a second run and with any number of threads."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, incidents=1, **kwargs)
        self.name += '/same bytes'

    def run(self, program, seed, timeout):
        first = call(self.command(program, seed, threads=1), timeout)
        broken = [] if first['incidents'] else ['nothing was found, so nothing is compared']
        for threads in (1, 2, 4):
            other = call(self.command(program, seed, threads=threads), timeout)
            if json.dumps(other['incidents']) != json.dumps(first['incidents']):
                broken.append(f'{threads} threads: other incidents than the first run')
        return first, broken


class Broken(Exception):
    """A run that did not run."""


def call(command, timeout):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=timeout)
    except subprocess.TimeoutExpired as error:
        raise Broken(f'ran out of time: {" ".join(command[1:])}') from error
    if done.returncode:
        why = done.stderr.strip()[-400:]
        raise Broken(f'exit {done.returncode}: {" ".join(command[1:])}: {why}')
    return json.loads(done.stdout)


def counted(got):
    return [a for a in got['per_attack'] if a['counted']]


def found(got):
    return [a for a in counted(got) if a['outcome'] == 'found']


def due(case, got):
    """The attacks that must be found: all that the format shows, of sampled ones those above the
    blind spot. A run that was cut by its number of records ends in the middle of an attack."""
    rows = counted(got)
    if case.samplings == [1] and not got['cut']:
        return rows
    rows = [a for a in rows if a['above_blind_spot']]
    if (case.scenario, case.format) in SHORTENED and min(case.samplings) > 1:
        rows = [a for a in rows if a['peak_pps'] >= a['blind_pps_in_1_s']]
    return rows


def class_due(case, got):
    """The attacks whose class must be right. Of a run that was cut in the middle of an attack only
    those of which all parts had crossed by then."""
    exact = case.samplings == [1] and not got['cut']
    return [a for a in found(got) if a['kind'] == 'attack' and (exact or a['class_due'])]


def tell_attack(a):
    return (f"{a['id']} {'+'.join(a['vectors'])} at {a['peak_pps']:.0f}/s for {a['lasts_s']:.0f} s"
            f" (blind spot {a['blind_pps']:.0f}/s)")


def bar_basic(case, got):
    """Recall, precision and class accuracy 1.0."""
    must, told, classes = due(case, got), found(got), class_due(case, got)
    missed = [a for a in must if a['outcome'] != 'found']
    wrong = [a for a in classes if not a['class_right']]
    broken = [f'missed {tell_attack(a)}' for a in missed]
    broken += [f"{a['id']} {a['class']} seen as {a['class_seen']}" for a in wrong]
    broken += [f"false: {f['kind']} {f['level']} {'+'.join(f['vectors'])} at {f['targets'][:1]}: "
               f"{f['why']}" for f in got['false_positives']]
    if got['cut'] and case.scenario != QUARTER:
        broken.append('the run was cut by its number of records')
    if got['refused']:
        broken.append(f"the decoders refused {got['refused']} frames or datagrams")
    figures = [f'found {len(must) - len(missed)} of {len(must)} due, {len(told)} of '
               f'{len(counted(got))} shown, {got["false"]} false',
               f'class {len(classes) - len(wrong)} of {len(classes)}']
    if told:
        p95 = {key: got[key]['p95'] for key in ('noroshi_s', 'start_error_s', 'end_error_s')}
        figures.append('p95 of ' + ', '.join(f'{k} {v:.2f}' for k, v in p95.items()) +
                       f", peak {100 * got['peak_pps_error']['p95']:.1f} %")
    return figures, broken


def bar_delay(case, got):
    """noroshi_s at the 95th percentile."""
    limit, p95 = DELAY_BARS[case.scenario], got['noroshi_s']['p95']
    if p95 is None:
        return [], ['no delay was told']
    return [], [f'noroshi_s p95 {p95:.2f}, not {limit} at most'] if p95 > limit else []


def bar_no_heavy_source(case, got):
    """No source in ge_1000."""
    heavy = sum((a.get('sources_seen') or {}).get('ge_1000', 0) for a in found(got))
    return [f'{heavy} sources in ge_1000'], [f'{heavy} sources in ge_1000'] if heavy else []


def poisson_quantile(mean, share):
    """The least count k with P(X <= k) >= share."""
    k, total = 0, 0.0
    while True:
        total += math.exp(k * math.log(mean) - mean - math.lgamma(k + 1))
        if total >= share or k > mean + 20 * math.sqrt(mean) + 50:
            return k
        k += 1


def peak_interval(peak, sampling, seconds, miss=0.05):
    """What a 1:@sampling exporter may say of an attack that has @peak packets in each of @seconds
    clock seconds, its counts taken as Poisson: from the @miss / 2 point of one second to the
    1 - @miss / 2 point of the largest of all, scaled up."""
    n, mean = max(1, round(seconds)), peak / sampling
    return (poisson_quantile(mean, miss / 2) * sampling,
            poisson_quantile(mean, (1 - miss / 2) ** (1 / n)) * sampling)


def peaks_seen(case, got):
    """(true peak, peak told, sampling that counts, seconds) of each attack found: the coarsest
    exporter's, with sides only the border router's."""
    sampling = case.samplings[0] if case.world == 'whole' else max(case.samplings)
    return [(a['peak_pps'], a['peak_pps'] * (1 + a['peak_pps_error']), sampling, a['lasts_s'])
            for a in found(got)]


def peaks_inside(case, got):
    """For each peak: does it lie in its 95 % interval? Of many one in twenty may lie outside;
    PART=drill holds their share."""
    inside = []
    for peak, seen, sampling, seconds in peaks_seen(case, got):
        low, high = peak_interval(peak, sampling, seconds)
        inside.append(low <= seen <= high)
    return inside


def bar_peak_interval(case, got):
    """The peak within its interval, at 95 % for all peaks of the whole proof together (Bonferroni):
    a chance in twenty for each alone would make some of a thousand miss without any fault."""
    figures, broken = [], []
    trials = sum(bar_peak_interval in c.bars for c in several()) * PROOF_SEEDS
    for peak, seen, sampling, seconds in peaks_seen(case, got):
        low, high = peak_interval(peak, sampling, seconds)
        figures.append(f'peak {seen:.0f} of {peak:.0f}, at 1:{sampling} {low} to {high}')
        low, high = peak_interval(peak, sampling, seconds, 0.05 / trials)
        if not low <= seen <= high:
            broken.append(f'{figures[-1]}, all together {low} to {high}')
    return figures, broken


def bar_one_incident(case, got):
    """One incident, however many exporters tell of it."""
    n = got['matched'] + got['false']
    return [f'{n} incidents'], [] if n == 1 else [f'{n} incidents, not 1']


def bar_nothing(case, got):
    """No incident at all."""
    n = got['matched'] + got['false']
    return [f'{n} incidents'], [f'{n} incidents where there is no attack'] if n else []


def bar_pulses(case, got):
    """Five pulses, one incident."""
    pulses = [i['pulses'] for i in got['incidents']]
    return [f'pulses {pulses}'], [] if pulses == [5] else [f'pulses {pulses}, not [5]']


def bar_links(case, got):
    """Half of it by input 1, half by input 2, whichever router has the link."""
    shares = {1: 0.0, 2: 0.0}
    for link in (got['incidents'] or [{'links': []}])[0]['links']:
        shares[link['input']] = shares.get(link['input'], 0) + link['share']
    told = ', '.join(f'input {k}: {v:.3f}' for k, v in sorted(shares.items()))
    good = all(abs(v - (0.5 if k in (1, 2) else 0)) <= LINK_SLACK for k, v in shares.items())
    return [told], [] if good else [f'shares of links: {told}, not half and half']


def bar_lost_sight(case, got):
    """The exporter fell silent in the middle: the incident was out of sight for a while."""
    states = [a['states'] for a in found(got)]
    good = bool(states) and all('lost_sight' in s for s in states)
    return [f'states {states}'], [] if good else [f'states {states}, never lost_sight']


def classes_seen(got):
    seen = [a['class_seen'] for a in found(got)]
    return {name: seen.count(name) for name in ('server', 'capacity', 'compound')}


def bar_day(case, got):
    """Two on servers, one on capacity, nothing else."""
    seen = classes_seen(got)
    good = seen == {'server': 2, 'capacity': 1, 'compound': 0} and got['false'] == 0
    return [f'{seen}'], [] if good else [f'{seen}, {got["false"]} false']


def bar_quarter(case, got):
    """209 on servers, 27 on capacity, 36 compound, one of them above 2 Gbit/s."""
    seen = classes_seen(got)
    large = sorted(i['peak']['bps'] for i in got['incidents'] if i['peak']['bps'] > 2e9)
    figures = [f'{seen}', f'above 2 Gbit/s: {[round(b / 1e9, 2) for b in large]}']
    broken = []
    if seen != {'server': 209, 'capacity': 27, 'compound': 36} or got['false']:
        broken.append(f'{seen}, {got["false"]} false, not 209, 27, 36')
    if len(large) != 1:
        broken.append(f'{len(large)} above 2 Gbit/s, not 1')
    return figures, broken


def scenarios(program):
    """Names in the order of the drill; drill_run says them. Those of whose_bars.py, week_drill.py
    and rule_drill.py are held there."""
    done = subprocess.run([program, 'names'], check=True, capture_output=True, text=True)
    return [name for name in done.stdout.split()
            if not name.startswith(('whose-', 'rule-')) and name != 'busy-week']


def matrix(program):
    """Every scenario in every format unsampled, and sampled where flows are."""
    for name in scenarios(program):
        if name == QUARTER:
            continue
        bars = (bar_day,) if name == '2008q3-day' else ()
        for fmt in FORMATS:
            yield Case(name, fmt, bars=bars)
        for fmt in SAMPLED:
            for n in SAMPLINGS:
                yield Case(name, fmt, [n])


def worlds(program, formats):
    """With the sides of interfaces and the protected objects configured."""
    for name in scenarios(program):
        if name != QUARTER:
            for fmt in formats:
                yield Case(name, fmt, world='whole')


def several():
    """The same traffic from two and three exporters, some with clocks that are wrong."""
    bars = (bar_one_incident, bar_peak_interval)
    mixes = [([1, 10], {}), ([10, 100], {}), ([1, 10, 100], {}), ([100, 10, 1], {}),
             ([1, 10, 100], {'offset': '0,7,-5'}), ([10, 1, 100], {'offset': '-30,0,0.8'})]
    rows = [('udp-flood', 'v9'), ('icmp-flood', 'v5'), ('amp-ntp', 'ipfix'), ('syn-real', 'sflow')]
    for i, (samplings, options) in enumerate(mixes):
        for world in ('plain', 'whole'):
            for name, fmt in rows:
                # syn-real from three exporters is too many records: sampled ten times more.
                n = [s * 10 for s in samplings] if name == 'syn-real' else samplings
                yield Case(name, fmt, n, world, bars, **options)


def special():
    """Promises that one scenario each stands for."""
    for fmt in FORMATS:
        yield Case('pulses', fmt, bars=(bar_pulses,), incidents=1)
    for fmt in FORMATS[1:]:
        for active in (30, 60, 120):
            yield Case('long-flows', fmt, bars=(bar_nothing,), active=active)
        for world in ('plain', 'whole'):
            yield Case('link-full', fmt, world=world, bars=(bar_lost_sight,), clock=1)
        yield Case('link-full', fmt, [1, 1], bars=(bar_lost_sight,), view='split')
        yield Case('link-move', fmt, bars=(bar_links,), incidents=1)
        for world in ('plain', 'whole'):
            yield Case('link-move', fmt, [1, 1], world, (bar_links,), view='split', incidents=1)


def same_bytes():
    """Chosen for what threads share: many hosts, prefixes over shards, several vectors, exporters."""
    yield SameBytes('several-at-once', 'packets')
    yield SameBytes('syn-mixed-classes', 'packets')
    yield SameBytes('carpet-20', 'ipfix')
    yield SameBytes('carpet-v6', 'sflow')
    yield SameBytes('compound', 'v9', [100])
    yield SameBytes('link-move', 'sflow', [10, 100], world='whole')
    yield SameBytes('udp-flood', 'v5', [10, 100, 1000])


def quarter(formats):
    for fmt in formats:
        yield Case(QUARTER, fmt, bars=(bar_quarter,), incidents=1)


def quarter_sampled():
    for fmt in SAMPLED:
        for n in SAMPLINGS:
            yield Case(QUARTER, fmt, [n])


def cases(program, few=False):
    """What `make test` runs. @few: what a sanitizer has the time for."""
    if few:
        some = [Case(name, FORMATS[i % 5]) for i, name in enumerate(scenarios(program))
                if name != QUARTER]
        return some + list(same_bytes())[:1] + list(several())[:4]
    return [*matrix(program), *worlds(program, ['ipfix']), *several(), *special(), *same_bytes(),
            Case(QUARTER, 'packets'), Case(QUARTER, 'sflow'), *quarter(['v9'])]


def long_cases(program):
    """What each seed of PART=drill runs."""
    return [*matrix(program), *worlds(program, FORMATS), *several(), *special(),
            *same_bytes(), Case(QUARTER, 'packets'), Case(QUARTER, 'sflow'),
            *quarter(['v5', 'v9', 'ipfix']), *quarter_sampled()]


def run_case(program, case, seed, timeout=600):
    """One case with one seed: `broken` has a sentence per bar that was missed, `figures` what was
    measured, `score` all that drill_run told (None when it did not run)."""
    row = {'name': f'{case.name} seed {seed}', 'broken': [], 'figures': [], 'score': None}
    try:
        row['score'], row['broken'] = case.run(program, seed, timeout)
        for bar in case.bars:
            figures, broken = bar(case, row['score'])
            row['figures'] += figures
            row['broken'] += broken
    except Broken as error:
        row['broken'].append(str(error))
    if row['broken']:
        row['command'] = ' '.join(case.command('drill_run', seed))
    return row
