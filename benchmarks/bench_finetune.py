"""What fine-tuning on a person's own recordings brings, to that person and to everybody else.

`python benchmarks/bench_finetune.py PERSON ... [--lr LR] [--epochs N]` takes people of ../shared/people whom
the shipped weights have not seen, fine-tunes on every other trial of each as
`motionfm train --pretrained shipped RECORDINGS` does, and prints the mean error in mm on the remaining trials
before and after, with the interval (95 %, bootstrap over trials) of their ratio; and the same for others,
whom the fine-tuned weights must not spoil. Results go into `benchmarks/finetune.json`.
"""
import argparse
import json
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np
from bench_people import MOST_FRAMES, trials_of

from motionfm.basics import atomic_path
from motionfm.evaluation.benchmark import evaluate_trials, network_methods
from motionfm.learn.config import change_config
from motionfm.learn.recipe import train_recipe
from motionfm.reconstruct.pipeline import load_network, SHIPPED_JSON, SHIPPED_WEIGHTS

RESULTS = Path(__file__).with_name('finetune.json')
OTHERS = ('07', '08', '39', 'kirsten')   # of whom nothing is learned in any run
SCENARIOS = 'noise', 'joints', 'frames', 'everything'
MOST_TRIALS = 6


def errors_of(weights: Path, trials: dict[str, tuple[np.ndarray, float]]) -> dict[str, list[float]]:
    "Scenario -> mean error in mm of each trial."
    measured = {name: (trial[:MOST_FRAMES], rate) for name, (trial, rate) in trials.items()}
    method = {'motionfm': network_methods(load_network(SHIPPED_JSON, weights))['motionfm']}
    rows = evaluate_trials(measured, method, SCENARIOS)
    return {row['scenario']: [value[0]/value[1] for name, *value in row['each'] if value[1]] for row in rows}


def compared(before: list[float], after: list[float]) -> dict:
    "Means, the ratio of the means, and its interval over trials."
    old, new = np.array(before), np.array(after)
    drawn = np.random.default_rng(0).integers(len(old), size=(2000, len(old)))
    low, high = np.percentile(new[drawn].mean(1)/old[drawn].mean(1), [2.5, 97.5])
    return {'trials': len(old), 'before_mm': old.mean(), 'after_mm': new.mean(),
            'ratio': new.mean()/old.mean(), 'low': low, 'high': high}


def fine_tuned(person: str, folder: str, settings: dict) -> tuple[dict, float]:
    "Errors of a person and of others before and after; seconds that it took to learn."
    trials = trials_of((person,), np.inf, None)
    names = sorted(trials)
    np.savez(f'{folder}/own.npz', **{name: trials[name][0] for name in names[::2]})
    config = change_config(None, {
        'recipe': 'best', 'pretrained': str(SHIPPED_WEIGHTS), 'recordings': f'{folder}/own.npz',
        'save_prefix': f'{folder}/own', **settings})
    start = perf_counter()
    best = train_recipe(config).paths['best']
    seconds = perf_counter() - start
    others = trials_of(OTHERS, 1)
    groups = {'own': {name: trials[name] for name in names[1::2][:MOST_TRIALS]}, 'others': others}
    errors = {group: [errors_of(weights, some) for weights in (SHIPPED_WEIGHTS, best)]
              for group, some in groups.items()}
    return {group: {scenario: compared(old[scenario], new[scenario]) for scenario in SCENARIOS}
            for group, (old, new) in errors.items()}, seconds


def main():
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=form)
    parser.add_argument('people', nargs='+')
    parser.add_argument('--lr', type=float)
    parser.add_argument('--epochs', type=int)
    options = parser.parse_args()
    settings = {name: value for name, value in vars(options).items() if name != 'people' and value}
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for person in options.people:
        with tempfile.TemporaryDirectory() as folder: errors, seconds = fine_tuned(person, folder, settings)
        for group, cells in errors.items():
            for scenario, cell in cells.items():
                print('{} {} {}: {before_mm:.1f} -> {after_mm:.1f} mm, ratio {ratio:.3f} '
                      '({low:.3f} to {high:.3f}), {trials} trials'.format(person, group, scenario, **cell),
                      flush=True)
        print(f'{person}: learned for {seconds:.0f} s', flush=True)
        results[person] = {**errors, 'seconds': seconds, **settings}
        with atomic_path(RESULTS) as path: path.write_text(json.dumps(results, indent=1) + '\n')


if __name__ == '__main__': main()
