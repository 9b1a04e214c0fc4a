"Build the site into _docs/: pages from the notebooks, a reference from their exported cells."
import json
import re
import shutil
import subprocess
import sys
from functools import partial
from html import escape
from itertools import groupby
from pathlib import Path

from api import as_html, Cell, EXPORTED, index, Notebook, notebooks, pages, ROOT
from codelinks import scope_of, with_links
from reference import write_reference

NUMBER = re.compile(r'\b\d{2,3}_(\w+\.(?:ipynb|html))')   # pages have no numbers
TEST = re.compile(r'\b(assert\s|assert_\w+\(|test_\w+\(|np\.testing\.)')
FLAG = re.compile(r'--[\w-]+( [\w.,-]{1,12})?')
COLUMNS = re.compile(r'\S {2,}(?=\S)')
NAMES = index()
REGISTERED = {name.name for notebook in notebooks() for name in notebook.names if name.is_registered}


def command_of(name: str) -> str:
    "What a user types for a function that is a command."
    return name.removesuffix('_command').replace('_', '-')


COMMANDS = {command_of(name.name): f'reference/commands.html#{command_of(name.name).replace("-", "_")}'
            for notebook in notebooks() for name in notebook.names if name.kind == 'command'}


def up_from(page: str) -> str:
    "The way from a page to the top of the site."
    return '../'*page.count('/')


def link_of(name: str, page: str) -> str | None:
    "The page and place of a public name; names of scenarios and methods only on their own page."
    found = NAMES.get(name, [])
    if not found or name in REGISTERED and page not in found: return None
    return f'#{name}' if page in found else f'{up_from(page)}{found[0]}.html#{name}'


def inline_code(text: str) -> str:
    "Code within a sentence; a flag stays on one line."
    kind = ' class="flag"' if FLAG.fullmatch(text) else ''
    return f'<code{kind}>{text}</code>'


def words_as_html(words: str, page: str, own: frozenset[str] = frozenset()) -> str:
    "A comment or a docstring, with links from names in backticks, but for the names of its `own` parameters."
    def code(found):
        target = None if found[1] in own else link_of(found[1], page)
        return f'<a href="{target}"><code>{found[1]}</code></a>' if target else inline_code(found[1])
    return re.sub(r'`([^`]+)`', code, escape(words, quote=False))


def words_as_markdown(text: str, page: str) -> str:
    "Prose with links from names and commands in backticks, outside of headings, code and links."
    def code(found):
        target = link_of(found[1], page)
        return f'[`{found[1]}`]({target})' if target else found[0]
    def command(found):
        target = COMMANDS.get(found[2])
        return f'[`{found[1]}`]({up_from(page)}{target})' if target else found[0]
    text = re.sub(rf'`({FLAG.pattern})`(?!\]|`)', r'`\1`{.flag}', text)
    parts = re.split(r'(^```.*?^```|^#.*?$|\[[^\]]*\]\([^)]*\))', text, flags=re.DOTALL | re.MULTILINE)
    for place in range(0, len(parts), 2):
        named = re.sub(r'`(\w+)`', code, parts[place])
        parts[place] = re.sub(r'`(motionfm ([\w-]+)[^`]*)`', command, named)
    return ''.join(parts)


def markdown_cell(source: str) -> dict: return {'cell_type': 'markdown', 'metadata': {}, 'source': source}


def with_ids(text: str, taken: set[str]) -> str:
    "Headings that are called like a function of the page get a place of their own."
    def named(found: re.Match) -> str:
        name = found[2].lower()
        return f'{found[1]} {{#about-{name}}}' if name in taken else found[1]
    return re.sub(r'^(#+ (\w+))$', named, text, flags=re.MULTILINE)


def printed(output: dict) -> dict:
    "What a cell printed: lines in columns stay as they are, sentences may wrap."
    if output['output_type'] != 'stream' or output['name'] != 'stdout': return output
    lines = ''.join(output['text']).rstrip('\n').split('\n')
    in_columns = lambda line: bool(COLUMNS.search(line))   # noqa: E731
    blocks = [(found, list(block)) for found, block in groupby(lines, key=in_columns)]
    tables = [found and len(block) > 1 for found, block in blocks]
    if not any(tables): return output
    texts = [escape('\n'.join(line.rstrip() for line in block)) for _, block in blocks]
    kinds = ['columns' if is_table else 'words' for is_table in tables]
    parts = [f'<pre class="{kind}"><code>{text}</code></pre>' for text, kind in zip(texts, kinds)]
    page = f'<div class="cell-output-stdout">{"".join(parts)}</div>'
    return {'output_type': 'display_data', 'metadata': {}, 'data': {'text/html': page}}


