"""Weights for candidates that came later: the new ones count for nothing until a training says otherwise.

`python tools/widen_weights.py OLD.json OLD.weights.h5 NEW.weights.h5` reads a recipe that was trained before
the paths of minimum jerk were among the candidates, and writes weights that can be trained further, with
`motionfm train --recipe best --pretrained NEW.weights.h5`.
"""
import sys

import numpy as np

from motionfm.body.skeleton import KMAX
from motionfm.estimate.features import BEST_CANDIDATE, CANDIDATES
from motionfm.estimate.network import read_weights
from motionfm.estimate.prior import load_prior
from motionfm.learn.recipe import build_recipe, save_recipe

OLD = tuple(name for name in CANDIDATES if not name.startswith('minimum jerk'))
FIRST_LOGIT = -1.   # of a new candidate; the network multiplies it by three
N_OTHERS = 6        # features of a joint that are not about candidates
N_ALL = 4           # features of a frame that are not about joints


def widen_inputs(kernel: np.ndarray) -> np.ndarray:
    "Rows for the differences of new candidates from the best one, all zero."
    best = CANDIDATES[BEST_CANDIDATE]
    before, after = ([name for name in names if name != best] for names in (OLD, CANDIDATES))
    old = kernel[:-N_ALL].reshape(KMAX, 3 + 3*len(before) + N_OTHERS, -1)
    new = np.zeros((KMAX, 3 + 3*len(after) + N_OTHERS, old.shape[-1]), kernel.dtype)
    new[:, :3], new[:, -N_OTHERS:] = old[:, :3], old[:, -N_OTHERS:]
    for place, name in enumerate(before):
        there = 3 + 3*after.index(name)
        new[:, there:there + 3] = old[:, 3 + 3*place:6 + 3*place]
    return np.concatenate([new.reshape(-1, old.shape[-1]), kernel[-N_ALL:]])


def widen_outputs(weights: np.ndarray, first: float) -> np.ndarray:
    "Columns for the logits of new candidates, `first` in all of them."
    old = weights.reshape(*weights.shape[:-1], KMAX, -1)
    new = np.full((*old.shape[:-1], old.shape[-1] + len(CANDIDATES) - len(OLD)), first, weights.dtype)
    for place, name in enumerate(OLD): new[..., CANDIDATES.index(name)] = old[..., place]
    new[..., len(CANDIDATES):] = old[..., len(OLD):]
    return new.reshape(*weights.shape[:-1], -1)


if __name__ == '__main__':
    architecture, weights, target = sys.argv[1:]
    layers = read_weights(architecture, weights)
    arrays = [array for _, arrays in layers for array in arrays]
    hidden = [spec.width//2 for spec, _ in layers if spec.kind == 'Bidirectional']
    arrays[0] = widen_inputs(arrays[0])
    arrays[-2:] = widen_outputs(arrays[-2], 0.), widen_outputs(arrays[-1], FIRST_LOGIT)
    save_recipe(arrays, build_recipe(hidden[0], len(hidden)), load_prior(weights), target)
    print(f'{target}: {sum(array.size for array in arrays)} numbers')
