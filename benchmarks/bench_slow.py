"""How far off keypoints of slow video are after a repair: `python benchmarks/bench_slow.py`.

A trial of each person for choosing, at 25 and 30 Hz, with noise on every coordinate and gaps of 5 to 19
frames, of 20 joints and of the 12 that COCO has. Printed is the mean error in mm where joints were missing
and where they were seen, and for how many per cent of these samples the uncertainty held: when the noise is
found before frames are put in between, as it is by default, and when it is looked for thereafter.
"""
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


def rate_repair(truth: np.ndarray, rate: float, noise: float, joints: list[int]) -> list[float]:
    "Errors in mm where missing and where seen; per cent within the uncertainty there."
    rng = np.random.default_rng(1)
    recorded, visible = truth + rng.normal(0, noise, truth.shape), gaps(truth.shape[:2], rng)
    visible &= np.isin(np.arange(truth.shape[1]), joints)
    repaired = pipeline.repair_positions(recorded, visible, rate=rate)
    off = np.linalg.norm(repaired.positions - truth, axis=-1)[:, joints]
    held, seen = off <= repaired.uncertainty[:, joints], visible[:, joints]
    return [1000*off[~seen].mean(), 1000*off[seen].mean(), 100*held[~seen].mean(), 100*held[seen].mean()]


def main() -> None:
    people = tuple(person for group in CHOOSING.values() for person in group)
    trials = [trial[:MOST_FRAMES] for trial, _ in trials_of(people, 1, MOST_FRAMES).values()]
    head = 'joints', 'Hz', 'noise, mm', 'noise is found', 'missing', 'seen', 'within, missing', 'within, seen'
    table = [[*head]]
    for name, joints in SETS.items():
        for rate, noise in ((rate, noise) for rate in (25., 30.) for noise in (.005, .01, .02)):
            slow = [spline(trial, np.arange(len(trial))/RATE, np.arange(0, (len(trial) - 1)/RATE, 1/rate))
                    for trial in trials]
            slow = [trial for trial in slow if len(trial) >= LEAST_FRAMES]
            default = np.mean([rate_repair(trial, rate, noise, joints) for trial in slow], 0)
            with patch.object(pipeline, 'noise_of_slow', lambda *_: 0.):
                thereafter = np.mean([rate_repair(trial, rate, noise, joints) for trial in slow], 0)
            for when, found in ('before', default), ('thereafter', thereafter):
                errors = [f'{error:.1f}' for error in found[:2]] + [f'{share:.0f} %' for share in found[2:]]
                table.append([name, f'{rate:.0f}', f'{1000*noise:.0f}', when, *errors])
    print('\n'.join(align_columns(table)))


if __name__ == '__main__': main()
