// The review of a repair: a list of what there is to decide, the player, and the curves of one point.
// It stands below player.js in one module. Two hosts: a page calls `mountReview(element, data)`; anywidget calls `render`.
// `data` is what `pack_review` in nbs/view/807_review.ipynb makes; a page holds all curves, a kernel is asked for those of one point.

const REVIEW_STYLE = `
.mfr-box{container-type:inline-size}
.mfr{--bg:#14171c;--ink:#e8eaed;--dim:#9aa0a8;--line:#343a44;--box:#20252d;--on:#35507a;--focus:#7db3ff;--ok:#3ddc84;
 display:grid;grid-template:auto minmax(0,1fr)/minmax(240px,21rem) minmax(0,1fr);height:var(--tall,100vh);box-sizing:border-box;
 background:var(--bg);color:var(--ink);font:13px/1.35 system-ui,"DejaVu Sans",sans-serif;outline:none}
.mfr[data-theme=light]{--bg:#fff;--ink:#1b1e23;--dim:#5d646e;--line:#d5d9df;--box:#f1f3f6;--on:#cfe0fb;--focus:#1a66d9;--ok:#087a3b}
.mfr *{box-sizing:border-box}
.mfr .top{grid-column:1/-1;display:flex;flex-wrap:wrap;gap:4px 12px;align-items:center;padding:6px 8px;border-bottom:1px solid var(--line)}
.mfr .top .keys{color:var(--dim);margin-left:auto}
.mfr .list{position:relative;overflow-y:auto;border-right:1px solid var(--line);min-height:0}
.mfr .list>div{position:relative}
.mfr .row{position:absolute;left:0;right:0;height:42px;padding:3px 8px 3px 26px;border-bottom:1px solid var(--line);cursor:pointer;overflow:hidden}
.mfr .row[aria-selected=true]{background:var(--on)}
.mfr .row b{float:right;font-weight:400;font-variant-numeric:tabular-nums}
.mfr .row strong,.mfr .row span{display:block;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.mfr .row strong{font-weight:600}
.mfr .row span{color:var(--dim);font-size:12px}
.mfr .row[aria-selected=true] span{color:inherit}
.mfr .never{margin:8px;color:var(--dim);font-size:12px;overflow-wrap:anywhere}
.mfr .row i{position:absolute;left:8px;top:4px;font-style:normal;color:var(--ok)}
.mfr .work{display:flex;flex-direction:column;min-height:0;min-width:0;overflow-y:auto}
.mfr .stage{flex:1 0 auto;display:flex}
.mfr .picture{min-height:240px}
.mfr .stage>.mfm{flex:1;min-width:0}
.mfr .panel{display:flex;flex-direction:column;gap:5px;padding:6px 8px;border-top:1px solid var(--line)}
.mfr .panel>div{display:flex;flex-wrap:wrap;gap:4px 8px;align-items:center}
.mfr .what{min-height:1.35em;font-variant-numeric:tabular-nums}
.mfr .curves{display:block;width:100%;height:264px;flex:none;cursor:crosshair;touch-action:pan-y}
.mfr button,.mfr input[type=text]{font:inherit;color:var(--ink);background:var(--box);border:1px solid var(--line);border-radius:4px;
 padding:1px 7px;min-height:26px}
.mfr input.note::placeholder{color:var(--dim);opacity:1}
.mfr button{cursor:pointer}.mfr button:disabled{opacity:.4;cursor:default}
.mfr button[aria-pressed=true]{background:var(--on);border-color:var(--focus)}
.mfr button u{text-underline-offset:2px}
.mfr .methods i{display:inline-block;width:12px;height:3px;border-radius:2px;margin-right:5px;vertical-align:middle}
.mfr .end{display:flex;flex:1 1 220px;gap:6px;align-items:center;min-width:0}
.mfr .end input{flex:1;min-width:60px;margin:0;height:22px;appearance:none;-webkit-appearance:none;background:none;cursor:pointer}
.mfr .end input:disabled{cursor:default;opacity:.4}
.mfr .end input::-webkit-slider-runnable-track{height:4px;border-radius:2px;background:var(--line)}
.mfr .end input::-webkit-slider-thumb{-webkit-appearance:none;width:16px;height:16px;margin-top:-6px;border-radius:8px;background:var(--focus)}
.mfr .end input::-moz-range-track{height:4px;border-radius:2px;background:var(--line)}
.mfr .end input::-moz-range-thumb{width:16px;height:16px;border:0;border-radius:8px;background:var(--focus)}
.mfr .end output{min-width:7.5em;font-variant-numeric:tabular-nums}
.mfr .note{flex:1;min-width:120px}
.mfr :focus-visible{outline:2px solid var(--focus);outline-offset:-1px}
@container (max-width:720px){
 .mfr{grid-template:auto auto auto/minmax(0,1fr);height:auto}
 .mfr .top .keys{display:none}
 .mfr .list{height:218px;border-right:0;border-bottom:1px solid var(--line)}
 .mfr .stage{order:3}.mfr .panel{border-top:0}.mfr .curves{height:240px}}`;

