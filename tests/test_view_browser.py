"""The skeleton player in a real browser: Debian's chromium, driven by playwright."""
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip('playwright.sync_api', reason='playwright is not installed: pip install playwright')
sys.path.insert(0, str(Path(__file__).resolve().parents[1]/'benchmarks'))
import bench_view as bench  # noqa: E402
from bench_view import prefer, wait_until  # noqa: E402
from test_lab import LOOK  # noqa: E402

from motionfm.body.skeleton import JOINTS  # noqa: E402
from motionfm.view.player import player_frame, save_html
from motionfm.view.scene import make_scene  # noqa: E402

pytestmark = pytest.mark.skipif(
    not Path(bench.CHROMIUM).exists(), reason='chromium is not installed: apt-get install chromium'
)
PLAYER = "document.querySelector('.mfm').player"


@pytest.fixture(scope='module')
def chromium():
    with bench.browser() as chromium: yield chromium


@pytest.fixture
def open_page(chromium, tmp_path):
    "A function that opens a scene as a page; at the end nothing may have gone wrong or left the machine."
    pages = []
    def opener(scene, size=(900, 700), scheme='light', **look):
        window = {'width': size[0], 'height': size[1]}
        page = chromium.new_page(viewport=window, color_scheme=scheme, accept_downloads=True)
        pages.append((page, bench.watched(page)))
        save_html(scene, path := tmp_path/f'{len(pages)}.html', **look)
        page.goto(path.as_uri())
        page.wait_for_selector('.mfm[data-frame]')
        return page
    yield opener
    for page, complaints in pages:
        page.close()
        assert complaints == []


def three_skeletons(n_frames=60):
    motion, visible = bench.three(n_frames)
    return make_scene(*motion, visible=visible, title='Walk')


def get(page, expression): return page.evaluate(f'{PLAYER}.{expression}')
def settle(page): page.evaluate('new Promise(done => requestAnimationFrame(() => setTimeout(done)))')


def picture(page):
    settle(page)
    return page.locator('.picture').first.screenshot()


def test_keys_move_through_time(open_page):
    page = open_page(three_skeletons())
    page.locator('.picture').focus()
    for key, frame in [
        ('ArrowRight', 1),
        ('ArrowRight', 2),
        ('ArrowLeft', 1),
        ('Shift+ArrowRight', 11),
        ('End', 59),
        ('ArrowRight', 59),
        ('Home', 0),
        ('ArrowLeft', 0),
    ]:
        page.keyboard.press(key)
        assert get(page, 'state.frame') == frame, key
    page.keyboard.press('End'); settle(page)
    assert page.locator('.time').inner_text() == 'frame 59 of 59 · 0.983 s'
    assert page.locator('input[type=range]').input_value() == '59'


def test_slider_is_a_slider(open_page):
    page = open_page(three_skeletons())
    before = picture(page)
    page.locator('input[type=range]').focus()
    page.keyboard.press('ArrowRight'); page.keyboard.press('ArrowRight')
    assert get(page, 'state.frame') == 2
    assert picture(page) != before


def test_plays_at_the_persons_pace_and_loops(open_page):
    page = open_page(three_skeletons())
    page.locator('.picture').focus()
    page.keyboard.press('Space')
    page.wait_for_timeout(500)
    assert 15 <= get(page, 'state.frame') <= 50 and get(page, 'state.playing')
    wait_until(page, f'{PLAYER}.state.frame < 15')      # it began again
    page.keyboard.press('Space')
    still = get(page, 'state.frame')
    page.wait_for_timeout(100)
    assert get(page, 'state.frame') == still
    page.get_by_label('start again at the end').click()
    page.get_by_label('Speed').select_option('4')
    page.get_by_role('button', name='Play').click()
    wait_until(page, f'!{PLAYER}.state.playing')        # without loop it ends
    assert get(page, 'state.frame') == 59


def test_views_and_mouse_change_the_picture(open_page):
    page = open_page(three_skeletons())
    page.locator('.picture').focus()
    seen = {'start': picture(page)}
    for key in 'fstlebg+':
        page.keyboard.press(key)
        seen[key] = picture(page)
    assert len(set(seen.values())) == len(seen)
    box = page.locator('.picture').bounding_box()
    yaw = get(page, 'state.yaw')
    page.mouse.move(box['x'] + 300, box['y'] + 100)
    page.mouse.down()
    page.mouse.move(box['x'] + 400, box['y'] + 120, steps=4)
    page.mouse.up()
    assert abs(get(page, 'state.yaw') - yaw) > 20
    zoom = get(page, 'state.zoom')
    page.mouse.wheel(0, -300); settle(page)
    assert get(page, 'state.zoom') > zoom


