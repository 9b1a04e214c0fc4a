"Tables as people write them: names, units, times and separators of many kinds, read and written back."
import re
from dataclasses import replace

import numpy as np
import pytest

from motionfm.basics import DataError
from motionfm.body.skeleton import JOINTS
from motionfm.io.files import read_trial, write_trial
from motionfm.io.kinds import select_subject
from motionfm.io.point_names import subjects_of
from motionfm.io.trial import swaying_trial

FRAMES, RATE = 90, 60
SWAY = swaying_trial(FRAMES)
POINTS = SWAY.values[:, [SWAY.markers.index(name) for name in JOINTS]]   # mm, y up
LANDMARKS = ('nose left_eye right_eye left_ear right_ear left_shoulder right_shoulder left_elbow right_elbow '
             'left_wrist right_wrist left_hip right_hip left_knee right_knee left_ankle right_ankle '
             'left_heel right_heel left_foot_index').split()


def numbers(frame: int, separator: str = ',') -> str:
    return separator.join(f'{number:.3f}' for number in POINTS[frame].ravel())


def wide(heading: str, separator: str = ',', before=lambda frame: f'{frame/RATE:.6f}', names=JOINTS) -> str:
    "A table with a row for each frame; the heading has {name}, {axis} and {place}."
    words = [heading.format(name=name, axis=axis, AXIS=axis.upper(), place=place)
             for name in names for place, axis in enumerate('xyz')]
    rows = [f'{before(frame)}{separator}{numbers(frame, separator)}' for frame in range(FRAMES)]
    return '\n'.join([separator.join(['time', *words]), *rows]) + '\n'


def long(head: str, row: str) -> str:
    "A table with a row for each point."
    lines = [row.format(frame=frame, time=frame/RATE, place=place, name=name,
                        point=','.join(f'{number:.3f}' for number in POINTS[frame, place]))
             for frame in range(FRAMES) for place, name in enumerate(JOINTS)]
    return '\n'.join([head, *lines]) + '\n'


def cells(form: str) -> str:
    "A table with a position in each cell."
    rows = [f'{frame/RATE:.6f},' + ','.join(form.format(*point) for point in POINTS[frame])
            for frame in range(FRAMES)]
    return '\n'.join(['time,' + ','.join(JOINTS), *rows]) + '\n'


def clock(frame: int) -> str: return f'2024-05-01T12:00:{frame/RATE:09.6f}'


