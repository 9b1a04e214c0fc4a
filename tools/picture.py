"""Make the moving picture of the front page from a recording: `python tools/picture.py squats.trc`.

Seconds 1 to 4.3 get noise of two centimetres and gaps of both kinds, and are repaired with
the weights that ship. Run it after new weights.
"""
import sys
from pathlib import Path

import numpy as np

from motionfm.evaluation.scenarios import damage_trial
from motionfm.io.files import read_trial
from motionfm.reconstruct.pipeline import load_network, repair_positions
from motionfm.view.player import save_gif
from motionfm.view.scene import make_scene

PICTURE = Path(__file__).resolve().parent.parent/'nbs'/'images'/'repair.gif'

clean = read_trial(sys.argv[1]).positions[60:260]
(truth, damaged, visible, rate), = damage_trial('everything', clean, 60., seed=3)
repaired = repair_positions(damaged, visible, load_network()).positions
save_gif(make_scene(truth, damaged, repaired, rate=rate), PICTURE, beside=True, fps=12)
error = 1000*np.linalg.norm(repaired - truth, axis=-1)[~visible].mean()
print(f'{PICTURE}: missing samples are {error:.0f} mm off')
