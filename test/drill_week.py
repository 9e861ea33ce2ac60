# SPDX-License-Identifier: ISC
"""The busy week in PART=drill: twenty seeds of week_drill.py, one unit each; every third with IPFIX
and several threads."""
import os

import week_drill
from long import Unit
from tally import ROOT

PROGRAMS = ['week_drill']
PROGRAM = os.path.join(ROOT, 'build-test', 'test', 'week_drill')


def run(seed):
    fmt, threads = ('ipfix', 2) if seed % 3 == 0 else ('v9', 1)
    row = week_drill.run(PROGRAM, seed, fmt, threads)
    bad = len(row['wrong'])
    return {'good': not bad, 'cases': (max(0, row['checked'] - bad), bad), 'week': [row],
            'why': ' | '.join(row['wrong'])[:2000]}


def units(seeds):
    return [Unit(f'busy-week-seed-{seed}', 2, lambda seed=seed: run(seed),
                 [PROGRAM, week_drill.__file__, __file__]) for seed in seeds]


def figures(done):
    rows = [r for result in done.values() for r in result.get('week', [])]
    told = [r['figures'] for r in rows if 'figures' in r]
    if not rows:
        return {}
    return {'busy_week': {'weeks': len(rows), 'things': sum(r['checked'] for r in rows),
                          'differences': [w for r in rows for w in r['wrong']][:200],
                          'incidents': sum(f['incidents'] for f in told),
                          'pages': sum(f['pages'] for f in told),
                          'bursts_folded': sum(f['folded'] for f in told),
                          'seen_to_page_s_most': max((f['seen_to_page_s'][-1] for f in told
                                                      if f['seen_to_page_s']), default=None)}}


def overall(_done):
    return []
