"""Tables of other programs: what they say is read, and what nobody repaired is written back byte for byte,
in every version of their layouts; damaged ones are refused in one line.
"""

import io
import random
import re
import warnings
from dataclasses import replace

import numpy as np
import pytest

from motionfm.api import repair
from motionfm.basics import DataError, MotionfmError
from motionfm.body.skeleton import JOINTS
from motionfm.body.synthetic import synthesize
from motionfm.io.conventions import per_metre
from motionfm.io.files import read_trial, write_trial
from motionfm.io.kinds import select_subject
from motionfm.io.point_names import subjects_of
from motionfm.io.trial import observed, swaying_trial, Trial

CASES = {
    '40_motive.csv': {},
    '42_qtm.tsv': {},
    '44_nexus.csv': {},
    '45_freemocap_body_xyz.csv': {'rate': 60.0},
    '47_mediapipe_long.csv': {'rate': 60.0},
    '48_dlc_3d.csv': {'rate': 60.0},
}


@pytest.fixture(scope='module')
def sway() -> Trial:
    "A person with gaps in mm, 60 frames at 60 Hz; a blank is a gap."
    trial = swaying_trial(n_frames=60, units='mm')
    values = trial.values.copy()
    values[20:30, trial.markers.index('RWrist')] = np.nan
    values[40:50, trial.markers.index('LKnee')] = np.nan
    return replace(trial, values=values)


def row(words) -> str:
    return ','.join(str(word) for word in words)


def cells(numbers) -> list[str]:
    return ['' if number != number else f'{number:.6f}' for number in np.ravel(numbers)]


