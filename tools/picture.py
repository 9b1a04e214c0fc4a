"""Make the moving pictures of the front page from a recording: `python tools/picture.py squats.trc`.

Seconds 1 to 7 get noise of two centimetres and gaps of both kinds, and are repaired with the weights that
ship. The film begins where the person stands upright and is seen. Run it after new weights.
"""
import sys
from pathlib import Path

import numpy as np

from motionfm.evaluation.scenarios import damage_trial
from motionfm.io.files import read_trial
from motionfm.reconstruct.pipeline import load_network, repair_positions
from motionfm.view.player import save_gif
from motionfm.view.scene import make_scene

FOLDER = Path(__file__).resolve().parent.parent/'nbs'/'images'
PICTURES = {'dark': FOLDER/'repair.gif', 'light': FOLDER/'repair_light.gif'}
FRAMES = 190   # of the film


def first_frame(truth: np.ndarray, visible: np.ndarray) -> int:
    "The first frame in which the person stands upright and all but one joint are seen."
    height = np.ptp(truth[..., 1], axis=1)
    shown = (height > .97*height.max()) & ((~visible).sum(1) <= 1)
    return int(np.argmax(shown[:-FRAMES]))


if __name__ == '__main__':
    clean = read_trial(sys.argv[1]).positions[60:420]
    (truth, damaged, visible, rate), = damage_trial('everything', clean, 60., seed=3)
    repaired = repair_positions(damaged, visible, load_network()).positions
    first = first_frame(truth, visible)
    film = slice(first, first + FRAMES)
    for theme, path in PICTURES.items():
        scene = make_scene(truth[film], damaged[film], repaired[film], rate=rate)
        save_gif(scene, path, theme=theme, beside=True, fps=12)
    error = 1000*np.linalg.norm(repaired - truth, axis=-1)[~visible].mean()
    print(f'{", ".join(path.name for path in PICTURES.values())}: missing samples are {error:.0f} mm off')