const METHODS = {motionfm: 'motionfm', spline: 'Spline', rigid: 'Rigid body', pattern: 'Pattern', regression: 'Regression',
                 recorded: 'As recorded', blank: 'Blank'};   // as `FILLS` in nbs/reconstruct/612_decisions.ipynb
const LINES = {
  dark: {motionfm: '#3ddc84', spline: '#ffd166', rigid: '#c792ea', pattern: '#56c8ff', regression: '#ff9e64', recorded: '#ff4d4d', blank: '#9aa0a8'},
  light: {motionfm: '#0a9a4b', spline: '#9a7400', rigid: '#8a3fc0', pattern: '#0b7fc4', regression: '#c45a00', recorded: '#e02020', blank: '#5d646e'}};
const ROW = 42, MARGIN = 52;    // px: height of a row; room for the scale left of the curves

// ---- what was decided: by the number of the item; each step can be taken back

class Choices {
  constructor(items, entries) {
    this.items = items; this.all = new Map(); this.history = []; this.others = [];
    const key = e => JSON.stringify([e.kind, e.points, e.first_frame, e.last_frame]);
    const places = new Map(items.map((item, i) => [key(item), i]));
    for (const entry of entries) {
      const i = places.get(key(entry)), {method = '', note = '', by = '', when = ''} = entry;
      if (i === undefined) this.others.push(entry);     // about something that this repair does not have: kept as it is
      else this.all.set(i, {method, note, by, when, from: entry.from_frame ?? entry.first_frame, to: entry.to_frame ?? entry.last_frame});
    }
  }
  get(i) {
    const item = this.items[i];
    return this.all.get(i) || {method: '', note: '', by: '', when: '', from: item.first_frame, to: item.last_frame};
  }
  set(i, change, by, when = new Date().toISOString().slice(0, 19) + 'Z') {
    this.history.push([i, this.all.get(i)]);
    this.all.set(i, {...this.get(i), ...change, by, when});
  }
  undo() {      // the number of the item that is as before, or null
    const last = this.history.pop();
    if (!last) return null;
    if (last[1]) this.all.set(...last); else this.all.delete(last[0]);
    return last[0];
  }
  moved(i) { const {from, to} = this.get(i), item = this.items[i]; return from !== item.first_frame || to !== item.last_frame; }
  get decided() { let n = 0; for (const choice of this.all.values()) n += choice.method !== ''; return n; }
  entries() {   // as the file has them
    const made = [...this.all].filter(([, choice]) => choice.method || choice.note).sort((a, b) => a[0] - b[0]);
    return [...made.map(([i, {method, from, to, note, by, when}]) => {
      const {kind, points, first_frame, last_frame} = this.items[i];
      return {kind, points, first_frame, last_frame, method, from_frame: from, to_frame: to, note, by, when};
    }), ...this.others];
  }
}

function valueAt(frames, values, t) {   // between samples straight; null where one of them is missing
  let low = 0, high = frames.length - 1;
  if (!(t >= frames[0] && t <= frames[high])) return null;
  while (high - low > 1) { const middle = (low + high) >> 1; if (frames[middle] <= t) low = middle; else high = middle; }
  if (t === frames[low]) return values[low];
  if (t === frames[high]) return values[high];
  if (values[low] === null || values[high] === null) return null;
  return values[low] + (values[high] - values[low]) * (t - frames[low]) / (frames[high] - frames[low]);
}

// ---- the curves: x, y, z of one point over time