def test_person_is_upright_and_faces_us(open_page):
    page = open_page(make_scene(bench.person()))
    page.keyboard.press('Tab'); page.locator('.picture').focus(); page.keyboard.press('f'); settle(page)
    spots = {spot['k']: spot for spot in get(page, 'picture.spots')}
    neck, right_knee, left_knee, right_ankle = (spots[k] for k in (0, 6, 7, 8))
    assert neck['y'] < right_knee['y'] < right_ankle['y']
    assert right_knee['x'] < left_knee['x']
    height = page.locator('.picture').bounding_box()['height']
    assert all(0 < spot['y'] < height for spot in spots.values())


def test_front_is_where_the_person_faces(open_page):
    turned = bench.person()[..., [2, 1, 0]]*np.float32([1, 1, -1])     # now the person faces +x
    page = open_page(make_scene(turned))
    page.locator('.picture').focus(); page.keyboard.press('f'); settle(page)
    spots = {spot['k']: spot for spot in get(page, 'picture.spots')}
    assert spots[2]['x'] - spots[1]['x'] > 40   # left shoulder on our right, as wide as it gets


def test_gap_strip_tells_the_truth(open_page):
    motion, visible = bench.three()
    wrist = int(np.flatnonzero(~visible.any(0))[0])
    page = open_page(make_scene(motion[1], visible=visible))
    rows = page.locator('.strip').get_attribute('data-rows').split()
    assert len(rows) == 19 and JOINTS[wrist] not in rows   # a joint that is never there is no gap
    page.close()
    visible[0, wrist] = True
    page = open_page(make_scene(motion[1], visible=visible), theme='dark')
    strip = page.locator('.strip')
    assert len(strip.get_attribute('data-rows').split()) == 20
    assert 'sequence 287' in strip.get_attribute('aria-label')   # 12 frames x 20 joints, 47 more of the wrist
    shade = page.evaluate("""() => {
        const {strip} = document.querySelector('.mfm').player, c = strip.still, r = devicePixelRatio;
        const x = frame => (strip.x(frame) - (frame === 59))*r, y = row => (row*strip.rowHeight + 5)*r;
        const pixel = (row, frame) => c.getContext('2d').getImageData(x(frame), y(row), 1, 1).data;
        const at = (row, frame) => [...pixel(row, frame)].slice(0, 3).join();
        return [0, 18].map(row => [...Array(60).keys()].map(frame => at(row, frame))); }""")
    white = '255,255,255'
    assert [colour == white for colour in shade[0]] == list(~visible[:, 0])
    assert [colour == white for colour in shade[1]] == [False] + 59*[True]
    strip.click(position={'x': get(page, 'strip.x(40)'), 'y': 20})
    assert get(page, 'state.frame') == 40


def test_missing_joints_are_hollow_where_another_skeleton_is(open_page):
    page = open_page(three_skeletons(), beside=True)
    page.evaluate(f'{PLAYER}.seek(25)')
    ghost, reference = get(page, 'motion.ghost(1, 25, 6)'), get(page, 'motion.point(0, 25, 6)')
    assert get(page, 'motion.point(1, 25, 6)') is None and ghost == reference
    alone, visible = bench.person(), np.ones((60, 20), bool)
    visible[20:32, 6] = False
    page = open_page(make_scene(alone + [.01, 0, 0]*np.arange(60)[:, None, None], visible=visible))
    ghost = get(page, 'motion.ghost(0, 31, 6)')          # the knee of frame 19, gone along with the hips
    assert np.allclose(ghost, alone[19, 6] + [.31, 0, 0], atol=.002)


def test_click_on_a_joint_tells_its_values(open_page):
    scene = three_skeletons()
    page = open_page(scene)
    page.locator('.picture').focus(); page.keyboard.press('s'); settle(page)
    before = picture(page)
    spot = next(spot for spot in get(page, 'picture.spots') if spot['s'] == 0 and spot['k'] == 0)
    page.locator('.picture').click(position={'x': spot['x'], 'y': spot['y']}); settle(page)
    told = page.locator('.info').inner_text()
    assert told.startswith('Neck, ') and ' m' in told and 'of 60 frames' in told
    assert picture(page) != before
    page.keyboard.press('Escape'); settle(page)
    assert page.locator('.info').inner_text() == ''


