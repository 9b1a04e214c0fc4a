"The MeshCat page in a real browser: who stands where, in which colour, at which frame."
import io
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from PIL import Image

from motionfm.body.skeleton import JOINT_INDEX, MIDHIP
from motionfm.body.synthetic import synthesize
from motionfm.data.writer import synthesize_dataset
from motionfm.view.meshcat import motion_scene, object_names, ROLE_COLOURS, SIDE_TINTS
from motionfm.view.server import PageServer, scene_page
from motionfm.view.viewers import view_reconstruction

sync_api = pytest.importorskip('playwright.sync_api', reason='playwright is not installed')
CHROMIUM = '/usr/bin/chromium'
pytestmark = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason=f'no browser at {CHROMIUM}')
FLAGS = [
    '--no-sandbox',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--use-gl=angle',
    '--use-angle=swiftshader',
    '--enable-unsafe-swiftshader',
]


@pytest.fixture(scope='module')
def browser():
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser, tmp_path):
    "Opens a page from a file; fails for errors on it and for anything it asks the network for."
    pages, troubles = [], []
    def opened(content: str | Path):
        path = content if isinstance(content, Path) else tmp_path/'page.html'
        if isinstance(content, str): path.write_text(content, encoding='utf-8')
        page = browser.new_page(viewport={'width': 1000, 'height': 640})
        pages.append(page)
        page.on('pageerror', lambda error: troubles.append(str(error)))
        page.on('console', lambda message: troubles.append(message.text) if message.type == 'error' else None)
        page.on(
            'request',
            lambda request: (
                troubles.append(request.url)
                if not request.url.startswith(('file:', 'data:', 'blob:'))
                else None
            ),
        )
        page.goto(path.as_uri())
        page.wait_for_function('viewer.animator.actions.length > 0')
        return page
    yield opened
    for page in pages: page.close()
    assert troubles == []


LOOK = '''([path, frame]) => {
    show(frame); viewer.scene.updateMatrixWorld(true);
    const node = viewer.scene_tree.find(path.split('/'))
    const group = node.object, mesh = node.find(['<object>']).object;
    const matrix = group.matrixWorld.elements, place = matrix.slice(12, 15);
    return {place, top: place.map((middle, axis) => middle + matrix[4 + axis]/2), visible: group.visible,
            colour: mesh.material?.color.getHexString()}; }'''


def look(page, path: str, frame: int) -> dict:
    "Place (x, y up, z, in metres), top of a cylinder, visibility and colour of an object at a frame."
    return page.evaluate(LOOK, [f'meshcat/{path}', frame])


def pixels(page) -> np.ndarray:
    "(height, width, 3) what is on the screen."
    page.wait_for_timeout(500)
    return np.asarray(Image.open(io.BytesIO(page.screenshot())).convert('RGB')).astype(int)


@pytest.fixture(scope='module')
def three() -> dict[str, np.ndarray]:
    "A walk, the same with noise and a wrist missing in frames 20 to 29, and the same a little raised."
    walk = synthesize('walk', seed=3).astype(float)
    noisy = walk + np.random.default_rng(0).normal(0, .02, walk.shape)
    noisy[20:30, JOINT_INDEX['RWrist']] = np.nan
    return {'reference': walk, 'corrupted': noisy, 'reconstructed': walk + [0, .1, 0]}


@pytest.fixture
def page(open_page, three):
    return open_page(scene_page(motion_scene(three, loop=True)))


def test_three_skeletons_in_their_colours(page, three):
    for name, colour in ROLE_COLOURS.items():
        for part in sum(object_names(20), []): assert look(page, f'{name}/{part}', 0)['colour'] == colour[1:]
    assert page.evaluate(
        "[...document.querySelectorAll('#legend div')].map(line => line.textContent)"
    ) == ['white: clean', 'red: corrupted', 'green: reconstructed']


def test_control_bar(open_page, three):
    "Play, slider, speed, loop, sequences, and what is missing where, also on a phone."
    twice = {name: np.stack([motion, motion]) for name, motion in three.items()}
    page = open_page(scene_page(motion_scene(twice)))
    page.set_viewport_size({'width': 390, 'height': 800})
    page.evaluate('show(25)')
    page.wait_for_function("document.getElementById('detail').textContent.includes('1 of 20 joints missing')")
    assert 'reconstructed 100.0 mm off' in page.inner_text('#detail')
    page.click('#after')
    page.wait_for_function("document.getElementById('now').textContent.includes('sequence 1')")
    assert page.input_value('#frame') == '60' and page.inner_text('#play') == 'Play'
    page.select_option('#speed', '2')
    page.click('#loop')
    page.click('#play')
    page.wait_for_function('animator.playing && frame() > 62')
    page.click('#play')
    page.wait_for_function('!animator.playing')
    assert page.evaluate('animator.mixer.timeScale') == 2
    assert page.evaluate('animator.actions[0].repetitions === Infinity')
    red = "[...document.getElementById('gaps').getContext('2d').getImageData(250, 2, 1, 1).data]"
    assert page.evaluate(red)[0] > 200                  # frame 25 of 120
    assert page.evaluate('document.documentElement.scrollWidth') <= 390
    edge = "document.getElementById('{}').getBoundingClientRect().{}".format
    assert page.evaluate(f'{edge("readout", "bottom")} <= {edge("gaps", "top")}'), 'all words can be read'