class Curves {
  constructor(review) {
    this.review = review;
    this.canvas = element('canvas', {class: 'curves', role: 'img', 'aria-label': 'x, y and z of the point over time'});
    const go = event => review.seek(this.frameAt(event.offsetX));
    this.canvas.addEventListener('pointerdown', event => { this.canvas.setPointerCapture(event.pointerId); go(event); });
    this.canvas.addEventListener('pointermove', event => { if (event.buttons) go(event); });
  }
  measure() {   // once for each picture: asking the page for its size is slow
    const frames = this.review.detail?.frames || [0];
    this.width = Math.max(this.canvas.clientWidth - MARGIN - 8, 1);
    this.ends = [frames[0], Math.max(frames[frames.length - 1], frames[0] + 1)];
  }
  x(t) { const [first, last] = this.ends; return MARGIN + (t - first) / (last - first) * this.width; }
  request() { if (!this.waiting) { this.waiting = true; requestAnimationFrame(() => { this.waiting = false; this.draw(); }); } }
  frameAt(x) {
    if (!this.review.detail) return this.review.frame;
    const [first, last] = this.ends;
    return clamp(Math.round(first + (x - MARGIN) / this.width * (last - first)), first, last);
  }
  path(pen, frames, values, y, half = 0.5) {   // a line with holes; a sample alone is a dot
    pen.beginPath();
    frames.forEach((t, n) => {
      if (values[n] === null) return;
      const [x, height] = [this.x(t), y(values[n])];
      if (n && values[n - 1] !== null) pen.lineTo(x, height);
      else { pen.moveTo(x, height); if (n + 1 === frames.length || values[n + 1] === null) pen.lineTo(x + half, height); }
    });
    pen.stroke();
  }
  scaleOf(axis, sign, top, tall) {    // one scale for all that is drawn, growing upwards as the file's axis does
    const {detail} = this.review, all = [detail.recorded[axis], detail.repaired[axis]];
    for (const {path} of Object.values(detail.candidates)) all.push(path[axis]);
    let low = Infinity, high = -Infinity;
    for (const values of all) for (const v of values) if (v !== null) { low = Math.min(low, sign * v); high = Math.max(high, sign * v); }
    if (low > high) [low, high] = [0, 1];
    const room = Math.max((high - low) * 0.08, 20);
    low -= room; high += room;
    return {low, high, y: v => top + tall - (clamp(sign * v, low, high) - low) / (high - low) * tall};
  }
  band(pen, axis, y, chosen) {  // what is chosen, and where two of three errors end
    const {frames, repaired, uncertainty} = this.review.detail;
    this.bandOf(pen, frames, repaired[axis], chosen?.off ? uncertainty.map((off, n) => frames[n] >= chosen.frames[0] && frames[n] <= chosen.frames[chosen.frames.length - 1] ? null : off) : uncertainty, y);
    if (chosen?.off) this.bandOf(pen, chosen.frames, chosen.path[axis], chosen.off, y);
  }
  bandOf(pen, frames, path, off, y) {
    pen.beginPath();
    for (let n = 0; n < frames.length - 1; n++) {
      const [a, b, da, db] = [path[n], path[n + 1], off[n] || 0, off[n + 1] || 0];
      if (a === null || b === null || !(da || db)) continue;
      pen.moveTo(this.x(frames[n]), y(a - da)); pen.lineTo(this.x(frames[n + 1]), y(b - db));
      pen.lineTo(this.x(frames[n + 1]), y(b + db)); pen.lineTo(this.x(frames[n]), y(a + da));
    }
    pen.fill();
  }
  draw() {
    const {review, canvas} = this, pen = fitCanvas(canvas), {detail} = review, theme = THEMES[review.theme], lines = LINES[review.theme];
    const w = canvas.clientWidth, h = canvas.clientHeight;
    if (!w) return;
    this.measure();
    pen.fillStyle = theme.bg; pen.fillRect(0, 0, w, h);
    pen.font = '11px system-ui,"DejaVu Sans",sans-serif'; pen.textBaseline = 'middle';
    if (!detail) { pen.fillStyle = theme.dim; pen.fillText(review.item ? review.silence() : '', MARGIN, 20); return; }
    const tall = (h - 26) / 3 - 6, {from, to} = review.choices.get(review.current), chosen = review.chosenPath();
    const [first, last] = this.ends, span = (a, b) => [this.x(Math.max(a - 0.5, first)), this.x(Math.min(b + 0.5, last))];
    for (let row = 0; row < 3; row++) {     // x, y and z of the file; the data have y up
      const code = review.data.scene.axes[row], axis = Math.abs(code) - 1;
      const top = 4 + row * (tall + 6), scale = this.scaleOf(axis, Math.sign(code), top, tall), {y} = scale;
      pen.fillStyle = theme.gap; pen.fillRect(MARGIN, top, this.width, tall);
      const [left, right] = span(review.item.start, review.item.stop - 1), [a, b] = span(review.indexOf(from), review.lastOf(to));
      pen.fillStyle = review.theme === 'dark' ? '#ffffff14' : '#0000000f'; pen.fillRect(left, top, right - left, tall);
      pen.fillStyle = review.theme === 'dark' ? '#7db3ff22' : '#1a66d91c'; pen.fillRect(a, top, b - a, tall);
      pen.fillStyle = lines[chosen?.off ? chosen.method : 'motionfm'] + '33'; this.band(pen, axis, y, chosen);
      pen.lineWidth = 1; pen.setLineDash([]);
      for (const [name, {frames, path}] of Object.entries(detail.candidates)) { pen.strokeStyle = lines[name]; this.path(pen, frames, path[axis], y); }
      pen.lineWidth = 1.2; pen.strokeStyle = lines.motionfm; this.path(pen, detail.frames, detail.repaired[axis], y);
      pen.lineWidth = 1.2; pen.strokeStyle = lines.recorded; this.path(pen, detail.frames, detail.recorded[axis], y, 2);
      if (chosen) {
        pen.lineWidth = 2.6; pen.strokeStyle = lines[chosen.method]; pen.setLineDash(chosen.preview ? [6, 4] : []);
        this.path(pen, chosen.frames, chosen.path[axis], y); pen.setLineDash([]);
      }
      pen.fillStyle = theme.dim; pen.textAlign = 'right';
      pen.fillText(`${Math.round(scale.high / 10)}`, MARGIN - 5, top + 6); pen.fillText(`${Math.round(scale.low / 10)}`, MARGIN - 5, top + tall - 6);
      pen.fillStyle = theme.ink; pen.fillText(`${'xyz'[row]} mm`, MARGIN - 5, top + tall / 2);
    }
    this.drawFrames(pen, theme, first, last, h);
  }
  drawFrames(pen, theme, first, last, h) {
    const {review} = this, now = this.x(review.frame);
    pen.fillStyle = theme.dim;
    [[first, 'left'], [last, 'right']].forEach(([t, align]) => { pen.textAlign = align; pen.fillText(`frame ${review.numberOf(t)}`, this.x(t), h - 9); });
    if (review.frame < first || review.frame > last) return;
    pen.fillStyle = theme.ink; pen.fillRect(now - 0.75, 2, 1.5, h - 20);
  }
}

