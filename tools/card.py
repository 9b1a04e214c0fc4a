"Write the model card from card.md and what was measured; a test checks that it is up to date."
import csv
import json
from pathlib import Path

ROOT = Path(__file__).parent.parent
WEIGHTS, SITE = ROOT/'motionfm'/'weights', ROOT/'nbs'/'model_card.md'
OURS = ('motionfm', 'motionfm_fill', 'first_guess')
TEXT = (ROOT/'tools'/'card.md').read_text(encoding='utf-8')


def judged(row: dict) -> list[float]:
    "The error that counts and its interval."
    return row['metrics']['missing_mm'] or row['metrics']['all_mm']


def best_of(line: dict[str, dict]) -> tuple[str, str, float]:
    "The best classical method of a line (method -> figures), how many others share its place, and its error."
    errors = {method: judged(row)[0] for method, row in line.items() if method not in OURS}
    first, *others = (method for method, error in errors.items() if error == min(errors.values()))
    return first, f' and {len(others)} other{"s"[:len(others) - 1]}' if others else '', errors[first]


def by_scenario(rows: list[dict]) -> dict[str, dict[str, dict]]:
    "Scenario -> method -> figures."
    names = dict.fromkeys(row['scenario'] for row in rows)
    return {name: {row['method']: row for row in rows if row['scenario'] == name} for name in names}


HEAD = """**{name}** ({trials} trial{s})

| scenario | motionfm | best classical method | within | within twice |
| --- | --- | --- | --- | --- |"""
LINE = '| {scenario} | {error} | {best}{others}: {theirs:.1f} | {within:.0f} % | {twice:.0f} % |'


def table(name: str, rows: list[dict]) -> str:
    "The figures of one set of trials."
    trials = max(row['trials'] for row in rows)
    lines = [HEAD.format(name=name, trials=trials, s='s'[:trials - 1])]
    for scenario, line in by_scenario(rows).items():
        ours, metrics = line['motionfm'], line['motionfm']['metrics']
        error = ('{:.1f} [{:.1f}, {:.1f}]' if ours['parts'] > 1 else '{:.1f}').format(*judged(ours))
        best, others, theirs = best_of(line)
        lines.append(LINE.format(scenario=scenario, error=error, best=best, others=others, theirs=theirs,
                                 within=metrics['within'][0], twice=metrics['within2'][0]))
    return '\n'.join(lines) + '\n'


def behind(results: dict[str, list[dict]]) -> str:
    "A line for each set of trials on which a classical method was better."
    text = ''
    for name, rows in results.items():
        better = {}
        for scenario, line in by_scenario(rows).items():
            method, others, error = best_of(line)
            if error < judged(line['motionfm'])[0]: better[scenario] = method + others
        listed = ', '.join(f'{scenario} ({method})' for scenario, method in better.items())
        if better: text += f'- On {name} a classical method is better at: {listed}.\n'
    return text


def card() -> str:
    "The text."
    from motionfm.estimate.network import read_weights
    from motionfm.learn.recipe import CROP_FRAMES
    results = json.loads((ROOT/'benchmarks'/'accuracy.json').read_text())
    history = list(csv.DictReader((WEIGHTS/'best_history.csv').open()))
    weights = read_weights(WEIGHTS/'best.json', WEIGHTS/'best.weights.h5')
    return TEXT.format(
        steps=int(history[-1]['step']), crops=int(history[-1]['crops']), crop=CROP_FRAMES,
        size=(WEIGHTS/'best.weights.h5').stat().st_size/1e6,
        parameters=sum(array.size for _, arrays in weights for array in arrays),
        behind=behind(results), tables='\n'.join(table(*part) for part in results.items()))


FRONT = """---
title: Model card
subtitle: What the network was trained on, what it is good for, and what it is not.
---
"""


def pages() -> dict[Path, str]:
    "The card beside the weights, and the same as a page of the site."
    text = card()
    beside = text.replace('[results](evaluation/706_results.ipynb)', 'results page')
    return {WEIGHTS/'MODEL_CARD.md': beside, SITE: FRONT + text.split('\n', 3)[3]}


if __name__ == '__main__':
    for path, text in pages().items(): path.write_text(text)
