"""How far into a gap a network knows better than the first guess, on people whom it has not learned from.

First a network that leaves people out, with others held out too, half an hour on one core: `motionfm
train --recipe best --datasets_root DATASETS --val-subjects 5,6,7,8 --epochs 12 --save-prefix a`. Then
`python benchmarks/bench_hearing.py TRIALS.npz --network a 5,6`, with whole trials (named as 05_01);
networks that leave out others can be added, as `--network b 1,3`. Writes `benchmarks/hearing.json`,
which the notebook `604_fuse` shows. Seconds.
"""
import argparse
import json
from pathlib import Path
from unittest.mock import patch

import numpy as np

from motionfm.basics import atomic_path
from motionfm.estimate.features import BEST_CANDIDATE
from motionfm.evaluation.scenarios import damage_trial
from motionfm.io.gaps import frames_away
from motionfm.reconstruct import fuse
from motionfm.reconstruct.fuse import fuse_trials, OTHER_CANDIDATES
from motionfm.reconstruct.pipeline import load_network

RESULTS = Path(__file__).with_name('hearing.json')
SCENARIOS, MOST_TRIALS, MOST_FRAMES, FEWEST = ('joints', 'frames', 'gap60', 'gap120'), 4, 600, 150
UP_TO = (1, 3, 6, 10, 15, 30, 60)   # frames from the nearest sight of the joint


def errors(truth: np.ndarray, damaged: np.ndarray, visible: np.ndarray, network) -> np.ndarray:
    """(N, 4) of each hidden sample: frames to the nearest sight, whether nothing is seen in its frame,
    error of the network and of the first guess, mm.
    """
    with patch.object(fuse, '_network_weight', np.ones_like):
        ((answers, _),) = fuse_trials([(damaged, visible)], network)
    distance = frames_away(visible)
    alone = np.broadcast_to(~visible.any(1, keepdims=True), visible.shape)
    off = 1000 * np.linalg.norm(
        answers[:, :, [0, 1 + OTHER_CANDIDATES.index(BEST_CANDIDATE)]] - truth[:, :, None], axis=-1
    )
    return np.concatenate([distance[..., None], alone[..., None], off], -1)[~visible]


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument('trials')
parser.add_argument(
    '--network',
    nargs=2,
    action='append',
    required=True,
    metavar=('PREFIX', 'PEOPLE'),
    help='what training wrote, and whom it has not seen',
)
options, rows = parser.parse_args(), []
store = np.load(options.trials)
for prefix, people in options.network:
    network = load_network(f'{prefix}.json', f'{prefix}_best.weights.h5')
    for person in people.split(','):
        for index, name in enumerate(
            [name for name in store if name.startswith(f'{int(person):02}_')][:MOST_TRIALS]
        ):
            for scenario in SCENARIOS:
                for truth, damaged, visible, _ in damage_trial(
                    scenario, store[name][:MOST_FRAMES], 60.0, 0, index
                ):
                    rows.append(errors(truth, damaged, visible, network))
together, found = np.concatenate(rows), {'beside others': {}, 'nothing seen': {}}
for kind, alone in zip(found, (0, 1)):
    for last, up_to in zip((0, *UP_TO), UP_TO):
        part = together[(together[:, 1] == alone) & (together[:, 0] > last) & (together[:, 0] <= up_to)]
        if len(part) < FEWEST: continue
        network_mm, guess_mm = part[:, 2:].mean(0).round(2).tolist()
        found[kind][f'{last + 1}-{up_to}' if last + 1 < up_to else str(up_to)] = {
            'samples': len(part),
            'network': network_mm,
            'first guess': guess_mm,
        }
        print(
            f'{kind:14} {last + 1:3}-{up_to:<3} {len(part):6} samples   '
            f'network {network_mm:6.2f} mm   first guess {guess_mm:6.2f} mm'
        )
with atomic_path(RESULTS) as temporary: temporary.write_text(json.dumps(found, indent=1))