// ---- the review

class Review {
  constructor(host, data, link = {}) {
    this.host = host; this.data = data; this.link = link; this.current = -1; this.detail = null; this.theme = data.scene.theme ?? hostTheme(); this.painted = new Map();
    this.choices = new Choices(data.items, data.decisions);
    this.details = new Map(Object.entries(data.details || {}).map(([i, detail]) => [+i, detail]));
    this.build();
    this.select(0);
  }
  get item() { return this.data.items[this.current]; }
  get frame() { const {shown} = this.data, at = this.player.state.frame; return shown ? shown[at] : at; }
  numberOf(index) { const {numbers} = this.data; return Array.isArray(numbers) ? numbers[index] : numbers + index; }
  indexOf(number) { const {numbers} = this.data; return Array.isArray(numbers) ? numbers.indexOf(number) : number - numbers; }
  lastOf(number) { const {numbers} = this.data; return Array.isArray(numbers) ? numbers.lastIndexOf(number) : number - numbers; }   // a number may stand twice
  silence() { return this.data.live ? '…' : 'This page holds no curves of this one; open the review in JupyterLab.'; }

  // -- parts
  build() {
    const {data} = this;
    this.root = element('div', {class: 'mfr', 'data-theme': this.theme, 'data-lm-suppress-shortcuts': 'true', tabindex: -1});
    if (data.height) this.root.style.setProperty('--tall', `${data.height}px`);
    this.root.review = this;
    this.root.append(element('style', {}, REVIEW_STYLE), this.buildTop(), this.buildList(), this.buildWork());
    this.host.classList.add('mfr-box');
    this.host.replaceChildren(this.root);
    this.root.addEventListener('keydown', event => this.onKey(event), true);
    this.abort = new AbortController();   // on a page of its own the keys work before anything was clicked
    if (!data.live) document.addEventListener('keydown', event => { if (!this.root.contains(event.target)) this.onKey(event); }, {signal: this.abort.signal});
    this.sizes = new ResizeObserver(() => { this.drawRows(); this.curves.request(); });
    for (const part of [this.curves.canvas, this.list]) this.sizes.observe(part);
  }
  buildTop() {
    const {data} = this;
    this.progress = element('span', {class: 'decided', role: 'status'});
    this.who = element('input', {type: 'text', 'aria-label': 'Who decides', value: data.by, size: 10});
    this.saved = element('span', {class: 'saved', role: 'status'});
    const parts = [element('strong', {}, data.title), this.progress, element('label', {}, 'by ', this.who)];
    if (!data.live) parts.push(this.button('Save', `save ${data.file}`, () => this.save()), this.buildOpen());
    const keys = '↑ ↓ choose · A accept, next · M other method · B blank · N note · U undo · Space plays · ← → frame';
    return element('div', {class: 'top'}, ...parts, this.saved, element('span', {class: 'keys'}, keys));
  }
  buildOpen() {     // decisions of an earlier session
    const file = element('input', {type: 'file', accept: '.json,application/json', hidden: '', 'aria-label': 'File of decisions'});
    file.addEventListener('change', async () => { if (file.files[0]) this.open(await file.files[0].text(), file.files[0].name); file.value = ''; });
    return element('span', {}, file, this.button('Open', 'go on with a file of decisions', () => file.click()));
  }
  button(text, label, action) {
    const node = element('button', {type: 'button', 'aria-label': label, title: label});
    node.append(...(Array.isArray(text) ? text : [text]));
    node.addEventListener('click', event => { action(); if (event.detail) this.list.focus({preventScroll: true}); });   // so that space plays
    return node;
  }
  buildList() {
    this.rows = element('div');
    this.rows.style.height = `${ROW * this.data.items.length}px`;
    this.list = element('div', {class: 'list', role: 'listbox', tabindex: 0, 'aria-label': 'What there is to decide, the least certain first'}, this.rows);
    const {never = []} = this.data;     // these have no rows: there is nothing to decide
    if (never.length) this.list.append(element('p', {class: 'never'}, `Never seen and left blank: ${never.join(', ')}`));
    this.list.addEventListener('scroll', () => this.drawRows());
    this.rows.addEventListener('click', event => {
      const row = event.target.closest('.row');
      if (row) { this.select(+row.dataset.item); this.list.focus({preventScroll: true}); }
    });
    return this.list;
  }
  buildWork() {
    const stage = element('div', {class: 'stage'});
    this.player = mount(stage, this.data.scene, {part: 'picture', gutter: 52, onFrame: () => this.curves.request(), onTheme: theme => this.dress(theme)});
    this.player.motion.frameLabel = at => {
      const index = this.data.shown ? this.data.shown[at] : at, last = this.data.frames - 1;
      return frameWords(this.numberOf(index), this.numberOf(0), this.numberOf(last), this.secondsAt(index));
    };
    this.player.request();
    this.curves = new Curves(this);
    return element('div', {class: 'work'}, stage, this.buildPanel(), this.curves.canvas);
  }
  buildPanel() {
    this.what = element('div', {class: 'what'});
    this.methods = {};
    const methods = element('div', {class: 'methods', role: 'group', 'aria-label': 'Method'}), key = (letter, rest) => [element('u', {}, letter), rest];
    methods.append(this.accept = this.button(key('A', 'ccept, next'), 'accept, and on to the next (A)', () => this.acceptIt()));
    for (const [name, text] of Object.entries(METHODS)) {
      const swatch = element('i', {'data-line': name}), label = name === 'blank' ? 'leave blank (B)' : `fill by ${text}`;
      methods.append(this.methods[name] = this.button([swatch, text], label, () => this.choose(name)));
    }
    methods.append(this.back = this.button(key('U', 'ndo'), 'undo (U)', () => this.undo()));
    this.note = element('input', {type: 'text', class: 'note', 'aria-label': 'Note (N)', placeholder: 'Note (N): why'});
    this.note.addEventListener('change', () => this.decide({note: this.note.value}));
    return element('div', {class: 'panel'}, this.what, methods, element('div', {}, this.buildEnd('from'), this.buildEnd('to')), element('div', {}, this.note));
  }
  buildEnd(name) {
    const slider = element('input', {type: 'range', step: 1, 'aria-label': name === 'from' ? 'First frame that is filled' : 'Last frame that is filled'});
    const output = element('output');
    slider.addEventListener('input', () => { output.textContent = this.endOf(+slider.value); this.seek(+slider.value); });
    slider.addEventListener('change', () => this.move(name, +slider.value));
    this[name] = {slider, output};
    return element('label', {class: 'end'}, name, slider, output);
  }

