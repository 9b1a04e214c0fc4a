"""How fast the skeleton player is: python benchmarks/bench_view.py

Opens Debian's chromium and, for the first figure, a JupyterLab of its own on a free port. Prints one table.
The browser and JupyterLab starters at the top are used by tests/test_view_browser.py too."""
import json
import os
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
CHROMIUM = shutil.which('chromium') or shutil.which('chromium-browser') or '/usr/bin/chromium'
FLAGS = [
    '--no-sandbox',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-gpu',
]  # a 2D canvas needs no graphics card, and a pretended one is slower
NOTEBOOK = """import sys; sys.path.insert(0, {root!r})
from pathlib import Path
import numpy as np
from motionfm.view.widgets import show
player = show(*np.load('motion.npy'), visible=np.load('visible.npy'), title='Walk')
player.picture.observe(lambda change: Path('frame.txt').write_text(str(change['new'])), 'frame')
player"""


def person(n_frames: int = 60, n_joints: int = 20) -> np.ndarray:
    "(T, K, 3) somebody who sways and lifts the feet, metres; enough to be drawn."
    standing = np.array(
        [
            [0, 1.45, 0],
            [-0.18, 1.43, 0],
            [0.18, 1.43, 0],
            [-0.1, 0.93, 0],
            [0.1, 0.93, 0],
            [0, 0.93, 0],
            [-0.1, 0.5, 0.02],
            [0.1, 0.5, 0.02],
            [-0.1, 0.09, 0],
            [0.1, 0.09, 0],
            [-0.1, 0.03, -0.06],
            [0.1, 0.03, -0.06],
            [-0.16, 0.02, 0.12],
            [0.16, 0.02, 0.12],
            [-0.09, 0.02, 0.15],
            [0.09, 0.02, 0.15],
            [-0.25, 1.15, 0],
            [0.25, 1.15, 0],
            [-0.27, 0.9, 0.06],
            [0.27, 0.9, 0.06],
        ]
    )
    phase = np.arange(n_frames)[:, None]/30*np.pi + np.where(standing[:, 0] > 0, np.pi, 0)
    joints = np.repeat(standing[None], n_frames, 0)
    joints[..., 2] += .3*np.sin(phase)*np.clip(.93 - standing[:, 1], 0, 1)
    joints[..., 1] += .1*np.clip(np.cos(phase), 0, 1)*(standing[:, 1] < .9)
    return joints[:, :n_joints].astype(np.float32)


