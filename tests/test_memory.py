"A long recording needs memory for what goes in and comes out, and beyond that no more than a short one."
import tracemalloc
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from motionfm.body.skeleton import JOINTS
from motionfm.body.synthetic import synthesize
from motionfm.estimate.neighbours import segment_markers
from motionfm.io.trial import Trial
from motionfm.reconstruct import fuse
from motionfm.reconstruct.pipeline import load_network
from motionfm.reconstruct.trials import reconstruct_trial


def with_gaps(positions: np.ndarray, names: list[str], rate: float) -> Trial:
    "A recording (T, M, 3) with a gap of each point in every 1000 frames."
    values, rng = positions.copy(), np.random.default_rng(0)
    for point in range(values.shape[1]):
        for start in rng.integers(10, len(values) - 50, -(-len(values)//1000)):
            values[start:start + rng.choice([3, 12, 40]), point] = np.nan
    return Trial.from_array(values, names, rate, units='m', up='y')


def markers(n_times: int) -> Trial:
    once = segment_markers(.002, .0002, seconds=20, rate=100)
    there_and_back = np.concatenate([once, once[::-1]])
    return with_gaps(np.tile(there_and_back, (n_times, 1, 1)), [f'M{n}' for n in range(12)], 100)


def joints(n_times: int) -> Trial:
    once = synthesize('walk', seed=1, n_frames=900).astype(float)
    return with_gaps(np.tile(np.concatenate([once, once[::-1]]), (n_times, 1, 1)), JOINTS, 60)


def memory_of(trial: Trial, network: Callable) -> tuple[float, float]:
    "The peak while a recording is repaired, and what is left of it in the end, both in bytes."
    tracemalloc.start()
    try:
        done = reconstruct_trial(trial, network)
        left, peak = tracemalloc.get_traced_memory()
    finally: tracemalloc.stop()
    assert np.isfinite(done.repaired.values).all()
    return peak, left


def growth(short: Trial, long: Trial) -> tuple[float, float]:
    "By how many copies of the positions that a recording has more its peak and its result are larger."
    network = load_network()
    memory_of(short, network)   # with what is loaded once
    peaks, results = zip(*(memory_of(one, network) for one in (short, long)))
    more = long.values.nbytes - short.values.nbytes
    return (peaks[1] - peaks[0])/more, (results[1] - results[0])/more


def test_markers():
    peak, result = growth(markers(3), markers(6))
    assert 1.6 < result < 1.9   # positions, uncertainty, what filled them
    assert peak < result + .3


def test_joints(monkeypatch):
    few = replace(fuse.SETTINGS, blocks_per_call=2)   # that the network is asked about at once
    monkeypatch.setattr(fuse, 'SETTINGS', few)
    peak, result = growth(joints(1), joints(3))
    assert 1.6 < result < 2 and peak < 9
