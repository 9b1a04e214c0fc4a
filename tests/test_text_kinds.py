"""Text files as people's programs write them: headers that the rows contradict, tables of any layout,
and every real file of ../shared/files there and back.
"""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import motionfm
from motionfm.basics import DataError
from motionfm.body.skeleton import JOINTS
from motionfm.body.synthetic import synthesize
from motionfm.io.csv import write_csv
from motionfm.io.files import read_trial, write_trial
from motionfm.io.registry import output_ending
from motionfm.io.trial import swaying_trial

SHARED = Path(__file__).parents[2]/'shared'
CASES = SHARED/'cases'
here = pytest.mark.skipif(not CASES.is_dir(), reason='no shared recordings here')
TEXTS = [
    path
    for folder in ('files', 'cases', 'trc')
    for path in sorted((SHARED/folder).glob('*'))
    if path.suffix in ('.trc', '.csv', '.tsv', '.npz') and not re.search('names|TRUTH', path.name)
] if CASES.is_dir() else []

KINDS = {   # case: rate, what the notes tell
    '01': (60, 'NumFrames says 900, but there are 150 rows'),
    '03': (15, 'the file says 60 Hz, but the times 15 Hz, which is believed'),
    '04': (60, ''), '12': (60, ''), '13': (60, ''), '14': (60, ''), '18': (60, ''), '80': (400, ''),
    '90': (60, 'the times are believed'), '91': (60, '12 frames are left out'),
    '94': (60, ''), '97': (60, ''),
    '50': (60, ''), '51': (60, ''), '53': (60, ''), '54': (60, 'taken as ms'), '56': (60, ''),
    '58': (60, 'stay as they are: event'),
}


@here
@pytest.mark.parametrize('case', KINDS)
def test_kinds(case):
    path, = [path for path in CASES.glob(f'{case}_*') if 'c3d' not in path.name and path.suffix != '.bvh']
    rate, told = KINDS[case]
    trial = read_trial(path)
    assert trial.rate == rate and (not told or any(told in note for note in trial.notes)), trial.notes
    if len(trial) != 150 or rate != 60: return
    with np.load(CASES/'TRUTH.npz') as truth: expected = truth['positions']
    assert np.nanmax(np.linalg.norm(trial.positions - expected, axis=-1)) < .001
    assert trial.columns.keys() == set(trial.joint_names)


@pytest.mark.parametrize('path', TEXTS, ids=lambda path: path.stem)
def test_there_and_back(path, tmp_path):
    try: trial = read_trial(path)
    except DataError: pytest.skip('a table of another program, which has tests of its own')
    new = tmp_path/f'{path.stem}{output_ending(path)}'
    write_trial(new, trial)
    again = read_trial(new)
    for name in 'values', 'times', 'frames':
        np.testing.assert_array_equal(getattr(again, name), getattr(trial, name))
    for name in 'markers', 'rate', 'units', 'up': assert getattr(again, name) == getattr(trial, name)
    if path.suffix == '.trc':
        header = new.read_text().split('\n')[2].split('\t')
        counts = str(len(trial)), str(len(trial.markers))
        assert header[:5] == [str(trial.rate), header[1], *counts, trial.units]
    elif path.suffix in ('.csv', '.tsv') and getattr(trial.contents, 'layout', '') == 'table':
        same = [text.strip().splitlines() for text in (path.read_text(), new.read_text())]
        assert same[0] == same[1]


HEADER = '50\t50\t4\t2\tmm\t50\t1\t4'
KEYS = 'DataRate CameraRate NumFrames NumMarkers Units OrigDataRate OrigDataStartFrame OrigNumFrames'


def trc(names: str, rows: list[str], header: str = HEADER, separator: str = '\t') -> str:
    "A file of two markers."
    keys = KEYS.replace(' ', '\t')
    head = f'PathFileType\t4\t(X/Y/Z)\ta.trc\n{keys}\n{header}\nFrame#\tTime\t{names}'
    lines = [head, '\t\tX1\tY1\tZ1', *rows]
    return '\n'.join(lines).replace('\t', separator) + '\n'


