"Run the code of the guide's page on Python, and make its picture: `python tools/guide.py`."
import os
import re
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

NBS = Path(__file__).resolve().parent.parent/'nbs'
PAGE, PICTURE = NBS/'guide'/'python.md', NBS/'images'/'wrist.png'


def code_of(page: Path) -> str:
    "The code of a page, all of it, as one program."
    return '\n'.join(re.findall(r'^```python\n(.*?)^```', page.read_text(encoding='utf-8'), re.M | re.S))


if __name__ == '__main__':
    import matplotlib
    matplotlib.use('agg')
    with TemporaryDirectory() as folder:
        os.chdir(folder)
        exec(compile(code_of(PAGE), PAGE.name, 'exec'), {})
        shutil.copyfile('wrist.png', PICTURE)
        os.chdir(NBS)
    print(PICTURE)
