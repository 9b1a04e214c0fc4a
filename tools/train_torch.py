"""Train the recipe on a GPU with PyTorch: the network of `motionfm train --recipe best`, in minutes.

    python tools/train_torch.py ../shared/people PREFIX --val-subjects nick --minutes 7.6 --seed 3 \\
        --leave-out 07,08,35,39,cmu39,oc4,kirsten,HC044A \\
        --later 12,26,32,49,131,xb,dm139,HC031A,HC033A,ocx

is how the weights that ship were trained, on one NVIDIA H200 with 16 cores. A process for each core but two
builds features of damaged crops; the GPU keeps the latest of them and learns from random ones, so that each
is seen some dozen times. `--later` names people who join at half time: PREFIX_half.weights.h5 has not seen
them. The motion prior is that of the weights that ship. Writes PREFIX.json, PREFIX.weights.h5 (16 bits a
number) and PREFIX_history.csv, and checks that NumPy answers from these files as PyTorch does. It takes the
clock as its measure, so no two runs are the same. It needs `pip install 'motionfm[train]' torch`.
"""
import argparse
import csv
import multiprocessing
from collections.abc import Iterator
from copy import deepcopy
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Semaphore, Thread
from time import monotonic, sleep

import h5py
import numpy as np
import torch
from torch import nn

from motionfm.body.skeleton import KMAX
from motionfm.data.people import read_people
from motionfm.estimate.features import (
    CANDIDATES,
    FEATURES,
    N_FEATURES,
    N_OUTPUTS,
    split_outputs,
)
from motionfm.estimate.network import read_network, read_weights
from motionfm.estimate.prior import load_prior
from motionfm.learn import recipe
from motionfm.learn.config import RECIPES
from motionfm.learn.model import save_architecture
from motionfm.reconstruct.pipeline import SHIPPED_WEIGHTS

TOGETHER, EMBEDDING = recipe.SETTINGS.frames_together, recipe.SETTINGS.embedding
PARTS = [3*KMAX*len(CANDIDATES), KMAX, KMAX, 3*KMAX]   # of the targets, as `recipe.targets_of` puts them
AVERAGE = .999   # memory of the mean of the weights
FIRST_GROUPS, WARM_UP = 40, 200


class Net(nn.Module):
    "`recipe.build_recipe` in PyTorch, with the same random weights to begin with."

    def __init__(self, hidden: int, layers: int):
        super().__init__()
        self.embedding = nn.Linear(TOGETHER*N_FEATURES, EMBEDDING)
        widths = [EMBEDDING, *[2*hidden]*(layers - 1)]
        self.lstms = nn.ModuleList(
            nn.LSTM(width, hidden, batch_first=True, bidirectional=True) for width in widths)
        self.outputs = nn.Linear(2*hidden + EMBEDDING, TOGETHER*N_OUTPUTS)
        nn.init.xavier_uniform_(self.embedding.weight)
        nn.init.normal_(self.outputs.weight, std=.01)
        for bias in (self.embedding.bias, self.outputs.bias): nn.init.zeros_(bias)
        for lstm in self.lstms: begin_as_keras(lstm)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        "(B, T, N_OUTPUTS) from (B, T, N_FEATURES)."
        steps = features.reshape(len(features), -1, TOGETHER*N_FEATURES)
        alone = state = nn.functional.gelu(self.embedding(steps))
        for lstm in self.lstms: state = lstm(state)[0]
        return self.outputs(torch.cat([state, alone], -1)).reshape(len(features), -1, N_OUTPUTS)


def begin_as_keras(lstm: nn.LSTM) -> None:
    "Glorot for the inputs, orthogonal for the states, a bias of one for the gates that forget; in place."
    size = lstm.hidden_size
    for name, weight in lstm.named_parameters():
        if 'weight_ih' in name: nn.init.xavier_uniform_(weight)
        elif 'weight_hh' in name:
            for gate in weight.data.split(size): nn.init.orthogonal_(gate)
        else: nn.init.zeros_(weight)
        if 'bias_ih' in name: weight.data[size:2*size] = 1
        if 'bias_hh' in name: weight.requires_grad_(False)   # Keras has one bias


