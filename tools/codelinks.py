"Names of the package in the code of a rendered page become links to where they are described."
import ast
import re
from html import escape, unescape

from api import index, Notebook, notebooks

CODE = re.compile(r'(<code class="sourceCode python">)(.*?)(</code>)', re.DOTALL)
PIECE = re.compile(r'<[^>]*>|&[^;]+;|[^<&]', re.DOTALL)   # a tag, or what is one character for the reader


def scope_of(notebook: Notebook) -> dict[str, str]:
    "What the code of a notebook may call, and where it is described: name -> page and place."
    public, scope = index(), {name.name: f'#{name.name}' for name in notebook.names}
    page_of = {f'motionfm.{other.module}'.removesuffix('.__init__'): other.page for other in notebooks()}
    up = '../'*notebook.page.count('/')
    for cell in notebook.raw['cells']:
        source = ''.join(cell['source'])
        if cell['cell_type'] != 'code' or 'import' not in source: continue
        nodes = [node for tree in _parsed(source) for node in ast.walk(tree)]
        for node in (node for node in nodes if isinstance(node, ast.ImportFrom)):
            page = page_of.get(node.module or '')
            names = [one for one in node.names if page and page in public.get(one.name, [])]
            scope |= {one.asname or one.name: f'{up}{page}.html#{one.name}' for one in names}
    return scope


def _parsed(code: str) -> list[ast.Module]:
    "The code, if it is Python and nothing else."
    try: return [ast.parse(code)]
    except SyntaxError: return []


def _uses(code: str, scope: dict[str, str]) -> list[tuple[int, int, str]]:
    "Start, end and target of each name from elsewhere that the code uses and doesn't bind itself."
    found, lines, starts = [], code.split('\n'), [0]
    for line in lines: starts.append(starts[-1] + len(line) + 1)
    for tree in _parsed(code):
        nodes = list(ast.walk(tree))
        strings = [node for node in nodes if isinstance(node, ast.JoinedStr)]
        within = {id(part) for node in strings for part in ast.walk(node)}   # whose places are not known
        names = [node for node in nodes if isinstance(node, ast.Name)]
        bound = {node.id for node in names if not isinstance(node.ctx, ast.Load)}
        bound |= {node.arg for node in nodes if isinstance(node, ast.arg)}
        for node in names:
            if node.id not in scope or node.id in bound or id(node) in within: continue
            before = lines[node.lineno - 1].encode()[:node.col_offset].decode()
            start = starts[node.lineno - 1] + len(before)
            found.append((start, start + len(node.id), scope[node.id]))
    return sorted(found)


def with_links(page: str, scope: dict[str, str]) -> str:
    "A page in which code leads to what it calls."
    def linked(found: re.Match) -> str:
        pieces = PIECE.findall(found[2])
        starts = [number for number, piece in enumerate(pieces) if piece[0] != '<']   # of characters
        code = unescape(''.join(pieces[number] for number in starts))
        if len(code) != len(starts): return found[0]
        for start, end, target in _uses(code, scope):
            first, last = starts[start], starts[end - 1]
            if any(piece.startswith('<') for piece in pieces[first:last + 1]): continue
            pieces[first] = f'<a class="name" href="{escape(target)}">{pieces[first]}'
            pieces[last] += '</a>'
        return found[1] + ''.join(pieces) + found[3]
    return CODE.sub(linked, page)
