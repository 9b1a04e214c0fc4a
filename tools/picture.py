"""Make the moving picture of the front page: `python tools/picture.py squats.trc`, a recording of two cameras.

Seconds 1 to 4.3 get noise of two centimetres and gaps of both kinds, and are repaired with the weights that ship. Run it after new weights.
"""
import sys
from pathlib import Path

import numpy as np

from motionfm.evaluate import damaged_parts
from motionfm.formats import read_trial
from motionfm.reconstruct import load_network, repair
from motionfm.view import make_scene, save_gif

PICTURE = Path(__file__).resolve().parent.parent/'nbs'/'images'/'repair.gif'

(truth, damaged, visible, rate), = damaged_parts('everything', read_trial(sys.argv[1]).positions[60:260], 60., seed=3)
repaired = repair(damaged, visible, load_network())
save_gif(make_scene(truth, damaged, repaired, rate=rate), PICTURE, beside=True, fps=12)
print(f'{PICTURE}: missing samples are {1000*np.linalg.norm(repaired - truth, axis=-1)[~visible].mean():.0f} mm off')
