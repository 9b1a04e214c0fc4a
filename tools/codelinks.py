"Names of the package in the code of a rendered page become links to where they are told."
import ast
import re
from html import escape, unescape

from api import Notebook, index

CODE = re.compile(r'(<code class="sourceCode python">)(.*?)(</code>)', re.DOTALL)
PIECE = re.compile(r'<[^>]*>|&[^;]+;|[^<&]', re.DOTALL)   # a tag, or what is one character for the reader


def scope_of(notebook: Notebook, up: str = '') -> dict[str, str]:
    "What the code of a notebook may call, and where it is told: name -> page and place."
    public, scope = index(), {name.name: f'#{name.name}' for name in notebook.names}
    for cell in notebook.raw['cells']:
        source = ''.join(cell['source'])
        if cell['cell_type'] != 'code' or 'import' not in source: continue
        for node in (node for tree in _parsed(source) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)):
            module = node.module or ''
            if not (node.level or module.startswith('motionfm.')): continue
            home = module.removeprefix('motionfm.')
            scope |= {one.asname or one.name: f'{up}{home}.html#{one.name}' for one in node.names if home in public.get(one.name, [])}
    return scope


def _parsed(code: str) -> list[ast.Module]:
    "The code, if it is Python and nothing else."
    try: return [ast.parse(code)]
    except SyntaxError: return []


def _uses(code: str, scope: dict[str, str]) -> list[tuple[int, int, str]]:
    "Where the code calls names from elsewhere: start, end and target of each; a name that the code itself gives to something else is none."
    found, lines, starts = [], code.split('\n'), [0]
    for line in lines: starts.append(starts[-1] + len(line) + 1)
    for tree in _parsed(code):
        nodes = list(ast.walk(tree))
        within = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}   # their places are not told
        bound = {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)} | {node.arg for node in nodes if isinstance(node, ast.arg)}
        for node in nodes:
            if isinstance(node, ast.Name) and node.id in scope and node.id not in bound and id(node) not in within:
                start = starts[node.lineno - 1] + len(lines[node.lineno - 1].encode()[:node.col_offset].decode())
                found.append((start, start + len(node.id), scope[node.id]))
    return sorted(found)


def with_links(page: str, scope: dict[str, str]) -> str:
    "A page in which code leads to what it calls."
    def linked(found: re.Match) -> str:
        pieces = PIECE.findall(found[2])
        starts = [number for number, piece in enumerate(pieces) if not piece.startswith('<')]   # where each character of the code stands
        code = unescape(''.join(pieces[number] for number in starts))
        if len(code) != len(starts): return found[0]
        for start, end, target in _uses(code, scope):
            first, last = starts[start], starts[end - 1]
            if any(piece.startswith('<') for piece in pieces[first:last + 1]): continue
            pieces[first], pieces[last] = f'<a class="name" href="{escape(target)}">{pieces[first]}', f'{pieces[last]}</a>'
        return found[1] + ''.join(pieces) + found[3]
    return CODE.sub(linked, page)
