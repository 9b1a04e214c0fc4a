"""What the uncertainty is worth where gaps of markers meet, and where nothing is seen for long.

`python benchmarks/bench_meeting_gaps.py` hides samples of the marker sets of ../shared/markers that are for
choosing, fills them without any prior, and prints by the length of the gap how far off that is, and for how
many per cent of the samples the uncertainty held, and twice the uncertainty.
"""
from collections import defaultdict
from collections.abc import Callable
from functools import partial

import numpy as np
from bench_markers import CHOOSING, read_sets
from rich.console import Console
from rich.table import Table

from motionfm.estimate.gap_filling import fill_points
from motionfm.io.gaps import GAP_BINS, gap_lengths

SEEDS = 3


def hide_all(seen: np.ndarray, rate: float, rng: np.random.Generator, seconds: float, but: int = 0) -> slice:
    "Hide all points of (T, M), but some, for so long, in place; the frames."
    length = max(4, int(seconds*rate))
    start = int(rng.integers(40, len(seen) - length - 40))
    seen[start:start + length, rng.permutation(seen.shape[1])[but:]] = False
    return slice(start, start + length)


def hide_around(seen: np.ndarray, rate: float, rng: np.random.Generator) -> None:
    "The same for a tenth of a second, and a third of the points for 5 to 40 frames before and after, too."
    lost = hide_all(seen, rate, rng, .1)
    for point in rng.permutation(seen.shape[1])[:seen.shape[1]//3]:
        before, after = rng.integers(5, 40, 2)
        seen[max(0, lost.start - before):lost.stop + after, point] = False


def hide_beginning(seen: np.ndarray, rate: float, rng: np.random.Generator) -> None:
    "Somebody walks in: each point is seen for the first time after 0.2 to 1 s."
    for point in range(seen.shape[1]): seen[:int(rng.uniform(.2, 1)*rate), point] = False


DAMAGES: dict[str, Callable] = {
    'a tenth of a second of everything': partial(hide_all, seconds=.1),
    'the same within gaps of a third': hide_around,
    'half a second of all but two': partial(hide_all, seconds=.5, but=2),
    'half a second of everything': partial(hide_all, seconds=.5),
    'a second of everything': partial(hide_all, seconds=1.),
    'two seconds of everything': partial(hide_all, seconds=2.),
    'somebody walks in': hide_beginning}


def by_length(damage: Callable, trials: dict) -> dict[str, np.ndarray]:
    "For each length of gaps (N, 2): errors and uncertainties in mm of the samples that were hidden."
    found = defaultdict(list)
    for number, trial in enumerate(trials.values()):
        recorded = np.isfinite(trial.positions).all(-1)
        for seed in range(SEEDS if len(recorded) > 2.2*trial.rate + 80 else 0):
            seen = recorded.copy()
            damage(seen, trial.rate, np.random.default_rng([number, seed]))
            done = fill_points(trial.positions, seen, trial.rate)
            off = np.linalg.norm(done.positions - trial.positions, axis=-1)
            lengths, hidden = gap_lengths(seen), recorded & ~seen & np.isfinite(off)
            for name, (shortest, longest) in GAP_BINS.items():
                chosen = hidden & (shortest <= lengths) & (lengths <= longest)
                found[name].append(1000*np.stack([off[chosen], done.uncertainty[chosen]], 1))
    return {name: np.concatenate(parts) for name, parts in found.items()}


def main() -> None:
    trials = read_sets(CHOOSING)
    columns = 'hidden', 'gap, frames', 'samples', 'error, mm', 'uncertainty, mm', 'within, %', 'twice, %'
    table = Table(*columns, title='uncertainty where gaps meet')
    for name, damage in DAMAGES.items():
        for length, samples in by_length(damage, trials).items():
            if len(samples) < 100: continue
            (error, told), ratio = samples.mean(0), samples[:, 0]/samples[:, 1]
            held = [f'{100*(ratio <= times).mean():.0f}' for times in (1, 2)]
            table.add_row(name, length, str(len(samples)), f'{error:.1f}', f'{told:.1f}', *held)
    Console(width=110).print(table)


if __name__ == '__main__': main()
