"Write README.md from nbs/index.ipynb, so that the two say the same."
import re
from pathlib import Path

import nbformat
from nbconvert import MarkdownExporter

ROOT = Path(__file__).resolve().parent.parent
PLACE = r'((?:\w+/)?[\w.]+\.(?:ipynb|gif|png|md))'   # of a page or a picture below nbs/


def readme() -> str:
    "The text of README.md."
    notebook = nbformat.read(ROOT/'nbs'/'index.ipynb', as_version=4)
    notebook.cells = [cell for cell in notebook.cells if '#| hide' not in cell.source]
    for cell in notebook.cells:
        if cell.source.startswith('#| echo: false'): cell.metadata['transient'] = {'remove_source': True}
    notebook.metadata.language_info = {'name': 'python'}   # for the fences
    text, _ = MarkdownExporter().from_notebook_node(notebook)
    text = re.sub(rf'\]\({PLACE}\)', r'](nbs/\1)', text)
    text = re.sub(rf'(src|srcset)="{PLACE}"', r'\1="nbs/\2"', text)
    return re.sub(r'\n{3,}', '\n\n', text).strip() + '\n'


if __name__ == '__main__': (ROOT/'README.md').write_text(readme(), encoding='utf-8')
