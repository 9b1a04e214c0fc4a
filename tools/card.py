"""Write the model card from what was measured: `python tools/card.py`; a test checks that it is up to date."""
import csv
import json
from pathlib import Path

ROOT = Path(__file__).parent.parent
WEIGHTS, SITE = ROOT/'motionfm'/'weights', ROOT/'nbs'/'model_card.md'
OURS = ('motionfm', 'motionfm_fill', 'first_guess')
TEXT = """# The weights that ship

What they were trained on, what they are good for, and what they are not.

| What | Told |
| --- | --- |
| What it is | two bidirectional LSTM layers that weigh candidates (smoothers, fillings by habit, pieces of movement, what was seen), correct them, and tell a spread for each sample |
| Reads | positions of 20 joints (or 16, without arms) in metres at any rate, with gaps and noise |
| Writes | complete positions, and for each sample the distance within which two of three such samples lie |
| Meant for | recordings of one person: OpenCap, Pose2Sim, optical systems |
| Not meant for | medical decisions, several people, animals, hands and faces |
| Data | subjects 1, 3, 5 and 6 of the CMU Graphics Lab Motion Capture Database (mocap.cs.cmu.edu, NSF EIA-0196217; free for all uses): playground, uneven ground, dance, basketball; and synthetic people of motionfm in a quarter of the crops |
| Held out | subjects 7 and 8 of the same database; a recording of squats from two cameras |
| Made by | `motionfm train --recipe best --datasets_root ../shared/datasets --val-subjects 7,8 --save-prefix first` with commit abc042f, then `motionfm train --recipe best --datasets_root ../shared/datasets --val-subjects 7,8 --pretrained first_best.weights.h5 --seed 1 --lr 1e-3 --epochs 56 --save-prefix second` with commit 86712f5, then `motionfm train --recipe best --datasets_root ../shared/datasets --val-subjects 7,8 --pretrained second_best.weights.h5 --seed 2 --lr 1e-3 --epochs 54 --save-prefix third` with commit 6b96369 (stopped after 26 epochs, and gone on with `--resume` and the guesses of commit b1be900), then `motionfm train --recipe best --datasets_root ../shared/datasets --val-subjects 7,8 --pretrained third_best.weights.h5 --seed 3 --lr 1e-3 --epochs 40 --save-prefix fourth` with commit 4a8af20, then `motionfm train --recipe best --datasets_root ../shared/datasets --val-subjects 7,8 --pretrained fourth_best.weights.h5 --seed 4 --lr 1e-3 --epochs {epochs} --save-prefix best` with commit ed293ad, where the folder holds the two datasets of 20 joints cut from those trials |
| Training | {first} epochs with seed {seed}, 56 with seed 1, 54 with seed 2, 40 with seed 3, each time after the guesses that it is shown had changed, and {epochs} more with seed 4; each of {steps} batches of {batch} crops of {crop} frames; on two cores of a CPU, TensorFlow; the same commands run on a GPU. The history beside the weights is that of the last |
| Size | {size:.1f} MB, {parameters:,} numbers |
| Licence | Apache-2.0 |

## Figures

Mean error in mm over missing samples (over all where nothing is missing), with 95 % intervals over trials (none for a single recording, but for `disk`, which cuts it into pieces); in the last two columns the share of samples within the spread and within twice that, which should be 68 % and 97 %. `python benchmarks/bench_accuracy.py` measures them; more stands in the [results](11_results.ipynb).

{tables}
## Limits

- The squats are no blind test: parts of the recipe are answers to what an earlier version did wrong there. Their numbers were chosen on the people of the training, but for the gain from which on the proof counts.
{behind}- Where the share within twice the spread is far from 97 %, a few errors are much larger than is told: the spread follows the length of a gap and what the recording itself proves, but it does not foresee every turn. On the squats what counts as the truth trembles with the cameras; the spread is about the path without that, so it is smaller there than the errors that are measured.
- Two dozen trials of walking and one of squats were measured, no children, no floor work, nobody with a pathological gait.
- A limb that is never seen is made up from the habits of others. It looks like a person, and can be decimetres off; the spread says so, and `--max-spread-mm` leaves it blank.
- Left and right that were exchanged are put back where jumps and the lengths of bones show it. More than half of a recording has to be right. Legs with their hips that are exchanged from one gap to another are not noticed, and wrists that pass each other at 10 m/s can be taken for an exchange; the summary tells where something was put back.
- A joint that was seen in a wrong place is noticed where a bone would be a third too long or too short, and by 8 cm at least; one that is a decimetre beside its place is believed. A body that is elsewhere for longer than half a second is followed.
- It works at 60 frames a second: faster recordings are filtered at 24 Hz on the way, unless `--fill-only` keeps what was seen.
"""