PLAIN = wide('{name}_{axis}')
ROWS = PLAIN.splitlines()
TABLES = {
    'time under another name': PLAIN.replace('time,', 'Elapsed Time (s),', 1),
    'microseconds': wide('{name}_{axis}', before=lambda frame: f'{1e6*frame/RATE:.0f}').replace(
        'time,', 'timestamp_usec,', 1),
    'minutes': wide('{name}_{axis}', before=lambda frame: f'{frame/RATE/60:.9f}').replace(
        'time', 'Time (min)', 1),
    'steps of time': wide('{name}_{axis}', before=lambda frame: f'{1/RATE:.6f}').replace('time', 'dt', 1),
    'dates': wide('{name}_{axis}', before=clock).replace('time', 'date', 1),
    'clock': wide('{name}_{axis}', before=lambda frame: f'12:00:{frame/RATE:06.3f}').replace(
        'time', 'clock', 1),
    'days first': wide('{name}_{axis}', before=lambda frame: '31.12.2024 ' + clock(frame)[11:]).replace(
        'time', 'Date', 1),
    'halves of a day': wide('{name}_{axis}', before=lambda frame: f'1:05:{frame/RATE:09.6f} PM'),
    'months first': wide('{name}_{axis}', before=lambda frame: f'5/13/2024 {clock(frame)[11:]} PM').replace(
        'time', 'timestamp', 1),
    'begins anew': '\n'.join(ROWS[:50] + [f'{(row - 50)/RATE:.6f},{ROWS[row].partition(",")[2]}'
                                          for row in range(50, FRAMES + 1)]),
    'rate above': 'Subject,S01\nSample Rate,60\nUnits,mm\n\n' + PLAIN.replace('time,', 'row,', 1),
    'comments': '// fs=60\n// unit=mm\n' + PLAIN,
    'percent': '% units: mm\n' + PLAIN,
    'sep=': 'sep=;\n' + wide('{name}_{axis}', ';'),
    'incomplete column': '\n'.join([f'{ROWS[0]},cop_x,cop_y', *(f'{row},1,2' for row in ROWS[1:])]),
    'column twice': '\n'.join([f'{ROWS[0]},Neck_x', *(f'{row},7' for row in ROWS[1:])]),
    'units below': '\n'.join([ROWS[0], ','.join(['s', *['mm']*60]), *ROWS[1:]]),
    'heading again': '\n'.join([*ROWS[:40], ROWS[0], *ROWS[40:]]),
    'line of means': PLAIN + '\nMean,,1,2,3\n',
    'row of means': PLAIN.replace('_', '$') + 'Mean' + ',1'*60 + '\n',
    'infinite': PLAIN,   # changed below
    'spaces': wide('{name}_{axis}', ' '),
    'bars': wide('{name}_{axis}', '|'),
    'dollar': wide('{name}${axis}'), 'bracket': wide('{name}({axis})'), 'Tx': wide('{name}_T{axis}'),
    'px': wide('{name}_p{axis}'), 'X first': wide('{AXIS}{name}').replace('midHip', 'MidHip'),
    'numbered': wide('{name}_{place}'),
    'position.x': wide('{name}.position.{axis}'), 'index': wide('{name}[{place}]'),
    'three times': wide('{name}'),
    'pandas': wide('{name}.{place}').replace('.0,', ','),
    'tuples': cells('"({:.3f}, {:.3f}, {:.3f})"'), 'arrays': cells('[{:.3f} {:.3f} {:.3f}]'),
    'dictionaries': cells("\"{{'x': {:.3f}, 'y': {:.3f}, 'z': {:.3f}}}\""),
    'long, joint_name': long('time,joint_name,pos_x,pos_y,pos_z,rot_x', '{time:.6f},{name},{point},0'),
    'long, x_3d': long('frame,timestamp,marker_id,marker_name,x_3d,y_3d,z_3d',
                       '{frame},{time:.6f},{place},{name},{point}'),
    'long, of an activity': long('time,activity_name,user,joint_index,joint_name,x,y,z',
                                 '{time:.6f},walk,7,{place},{name},{point}'),
    'long, world': long('frame_time,keypoint,world_x,world_y,world_z', '{time:.6f},{name},{point}'),
}
TABLES |= {   # numbers of rows without a name; a name too many; digits in groups of three
    'R': '\n'.join([ROWS[0].replace(',', ' '),
                    *(f'"{n}" {row.replace(",", " ")}' for n, row in enumerate(ROWS[1:], 1))]) + '\n',
    'R, some rows': '\n'.join([ROWS[0], *(f'"{3*n + 7}",{row}' for n, row in enumerate(ROWS[1:], 1))]) + '\n',
    'R, rows with names': '\n'.join([ROWS[0], *(f'r{n},{row}' for n, row in enumerate(ROWS[1:], 1))]) + '\n',
    'a column without a name': '\n'.join([ROWS[0], *(f'{row},7' for row in ROWS[1:])]) + '\n',
    'R with commas': '\n'.join([ROWS[0], *(f'{n},{row}' for n, row in enumerate(ROWS[1:], 1))]) + '\n',
    'numpy.savetxt': '# ' + wide('{name}_{axis}', ' '),
    'durations of pandas': wide('{name}_{axis}', before=lambda frame: f'0 days 00:00:{frame/RATE:09.6f}'),
    'time code': wide('{name}_{axis}', before=lambda frame: f'01:02:{frame//RATE + 3:02}:{frame%RATE:02}'),
    'days': wide('{name}_{axis}', before=lambda frame: f'{45292.4 + frame/RATE/86400:.10f}'),
    'German': ''.join(f'{n or "Bild"};{row}\n' for n, row in enumerate(
        wide('{name}_{axis}', ';', lambda frame: f'{1000*frame/RATE:.3f}').replace('time', 'Zeit [ms]', 1)
        .replace('.', ',').splitlines())),
    'Japanese': wide('{name}_{axis}').replace('time', '時間', 1),
    'decimal commas of pandas': re.sub(r'(\d+)\.(\d+)', r'"\1,\2"', PLAIN),
    'thousands': re.sub(r'(?<=,)(\d)(\d{3}\.\d+)', r'"\1,\2"', PLAIN),
    'thousands in German': re.sub(r'(?<=;)(\d)(\d{3},\d+)', r'\1.\2',
                                  wide('{name}_{axis}', ';').replace('.', ',')),
    'thousands in French': re.sub(r'(?<=;)(\d)(\d{3},\d+)', '\\1\u202f\\2',
                                  wide('{name}_{axis}', ';').replace('.', ',')),
}
TABLES['infinite'] = PLAIN.replace(ROWS[30].split(',')[1], 'inf', 1)


@pytest.mark.parametrize('kind', TABLES)
def test_is_read(kind, tmp_path):
    path = tmp_path/'walk.csv'
    path.write_text(TABLES[kind])
    trial = read_trial(path)
    assert (trial.rate, trial.units, trial.up) == (pytest.approx(RATE, rel=1e-3), 'mm', 'y')
    columns = [trial.columns[name] for name in JOINTS]
    seen = np.isfinite(trial.values[:, columns])
    assert seen.mean() > .999
    np.testing.assert_allclose(trial.values[:, columns][seen], POINTS[seen], atol=.006)


OWN = [kind for kind in TABLES if kind not in ('tuples', 'arrays', 'dictionaries')]

