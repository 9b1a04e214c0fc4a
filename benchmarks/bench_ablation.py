"""What each part of the first guess brings, on people who are left out in turn.

`python benchmarks/bench_ablation.py DATASETS TRIALS.npz` with a folder of datasets (those of CMU
subjects 1, 3, 5 and 6 are taken) and whole trials of the same subjects (named as 05_01). The motion prior
comes from the other three people and synthetic ones, so that nobody is judged by what was learnt from
them. Writes `benchmarks/ablation.json`, which the notebook `706_results` reads. About ten minutes on one
core.
"""
import argparse
import json
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

import numpy as np

from motionfm.basics import atomic_path
from motionfm.body.skeleton import KMAX
from motionfm.data.dataset import find_datasets
from motionfm.data.people import load_recordings
from motionfm.estimate import features, low_rank
from motionfm.estimate import prior as prior_module
from motionfm.estimate.features import BEST_CANDIDATE, CANDIDATES, N_OUTPUTS
from motionfm.evaluation.scenarios import damage_trial
from motionfm.learn.recipe import Source
from motionfm.reconstruct import fuse
from motionfm.reconstruct.fuse import Repairer
from motionfm.reconstruct.pipeline import repair_positions

RESULTS = Path(__file__).with_name('ablation.json')
PEOPLE, SCENARIOS, MOST_TRIALS, MOST_FRAMES = (
    ('1', '3', '5', '6'),
    ('noise', 'joints', 'frames', 'everything', 'gap60', 'gap120', 'disk'),
    4,
    600,
)
fill_low_rank, constrain_lengths, smooth_components = (
    features.fill_low_rank,
    features.constrain_lengths,
    features.smooth_components,
)


def trusting(candidate: str) -> np.ndarray:
    "What a network would say that weighs one candidate only."
    outputs = np.zeros((KMAX, N_OUTPUTS//KMAX), np.float32)
    outputs[:, CANDIDATES.index(candidate)] = 30
    return outputs.ravel()


def without_first_step(start, visible, noise, population=None, trust=0., *more, **named):
    return (
        np.asarray(start, np.float32)
        if trust == features._COMPLETION.first_trust
        else fill_low_rank(start, visible, noise, population, trust, *more, **named)
    )


def without_population(start, visible, noise, population=None, trust=0., *more, **named):
    return without_first_step(start, visible, noise, None, trust, *more, **named)


def without_primitives(positions, visible, guess, *_): return guess


WITHOUT = {  # what is replaced, by what
    'all of it': {},
    'no damping of extrapolation at open ends': {'damp_extrapolation': lambda paths, *_: paths},
    'hidden joints are not moved with the body': {'_move_with_body': lambda paths, *_: paths},
    'no first step with the covariance of other people': {'fill_low_rank': without_first_step},
    'no estimate of the error of the prior beside gaps': {
        '_krige_error': lambda error, noise, edges: np.zeros((len(edges.gap), 3))
    },
    'no motion prior of other people': {
        'fill_low_rank': without_population,
        'smooth_components': lambda positions, known, poses, *_: smooth_components(positions, known, poses),
        'fit_primitives': without_primitives,
    },
    'principal components not smoothed in time': {'_smooth_in_time': lambda observed, guess, *_: guess},
    'no motion primitives': {'fit_primitives': without_primitives},
    'no constant bone lengths': {'constrain_lengths': lambda places, *_: places},
    'bone lengths constant however much they vary': {
        'constrain_lengths': lambda places, prior_scale, pairs, lengths, give: constrain_lengths(
            places, prior_scale, pairs, lengths, 0 * give
        )
    },
}


def measured(trials: list, prior, replaced: dict, candidate: str) -> dict[str, tuple[float, int]]:
    "Sum and number of the errors, mm, by scenario."
    repairer, found = (
        Repairer(
            lambda features: np.broadcast_to(trusting(candidate), (*features.shape[:2], N_OUTPUTS)),
            prior,
            self_checked=False,
        ),
        {},
    )
    with ExitStack() as stack:
        stack.enter_context(
            patch.object(fuse, '_network_weight', np.ones_like)
        )  # the candidate alone, also far inside a gap
        for name, other in replaced.items():
            modules = features, low_rank, prior_module   # more than one may call it
            owners = [module for module in modules if hasattr(module, name)]
            assert owners, f'{name} is not found any more'
            for module in owners: stack.enter_context(patch.object(module, name, other))
        for scenario in SCENARIOS:
            errors = []
            for index, trial in enumerate(trials):
                for truth, damaged, visible, rate in damage_trial(scenario, trial, 60., 0, index)[:3]:
                    repaired = repair_positions(damaged, visible, repairer, rate).positions
                    error = 1000*np.linalg.norm(repaired - truth, axis=-1)
                    errors.append(error[~visible] if not visible.all() else error.ravel())
            together = np.concatenate(errors)
            found[scenario] = float(together.sum()), len(together)
    return found


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument('datasets'), parser.add_argument('trials')
options = parser.parse_args()
recordings, subjects = load_recordings(find_datasets(options.datasets))
numbers = np.array([subject.split('/')[1] for subject in subjects])
store, totals = np.load(options.trials), {}
cases = {
    f'smoother {candidate.split()[1]} s⁻³' if candidate.startswith('smoother') else f'up to: {candidate}': (
        {},
        candidate,
    )
    for candidate in CANDIDATES
    if candidate not in ('observed', CANDIDATES[BEST_CANDIDATE])
}
cases |= {name: (replaced, CANDIDATES[BEST_CANDIDATE]) for name, replaced in WITHOUT.items()}
for person in PEOPLE:
    others = [
        recording for recording, number in zip(recordings, numbers) if number in PEOPLE and number != person
    ]
    prior = Source(others).prior
    trials = [store[name][:MOST_FRAMES] for name in store if name.startswith(f'{int(person):02}_')][
        :MOST_TRIALS
    ]
    for case, (replaced, candidate) in cases.items():
        for scenario, (total, count) in measured(trials, prior, replaced, candidate).items():
            before = totals.setdefault(case, {}).setdefault(scenario, [0., 0])
            before[0] += total; before[1] += count
    print(
        f'subject {person} left out:',
        {
            case: {name: round(total / count, 1) for name, (total, count) in rows.items()}
            for case, rows in totals.items()
            if case == 'all of it'
        },
        flush=True,
    )
means = {
    case: {name: round(total / count, 2) for name, (total, count) in rows.items()}
    for case, rows in totals.items()
}
for case, row in means.items(): print(f'{case:45}', *(f'{name} {value:6.1f}' for name, value in row.items()))
with atomic_path(RESULTS) as temporary: temporary.write_text(json.dumps(means, indent=1, ensure_ascii=False))
