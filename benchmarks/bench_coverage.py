"""For how many samples the uncertainty of markers holds, by the length of the gap.

`python benchmarks/bench_coverage.py [--report]` hides samples of all marker sets of ../shared/markers that
are for choosing, or of those that are kept for reporting: of one marker after the other, of one with the
three that keep their distance to it best, of all at once, for 0.02 to 1 s (all: to 0.4 s), evenly by the
logarithm; and gaps that are there begin up to 0.3 s earlier and end so much later. Printed is for how many
per cent of the samples the error is within the uncertainty, and within twice that, mean over trials, then the
number of trials and the median error in mm. Samples right beside gaps that are there don't count, they are
often wrong. The network that weighs candidates has learned from the sets for choosing. The tables go to
`benchmarks/coverage.json`.
"""
import argparse
import json
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from bench_markers import FOLDER, read_sets
from rich.console import Console
from rich.table import Table

from motionfm.basics import atomic_path, progress
from motionfm.estimate.neighbours import distance_sd, find_gaps
from motionfm.evaluation.benchmark import MarkerSet
from motionfm.io.gaps import GAP_BINS, gap_lengths
from motionfm.reconstruct.points import repair_points

RESULTS = Path(__file__).with_name('coverage.json')
REPORTED = 'grf-Subject4', 'HC044A', 'osim-KirstenTest'
SEEDS, LEAST_SAMPLES, LEAST_TRIALS, UNSURE_FRAMES = 2, 50, 3, 3


def names_of_sets(report: bool) -> tuple[str, ...]:
    "All marker sets for choosing, or all for reporting."
    found = []
    for path in FOLDER/'accad.npz', FOLDER/'labs.npz':
        with np.load(path) as stored: found += sorted({key.rsplit('/', 1)[0] for key in stored})
    return tuple(name for name in found if any(word in name for word in REPORTED) == report)


def hide(trial: MarkerSet, seen: np.ndarray, rng: np.random.Generator, together: int, longest_s: float):
    "(T, M) samples that are hidden, of so many markers at once, one time after the other."
    hidden, at = np.zeros_like(seen), round(.3*trial.rate)
    near = distance_sd(np.nan_to_num(trial.positions), seen).argsort(1, kind='stable')
    while at < len(seen) - (longest_s + .3)*trial.rate:
        length = max(1, round(np.exp(rng.uniform(np.log(.02), np.log(longest_s)))*trial.rate))
        marker = rng.integers(seen.shape[1])
        hidden[at:at + length, [marker, *near[marker, :together - 1]]] = True
        at += length + round(rng.uniform(.3, .8)*trial.rate)
    return hidden & seen


def lengthen(trial: MarkerSet, seen: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    "(T, M) samples that are hidden, on both sides of gaps that are there, but for those right beside them."
    hidden = np.zeros_like(seen)
    for gap in find_gaps(seen):
        before, after = rng.integers(UNSURE_FRAMES + 1, max(round(.3*trial.rate), UNSURE_FRAMES + 2), 2)
        hidden[max(gap.start - before, 0):gap.stop + after, gap.point] = True
    return hidden & seen


HIDDEN: dict[str, Callable] = {
    'one marker': partial(hide, together=1, longest_s=1.),
    'with three neighbours': partial(hide, together=4, longest_s=1.),
    'everything': partial(hide, together=1000, longest_s=.4),
    'gaps made longer': lengthen}


def held_of(trial: MarkerSet, damage: Callable, seed: list[int]) -> dict[str, np.ndarray]:
    "For each length of gaps (N, 2): errors and uncertainties in mm of the samples that were hidden."
    recorded = np.isfinite(trial.positions).all(-1)
    hidden = damage(trial, recorded, np.random.default_rng(seed))
    done = repair_points(trial.positions, recorded & ~hidden, trial.rate, fill_only=True)
    off, lengths = np.linalg.norm(done.positions - trial.positions, axis=-1), gap_lengths(recorded & ~hidden)
    beside = np.zeros_like(recorded)
    for shift in range(-UNSURE_FRAMES, UNSURE_FRAMES + 1): beside |= ~np.roll(recorded, shift, 0)
    counted = hidden & ~beside & np.isfinite(off)
    held = {}
    for name, (first, last) in GAP_BINS.items():
        where = counted & (first <= lengths) & (lengths <= last)
        held[name] = 1000*np.stack([off[where], done.uncertainty[where]], 1)
    return held


def summary_of(trials: list[np.ndarray]) -> list[float] | None:
    "Within, within twice that, trials, median error, of those with enough samples; None of too few."
    trials = [trial for trial in trials if len(trial) >= LEAST_SAMPLES]
    if len(trials) < LEAST_TRIALS: return None
    held = [100*np.mean([(off <= times*told).mean() for off, told in (trial.T for trial in trials)])
            for times in (1, 2)]
    return [round(float(share), 1) for share in held] + [
        len(trials), float(f'{np.median(np.concatenate(trials)[:, 0]):.3g}')]


def measure(trials: dict[str, MarkerSet]) -> dict[str, dict]:
    "What is summed up for all that is hidden, and all lengths of gaps."
    measured = {}
    for name, damage in HIDDEN.items():
        found = defaultdict(list)
        for number, trial in enumerate(progress([*trials.values()], name)):
            parts = [held_of(trial, damage, [number, seed]) for seed in range(SEEDS)]
            for length in GAP_BINS: found[length].append(np.concatenate([part[length] for part in parts]))
        measured[name] = {length: summary_of(each) for length, each in found.items()}
    return measured


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--report', action='store_true', help='the sets that are kept for reporting')
    report = parser.parse_args().report
    measured = measure(read_sets(names_of_sets(report)))
    title = 'within / twice, % (trials, median error in mm), by frames of the gap'
    table = Table('hidden', *GAP_BINS, title=title)
    for name, lengths in measured.items():
        cells = (each and '{:.0f}/{:.0f} ({}, {:.2g})'.format(*each) or '' for each in lengths.values())
        table.add_row(name, *cells)
    Console(width=140).print(table)
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    results['reporting' if report else 'choosing'] = measured
    with atomic_path(RESULTS) as temporary: temporary.write_text(json.dumps(results, indent=1) + '\n')


if __name__ == '__main__': main()