@pytest.mark.parametrize('kind', OWN)
def test_comes_back(kind, tmp_path):
    "Nothing but what was repaired is another after writing."
    path, again = tmp_path/'walk.csv', tmp_path/'again.csv'
    path.write_text(TABLES[kind])
    write_trial(again, read_trial(path))
    before, after = path.read_text().splitlines(), again.read_text().splitlines()
    assert len(before) == len(after)
    changed = [pair for pair in zip(before, after) if pair[0] != pair[1]]
    assert len(changed) <= (kind == 'infinite'), changed[:2]


def test_without_names(tmp_path):
    "Rows of numbers alone need a rate, and then have points with numbers; unless the order is a tool's."
    path, other = tmp_path/'rows.txt', POINTS[:, ::-1]
    def write(points): np.savetxt(path, np.c_[np.arange(FRAMES), points.reshape(FRAMES, -1)], '%.3f')
    write(other)
    with pytest.raises(DataError, match='give the rate with rate='): read_trial(path)
    trial = read_trial(path, rate=RATE)
    assert trial.markers[:2] == ('point 1', 'point 2') and trial.frames[1] == 1
    np.testing.assert_allclose(trial.values, other, atol=.001)
    write(POINTS)
    trial = read_trial(path)
    assert (trial.markers, trial.rate) == (JOINTS, 30)
    assert any('have no names' in note for note in trial.notes)


@pytest.mark.parametrize('heading', ['{axis}_{name}', '{name}{AXIS}', '{name}_{axis}'])
def test_video_without_times(heading, tmp_path):
    "Landmarks of a video tool with frame numbers alone: 30 Hz, and that is told."
    path = tmp_path/'pose.csv'
    path.write_text(wide(heading, before=str, names=LANDMARKS).replace('time', 'frame', 1))
    trial = read_trial(path, units='mm', up='y')
    assert trial.rate == 30 and any('30 Hz is assumed' in note for note in trial.notes)


def test_uneven_times(tmp_path):
    "Frames of a web camera are taken as even steps; a pause is still refused."
    steps = np.random.default_rng(0).uniform(.02, .1, FRAMES)
    path = tmp_path/'webcam.csv'
    for pause in 0., 3.:
        steps[40] += pause
        times = steps.cumsum()
        path.write_text(wide('{name}_{axis}', before=lambda frame: f'{times[frame]:.3f}'))
        if pause:
            with pytest.raises(DataError, match='expected even steps'): read_trial(path)
            continue
        trial = read_trial(path)
        assert trial.rate == pytest.approx((FRAMES - 1)/(times[-1] - times[0]), rel=1e-3)
        assert any('the times are uneven' in note for note in trial.notes)


@pytest.mark.parametrize('text, message', [
    (wide('{name}.{axis}').replace('.x', '.w'), 'expected x, y and z|no column for|found twice'),
    (wide('{name}_angle_{axis}'), ''),
    (wide('{name}_{axis}').rpartition(',')[0].rpartition(',')[0], 'ends early|cells found'),
])
def test_is_refused(text, message, tmp_path):
    path = tmp_path/'walk.csv'
    path.write_text(text)
    with pytest.raises(DataError, match=message): read_trial(path)


def test_clock_times_of_points_without_a_unit(tmp_path):
    "What is lacking is said, not that clock times are no numbers, which they need not be."
    path = tmp_path/'far.csv'
    rows = [f'{clock(frame)},{.3*frame:.1f},0,0,0,0,5,0,5,0,5,5,5' for frame in range(30)]
    names = (f'M{point}_{axis}' for point in range(4) for axis in 'xyz')
    path.write_text('\n'.join([','.join(['time', *names]), *rows, '']))
    with pytest.raises(DataError, match='give the unit'): read_trial(path)
    assert read_trial(path, units='m').rate == RATE


@pytest.mark.parametrize('rate, drop', [(60, 6), (30, 20), (120, 2)])
def test_milliseconds_with_frames_left_out(rate, drop, tmp_path):
    "Times that are rounded hide neither the rate of a camera nor the frames that it dropped."
    frames = np.r_[np.arange(40), 40 + drop:FRAMES]
    rows = [f'{frame/rate:.3f},{numbers(frame)}' for frame in frames]
    path, again = tmp_path/'walk.csv', tmp_path/'again.csv'
    for heading in PLAIN.split('\n')[0], PLAIN.split('\n')[0].replace('_', '$'):   # of both readers
        path.write_text('\n'.join([heading, *rows]) + '\n')
        trial = read_trial(path)
        assert (len(trial), trial.rate) == (FRAMES, rate)
        assert np.isnan(trial.values[40:40 + drop]).all()
        write_trial(again, trial)
        np.testing.assert_array_equal(read_trial(again).values, trial.values)


def test_columns_that_are_counted(tmp_path):
    "pandas writes 0, 1, 2, … above columns without names: no frame."
    path = tmp_path/'rows.csv'
    rows = [','.join(map(str, range(60))), *(numbers(frame) for frame in range(FRAMES))]
    path.write_text('\n'.join(rows))
    np.testing.assert_allclose(read_trial(path, rate=RATE).values, POINTS, atol=.001)