def test_a_sequence_alone_with_its_neighbours(open_page, three):
    "Asked for one of three sequences: it plays alone, and the others are a button away."
    thrice = {name: np.stack([motion]*3) for name, motion in three.items()}
    page = open_page(scene_page(motion_scene(thrice, first=1)))
    words = "document.getElementById('now').textContent"
    page.wait_for_function(f"{words}.includes('sequence 1')")
    assert page.get_attribute('#frame', 'max') == '59' and page.evaluate('start') == 60
    page.wait_for_function('!animator.playing')          # it ends with its own last frame
    assert 'sequence 1 \u00b7 frame 59 of 59' in page.inner_text('#now')
    page.click('#play')                                  # from its beginning
    page.wait_for_function(f"animator.playing && {words}.includes('sequence 1')")
    page.check('#loop')
    page.evaluate('animator.seek(118/60)')
    page.wait_for_function('frame() < 80 && frame() >= 60')
    assert page.evaluate('animator.playing')
    page.click('#after')
    page.wait_for_function(f"{words}.includes('sequence 2 \u00b7 frame 0 of 59')")
    assert page.input_value('#frame') == '0' and page.is_disabled('#after')
    red = "[...document.getElementById('gaps').getContext('2d').getImageData(500, 2, 1, 1).data]"
    assert page.evaluate(red)[0] > 200                   # frame 25 of 60
    for number in 1, 0:
        page.click('#before')
        page.wait_for_function(f"{words}.includes('sequence {number} \u00b7 frame 0 of 59')")
    assert page.is_disabled('#before') and page.is_enabled('#after')
    page.keyboard.press('End')
    page.wait_for_function(f"{words}.includes('sequence 0 \u00b7 frame 59 of 59')")


def test_only_our_bar_is_shown(page):
    assert page.is_visible('#bar') and not page.is_visible('.dg.main > .close-button')
    page.keyboard.press('m')                             # MeshCat's menu for who wants it
    assert page.is_visible('.dg.main > .close-button')
    page.keyboard.press('m')
    assert not page.is_visible('.dg.main > .close-button')


@pytest.mark.parametrize('frame', [0, 17, 45, 59])
def test_at_the_right_frame(page, three, frame):
    for name, motion in three.items():
        hip = np.array(look(page, f'{name}/joints/midHip', frame)['place'])
        for joint in ('Neck', 'LWrist', 'RBigToe'):
            expected = motion[frame, JOINT_INDEX[joint]] - motion[frame, MIDHIP]
            assert np.abs(look(page, f'{name}/joints/{joint}', frame)['place'] - hip - expected).max() < 1e-5
        travelled = hip - look(page, f'{name}/joints/midHip', 0)['place']
        assert np.abs(travelled - (motion[frame, MIDHIP] - motion[0, MIDHIP])).max() < 1e-5
        for bone in ('RKnee-RAnkle', 'Neck-LShoulder', 'LAnkle-LHeel'):
            start, end = (
                motion[frame, JOINT_INDEX[joint]] - motion[frame, MIDHIP] for joint in bone.split('-')
            )
            cylinder = look(page, f'{name}/bones/{bone}', frame)
            assert np.abs(cylinder['place'] - hip - (start + end)/2).max() < 1e-5
            assert np.abs(cylinder['top'] - hip - end).max() < 1e-5
    words = f'sequence 0 \\u00b7 frame {frame} of 59 \\u00b7 {frame/60:.3f} s'
    page.wait_for_function(f"document.getElementById('now').textContent === '{words}'", timeout=5000)


def test_a_missing_joint_and_its_bone_are_hidden(page):
    for frame, seen in ((19, True), (20, False), (29, False), (30, True)):
        assert look(page, 'corrupted/joints/RWrist', frame)['visible'] is seen
        assert look(page, 'corrupted/bones/RElbow-RWrist', frame)['visible'] is seen
        assert look(page, 'corrupted/bones/RShoulder-RElbow', frame)['visible'] is True
        assert look(page, 'reference/joints/RWrist', frame)['visible'] is True