def motive(
    trial, *, labels=True, timecode=False, parent=False, scale=1.0, units='Millimeters', bodies=False, bom=''
):
    "A take with markers, and rotations and positions of a rigid body before them."
    names = [marker for marker in trial.markers for _ in 'xyz']
    n, body = len(names), 8 * bodies
    lead = ['', 'Type' if labels else ''] + [''] * timecode
    rows = [
        f'{bom}Format Version,1.23,Take Name,"A, take",Capture Frame Rate,60.000000,'
        'Export Frame Rate,60.000000,'
        f'Total Exported Frames,{len(trial)},Rotation Type,Quaternion,Length Units,{units}',
        '',
        row([*lead, *['Rigid Body'] * body, *['Marker'] * n]),
    ]
    lead[1] = 'Name' if labels else ''
    rows.append(row([*lead, *['Hat'] * body, *(f'"Ann:{name}"' for name in names)]))
    lead[1] = 'ID' if labels else ''
    rows.append(row([*lead, *['"A1"'] * body, *(f'"{number // 3:032X}"' for number in range(n))]))
    if parent:
        rows.append(row(['', 'Parent', *[''] * timecode, *[''] * body, *['"Ann"'] * n]))
    what = ['Rotation'] * 4 + ['Position'] * 3 + ['Mean Marker Error']
    rows.append(row(['', '', *[''] * timecode, *(what if bodies else []), *['Position'] * n]))
    axes = [*'XYZW', *'XYZ', ''] if bodies else []
    rows.append(row(['Frame', 'Time (Seconds)', *['TimeCode'] * timecode, *axes, *'XYZ' * (n // 3)]))
    hat = [0, 0, 0, 1, 9, 9, 9, 0.1] if bodies else []
    for frame, numbers in enumerate(trial.values * scale):
        code = ['00:00:00.01'] * timecode
        rows.append(row([frame, f'{frame / 60:.6f}', *code, *hat, *cells(numbers)]))
    return '\r\n'.join(rows) + '\r\n'


def qtm(trial, *, keys=True, named=True, gap='', types=True, tail=''):
    "Trajectories in every way that QTM may write them."
    names = '\t'.join(trial.markers)
    rows = [
        f'NO_OF_FRAMES\t{len(trial)}',
        'NO_OF_CAMERAS\t8',
        f'NO_OF_MARKERS\t{len(trial.markers)}',
        'FREQUENCY\t60',
        'NO_OF_ANALOG\t0',
        'ANALOG_FREQUENCY\t0',
        'DESCRIPTION\t--',
        'TIME_STAMP\t2020-01-01, 12:00:00.000\t1.5',
        'DATA_INCLUDED\t3D',
        f'EVENT\tStart\t1\t0.01667\nMARKER_NAMES\t{names}{tail}',
    ]
    if types:
        rows.append('TRAJECTORY_TYPES' + '\tMeasured' * len(trial.markers))
    if named:
        columns = '\t'.join(f'{marker} {axis}' for marker in trial.markers for axis in 'XYZ')
        rows.append('Frame\tTime\t' * keys + columns + '\t')
    for frame, numbers in enumerate(trial.values):
        lead = [str(frame + 1), f'{frame / 60:.5f}'] * keys
        rows.append('\t'.join([*lead[:2], *(cell or gap for cell in cells(numbers))]) + tail)
    return '\n'.join(rows) + '\n'


def nexus(trial, *, sections=True, more=False):
    "Devices, model outputs and trajectories."
    names = row(['', '', *(f'Ann:{marker},,' for marker in trial.markers)])
    n = len(trial.markers)
    before = ['Devices', '1000', ',,Plate,,', 'Frame,Sub Frame,Fx,Fy,Fz', ',,N,N,N', '1,0,1,2,-700', '']
    after = [
        '',
        'Model Outputs',
        '60',
        ',,Ann:RKneeAngles,,',
        'Frame,Sub Frame,X,Y,Z',
        ',,deg,deg,deg',
        '1,0,5,6,7',
    ]
    rows = [
        'Trajectories',
        '60',
        names,
        row(['Frame', 'Sub Frame', *'XYZ' * n]),
        row(['', '', *['mm'] * 3 * n]),
    ]
    rows += [row([frame + 1, 0, *cells(numbers)]) for frame, numbers in enumerate(trial.values)]
    whole = [*before, *rows, *after] if sections else rows
    return '\n'.join([''] * 2 * more + whole) + '\n'


SNAKE = {
    name: f'{dict(R="right", L="left")[name[0]]}_{name[1:].lower()}' for name in JOINTS if name[0] in 'RL'
}
SNAKE |= {
    f'{side}{toe}Toe': f'{word}_{toe.lower()}_toe'
    for side, word in (('R', 'right'), ('L', 'left'))
    for toe in ('Big', 'Small')
}


def anipose(trial):
    "Keypoints with errors, scores and numbers of frames; samples with a low score have a wrong place."
    known = [(column, SNAKE[name]) for column, name in enumerate(trial.markers) if name in SNAKE]
    header = [f'{name}_{what}' for _, name in known for what in ('x', 'y', 'z', 'error', 'ncams', 'score')]
    rows = [row([*header, 'M_00', 'center_0', 'fnum'])]
    for frame, numbers in enumerate(trial.values):
        found = []
        for column, _ in known:
            gap = np.isnan(numbers[column]).any()
            found += (
                ['99', '98', '97', '40', '2', '0.05']
                if gap
                else [*cells(numbers[column]), '1.5', '3', '0.98']
            )
        rows.append(row([*found, 1, 0, frame]))
    return '\n'.join(rows) + '\n'


def dlc(trial, individuals=False):
    "DeepLabCut in space, with a likelihood."
    known = [(column, SNAKE[name]) for column, name in enumerate(trial.markers) if name in SNAKE]
    heads = [['scorer', *['net'] * 4 * len(known)]]
    if individuals:
        heads.append(['individuals', *['ann'] * 4 * len(known)])
    heads.append(['bodyparts', *(name for _, name in known for _ in range(4))])
    heads.append(['coords', *['x', 'y', 'z', 'likelihood'] * len(known)])
    rows = [row(head) for head in heads]
    for frame, numbers in enumerate(trial.values):
        found = [
            cell
            for column, _ in known
            for cell in (*cells(numbers[column]), '0.9' if np.isfinite(numbers[column]).all() else '')
        ]
        rows.append(row([frame, *found]))
    return '\n'.join(rows) + '\n'


def tidy(trial):
    "FreeMoCap's table with a row for each keypoint; times are empty, cameras are words in quotes."
    rows = ['frame,timestamp,timestamp_by_camera,model,keypoint,x,y,z,reprojection_error']
    for frame, numbers in enumerate(trial.values):
        for column, name in enumerate(trial.markers):
            if name not in SNAKE:
                continue
            rows.append(
                row([frame, '', "\"{'a': 1, 'b': 2}\"", 'body', SNAKE[name], *cells(numbers[column]), '0.5'])
            )
    return '\n'.join(rows) + '\n'


def mvnx(trial):
    "Segments where their joints are, and the points of the feet."
    segments = {'midHip': 'Pelvis', 'Neck': 'Neck'} | {
        side + joint: word + segment
        for side, word in (('R', 'Right'), ('L', 'Left'))
        for joint, segment in (
            ('Shoulder', 'UpperArm'),
            ('Elbow', 'ForeArm'),
            ('Wrist', 'Hand'),
            ('Hip', 'UpperLeg'),
            ('Knee', 'LowerLeg'),
            ('Ankle', 'Foot'),
        )
    }
    inner = ''.join(f'<segment label="{label}" id="1"><points/></segment>' for label in segments.values())
    frames = []
    for frame, numbers in enumerate(trial.values / 1000):
        places = [numbers[trial.markers.index(joint)] for joint in segments]
        turned = ' '.join(f'{x:.6f} {-z:.6f} {y:.6f}' for x, y, z in places)  # z up
        frames.append(
            f'<frame time="{round(frame / 0.06)}" index="{frame}" type="normal">'
            f'<position>{turned}</position></frame>'
        )
    return (
        f'<?xml version="1.0"?>\n<mvnx version="4"><subject label="Ann" frameRate="60"><segments>{inner}'
        f'</segments><frames><frame type="identity"><position>0</position></frame>{"".join(frames)}'
        '</frames></subject></mvnx>'
    )


LAYOUTS = {
    'motive': (motive, '.csv', {}),
    'motive bare': (lambda trial: motive(trial, labels=False), '.txt', {}),
    'motive with all': (
        lambda trial: motive(trial, timecode=True, parent=True, bodies=True, bom='\ufeff'),
        '.csv',
        {},
    ),
    'motive in m': (lambda trial: motive(trial, scale=0.001, units='Meters'), '.csv', {}),
    'motive in inches': (lambda trial: motive(trial, scale=1 / 25.4, units='Inches'), '.csv', {}),
    'qtm': (qtm, '.tsv', {}),
    'qtm bare': (lambda trial: qtm(trial, keys=False, named=False, types=False), '.tsv', {}),
    'qtm null': (lambda trial: qtm(trial, named=False, gap='null'), '.txt', {}),
    'qtm zeros': (lambda trial: qtm(trial, keys=False, named=False, gap='0.000', tail='\t'), '.tsv', {}),
    'nexus': (nexus, '.csv', {}),
    'nexus alone': (lambda trial: nexus(trial, sections=False, more=True), '.csv', {}),
    'anipose': (anipose, '.csv', {'rate': 60.0}),
    'dlc': (dlc, '.csv', {'rate': 60.0}),
    'dlc individuals': (lambda trial: dlc(trial, individuals=True), '.csv', {'rate': 60.0}),
    'tidy': (tidy, '.csv', {'rate': 60.0}),
}


@pytest.fixture(params=LAYOUTS)
def table(request, sway, tmp_path):
    "A file of some layout, and the options that reading it takes."
    build, ending, options = LAYOUTS[request.param]
    path = tmp_path / f'walk{ending}'
    path.write_bytes(build(sway).encode())
    return path, options


def test_values_gaps_and_rate_are_those_of_the_file(table, sway):
    path, options = table
    trial = read_trial(path, **options)
    assert trial.rate == 60.0 and len(trial) == 60 and abs(per_metre(trial.units)) > 0
    positions, truth = trial.positions, sway.positions
    assert len(trial.columns) >= 14, trial.columns
    for joint in trial.columns:
        here, there = trial.joint_names.index(joint), sway.joint_names.index(joint)
        np.testing.assert_allclose(positions[:, here], truth[:, there], atol=2e-6, err_msg=joint)


def test_unchanged_tables_are_written_byte_for_byte(table, tmp_path):
    path, options = table
    again = tmp_path / f'again{path.suffix}'
    write_trial(again, read_trial(path, **options))
    assert again.read_bytes() == path.read_bytes()


def test_only_gaps_change_where_only_gaps_are_filled(table, tmp_path):
    path, options = table
    trial, again = read_trial(path, **options), tmp_path / f'again{path.suffix}'
    seen = observed(trial.values)
    filled = replace(trial, values=np.where(seen[..., None], trial.values, [1.5, 2.25, 3.125]))
    write_trial(again, filled)
    read = read_trial(again, units=trial.units, up=trial.up, **options)
    sure = np.isfinite(read.values).all(-1)  # what stays uncertain in the table's own words is still a gap
    np.testing.assert_array_equal(read.values[sure], filled.values[sure])
    assert (sure | ~seen).all() and read.markers == trial.markers
    before, after = (one.read_bytes().decode().splitlines() for one in (path, again))
    untouched = [line for number, line in enumerate(before) if line == after[number]]
    assert len(before) == len(after) and len(untouched) >= len(before) - 20 * len(trial.markers)


def test_one_more_marker_and_one_less(table, tmp_path):
    path, options = table
    trial, again = read_trial(path, **options), tmp_path / f'again{path.suffix}'
    more = np.concatenate([trial.values, trial.values[:, :1] + 1], 1)[:, 1:]
    changed = replace(trial, values=more, markers=(*trial.markers[1:], 'extra point'))
    write_trial(again, changed)
    if b',rate,' in again.read_bytes(): options = {}   # a long table becomes one of ours
    read = read_trial(again, units=trial.units, up=trial.up, **options)
    assert len(read.markers) == len(trial.markers) and any('extra point' in one for one in read.markers)
    np.testing.assert_allclose(read.values[:10], changed.values[:10])


def test_frames_left_out_come_back_as_rows(sway, tmp_path):
    path, again = tmp_path / 'walk.csv', tmp_path / 'again.csv'
    lines = motive(sway).split('\r\n')
    path.write_bytes('\r\n'.join(lines[:20] + lines[23:]).encode())
    trial = read_trial(path)
    assert len(trial) == 60 and any('left out' in note for note in trial.notes)
    write_trial(again, trial)
    assert len(read_trial(again)) == 60 and again.read_bytes().count(b'\r\n') == len(lines) - 1


def test_rate_of_the_user_counts(table):
    path, _ = table
    trial = read_trial(path, rate=90.0)
    assert trial.rate == 90.0 and abs(np.diff(trial.times) - 1 / 90).max() < 1e-9


def test_header_that_the_rows_contradict(sway, tmp_path):
    path = tmp_path / 'walk.csv'
    for build, old, new in (
        (motive, 'Total Exported Frames,60', 'Total Exported Frames,900'),
        (qtm, 'NO_OF_FRAMES\t60', 'NO_OF_FRAMES\t900'),
    ):
        path.write_bytes(build(sway).replace(old, new).encode())
        trial = read_trial(path)
        assert len(trial) == 60 and any(
            'the header says 900' in note for note in trial.notes
        )
        write_trial(tmp_path / 'again.csv', trial)
        assert (tmp_path / 'again.csv').read_bytes().decode() == build(sway)
    path.write_bytes(motive(sway).replace('Frame Rate,60.0', 'Frame Rate,30.0').encode())
    assert read_trial(path).rate == 60.0


def test_what_is_uncertain_is_a_gap_and_told(sway, tmp_path):
    path = tmp_path / 'walk.csv'
    path.write_text(anipose(sway))
    trial = read_trial(path, rate=60.0)
    assert any('20 samples less certain than 0.3 count as gaps' in note for note in trial.notes)
    assert np.isnan(trial['right_wrist'][20:30]).all() and np.isfinite(trial['right_wrist'][30:]).all()


UNCERTAIN = {   # samples that are gaps have a place and a certainty of 0.05
    'anipose': anipose,
    'dlc': lambda trial: dlc(trial).replace(',,,,,', ',7.5,7.25,7,0.05,'),
    'tidy': lambda trial: tidy(trial).replace(',,,,0.5', ',7.5,7.25,7,0.05').replace(
        ',0.5\n', ',0.9\n').replace('reprojection_error', 'visibility'),
}


@pytest.mark.parametrize('build', UNCERTAIN)
def test_what_was_filled_is_no_gap_again(sway, tmp_path, build):
    "Its certainty was that of another position: it becomes blank, where it is low; all others stay."
    path, again = tmp_path / 'walk.csv', tmp_path / 'again.csv'
    path.write_text(UNCERTAIN[build](sway))
    trial = read_trial(path, rate=60.0)
    hidden = np.isnan(trial.values).any(-1)
    assert hidden.sum() == 20
    filled = np.where(hidden[..., None], [1.5, 2.5, 3.5], trial.values)
    filled[20] = trial.values[20]   # what was not filled stays a gap
    write_trial(again, replace(trial, values=filled))
    np.testing.assert_array_equal(read_trial(again, rate=60.0).values, filled)
    before, after = path.read_text().splitlines(), again.read_text().splitlines()
    changed = [(line, other) for line, other in zip(before, after) if line != other]
    assert len(before) == len(after) and all(',0.05' in line for line, _ in changed)
    assert sum(line.count(',0.05') for line in after) == hidden[20].sum() == 1


def test_what_was_filled_in_an_array_is_no_gap_again(sway, tmp_path):
    certainty = np.where(np.isfinite(sway.values).all(-1), 0.9, 0.1)[..., None]
    np.save(tmp_path / 'walk.npy', np.concatenate([np.nan_to_num(sway.values, nan=7.5), certainty], 2))
    trial = read_trial(tmp_path / 'walk.npy', rate=60.0)
    filled = np.where(np.isnan(trial.values), 4.5, trial.values) + [0, 1e-3, 0]
    write_trial(tmp_path / 'again.npy', replace(trial, values=filled))
    np.testing.assert_array_equal(read_trial(tmp_path / 'again.npy', rate=60.0).values, filled)
    kept = np.load(tmp_path / 'again.npy')[..., 3:]
    np.testing.assert_array_equal(kept, np.where(certainty < 0.3, np.nan, certainty))


def test_video_tables_say_which_rate_is_assumed(sway, tmp_path):
    path = tmp_path / 'walk.csv'
    path.write_text(tidy(sway))
    trial = read_trial(path)
    assert trial.rate == 30.0 and any('30 Hz is assumed' in note for note in trial.notes)
    names = ','.join(f'{name}_{axis}' for name in 'ABCD' for axis in 'xyz')
    path.write_text(names + '\n' + '1,2,3,4,5,6,7,8,9,1,3,2\n' * 5)
    with pytest.raises(DataError, match='neither times nor a rate found'):
        read_trial(path, units='m')


def test_mvnx(sway, tmp_path):
    path, whole = tmp_path / 'walk.mvnx', replace(sway, values=np.nan_to_num(sway.values))
    path.write_text(mvnx(whole))
    trial = read_trial(path)
    assert (trial.rate, trial.units, trial.up, len(trial.columns)) == (60.0, 'm', 'z', 14)
    for joint in trial.columns:
        truth = whole.values[:, whole.markers.index(joint)] / 1000
        np.testing.assert_allclose(
            trial.positions[:, trial.joint_names.index(joint)][:19], truth[:19], atol=2e-6
        )
    second = re.search('<subject.*</subject>', mvnx(whole), re.DOTALL)[0].replace('Ann', 'Bob')
    path.write_text(mvnx(whole).replace('</mvnx>', second + '</mvnx>'))
    both = read_trial(path)
    assert list(subjects_of(both.markers)) == ['Ann', 'Bob']
    assert any('option subject' in note for note in both.notes)
    np.testing.assert_array_equal(select_subject(both, 'Bob').positions, trial.positions)
    bomb = '<!DOCTYPE mvnx [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    path.write_text(mvnx(whole).replace('<mvnx', bomb + '<mvnx').replace('Ann', '&b;'))
    with pytest.raises(DataError, match='an entity found'):
        read_trial(path)


def test_arrays(tmp_path):
    path, points = tmp_path / 'skeleton.npy', np.random.default_rng(0).normal(size=(8, 33, 3))
    points[2, 5] = np.nan
    np.save(path, points)
    trial = read_trial(path, units='m', up='z', rate=30.0)
    np.testing.assert_array_equal(trial.values, points)
    assert trial.markers[25] == 'point 26'   # as many as MediaPipe's landmarks, but no body
    assert any('repaired as markers' in note and '--names' in note for note in trial.notes)
    write_trial(tmp_path / 'again.npy', trial)
    assert (tmp_path / 'again.npy').read_bytes() == path.read_bytes()


def test_arrays_of_twenty_points(tmp_path):
    "As many points as we have joints are taken for them only where they are a body."
    walk, mixed = synthesize('walk', seed=1, n_frames=90), np.random.default_rng(1).permutation(20)
    rows = np.concatenate([np.arange(90)[:, None]/60, walk.reshape(90, 60)], 1)
    np.save(tmp_path/'walk.npy', walk)
    np.savez(tmp_path/'walk.npz', positions=walk)
    np.savetxt(tmp_path/'walk.csv', rows, delimiter=',')
    np.save(tmp_path/'mixed.npy', walk[:, mixed])
    np.savez(tmp_path/'mixed.npz', positions=walk[:, mixed])
    np.savetxt(tmp_path/'mixed.csv', rows[:, np.r_[0, (3*mixed[:, None] + [1, 2, 3]).ravel()]], delimiter=',')
    for ending in 'npy', 'npz', 'csv':
        known = read_trial(tmp_path/f'walk.{ending}', rate=60)
        assert known.markers == JOINTS and 'by their bones they are Neck' in known.notes[0]
        unknown = read_trial(tmp_path/f'mixed.{ending}', rate=60)
        assert unknown.markers[19] == 'point 20' and 'no known order of joints' in unknown.notes[0]
    for points, first in (walk, 'Neck'), (walk[:, mixed], 'point 1'):
        assert repair(points, rate=60).trial.markers[0] == first


def test_sentences(sway, tmp_path):
    path = tmp_path / 'walk.tsv'
    for text, message in (
        (qtm(sway).replace('\t3D', '\t6D'), 'export the 3D data'),
        (nexus(sway).replace('Trajectories', 'Joints'), 'expected Trajectories'),
        (dlc(sway).replace(',z,', ',w,'), 'x and y without z found'),
        (motive(sway).replace('Position', 'Rotation'), 'no column of positions found'),
        (motive(sway)[:-30], 'the last row ends early'),
        (motive(sway).replace('Millimeters', 'Furlongs'), 'furlongs'),
    ):
        path.write_text(text)
        with pytest.raises(DataError, match=message):
            read_trial(path)
    path.with_suffix('.h5').write_bytes(b'\x89HDF\r\n\x1a\n')
    with pytest.raises(DataError, match='not a whole HDF5 file'):
        read_trial(path.with_suffix('.h5'))


@pytest.mark.parametrize('case', CASES)
def test_cases(shared, case, tmp_path):
    "The small recordings of one walk whose truth is known, but for the handedness of 47's axes."
    path, truth = shared / 'cases' / case, np.load(shared / 'cases' / 'TRUTH.npz')
    trial = read_trial(path, **CASES[case])
    columns = [JOINTS.index(joint) for joint in trial.columns]
    values = trial.values[:, [trial.columns[JOINTS[column]] for column in columns]] / per_metre(trial.units)
    values = values * (np.array([1, -1, 1]) if case.startswith('47') else 1)
    seen = truth['seen'][:, columns]
    np.testing.assert_array_equal(observed(values), seen)
    np.testing.assert_allclose(values[seen], truth['positions'][:, columns][seen], atol=1e-5)
    assert trial.rate == float(truth['rate'])
    write_trial(tmp_path / case, trial)
    assert (tmp_path / case).read_bytes() == path.read_bytes()


def test_real_tables(shared, tmp_path):
    for name, options in (
        ('pyomeca__markers.csv', {}),
        ('biobuddy__static.csv', {'rate': 100.0}),
        ('pyomeca__markers_without_header.csv', {'rate': 100.0}),
    ):
        trial = read_trial(shared / 'files' / name, **options)
        assert trial.rate == 100.0 and len(trial.markers) in (21, 51)
        write_trial(tmp_path / name, trial)
        assert (tmp_path / name).read_bytes() == (shared / 'files' / name).read_bytes()


def array_bytes() -> bytes:
    "A small array as a file."
    file = io.BytesIO()
    np.save(file, np.random.default_rng(0).normal(size=(4, 5, 3)))
    return file.getvalue()


PIECES = [
    b',',
    b'\n',
    b'"',
    b';',
    b'\0',
    b'nan',
    b'1e999',
    b'\t',
    b'\r',
    b'\xff',
    b'null',
    b'Position',
    b'&a;',
    b'9' * 40,
    b'-',
    b'x',
    b'\xef\xbb\xbf',
]


def damaged(whole: bytes, rng: random.Random) -> bytes:
    "A file with some bytes, pieces or lines changed, lost or shuffled."
    content = bytearray(whole)
    for _ in range(rng.randint(1, 3)):
        place, kind = rng.randrange(len(content) + 1), rng.random()
        if kind < 0.4 and content:
            content[min(place, len(content) - 1)] = rng.randrange(256)
        elif kind < 0.7:
            content[place:place] = rng.choice(PIECES)
        elif kind < 0.8:
            content = content[:place]
        else:
            lines = bytes(content).split(b'\n')
            if kind < 0.9:
                lines.pop(rng.randrange(len(lines)))
            else:
                rng.shuffle(lines)
            content = bytearray(b'\n'.join(lines))
    return bytes(content)


@pytest.mark.parametrize('name', [*LAYOUTS, 'mvnx', 'npy'])
def test_damaged_files_are_refused_in_one_line_or_read(name, sway, tmp_path):
    short = replace(sway, values=sway.values[18:22], times=sway.times[:4], frames=sway.frames[:4])
    build, ending, options = LAYOUTS.get(name, (mvnx, f'.{name}', {}))
    whole = array_bytes() if name == 'npy' else build(short).encode()
    path, rng = tmp_path / f'x{ending}', random.Random(1)
    for _ in range(60):
        path.write_bytes(damaged(whole, rng))
        with warnings.catch_warnings(action='error'):
            try:
                trial = read_trial(path, units='mm', up='y', **options)
            except MotionfmError as error:
                assert str(error).startswith(f'{path}: ') and len(str(error).splitlines()) == 1
                continue
            write_trial(tmp_path / f'again{ending if name != "mvnx" else ".trc"}', trial)