def test_whole_seconds(tmp_path):
    "A clock that shows no fractions: the rows of a second tell the rate."
    path, rows = tmp_path/'clock.csv', []
    for frame in range(4*30): rows.append(f'10:00:{10 + (frame + 7)//30:02},{numbers(frame % FRAMES)}')
    path.write_text('\n'.join([PLAIN.split('\n')[0], *rows]))
    assert read_trial(path).rate == 30


def test_two_people_in_a_long_table(tmp_path):
    path = tmp_path/'two.csv'
    def row(frame, place): return ','.join(f'{number:.2f}' for number in POINTS[frame, place])
    rows = [f'{frame/RATE:.4f},{person},{name},{row(frame, place)}'
            for frame in range(FRAMES) for person in (1, 2) for place, name in enumerate(JOINTS)]
    path.write_text('\n'.join(['time,user,joint,x,y,z', *rows]))
    trial = read_trial(path)
    assert len(trial) == FRAMES and {'1:Neck', '2:Neck'} <= set(trial.markers)


def in_rows(who: str, people: tuple, order, first: str = 'time', left_out=()) -> str:
    "A table with a row for each of two people in a frame; the second stands 500 mm beside the first."
    rows = []
    for frame, person in order:
        if (frame, person) in left_out: continue
        point = ','.join(f'{number:.3f}' for number in (POINTS[frame] + [500*person, 0, 0]).ravel())
        when = f'{frame/RATE:.4f}' if first == 'time' else frame
        rows.append(f'{when},{people[person]},{point}')
    heading = PLAIN.split('\n')[0].replace('time', f'{first},{who}')
    return '\n'.join([heading, *rows]) + '\n'


IN_TURNS = [(frame, person) for frame in range(FRAMES) for person in (0, 1)]
ONE_AFTER_THE_OTHER = [(frame, person) for person in (0, 1) for frame in range(FRAMES)]
PEOPLE = {
    'track': in_rows('track', (0, 1), IN_TURNS),
    'person_id': in_rows('person_id', ('Ann', 'Bob'), IN_TURNS),
    'id, one after the other': in_rows('id', (1, 2), ONE_AFTER_THE_OTHER, 'frame'),
    'subject, one after the other': in_rows('Subject', ('S1', 'S2'), ONE_AFTER_THE_OTHER),
    'seldom there': in_rows('player', (7, 8), IN_TURNS, left_out={(frame, 1) for frame in range(60)}),
    'with semicolons': in_rows('track', (0, 1), IN_TURNS).replace(',', ';').replace('.', ',')}


@pytest.mark.parametrize('kind', PEOPLE)
def test_a_row_for_each_person(kind, tmp_path):
    "Two people, told apart, and written back as they were but for what a repair changed."
    path, text = tmp_path/'two.csv', PEOPLE[kind]
    path.write_text(text)
    trial = read_trial(path, rate=RATE)
    first, second = subjects_of(trial.markers)
    seen = np.arange(FRAMES) >= (60 if kind == 'seldom there' else 0)
    for person, name in enumerate((first, second)):
        one = select_subject(trial, name)
        assert len(one.columns) == 20 and len(one) == FRAMES
        shown = one.values[seen][:, [one.columns[joint] for joint in JOINTS]]
        np.testing.assert_allclose(shown, POINTS[seen] + [500*person, 0, 0], atol=6e-4)
    write_trial(path, trial)
    assert path.read_text() == text
    values = trial.values.copy()
    values[70, trial.markers.index(f'{second}:Neck')] = 1.5, 2.5, 3.5
    write_trial(path, replace(trial, values=values))
    old, new = text.splitlines(), path.read_text().splitlines()
    changed = [place for place, (one, other) in enumerate(zip(old, new)) if one != other]
    assert len(changed) == 1 and len(old) == len(new)
    assert '1.5,2.5,3.5' in new[changed[0]] or '1,5;2,5;3,5' in new[changed[0]]
    alone = select_subject(trial, second)
    write_trial(path, alone)
    again = read_trial(path, rate=RATE)
    assert len(again.columns) == 20 and again['Neck'].shape[0] <= FRAMES


def test_a_person_who_is_away_comes_back_with_rows(tmp_path):
    "A frame of a person that the file leaves out gets a row where it was filled, with its time."
    gone = {(frame, 1) for frame in range(40, 50)}
    path, text = tmp_path/'two.csv', in_rows('track', ('Ann', 'Bob'), IN_TURNS, left_out=gone)
    path.write_text(text)
    trial = read_trial(path)
    bob = [column for column, name in enumerate(trial.markers) if name.startswith('Bob:')]
    assert np.isnan(trial.values[40:50, bob]).all() and not np.isnan(trial.values[:40]).any()
    values = trial.values.copy()
    values[40:50, bob] = POINTS[40:50] + [500, 0, 0]
    write_trial(path, replace(trial, values=values.round(3)))
    again = read_trial(path)
    np.testing.assert_allclose(again.values, values, atol=6e-4)
    whole = in_rows('track', ('Ann', 'Bob'), IN_TURNS).splitlines()
    assert [line.split(',')[:2] for line in path.read_text().splitlines()] == [
        line.split(',')[:2] for line in whole]


