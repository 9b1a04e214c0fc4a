"""Options of `motionfm reconstruct` and of `motionfm.repair`, and what they refuse."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import motionfm as public
from motionfm.api import repair
from motionfm.basics import DataError
from motionfm.body.skeleton import JOINTS
from motionfm.body.synthetic import synthesize
from motionfm.cli.demo import example_trial
from motionfm.io.files import read_trial, write_trial
from motionfm.io.gaps import gap_lengths, open_gaps
from motionfm.io.registry import OTHER_TABLES
from motionfm.io.trial import observed
from motionfm.reconstruct.report import GAP_COLUMNS
from motionfm.reconstruct.samples import SAMPLE_COLUMNS
from motionfm.reconstruct.summary_table import COLUMNS


@pytest.fixture
def recordings(tmp_path):
    "A folder with one recording in three formats."
    for name in 'reach.trc', 'sub/reach.csv', 'other.npz':
        (tmp_path/name).parent.mkdir(exist_ok=True)
        write_trial(tmp_path/name, example_trial()[0])
    return tmp_path


def test_longest_gap_and_open_ends(recordings, motionfm):
    code, words = motionfm(
        'reconstruct', recordings/'reach.trc', '-o', recordings/'out.trc', '--max-gap', '0.5s',
        '--no-extrapolate')
    assert code == 0 and 'left blank' in words, words
    before, after = read_trial(recordings/'reach.trc'), read_trial(recordings/'out.trc')
    seen, known = observed(before.values), observed(after.values)
    expected = (gap_lengths(seen) <= 30) & ~open_gaps(seen) | seen
    follows = [name in ('Neck', 'midHip', 'RHip', 'LHip') for name in before.markers]   # from others
    assert (known[:, ~np.array(follows)] == expected[:, ~np.array(follows)]).all()
    in_python = repair(recordings/'reach.trc', max_gap=30, extrapolate=False)
    np.testing.assert_array_equal(in_python.trial.values, after.values)


def test_axes_and_unit_of_the_result(recordings, motionfm):
    plain, turned = recordings/'plain.trc', recordings/'turned.csv'
    assert motionfm('reconstruct', recordings/'reach.trc', '-o', plain)[0] == 0
    options = '--out-up', 'z', '--out-units', 'm'
    assert motionfm('reconstruct', recordings/'reach.trc', '-o', turned, *options)[0] == 0
    one, other = read_trial(plain), read_trial(turned)
    assert (other.up, other.units) == ('z', 'm')
    np.testing.assert_allclose(other.positions, one.positions, atol=1e-6)


def test_rate(recordings, motionfm):
    table = recordings/'frames.csv'
    trial = read_trial(recordings/'reach.trc')
    columns = [f'{marker}_{axis}' for marker in trial.markers for axis in 'xyz']
    rows = [','.join([str(row), *map(str, numbers)]) for row, numbers in
            enumerate(np.nan_to_num(trial.values.reshape(len(trial), -1)).tolist())]
    table.write_text('\n'.join([','.join(['frame', *columns]), *rows]) + '\n')
    code, words = motionfm('reconstruct', table)
    assert code == 2 and 'give the rate with --rate' in words and words.count('\n') == 1
    assert motionfm('reconstruct', table, '--rate', 60)[0] == 0
    lines = (recordings/'frames_reconstructed.csv').read_text().splitlines()
    assert lines[0].startswith('frame,Neck_x,') and len(lines) == 361   # the same columns
    assert repair(table, rate=60).trial.rate == 60


def test_an_option_is_a_flag_or_an_argument(recordings, motionfm):
    "In a command, alone or among others in processes of their own, and wherever Python is asked."
    (recordings/'bare').mkdir()
    points = [','.join(f'{name}_{axis}' for name in 'ABCD' for axis in 'xyz')]
    lines = points + [','.join(f'{row/10 + point},{row % 7},{row % 3}' for point in range(4))
                      for row in range(40)]
    for name in 'one.csv', 'two.csv': (recordings/'bare'/name).write_text('\n'.join(lines) + '\n')
    one = recordings/'bare'/'one.csv'
    asked = [
        lambda: public.read(one), lambda: public.repair(one), lambda: read_trial(one),
        lambda: public.Trial.from_dataframe(pd.read_csv(one)),
        lambda: public.Trial.from_array(np.ones((40, 20, 3)), JOINTS, 60, units='furlong'),
    ]
    for ask in asked:
        with pytest.raises(DataError, match=r' (rate|units)=') as caught: ask()
        assert '--' not in str(caught.value)
    for words in [(one,), (recordings/'bare', '-o', recordings/'out', '--jobs', 2)]:
        printed = motionfm('reconstruct', *words)[1] + ''.join(
            path.read_text() for path in recordings.glob('out/summary.csv'))
        assert ' --rate' in printed and 'rate=' not in printed, printed
    with pytest.raises(DataError, match=' rate='): read_trial(one)   # as before the command


def test_several_at_once(recordings, motionfm):
    code, words = motionfm(
        'reconstruct', recordings/'reach.trc', recordings/'sub', recordings/'other.npz',
        '-o', recordings/'out')
    assert code == 0, words
    names = sorted(path.name for path in (recordings/'out').iterdir())
    assert names == ['other.npz', 'reach.csv', 'reach.trc', 'summary.csv']
    code, words = motionfm(
        'reconstruct', recordings/'reach.trc', recordings/'other.npz', '--format', 'csv',
        '-o', recordings/'csv')
    assert code == 0 and (recordings/'csv'/'other.csv').exists(), words


@pytest.mark.parametrize('words, message', {
    ('',): 'an empty name found',
    ('reach.trc', '--max-gap', 'long'): "a longest gap of 'long' found",
    ('reach.trc', '--max-gap', '-1'): "a longest gap of '-1' found",
    ('reach.trc', '--rate', '0'): 'a rate of 0 Hz asked for',
    ('reach.trc', '--rate', 'nan'): 'a rate of nan Hz asked for',
    ('reach.trc', '--out-up', 'up'): "axis 'up' found",
    ('reach.trc', '--out-units', 'feet'): "unit 'feet' asked for the output, expected one of m, cm, mm",
    ('reach.trc', '--format', 'docx'): "format 'docx' asked for the output, expected one of",
    ('reach.trc', '--format', 'csv', '-o', 'out.trc'): 'found beside --format csv',
    ('reach.trc', '-o', 'out.c3d', '--out-up', 'y'): 'choose another format',
    ('reach.trc', 'other.npz', '--table', 'gaps.csv'): 'several recordings found, expected one',
    ('reach.trc', 'other.npz', '-o', 'out.trc'): 'expected that of a folder',
    ('reach.trc', ''): 'an empty name found',
}.items())
def test_refused(recordings, motionfm, monkeypatch, words, message):
    monkeypatch.chdir(recordings)
    before = sorted(recordings.rglob('*'))
    code, printed = motionfm('reconstruct', *words)
    assert code == 2 and message in printed and printed.count('\n') == 1, printed
    assert sorted(recordings.rglob('*')) == before


@pytest.mark.parametrize('words', [
    'other.csv -o new.csv --table other.csv',
    'reach.trc reach_reconstructed.trc',
    'reach.trc -o names.csv --names names.csv',
    'reach.trc -o new.trc --names names.csv --table names.csv',
    'reach.trc -o new.csv --table new.csv',
    'reach.trc summary.csv'], ids=lambda words: words.replace(' ', '_'))
def test_what_is_read_is_never_overwritten(recordings, motionfm, monkeypatch, words):
    "Not even with --overwrite, and not by another recording's result, a table or a page."
    monkeypatch.chdir(recordings)
    (recordings/'names.csv').write_text('marker,joint\nA,Neck\n')
    for name in 'other.csv', 'summary.csv': write_trial(recordings/name, read_trial('reach.trc'))
    (recordings/'reach_reconstructed.trc').write_bytes((recordings/'reach.trc').read_bytes())
    before = {path: path.read_bytes() for path in recordings.rglob('*') if path.is_file()}
    code, printed = motionfm('reconstruct', *words.split(), '--overwrite')
    assert code == 2 and printed.count('\n') == 1, printed
    assert {path: path.read_bytes() for path in recordings.rglob('*') if path.is_file()} == before


def test_somebody_elses_summary_stays(recordings, motionfm, monkeypatch):
    monkeypatch.chdir(recordings)
    (recordings/'summary.csv').write_text('mine\n')
    code, printed = motionfm('reconstruct', 'reach.trc', 'other.npz')
    assert code == 2 and 'summary.csv: exists already' in printed and printed.count('\n') == 1, printed
    assert (recordings/'summary.csv').read_text() == 'mine\n'


def test_refused_in_python(recordings):
    for options in {'max_gap': '5 m'}, {'out_up': 'q'}, {'out_units': 'ft'}, {'rate': -1}:
        with pytest.raises(DataError): repair(recordings/'reach.trc', **options)


def test_a_rate_on_the_command_line_counts_more_than_a_column(tmp_path):
    points = [[frame/50 + point, point, 2*point] for frame in range(9) for point in range(4)]
    rows = [f'{frame},50,' + ','.join(map(str, sum(points[4*frame:4*frame + 4], []))) for frame in range(9)]
    names = ','.join(f'p{point}_{axis}' for point in range(4) for axis in 'xyz')
    (tmp_path/'rate.csv').write_text(f'frame,rate,{names}\n' + '\n'.join(rows) + '\n')
    assert read_trial(tmp_path/'rate.csv', units='m').rate == 50
    assert read_trial(tmp_path/'rate.csv', units='m', rate=60.).rate == 60


def test_least_confidence(tmp_path, motionfm):
    "Five points, the fast ones less certain, lose those below 0.3 and no others; an option sets the bound."
    rng, names = np.random.default_rng(0), ('Neck', 'RShoulder', 'RElbow', 'RWrist', 'midHip')
    run = synthesize('run', seed=0, n_frames=300)[:, [JOINTS.index(name) for name in names]]
    speed = np.linalg.norm(np.gradient(run, axis=0), axis=-1)
    sure = np.where(speed > np.quantile(speed, .7, axis=0), .7, .95)
    sure[100:110, 3] = .2
    cells = np.concatenate([run + rng.normal(size=run.shape)*.008, sure[..., None]], -1).reshape(300, -1)
    columns = [f'{name}_{word}' for name in names for word in ('x', 'y', 'z', 'likelihood')]
    pd.DataFrame(cells, columns=columns, index=np.arange(300)/60).to_csv(
        tmp_path/'run.csv', index_label='time')
    code, words = motionfm('reconstruct', tmp_path/'run.csv')
    assert code == 0 and '10 samples less certain than 0.3 count as gaps (--min-confidence' in words, words
    code, words = motionfm('reconstruct', tmp_path/'run.csv', '--overwrite', '--min-confidence', '.8')
    assert code == 0 and f'{(sure < .8).sum()} samples less certain than 0.8 count as gaps' in words, words
    code, words = motionfm('reconstruct', tmp_path/'run.csv', '--overwrite', '--min-confidence', '80')
    assert code == 2 and 'expected a number from 0 to 1' in words, words


def test_what_is_told_first(tmp_path, motionfm):
    "Two points are told before a missing rate; an assumed rate and zeros that count as gaps are told."
    trial = example_trial()[0]
    table = tmp_path/'two.csv'
    table.write_text('a_x,a_y,a_z,b_x,b_y,b_z\n' + '1,2,3,4,5,6\n'*9)
    for options in (), ('--rate', '60'):
        code, words = motionfm('reconstruct', table, *options)
        assert code == 2 and '2 points found, expected 4 or more that move with a person' in words, words
    values = np.nan_to_num(trial.values)
    n_zero = int((values == 0).all(-1).sum())
    write_trial(tmp_path/'zeros.trc', replace(trial, values=values))
    code, words = motionfm('reconstruct', tmp_path/'zeros.trc')
    assert code == 0 and words.count(f'{n_zero} samples at exactly 0, 0, 0 were taken as missing') == 1, words
    walk = synthesize('walk', seed=1, n_frames=90)
    walk[40:50, 18] = np.nan
    np.save(tmp_path/'walk.npy', walk)
    code, words = motionfm('reconstruct', tmp_path/'walk.npy')
    assert code == 0 and '30 Hz is assumed' in words.splitlines()[1], words


def test_own_tables_are_no_recordings(recordings, motionfm):
    "Tables that motionfm wrote into a folder of recordings are left out of the next run, and that is said."
    reach, out = recordings/'reach.trc', recordings.parent/f'{recordings.name}_out'
    assert motionfm('reconstruct', reach, '--table', recordings/'gaps.csv')[0] == 0
    assert motionfm('table', reach, '-o', recordings/'samples.csv')[0] == 0
    code, words = motionfm('reconstruct', recordings, '-o', out)
    assert code == 0 and 'left out: gaps.csv, samples.csv' in words, words
    assert {path.name for path in out.rglob('*.*')} == {'reach.trc', 'reach.csv', 'other.npz', 'summary.csv'}
    (out/'summary.csv').rename(recordings/'results.csv')
    code, words = motionfm('table', recordings, '-o', recordings.parent/f'{recordings.name}.csv')
    assert code == 0 and 'left out: gaps.csv, results.csv, samples.csv' in words, words


def test_heads_of_own_tables():
    "What the tables are known by is how those who write them begin."
    heads = [head for head, table in OTHER_TABLES.items() if table.is_own]
    for columns in GAP_COLUMNS, SAMPLE_COLUMNS, COLUMNS:
        assert sum(','.join(columns).startswith(head) for head in heads) == 1, columns


def test_tables_of_words_are_no_recordings(recordings, motionfm):
    "A table of names in a folder is left out, and that is said; named by itself it is refused with advice."
    names, out = recordings/'names.csv', recordings.parent/f'{recordings.name}_words'
    names.write_text('marker,joint\nRKNE,RKnee\n')
    (recordings/'sub'/'notes.csv').write_text('day;who\nMonday;Anna\n')
    code, words = motionfm('reconstruct', recordings, '-o', out)
    told = 'without motion are no recordings, left out: names.csv, notes.csv'
    assert code == 0 and words.count(told) == 1, words
    code, words = motionfm('info', names)
    assert code == 2 and 'a table of names of markers found' in words and 'give it with --names' in words


def test_digits_of_coordinates(tmp_path, motionfm):
    "What is new is told to a thousandth of a millimetre; what was recorded stands there as it stood."
    trial = example_trial()[0]
    long = replace(trial, values=trial.values + 1e-7)
    write_trial(tmp_path/'long.trc', long)
    for name, options in ('out.trc', ('--fill-only',)), ('metres.trc', ('--fill-only', '--out-units', 'm')):
        assert motionfm('reconstruct', tmp_path/'long.trc', '-o', tmp_path/name, *options)[0] == 0
    seen, out = observed(long.values), read_trial(tmp_path/'out.trc').values
    np.testing.assert_array_equal(out[seen], long.values[seen])
    np.testing.assert_array_equal(out[~seen], np.round(out[~seen], 3))
    rows = (tmp_path/'metres.trc').read_text().splitlines()[6:]
    assert max(len(cell.partition('.')[2]) for row in rows for cell in row.split('\t')[2:]) <= 9
    np.testing.assert_allclose(1000*read_trial(tmp_path/'metres.trc').values, out, atol=2e-6)


def test_least_confidence_where_there_is_none(recordings, motionfm):
    code, words = motionfm('reconstruct', recordings/'reach.trc', '--min-confidence', '.5')
    assert code == 0 and '--min-confidence 0.5 changes nothing' in words, words
    code, words = motionfm('reconstruct', recordings/'reach.trc', '--overwrite')
    assert code == 0 and '--min-confidence' not in words, words


@pytest.mark.parametrize('head', ['time;joint;x;y;z;confidence', 'frame,time,marker,x,y,z,likelihood'])
def test_confidence_of_rows(tmp_path, motionfm, head):
    walk, rows = synthesize('walk', seed=1), [head]
    for frame, name in np.ndindex(walk.shape[:2]):
        sure = .1 if 10 <= frame < 20 and JOINTS[name] == 'RWrist' else .9
        cells = {'time': frame/60, 'frame': frame, **dict(zip('xyz', walk[frame, name].tolist()))}
        cells |= {'joint': JOINTS[name], 'marker': JOINTS[name], 'confidence': sure, 'likelihood': sure}
        rows.append((';' if ';' in head else ',').join(
            str(cells[key]) for key in head.replace(';', ',').split(',')))
    (tmp_path/'walk.csv').write_text('\n'.join(rows) + '\n')
    code, words = motionfm('reconstruct', tmp_path/'walk.csv', '-o', tmp_path/'out.csv')
    assert code == 0 and '10 samples filled' in words and '10 samples less certain than 0.3' in words, words
    again = read_trial(tmp_path/'out.csv')
    assert observed(again.values).all()   # what was filled is no gap again
    assert not observed(read_trial(tmp_path/'walk.csv').values).all()