ROWS = [f'{row + 1}\t{row/50:.3f}\t{row}.5\t2\t3\t4\t5\t6' for row in range(4)]
VARIANTS = {
    'two tabs': trc('A\t\tB', ROWS),
    'one tab': trc('A\tB', ROWS),
    'axes': trc('A_X\tA_Y\tA_Z\tB_X\tB_Y\tB_Z', ROWS),
    'each thrice': trc('A\tA\tA\tB\tB\tB', ROWS),
    'counts': trc('A\t\t\tB', ROWS, '50\t50\t999\t7\tmm\t50\t1\t999'),
    'rate absent': trc('A\t\t\tB', ROWS, '-1\t-1\t4\t2\tmm\t50\t1\t4'),
    'rate zero': trc('A\t\t\tB', ROWS, '0\t0\t4\t2\tmm\t0\t1\t4'),
    'camera': trc('A\t\t\tB', ROWS, '200\t200\t4\t2\tmm\t200\t1\t4'),
    'commas': trc('A\t\t\tB', ROWS, separator=','),
    'semicolons': trc('A\t\t\tB', ROWS, separator=';'),
    'decimal commas': trc('A\t\t\tB', [row.replace('.', ',') for row in ROWS]),
    'spaces': trc('A\t\t\tB', [row.replace('\t', '  ') for row in ROWS]),
    'trailing tabs': trc('A\t\t\tB\t\t\t\t\t', [row + '\t\t\t' for row in ROWS]),
    'milliseconds': trc('A\t\t\tB', [row.replace('\t0.0', '\t', 1).replace('\t00', '\t0') for row in ROWS]),
    'no times': trc('A\t\t\tB', [re.sub(r'\t0\.\d+', '\t', row, count=1) for row in ROWS]),
    'times of zero': trc('A\t\t\tB', [re.sub(r'\t0\.\d+', '\t0', row, count=1) for row in ROWS]),
    'frames as floats': trc('A\t\t\tB', [re.sub(r'^(\d)', r'\1.0', row) for row in ROWS]),
    'words for gaps': trc('A\t\t\tB', [*ROWS[:3], '4\t0.06\t3.5\t2\t3\tN/A\t-1.#IND\tNULL']),
    'no first line': trc('A\t\t\tB', ROWS).partition('\n')[2],
    'metres in words': trc('A\t\t\tB', ROWS, '50\t50\t4\t2\tMillimeters\t50\t1\t4'),
    'field': trc('A\t\t\tB', ROWS).replace('Frame#', 'Field #'),
    'control z': trc('A\t\t\tB', ROWS) + '\x1a',
}


@pytest.mark.parametrize('text', VARIANTS.values(), ids=VARIANTS.keys())
@pytest.mark.parametrize('encoding', ['utf-8', 'utf-16', 'windows'])
def test_variants(tmp_path, text, encoding):
    path = tmp_path/'a.trc'
    raw = text.replace('\n', '\r\n').encode('utf-8-sig') if encoding == 'windows' else text.encode(encoding)
    path.write_bytes(raw)
    trial = read_trial(path)
    assert (trial.markers, trial.rate, len(trial)) == (('A', 'B'), 50, 4)
    expected = [[row + .5, 2, 3, 4, 5, 6] for row in range(3)]
    np.testing.assert_array_equal(trial.values[:3].reshape(3, -1), expected)
    np.testing.assert_allclose(trial.times, np.arange(4)/50, atol=1e-9)
    assert trial.frames.tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize('rate', [24, 25, 30, 50, 60, 100, 120, 200, 240, 250, 400, 500])
@pytest.mark.parametrize('digits', [2, 3, 4])
def test_rounded_times(tmp_path, rate, digits):
    rows = [f'{row + 1}\t{row/rate:.{digits}f}\t{row}.5\t2\t3\t4\t5\t6' for row in range(2*rate)]
    path = tmp_path/'a.trc'
    path.write_text(trc('A\t\t\tB', rows, f'{rate}\t{rate}\t4\t2\tmm\t50\t1\t4'))
    trial = read_trial(path)
    assert (trial.rate, len(trial)) == (rate, 2*rate)


def test_what_stays_refused(tmp_path):
    path = tmp_path/'a.trc'
    for text, message in (
        (trc('A\t\t\tB', ROWS)[:-4], 'the last row ends early'),
        (trc('A\tB\tC', ROWS), '3 marker names found for 6 columns'),
        (trc('A\t\t\tB', []), 'zero frames found'),
    ):
        path.write_text(text)
        with pytest.raises(DataError, match=message): read_trial(path)


def test_pixels_are_no_metres(tmp_path):
    "A picture's x and y, with z nought and a header that says metres."
    person = swaying_trial(90)
    picture = np.stack([300 + .3*person.values[..., 0], 700 - .3*person.values[..., 1],
                        0*person.values[..., 2]], -1)
    path = tmp_path/'px.trc'
    write_trial(path, replace(person, values=picture, units='m'))
    with pytest.raises(DataError, match='points in one plane found, as pixels.*or give the unit') as caught:
        read_trial(path)
    assert len(str(caught.value).splitlines()) == 1
    assert read_trial(path, units='mm').units == 'mm'       # who knows it better
    write_trial(path, replace(person, values=picture/253*.8, units='m'))
    assert len(read_trial(path).columns) == 20              # a person in the plane of a picture, in metres