def test_people_beyond_telling_apart(tmp_path):
    "Rows of more people than play together, or of one who stands twice in a frame."
    path = tmp_path/'many.csv'
    many = [(frame, person) for frame in range(30) for person in range(10)]
    path.write_text(in_rows('track', tuple(range(10)), many))
    with pytest.raises(DataError, match='rows found for'): read_trial(path)
    twice = [(frame, person) for frame in range(30) for person in (0, 0, 1)]
    path.write_text(in_rows('track', ('Ann', 'Bob'), twice))
    with pytest.raises(DataError, match='rows found for'): read_trial(path)


@pytest.mark.parametrize('names', ['sensor {}', 'channel{}', ''])
def test_forces_are_no_points(names, tmp_path):
    "Numbers that keep no distance to each other, with or without names."
    rng, times = np.random.default_rng(0), np.arange(200)/100
    waves = np.sin(times[:, None]*rng.uniform(3, 20, 24) + rng.uniform(0, 6, 24))*rng.uniform(.1, 1, 24)
    heading = [','.join(['time', *(f'{names.format(one)}_{axis}' for one in range(8) for axis in 'xyz')])]
    rows = [f'{time:.2f},' + ','.join(f'{number:.4f}' for number in row) for time, row in zip(times, waves)]
    path = tmp_path/'forces.csv'
    path.write_text('\n'.join(heading*bool(names) + rows))
    with pytest.raises(DataError, match='expected positions'): read_trial(path)


def test_angles_are_no_positions(tmp_path):
    "Names of joints with numbers between which no bones can be."
    angles = np.random.default_rng(0).normal(0, 20, POINTS.shape).cumsum(0)*.1
    rows = [f'{frame/RATE:.4f},' + ','.join(f'{number:.3f}' for number in angles[frame].ravel())
            for frame in range(FRAMES)]
    path = tmp_path/'angles.csv'
    path.write_text('\n'.join([PLAIN.split('\n')[0], *rows]))
    with pytest.raises(DataError, match='expected positions'): read_trial(path)


def test_shares_of_a_picture(tmp_path):
    "Landmarks without a unit of length keep their numbers; the scale is told."
    path = tmp_path/'picture.csv'
    rows = [f'{frame/RATE:.4f},' + ','.join(f'{number:.7f}' for number in POINTS[frame].ravel()*.0003)
            for frame in range(FRAMES)]
    path.write_text('\n'.join([PLAIN.split('\n')[0], *rows]))
    trial = read_trial(path)
    np.testing.assert_allclose(trial.values, POINTS*.0003, atol=1e-6)
    assert any('a person in no usual unit' in note for note in trial.notes)


def test_trc_under_another_ending(tmp_path):
    write_trial(tmp_path/'walk.trc', SWAY)
    for ending in '.csv', '.tsv', '.txt':
        path = (tmp_path/'walk.trc').rename(tmp_path/f'walk{ending}')
        np.testing.assert_array_equal(read_trial(path).values, SWAY.values)
        path.rename(tmp_path/'walk.trc')


def test_command(motionfm, tmp_path):
    "A table of somebody's own is repaired, and comes back as it was but for the gap."
    path, output = tmp_path/'mine.csv', tmp_path/'mine_reconstructed.csv'
    lines = TABLES['dollar'].splitlines()
    lines[20] = ','.join([lines[20].split(',')[0], '', '', '', *lines[20].split(',')[4:]])
    path.write_text('\n'.join(lines))
    code, said = motionfm('reconstruct', path, '--fill-only')
    assert code == 0, said
    after = output.read_text().splitlines()
    assert [row for row in range(len(lines)) if lines[row] != after[row]] == [20]
    filled = np.array(after[20].split(',')[1:4], float)
    assert np.linalg.norm(filled - POINTS[19, 0]) < 20


def test_noise_is_no_reason_to_refuse(people, tmp_path):
    "Bodies with 4 cm of noise on every coordinate are taken for bodies, also without a unit."
    rng, path = np.random.default_rng(0), tmp_path/'noisy.csv'
    for trial in list(people.values())[::20]:
        points = 1000*(trial[:300] + rng.normal(0, .04, trial[:300].shape))
        rows = [f'{frame/RATE:.4f},' + ','.join(f'{number:.1f}' for number in row.ravel())
                for frame, row in enumerate(points)]
        path.write_text('\n'.join([PLAIN.split('\n')[0], *rows]))
        assert read_trial(path).units == 'mm'


PLATE = ','.join(f'{name}{axis}' for name in ('F', 'COP') for axis in 'xyz') + ',My'


def with_plate(separator: str = ',') -> str:
    "Points, glued to their axes, beside what a force plate measured, 0 while nobody stands on it."
    first, *rows = wide('{name}{axis}', separator).splitlines()
    forces = [separator.join(f'{.8*max(frame - 30, 0)*part:g}' for part in (-.1, 1, .1, .3, 0, .2, -.5))
              for frame in range(FRAMES)]
    return '\n'.join([separator.join([first, PLATE.replace(',', separator)]),
                      *(f'{row}{separator}{force}' for row, force in zip(rows, forces))]) + '\n'


