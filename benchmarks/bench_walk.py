"""How far off the repair of one Plug-in Gait walk is: the table at the end of the tutorial about any markers.

`python benchmarks/bench_walk.py` takes the walk of pyCGM (39 markers, 120 Hz) out of ../shared/markers, hides
markers of it at random, and prints the mean error of the hidden samples in mm by each method, with the mean
uncertainty of motionfm; then of how many exchanged labels and jumps nothing is left.
"""
from pathlib import Path

import numpy as np

import motionfm
from motionfm.estimate.neighbours import (
    distance_sd,
    fill_gap_regression,
    fill_gap_rigid,
    find_gaps,
    find_neighbourhood,
)
from motionfm.io.gaps import fill_linear

SETS = Path(__file__).parent.parent.parent/'shared'/'markers'/'labs.npz'
WALK = 'p-pyCGM-SampleData-Test-Files-Movement-trial-c3d'
DAMAGES = (   # name, markers, frames, cases
    ('a marker, half a second', 1, 60, 40),
    ('a marker and its three neighbours, half a second', 4, 60, 40),
    ('everything, a tenth of a second', 39, 12, 20),
    ('everything, half a second', 39, 60, 20),
    ('everything, a second', 39, 120, 20))
N_FAULTS = 20   # exchanges, and jumps

with np.load(SETS) as sets:
    walk, names = sets[f'{WALK}/X'].astype(float), sets[f'{WALK}/names'].tolist()
    rate = float(sets[f'{WALK}/rate'])
n_frames, n_markers = walk.shape[:2]
sd = distance_sd(walk, np.ones(walk.shape[:2], bool))


def repaired(values: np.ndarray):
    "What motionfm makes of the walk, metres."
    return motionfm.repair(motionfm.Trial.from_array(1000*values, names, rate, units='mm', up='z'))


def classical(damaged: np.ndarray, seen: np.ndarray) -> dict[str, np.ndarray]:
    "Fills of every gap: linear, and those from neighbours where there are some."
    fills = {'linear': fill_linear(damaged, seen)}
    known, apart = np.nan_to_num(damaged), distance_sd(damaged, seen)
    for name, fill in ('rigid body', fill_gap_rigid), ('regression', fill_gap_regression):
        filled = damaged.copy()
        for gap in find_gaps(seen):
            around = find_neighbourhood(seen, apart, gap, rate)
            if around: filled[gap.start:gap.stop, gap.point] = fill(known, seen, gap, around)
        if np.isfinite(filled).all(): fills[name] = filled
    return fills


def rate_damage(n_hidden: int, length: int, n_cases: int) -> dict[str, float]:
    "Mean errors in mm by method, and the mean uncertainty of motionfm."
    rng, errors, uncertainty = np.random.default_rng(0), {}, []
    for _ in range(n_cases):
        start, marker = int(rng.integers(30, n_frames - length - 30)), int(rng.integers(n_markers))
        seen = np.ones(walk.shape[:2], bool)
        hidden = [marker, *sd[marker].argsort()[:n_hidden - 1]] if n_hidden < n_markers else slice(None)
        seen[start:start + length, hidden] = False
        damaged = np.where(seen[..., None], walk, np.nan)
        done = repaired(damaged)
        for name, fill in (classical(damaged, seen) | {'motionfm': done.trial.values/1000}).items():
            errors.setdefault(name, []).append(1000*np.linalg.norm(fill - walk, axis=-1)[~seen])
        uncertainty.append(done.uncertainty[~seen])
    means = {name: float(np.concatenate(parts).mean()) for name, parts in errors.items()}
    return means | {'its uncertainty': float(np.concatenate(uncertainty).mean())}


def undone_exchanges() -> int:
    "Of how many labels that are exchanged for half a second nothing is left."
    rng, undone = np.random.default_rng(0), 0
    for _ in range(N_FAULTS):
        pair, start = rng.choice(n_markers, 2, replace=False), int(rng.integers(60, 200))
        wrong = walk.copy()
        wrong[start:start + 60, pair] = walk[start:start + 60, pair[::-1]]
        undone += np.abs(repaired(wrong).trial.values - 1000*walk).max() < 1e-6
    return int(undone)


def undone_jumps() -> int:
    "How many jumps by 60 mm for eight frames end less than 10 mm from where they belong."
    rng, undone = np.random.default_rng(0), 0
    for _ in range(N_FAULTS):
        marker, start = int(rng.integers(n_markers)), int(rng.integers(60, 250))
        way, wrong = rng.normal(size=3), walk.copy()
        wrong[start:start + 8, marker] += .06*way/np.linalg.norm(way)
        off = np.linalg.norm(repaired(wrong).trial.values - 1000*walk, axis=-1)
        undone += off[start:start + 8, marker].max() < 10
    return int(undone)


if __name__ == '__main__':
    for name, *damage in DAMAGES:
        figures = ', '.join(f'{key} {value:.2f}' for key, value in rate_damage(*damage).items())
        print(f'{name} ({damage[-1]} cases), mm: {figures}', flush=True)
    print(f'of {N_FAULTS} exchanges {undone_exchanges()} undone, of {N_FAULTS} jumps {undone_jumps()}')
    print('in the walk as it is:', repaired(walk).summary.remarks or 'nothing found')
