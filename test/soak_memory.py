# SPDX-License-Identifier: ISC
"""Does a watch's memory grow? Attacks take memory for their time, a hundred times as much as the bar
allows in that of a run. So after each whole rotation of attacks there is a pause, in which all have
closed and nothing but the base load comes, and the pauses are compared: the same attacks have come
before each, so the same state is left, and what is not given back shows to a few bytes."""
import re

PERCENT_A_DAY = 1.0
STEP_KIB = 1024         # of what the system has given: the allocator keeps pieces where they fell free
DAY_S = 86400
NEW_PAUSE_S = 60        # without a sample in stillness


def sample(pid):
    """KiB of a process: all that is resident, and what of it is no file's."""
    with open(f'/proc/{pid}/status', encoding='utf-8') as file:
        text = file.read()
    return tuple(int(re.search(rf'^{key}:\s+(\d+)', text, re.M).group(1)) for key in ('VmRSS', 'RssAnon'))


class Memory:
    """Samples, and the verdict on them."""

    def __init__(self):
        self.samples, self.still = [], []

    def add(self, second, resident, anonymous, heap, still):
        """@resident, @anonymous: KiB. @heap: bytes that the watch says it took of malloc() and has
        not given back, but for its list of busy destinations. @still: no attack goes on, and none has for a while."""
        self.samples.append((second, resident, anonymous))
        if still:
            self.still.append((second, resident, anonymous, heap))

    def pauses(self):
        """Of each pause the least of each figure, at the second at which the heap had it."""
        groups = []
        for one in self.still:
            if not groups or one[0] - groups[-1][-1][0] > NEW_PAUSE_S:
                groups.append([])
            groups[-1].append(one)
        return [(min(g, key=lambda one: one[3])[0], *(min(one[n] for one in g) for n in (1, 2, 3)))
                for g in groups]

    def figures(self):
        """What was measured. The slope is that of the heap from the first pause to the last, in
        percent a day of what is resident."""
        pauses = self.pauses()
        got = {'samples': len(self.samples),
               'anonymous_kib': [s[2] for s in self.samples[::max(1, len(self.samples) // 20)]],
               'pauses': [{'minute': round((second - self.samples[0][0]) / 60, 1), 'resident_kib': resident,
                           'anonymous_kib': anonymous, 'heap_bytes': heap}
                          for second, resident, anonymous, heap in pauses]}
        if len(pauses) > 1:
            first, last = pauses[0], pauses[-1]
            a_day = DAY_S / (last[0] - first[0]) / (first[1] * 1024) * 100
            got['heap_grown_bytes'] = last[3] - first[3]
            got['percent_a_day'] = round((last[3] - first[3]) * a_day, 3)
            got['percent_a_day_of_1_kib'] = round(1024 * a_day, 3)
            got['step_kib'] = last[2] - first[2]
        return got

    def wrong(self):
        got = self.figures()
        if len(got['pauses']) < 2:
            return [f"memory was compared in {len(got['pauses'])} pauses, which takes two"]
        said = []
        if got['percent_a_day'] > PERCENT_A_DAY:
            said.append(f"what was taken and not given back grows by {got['percent_a_day']} % a day "
                        f"({got['heap_grown_bytes']} bytes from the first pause to the last)")
        if got['step_kib'] > STEP_KIB:
            said.append(f"memory grew by {got['step_kib']} KiB from the first pause to the last")
        return said