def test_letters_of_a_force_plate_are_no_points(tmp_path):
    path = tmp_path/'plate.csv'
    path.write_text(with_plate())
    trial = read_trial(path)
    assert trial.markers == JOINTS
    assert any('Fx, Fy, Fz, COPx, COPy, COPz, My' in note for note in trial.notes), trial.notes


@pytest.mark.parametrize('ending', ['.txt', '.tsv'])
def test_a_table_keeps_its_ending_and_its_columns(ending, motionfm, tmp_path):
    path, output = tmp_path/f'plate{ending}', tmp_path/f'plate_reconstructed{ending}'
    path.write_text(with_plate('\t'))
    code, said = motionfm('reconstruct', path, '--fill-only')
    assert code == 0, said
    assert output.read_bytes() == path.read_bytes()


def test_a_table_of_triples_and_other_formats_under_the_ending_of_tables(motionfm, tmp_path):
    path = tmp_path/'triples.txt'
    path.write_text(cells('({:.3f}  {:.3f}  {:.3f})'))
    code, said = motionfm('reconstruct', path, '--fill-only')
    assert code == 0, said
    np.testing.assert_allclose(read_trial(tmp_path/'triples_reconstructed.txt').values,
                               read_trial(path).values, atol=1e-9)
    write_trial(tmp_path/'walk.trc', SWAY)
    path = (tmp_path/'walk.trc').rename(tmp_path/'walk.txt')
    assert motionfm('reconstruct', path, '--fill-only')[0] == 0
    assert (tmp_path/'walk_reconstructed.trc').exists()
    assert motionfm('reconstruct', path, '-o', tmp_path/'other.txt')[0] == 0
    assert len(read_trial(tmp_path/'other.txt')) == FRAMES


ANGLES = 'pelvis_tilt pelvis_list pelvis_tx hip_flexion_r hip_rotation_r knee_angle_r lumbar_bending'.split()


def test_tables_of_opensim_without_positions(tmp_path):
    path = tmp_path/'ik.mot'
    values = np.column_stack([np.arange(60)/RATE, np.sin(np.arange(60)[:, None]/9 + np.arange(7))])
    rows = ['\t'.join(f'{value:.4f}' for value in row) for row in values]
    head = 'Coordinates\nversion=1\nnRows=60\nnColumns=8\ninDegrees=yes\nendheader\n'
    path.write_text(head + '\t'.join(['time', *ANGLES]) + '\n' + '\n'.join(rows) + '\n')
    with pytest.raises(DataError, match='angles and forces tell no positions'): read_trial(path)
    path = path.with_suffix('.sto')
    rows = ['\t'.join([f'{frame/RATE:.4f}', *['0.9,0.1,0.3,0.1']*5]) for frame in range(60)]
    head = 'DataType=Quaternion\nendheader\n' + '\t'.join(['time', *ANGLES[:5]])
    path.write_text('\n'.join([head, *rows]))
    with pytest.raises(DataError, match='without positions found; repair the markers'): read_trial(path)


@pytest.mark.parametrize('first, rate', [
    ('frame', 30), ('frame_id', 30), ('Zeit', 60), ('Elapsed Time', 60), ('clock', 60), ('', 30)])
@pytest.mark.parametrize('names', [JOINTS, LANDMARKS], ids=['joints', 'landmarks'])
def test_a_rate_is_assumed_only_where_no_column_tells_it(names, first, rate, tmp_path):
    "Landmarks without times count as those of a video, joints are refused; times count under any name."
    path = tmp_path/'joints.csv'
    def before(frame): return str(frame) if rate == 30 else f'{frame/RATE:.6f}'
    text = wide('{name}_{axis}', before=before, names=names)
    path.write_text(text.replace('time', first, 1))
    if names is JOINTS and rate == 30:
        with pytest.raises(DataError, match='give the rate with rate='): read_trial(path)
        return
    trial = read_trial(path, up='y', units='mm')
    assert trial.rate == pytest.approx(rate, rel=1e-3)
    assert any('30 Hz is assumed' in note for note in trial.notes) == (rate == 30)


def test_depth_cameras_with_times_of_another_name(tmp_path):
    path = tmp_path/'kinect.csv'
    names = ['SpineBase', 'SpineShoulder', *(f'{side}_{place}' for place in range(9) for side in ('a', 'b'))]
    path.write_text(wide('{name}.{axis}', names=names).replace('time', 'Elapsed Time', 1))
    assert read_trial(path, up='y', units='mm').rate == pytest.approx(60, rel=1e-3)


