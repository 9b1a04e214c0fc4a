"""Writers killed at random moments: `python benchmarks/kill.py` counts what was found afterwards, in
benchmarks/kill.json.

A process writes one file over and over, with two contents in turn, or appends to a dataset. It is
killed with SIGKILL after a random time. Then the file has to hold one of the two contents, whole, and
the dataset has to hold every sequence that was there before.
"""
import argparse
import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from motionfm.basics import atomic_path
from motionfm.body.skeleton import JOINTS
from motionfm.data.append import append_dataset
from motionfm.data.dataset import open_dataset
from motionfm.data.writer import synthesize_features
from motionfm.io.files import read_trial, write_trial
from motionfm.io.trial import Trial


def killed(work: Callable[[int], None], most: float, rng: random.Random) -> None:
    "Fork a process that calls `work` with 1, 2, 3 … and kill it within `most` seconds from its first call."
    ready, tell = os.pipe()
    child = os.fork()
    if not child:
        os.write(tell, b'!')
        try:
            for number in range(1, 10**9): work(number)
        finally: os._exit(1)
    os.read(ready, 1)
    time.sleep(rng.uniform(0, most))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(ready)
    os.close(tell)


def trials() -> list[Trial]:
    "Two recordings that differ in every number."
    times, frames = np.arange(600)/60, np.arange(600) + 1
    return [
        Trial(
            np.full((600, 20, 3), number) + np.arange(60.0).reshape(20, 3), JOINTS, 60.0, 'm', times, frames
        )
        for number in (1.0, 2.0)
    ]


def twice(work: Callable[[int], None]) -> float:
    "Twice the seconds that `work` takes now."
    begin = time.perf_counter()
    work(0)
    return 2*(time.perf_counter() - begin)


def kill_writers(folder: Path, ending: str, tries: int, rng: random.Random) -> Counter:
    "What a file was after each kill: the recording that it was before, or the other one."
    path, both, found = folder/f'x{ending}', trials(), Counter()
    write = lambda number: write_trial(path, both[number % 2])
    for _ in range(tries):
        killed(write, twice(write), rng)
        values = read_trial(path, up='y', units='m').values
        which = [np.array_equal(values, trial.values) for trial in both]
        assert any(which), f'{path} is half a file'
        found['as before' if which[0] else 'replaced'] += 1
    return found


def kill_appends(folder: Path, tries: int, rng: random.Random) -> Counter:
    "What a dataset was after each kill: as before, or longer."
    found, (features, info) = Counter(), synthesize_features(6, 2)
    for number in range(tries):
        path = folder/f'dataset{number//20}'   # a new one from time to time, so that it stays small
        seconds = twice(lambda _: append_dataset(path, features, info))
        before = open_dataset(path).n_sequences
        killed(lambda number: append_dataset(path, features, info), seconds, rng)
        dataset = open_dataset(path)
        repeats = dataset.n_sequences//6
        assert dataset.n_sequences >= before and dataset.n_sequences % 6 == 0, (before, dataset.n_sequences)
        assert np.array_equal(dataset.read(range(6*repeats)), np.tile(features, (repeats, 1, 1)))
        assert dataset.info['trials'].tolist() == info['trials'].tolist()*repeats
        found['longer' if dataset.n_sequences > before else 'as before'] += 1
    return found


def kill_plain(folder: Path, tries: int, rng: random.Random) -> Counter:
    "The same of any output that goes through `atomic_path`: a megabyte of one letter or of the other."
    path, found = folder/'x.bin', Counter()
    def write(number: int) -> None:
        with atomic_path(path) as temporary: temporary.write_bytes((b'a', b'b')[number % 2]*1_000_000)
    for _ in range(tries):
        killed(write, twice(write), rng)
        content = path.read_bytes()
        assert content in (b'a'*1_000_000, b'b'*1_000_000), f'{path} is half a file'
        found['as before' if content[:1] == b'a' else 'replaced'] += 1
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--tries', type=int, default=200, help='for each kind of output')
    parser.add_argument('--seed', type=int, default=1)
    given = parser.parse_args()
    rng, results = random.Random(given.seed), {}
    for name, work in {
        '.bin': kill_plain,
        **{
            ending: lambda *args, ending=ending: kill_writers(args[0], ending, *args[1:])
            for ending in ('.trc', '.csv', '.npz', '.c3d')
        },
        'dataset': kill_appends,
    }.items():
        with TemporaryDirectory() as folder:
            results[name] = dict(sorted(work(Path(folder), given.tries, rng).items()))
        print(name, results[name], flush=True)
    (Path(__file__).resolve().parent/'kill.json').write_text(json.dumps(results, indent=1) + '\n')


if __name__ == '__main__': main()
