"""C3D files as programs write them: three kinds of computers, integers, and every liberty that the format
allows. Small ones are made here byte by byte; those in ../shared are read and written back.
"""
import math
import struct
import warnings
from dataclasses import replace

import numpy as np
import pytest

from motionfm.basics import DataError
from motionfm.io.c3d_content import load_c3d
from motionfm.io.files import drop_markers, FormatWarning, notes_on, read_trial, write_trial
from motionfm.io.kinds import classify_points

INTEL, DEC, SGI = 84, 85, 86
NAMES = ['RHip', 'RKnee', 'RAnkle', 'Box']
FRAMES, RATIO = 8, 2
POINTS = np.float32([[0, 90, 900], [10, 80, 480], [0, 70, 90], [500, 500, 250]]) + \
    np.arange(FRAMES, dtype=np.float32)[:, None, None]*2
FORCES = np.arange(FRAMES*RATIO*3, dtype=np.float32).reshape(FRAMES, RATIO, 3)*4 - 40   # of three channels


class Writer:
    "Numbers and parameters as one kind of computer writes them."

    def __init__(self, processor: int = INTEL): self.processor = processor

    def shorts(self, *numbers: int) -> bytes:
        order = '>' if self.processor == SGI else '<'
        return struct.pack(f'{order}{len(numbers)}H', *(int(number) % 2**16 for number in numbers))

    def floats(self, numbers) -> bytes:
        numbers = np.ravel(np.asarray(numbers, np.float32))
        if self.processor != DEC: return numbers.astype('>f4' if self.processor == SGI else '<f4').tobytes()
        bits = np.where(numbers == 0, 0, numbers.view(np.uint32) + np.uint32(2 << 23)).astype(np.uint32)
        return np.stack([bits >> 16, bits & 0xFFFF], -1).astype('<u2').tobytes()

    def value(self, value) -> bytes:
        "Type, sizes and data; words in a list, integers, or floating point numbers."
        if isinstance(value, list) and all(isinstance(word, bytes) for word in value):
            width = max(map(len, value), default=0)
            words = b''.join(word.ljust(width) for word in value)
            return struct.pack('b3B', -1, 2, width, len(value)) + words
        array = np.asarray(value)
        head = bytes([2 if array.dtype.kind == 'i' else 4, array.ndim, *array.shape])
        flat = np.ravel(array, order='F')
        return head + (self.shorts(*flat) if array.dtype.kind == 'i' else self.floats(flat))

    def entry(self, number: int, name: bytes, content: bytes = b'', text: bytes = b'') -> bytes:
        step = self.shorts(3 + len(content) + len(text))
        return struct.pack('bb', len(name), number) + name + step + content + bytes([len(text)]) + text


def parameters_of(**changes) -> dict:
    "Parameters that every file has, with changes; a value of None leaves one out."
    point = dict(USED=4, SCALE=-1., RATE=100., DATA_START=0, FRAMES=FRAMES,
                 LABELS=[name.encode() for name in NAMES], UNITS=[b'mm'])
    analog = dict(USED=3, GEN_SCALE=2., SCALE=[.5, .25, 1.], OFFSET=[0, 4, -8], RATE=100.*RATIO,
                  LABELS=[b'Fx', b'Fy', b'Fz'], UNITS=[b'N', b'N', b'N'])
    groups = {'POINT': point, 'ANALOG': analog,
              'EVENT': dict(LABELS=[b'Foot Strike'], TIMES=np.array([[0.], [.03]]))}
    for key, value in changes.items():
        group, _, name = key.partition('__')
        groups.setdefault(group, {})[name] = value
    return {group: {name: value for name, value in entries.items() if value is not None}
            for group, entries in groups.items()}


def chain_of(writer: Writer, groups: dict, extra: bytes = b'') -> bytes:
    chain = b''
    for number, (group, entries) in enumerate(groups.items(), 1):
        chain += writer.entry(-number, group.encode(), text=b'a group')
        for name, value in entries.items():
            chain += writer.entry(number, name.encode(), writer.value(value), b'told')
    return chain + extra