def words_before(source: str) -> str:
    "The last paragraph of a text, or else its heading, without marks and not too long."
    text = re.sub(r'^```.*?^```', '', source, flags=re.DOTALL | re.MULTILINE)
    paragraphs = [part for part in text.split('\n\n') if not re.match(r'[|#>]|- |\d\. ', part)]
    paragraphs = paragraphs or [source.lstrip('# ').split('\n')[0]]
    plain = re.sub(r'[`*]', '', re.sub(r'!?\[([^\]]*)\]\([^)]*\)', r'\1', ' '.join(paragraphs[-1].split())))
    sentences = re.split(r'(?<=[.!?:])\s+(?=[A-Z])', plain)
    while len(sentences) > 1 and len(' '.join(sentences)) > 200: sentences.pop()
    return ' '.join(sentences)


def alt_of(code: str, before: str) -> str:
    "What a picture shows, in words: its title, or else the text before it; and what its axes are."
    named = lambda call: [found[2] for found in re.finditer(rf'\b{call}(["\'])([^"\'{{}}]+)\1', code)]
    titles = named(r'(?:title=|set_title\(|suptitle\()')
    what = '; '.join(dict.fromkeys(titles)) or words_before(before)
    axes = [', '.join(dict.fromkeys(named(f'{axis}label='))) for axis in 'yx']
    return what + (f' ({" against ".join(axes)})' if all(axes) else '')


def with_words(output: dict, words: str) -> dict:
    "A drawing that tells what it shows to those who can't see it."
    data = output.get('data', {})
    if 'image/svg+xml' not in data: return output
    label = f'<svg role="img" aria-label="{escape(words)}" '
    named = ''.join(data['image/svg+xml']).replace('<svg ', label, 1)
    return {**output, 'data': {**data, 'image/svg+xml': named}}


def without_stills(outputs: list[dict]) -> list[dict]:
    "What a cell shows, without the pictures that stand in for players where scripts are stripped."
    moves = ['class="mfm-kept' in ''.join(one.get('data', {}).get('text/html', '')) for one in outputs]
    return [one for one, next_moves in zip(outputs, [*moves[1:], False])
            if not (next_moves and 'image/png' in one.get('data', {}))]


def folded(source: str, label: str) -> str:
    "Code that opens with a click."
    code = f'```python\n{source}\n```'
    return f'<details class="source"><summary>{escape(label)}</summary>\n\n{code}\n\n</details>'


def described(cell: Cell, page: str) -> list[dict]:
    "An exported cell for the reader: constants, public names with their parameters, code behind a click."
    if cell.is_imports: return []
    parts = [f'```python\n{cell.constants}\n```'] if cell.constants else []
    anchors = ''.join(f'<a id="{name.name}"></a>' for name in cell.names if name.kind == 'constant')
    if anchors: parts.insert(0, anchors)
    public = [name for name in cell.names if name.kind != 'constant']
    for name in public:
        title = f'motionfm {command_of(name.name)}' if name.kind == 'command' else name.name
        own = frozenset(one.name for one in name.parameters)
        html = as_html(name, partial(words_as_html, page=page, own=own))
        parts.append(f'### {title} {{#{name.name} .name}}\n\n{html}')
    label = ', '.join(cell.private) or ('options' if cell.are_options else 'details')
    if public or cell.private or not cell.constants:
        parts.append(folded(cell.rest, 'Code' if public else f'Code: {label}'))
    return [markdown_cell('\n\n'.join(parts))]


def with_both_pictures(text: str) -> str:
    "A picture that is there for light and for dark pages, as two of which the page shows one."
    def both(found: re.Match) -> str:
        dark = re.search(r'srcset="([^"]+)"', found[0])[1]
        light, words = re.search(r'src="([^"]+)"', found[0])[1], re.search(r'alt="([^"]+)"', found[0])[1]
        return '\n'.join(f'![{words}]({path}){{.hero .{theme}-content}}'
                         for theme, path in (('light', light), ('dark', dark)))
    return re.sub(r'<picture>.*?</picture>', both, text, flags=re.DOTALL)