def three(n_frames: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """(3, T, 20, 3) reference, corrupted, reconstructed and (T, 20) visibility: frames 20 to 31 and the
    right wrist are missing.
    """
    walk, random = person(n_frames), np.random.default_rng(0)
    visible = np.ones(walk.shape[:2], bool)
    visible[20:32] = False; visible[:, 18] = False
    return np.stack(
        [walk, walk + random.normal(0, 0.02, walk.shape), walk + random.normal(0, 0.006, walk.shape)]
    ), visible


@contextmanager
def browser():
    "A headless chromium."
    from playwright.sync_api import sync_playwright
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try: yield chromium
        finally: chromium.close()


def watched(page) -> list[str]:
    "Everything that a page says or asks that it should not: errors, and requests that leave the machine."
    complaints = []
    page.on(
        'console', lambda message: message.type == 'error' and complaints.append(f'console: {message.text}')
    )
    page.on('pageerror', lambda error: complaints.append(f'error: {error}'))
    local = ('file:', 'data:', 'blob:', 'about:', 'http://127.0.0.1', 'ws://127.0.0.1')
    page.on(
        'request',
        lambda request: request.url.startswith(local) or complaints.append(f'request: {request.url[:200]}'),
    )
    return complaints


def wait_until(page, expression: str) -> None:
    "Poll: a page that forbids eval also forbids playwright's own waiting."
    for _ in range(100):
        if page.evaluate(expression): return
        page.wait_for_timeout(50)
    raise AssertionError(f'never true: {expression}')


def prefer(page, scheme: str) -> None:
    "Let the system turn 'light' or 'dark', and wait until the page was told."
    page.evaluate("""window.told = false;
        const system = matchMedia('(prefers-color-scheme: dark)');
        system.addEventListener('change', () => { window.told = true }, {once: true});""")
    page.emulate_media(color_scheme=scheme)
    wait_until(page, 'window.told')


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


@contextmanager
def jupyterlab(folder: Path):
    """A JupyterLab of our own on a free port of this machine, ended with the block; gives the address of
    `view.ipynb` in `folder`.
    """
    port, token = _free_port(), secrets.token_hex(16)
    settings = folder/'.settings'/'@jupyterlab'/'apputils-extension'
    settings.mkdir(parents=True)
    (settings / 'notification.jupyterlab-settings').write_text(
        '{"fetchNews": "false", "checkForUpdates": false}'
    )
    tracker = settings.with_name('notebook-extension')/'tracker.jupyterlab-settings'
    tracker.parent.mkdir()
    tracker.write_text('{"windowingMode": "none"}')   # cells that are not on the screen are drawn, too
    own = {
        'JUPYTER_CONFIG_DIR': '.config',
        'JUPYTER_DATA_DIR': '.data',
        'JUPYTER_RUNTIME_DIR': '.runtime',
        'IPYTHONDIR': '.ipython',
        'JUPYTERLAB_SETTINGS_DIR': '.settings',
        'JUPYTERLAB_WORKSPACES_DIR': '.workspaces',
    }
    command = [
        sys.executable,
        '-m',
        'jupyterlab',
        '--no-browser',
        '--allow-root',
        '--ip=127.0.0.1',
        f'--port={port}',
        '--ServerApp.port_retries=0',
        f'--IdentityProvider.token={token}',
        f'--ServerApp.root_dir={folder}',
        '--LabApp.expose_app_in_browser=True',
        '--LabApp.extension_manager=readonly',
    ]
    with open(folder/'lab.log', 'w') as log:
        server = subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            env=os.environ | {name: str(folder / place) for name, place in own.items()},
        )
    try:
        for _ in range(1200):
            with socket.socket() as probe:
                if probe.connect_ex(('127.0.0.1', port)) == 0: break
            if server.poll() is not None: raise RuntimeError((folder/'lab.log').read_text()[-2000:])
            time.sleep(.1)
        yield f'http://127.0.0.1:{port}/lab/tree/view.ipynb?reset&token={token}'
    finally:
        server.terminate()
        try: server.wait(10)
        except subprocess.TimeoutExpired: server.kill()


def write_notebook(folder: Path, source: str | None = None, n_frames: int = 60) -> None:
    "A notebook with one cell that shows three skeletons, and its data."
    motion, visible = three(n_frames)
    np.save(folder/'motion.npy', motion); np.save(folder/'visible.npy', visible)
    cell = {'cell_type': 'code', 'id': 'show', 'metadata': {}, 'outputs': [], 'execution_count': None,
            'source': (source or NOTEBOOK).format(root=str(ROOT))}
    kernel = {'display_name': 'python3', 'language': 'python', 'name': 'python3'}
    (folder / 'view.ipynb').write_text(
        json.dumps({'cells': [cell], 'metadata': {'kernelspec': kernel}, 'nbformat': 4, 'nbformat_minor': 5})
    )


def run_notebook(page, address: str) -> None:
    "Open the notebook in JupyterLab, run it and wait for the picture."
    page.goto(address, wait_until='domcontentloaded')
    page.wait_for_function(
        "() => window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'",
        timeout=60_000,
    )
    page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
    page.wait_for_selector('.jp-OutputArea .mfm .picture', timeout=60_000)
    page.wait_for_selector('.jp-OutputArea .noUi-handle')
    page.wait_for_function("() => document.querySelector('.mfm')?.player?.drawn > 0")


def key_to_picture(page, presses: int = 40) -> list[float]:
    "Milliseconds from an arrow key on the focused control until the canvas is painted, for each press."
    page.evaluate("""() => {
        const player = document.querySelector('.mfm').player, draw = player.draw.bind(player);
        window.waits = []; window.pressed = null;
        document.addEventListener('keydown', event => { window.pressed = event.timeStamp; }, true);
        player.draw = () => { draw(); const since = window.pressed; window.pressed = null;
                              const waited = () => window.waits.push(performance.now() - since);
                              if (since !== null) setTimeout(waited); }; }""")
    for press in range(presses):
        page.keyboard.press('ArrowRight' if press % 40 < 20 else 'ArrowLeft')
        page.wait_for_timeout(60)
    return page.evaluate('window.waits')


