"The code of the guide runs, line by line, and its picture is what the code makes."

import sys

import numpy as np
import pytest
from conftest import ROOT

sys.path[:0] = [str(ROOT/'tools')]
from guide import code_of, PAGE, PICTURE  # noqa: E402


@pytest.fixture(scope='module')
def ran(tmp_path_factory):
    "The names that the page's code leaves behind, and where it ran."
    matplotlib = pytest.importorskip('matplotlib')
    pytest.importorskip('pandas')
    matplotlib.use('agg')
    folder, names = tmp_path_factory.mktemp('guide'), {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        exec(compile(code_of(PAGE), PAGE.name, 'exec'), names)
    return names, folder


def test_page_repairs_and_writes(ran):
    names, folder = ran
    done = names['motionfm'].read(folder/'reach_repaired.trc')
    assert np.isfinite(done.values).all() and np.isnan(names['trial'].values).any()
    assert done.markers == names['trial'].markers
    assert len(names['table']) == done.values.shape[0]*len(done.markers)


def test_band_is_wider_in_gaps(ran):
    names, _ = ran
    missing = np.isnan(names['recorded'])
    assert np.median(names['off'][missing]) > np.median(names['off'][~missing])
    assert np.isfinite(names['filled']).all()


def test_picture_is_the_one_that_the_code_makes(ran):
    image = pytest.importorskip('PIL.Image')
    made, kept = (np.asarray(image.open(path).convert('L'), float) for path in (ran[1]/'wrist.png', PICTURE))
    assert made.shape == kept.shape and np.abs(made - kept).mean() < 4, 'run python tools/guide.py'