def judged(row: dict) -> list[float]:
    "The error that counts and its interval."
    return row['metrics']['missing_mm'] or row['metrics']['all_mm']


def best_of(line: dict[str, dict]) -> tuple[str, str, float]:
    "The classical method with the smallest error, how many others share the place, and the error; `line`: method -> figures."
    errors = {method: judged(row)[0] for method, row in line.items() if method not in OURS}
    first, *others = (method for method, error in errors.items() if error == min(errors.values()))
    return first, f' and {len(others)} other{"s"[:len(others) - 1]}' if others else '', errors[first]


def table(name: str, rows: list[dict]) -> str:
    "The figures of one set of trials."
    trials = max(row['trials'] for row in rows)
    lines = [f'**{name}** ({trials} trial{"s"[:trials - 1]})', '', '| scenario | motionfm | best classical method | within | within twice |', '| --- | --- | --- | --- | --- |']
    for scenario in dict.fromkeys(row['scenario'] for row in rows):
        line = {row['method']: row for row in rows if row['scenario'] == scenario}
        ours, metrics = line['motionfm'], line['motionfm']['metrics']
        error = ('{:.1f} [{:.1f}, {:.1f}]' if ours['parts'] > 1 else '{:.1f}').format(*judged(ours))
        best, others, theirs = best_of(line)
        lines.append(f'| {scenario} | {error} | {best}{others}: {theirs:.1f} | {metrics["within"][0]:.0f} % | {metrics["within2"][0]:.0f} % |')
    return '\n'.join(lines) + '\n'


def behind(results: dict[str, list[dict]]) -> str:
    "A line for each set of trials on which a classical method was better."
    told = ''
    for name, rows in results.items():
        lines = {scenario: {row['method']: row for row in rows if row['scenario'] == scenario} for scenario in dict.fromkeys(row['scenario'] for row in rows)}
        better = {scenario: ''.join(best_of(line)[:2]) for scenario, line in lines.items() if best_of(line)[2] < judged(line['motionfm'])[0]}
        if better: told += f'- On {name} a classical method is better at: ' + ', '.join(f'{scenario} ({method})' for scenario, method in better.items()) + '.\n'
    return told


def card() -> str:
    "The text."
    from motionfm.infer import read_weights
    from motionfm.recipe import CROP, STEPS
    from motionfm.settings import RECIPES, TrainConfig
    results = json.loads((ROOT/'benchmarks'/'accuracy.json').read_text())
    history = list(csv.DictReader((WEIGHTS/'best_history.csv').open()))
    parameters = sum(array.size for _, arrays in read_weights(WEIGHTS/'best.json', WEIGHTS/'best.weights.h5') for array in arrays)
    return TEXT.format(seed=TrainConfig.seed, first=RECIPES['best']['epochs'], epochs=len(history), steps=STEPS, batch=RECIPES['best']['batch_size'], crop=CROP,
                       size=(WEIGHTS/'best.weights.h5').stat().st_size/1e6, parameters=parameters, behind=behind(results), tables='\n'.join(table(*part) for part in results.items()))


def pages() -> dict[Path, str]:
    "The card beside the weights, and the same as a page of the site."
    text = card()
    front = '---\ntitle: Model card\nsubtitle: What the network was trained on, what it is good for, and what it is not.\n---\n'
    return {WEIGHTS/'MODEL_CARD.md': text.replace('[results](11_results.ipynb)', 'results page'), SITE: front + text.split('\n', 3)[3]}


if __name__ == '__main__':
    for path, text in pages().items(): path.write_text(text)