def test_an_empty_column_shifts_nothing(tmp_path):
    "A column without a name and without numbers, also beside a marker that was never seen."
    person = swaying_trial(30)
    values = person.values.copy()
    values[:, 4] = np.nan
    path = tmp_path/'a.trc'
    write_trial(path, replace(person, values=values))
    lines = path.read_text().split('\n')
    for place in 2, 13, 14, 17, 20, 63:
        rows = [row.split('\t') for row in lines[6:-1]]
        shifted = ['\t'.join([*row[:place], '', *row[place:]]) for row in rows]
        path.write_text('\n'.join([*lines[:6], *shifted, '']))
        trial = read_trial(path)
        np.testing.assert_array_equal(trial.values, values)
        assert any('1 empty column among those of the markers' in note for note in trial.notes)


@pytest.mark.parametrize('place', [2, 13, 17, 61])
@pytest.mark.parametrize('tail', ['', '\t', '\t\t\t'])
@pytest.mark.parametrize('lost', [[4], [0, 29], range(29), range(30)])
def test_an_empty_column_in_rows_that_end_with_blanks(tmp_path, place, tail, lost):
    "The last marker is lost in some frames, so that the ends of rows don't show how many columns there are."
    person = swaying_trial(30)
    values = person.values.copy()
    values[lost, -1] = np.nan
    path = tmp_path/'a.trc'
    write_trial(path, replace(person, values=values))
    lines = path.read_text().split('\n')
    width = 2 + values[0].size
    rows = [row.split('\t')[:width] for row in lines[6:-1]]
    shifted = ['\t'.join([*row[:place], '', *row[place:]]) + tail for row in rows]
    path.write_text('\n'.join([*lines[:6], *shifted, '']))
    trial = read_trial(path)
    np.testing.assert_array_equal(trial.values, values)
    found = [note for note in trial.notes if '1 empty column among those of the markers' in note]
    assert found == [f'1 empty column among those of the markers, from cell {place + 1} on, left out']


def test_a_coordinate_that_is_never_given_is_no_empty_column(tmp_path):
    "A marker without its y, in rows that all end with a tab."
    person = swaying_trial(30)
    values = person.values.copy()
    values[:, 4, 1], values[3:5, -1] = np.nan, np.nan
    path = tmp_path/'a.trc'
    write_trial(path, replace(person, values=values))
    lines = path.read_text().split('\n')
    width = 2 + values[0].size
    rows = ['\t'.join(row.split('\t')[:width]) + '\t' for row in lines[6:-1]]
    path.write_text('\n'.join([*lines[:6], *rows, '']))
    np.testing.assert_array_equal(read_trial(path).values, values)


@pytest.mark.parametrize('mark', ['#', '//'])
@pytest.mark.parametrize('long', [False, True])
def test_comments_between_the_rows_of_a_table(tmp_path, mark, long):
    "Above the names, below them, between rows, at the end, with as many cells as a row, or with an accent."
    person, path = swaying_trial(30, gaps=False), tmp_path/'a.csv'
    write_csv(path, person, long)
    names, *rows = path.read_text().split('\n')[:-1]
    like_a_row = mark + rows[9]
    lines = [f'{mark} by hand', names, f'  {mark}', *rows[:9], like_a_row, f'{mark} été', '', *rows[9:], mark]
    path.write_text('\n'.join(lines))
    trial, written = read_trial(path), tmp_path/'b.csv'
    np.testing.assert_array_equal(trial.values, person.values)
    write_trial(written, trial)
    assert written.read_bytes() == path.read_bytes()


@pytest.mark.parametrize('word, larger_is_worse', [('score', False), ('error', True), ('residual', True)])
def test_what_certainty_is_worth_is_seen_in_the_distances(tmp_path, word, larger_is_worse):
    rng, joints = np.random.default_rng(2), synthesize('walk', seed=3, n_frames=300)
    guessed = np.repeat(rng.random((10, 20)) < .2, 30, 0)
    seen = joints + rng.normal(size=joints.shape)*np.where(guessed, .05, .006)[..., None]
    sure = np.where(guessed, rng.uniform(.4, .6, guessed.shape), rng.uniform(.8, 1, guessed.shape))
    said = np.concatenate([seen, (4/sure if larger_is_worse else sure)[..., None]], -1).reshape(300, 80)
    head = ','.join(f'{joint}_{axis}' for joint in JOINTS for axis in ('x', 'y', 'z', word))
    rows = [','.join(f'{number:.4f}' for number in (frame/60, *row)) for frame, row in enumerate(said)]
    (tmp_path/'seen.csv').write_text('\n'.join([f'time,{head}', *rows, '']))
    done = motionfm.repair(tmp_path/'seen.csv')
    assert np.isnan(done.recorded.values[guessed]).all() and np.isfinite(done.trial.values).all()
    assert 'in their distances' in ' '.join(done.recorded.notes)
    done.save(tmp_path/'clean.csv')
    cells = [line.split(',') for line in (tmp_path/'clean.csv').read_text().split('\n')[1:301]]
    beside = np.array([[row[4*joint + 4] for joint in range(20)] for row in cells])
    assert (beside[guessed] == '').all() and (beside[~guessed] != '').mean() > .97
