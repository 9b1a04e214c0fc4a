"""What more data costs, from 1,000 to 1,000,000 windows: `python benchmarks/bench_scale.py [--most N]
[--folder DIR]`.

Needs 20 GB of disk for the largest, which it gives back; with `--most 100000`, 2 GB. Each figure comes
from a process of its own, so that peaks of memory are its own; times are those of its processor (one
core), so that other work on the machine counts less. Writes benchmarks/scale.json after each figure;
`--resume` goes on from there.
"""
import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np

HERE = Path(__file__).resolve().parent
RESULT = HERE/'scale.json'
SOURCE = HERE.parent/'datasets'/'dataset0'
CHUNKS = [
    (64, 60, 62),
    (1, 60, 62),
    (512, 60, 62),
    (67, 8, 16),
]  # the last is of the kind that h5py chooses by itself
BATCH, READ, REPEATS = (
    32,
    6_400,
    6,
)  # windows in a batch, windows read for each figure, and how often (the fastest counts)


def measured(work) -> tuple[float, object]:
    "Processor seconds, and the result."
    begin = time.process_time()
    result = work()
    return time.process_time() - begin, result


def make(folder: Path, n_windows: int, chunks=(64, 60, 62)) -> None:
    "A dataset of so many windows: those of the shipped one, compressed by gzip, again and again."
    folder.mkdir(parents=True)
    with h5py.File(SOURCE/'time_sequences.h5') as file: features = file['data/features'][:512]
    with h5py.File(folder/'time_sequences.h5', 'w') as file:
        made = file.create_dataset(
            'data/features', (n_windows, 60, 62), np.float32, chunks=chunks, compression='gzip', shuffle=True
        )
        made[:min(512, n_windows)] = features[:n_windows]
        whole = (
            [made.id.read_direct_chunk((64 * part, 0, 0))[1] for part in range(8)]
            if chunks == CHUNKS[0] and n_windows > 512
            else []
        )
        for low in range(512, n_windows, 512):
            if not whole or low + 512 > n_windows: made[low:low + 512] = features[:n_windows - low]
            else:
                for part, packed in enumerate(whole):
                    made.id.write_direct_chunk((low + 64 * part, 0, 0), packed)
    np.save(
        folder / 'infoData.npy',
        np.array({'subjects': np.arange(n_windows) * 10 // n_windows}, dtype=object),
        allow_pickle=True,
    )


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == 'darwin' else 1e3)


def batches(sequences, n_windows: int = READ) -> float:
    "Windows a second: read, damage, put into batches, in the order of an epoch."
    from motionfm.learn.corrupt import Corruptor
    from motionfm.learn.pairs import batch_order, make_sequence_pairs
    order = batch_order(np.arange(len(sequences)), BATCH, epoch=1)[:n_windows//BATCH]
    def read():
        for batch in order: make_sequence_pairs(sequences, batch, Corruptor(), 1)
    read()   # warm
    return sum(map(len, order))/min(measured(read)[0] for _ in range(REPEATS))


def figure(what: str, root: Path, cache: Path) -> dict:
    "What one process measures."
    from motionfm.data.dataset import open_dataset
    from motionfm.learn.pairs import load_sequences
    folder = next(root.glob('dataset*'))
    load = lambda: load_sequences([folder], memory_gb=0, cache=str(cache), cache_gb=1000)
    if what == 'prepare': return {'prepare_s': measured(load)[0]}
    if what == 'read':
        opened, sequences = measured(load)
        return {'open_s': opened, 'windows_per_s': batches(sequences), 'peak_mb': peak_mb()}
    if what == 'single':
        some = np.random.default_rng(0).integers(0, open_dataset(folder).n_sequences, 100)
        dataset = open_dataset(folder)
        return {'single_per_s': len(some)/measured(lambda: [dataset.joints([index]) for index in some])[0]}
    from motionfm.learn.config import TrainConfig
    from motionfm.learn.train import train

    train(
        TrainConfig(
            datasets_root=str(root),
            epochs=1,
            batch_size=512,
            hidden=4,
            layers=1,
            cache=str(cache),
            cache_gb=1000,
            save_prefix=str(root / 'net'),
            memory_gb=0,
        ),
        0,
    )
    return {'peak_mb': peak_mb()}


def ask(what: str, root: Path, cache: Path) -> dict:
    "The same, in a process of its own."
    done = subprocess.run(
        [sys.executable, __file__, '--figure', what, '--folder', root, '--cache', cache],
        capture_output=True,
        text=True,
        env={**os.environ, 'OMP_NUM_THREADS': '1'},
    )
    if done.returncode: raise SystemExit(done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])


def keep(results: dict, name: str, row: dict) -> None:
    "Print a row and write it down with all that are known."
    print(name, row, flush=True)
    results.setdefault(name, []).append(row)
    RESULT.write_text(json.dumps(results, indent=1) + '\n')


def curve(results: dict, folder: Path, most: int) -> None:
    "The cost of each size, and the memory of a training run on the two largest."
    done = {name: {row['windows'] for row in results.get(name, [])} for name in ('curve', 'memory')}
    for n in [size for size in (1_000, 10_000, 100_000, 1_000_000) if size <= most]:
        if n in done['curve'] and (n in done['memory'] or 10*n < most): continue
        root, cache = folder/f'{n}', folder/f'{n}-cache'
        make(root/'dataset0', n)
        row = {
            'windows': n,
            'source_mb': (root / 'dataset0' / 'time_sequences.h5').stat().st_size / 1e6,
            **ask('prepare', root, cache),
        }
        row |= {
            'cache_mb': sum(path.stat().st_size for path in cache.rglob('*')) / 1e6,
            **ask('read', root, cache),
        }
        if n not in done['curve']: keep(results, 'curve', row)
        if 10 * n >= most:
            keep(results, 'memory', {'windows': n, 'cache_mb': row['cache_mb'], **ask('train', root, cache)})
        shutil.rmtree(root); shutil.rmtree(cache)


def chunk_table(results: dict, folder: Path) -> None:
    "The same data in other chunks."
    n, done = 4096, [tuple(row['chunks']) for row in results.get('chunks', [])]
    for chunks in [chunks for chunks in CHUNKS if chunks not in done]:
        root, cache = folder/'chunks', folder/'chunks-cache'
        make(root/'dataset0', n, chunks)
        keep(
            results,
            'chunks',
            {
                'chunks': chunks,
                'prepared_per_s': n / ask('prepare', root, cache)['prepare_s'],
                **ask('read', root, cache),
                **ask('single', root, cache),
            },
        )
        shutil.rmtree(root); shutil.rmtree(cache)


def steps(results: dict) -> None:
    "A step of the default network, beside what its batch takes."
    from motionfm.learn.model import build_model, keras, MPJPE, SequenceLoss
    windows_per_s = results['curve'][-1]['windows_per_s']
    for batch in (32, 128) if 'step' not in results else ():
        model = build_model()
        model.compile(keras.optimizers.Adam(), loss=SequenceLoss(), metrics=[MPJPE()])
        inputs, targets = np.zeros((batch, 60, 60), np.float32), np.ones((batch, 60, 81), np.float32)
        model.train_on_batch(inputs, targets)
        spent = min(measured(lambda: model.train_on_batch(inputs, targets))[0] for _ in range(4))
        keep(results, 'step', {'batch': batch, 'step_ms': 1000*spent, 'batch_ms': 1000*batch/windows_per_s})


def processor() -> str:
    "The name of the processor, as far as it is told."
    info = Path('/proc/cpuinfo')
    names = (
        [
            line.split(':')[1].strip()
            for line in info.read_text().splitlines()
            if line.startswith('model name')
        ]
        if info.exists()
        else []
    )
    return f'{names[0] if names else platform.processor()}, {os.cpu_count()} cores'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--most', type=int, default=1_000_000, help='the largest dataset, in windows')
    parser.add_argument('--folder', default=None, help='where to put the data meanwhile')
    parser.add_argument('--resume', action='store_true', help='go on with what scale.json holds')
    parser.add_argument('--figure', help=argparse.SUPPRESS)
    parser.add_argument('--cache', help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.figure: print(json.dumps(figure(args.figure, Path(args.folder), Path(args.cache)))); return
    results = json.loads(RESULT.read_text()) if args.resume and RESULT.exists() else {'machine': processor()}
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        chunk_table(results, Path(folder))
        curve(results, Path(folder), args.most)
    steps(results)


if __name__ == '__main__': main()