def test_errors_are_those_of_the_data(open_page):
    scene = three_skeletons()
    page = open_page(scene, errors=True)
    stack = scene.stack
    expected = 1000*np.linalg.norm(stack[2, 5] - stack[0, 5], axis=-1).mean()
    page.evaluate(f'{PLAYER}.seek(5)'); settle(page)
    assert abs(get(page, 'motion.meanError(2, 5, [...Array(20).keys()])') - expected) < .1
    assert f'{expected:.1f} mm' in page.locator('.head').inner_text()


@pytest.mark.parametrize('joints, frames', [(20, 1), (16, 60), (16, 1)])
def test_small_sequences(open_page, joints, frames):
    page = open_page(make_scene(bench.person(frames, joints)))
    page.locator('.picture').focus()
    for key in ('Space', 'ArrowRight', 'End', 'l', 't'): page.keyboard.press(key)
    settle(page)
    assert len(get(page, 'picture.spots')) == joints
    assert get(page, 'state.playing') is (frames > 1)


def awkward(kind):
    "A walk with something wrong in it."
    walk = bench.person()
    if kind == 'no midHip': walk[:, 5] = np.nan
    if kind == 'one sample': walk, kept = np.full_like(walk, np.nan), walk; walk[30, 7] = kept[30, 7]
    if kind == 'gone astray': walk[5, 5] = 10_000
    if kind == 'infinite': walk[3, 4] = np.inf
    return make_scene(walk, title=f'<b>"{kind}" & \'more\'</b>')


@pytest.mark.parametrize('kind', ['no midHip', 'one sample', 'gone astray', 'infinite'])
def test_awkward_sequences(open_page, kind):
    page = open_page(awkward(kind))
    page.locator('.picture').focus()
    for key in ('ArrowRight', 'l', 't', 'f', 'c', 'End'): page.keyboard.press(key)
    settle(page)
    assert page.locator('strong').inner_text() == f'<b>"{kind}" & \'more\'</b>'
    expected = bench.person()[30, 7]
    assert np.allclose(get(page, 'motion.point(0, 30, 7)'), expected, atol=1e-3)


def test_long_trial_does_not_freeze_the_page(open_page):
    page = open_page(three_skeletons(20_000))
    page.wait_for_timeout(300)
    longest = page.evaluate("""async () => {
        const player = document.querySelector('.mfm').player; let last = performance.now(), longest = 0;
        for (let i = 0; i < 40; i++) { player.seek(500*i); await new Promise(requestAnimationFrame);
                                       const now = performance.now();
                                       longest = Math.max(longest, now - last); last = now; }
        return longest; }""")
    assert longest < 500
    page.locator('.picture').focus(); page.keyboard.press('End'); settle(page)
    assert page.locator('.time').inner_text().startswith('frame 19999 of 19999')


def test_themes_and_phone(open_page):
    page = open_page(three_skeletons(), size=(360, 640), theme='light')
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.mfm')).backgroundColor")
        == 'rgb(255, 255, 255)'
    )
    assert page.evaluate('document.documentElement.scrollWidth') <= 360
    page.get_by_label('light or dark').click(); settle(page)
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.mfm')).backgroundColor") == 'rgb(20, 23, 28)'
    )


def theme_of(page): return page.locator('.mfm').first.get_attribute('data-theme')


@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_begins_as_the_system_is(open_page, scheme):
    "Light on a light system, dark on a dark one, also when that changes, until somebody chooses."
    other = {'light': 'dark', 'dark': 'light'}[scheme]
    page = open_page(three_skeletons(), scheme=scheme)
    assert theme_of(page) == scheme and page.evaluate(LOOK)['pale'] == []
    prefer(page, other)
    assert theme_of(page) == other
    page.get_by_label('light or dark').click(); settle(page)
    page.emulate_media(color_scheme=scheme); prefer(page, other)
    assert theme_of(page) == scheme, 'what was chosen stays'
    assert theme_of(open_page(three_skeletons(), scheme=scheme, theme=other)) == other, 'what was asked for'


def test_every_control_has_a_name_and_can_be_reached(open_page):
    page = open_page(three_skeletons())
    nameless = page.evaluate(
        "[...document.querySelectorAll('button, select, input, canvas')]"
        ".filter(n => !n.getAttribute('aria-label')).length"
    )
    assert nameless == 0
    reached = set()
    for _ in range(25):
        page.keyboard.press('Tab')
        reached.add(page.evaluate("document.activeElement.getAttribute('aria-label') || ''").split('.')[0])
    assert {'Skeleton', 'Play', 'Frame', 'Speed', 'view: front (F)', 'save this picture'} <= reached


