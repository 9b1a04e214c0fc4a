"Build the site into _docs/: pages from the executed notebooks, a reference from their exported cells; rendered by Quarto, or else by smalldocs."
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html import escape
from itertools import groupby
from pathlib import Path

from api import EXPORTED, ROOT, Cell, Notebook, as_html, brackets, index, notebooks
from codelinks import scope_of, with_links

NUMBER = re.compile(r'\b\d\d_(\w+\.(?:ipynb|html))')   # pages are called after the module, without the number
TEST = re.compile(r'\b(assert\s|assert_\w+\(|test_\w+\(|np\.testing\.)')
FLAG = re.compile(r'--[\w-]+( [\w.,-]{1,12})?')
COLUMNS = re.compile(r'\S {2,}(?=\S)')
NAMES = index()
REGISTERED = {name.name for notebook in notebooks() for name in notebook.names if name.is_registered}


def command_of(name: str) -> str:
    "What a user types for a function that is a command."
    return name.removesuffix('_command').replace('_', '-')


COMMANDS = {command_of(name.name): f'{notebook.module}.html#{name.name}' for notebook in notebooks() for name in notebook.names if name.kind == 'command'}


def link_of(name: str, module: str, up: str = '') -> str | None:
    "The page and place of a public name; the own page goes before others, from which the names of scenarios and methods are not taken."
    modules = NAMES.get(name, [])
    if not modules or name in REGISTERED and module not in modules: return None
    return f'#{name}' if module in modules else f'{up}{modules[0]}.html#{name}'


def inline_code(text: str) -> str:
    "Code within a sentence; a flag stays on one line."
    kind = ' class="flag"' if FLAG.fullmatch(text) else ''
    return f'<code{kind}>{text}</code>'


def words_as_html(words: str, module: str, own: frozenset[str] = frozenset()) -> str:
    "A comment or a docstring, with links from names in backticks, but for the names of its `own` parameters."
    def code(found):
        target = None if found[1] in own else link_of(found[1], module)
        return f'<a href="{target}"><code>{found[1]}</code></a>' if target else inline_code(found[1])
    return re.sub(r'`([^`]+)`', code, escape(words, quote=False))


def words_as_markdown(text: str, module: str, up: str = '') -> str:
    "Prose with links from names and commands in backticks; headings, code and what is a link already stay as they are."
    def code(found):
        target = link_of(found[1], module, up)
        return f'[`{found[1]}`]({target})' if target else found[0]
    def command(found):
        target = COMMANDS.get(found[2])
        return f'[`{found[1]}`]({up}{target})' if target else found[0]
    text = re.sub(rf'`({FLAG.pattern})`(?!\]|`)', r'`\1`{.flag}', text)
    parts = re.split(r'(^```.*?^```|^#.*?$|\[[^\]]*\]\([^)]*\))', text, flags=re.DOTALL | re.MULTILINE)
    return ''.join(part if place % 2 else re.sub(r'`(motionfm ([\w-]+)[^`]*)`', command, re.sub(r'`(\w+)`', code, part)) for place, part in enumerate(parts))


def markdown_cell(source: str) -> dict: return {'cell_type': 'markdown', 'metadata': {}, 'source': source}


def with_ids(text: str, taken: set[str]) -> str:
    "Headings that are called like a function of the page get a place of their own."
    return re.sub(r'^(#+ (\w+))$', lambda found: f'{found[1]} {{#about-{found[2].lower()}}}' if found[2].lower() in taken else found[1], text, flags=re.MULTILINE)


def printed(output: dict) -> dict:
    "What a cell printed: lines in columns stay as they are, sentences may wrap."
    if output['output_type'] != 'stream' or output['name'] != 'stdout': return output
    lines = ''.join(output['text']).rstrip('\n').split('\n')
    blocks = [(found, list(block)) for found, block in groupby(lines, key=lambda line: bool(COLUMNS.search(line)))]
    tables = [found and len(block) > 1 for found, block in blocks]
    if not any(tables): return output
    texts = [escape('\n'.join(line.rstrip() for line in block)) for _, block in blocks]
    parts = [f'<pre class="{"columns" if is_table else "words"}"><code>{text}</code></pre>' for text, is_table in zip(texts, tables)]
    return {'output_type': 'display_data', 'metadata': {}, 'data': {'text/html': f'<div class="cell-output-stdout">{"".join(parts)}</div>'}}


