"What is written is read again, whatever it is, in every format that can be written."
from dataclasses import replace

import numpy as np
import pytest

from motionfm.body.skeleton import JOINTS
from motionfm.io.csv import write_csv
from motionfm.io.files import read_trial, write_trial
from motionfm.io.trial import Trial

hypothesis = pytest.importorskip('hypothesis')
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as some  # noqa: E402

LETTERS = some.characters(exclude_categories=('Cc', 'Cs', 'Zl', 'Zp'))
NAMES = some.text(LETTERS, min_size=1, max_size=8).map(str.strip).filter(bool)


@some.composite
def recordings(draw) -> Trial:
    "A trial with any names, numbers, gaps, rate, unit and axis."
    markers = draw(
        some.lists(some.one_of(some.sampled_from(JOINTS), NAMES), min_size=1, max_size=5, unique_by=str.lower)
    )
    count = draw(some.integers(1, 4))
    numbers = some.floats(allow_nan=True, allow_infinity=False)
    values = np.array(
        draw(some.lists(numbers, min_size=3 * count * len(markers), max_size=3 * count * len(markers)))
    ).reshape(count, -1, 3)
    rate = draw(some.floats(1e-2, 1e5))
    first = draw(some.integers(-5, 10**6))
    try:
        return Trial(
            values,
            markers,
            rate,
            draw(some.sampled_from(('m', 'cm', 'mm'))),
            np.arange(count) / rate,
            np.arange(count) + first,
            'any',
            up=draw(some.sampled_from(('y', 'z', '-x'))),
        )
    except ValueError:
        hypothesis.assume(False)   # two names for one joint


def assert_same(found: Trial, trial: Trial, times: np.ndarray | None = None) -> None:
    "Equal to the last bit, the sign of a zero included."
    for name, expected in (
        ('values', trial.values),
        ('times', trial.times if times is None else times),
        ('frames', trial.frames),
    ):
        np.testing.assert_array_equal(getattr(found, name), expected)
    assert not (np.signbit(found.values) ^ np.signbit(trial.values))[~np.isnan(trial.values)].any()
    assert (found.markers, found.rate) == (trial.markers, trial.rate)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(trial=recordings(), kind=some.sampled_from(('.trc', '.csv', 'long.csv', '.npz')))
def test_there_and_back(trial, kind, tmp_path_factory):
    path = tmp_path_factory.mktemp('x')/f'wé {kind}'
    write_csv(path, trial, long=True) if kind == 'long.csv' else write_trial(path, trial)
    found = read_trial(path, up=trial.up if kind == '.trc' else None)
    assert_same(found, trial)
    assert (found.units, found.up) == (trial.units, trial.up)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(trial=recordings(), kind=some.sampled_from(('dataframe', 'xarray')))
def test_there_and_back_in_memory(trial, kind):
    "Frame numbers begin at 1 again."
    pytest.importorskip('pandas' if kind == 'dataframe' else kind)
    found = getattr(Trial, f'from_{kind}')(getattr(trial, f'to_{kind}')())
    assert_same(found, replace(trial, frames=np.arange(len(trial)) + 1))
    assert (found.units, found.up, found.source) == (trial.units, trial.up, trial.source)


@settings(max_examples=30, deadline=None, derandomize=True, database=None)
@given(trial=recordings())
def test_there_and_back_in_c3d(trial, tmp_path_factory):
    "C3D has seven digits, frames from 1 to 65535, and no half gaps."
    path = tmp_path_factory.mktemp('x')/'x.c3d'
    single = np.clip(np.nan_to_num(trial.values), -1e30, 1e30).astype(np.float32)
    trial = replace(
        trial,
        values=np.where(np.isnan(trial.values).any(-1, keepdims=True), np.nan, single),
        frames=np.arange(len(trial.frames)) + 1,
        markers=[f'm{number}' for number in range(len(trial.markers))],
        rate=float(np.float32(round(trial.rate) + 1)),
    )
    write_trial(path, trial)
    found = read_trial(path)
    assert_same(found, trial, (trial.frames - 1)/trial.rate)
    assert (found.units, found.up) == (trial.units, trial.up)