def test_signals_under_five_lines_of_headings(tmp_path):
    "The file, the name, the type, the folder and the axis of each column, and no times."
    count = 3*len(JOINTS)
    heads = [[''] + ['C:\\walk.c3d']*count, ['', *(name for name in JOINTS for _ in range(3))],
             ['', *['TARGET']*count], ['', *['PROCESSED']*count], ['ITEM', *'XYZ'*len(JOINTS)]]
    rows = [f'{frame + 1}\t' + numbers(frame, '\t') for frame in range(FRAMES)]
    path = tmp_path/'signals.txt'
    path.write_text('\n'.join(['\t'.join(head) for head in heads] + rows) + '\n')
    with pytest.raises(DataError, match='give the rate with rate='): read_trial(path)
    trial = read_trial(path, rate=60)
    assert (trial.rate, trial.markers) == (60, JOINTS)
    np.testing.assert_allclose(trial.values, POINTS, atol=1e-3)


@pytest.mark.parametrize('ending', ['.csv', '.calc'])
def test_letters_tell_places_from_speeds(ending, tmp_path):
    "Columns of each segment: position X, velocity V, quaternion Q, acceleration A, angular velocity W."
    kinds = {'X': 'xyz', 'V': 'xyz', 'Q': 'sxyz', 'A': 'xyz', 'W': 'xyz'}
    heads = [f'{place + 1:02}-{kind}-{axis}' for place in range(len(JOINTS))
             for kind in kinds for axis in kinds[kind]]
    others = np.random.default_rng(0).normal(0, 1, (FRAMES, len(JOINTS), 13)).cumsum(0)
    rows = np.concatenate([POINTS/10, others], 2).reshape(FRAMES, -1)
    separator = ',' if ending == '.csv' else '\t'
    path = tmp_path/f'neuron{ending}'
    lines = [separator.join(['time', *heads])]
    lines += [separator.join([f'{frame/RATE:.6f}', *(f'{number:.4f}' for number in row)])
              for frame, row in enumerate(rows)]
    path.write_text('\n'.join(lines))
    trial = read_trial(path, units='cm')
    names = [re.sub('[^0-9X]', '', name) for name in trial.markers]
    assert names == [f'{number:02}X' for number in range(1, len(JOINTS) + 1)]
    np.testing.assert_allclose(trial.values, POINTS/10, atol=1e-3)


def test_headings_whose_blanks_were_left_out(tmp_path):
    "A name for each three columns, in a text where runs of blanks became one."
    heads = ['Frame# Time ' + ' '.join(JOINTS), ' '.join('XYZ'*len(JOINTS))]
    rows = [f'{frame + 1} {frame/RATE:.5f} ' + numbers(frame, ' ') for frame in range(FRAMES)]
    path = tmp_path/'spaces.txt'
    path.write_text('\n'.join([*heads, *rows]) + '\n')
    trial = read_trial(path)
    assert (trial.markers, trial.rate) == (JOINTS, pytest.approx(RATE, rel=1e-3))
    np.testing.assert_allclose(trial.values, POINTS, atol=1e-3)


@pytest.mark.parametrize('below', ['', '%'])
def test_blank_rows_below_are_no_frames(below, tmp_path):
    "As a spreadsheet leaves them, where rows were deleted; with lines above, other readers are asked."
    path = tmp_path/'walk.csv'
    path.write_text(below*3 + PLAIN.replace('\n', ',,,\n') + ','*63 + '\n' + (','*63 + '\n')*20)
    trial = read_trial(path)
    assert len(trial) == FRAMES and not any('missing' in note for note in trial.notes)


def test_errors_of_a_spreadsheet_and_words_are_gaps(tmp_path):
    path, rows = tmp_path/'walk.csv', [row.split(',') for row in ROWS]
    words = '#DIV/0!', '#N/A', '#WERT!', '#NV', 'undefined', 'occluded', 'No data'
    for place, word in enumerate(words): rows[10 + place][1:4] = [word]*3
    path.write_text('\n'.join(map(','.join, rows)) + '\n')
    trial = read_trial(path)
    assert np.flatnonzero(np.isnan(trial['Neck']).all(1)).tolist() == [*range(9, 9 + len(words))]


@pytest.mark.parametrize('unit, size', [('in', 25.4), ('ft', 304.8), ('dm', 100.)])
def test_units_behind_names_that_are_not_metric(unit, size, tmp_path):
    "Without legs among the names, the size of the set would be taken for that of a child in centimetres."
    path = tmp_path/'walk.csv'
    heads = [f'P{place} {axis} ({unit})' for place in range(len(JOINTS)) for axis in 'xyz']
    rows = [','.join([f'{frame/RATE:.6f}', *(f'{number/size:.5f}' for number in POINTS[frame].ravel())])
            for frame in range(FRAMES)]
    path.write_text('\n'.join([','.join(['time', *heads]), *rows]) + '\n')
    trial = read_trial(path)
    assert trial.units == unit and trial.markers[0] == 'P0'
    assert f'({unit})' in path.read_text()


