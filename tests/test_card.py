"""The model card tells what was measured."""
import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
specification = importlib.util.spec_from_file_location('card', ROOT/'tools'/'card.py')
card = importlib.util.module_from_spec(specification)
specification.loader.exec_module(card)


@pytest.mark.parametrize('path', [card.WEIGHTS/'MODEL_CARD.md', card.SITE], ids=lambda path: path.name)
def test_card_is_up_to_date(path):
    assert path.read_text() == card.pages()[path], 'run `python tools/card.py`'


def test_weights_are_small_enough_to_ship():
    assert sum(path.stat().st_size for path in card.WEIGHTS.iterdir()) < 20e6
