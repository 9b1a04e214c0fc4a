"""How often the samples beside a gap are wrong, in whole marker sets of several laboratories.

`python benchmarks/bench_gap_edges.py` takes the trials of ../shared/markers that may be looked at. It hides
the samples within 0.04 s of the gaps that they have, fills them, and counts how many are off by more than
four times the uncertainty and by more than 4 mm. Beside it stands the same for gaps of the same markers and
the same lengths where everything was seen. What wrong samples do to a fill is the scenario `gap_edges` of
`bench_markers.py`, beside `marker`, where the samples beside the gap are right.
"""
import numpy as np
from bench_markers import CHOOSING, read_sets

from motionfm.estimate.gap_filling import fill_points
from motionfm.estimate.neighbours import find_gaps, GapSpan
from motionfm.evaluation.benchmark import align_columns
from motionfm.reconstruct.marker_faults import find_marker_faults, undo_marker_faults

BESIDE_S, LONGEST_S, GAPS = .04, 2., 40   # hidden beside a gap; gaps that are looked at, of a trial
OFF, OFF_M = 4., .004                     # times the uncertainty, and metres, beyond which a sample is wrong
PLACES = 3                                # samples from the gap on that are counted


def moved(gap: GapSpan, seen: np.ndarray, beside: int, rng: np.random.Generator) -> GapSpan | None:
    "A gap of the same length where the marker is seen throughout; None where there is none."
    length = gap.stop - gap.start
    whole = np.convolve(seen[:, gap.point], np.ones(length + 4*beside), 'valid') == length + 4*beside
    if not whole.any(): return None
    start = int(rng.choice(np.flatnonzero(whole))) + 2*beside
    return GapSpan(gap.point, start, start + length)


def chosen_gaps(seen: np.ndarray, rate: float, elsewhere: bool, rng: np.random.Generator) -> list[GapSpan]:
    "Some gaps of a recording with sights on both sides, or others like them."
    beside, found = round(BESIDE_S*rate), []
    for gap in find_gaps(seen):
        if gap.stop - gap.start > LONGEST_S*rate: continue
        sides = slice(gap.start - 2*beside, gap.start), slice(gap.stop, gap.stop + 2*beside)
        if sides[0].start < 0 or sides[1].stop > len(seen): continue
        if all(seen[side, gap.point].all() for side in sides): found.append(gap)
    found = [found[at] for at in rng.permutation(len(found))[:GAPS]]
    if not elsewhere: return found
    return [gap for gap in (moved(gap, seen, beside, rng) for gap in found) if gap]


def errors_beside(positions: np.ndarray, seen: np.ndarray, rate: float, gaps: list[GapSpan]) -> np.ndarray:
    "(N, PLACES, 2) error and uncertainty of hidden samples from a gap on, metres."
    beside, kept = round(BESIDE_S*rate), seen.copy()
    for gap in gaps: kept[gap.start - beside:gap.stop + beside, gap.point] = False
    filled = fill_points(positions, kept, rate)
    off = np.linalg.norm(filled.positions - positions, axis=-1)
    rows = [(gap.start - 1 - np.arange(PLACES), gap.point) for gap in gaps]
    rows += [(gap.stop + np.arange(PLACES), gap.point) for gap in gaps]
    return np.array([np.stack([off[at], filled.uncertainty[at]], -1) for at in rows]).reshape(-1, PLACES, 2)


def main() -> None:
    found: dict[bool, list] = {False: [], True: []}
    for name, trial in read_sets(CHOOSING).items():
        seen = np.isfinite(trial.positions).all(-1)
        faults = find_marker_faults(trial.positions, seen, trial.rate)
        positions, seen = undo_marker_faults(np.nan_to_num(trial.positions), seen, faults)
        for elsewhere, rows in found.items():
            gaps = chosen_gaps(seen, trial.rate, elsewhere, np.random.default_rng(len(name)))
            if gaps: rows.append(errors_beside(positions, seen, trial.rate, gaps))
    table = [['samples', 'from the gap', 'number', 'wrong', 'median of these', 'median of all']]
    for elsewhere, rows in found.items():
        for place, (off, usual) in enumerate(np.concatenate(rows).transpose(1, 2, 0)):
            wrong = (off > OFF*usual) & (off > OFF_M)
            these = f'{1000*np.median(off[wrong]):.1f} mm' if wrong.any() else ''
            what = 'beside gaps made for it' if elsewhere else 'beside gaps'
            table.append([what, str(place + 1), str(len(off)), f'{100*wrong.mean():.1f} %', these,
                          f'{1000*np.median(off):.1f} mm'])
    print('\n'.join(align_columns(table)))


if __name__ == '__main__': main()
