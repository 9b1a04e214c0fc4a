"""Whether the uncertainty of noisy points without names holds: `python benchmarks/bench_noisy_points.py`.

A trial of each person for choosing, at 60 and 30 Hz, with noise on every coordinate of 20 points that nobody
knows for joints, as a tool has them whose keypoints have names of its own. Hidden are, again and again for 5
to 24 frames, one point, seven points, or all (12 frames at most). Printed is the mean error in mm, and for
how many per cent of the samples the uncertainty and twice that held, in gaps and where points were seen.
"""
import numpy as np
from bench_people import CHOOSING, trials_of

from motionfm.body.skeleton import RATE
from motionfm.evaluation.benchmark import align_columns
from motionfm.io.resample import spline
from motionfm.reconstruct.points import repair_points

RATES, NOISES_M, FRAMES = (60., 30.), (.002, .005, .01, .02), 420
HIDDEN = {'one': 1, 'seven': 7, 'all': 20}   # points of 20
BEGIN, BETWEEN, LENGTHS, MOST_OF_ALL = 20, 70, (5, 25), 12   # frames


def gaps(shape: tuple[int, int], count: int, rng: np.random.Generator) -> np.ndarray:
    "(T, P) where points are seen."
    visible = np.ones(shape, bool)
    for start in range(BEGIN, shape[0] - 30, BETWEEN):
        length = int(rng.integers(*LENGTHS))
        if count == shape[1]: length = min(length, MOST_OF_ALL)
        visible[start:start + length, rng.permutation(shape[1])[:count]] = False
    return visible


def figures_of(trials: list[np.ndarray], rate: float, noise: float, count: int) -> list[str]:
    "Of missing, then of seen samples: error in mm, per cent within the uncertainty, and within twice."
    found: dict[bool, list[np.ndarray]] = {False: [], True: []}
    for trial in trials:
        truth = spline(trial, np.arange(len(trial))/RATE, np.arange(0, (len(trial) - 1)/RATE, 1/rate))
        rng = np.random.default_rng(0)
        visible = gaps(truth.shape[:2], count, rng)
        done = repair_points(truth + rng.normal(0, noise, truth.shape), visible, rate)
        off = np.linalg.norm(done.positions - truth, axis=-1)
        for seen, pairs in found.items():
            pairs.append(np.stack([off, done.uncertainty], -1)[visible == seen])
    figures = []
    for pairs in map(np.concatenate, found.values()):
        off, told = pairs.T
        shares = (f'{100*(off <= limit*told).mean():.0f} %' for limit in (1, 2))
        figures += [f'{1000*off.mean():.1f}', *shares]
    return figures


def main() -> None:
    people = tuple(person for group in CHOOSING.values() for person in group)
    trials = [trial for trial, _ in trials_of(people, 1, FRAMES).values()]
    table = [['Hz', 'noise, mm', 'hidden', 'missing, mm', 'within', 'twice', 'seen, mm', 'within', 'twice']]
    for rate, noise in ((rate, noise) for rate in RATES for noise in NOISES_M):
        for name, count in HIDDEN.items():
            figures = figures_of(trials, rate, noise, count)
            table.append([f'{rate:.0f}', f'{1000*noise:.0f}', name, *figures])
    print('\n'.join(align_columns(table)))


if __name__ == '__main__': main()
