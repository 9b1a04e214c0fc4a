"""A trained network beside straight lines, on the validation corruption of its own training run.

python benchmarks/real.py PREFIX --datasets_root ROOT --val-subjects 7,8 [--trial trial.trc]

Both see the same damaged windows. Straight lines can't say where a joint is that is missing in the
whole window; those samples are a row of their own, in which they leave the joint at midHip. With a
recording, gaps are cut into it and both fill them.
"""
import argparse

import numpy as np

from motionfm.body.skeleton import FRAMES, JOINT_INDEX, KMAX
from motionfm.data.dataset import find_datasets
from motionfm.io.files import read_trial
from motionfm.io.gaps import fill_linear
from motionfm.learn.config import corruptor_of, names_in, TrainConfig
from motionfm.learn.model import load_model
from motionfm.learn.pairs import load_sequences, make_sequence_pairs, split_subjects
from motionfm.reconstruct.pipeline import wrap_keras_model
from motionfm.reconstruct.trials import reconstruct_trial


def windows(model, root: str, val_subjects: str) -> None:
    "Print the errors on the validation windows."
    config = TrainConfig(datasets_root=root, val_subjects=val_subjects)
    sequences = load_sequences(find_datasets(root))
    train, chosen = split_subjects(sequences.subjects, names_in(val_subjects))
    print(*sequences.notes, f'{len(train)} windows to train on, {len(chosen)} held out', sep='\n')
    inputs, targets = make_sequence_pairs(
        sequences, chosen, corruptor_of(config), visibility_input=model.input_shape[-1] == 4 * KMAX
    )
    damaged, clean = (array[..., :3*KMAX].reshape(-1, FRAMES, KMAX, 3) for array in (inputs, targets))
    seen = targets[..., 3*KMAX:4*KMAX] == 1
    answers = {'network': model.predict(inputs, verbose=0).reshape(clean.shape),
               'straight lines': np.stack([np.nan_to_num(fill_linear(*pair)) for pair in zip(damaged, seen)])}
    never = np.broadcast_to(~seen.any(1, keepdims=True), seen.shape)
    print(f'\n{"MPJPE in mm":34}' + ''.join(f'{name:>16}' for name in answers))
    for label, where in {
        'all samples': seen | True,
        'seen samples': seen,
        'missing samples': ~seen,
        '  in gaps within the window': ~seen & ~never,
        '  never seen in the window': never,
    }.items():
        errors = [
            1000
            * (np.linalg.norm(answer - clean, axis=-1) * sequences.scale[chosen][:, None, None])[where].mean()
            for answer in answers.values()
        ]
        print(f'{label:24}{where.mean():9.1%} ' + ''.join(f'{error:16.1f}' for error in errors))


def recording(model, path: str) -> None:
    "Cut gaps into a recording, fill them, and print the errors."
    trial = read_trial(path)
    rng, seen = np.random.default_rng(0), np.ones(trial.visible.shape, bool)
    for name in ('RWrist', 'LKnee', 'RBigToe', 'Neck'):
        for start in rng.integers(0, len(seen) - 30, 4): seen[start:start + 30, JOINT_INDEX[name]] = False
    for start in rng.integers(0, len(seen) - 15, 4): seen[start:start + 15] = False
    cut = trial.with_positions(np.full((*seen.shape, 3), np.nan), where=~seen)
    answers = {
        'network': reconstruct_trial(cut, wrap_keras_model(model)).repaired.positions,
        'straight lines': fill_linear(cut.positions, cut.visible),
    }
    print(f'\n{path.rsplit("/", 1)[-1]}: {(~cut.visible).sum()} samples cut out')
    for name, answer in answers.items():
        error = 1000*np.linalg.norm(answer - trial.positions, axis=-1)
        print(
            f'{name:16} missing samples {error[~seen].mean():7.1f} mm   '
            f'seen samples {error[seen].mean():7.1f} mm'
        )


if __name__ == '__main__':
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('prefix')
    parser.add_argument('--datasets_root', required=True)
    parser.add_argument('--val-subjects', required=True)
    parser.add_argument('--trial')
    given = parser.parse_args()
    model = load_model(f'{given.prefix}.json', f'{given.prefix}_best.weights.h5')
    windows(model, given.datasets_root, given.val_subjects)
    if given.trial: recording(model, given.trial)