def words_before(source: str) -> str:
    "The last paragraph of a text, or else its heading, without marks and not too long."
    paragraphs = [part for part in re.sub(r'^```.*?^```', '', source, flags=re.DOTALL | re.MULTILINE).split('\n\n') if not re.match(r'[|#>]|- |\d\. ', part)] or [source.lstrip('# ').split('\n')[0]]
    plain = re.sub(r'[`*]', '', re.sub(r'!?\[([^\]]*)\]\([^)]*\)', r'\1', ' '.join(paragraphs[-1].split())))
    sentences = re.split(r'(?<=[.!?:])\s+(?=[A-Z])', plain)
    while len(sentences) > 1 and len(' '.join(sentences)) > 200: sentences.pop()
    return ' '.join(sentences)


def alt_of(code: str, before: str) -> str:
    "What a picture shows, in words: its title, or else the text before it; and what its axes are."
    told = lambda call: [found[2] for found in re.finditer(rf'\b{call}(["\'])([^"\'{{}}]+)\1', code)]
    titles = told(r'(?:title=|set_title\(|suptitle\()')
    what, axes = '; '.join(dict.fromkeys(titles)) or words_before(before), [', '.join(dict.fromkeys(told(f'{axis}label='))) for axis in 'yx']
    return what + (f' ({" against ".join(axes)})' if all(axes) else '')


def with_words(output: dict, words: str) -> dict:
    "A drawing that tells what it shows to those who can't see it."
    data = output.get('data', {})
    if 'image/svg+xml' not in data: return output
    named = ''.join(data['image/svg+xml']).replace('<svg ', f'<svg role="img" aria-label="{escape(words)}" ', 1)
    return {**output, 'data': {**data, 'image/svg+xml': named}}


def folded(source: str, label: str) -> str:
    "Code that opens with a click."
    return f'<details class="source"><summary>{escape(label)}</summary>\n\n```python\n{source}\n```\n\n</details>'


def told(cell: Cell, module: str) -> list[dict]:
    "An exported cell for the reader: constants as they stand, each public name with what it takes and gives, the code behind a click."
    if cell.is_imports: return []
    parts = [f'```python\n{cell.constants}\n```'] if cell.constants else []
    anchors = ''.join(f'<a id="{name.name}"></a>' for name in cell.names if name.kind == 'constant')
    if anchors: parts.insert(0, anchors)
    public = [name for name in cell.names if name.kind != 'constant']
    for name in public:
        title = f'motionfm {command_of(name.name)}' if name.kind == 'command' else name.name
        own = frozenset(one.name for one in name.parameters)
        parts.append(f'### {title} {{#{name.name} .name}}\n\n{as_html(name, lambda words: words_as_html(words, module, own))}')
    label = ', '.join(cell.private) or ('options' if cell.are_options else 'details')
    if public or cell.private or not cell.constants: parts.append(folded(cell.rest, 'Code' if public else f'Code: {label}'))
    return [markdown_cell('\n\n'.join(parts))]


