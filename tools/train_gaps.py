"""Train the network that weighs candidates for gaps, on marker sets and on people with markers put on them.

`python tools/train_gaps.py` writes motionfm/weights/gaps.json and gaps.weights.h5. It takes the recordings of
../shared but those of people who are kept for reporting. `--leave-out` keeps trials whose names contain one
of some words out of the training, and prints how far off their gaps are: the mean of the candidates, then the
network, and the quantiles of the error in units of the uncertainty as the network says it.
"""
import argparse
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from motionfm.basics import usable_cores
from motionfm.estimate.gap_network import build_gap_features, coefficients_of, split_gap_outputs
from motionfm.estimate.network import read_network
from motionfm.learn.gap_recipe import attach_markers, gap_examples, jittering_joints, train_gap_network

ROOT = Path(__file__).parent.parent
SHARED, WEIGHTS = ROOT.parent/'shared', ROOT/'motionfm'/'weights'/'gaps'
REPORTED_SETS = 'grf-Subject4', 'HC044A', 'osim-KirstenTest'
REPORTED_PEOPLE = '07', '08', '35', '39', 'cmu39', 'oc4', 'kirsten', 'HC044A'
MOST_FRAMES, LEAST_FRAMES, TRIALS, PEOPLE_GAPS = 900, 60, 3, 10   # of a person in a round
LENGTHS_S = (0, .1), (.1, .3), (.3, 1), (1, 9)


def marker_sets() -> dict[str, tuple]:
    "Name: positions (T, M, 3), where they were seen, and rate."
    found = {}
    for path in SHARED/'markers'/'accad.npz', SHARED/'markers'/'labs.npz':
        with np.load(path) as stored:
            for name in sorted({key.rsplit('/', 1)[0] for key in stored}):
                positions, rate = stored[f'{name}/X'].astype(float), float(stored[f'{name}/rate'])
                seen = np.isfinite(positions).all(-1)
                often = seen.mean(0) > .5
                found[name] = np.nan_to_num(positions[:, often]), seen[:, often], rate
    return {name: one for name, one in found.items() if not any(word in name for word in REPORTED_SETS)}


def people() -> dict[str, list[np.ndarray]]:
    "Person: trials (T, 20, 3)."
    found: dict[str, list] = {}
    for path in sorted((SHARED/'people').glob('*.npz')):
        with np.load(path) as stored:
            for name in stored.files: found.setdefault(name.split('_')[0], []).append(stored[name])
    return {person: found[person] for person in sorted(found) if person not in REPORTED_PEOPLE}


def pieces_of(trials: list[np.ndarray], rng: np.random.Generator) -> Iterator[np.ndarray]:
    "A few pieces of a person's trials."
    for _ in range(TRIALS):
        trial = trials[rng.integers(len(trials))]
        start = rng.integers(0, max(1, len(trial) - MOST_FRAMES + 1))
        if len(trial) >= LEAST_FRAMES: yield trial[start:start + MOST_FRAMES]


def of_set(recording: tuple, seed: list[int]):
    "Gaps of a marker set."
    with threadpool_limits(1): return [gap_examples(*recording, np.random.default_rng(seed))]


def of_person(trials: list[np.ndarray], seed: list[int]):
    "Gaps of markers on a person, and of the person's joints."
    rng, found = np.random.default_rng(seed), []
    with threadpool_limits(1):
        for piece in pieces_of(trials, rng):
            markers, rate = attach_markers(piece, rng)
            for points, hertz in (markers, rate), (jittering_joints(piece, rng), 60.):
                seen = np.ones(points.shape[:2], bool)
                found.append(gap_examples(points, seen, hertz, rng, PEOPLE_GAPS))
    return found


def gather(work, sources: dict, rounds: int) -> dict[str, list]:
    "Examples of each source."
    jobs = [(name, source, [turn, number]) for turn in range(rounds)
            for number, (name, source) in enumerate(sources.items())]
    found: dict[str, list] = {}
    with ProcessPoolExecutor(usable_cores()) as pool:
        for (name, _, _), examples in zip(jobs, pool.map(work, *list(zip(*jobs))[1:], chunksize=4)):
            found.setdefault(name, []).extend(examples)
    print(f'{sum(len(part.cases) for parts in found.values() for part in parts)} gaps', flush=True)
    return found


def judge(network, examples: dict[str, list]) -> None:
    "Print how far off gaps are, mean over trials, by length."
    errors = {length: [] for length in LENGTHS_S}
    for parts in examples.values():
        cases = [case for part in parts for case in part.cases]
        if not cases: continue
        built, truth = build_gap_features(cases), np.stack([truth for part in parts for truth in part.truths])
        answer = split_gap_outputs(network(built.features).astype(float))
        moved = np.einsum('nsc,ncsk->nsk', coefficients_of(answer, built.weights), built.offsets)
        off = (built.mean - truth)/built.scale[:, None, None]
        before, after = np.linalg.norm(off, axis=-1), np.linalg.norm(off + moved, axis=-1)
        seconds, to_mm = np.array([case.seconds for case in cases]), 1000*built.scale[:, None]
        for shortest, longest in LENGTHS_S:
            chosen = (seconds >= shortest) & (seconds < longest)
            if not chosen.any(): continue
            relative = (after/np.exp(answer.log_scale))[chosen].ravel()
            errors[shortest, longest].append(
                ((before*to_mm)[chosen].mean(), (after*to_mm)[chosen].mean(), relative))
    for (shortest, longest), rows in errors.items():
        before, after, relative = zip(*rows)
        quantiles = np.quantile(np.concatenate(relative), [.68, .95])
        print(f'{shortest:g} to {longest:g} s, {len(rows)} trials: mean {np.mean(before):.2f} mm, '
              f'network {np.mean(after):.2f} mm; 68 and 95 % within {quantiles[0]:.2f} and '
              f'{quantiles[1]:.2f} of the uncertainty', flush=True)


def main() -> None:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument('--save-prefix', default=str(WEIGHTS))
    parser.add_argument('--leave-out', default='', help='words, separated by commas')
    parser.add_argument('--set-rounds', type=int, default=10)
    parser.add_argument('--people-rounds', type=int, default=6)
    parser.add_argument('--seed', type=int, default=0)
    given = parser.parse_args()
    words = [word for word in given.leave_out.split(',') if word]
    sets = gather(of_set, marker_sets(), given.set_rounds)
    held = {name: parts for name, parts in sets.items() if any(word in name for word in words)}
    learned = [part for name, parts in sets.items() if name not in held for part in parts]
    if given.people_rounds:
        bodies = gather(of_person, people(), given.people_rounds)
        learned += [part for parts in bodies.values() for part in parts]
    losses = train_gap_network([part for part in learned if part.cases], given.save_prefix, given.seed)
    print('loss', *(f'{loss:.4f}' for loss in losses))
    if held: judge(read_network(f'{given.save_prefix}.json', f'{given.save_prefix}.weights.h5'), held)


if __name__ == '__main__': main()
