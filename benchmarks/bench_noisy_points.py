"""Whether the uncertainty of noisy points without names holds: `python benchmarks/bench_noisy_points.py`.

A trial of each person for choosing, at 60 and 30 Hz, with noise on every coordinate of 20 points that nobody
knows for joints, as a tool has them whose keypoints have names of its own. Hidden are, again and again for 5
to 24 frames, one point, seven points, or all (12 frames at most). Printed is the mean error in mm, and for
how many per cent of the samples the uncertainty and twice that held, in gaps and where points were seen.
"""
import numpy as np
from bench_people import CHOOSING, trials_of
from bench_rates import at_rate, figures_of, in_words, MEASURES

from motionfm.evaluation.benchmark import align_columns
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


def repair_all(trials: list[np.ndarray], rate: float, noise: float, count: int) -> list[float]:
    "Figures of repairs of noisy points, of which so many are hidden again and again."
    found = []
    for trial in trials:
        truth, rng = at_rate(trial, rate), np.random.default_rng(0)
        visible = gaps(truth.shape[:2], count, rng)
        done = repair_points(truth + rng.normal(0, noise, truth.shape), visible, rate)
        found.append((np.linalg.norm(done.positions - truth, axis=-1), done.uncertainty, visible))
    return figures_of(*(np.concatenate(parts) for parts in zip(*found)))


def main() -> None:
    people = tuple(person for group in CHOOSING.values() for person in group)
    trials = [trial for trial, _ in trials_of(people, 1, FRAMES).values()]
    table = [['Hz', 'noise, mm', 'hidden', *MEASURES]]
    for rate, noise in ((rate, noise) for rate in RATES for noise in NOISES_M):
        for name, count in HIDDEN.items():
            figures = in_words(repair_all(trials, rate, noise, count))
            table.append([f'{rate:.0f}', f'{1000*noise:.0f}', name, *figures])
    print('\n'.join(align_columns(table)))


if __name__ == '__main__': main()
