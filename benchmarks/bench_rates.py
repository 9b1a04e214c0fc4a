"""How far off noisy keypoints of other rates than 60 Hz are repaired: `python benchmarks/bench_rates.py`.

A trial of each person for choosing, at 25, 30, 50 and 120 Hz, with noise on every coordinate and gaps of 5 to
19 frames, of 20 joints and of the 12 that COCO has. Printed is the mean error in mm where joints were missing
and where they were seen, and for how many per cent of these samples the uncertainty and twice that held: when
the network is told of the noise that was found before resampling, as it is by default, and when it is not.
"""
from collections.abc import Iterable
from contextlib import nullcontext
from unittest.mock import patch

import numpy as np
from bench_people import CHOOSING, trials_of

from motionfm.body.skeleton import JOINTS, RATE
from motionfm.evaluation.benchmark import align_columns
from motionfm.io.resample import spline
from motionfm.reconstruct import pipeline

COCO = [number for number, name in enumerate(JOINTS)
        if name.endswith(('Shoulder', 'Elbow', 'Wrist', 'Hip', 'Knee', 'Ankle')) and name != 'midHip']
SETS = {'20 joints': list(range(len(JOINTS))), "COCO's 12": COCO}
MEASURES = 'missing, mm', 'within', 'twice', 'seen, mm', 'within', 'twice'
RATES = 25., 30., 50., 120.
LEAST_FRAMES, MOST_FRAMES, FIRST_FRAMES, BETWEEN = 90, 480, 40, (40, 90)


def gaps(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    "(T, K) where joints are seen."
    visible = np.ones(shape, bool)
    for column in visible.T:
        at = int(rng.integers(FIRST_FRAMES))
        while at < len(column):
            length = int(rng.integers(5, 20))
            column[at:at + length] = False
            at += length + int(rng.integers(*BETWEEN))
    return visible


def at_rate(trial: np.ndarray, rate: float) -> np.ndarray:
    "A trial of 60 Hz at another rate."
    return spline(trial, np.arange(len(trial))/RATE, np.arange(0, (len(trial) - 1)/RATE, 1/rate))


def figures_of(off: np.ndarray, told: np.ndarray, seen: np.ndarray) -> list[float]:
    "Of missing, then of seen samples: error in mm, per cent within the uncertainty, and within twice."
    return [figure for there in (~seen, seen) for figure in (
        1000*off[there].mean(), *(100*(off[there] <= limit*told[there]).mean() for limit in (1, 2)))]


def in_words(figures: Iterable[float]) -> list[str]:
    "The same as cells of a table."
    return [f'{one:.0f} %' if place % 3 else f'{one:.1f}' for place, one in enumerate(figures)]


def rate_repair(truth: np.ndarray, rate: float, noise: float, joints: list[int]) -> list[float]:
    "Figures of a repair of some noisy joints."
    rng = np.random.default_rng(1)
    recorded, visible = truth + rng.normal(0, noise, truth.shape), gaps(truth.shape[:2], rng)
    visible &= np.isin(np.arange(truth.shape[1]), joints)
    repaired = pipeline.repair_positions(recorded, visible, rate=rate)
    off = np.linalg.norm(repaired.positions - truth, axis=-1)
    return figures_of(off[:, joints], repaired.uncertainty[:, joints], visible[:, joints])


def main() -> None:
    people = tuple(person for group in CHOOSING.values() for person in group)
    trials = [trial[:MOST_FRAMES] for trial, _ in trials_of(people, 1, MOST_FRAMES).values()]
    untold = patch.object(pipeline, '_told_of_noise', lambda repairer, *_: repairer)
    table = [['joints', 'Hz', 'noise, mm', 'told', *MEASURES]]
    for name, joints in SETS.items():
        for rate, noise in ((rate, noise) for rate in RATES for noise in (.005, .01, .02)):
            there = [at_rate(trial, rate) for trial in trials]
            there = [trial for trial in there if len(trial) >= LEAST_FRAMES]
            for told in 'yes', 'no':
                with nullcontext() if told == 'yes' else untold:
                    found = np.mean([rate_repair(trial, rate, noise, joints) for trial in there], 0)
                table.append([name, f'{rate:.0f}', f'{1000*noise:.0f}', told, *in_words(found)])
    print('\n'.join(align_columns(table)))


if __name__ == '__main__': main()