  // -- what is shown
  dress(theme) { this.theme = this.root.dataset.theme = theme; this.render(); }
  secondsAt(index) { const {seconds, scene} = this.data; return Array.isArray(seconds) ? seconds[index] : seconds + index / scene.rate; }   // as in the file
  secondsOf(index) { return this.secondsAt(index).toFixed(2); }
  framesOf(item, to = ' to ', before = ' (', after = ')') {    // as the messages of a repair name them
    const [first, last] = [item.start, item.stop - 1].map(index => this.secondsOf(index)), single = item.stop - item.start === 1;
    return single ? `frame ${item.first_frame}${before}${first} s${after}` : `frames ${item.first_frame}${to}${item.last_frame}${before}${first}${to}${last} s${after}`;
  }
  endOf(index) { return `${this.numberOf(index)} · ${this.secondsOf(index)} s`; }
  rowOf(i) {
    const item = this.data.items[i], choice = this.choices.get(i);
    const done = choice.method ? ` → ${METHODS[choice.method]}${this.choices.moved(i) ? '*' : ''}` : '', mark = choice.method ? '✓' : choice.note ? '✎' : '';
    const who = item.points.length ? item.points.join(' ↔ ') : 'whole body';
    const row = element('div', {class: 'row', role: 'option', id: `mfr-row-${i}`, 'data-item': i, 'aria-selected': i === this.current},
      element('b', {}, this.sizeOf(i)), element('i', {}, mark), element('strong', {}, who), element('span', {}, `${item.kind} · ${this.framesOf(item, '–', ' · ', '')} · ${item.by || 'left blank'}${done}`));
    row.style.top = `${i * ROW}px`;
    return row;
  }
  offOf(i) {        // how uncertain what is chosen is: {mm, worst}, null where that is not known
    const item = this.data.items[i], {method} = this.choices.get(i), moved = this.choices.moved(i), unknown = {mm: null, worst: null};
    if (item.kind === 'swap' || item.kind === 'cut' || (!moved && (!method || method === 'motionfm'))) return item;
    const detail = this.details.get(i), found = detail?.candidates[method], [start, stop] = this.spanOf(i);
    return found && detail.start === start && detail.stop === stop ? found : unknown;
  }
  spanOf(i) { const {from, to} = this.choices.get(i); return [this.indexOf(from), this.lastOf(to) + 1]; }   // frames that are filled
  sizeOf(i) {       // in a row: how long, and how uncertain or how far
    const item = this.data.items[i], found = this.offOf(i), off = found.worst ?? found.mm, frames = `${item.frames} frame${item.frames === 1 ? '' : 's'}`, mm = off === null ? '' : `${off >= 10 ? Math.round(off) : off} mm`;
    return {swap: `${frames} · ${mm} apart`, cut: `jump of ${mm}`}[item.kind] || (mm ? `${frames} · up to ± ${mm}` : frames);
  }
  drawRows() {
    const first = Math.max(0, Math.floor(this.list.scrollTop / ROW) - 3), count = Math.ceil(this.list.clientHeight / ROW) + 6, rows = [];
    for (let i = first; i < Math.min(first + count, this.data.items.length); i++) rows.push(this.rowOf(i));
    this.rows.replaceChildren(...rows);
    this.list.setAttribute('aria-activedescendant', `mfr-row-${this.current}`);
  }
  select(i) {
    if (!this.data.items.length) return this.render();
    this.current = clamp(i, 0, this.data.items.length - 1);
    const {item} = this, top = this.current * ROW, room = this.list.clientHeight;
    if (top < this.list.scrollTop) this.list.scrollTop = top;
    if (top + ROW > this.list.scrollTop + room) this.list.scrollTop = top + ROW - room;
    this.detail = null; this.look();
    this.seek(item.start);
    if (item.joint >= 0) this.player.choose({s: 1, k: item.joint});
    this.render();
  }
  look() {          // the curves of this one, for the frames that are chosen now
    const {from, to} = this.choices.get(this.current), span = [this.indexOf(from), this.lastOf(to) + 1], found = this.details.get(this.current);
    const fits = found && (!this.data.live || (found.start === span[0] && found.stop === span[1]));
    if (found) this.detail = found;
    if (!fits && this.data.live) this.link.look?.(this.current, ...span);
  }
  learn(i, detail) {    // a kernel answers
    this.details.set(i, detail);
    if (i === this.current) { this.detail = detail; this.render(); }
  }
  available(name) {
    if (name === 'motionfm' || (name === 'blank' && this.item?.kind !== 'cut')) return true;
    return Boolean(this.detail && name in this.detail.candidates);
  }
  chosenPath(i = this.current) {    // what stands in the frames that are filled: {method, frames, path}, or null
    const detail = i === this.current ? this.detail : this.details.get(i), item = this.data.items[i];
    const choice = this.choices.get(i), method = choice.method || 'motionfm';
    if (!detail || !item || method === 'blank' || item.kind === 'cut') return null;
    const [start, stop] = [this.indexOf(choice.from), this.lastOf(choice.to) + 1], candidate = detail.candidates[method];
    const moved = this.choices.moved(i);
    if (candidate && detail.start === start && detail.stop === stop) return {method, ...candidate};
    if (method === 'motionfm' && !moved) {
      const kept = detail.frames.map((t, n) => n).filter(n => detail.frames[n] >= start && detail.frames[n] < stop);
      return {method, frames: kept.map(n => detail.frames[n]), path: detail.repaired.map(values => kept.map(n => values[n]))};
    }
    return this.preview(detail, method, start, stop);
  }
  preview(detail, method, start, stop) {    // without a kernel: a cubic that leaves and arrives as the repair does
    const {frames, repaired} = detail, [a, b] = [start - 1, stop], n = Math.min(stop - start + 1, 40), path = [[], [], []], at = [];
    for (let step = 0; step <= n; step++) at.push(a + (b - a) * step / n);
    repaired.forEach((values, axis) => {
      const v = t => valueAt(frames, values, t), p = v(a) ?? v(b), q = v(b) ?? v(a);
      const slope = (here, there) => v(here) === null || v(there) === null ? 0 : (v(there) - v(here)) / (there - here) * (b - a);
      const [m0, m1] = [slope(a - 3, a), slope(b, b + 3)];
      for (const t of at) {
        const u = (t - a) / (b - a), u2 = u * u, u3 = u2 * u;
        path[axis].push(p === null ? null : (2 * u3 - 3 * u2 + 1) * p + (u3 - 2 * u2 + u) * m0 + (3 * u2 - 2 * u3) * q + (u3 - u2) * m1);
      }
    });
    return {method, frames: at, path, preview: true};
  }
  render() {
    const {item, data} = this;
    this.progress.textContent = `${this.choices.decided} of ${data.items.length} decided`; this.progress.title = data.what ?? '';
    this.drawRows();
    if (item) {
      const choice = this.choices.get(this.current);
      const {mm, worst} = this.offOf(this.current), most = worst === null ? '' : `, largest ± ${worst} mm`, fill = choice.method && choice.method !== 'motionfm' ? METHODS[choice.method] : item.by || 'left blank';
      const size = choice.method === 'blank' ? 'nothing will stand there' : mm === null ? 'uncertainty not known' : item.kind === 'swap' ? `${mm} mm apart`
        : item.kind === 'cut' ? `a jump of ${mm} mm` : `uncertainty ± ${mm} mm (median${most}): two of three errors are smaller`;
      this.what.textContent = `${item.kind} of ${item.points.join(' and ') || 'the whole body'}, ${this.framesOf(item)} · ${size} · ${fill}` +
        (!data.live && this.choices.moved(this.current) ? ' · dashed: a sketch; the exact fill is made by motionfm reconstruct --decisions' : '');
      for (const [name, button] of Object.entries(this.methods)) {
        button.disabled = !this.available(name) && choice.method !== name;
        button.hidden = button.disabled && name === 'recorded';
        button.setAttribute('aria-pressed', choice.method === name);
        button.firstChild.style.background = LINES[this.theme][name];
      }
      for (const name of ['from', 'to']) {
        const {slider, output} = this[name], fixed = item.kind === 'swap' || item.kind === 'cut';
        slider.min = item.low; slider.max = item.high; slider.disabled = fixed; slider.value = name === 'from' ? this.indexOf(choice.from) : this.lastOf(choice.to);
        output.textContent = this.endOf(+slider.value);
      }
      if (document.activeElement !== this.note) this.note.value = choice.note;
      this.paint();
    } else {
      this.what.textContent = 'No gap, outlier, swap or cut was found: there is nothing to decide.';
      for (const one of this.root.querySelectorAll('.panel button, .panel input')) one.disabled = true;
    }
    this.back.disabled = !this.choices.history.length;
    this.curves.request();
  }
  paint() {         // what is decided, in the player: first all as it was, then one decision after the other
    const {motion} = this.player, before = this.painted.size;
    for (const [at, triple] of this.painted) motion.values.set(triple, at);
    this.painted.clear();
    for (const i of [...this.choices.all.keys()].sort((a, b) => a - b)) this.paintOne(i);
    if (before || this.painted.size) motion._seen = null;   // what is missing may be another
    this.player.request();
  }
  paintOne(i) {     // the samples of the points that one decision is about
    const {motion} = this.player, {shown, items} = this.data, item = items[i], choice = this.choices.get(i), joints = item.joints.filter(k => k >= 0);
    if (!choice.method || item.kind === 'cut' || !joints.length) return;
    const [start, stop] = [this.indexOf(choice.from), this.lastOf(choice.to)], copied = choice.method === 'recorded', missing = motion.exact ? NaN : GAP;
    const path = copied || item.kind === 'swap' ? null : this.chosenPath(i), stored = (v, c) => motion.exact ? v / 1e4 : Math.round((v / 1e4 - motion.centre[c]) / motion.quantum);
    for (let at = this.playerFrame(start); at < motion.T && (shown ? shown[at] : at) <= stop; at++) {
      const t = shown ? shown[at] : at, place = path && path.path.map(values => valueAt(path.frames, values, t));
      if (t < start) continue;
      for (const k of joints) {
        const to = 3 * motion.index(1, at, k), from = 3 * motion.index(0, at, k), old = motion.values.slice(to, to + 3);
        let made = null;
        if (choice.method === 'blank') made = [missing, missing, missing];
        else if (copied) made = motion.values.slice(from, from + 3);
        else if (place && !place.includes(null)) made = place.map(stored);
        if (!made) continue;
        if (!this.painted.has(to)) this.painted.set(to, old);
        motion.values.set(made, to);
      }
    }
  }
  playerFrame(index) {      // the frame of the player that is nearest
    const {shown} = this.data;
    if (!shown) return index;
    let low = 0, high = shown.length - 1;
    while (low < high) { const middle = (low + high) >> 1; if (shown[middle] < index) low = middle + 1; else high = middle; }
    return low && index - shown[low - 1] < shown[low] - index ? low - 1 : low;
  }
  seek(index) { this.player.seek(this.playerFrame(index)); this.curves.request(); }