def file_of(
    processor: int = INTEL, integers: bool = False, groups: dict | None = None, extra: bytes = b'',
    head: dict | None = None, blocks: int | None = None, points=POINTS, gaps: bool = True, rotations=None,
) -> bytes:
    "A whole file; `head` changes numbers of the header, `extra` is put behind the chain."
    writer, groups = Writer(processor), parameters_of() if groups is None else groups
    groups = {group: dict(entries) for group, entries in groups.items()}
    scale = .5 if integers else -.5
    if 'SCALE' in groups['POINT']: groups['POINT']['SCALE'] = scale
    length = -(-(4 + len(chain_of(writer, groups, extra)) + 2)//512)
    if 'DATA_START' in groups['POINT']: groups['POINT']['DATA_START'] = 2 + length
    size = data_of(writer, integers, points, gaps)
    if rotations is not None: groups['ROTATION']['DATA_START'] = 2 + length + math.ceil(len(size)/512)
    chain = chain_of(writer, groups, extra)
    parameters = (bytes([0, 0, blocks or length, processor]) + chain).ljust(length*512, b'\0')
    header = dict(points=4, analog=3*RATIO, first=1, last=FRAMES, gap=10, scale=scale, data=2 + length,
                  ratio=RATIO, rate=100.) | (head or {})
    words = [header[name] for name in ('points', 'analog', 'first', 'last', 'gap')]
    start = bytes([2, 80]) + writer.shorts(*words) + writer.floats(header['scale']) + \
        writer.shorts(header['data'], header['ratio']) + writer.floats(header['rate'])
    events = writer.shorts(0, 0, 12345, 1, 0) + writer.floats([.03]*18)
    start = start.ljust(294, b'\0') + events
    data = size if rotations is None else size.ljust(math.ceil(len(size)/512)*512, b'\0')
    behind = b'' if rotations is None else writer.floats(rotations)
    return start.ljust(512, b'\0') + parameters + data + behind


def data_of(writer: Writer, integers: bool, points, gaps: bool) -> bytes:
    "Frames: RKnee is missing in the third; two cameras saw the others, with a residual of three steps."
    rows = []
    for frame, (positions, forces) in enumerate(zip(points, FORCES)):
        fourth = np.full((len(positions), 1), 3*256 + 3)
        if gaps and frame == 2: fourth[1] = -1
        steps = positions/.5 if integers else positions
        numbers = np.concatenate([np.concatenate([steps, fourth], 1).ravel(), forces.ravel()])
        rows.append(writer.shorts(*np.rint(numbers)) if integers else writer.floats(numbers))
    return b''.join(rows)


def assert_right(found, first: int = 1, gaps: bool = True, points=POINTS) -> None:
    "The content is what was written."
    expected = points.astype(float)
    if gaps: expected[2, 1] = np.nan
    np.testing.assert_array_equal(found.values, expected)
    assert (found.markers, found.rate, found.units, found.first_frame) == (tuple(NAMES), 100., 'mm', first)
    scales, offsets = np.array([.5, .25, 1])*2, np.array([0, 4, -8])
    forces = ((FORCES.reshape(-1, 3) - offsets)*scales).T[None]
    np.testing.assert_allclose(found.analogs, forces)
    seen = ~np.isnan(expected).any(-1)
    np.testing.assert_array_equal(found.residuals, np.where(seen, 1.5, -1))
    np.testing.assert_array_equal(found.cameras, np.where(seen, 3, 0))


def assert_kept(path, out, tolerance: float = 0.) -> None:
    "A recording that is written back and read again is whole."
    before = read_trial(path)
    write_trial(out, before)
    after = read_trial(out)
    for name in 'markers', 'rate', 'units', 'up': assert getattr(before, name) == getattr(after, name), name
    np.testing.assert_array_equal(before.frames, after.frames)
    np.testing.assert_array_equal(before.times, after.times)
    np.testing.assert_array_equal(before.values, after.values)
    old, new = before.contents, after.contents
    for name in 'analogs', 'fourth', 'residuals', 'cameras', 'rotations':
        np.testing.assert_array_equal(getattr(old, name), getattr(new, name), err_msg=name)
    assert old.labels == new.labels and old.first_frame == new.first_frame
    assert old.header[44:] == new.header[44:], 'events in the header'
    for group, entries in old.parameters.items():
        for name, entry in entries.items():
            if name in ('__METADATA__', 'DATA_START'): continue
            found = new.parameters[group][name]
            if (group, name) not in MENDED:
                np.testing.assert_array_equal(np.asarray(entry['value']), np.asarray(found['value']),
                                              err_msg=f'{group}:{name}')
            assert (entry['type'], entry['description']) == (found['type'], found['description'])


MENDED = {('ANALOG', 'RATE')}   # where the data say something else


@pytest.mark.parametrize('processor', [INTEL, DEC, SGI])
@pytest.mark.parametrize('integers', [False, True])
def test_three_processors(processor, integers, tmp_path):
    raw = file_of(processor, integers)
    found = load_c3d(raw)
    assert_right(found)
    assert found.notes == () and found.integers is integers
    assert found.parameters['EVENT']['TIMES']['value'].tolist() == [[0], [float(np.float32(.03))]]
    assert struct.unpack_from('<f', found.header, 304)[0] == np.float32(.03), 'events of the header'
    (tmp_path/'x.c3d').write_bytes(raw)
    assert_kept(tmp_path/'x.c3d', tmp_path/'y.c3d')
    again = load_c3d((tmp_path/'y.c3d').read_bytes())
    assert_right(again)
    assert again.integers is integers


@pytest.mark.parametrize('processor', [INTEL, DEC, SGI])
def test_rotations(processor, tmp_path):
    turned = np.arange(FRAMES*2*17, dtype=np.float32).reshape(FRAMES, 1, 2, 17)
    groups = parameters_of(ROTATION__USED=2, ROTATION__DATA_START=0, ROTATION__RATIO=1, ROTATION__RATE=100.,
                           ROTATION__LABELS=[b'pelvis', b'thigh'])
    raw = file_of(processor, groups=groups, rotations=turned)
    np.testing.assert_array_equal(load_c3d(raw).rotations, turned)
    (tmp_path/'x.c3d').write_bytes(raw)
    assert_kept(tmp_path/'x.c3d', tmp_path/'y.c3d')
    assert_right(load_c3d((tmp_path/'y.c3d').read_bytes()))
    with pytest.raises(DataError, match='the file is cut off'): load_c3d(raw[:-4])


@pytest.mark.parametrize('processor', [INTEL, DEC, SGI])
@pytest.mark.parametrize('by_rows', [False, True])
def test_rotations_alone(processor, by_rows, tmp_path):
    "No markers: the origins of segments are the points, forces stay, and so do rotations."
    turned = np.zeros((FRAMES, 1, 4, 4, 4), np.float32)
    turned[..., :3, :3] = [[0, 0, 1], [1, 0, 0], [0, 1, 0]]
    turned[..., 3, 3] = 1
    turned[:, 0, :, :3, 3] = POINTS
    matrices = (turned if by_rows else np.swapaxes(turned, -1, -2)).reshape(FRAMES, 1, 4, 16)
    rotations = np.concatenate([matrices, np.zeros((FRAMES, 1, 4, 1), np.float32)], -1)
    groups = parameters_of(
        POINT__USED=0, POINT__LABELS=None, ROTATION__USED=4, ROTATION__DATA_START=0, ROTATION__RATIO=1,
        ROTATION__RATE=100., ROTATION__LABELS=[b'RHip_4X4', b'RKnee_4X4', b'RAnkle_4X4', b'Box_4X4'])
    raw = file_of(processor, groups=groups, head=dict(points=0), points=POINTS[:, :0], gaps=False,
                  rotations=rotations)
    (tmp_path/'x.c3d').write_bytes(raw)
    trial = read_trial(tmp_path/'x.c3d')
    assert trial.markers == tuple(NAMES) and set(trial.columns) == {'RHip', 'RKnee', 'RAnkle'}
    np.testing.assert_array_equal(trial.values, POINTS)
    moved = trial.values.copy()
    moved[3, 1] += [1, 2, 3]
    write_trial(tmp_path/'y.c3d', replace(trial, values=moved))
    again = read_trial(tmp_path/'y.c3d')
    np.testing.assert_array_equal(again.values, moved)
    np.testing.assert_array_equal(again.contents.analogs, trial.contents.analogs)
    differ = again.contents.rotations != rotations
    assert differ.sum() == 3 and differ[3, 0, 1].sum() == 3


def orphans(writer):
    "Parameters and groups that follow the chain: a group twice, a parameter without its group."
    return writer.entry(-9, b'PROCESSING') + writer.entry(9, b'Bodymass', writer.value(70.)) + \
        writer.entry(-10, b'PROCESSING') + writer.entry(10, b'Height', writer.value(1.8)) + \
        writer.entry(12, b'NAMES', writer.value([b'Anna']))


@pytest.mark.parametrize('processor', [INTEL, SGI])
def test_groups_twice_and_parameters_without_a_group(processor, tmp_path):
    raw = file_of(processor, extra=orphans(Writer(processor)))
    found = load_c3d(raw)
    assert_right(found)
    assert list(found.parameters['PROCESSING']) == ['__METADATA__', 'Bodymass', 'Height']
    assert found.parameters['GROUP_12']['NAMES']['value'] == ['Anna']
    (tmp_path/'x.c3d').write_bytes(raw)
    assert_kept(tmp_path/'x.c3d', tmp_path/'y.c3d')


ODD = {
    'blocks too many': dict(blocks=200),
    'blocks too few': dict(blocks=1),
    'rate only in the header': dict(groups=parameters_of(POINT__RATE=None)),
    'rate only in POINT': dict(head=dict(rate=0.)),
    'rate only of the cameras': dict(
        groups=parameters_of(POINT__RATE=0., TRIAL__CAMERA_RATE=100.), head=dict(rate=0.)),
    'rate only of the analog samples': dict(groups=parameters_of(POINT__RATE=None), head=dict(rate=0.)),
    'analog rate missing': dict(groups=parameters_of(ANALOG__RATE=None)),
    'analog rate wrong': dict(groups=parameters_of(ANALOG__RATE=5000.)),
    'markers wrong in the header': dict(head=dict(points=7)),
    'markers wrong in POINT': dict(groups=parameters_of(POINT__USED=3)),
    'markers missing in POINT': dict(groups=parameters_of(POINT__USED=None)),
    'analog samples wrong in the header': dict(head=dict(analog=60)),
    'frames wrong in the header': dict(head=dict(last=5)),
    'too many frames in the header': dict(head=dict(last=5000)),
    'no last frame in the header': dict(head=dict(last=65535)),
    'frames wrong in POINT': dict(groups=parameters_of(POINT__FRAMES=3)),
    'frames missing': dict(groups=parameters_of(POINT__FRAMES=None)),
    'frames only in TRIAL': dict(
        head=dict(last=65535), groups=parameters_of(
            POINT__FRAMES=None, TRIAL__ACTUAL_START_FIELD=[1, 0], TRIAL__ACTUAL_END_FIELD=[FRAMES, 0])),
    'frames only in LONG_FRAMES': dict(
        head=dict(last=65535), groups=parameters_of(POINT__FRAMES=-1, POINT__LONG_FRAMES=float(FRAMES))),
    'start of the data wrong in the header': dict(head=dict(data=1)),
    'start of the data missing in POINT': dict(groups=parameters_of(POINT__DATA_START=None)),
    'more analog labels than channels': dict(
        groups=parameters_of(ANALOG__LABELS=[b'Fx', b'Fy', b'Fz', b'EMG', b'\xb0C'])),
    'latin letters': dict(groups=parameters_of(ANALOG__UNITS=[b'\xb0', b'N\xb7m', b'N'])),
    'offsets are too few': dict(groups=parameters_of(ANALOG__OFFSET=[0, 4, -8, 0])),
    'no descriptions, no events': dict(groups={
        group: entries for group, entries in parameters_of().items() if group != 'EVENT'}),
}


@pytest.mark.parametrize('name', ODD)
@pytest.mark.parametrize('processor', [INTEL, DEC, SGI])
@pytest.mark.parametrize('integers', [False, True])
def test_odd_but_sound(name, processor, integers, tmp_path):
    "What another program opens is read with the same values, and written back."
    raw = file_of(processor, integers, **ODD[name])
    assert_right(load_c3d(raw))
    (tmp_path/'x.c3d').write_bytes(raw)
    trial = read_trial(tmp_path/'x.c3d')
    write_trial(tmp_path/'y.c3d', trial)
    assert_right(load_c3d((tmp_path/'y.c3d').read_bytes()))


@pytest.mark.parametrize('missing', ['OFFSET', 'SCALE', 'GEN_SCALE'])
def test_analog_scales_missing(missing, tmp_path):
    groups = parameters_of(**{f'ANALOG__{missing}': None})
    (tmp_path/'x.c3d').write_bytes(file_of(groups=groups))
    trial = read_trial(tmp_path/'x.c3d')
    scales, offsets = (np.array([.5, .25, 1]), np.array([0, 4, -8]))
    if missing == 'OFFSET': offsets = 0*offsets
    if missing == 'SCALE': scales = np.ones(3)
    factor = 1 if missing == 'GEN_SCALE' else 2
    np.testing.assert_allclose(trial.contents.analogs[0], ((FORCES.reshape(-1, 3) - offsets)*scales*factor).T)
    assert_kept(tmp_path/'x.c3d', tmp_path/'y.c3d')
    again = read_trial(tmp_path/'y.c3d').contents.parameters['ANALOG']
    assert len(np.ravel(again[missing]['value'])) in (1, 3)


def test_differences_are_told():
    assert load_c3d(file_of(head=dict(points=7))).notes == ('the header says 7 markers, the data hold 4',)
    assert load_c3d(file_of(head=dict(last=5))).notes == ('the header says 5 frames, the data hold 8',)
    wrong = load_c3d(file_of(groups=parameters_of(ANALOG__RATE=5000.)))
    assert wrong.notes == ('ANALOG:RATE says 5000 Hz, the data hold 200',)
    two = load_c3d(file_of(head=dict(rate=50.)))
    assert two.rate == 100 and two.notes == ('POINT:RATE says 100 Hz, the header 50; 100 is taken',)
    furlongs = load_c3d(file_of(groups=parameters_of(POINT__UNITS=[b'furlong'])))
    assert furlongs.units is None
    assert furlongs.notes == ("'furlong' is no unit of length, so it was looked for",)


def test_unsigned_analog_samples(tmp_path):
    "Of 16 bits without a sign, offset included; a file that holds no integers any more says the same."
    groups = parameters_of(ANALOG__FORMAT=[b'UNSIGNED'], ANALOG__OFFSET=[-32768]*3, ANALOG__SCALE=[1.]*3,
                           ANALOG__GEN_SCALE=1.)
    (tmp_path/'x.c3d').write_bytes(file_of(integers=True, groups=groups))
    trial = read_trial(tmp_path/'x.c3d')
    stored = FORCES.reshape(-1, 3).T.astype(float)
    stored = np.where(stored < 0, stored + 65536, stored)
    np.testing.assert_array_equal(trial.contents.analogs[0], stored - 32768)
    assert_kept(tmp_path/'x.c3d', tmp_path/'y.c3d')
    write_trial(tmp_path/'z.c3d', replace(trial, values=trial.values + 1e5))
    again = read_trial(tmp_path/'z.c3d').contents
    np.testing.assert_array_equal(again.analogs, trial.contents.analogs)
    assert not again.integers and again.parameters['ANALOG']['FORMAT']['value'] == ['SIGNED']


def test_labels_twice(tmp_path):
    "Each is a marker of its own here, and has its old name in the file."
    groups = parameters_of(POINT__LABELS=[b'RKnee', b'RKnee', b'', b'RKnee'])
    (tmp_path/'x.c3d').write_bytes(file_of(groups=groups))
    trial = read_trial(tmp_path/'x.c3d')
    assert trial.markers == ('RKnee', 'RKnee_3', 'unnamed 3', 'RKnee_2'), 'the one with a gap comes last'
    assert any('labels that several points have: RKnee' in note for note in trial.notes)
    assert_kept(tmp_path/'x.c3d', tmp_path/'y.c3d')
    assert load_c3d((tmp_path/'y.c3d').read_bytes()).parameters['POINT']['LABELS']['value'] == \
        ['RKnee', 'RKnee', '', 'RKnee']
    write_trial(tmp_path/'z.c3d', drop_markers(trial, [0, 2]))
    assert load_c3d((tmp_path/'z.c3d').read_bytes()).labels == ('RKnee', 'RKnee')


def test_more_than_255_labels(tmp_path):
    names = [f'point {number}' for number in range(300)]
    rng = np.random.default_rng(0)
    values = np.float32(rng.normal(0, 300, (3, 300, 3)))
    from motionfm.io.trial import Trial
    trial = Trial(values, names, 100., 'mm', np.arange(3)/100, np.arange(3) + 1, up='z')
    write_trial(tmp_path/'x.c3d', trial)
    found = read_trial(tmp_path/'x.c3d')
    assert found.markers == tuple(names)
    assert len(found.contents.parameters['POINT']['LABELS2']['value']) == 45
    assert_kept(tmp_path/'x.c3d', tmp_path/'y.c3d')


def test_first_frame(tmp_path):
    for first, last in (121, 128), (0, 7), (0, 8), (65520, 65527):
        raw = file_of(head=dict(first=first, last=last), groups=parameters_of(POINT__FRAMES=None))
        assert_right(load_c3d(raw), first)
        (tmp_path/'x.c3d').write_bytes(raw)
        trial = read_trial(tmp_path/'x.c3d')
        assert (trial.frames[0], trial.times[0]) == (first, max(first - 1, 0)/100)
        assert_kept(tmp_path/'x.c3d', tmp_path/'y.c3d')
    late = dict(TRIAL__ACTUAL_START_FIELD=[4464, 1], TRIAL__ACTUAL_END_FIELD=[4471, 1])
    raw = file_of(head=dict(first=4464, last=65535), groups=parameters_of(POINT__FRAMES=None, **late))
    assert_right(load_c3d(raw), 70_000)
    (tmp_path/'x.c3d').write_bytes(raw)
    assert_kept(tmp_path/'x.c3d', tmp_path/'y.c3d')


def test_gaps(tmp_path):
    "A fourth number below zero, or a coordinate that is no number; nobody writes a half one."
    points = POINTS.copy()
    points[5, 0, 1] = np.nan
    found = load_c3d(file_of(points=points))
    assert np.isnan(found.values).all(-1).sum() == np.isnan(found.values).any(-1).sum() == 2
    assert sorted(zip(*np.nonzero(found.fourth < 0))) == [(2, 1), (5, 0)]


def test_residuals_that_are_all_negative(tmp_path):
    "Then they say nothing: what is not zero was seen."
    path, points = tmp_path/'x.c3d', POINTS.copy()
    points[5, 2] = 0
    raw = bytearray(file_of(points=points, gaps=False))
    start = 512*(struct.unpack_from('<H', raw, 16)[0] - 1)
    words = np.frombuffer(raw, '<f4', offset=start).reshape(FRAMES, -1)
    words[:, 3:16:4] = -1
    path.write_bytes(raw)
    trial = read_trial(path)
    missing = np.isnan(trial.values).any(-1)
    assert missing.sum() == 1 and missing[5, 2] and 'all residuals are negative' in ' '.join(trial.notes)
    write_trial(path, trial)
    np.testing.assert_array_equal(read_trial(path).values, trial.values)


def test_repaired_samples_are_marked_as_computed(tmp_path):
    (tmp_path/'x.c3d').write_bytes(file_of())
    trial = read_trial(tmp_path/'x.c3d')
    values = trial.values.copy()
    values[2, 1], values[4, 0] = [12, 84, 484], values[4, 0] + .25
    write_trial(tmp_path/'y.c3d', replace(trial, values=values))
    again = read_trial(tmp_path/'y.c3d')
    np.testing.assert_array_equal(again.values, values)
    computed = np.zeros((FRAMES, 4), bool)
    computed[2, 1] = computed[4, 0] = True
    np.testing.assert_array_equal(again.contents.residuals, np.where(computed, 0, 1.5))
    np.testing.assert_array_equal(again.contents.cameras, np.where(computed, 0, 3))
    np.testing.assert_array_equal(again.contents.analogs, trial.contents.analogs)


def test_points_that_are_no_positions():
    "The parameters that say so are there, with the names of the points."
    groups = parameters_of(POINT__ANGLES=[b'Box'], POINT__TYPE_GROUPS=[b'ANGLES'])
    found = load_c3d(file_of(groups=groups))
    assert found.parameters['POINT']['ANGLES']['value'] == ['Box']


def test_kinds_of_points(tmp_path):
    (tmp_path/'x.c3d').write_bytes(file_of(groups=parameters_of(POINT__ANGLES=[b'Box'])))
    assert classify_points(read_trial(tmp_path/'x.c3d'))[3] == 'not a position'


@pytest.mark.parametrize('processor', [INTEL, DEC, SGI])
@pytest.mark.parametrize('integers', [False, True])
def test_cut_off(processor, integers, tmp_path):
    raw = file_of(processor, integers)
    for length in len(raw) - 1, len(raw) - 30, len(raw) - 200, 1030, 513, 100, 0:
        (tmp_path/'x.c3d').write_bytes(raw[:length])
        with pytest.raises(DataError) as error: read_trial(tmp_path/'x.c3d')
        message = str(error.value)
        assert message.startswith(f'{tmp_path/"x.c3d"}: ') and len(message.splitlines()) == 1
    assert_right(load_c3d(raw + bytes(300)))      # a block that is filled up
    assert_right(load_c3d(raw + bytes(3000)))     # something behind the data
    assert_right(load_c3d(bytes(8) + raw))        # zeros before the header


@pytest.mark.parametrize('processor', [INTEL, DEC, SGI])
def test_nothing_in_it(processor):
    with pytest.raises(DataError, match='0 markers found'):
        load_c3d(file_of(processor, head=dict(points=0), groups=parameters_of(POINT__USED=0)))
    timeless = file_of(processor, head=dict(rate=0.), groups=parameters_of(
        POINT__RATE=None, ANALOG__RATE=None))
    with pytest.raises(DataError, match='no rate found'): load_c3d(timeless)
    assert_right(load_c3d(timeless, rate=100.))


def test_damaged_bytes():
    "Whatever one changes: read, or refused in one line."
    rng, refused = np.random.default_rng(0), 0
    for number in range(600):
        raw = bytearray(file_of((INTEL, DEC, SGI)[number % 3], number % 2 == 0, extra=orphans(Writer())))
        for place in rng.integers(0, 1400, rng.integers(1, 4)): raw[place] = rng.integers(256)
        try: load_c3d(bytes(raw))
        except DataError as error:
            refused += 1
            assert len(str(error).splitlines()) == 1 and str(error).count(';') >= 1
    assert 0 < refused < 500


@pytest.mark.parametrize('folder', ['files', 'c3d', 'cases'])
def test_every_real_file_is_whole_when_written_back(shared, tmp_path, folder):
    paths = sorted((shared/folder).glob('*.c3d'))
    assert paths
    for path in paths: assert_kept(path, tmp_path/'out.c3d')


def read_by_ezc3d(path) -> dict:
    library = pytest.importorskip('ezc3d')
    return library.c3d(str(path))


NOT_READ = '29_', '34_'            # by ezc3d
READ_OTHERWISE = '27_', '28_'      # it drops the analog samples, or takes them for others


@pytest.mark.parametrize('folder', ['files', 'c3d', 'cases'])
def test_every_real_file_is_read_as_ezc3d_reads_it(shared, tmp_path, folder):
    "Before and after it was written."
    for path in sorted((shared/folder).glob('*.c3d')):
        if path.name.startswith(NOT_READ + READ_OTHERWISE): continue
        theirs, ours = read_by_ezc3d(path), load_c3d(path.read_bytes())
        write_trial(tmp_path/'out.c3d', read_trial(path))
        written = read_by_ezc3d(tmp_path/'out.c3d')
        np.testing.assert_array_equal(ours.values, theirs['data']['points'][:3].transpose(2, 1, 0))
        if ours.analogs.size: np.testing.assert_array_equal(ours.analogs, theirs['data']['analogs'])
        assert ours.rate == theirs['header']['points']['frame_rate']
        for name in 'points', 'analogs', 'rotations':
            np.testing.assert_array_equal(theirs['data'][name], written['data'][name])
        for group in theirs['parameters']:
            for name, entry in theirs['parameters'][group].items():
                if not group or name in ('__METADATA__', 'DATA_START'): continue
                found = written['parameters'][group][name]['value']
                np.testing.assert_array_equal(np.asarray(entry['value']), np.asarray(found))


def test_cases_have_the_same_values(shared):
    "Files of one recording, each odd in its own way."
    plain = read_trial(shared/'cases'/'20_c3d_plain.c3d')
    for path in sorted((shared/'cases').glob('*_c3d_*.c3d')):
        if path.name[:2] in ('31', '38'): continue
        found = read_trial(path)
        columns = [[name.rpartition(':')[2] for name in found.markers].index(name) for name in plain.markers]
        np.testing.assert_array_equal(found.values[:, columns], plain.values)
        assert (found.rate, found.units, found.up) == (60., 'mm', 'z'), path.name
        if found.contents.analogs.size:
            np.testing.assert_array_equal(found.contents.analogs, plain.contents.analogs)


@pytest.mark.parametrize('processor', [INTEL, DEC, SGI])
def test_integers_stay_where_a_gap_is_filled(processor, tmp_path):
    "Filled samples are rounded to steps of the file, all others stay to the last bit; what changes is told."
    path, out = tmp_path/'x.c3d', tmp_path/'y.c3d'
    path.write_bytes(file_of(processor, integers=True))
    trial = read_trial(path)
    missing = np.isnan(trial.values)
    filled = replace(trial, values=np.where(missing, 12.34, trial.values))
    write_trial(out, filled)
    again = load_c3d(out.read_bytes())
    assert again.integers and missing.any()
    np.testing.assert_array_equal(again.values, np.where(missing, 12.5, trial.values))
    other = [note for note in notes_on(out, filled) if 'Intel' in note]
    assert len(other) == (processor != INTEL)
    far = replace(trial, values=np.where(missing, 1e6, trial.values))
    assert any('floating point' in note for note in notes_on(out, far))


def test_writing_in_python_warns_of_what_is_lost(tmp_path):
    "Columns of angles and analog channels stay in a C3D, and are told where another format is written."
    (tmp_path/'x.c3d').write_bytes(file_of())
    trial = read_trial(tmp_path/'x.c3d')
    trial = replace(trial, markers=('RKneeAngles', *trial.markers[1:]))
    with pytest.warns(FormatWarning) as said: write_trial(tmp_path/'y.trc', trial)
    words = ' '.join(str(one.message) for one in said)
    assert '3 analog channels' in words and '1 column (RKneeAngles)' in words
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        write_trial(tmp_path/'y.c3d', read_trial(tmp_path/'x.c3d'))
        write_trial(tmp_path/'y.trc', trial, warn=False)


def test_twins_are_drawn_before_and_after_a_repair(tmp_path):
    "Which of two points with a label gets the number depends on gaps, which a repair fills."
    from motionfm.view.scene import make_scene
    groups = parameters_of(POINT__LABELS=[b'RHip', b'RKnee', b'Box', b'RKnee'])
    (tmp_path/'x.c3d').write_bytes(file_of(groups=groups))
    before = read_trial(tmp_path/'x.c3d')
    write_trial(tmp_path/'y.c3d', replace(before, values=np.nan_to_num(before.values, nan=80.)))
    after = read_trial(tmp_path/'y.c3d')
    assert before.markers[1::2] == ('RKnee_2', 'RKnee') and after.markers[1::2] == ('RKnee', 'RKnee_2')
    scene = make_scene(None, before, after)
    assert scene.shape == (FRAMES, 4) and scene.drawn.names == before.markers
    recorded, known = scene.skeletons['corrupted'], np.isfinite(scene.skeletons['corrupted'])
    np.testing.assert_array_equal(scene.skeletons['reconstructed'][known], recorded[known])