def page_of(notebook: Notebook, up: str = '') -> dict:
    "A notebook as a page: no hidden cells, no imports, exported cells told."
    title, subtitle = notebook.head
    front = f'---\ntitle: {json.dumps(title, ensure_ascii=False)}\nsubtitle: {json.dumps(subtitle, ensure_ascii=False)}\n---'
    cells, exported = [{'cell_type': 'raw', 'metadata': {}, 'source': front}], {cell.id: cell for cell in notebook.cells}
    taken, before = {name.name for name in notebook.names}, ''
    for cell in notebook.raw['cells'][1:]:
        source = ''.join(cell['source'])
        if cell['cell_type'] == 'markdown': before = source
        if cell['cell_type'] == 'markdown': cells.append(markdown_cell(words_as_markdown(with_ids(NUMBER.sub(r'\1', source), taken), notebook.module, up)))
        elif source.startswith(EXPORTED): cells += told(exported[cell['id']], notebook.module)
        elif not source.startswith(('#| hide', '#| default_exp')):
            shown = re.sub(r'^#\|.*\n', '', source, flags=re.MULTILINE)
            if not cell['outputs'] and TEST.search(shown): cells.append(markdown_cell(folded(shown, 'Test')))
            else:
                words = alt_of(shown, before)
                outputs = [with_words(printed(output), words) for output in cell['outputs']]
                if any('image/png' in output.get('data', {}) for output in outputs): shown = f'#| fig-alt: {json.dumps(words, ensure_ascii=False)}\n#| fig-align: left\n{shown}'
                cells.append({'cell_type': 'code', 'execution_count': None, 'metadata': {}, 'source': shown, 'outputs': outputs})
    return {'cells': cells, 'metadata': notebook.raw['metadata'], 'nbformat': 4, 'nbformat_minor': 4}


def reference() -> str:
    "One page with every public name."
    lines = ['---', 'title: Reference', 'subtitle: Every public name, by module. A click leads to what it takes and gives, with an example.', 'toc: true', '---', '']
    for notebook in notebooks():
        title, subtitle = notebook.head
        lines += [f'## motionfm.{notebook.module}', '', f'[{title}]({notebook.module}.html): {subtitle}', '', '<dl class="reference">']
        values = [name for name in notebook.names if name.kind == 'constant' and not name.words]
        for name in [name for name in notebook.names if name not in values]:
            lines.append(f'<dt><a href="{notebook.module}.html#{name.name}"><code>{name.name}</code></a><span class="type">{escape(brackets(name))}</span></dt>'
                         f'<dd>{words_as_html(name.words, "")}</dd>')
        lines += ['</dl>', '']
        shown = ', '.join(f'[`{name.name}`]({notebook.module}.html#{name.name})' for name in values)
        if values: lines += [f'Further values: {shown}', '']
    return '\n'.join(lines)


def pages() -> Iterator[tuple[Notebook, Path, str]]:
    "Notebooks, the place in the site of the page that each becomes, without an ending, and the way up from there."
    for path in (ROOT/'nbs').rglob('*.ipynb'):
        if '.ipynb_checkpoints' in path.parts: continue
        notebook, place = Notebook(path), path.relative_to(ROOT/'nbs')
        yield notebook, place.with_name(notebook.module), '../'*(len(place.parts) - 1)


def prepare(target: Path) -> None:
    "Write everything that the renderer needs."
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(ROOT/'nbs', target, symlinks=False, ignore=shutil.ignore_patterns('*.ipynb', '.ipynb_checkpoints', '__pycache__'))
    for notebook, place, up in pages(): (target/place).with_suffix('.ipynb').write_text(json.dumps(page_of(notebook, up)), encoding='utf-8')
    for path in target.rglob('*.md'):
        text = NUMBER.sub(r'\1', path.read_text(encoding='utf-8'))
        path.write_text(words_as_markdown(text, '', '../'*(len(path.relative_to(target).parts) - 1)), encoding='utf-8')
    (target/'reference.md').write_text(reference(), encoding='utf-8')
    config = target/'_quarto.yml'
    config.write_text(NUMBER.sub(r'\1', config.read_text(encoding='utf-8')), encoding='utf-8')


def render(target: Path) -> int:
    "Make HTML of it; the renderer's exit code."
    quarto = shutil.which('quarto')
    program = [quarto, 'render', target, '--no-execute'] if quarto else [Path(sys.executable).with_name('smalldocs'), 'render', target]
    return subprocess.run(program).returncode


def link_code(site: Path) -> None:
    "Let the code of each page lead to what it calls."
    for notebook, place, up in pages():
        page = (site/place).with_suffix('.html')
        page.write_text(with_links(page.read_text(encoding='utf-8'), scope_of(notebook, up)), encoding='utf-8')


if __name__ == '__main__':
    prepared = Path.cwd()/'_proc'
    prepare(prepared)
    if failed := render(prepared): sys.exit(failed)
    link_code(Path.cwd()/'_docs')