def loss_of(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    "`recipe.RecipeLoss`, mean over everything."
    candidates, scale, _, truth = targets.split(PARTS, -1)
    candidates = candidates.reshape(*scale.shape, -1, 3)
    logits, corrections, log_scale = split_outputs(
        outputs, torch.reshape, partial(torch.as_tensor, device=outputs.device))
    placed = (torch.softmax(logits, -1)[..., None]*candidates).sum(-2) + scale[..., None]*corrections
    uncertainty = (scale*torch.exp(log_scale) + FEATURES.min_uncertainty_m)[:, 1:]
    off = placed - truth.reshape(placed.shape)
    length = lambda vectors: torch.sqrt((vectors*vectors).sum(-1) + 1e-10)
    error, movement = length(off)[:, 1:], length(off[:, 1:] - off[:, :-1])
    unit = scale[:, 1:] + recipe._FLOOR_M
    surprise = error.detach()/uncertainty + 3*torch.log(uncertainty)
    return (error/unit + recipe._MOVEMENT_WEIGHT*movement/unit + recipe._UNCERTAINTY_WEIGHT*surprise).mean()


# Crops

SOURCES: list[recipe.Source] = []   # first without those who come later, then everybody; before the fork
EVERYBODY = multiprocessing.Value('b', False)


def damaged_group(number: int) -> tuple[np.ndarray, np.ndarray]:
    "Features (16 bits) and targets of some crops."
    features, targets = recipe._damaged_group(SOURCES[EVERYBODY.value], 1, number)
    return features.astype(np.float16), targets


class Pool:
    "The latest crops, on the GPU."

    def __init__(self, capacity: int, ahead: int, device: torch.device):
        self.room, self.full = Semaphore(ahead), False   # for groups that are being built or wait
        self.size, self.made = capacity//recipe.SETTINGS.group*recipe.SETTINGS.group, 0
        shape = self.size, recipe.CROP_FRAMES
        self.features = torch.empty((*shape, N_FEATURES), dtype=torch.float16, device=device)
        self.targets = torch.empty((*shape, sum(PARTS)), device=device)

    def take_in(self, groups: Iterator[tuple[np.ndarray, np.ndarray]]) -> None:
        "Without end; run by a thread."
        for features, targets in groups:
            start = self.made % self.size
            place = slice(start, start + len(features))
            self.features[place] = torch.from_numpy(features).to(self.features.device)
            self.targets[place] = torch.from_numpy(targets).to(self.targets.device)
            self.made += len(features)
            self.room.release()

    def jobs(self) -> Iterator[int]:
        "For `damaged_group`, until it is `full`; no more at once than there is room for."
        for number in count():
            self.room.acquire()
            if self.full: return
            yield number

    def draw(self, batch: int) -> tuple[torch.Tensor, torch.Tensor]:
        "Random ones."
        chosen = torch.randint(min(self.made, self.size), (batch,), device=self.features.device)
        return self.features[chosen].float(), self.targets[chosen]


# Learning

def train(net: Net, pool: Pool, prior, given: argparse.Namespace) -> tuple[Net, list[dict]]:
    "The mean of the weights, and the history; ends after some minutes, and saves weights at half time."
    mean = Net(given.hidden, given.layers).to(given.device)
    mean.load_state_dict(net.state_dict())
    weights, means = ([one for one in model.parameters() if one.requires_grad] for model in (net, mean))
    optimizer = torch.optim.AdamW(weights, weight_decay=1e-2)
    start, step, losses, history = monotonic(), 0, [], []
    while (share := (monotonic() - start)/(60*given.minutes)) < 1:
        if share > .5 and not EVERYBODY.value:
            save(deepcopy(mean), prior, f'{given.prefix}_half')
            EVERYBODY.value = True
        for group in optimizer.param_groups:
            group['lr'] = given.lr*min(1, (step + 1)/WARM_UP)*(.5 + .5*np.cos(np.pi*share))
        features, targets = pool.draw(given.batch)
        loss = loss_of(net(features), targets)
        loss.backward()
        nn.utils.clip_grad_norm_(weights, recipe.SETTINGS.clip)
        optimizer.step()
        optimizer.zero_grad()
        keep = min(AVERAGE, step/(10 + step))
        with torch.no_grad():
            for average, weight in zip(means, weights): average.lerp_(weight, 1 - keep)
        losses.append(loss.detach())
        step += 1
        if 12*share >= len(history) + 1:
            mean_loss = float(torch.stack(losses).mean())
            history.append({'step': step, 'crops': pool.made, 'loss': round(mean_loss, 4)})
            losses = []
            print(history[-1], flush=True)
    return mean, history


# Files

def as_keras(net: Net) -> list[np.ndarray]:
    "The weights in the order of `recipe.build_recipe`."
    def dense(layer): return [layer.weight.T, layer.bias]
    def direction(lstm, end):
        inputs, states, bias, zero = (getattr(lstm, f'{name}_l0{end}') for name in
                                      ('weight_ih', 'weight_hh', 'bias_ih', 'bias_hh'))
        return [inputs.T, states.T, bias + zero]
    lstms = [weight for lstm in net.lstms for end in ('', '_reverse') for weight in direction(lstm, end)]
    weights = [*dense(net.embedding), *lstms, *dense(net.outputs)]
    return [weight.detach().cpu().numpy() for weight in weights]


def set_from_keras(net: Net, layers: list) -> None:
    "Begin with weights as `read_weights` gives them, in place; raises `RuntimeError` for another form."
    arrays = [array for _, arrays in layers for array in arrays]
    names = [f'lstms.{number}.{name}_l0{end}' for number in range(len(net.lstms))
             for end in ('', '_reverse') for name in ('weight_ih', 'weight_hh', 'bias_ih')]
    names = ['embedding.weight', 'embedding.bias', *names, 'outputs.weight', 'outputs.bias']
    state = {name: torch.from_numpy(array.T.copy()) for name, array in zip(names, arrays, strict=True)}
    net.load_state_dict(net.state_dict() | state)


def copy_with_16_bits(source: Path, target: Path) -> None:
    "Weights take half the space; the motion prior stays as it is."
    with h5py.File(source) as old, h5py.File(target, 'w') as new:
        def copy(name, node):
            if isinstance(node, h5py.Group): made = new.require_group(name)
            else: made = new.create_dataset(name, data=node[()].astype(
                np.float16 if '/vars/' in name and node.dtype == np.float32 else node.dtype))
            made.attrs.update(node.attrs)
        old.visititems(copy)


def save(net: Net, prior, prefix: str) -> None:
    "Architecture and weights; raises `AssertionError` if NumPy answers otherwise than PyTorch."
    model = recipe.build_recipe(net.lstms[0].hidden_size, len(net.lstms))
    save_architecture(model, f'{prefix}.json')
    with TemporaryDirectory() as folder:
        whole = Path(folder)/'whole.weights.h5'
        recipe.save_recipe(as_keras(net), model, prior, whole)
        copy_with_16_bits(whole, Path(f'{prefix}.weights.h5'))
    features = np.random.default_rng(0).normal(size=(2, 90, N_FEATURES)).astype(np.float32)
    with torch.no_grad(): expected = net.cpu()(torch.from_numpy(features)).numpy()
    answer = read_network(f'{prefix}.json', f'{prefix}.weights.h5').predict(features)
    np.testing.assert_allclose(answer, expected, atol=.02*np.abs(expected).max())


def main(given: argparse.Namespace) -> None:
    recordings, subjects, _ = read_people(given.recordings)
    prior, names = load_prior(SHIPPED_WEIGHTS), [subject.split('/')[-1] for subject in subjects]
    never = {*given.leave_out.split(','), *given.val_subjects.split(',')}
    for left_out in never | {*given.later.split(',')}, never:
        kept = [number for number, name in enumerate(names) if name not in left_out]
        SOURCES.append(recipe.Source([recordings[one] for one in kept], given.seed, prior=prior,
                                     subjects=[subjects[one] for one in kept]))
    torch.manual_seed(given.seed)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    with multiprocessing.get_context('fork').Pool(given.workers) as workers:
        pool = Pool(given.capacity, 3*given.workers, given.device)
        groups = workers.imap_unordered(damaged_group, pool.jobs())
        Thread(target=pool.take_in, args=[groups], daemon=True).start()
        while pool.made < FIRST_GROUPS*recipe.SETTINGS.group: sleep(.1)
        net = Net(given.hidden, given.layers)
        if given.pretrained: set_from_keras(net, read_weights(*given.pretrained))
        net, history = train(net.to(given.device), pool, prior, given)
        pool.full = True
        pool.room.release()
        workers.terminate()
    save(net, prior, given.prefix)
    with open(f'{given.prefix}_history.csv', 'w', newline='') as file:
        writer = csv.DictWriter(file, history[0])
        writer.writeheader()
        writer.writerows(history)


if __name__ == '__main__':
    as_it_is = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=as_it_is)
    parser.add_argument('recordings', help='as of `motionfm train --recordings`')
    parser.add_argument('prefix', help='path and beginning of the names of all outputs')
    parser.add_argument('--leave-out', default='', help='people who are not trained on')
    parser.add_argument('--val-subjects', default='', help='people who are not trained on either')
    parser.add_argument('--later', default='', help='people who are trained on from half time on')
    parser.add_argument('--pretrained', nargs=2, metavar=('JSON', 'H5'), help='weights to begin with')
    parser.add_argument('--minutes', type=float, default=7.6)
    parser.add_argument('--hidden', type=int, default=RECIPES['best']['hidden'])
    parser.add_argument('--layers', type=int, default=RECIPES['best']['layers'])
    parser.add_argument('--batch', type=int, default=256)
    parser.add_argument('--lr', type=float, default=1.5e-3)
    parser.add_argument('--capacity', type=int, default=100_000, help='crops on the GPU, 0.8 MB each')
    parser.add_argument('--workers', type=int, default=max(1, multiprocessing.cpu_count() - 2))
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--device', type=torch.device, default='cuda', help="'cpu' to try it out")
    main(parser.parse_args())
