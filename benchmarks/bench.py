"""Speed and memory of motionfm, in one run: `make bench`.

The network is the default one of `motionfm train`; speed does not depend on what it has learned, so its
weights are random.
"""
import resource
import sys
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from timing import seconds

from motionfm.body.synthetic import synthesize
from motionfm.data.dataset import describe_all, find_datasets
from motionfm.learn.config import TrainConfig
from motionfm.learn.corrupt import Corruptor
from motionfm.learn.model import build_model, keras, MPJPE, SequenceLoss
from motionfm.learn.pairs import batch_order, load_sequences, make_sequence_pairs
from motionfm.learn.train import PairBatches
from motionfm.reconstruct.pipeline import repair_positions, wrap_keras_model
from motionfm.view.meshcat import skeleton_clips

BATCHES = 8     # timed training batches of 32


def rate(amount: float, work) -> float:
    "Amount of work per second, the best of some repeats."
    return amount/seconds(work)


def measure(root: Path) -> list[tuple[str, str, str]]:
    "What is measured, the figure, and its unit."
    config = TrainConfig()
    folders = find_datasets(root)
    loading = rate(1, lambda: load_sequences(folders))
    sequences = load_sequences(folders)
    everything = np.arange(len(sequences))
    pipeline = rate(
        len(sequences),
        lambda: [
            make_sequence_pairs(sequences, batch, Corruptor())
            for batch in batch_order(everything, config.batch_size)
        ],
    )
    model = build_model()
    model.compile(keras.optimizers.Adam(), loss=SequenceLoss(), metrics=[MPJPE(), MPJPE(missing_only=True)])
    few = PairBatches(sequences, everything[:BATCHES*config.batch_size], Corruptor(), config.batch_size)
    model.fit(few, epochs=1, verbose=0, shuffle=False)    # tracing does not count
    training = rate(len(few.indices), lambda: model.fit(few, epochs=1, verbose=0, shuffle=False))
    walk = synthesize('walk', seed=1, n_frames=3600).astype(float)
    visible = np.random.default_rng(0).random(walk.shape[:2]) > .2
    network = wrap_keras_model(model)
    repair_positions(walk, visible, network)
    frames = rate(len(walk), lambda: repair_positions(walk, visible, network))
    clips = rate(
        1,
        lambda: [
            skeleton_clips(walk[:60].astype(np.float32), name)
            for name in ('reference', 'corrupted', 'reconstructed')
        ],
    )
    described = rate(1, lambda: describe_all(folders))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss/(1 if sys.platform == 'darwin' else 1024)
    return [('read and normalise the datasets', f'{len(sequences)*loading:,.0f}', 'sequences/s'),
            ('batch pipeline (corrupt, shuffle, pair)', f'{pipeline:,.0f}', 'sequences/s'),
            (f'training, 3 x 256 concat, batch {config.batch_size}', f'{training:,.1f}', 'sequences/s'),
            ('reconstruct, one minute at 60 Hz, windows overlapping by half', f'{frames:,.0f}', 'frames/s'),
            ('describe the dataset folders', f'{1000/described/len(folders):,.1f}', 'ms a folder'),
            ('MeshCat clips, three skeletons of 60 frames', f'{1000/clips:,.1f}', 'ms'),
            ('peak memory of this process', f'{peak:,.0f}', 'MB')]


if __name__ == '__main__':
    table = Table('what', 'figure', 'unit', title='motionfm benchmark')
    for row in measure(Path(__file__).resolve().parent.parent/'datasets'): table.add_row(*row)
    Console().print(table)