def test_what_is_on_the_screen(page):
    page.evaluate(
        "document.querySelectorAll('#legend, #readout, #bar').forEach(words => words.style.display = 'none')"
    )
    page.evaluate('show(10)')
    image = pixels(page)[40:]                              # below the button of the menu
    red, green, blue = np.moveaxis(image, -1, 0)
    seen = {
        'reference': (red > 180) & (green > 180) & (blue > 180),
        'corrupted': (red > 150) & (green < 110) & (blue < 110),
        'reconstructed': (green > 140) & (red < 110) & (blue < 150),
    }
    across = {name: np.nonzero(mask)[1] for name, mask in seen.items()}
    for name, columns in across.items(): assert len(columns) > 400, f'{name}: {len(columns)} pixels'
    assert (
        np.median(across['reference']) < np.median(across['corrupted']) < np.median(across['reconstructed'])
    )
    for name, mask in seen.items():
        rows, columns = np.nonzero(mask)
        assert np.ptp(rows) > 1.5*np.ptp(columns), f'{name} does not stand upright'
        assert (
            5 < rows.min() and rows.max() < image.shape[0] - 5 and 5 < columns.min() and columns.max() < 995
        ), f'{name} is cut off'
    assert np.median(image) < 60                           # a dark background


def test_keys(page):
    page.keyboard.press('Home')
    for _ in range(3): page.keyboard.press('ArrowRight')
    page.keyboard.press('ArrowLeft')
    page.wait_for_function("document.getElementById('now').textContent.includes('frame 2 of 59')")
    page.keyboard.press('End')
    page.wait_for_function("document.getElementById('now').textContent.includes('frame 59 of 59')")
    page.keyboard.press(' ')
    assert page.evaluate('animator.playing') is True
    page.keyboard.press('o')
    places = [look(page, f'{name}/joints/midHip', 0)['place'][0] for name in ('reference', 'reconstructed')]
    assert abs(places[0] - places[1]) < 1e-5
    page.keyboard.press('o')
    assert (
        look(page, 'corrupted/joints/midHip', 0)['place'][0]
        - look(page, 'reference/joints/midHip', 0)['place'][0]
        > 0.5
    )


def test_a_motion_ends_or_starts_again(open_page, three):
    short = {'motion': three['reference'][:10]}
    once = open_page(scene_page(motion_scene(short, fps=20)))
    once.wait_for_function('!animator.playing')
    assert 'frame 9 of 9' in once.inner_text('#now')
    again = open_page(scene_page(motion_scene(short, fps=20, loop=True)))
    again.wait_for_timeout(1500)
    assert again.evaluate('animator.playing') is True
    assert again.evaluate('animator.duration') == pytest.approx(.5)


def test_left_and_right_alone(open_page, three):
    page = open_page(scene_page(motion_scene({'motion': three['reference']})))
    for joint, side in (('RKnee', 'R'), ('LKnee', 'L'), ('Neck', 'C')):
        assert look(page, f'motion/joints/{joint}', 0)['colour'] == SIDE_TINTS[side][1:]
    assert page.inner_text('#legend').split() == ['right', 'left']


def test_every_sequence_of_a_subject_without_padded_joints(open_page, tmp_path):
    dataset = synthesize_dataset(tmp_path/'dataset0', n_sequences=4, n_subjects=2, n_joints=16)
    asked = []
    def network(damaged, visible):
        asked.append(damaged.shape)
        return damaged
    view_reconstruction(dataset, network, '2', -1, html=tmp_path/'repaired.html', joint_drop_prob=0)
    assert asked == [(2, 60, 20, 3)]
    page = open_page(tmp_path/'repaired.html')
    meshes = page.evaluate(
        "(() => { let n = 0; viewer.scene.traverse(object => n += object.isMesh ? 1 : 0); return n; })()"
    )
    assert meshes == 3*(16 + 15)
    page.evaluate('show(60)')
    page.wait_for_function(
        "document.getElementById('now').textContent === "
        "'dataset0, subject 2, sequence 1 \\u00b7 frame 0 of 59 \\u00b7 0.000 s'"
    )


def test_served(browser, three):
    with PageServer(scene_page(motion_scene(three)), port=0) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        page = browser.new_page()
        asked = []
        page.on('request', lambda request: asked.append(request.url))
        page.goto(server.url)
        page.wait_for_function('viewer.animator.actions.length === 117')
        page.close()
        server.shutdown()
        assert {url for url in asked if not url.endswith('favicon.ico')} == {server.url}