  // -- what is done
  decide(change) {
    if (!this.item) return;
    this.choices.set(this.current, change, this.who.value);
    this.tell();
  }
  tell() { this.look(); this.render(); this.saved.textContent = ''; this.link.save?.(this.choices.entries()); }
  acceptIt() {
    if (!this.item) return;
    this.decide({method: this.choices.get(this.current).method || 'motionfm'});
    this.select(this.current + 1);
  }
  choose(method) { if (this.item && this.available(method)) this.decide({method}); }
  nextMethod() {
    const names = Object.keys(METHODS).filter(name => name !== 'blank' && this.available(name));
    const at = names.indexOf(this.choices.get(this.current).method || 'motionfm');
    this.decide({method: names[(at + 1) % names.length]});
  }
  move(name, index) {
    const choice = this.choices.get(this.current), number = this.numberOf(index), method = choice.method || 'motionfm';
    const change = name === 'from' ? {from: number, to: this.numberOf(Math.max(this.lastOf(choice.to), index))} : {to: number, from: this.numberOf(Math.min(this.indexOf(choice.from), index))};
    this.decide({...change, method});
  }
  undo() {
    const i = this.choices.undo();
    if (i === null) return;
    if (i !== this.current) this.select(i);
    this.tell();
  }
  document() { return JSON.stringify({...this.data.head, decisions: this.choices.entries()}, null, 1) + '\n'; }
  save() {
    const made = this.choices.entries().length;
    if (!made && !this.data.decisions.length) { this.saved.textContent = 'nothing is decided yet, so nothing was saved'; return; }
    this.player.download(this.data.file, URL.createObjectURL(new Blob([this.document()], {type: 'application/json'})));
    this.saved.textContent = `${made || 'no'} decision${made === 1 ? '' : 's'} saved as ${this.data.file}: put it beside the recording`;
  }
  open(text, name) {
    let found = null;
    try { found = JSON.parse(text); } catch { /* told below */ }
    const {head} = this.data, ours = found?.format === head.format && found.version === head.version && Array.isArray(found.decisions);
    if (!ours || found.recording?.fingerprint !== head.recording.fingerprint) {
      this.saved.textContent = `${name}: ${ours ? `decisions about ${found.recording?.source} found, expected those about ${head.recording.source}` : 'no decisions of a review found'}`;
      return;
    }
    this.choices = new Choices(this.data.items, found.decisions);
    this.select(this.current); this.saved.textContent = `${name} is open: ${found.decisions.length || 'no'} decision${found.decisions.length === 1 ? '' : 's'}`;
  }
  onKey(event) {
    const {target, key} = event, writes = target.tagName === 'INPUT' && target.type === 'text';
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (writes) {
      if (target === this.note && ['Enter', 'Escape'].includes(key)) {
        if (key === 'Escape') target.value = this.choices.get(this.current).note;
        target.blur(); this.list.focus({preventScroll: true}); event.preventDefault();
      }
      event.stopPropagation();
      return;
    }
    const slides = target.tagName === 'INPUT' || target.tagName === 'SELECT';
    const act = {a: () => this.acceptIt(), b: () => this.choose('blank'), m: () => this.nextMethod(), u: () => this.undo(), n: () => this.note.focus(),
      ...(slides ? {} : {arrowup: () => this.select(this.current - 1), arrowdown: () => this.select(this.current + 1)})}[key.toLowerCase()];
    if (act) { act(); event.preventDefault(); event.stopPropagation(); }
    else if (!slides && !this.player.root.contains(target)) this.player.onKey(event);     // space, left and right, views
  }
  destroy() { this.abort.abort(); this.sizes.disconnect(); this.player.destroy(); this.host.replaceChildren(); }
}

export function mountReview(host, data, link) { return new Review(host, data, link); }

// ---- anywidget: a kernel is asked for curves, and told what is decided

function renderReview({model, el}) {
  const review = mountReview(el, {...model.get('data'), decisions: model.get('decisions')}, {
    look: (item, start, stop) => model.send({look: item, start, stop}),
    save: entries => { model.set('decisions', entries); model.save_changes(); }});
  const hear = message => {
    if ('detail' in message) review.learn(message.item, message.detail);
    if ('saved' in message) review.saved.textContent = message.saved;
  };
  model.on('msg:custom', hear);
  return () => { model.off('msg:custom', hear); review.destroy(); };
}

export default {render: renderReview};