def melted() -> dict[str, str]:
    "Tables with a row for each coordinate."
    rows = [(frame, name, axis, POINTS[frame, place, number]) for frame in range(FRAMES)
            for number, axis in enumerate('xyz') for place, name in enumerate(JOINTS)]
    gap = {(30, 'RHip')}
    def value(frame, name, number): return '' if (frame, name) in gap else f'{number:.3f}'
    return {
        'movement': 'time,space,keypoints,individuals,position,confidence\n' + '\n'.join(
            f'{frame/RATE:.6f},{axis},{name},id_0,{value(frame, name, number)},'
            for frame, name, axis, number in rows),
        'of a frame': 'frame;time;marker;axis;value\n' + '\n'.join(
            f'{frame};{frame/RATE:.6f};{name};{axis.upper()};{value(frame, name, number)}'
            for frame, name, axis, number in rows),
        'variables': 'time,variable,value\n' + '\n'.join(
            f'{frame/RATE:.6f},{name}_{axis},{value(frame, name, number)}'
            for frame, name, axis, number in sorted(rows, key=lambda row: row[1:3]))}


@pytest.mark.parametrize('kind', melted())
def test_a_row_for_each_coordinate(kind, tmp_path):
    path = tmp_path/'walk.csv'
    path.write_text(melted()[kind] + '\n')
    trial = read_trial(path)
    assert trial.rate == pytest.approx(RATE, rel=1e-3) and trial.units == 'mm'
    found = trial.values[:, [trial.markers.index(name) for name in JOINTS]]
    missing = np.isnan(found).any(-1)
    assert missing.sum() == 1 and missing[30, JOINTS.index('RHip')]
    np.testing.assert_allclose(found[~missing], POINTS[~missing], atol=.001)
    assert any('a row for each coordinate' in note for note in trial.notes)


def test_numbers_and_times_behind_the_points(tmp_path):
    "Rows without names, as of the Berkeley MHAD data."
    path = tmp_path/'walk.txt'
    path.write_text('\n'.join(f'{numbers(frame, " ")} {frame} {1.3e9 + frame/RATE:.6f}'
                              for frame in range(FRAMES)) + '\n')
    trial = read_trial(path)
    assert trial.rate == pytest.approx(RATE, rel=1e-3)
    np.testing.assert_allclose(trial.values, POINTS, atol=.001)


@pytest.mark.parametrize('kind', ['names', 'numbers'])
def test_rows_in_turn_with_times(kind, tmp_path):
    "Neither headings nor a row for each frame, but a time and a name, as C7, or a number in each row."
    names = [f'M{place}' if kind == 'names' else str(place) for place in range(len(JOINTS))]
    path = tmp_path/'walk.csv'
    path.write_text('\n'.join(
        f'{1000*frame/RATE:.3f},{name},' + ','.join(f'{number:.3f}' for number in POINTS[frame, place])
        for frame in range(FRAMES) for place, name in enumerate(names)) + '\n')
    trial = read_trial(path)
    assert trial.rate == pytest.approx(RATE, rel=1e-3) and len(trial.markers) == len(JOINTS)
    np.testing.assert_allclose(trial.values, POINTS, atol=.001)
    write_trial(tmp_path/'again.csv', trial)
    assert (tmp_path/'again.csv').read_text() == path.read_text()


def test_points_among_other_signals_of_visual3d(tmp_path):
    "A line of kinds: targets are points, angles of a model are none, and both stay in the table."
    path = tmp_path/'walk.txt'
    heads = [['', *['walk.c3d']*63], ['', *(name for name in (*JOINTS, 'RKneeAngle') for _ in 'xyz')],
             ['', *['TARGET']*60, *['LINK_MODEL_BASED']*3], ['', *['ORIGINAL']*63], ['ITEM', *'XYZ'*21]]
    rows = [[frame + 1, *(f'{number:.3f}' for number in POINTS[frame].ravel()), 1.5*frame, 2, 3]
            for frame in range(FRAMES)]
    path.write_text('\n'.join('\t'.join(map(str, row)) for row in [*heads, *rows]) + '\n')
    trial = read_trial(path, rate=float(RATE))
    assert trial.markers == JOINTS
    np.testing.assert_allclose(trial.values, POINTS, atol=.001)
    write_trial(tmp_path/'again.txt', replace(trial, values=trial.values + 1))
    again = (tmp_path/'again.txt').read_text().splitlines()
    assert [line.split('\t')[61:] for line in again] == [
        line.split('\t')[61:] for line in path.read_text().splitlines()]


@pytest.mark.parametrize('heading, lead', [('Var{}', ''), ('Column{}', ''), ('V{}', '"{}",')])
def test_columns_that_a_program_counts_have_no_names(heading, lead, tmp_path):
    "As MATLAB, spreadsheets and R call them, the last with numbers of rows."
    path, count = tmp_path/'walk.csv', 1 + 3*len(JOINTS)
    heads = ['']*bool(lead) + [heading.format(number) for number in range(1, count + 1)]
    rows = [lead.format(frame + 1) + f'{frame/RATE:.6f},{numbers(frame)}' for frame in range(FRAMES)]
    path.write_text('\n'.join([','.join(heads), *rows]) + '\n')
    trial = read_trial(path)
    assert trial.rate == pytest.approx(RATE, rel=1e-3)
    np.testing.assert_allclose(trial.values, POINTS, atol=.001)