def test_exports_from_the_page(open_page, tmp_path, chromium):
    page = open_page(three_skeletons())
    with page.expect_download() as picture_file: page.get_by_label('save this picture').click()
    picture_file.value.save_as(tmp_path/'picture.png')
    assert (tmp_path/'picture.png').read_bytes().startswith(b'\x89PNG')
    with page.expect_download() as page_file: page.get_by_label('save this page').click()
    page_file.value.save_as(tmp_path/'again.html')
    again = chromium.new_page()
    complaints = bench.watched(again)
    again.goto((tmp_path/'again.html').as_uri())
    again.wait_for_selector('.mfm[data-frame]')
    assert again.locator('.time').inner_text() == 'frame 0 of 59 · 0.000 s' and complaints == []
    again.close()


def test_frame_inside_another_page(chromium, tmp_path):
    page = chromium.new_page(viewport={'width': 800, 'height': 800})
    complaints = bench.watched(page)
    (tmp_path / 'outer.html').write_text(
        f'<meta charset="utf-8"><p>Before</p>{player_frame(three_skeletons())}<p>After</p>'
    )
    page.goto((tmp_path/'outer.html').as_uri())
    inner = page.frame_locator('iframe')
    inner.locator('.mfm[data-frame]').wait_for()
    inner.locator('.picture').focus(); page.keyboard.press('End')
    inner.locator('.mfm[data-frame="59"]').wait_for()
    assert complaints == []
    page.close()


EXPLORER = """
from motionfm.io.gaps import fill_linear
from motionfm.view.widgets import explore
display(player)
explore({root!r} + '/datasets', repair=fill_linear)"""


def explore_in_lab(page):
    "Choose, damage and repair with the controls of the second output."
    told, motion = (
        page.get_by_text('% missing'),
        "[...document.querySelectorAll('.mfm')].filter(n => n.player.picture).at(-1).player.motion",
    )
    page.get_by_label('Dataset').select_option('dataset1')
    wait_until(page, f'{motion}.K === 16 && {motion}.S === 2')
    before = told.inner_text()
    page.get_by_label('Seed').fill('7'); page.get_by_label('Seed').press('Enter')
    wait_until(page, f"!document.body.innerText.includes({before!r})")
    page.get_by_role('button', name='Reconstruct').click()
    wait_until(page, f'{motion}.S === 3')
    wait_until(page, "document.body.innerText.includes('reconstructed where missing')")


def test_jupyterlab(chromium, tmp_path):
    "Run a notebook; move its slider: the picture changes and Python hears of it. Then explore datasets."
    bench.write_notebook(tmp_path, bench.NOTEBOOK.removesuffix('player') + EXPLORER)
    with bench.jupyterlab(tmp_path) as address:
        page = chromium.new_page(viewport={'width': 1200, 'height': 1000})
        complaints = bench.watched(page)
        bench.run_notebook(page, address)
        page.wait_for_selector('.strip')
        page.wait_for_selector('.mfm >> nth=3')
        before = picture(page)
        heard = lambda: (
            int((tmp_path / 'frame.txt').read_text() or -1) if (tmp_path / 'frame.txt').exists() else 0
        )

        def wait_for(frame):
            for _ in range(50):
                if heard() == frame: return
                page.wait_for_timeout(100)
            assert heard() == frame
        page.locator('.noUi-handle').first.focus()
        page.keyboard.press('ArrowRight'); page.keyboard.press('ArrowRight')
        wait_for(2)
        assert picture(page) != before
        assert page.locator('.strip').first.evaluate("node => node.closest('.mfm').dataset.frame") == '2'
        page.locator('.picture').first.focus()
        page.keyboard.press('End'); wait_for(59)
        page.keyboard.press('Home'); wait_for(0)
        page.keyboard.press('Space'); wait_until(page, f'{PLAYER}.state.frame > 10')
        page.keyboard.press('Space'); wait_until(page, f'!{PLAYER}.state.playing')
        handle, line = (
            page.locator('.noUi-handle').first.bounding_box(),
            page.locator('.strip').first.bounding_box(),
        )
        now = page.locator('.strip').first.evaluate(
            "node => { const {player} = node.closest('.mfm'); return player.strip.x(player.state.frame); }"
        )
        assert (
            abs(handle['x'] + handle['width'] / 2 - line['x'] - now) < 3
        )  # the strip's line stands under the handle
        explore_in_lab(page)
        page.close()
    assert complaints == []