def playing_rate(page, seconds: float = 3.) -> float:
    "Pictures drawn per second while the page plays."
    page.evaluate("document.querySelector('.mfm').player.play(true)")
    page.wait_for_timeout(300)
    count = lambda: page.evaluate("[document.querySelector('.mfm').player.drawn, performance.now()]")
    before = count(); page.wait_for_timeout(1000*seconds); after = count()
    page.evaluate("document.querySelector('.mfm').player.play(false)")
    return 1000*(after[0] - before[0])/(after[1] - before[1])


def page_figures(chromium, path: Path) -> tuple[float, float, float, float]:
    """Size in kB, milliseconds to the first picture, pictures per second while playing, longest pause in
    ms while scrubbing.
    """
    page = chromium.new_page(viewport={'width': 900, 'height': 700})
    page.goto(path.as_uri())
    page.wait_for_selector('.mfm[data-frame]')
    first = page.evaluate("document.querySelector('.mfm').player.firstDrawn")
    longest = page.evaluate("""() => { const player = document.querySelector('.mfm').player, waits = [];
        for (let i = 0; i <= 60; i++) { const start = performance.now();
                                        player.seek(Math.round(i/60*(player.motion.T - 1))); player.draw();
                                        waits.push(performance.now() - start); }
        return Math.max(...waits); }""")
    page.evaluate("document.querySelector('.mfm').player.seek(0)")
    rate = playing_rate(page)
    page.close()
    return path.stat().st_size/1000, first, rate, longest


def main() -> None:
    "Measure and print."
    sys.path.insert(0, str(ROOT))
    from motionfm.view.player import save_html
    from motionfm.view.scene import make_scene, pack
    print(f"{'what':<58}{'measured':>12}   goal")
    def line(what, figure, goal=''): print(f'{what:<58}{figure:>12}   {goal}', flush=True)
    with TemporaryDirectory() as name, browser() as chromium:
        folder = Path(name)
        for n_frames in (60, 20_000):
            motion, visible = three(n_frames)
            start = time.perf_counter()
            scene = make_scene(*motion, visible=visible); pack(scene)
            packed, path = time.perf_counter() - start, folder/f'{n_frames}.html'
            save_html(scene, path)
            size, first, rate, longest = page_figures(chromium, path)
            label = f'{n_frames} frames x 3 skeletons: '
            line(label + 'packing in Python, ms', f'{1000*packed:.0f}')
            line(label + 'page, kB', f'{size:.1f}', 'under 100' if n_frames == 60 else '')
            line(label + 'time to first picture, ms', f'{first:.0f}')
            line(label + 'pictures/s while playing', f'{rate:.1f}')
            line(label + 'slowest picture in a scrub, ms', f'{longest:.1f}')
        for n_frames in (60, 20_000):
            (lab := folder/f'lab{n_frames}').mkdir()
            write_notebook(lab, n_frames=n_frames)
            with jupyterlab(lab) as address:
                measure_lab(chromium, address, f'JupyterLab, {n_frames} frames x 3: ', line)


def measure_lab(chromium, address: str, label: str, line) -> None:
    "Print the figures of one notebook."
    page = chromium.new_page(viewport={'width': 1200, 'height': 900})
    run_notebook(page, address)
    page.locator('.jp-OutputArea .noUi-handle').first.focus()
    waits = key_to_picture(page)
    line(label + f'key to picture, median of {len(waits)}, ms', f'{statistics.median(waits):.1f}', 'under 30')
    line(label + 'key to picture, slowest, ms', f'{max(waits):.1f}')
    start = page.evaluate(
        "() => { window.drawn = document.querySelector('.mfm').player.drawn; return performance.now(); }"
    )
    page.locator('.picture').first.focus(); page.keyboard.press('Space'); page.wait_for_timeout(2000)
    drawn, now = page.evaluate(
        "[document.querySelector('.mfm').player.drawn - window.drawn, performance.now()]"
    )
    line(label + 'pictures/s while playing', f'{1000*drawn/(now - start):.1f}')
    page.close()


if __name__ == '__main__': main()