def page_of(notebook: Notebook) -> dict:
    "A notebook as a page: no hidden cells, no imports, exported cells described."
    title, subtitle = notebook.head
    quoted = partial(json.dumps, ensure_ascii=False)
    front = f'---\ntitle: {quoted(title)}\nsubtitle: {quoted(subtitle)}\n---'
    cells = [{'cell_type': 'raw', 'metadata': {}, 'source': front}]
    exported = {cell.id: cell for cell in notebook.cells}
    taken, before = {name.name for name in notebook.names}, ''
    for cell in notebook.raw['cells'][1:]:
        source = ''.join(cell['source'])
        if cell['cell_type'] == 'markdown': before = source
        if cell['cell_type'] == 'markdown':
            text = words_as_markdown(with_ids(NUMBER.sub(r'\1', source), taken), notebook.page)
            if cell['id'] == 'doors': text = f'::: {{.doors}}\n{text.replace(" · ", " ")}\n:::'
            text = with_both_pictures(text)
            cells.append(markdown_cell(text))
        elif source.startswith(EXPORTED): cells += described(exported[cell['id']], notebook.page)
        elif not source.startswith(('#| hide', '#| default_exp')):
            shown = re.sub(r'^#\|.*\n', '', source, flags=re.MULTILINE)
            if source.startswith('#| echo: false'): shown = f'#| echo: false\n{shown}'
            if not cell['outputs'] and TEST.search(shown): cells.append(markdown_cell(folded(shown, 'Test')))
            else:
                words = alt_of(shown, before)
                outputs = [with_words(printed(output), words) for output in without_stills(cell['outputs'])]
                if any('image/png' in output.get('data', {}) for output in outputs):
                    shown = f'#| fig-alt: {quoted(words)}\n#| fig-align: left\n{shown}'
                cells.append({'cell_type': 'code', 'execution_count': None, 'metadata': {},
                              'source': shown, 'outputs': outputs})
    return {'cells': cells, 'metadata': notebook.raw['metadata'], 'nbformat': 4, 'nbformat_minor': 4}


def prepare(target: Path) -> None:
    "Write everything that the renderer needs."
    shutil.rmtree(target, ignore_errors=True)
    ignored = shutil.ignore_patterns('*.ipynb', '.ipynb_checkpoints', '__pycache__')
    shutil.copytree(ROOT/'nbs', target, symlinks=False, ignore=ignored)
    for notebook in pages():
        (target/f'{notebook.page}.ipynb').write_text(json.dumps(page_of(notebook)), encoding='utf-8')
    for path in target.rglob('*.md'):
        text, page = NUMBER.sub(r'\1', path.read_text(encoding='utf-8')), path.relative_to(target).as_posix()
        path.write_text(words_as_markdown(text, page), encoding='utf-8')
    write_reference(target, words_as_html)
    config = target/'_quarto.yml'
    config.write_text(NUMBER.sub(r'\1', config.read_text(encoding='utf-8')), encoding='utf-8')


def render(target: Path) -> int:
    "Make HTML of it; the renderer's exit code."
    quarto = shutil.which('quarto')
    if quarto: return subprocess.run([quarto, 'render', target, '--no-execute']).returncode
    return subprocess.run([Path(sys.executable).with_name('smalldocs'), 'render', target]).returncode


def link_code(site: Path) -> None:
    "Let the code of each page lead to what it calls."
    for notebook in pages():
        page = site/f'{notebook.page}.html'
        page.write_text(with_links(page.read_text(encoding='utf-8'), scope_of(notebook)), encoding='utf-8')


INSIDE = ('body/', 'io/', 'data/', 'estimate/', 'learn/', 'reconstruct/', 'evaluation/', 'view/', 'cli/',
          'reference/modules/')
FOR_USERS = {'cli/api.html', 'cli/main.html'}   # among these


def users_first(site: Path) -> None:
    "Let the search find pages for users before those about the inside: their headings weigh less."
    path = site/'search.json'
    entries = json.loads(path.read_text(encoding='utf-8'))
    for entry in entries:
        page = entry['href'].removeprefix('./').partition('#')[0]
        if not page.startswith(INSIDE) or page in FOR_USERS: continue
        entry['title'] = ' · '.join(filter(None, ['How it works', entry['title'], entry['section']]))
        entry['section'] = ''
    path.write_text(json.dumps(entries, ensure_ascii=False), encoding='utf-8')


if __name__ == '__main__':
    prepared = Path.cwd()/'_proc'
    prepare(prepared)
    if failed := render(prepared): sys.exit(failed)
    link_code(Path.cwd()/'_docs')
    users_first(Path.cwd()/'_docs')
