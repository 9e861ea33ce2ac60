# SPDX-License-Identifier: ISC
"""Does a watch's memory grow? What a run of some minutes can tell of it, and no more (doc/testing.md):
the slope after Theil and Sen, the median over all pairs of minutes, with the interval after Kendall;
and one comparison of the end with the time when the tables had filled."""
import math
import re
import statistics

PAGE_KIB = 4
SETTLED = 0.5           # of the run: then each kind of attack has come twice, or nearly so
LEAST_MINUTES = 8       # after that; of fewer nothing is told, as attacks still come for the first time
SURE_Z = 2.576          # 99 % of a normal distribution
PERCENT_A_DAY = 1.0
# A single step is no slope; several attacks at once may take a piece that none took before.
STEP_KIB = 1024
DAY_MINUTES = 1440


def sample(pid):
    """KiB of a process: all that is resident, and what of it is no file's."""
    with open(f'/proc/{pid}/status', encoding='utf-8') as file:
        text = file.read()
    return tuple(int(re.search(rf'^{key}:\s+(\d+)', text, re.M).group(1)) for key in ('VmRSS', 'RssAnon'))


def theil_sen(values):
    """(slope, low, high) by step of @values, the interval at 99 %."""
    n = len(values)
    slopes = sorted((values[j] - values[i]) / (j - i) for i in range(n) for j in range(i + 1, n))
    reach = SURE_Z * math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    low = max(0, math.floor((len(slopes) - reach) / 2))
    high = min(len(slopes) - 1, math.ceil((len(slopes) + reach) / 2))
    return statistics.median(slopes), slopes[low], slopes[high]


def by_minute(samples, of=statistics.median):
    """@of each whole minute of [(second, value)], from the first sample on."""
    minutes = {}
    for second, value in samples:
        minutes.setdefault(int((second - samples[0][0]) // 60), []).append(value)
    last = max(minutes)
    return [of(v) for m, v in sorted(minutes.items()) if m < last or len(minutes) == 1]


class Memory:
    """Samples of (second, resident KiB, anonymous KiB), and the verdict on them."""

    def __init__(self):
        self.samples, self.heap = [], []

    def add(self, second, resident, anonymous):
        self.samples.append((second, resident, anonymous))

    def add_heap(self, second, size):
        """What the watch itself says it took of malloc() and has not given back, in bytes."""
        self.heap.append((second, size))

    def settled(self, samples):
        begin, end = self.samples[0][0], self.samples[-1][0]
        return [s for s in samples if s[0] >= begin + SETTLED * (end - begin)]

    def heap_figures(self, level):
        """Of each minute the least, when the fewest attacks were open: what is never given back
        lifts it, what an attack takes for its time does not."""
        rows = self.settled(self.heap)
        floors = by_minute(rows, min) if rows else []
        if len(floors) < LEAST_MINUTES:
            return {}
        percent = DAY_MINUTES / (level * 1024) * 100
        names = ('heap_percent_a_day', 'heap_percent_a_day_low', 'heap_percent_a_day_high')
        return {'heap_floor_bytes': floors,
                **{k: round(v * percent, 3) for k, v in zip(names, theil_sen(floors))}}

    def figures(self):
        """What was measured. The slopes are in percent a day of what is resident; what is mapped
        from files comes in with the first use of a code path, and is no growth."""
        rows = self.settled(self.samples)
        level = statistics.median(s[1] for s in rows)
        minutes = by_minute([(s[0], s[2]) for s in rows])
        got = {'resident_kib': level, 'samples': len(self.samples), 'minutes': len(minutes),
               'anonymous_kib': [s[2] for s in self.samples[::max(1, len(self.samples) // 20)]]}
        if len(minutes) >= LEAST_MINUTES:
            got['step_kib'] = minutes[-1] - minutes[0]
            percent = DAY_MINUTES / level * 100
            names = ('percent_a_day', 'percent_a_day_low', 'percent_a_day_high')
            got.update({k: round(v * percent, 3) for k, v in zip(names, theil_sen(minutes))})
            # Less than a page in all that time cannot be seen.
            got['percent_a_day_grain'] = round(PAGE_KIB / len(minutes) * percent, 3)
        return {**got, **self.heap_figures(level)}

    def wrong(self):
        if len(self.samples) < 2:
            return ['memory was not sampled']
        got = self.figures()
        said = []
        if got.get('percent_a_day_low', 0) > PERCENT_A_DAY:
            said.append(f"memory grows by {got['percent_a_day']} % a day, surely by more than "
                        f"{got['percent_a_day_low']} %")
        if got.get('heap_percent_a_day_low', 0) > PERCENT_A_DAY:
            said.append(f"what was taken and not given back grows by {got['heap_percent_a_day']} % a "
                        f"day, surely by more than {got['heap_percent_a_day_low']} %")
        if got.get('step_kib', 0) > STEP_KIB:
            said.append(f"memory grew by {got['step_kib']} KiB after the tables had filled")
        return said
