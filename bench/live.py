# SPDX-License-Identifier: ISC
"""Live over loopback: what a record costs, and up to which rate none is lost."""
import subprocess
import time

from machine import LAST_CORE, cpu_s, memory, sender_ended, settle, spread_of, udp_sockets
from programs import COLLECTORS, Missing

FORMATS = ('v5', 'v9', 'ipfix', 'sflow')
BAR_RATE = {'v5': 1e6, 'v9': 1e6, 'ipfix': 1e6, 'sflow': 400e3}
DRAINED_S = 0.5  # a rate is held when nothing is left to do so soon after the sending
GOAL_RATE = {'v5': 2e6, 'v9': 2e6, 'ipfix': 2e6, 'sflow': 800e3}


def sender(bench, fmt, port, rate, seconds, more):
    return subprocess.Popen([bench.traffic, 'send', fmt, str(port), '--rate', str(int(rate)),
                             '--seconds', str(seconds), '--cpu', str(LAST_CORE), *map(str, more)],
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, text=True)


def send(bench, fmt, port, rate, seconds, *more):
    with sender(bench, fmt, port, rate, seconds, more) as child:
        return sender_ended(child, seconds * 3 + 30)


def trial(bench, program, rate, seconds, *more, warm_s=0):
    """One start of @program with traffic at @rate; figures, and @program still knows its status.
    CPU is taken from @warm_s on: the sender is even, so that part of the records is that of time."""
    try:
        program.start()
        pid = program.child.pid
        with sender(bench, program.format, program.port, rate, seconds + warm_s, more) as child:
            time.sleep(warm_s)
            before, began = cpu_s(pid), time.monotonic()
            sent = sender_ended(child, (seconds + warm_s) * 3 + 30)
        drain_s = settle(pid, program.settle_s)
        cpu, window = cpu_s(pid) - before, time.monotonic() - began
        pss, anonymous = memory(pid)
        drops = sum(udp_sockets(program.port))
        got = program.received(sent)
    finally:
        program.stop()
    lost = sent['records'] - got
    lost = lost if lost > program.slack or drops else 0
    return {'rate': rate, 'sent': sent['records'], 'sent_per_s': sent['records_per_s'],
            'datagrams': sent['datagrams'], 'received': got, 'lost': lost, 'drain_s': drain_s,
            'clean': lost == 0 and drops == 0 and drain_s <= DRAINED_S
            and sent['records_per_s'] >= 0.95 * rate,
            'kernel_drops': drops, 'cpu_s': cpu, 'window_s': window, 'pss_bytes': pss,
            'anonymous_bytes': anonymous, 'sent_by': sent,
            'cpu_s_per_million': cpu / (got * seconds / (seconds + warm_s)) * 1e6 if got else None}


def cost_row(program, runs):
    lost = sum(r['lost'] for r in runs) / max(1, sum(r['sent'] for r in runs))
    return {'program': program.name, 'version': program.version(), 'does': program.does,
            'format': program.format, 'rate': runs[0]['rate'], 'lost_share': lost,
            'cpu_s_per_million': spread_of(r['cpu_s_per_million'] for r in runs),
            'pss_bytes': spread_of(r['pss_bytes'] for r in runs), 'runs': runs}


def alternate(bench, programs, runs, one):
    """@one(program) @runs times for each, in turn: noroshi, peer, peer, noroshi, ..."""
    got, missing = {c: [] for c in programs}, {}
    for n in range(runs):
        if n and bench.late():
            break
        for c in programs:
            if c in missing:
                continue
            try:
                got[c].append(one(c))
            except (Missing, OSError, ValueError, KeyError, subprocess.SubprocessError) as why:
                missing[c] = f'{why}' or type(why).__name__
            bench.say(f'run {n + 1}/{runs} {c.name}')
    return got, missing


def of_format(bench, fmt):
    return [c for c in COLLECTORS if fmt in c.formats and bench.wants(c.name, fmt)]


def cost_of(bench, fmt, programs, runs):
    """CPU per record of @programs, in turn, each at a rate that it holds without loss."""
    seconds, warm_s = (1, 0.5) if bench.quick else (2.5, 2)
    got, missing = alternate(bench, programs, runs, lambda c: trial(
        bench, c(bench, fmt), bench.cost_rate(c, fmt), seconds, warm_s=warm_s))
    return [{'program': c.name, 'format': fmt, 'missing': missing[c]} if c in missing
            else cost_row(c(bench, fmt), got[c]) for c in programs]


def cost(bench):
    formats = [f for f in FORMATS if of_format(bench, f)]
    return [row for fmt in formats
            for row in cost_of(bench, fmt, of_format(bench, fmt), bench.runs)]


def scale(c, fmt):
    """An sFlow sample is a packet to parse: about 2.5 times the work of a flow record."""
    return 0.4 if fmt == 'sflow' and len(c.formats) > 1 else 1


def climb(bench, c, fmt, tries, seconds):
    """Rates upwards until one is not clean in any of two trials."""
    steps = []
    for rate in [r * scale(c, fmt) for r in c.rates]:
        if steps and bench.late():
            break
        trials = []
        while len(trials) < tries and (len(trials) < 2 or any(t['clean'] for t in trials)):
            trials.append(trial(bench, c(bench, fmt), rate, seconds))
        clean = sum(t['clean'] for t in trials)
        steps.append({'rate': rate, 'trials': len(trials), 'clean': clean,
                      'lost_share': spread_of(t['lost'] / t['sent'] for t in trials),
                      'drain_s': spread_of(t['drain_s'] for t in trials),
                      'sent_per_s': spread_of(t['sent_per_s'] for t in trials),
                      'kernel_drops': sum(t['kernel_drops'] for t in trials)})
        bench.say(f'{c.name} {fmt} at {rate:.0f}/s: {clean} of {len(trials)} clean')
        if not clean:
            break
    return steps


def all_clean(steps):
    """The highest rate up to which every trial was clean; 0 where none was."""
    rate = 0
    for s in steps:
        if s['clean'] < s['trials']:
            break
        rate = s['rate']
    return rate


def loss(bench):
    """The highest rate that was clean in all trials, and in any."""
    rows = []
    tries, seconds = (1, 1) if bench.quick else (3, 2)
    for fmt in FORMATS:
        for c in of_format(bench, fmt):
            try:
                steps = climb(bench, c, fmt, tries, seconds)
            except (Missing, OSError, ValueError, KeyError, subprocess.SubprocessError) as why:
                rows.append({'program': c.name, 'format': fmt, 'missing': str(why)})
                continue
            rows.append({'program': c.name, 'format': fmt, 'steps': steps,
                         'all_clean_rate': all_clean(steps),
                         'any_clean_rate': max((s['rate'] for s in steps if s['clean']),
                                               default=0)})
    return rows
