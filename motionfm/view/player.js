// The skeleton player: one to three skeletons on a 2D canvas.
// One module, two hosts: a page calls `mount(element, data)`; anywidget calls `render` of the default export.
// `data` is what `pack` in nbs/view/801_scene.ipynb makes; nothing is ever fetched.

const STYLE = `
.mfm{--bg:#14171c;--ink:#e8eaed;--dim:#9aa0a8;--line:#343a44;--box:#20252d;--on:#35507a;--focus:#7db3ff;
 display:flex;flex-direction:column;gap:4px;box-sizing:border-box;padding:8px;background:var(--bg);color:var(--ink);
 font:13px/1.35 system-ui,"DejaVu Sans",sans-serif;min-width:0}
.mfm[data-theme=light]{--bg:#fff;--ink:#1b1e23;--dim:#5d646e;--line:#d5d9df;--box:#f1f3f6;--on:#cfe0fb;--focus:#1a66d9}
.mfm *{box-sizing:border-box}
.mfm .head,.mfm .bar{display:flex;flex-wrap:wrap;gap:2px 12px;align-items:center;min-width:0}
.mfm .bar{gap:4px}
.mfm .time{margin-left:auto;font-variant-numeric:tabular-nums;white-space:nowrap}
.mfm .key{display:inline-flex;gap:5px;align-items:center;white-space:nowrap}
.mfm .key i{width:14px;height:4px;border-radius:2px;display:inline-block}
.mfm .key b{font-weight:400;color:var(--dim);font-variant-numeric:tabular-nums}
.mfm canvas{display:block;width:100%;border-radius:4px;touch-action:pan-y}
.mfm .picture{flex:1 1 0;min-height:280px;cursor:grab}
.mfm .strip{cursor:pointer}
.mfm-panel{background:#14171c;color:#e8eaed;border-radius:4px;overflow:hidden;padding-bottom:6px;
 --jp-widgets-color:#e8eaed;--jp-widgets-label-color:#e8eaed;--jp-widgets-readout-color:#e8eaed;--jp-widgets-font-size:13px;
 --jp-widgets-input-color:#e8eaed;--jp-widgets-input-background-color:#20252d;--jp-widgets-input-border-color:#343a44;
 --jp-widgets-slider-handle-background-color:#7db3ff;--jp-widgets-slider-handle-border-color:#7db3ff;
 --jp-widgets-slider-active-handle-color:#e8eaed;--jp-widgets-slider-border-width:0px;
 --panel-line:#343a44;--panel-box:#20252d;--panel-on:#35507a;--panel-focus:#7db3ff}
.mfm-panel[data-theme=light]{background:#fff;color:#1b1e23;--jp-widgets-color:#1b1e23;--jp-widgets-label-color:#1b1e23;
 --jp-widgets-readout-color:#1b1e23;--jp-widgets-input-color:#1b1e23;--jp-widgets-input-background-color:#f1f3f6;
 --jp-widgets-input-border-color:#d5d9df;--jp-widgets-slider-handle-background-color:#1a66d9;
 --jp-widgets-slider-handle-border-color:#1a66d9;--jp-widgets-slider-active-handle-color:#1b1e23;
 --panel-line:#d5d9df;--panel-box:#f1f3f6;--panel-on:#cfe0fb;--panel-focus:#1a66d9}
.mfm-panel .noUi-target{background:var(--panel-line);border:0;border-radius:2px}
.mfm-panel .noUi-connects,.mfm-panel .noUi-connect{background:var(--panel-line)}
.mfm-panel .jupyter-widgets .noUi-handle{border-radius:8px;background:var(--panel-focus)}
.mfm-panel .jupyter-button,.mfm-panel select{background-color:var(--panel-box);color:inherit;border:1px solid var(--panel-line);border-radius:4px;box-shadow:none}
.mfm-panel .jupyter-widgets select{background-image:linear-gradient(45deg,transparent 50%,currentColor 50%),linear-gradient(135deg,currentColor 50%,transparent 50%);
 background-position:right 13px center,right 8px center;background-size:5px 5px;background-repeat:no-repeat}
.mfm-panel .jupyter-button.mod-active{background-color:var(--panel-on);border-color:var(--panel-focus)}
.mfm-panel .jupyter-button.mod-success{background-color:var(--panel-on);border-color:var(--panel-focus)}
.mfm-panel :focus-visible{outline:2px solid var(--panel-focus);outline-offset:1px}
.mfm :focus-visible{outline:2px solid var(--focus);outline-offset:1px}
.mfm .info{min-height:1.35em;color:var(--dim);font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.mfm button,.mfm select{font:inherit;color:var(--ink);background:var(--box);border:1px solid var(--line);
 border-radius:4px;padding:1px 6px;min-height:26px;cursor:pointer}
.mfm select{padding:1px 0}
.mfm button[aria-pressed=true]{background:var(--on);border-color:var(--focus)}
.mfm .scrub{display:flex;align-items:center}
.mfm .scrub button{flex:0 0 44px;margin-right:calc(var(--gutter) - 44px)}
.mfm .scrub input{flex:1;min-width:0;margin:0;height:22px;appearance:none;-webkit-appearance:none;background:none;cursor:pointer}
.mfm input::-webkit-slider-runnable-track{height:4px;border-radius:2px;background:var(--line)}
.mfm input::-webkit-slider-thumb{-webkit-appearance:none;width:16px;height:16px;margin-top:-6px;border-radius:8px;background:var(--focus)}
.mfm input::-moz-range-track{height:4px;border-radius:2px;background:var(--line)}
.mfm input::-moz-range-thumb{width:16px;height:16px;border:0;border-radius:8px;background:var(--focus)}
@media (max-width:480px){.mfm{padding:6px}.mfm button,.mfm select{padding:1px 5px;font-size:12px}.mfm .bar{gap:3px}}`;

const THEMES = {
  dark: {bg: '#14171c', floor: '#2b313a', ink: '#e8eaed', dim: '#9aa0a8', gap: '#0c0e12', right: '#ffa33f', left: '#4fa8ff'},
  light: {bg: '#ffffff', floor: '#e1e5ea', ink: '#1b1e23', dim: '#5d646e', gap: '#f1f3f6', right: '#b85800', left: '#0b5fc4'}};
// The theme of whoever shows us: JupyterLab's own, else what the page or the system prefers.
const darkSystem = matchMedia('(prefers-color-scheme: dark)');
function hostTheme() {
  const lightLab = document.body?.dataset.jpThemeLight;   // 'true' or 'false' in JupyterLab
  return (lightLab === undefined ? darkSystem.matches : lightLab === 'false') ? 'dark' : 'light';
}
function onHostTheme(action, signal) {
  const watch = new MutationObserver(action);
  watch.observe(document.body, {attributes: true, attributeFilter: ['data-jp-theme-light']});
  signal.addEventListener('abort', () => watch.disconnect());
  darkSystem.addEventListener('change', action, {signal});
}
const RAMP = [[60, 130, 246], [94, 200, 190], [245, 205, 66], [239, 68, 40]]; // small error to large
const GUTTER = 84, INSET = 8;  // px: room for joint names left of the strip; half the slider's handle
const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 4];  // as _SPEEDS in nbs/view/803_widgets.ipynb
const GAP = -32768;            // the stored number that stands for a missing sample

const isGap = value => value === GAP || Number.isNaN(value);
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const element = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
};

function bytesOf(packed) {  // base64 text in a page, a DataView in a widget
  if (typeof packed !== 'string') return new Uint8Array(packed.buffer, packed.byteOffset, packed.byteLength).slice();
  const text = atob(packed), bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

// ---- the motion: what is where, what is missing, how far from the reference

class Motion {
  constructor(data) {
    Object.assign(this, data);
    this.T = data.frames; this.K = data.joints.length; this.S = data.names.length;
    this.words = data.words || data.names; this.numbers = data.numbers || 0;   // on the screen; of the frames: the first, or all
    this.seconds = data.seconds || 0; this.axes = data.axes || [1, 2, 3];      // the same of their times; where x, y and z of the file point here
    if (data.positions) this.values = new (data.exact ? Float32Array : Int16Array)(bytesOf(data.positions).buffer);
    else this.bits = bytesOf(data.gaps);
    this.hasReference = this.S > 1 && this.names[0] === 'reference';
    this.fine = clamp(40 / this.K, 0.4, 1);      // many points are drawn smaller, so that they can be told apart
  }
  index(s, t, k) { return (s * this.T + t) * this.K + k; }
  missing(s, t, k) {
    const i = this.index(s, t, k);
    return this.values ? isGap(this.values[3 * i]) : (this.bits[i >> 3] >> (7 - (i & 7)) & 1) === 1;
  }
  point(s, t, k) {  // [x, y, z] in metres, or null
    const i = 3 * this.index(s, t, k), v = this.values, c = this.centre, q = this.quantum;
    return isGap(v[i]) ? null : [c[0] + q * v[i], c[1] + q * v[i + 1], c[2] + q * v[i + 2]];
  }
  palette(theme) { return {...THEMES[theme], ...this.colours[theme]}; }  // a colour for each name, right, left, floor...
  get seen() {      // for every sample the frame where its joint was last seen (else first will be), or -1
    if (this._seen) return this._seen;
    const seen = this._seen = new Int32Array(this.S * this.T * this.K).fill(-1);
    for (let s = 0; s < this.S; s++) for (let k = 0; k < this.K; k++) {
      let last = -1;
      for (let t = 0; t < this.T; t++) { if (!this.missing(s, t, k)) last = t; seen[this.index(s, t, k)] = last; }
      for (let t = this.T - 1, next = -1; t >= 0; t--) {
        if (!this.missing(s, t, k)) next = t; else if (seen[this.index(s, t, k)] < 0) seen[this.index(s, t, k)] = next;
      }
    }
    return seen;
  }
  held(s, t, k) { const last = this.seen[this.index(s, t, k)]; return last < 0 ? null : this.point(s, last, k); }
  root(t) { return this.held(0, t, this.midhip) || this.middle; }
  ghost(s, t, k) {  // where a missing joint probably is: another skeleton says, else where it was last seen on the body
    for (let other = 0; other < this.S; other++) { const p = this.point(other, t, k); if (p) return p; }
    const last = this.seen[this.index(s, t, k)];
    if (last < 0) return null;
    const then = this.root(last), now = this.root(t);
    return this.point(s, last, k).map((x, axis) => x + now[axis] - then[axis]);
  }
  error(s, t, k) {  // mm from the reference, or null
    if (!this.hasReference || s === 0) return null;
    const a = this.point(0, t, k), b = this.point(s, t, k);
    return a && b ? 1000 * Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]) : null;
  }
  meanError(s, t, joints) {
    const all = joints.map(k => this.error(s, t, k)).filter(e => e !== null);
    return all.length ? all.reduce((a, b) => a + b) / all.length : null;
  }
  gapCount(s, k) { let n = 0; for (let t = 0; t < this.T; t++) n += this.missing(s, t, k); return n; }
  numberOf(t) { return Array.isArray(this.numbers) ? this.numbers[t] : this.numbers + t * this.step; }   // as in the recording
  placeOf(number) { // the frame of that number, or the nearest
    const {numbers} = this, far = at => Math.abs(numbers[at] - number);
    return Array.isArray(numbers) ? numbers.reduce((best, _, at) => far(at) < far(best) ? at : best, 0) : (number - numbers) / this.step;
  }
  timeOf(t) { return Array.isArray(this.seconds) ? this.seconds[t] : this.seconds + t * this.step / this.rate; }     // the same
  frameLabel(t) { return frameWords(this.numberOf(t), this.numberOf(0), this.numberOf(this.T - 1), this.timeOf(t)); }
  inFile(values) { return this.axes.map(code => Math.sign(code) * values[Math.abs(code) - 1]); }   // x, y, z as the file has them
}

function frameWords(number, first, last, seconds) {  // where they begin is said of numbers that do so elsewhere than at 0 or 1
  return `frame ${number} of ${first === 0 || first === 1 ? `` : `${first}–`}${last} · ${seconds.toFixed(3)} s`;
}

function rampColour(share) {
  const place = clamp(share, 0, 1) * (RAMP.length - 1), i = Math.min(Math.floor(place), RAMP.length - 2), f = place - i;
  return `rgb(${RAMP[i].map((c, n) => Math.round(c + f * (RAMP[i + 1][n] - c))).join(',')})`;
}

function fitCanvas(canvas) {  // device pixels match the size on the screen; returns a context in CSS pixels
  const ratio = window.devicePixelRatio || 1, w = canvas.clientWidth, h = canvas.clientHeight;
  if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) {
    canvas.width = Math.round(w * ratio); canvas.height = Math.round(h * ratio);
  }
  const pen = canvas.getContext('2d');
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  return pen;
}

// ---- the strip: a row for each joint that is now seen, now missing, drawn once, and a line at the current frame

class Strip {
  constructor(motion, theme, gutter, seek) {
    this.motion = motion; this.theme = theme; this.gutter = gutter;
    const {S, K} = motion, counts = [...Array(S).keys()].map(s => [...Array(K).keys()].map(k => motion.gapCount(s, k)));
    this.skeletons = [...Array(S).keys()].filter(s => counts[s].some(n => n));
    const never = k => counts.every(one => one[k] === motion.T);   // a joint that the recording lacks has no gap
    this.rows = [...Array(K).keys()].filter(k => !never(k) && this.skeletons.some(s => counts[s][k]));
    this.lane = this.skeletons.length > 1 ? 4 : 9;
    this.rowHeight = this.lane * Math.max(this.skeletons.length, 1) + (this.skeletons.length > 1 ? 2 : 0);
    const samples = this.skeletons.map(s => `${motion.words[s]} ${counts[s].reduce((a, b) => a + b)}`).join(', ');
    this.canvas = element('canvas', {class: 'strip', role: 'img', 'data-rows': this.rows.map(k => motion.joints[k]).join(' '),
      'aria-label': this.rows.length ? `Gaps of ${this.rows.length} joints over time; missing samples: ${samples}` : 'No gaps'});
    this.canvas.style.height = `${this.rows.length ? this.rows.length * this.rowHeight + 2 : 16}px`;
    const go = event => seek(this.frameAt(event.offsetX));
    this.canvas.addEventListener('pointerdown', event => { this.canvas.setPointerCapture(event.pointerId); go(event); });
    this.canvas.addEventListener('pointermove', event => { if (event.buttons) go(event); });
    this.canvas.addEventListener('mousemove', event => this.tell(event));
  }
  get width() { return Math.max(this.canvas.clientWidth - this.gutter - 2 * INSET, 1); }
  x(frame) { return this.gutter + INSET + (this.motion.T > 1 ? frame / (this.motion.T - 1) * this.width : 0); }
  frameAt(x) { return clamp(Math.round((x - this.gutter - INSET) / this.width * (this.motion.T - 1)), 0, this.motion.T - 1) || 0; }
  tell(event) {
    const row = this.rows[Math.floor(event.offsetY / this.rowHeight)], t = this.frameAt(event.offsetX);
    if (row === undefined) return;
    const who = this.skeletons.filter(s => this.motion.missing(s, t, row)).map(s => this.motion.words[s]);
    this.canvas.title = `${this.motion.joints[row]}, frame ${this.motion.numberOf(t)}: ${who.length ? 'missing in ' + who.join(', ') : 'seen'}`;
  }
  paint() {  // the gaps, once for each size and theme
    const {motion, canvas, theme} = this, {T} = motion, colours = motion.palette(theme());
    const still = this.still = document.createElement('canvas'), ratio = window.devicePixelRatio || 1;
    const w = canvas.clientWidth, h = canvas.clientHeight, pen = still.getContext('2d');
    this.key = [w, h, ratio, theme()].join();
    still.width = Math.max(1, Math.round(w * ratio)); still.height = Math.max(1, Math.round(h * ratio));
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.font = '9px system-ui,"DejaVu Sans",sans-serif'; pen.textBaseline = 'middle'; pen.fillStyle = colours.dim;
    if (!this.rows.length) pen.fillText('no gaps', 0, h / 2);
    this.rows.forEach((k, row) => {
      const top = 1 + row * this.rowHeight, tall = this.lane * this.skeletons.length;
      pen.fillStyle = colours[{R: 'right', L: 'left', C: 'dim'}[motion.sides[k]]];
      pen.fillText(motion.joints[k], 0, top + tall / 2, this.gutter - 6);
      pen.fillStyle = colours.gap;
      pen.fillRect(this.gutter + INSET, top, this.width, tall - 1);
      this.skeletons.forEach((s, lane) => {
        pen.fillStyle = colours[motion.names[s]];
        const half = T > 1 ? this.width / (T - 1) / 2 : this.width;
        for (let t = 0, start; t < T; t++) {
          if (!motion.missing(s, t, k)) continue;
          for (start = t; t + 1 < T && motion.missing(s, t + 1, k);) t++;
          const left = Math.max(this.x(start) - half, this.gutter + INSET);
          const right = Math.min(this.x(t) + half, this.gutter + INSET + this.width);
          pen.fillRect(left, top + lane * this.lane, Math.max(right - left, 1), this.lane - 1);
        }
      });
    });
  }
  draw(frame) {
    const pen = fitCanvas(this.canvas), w = this.canvas.clientWidth, h = this.canvas.clientHeight;
    if (!w) return;
    if (this.key !== [w, h, window.devicePixelRatio || 1, this.theme()].join()) this.paint();
    pen.clearRect(0, 0, w, h);
    pen.drawImage(this.still, 0, 0, w, h);
    pen.fillStyle = THEMES[this.theme()].ink;
    pen.fillRect(this.x(frame) - 0.75, 0, 1.5, h);
  }
}

// ---- the picture

class Picture {
  constructor(motion, state) {
    this.motion = motion; this.state = state; this.spots = [];
    this.canvas = element('canvas', {class: 'picture', tabindex: 0, role: 'application',
      'aria-label': 'Skeleton. Drag to turn, plus and minus to zoom. Space plays, arrow keys step, Home and End jump; ' +
                    'F, S, T, O: front, side, top, oblique; L labels, G floor, E error colours, B side by side, C follow.'});
  }
  camera() {
    const {state, motion, canvas} = this, panels = state.beside ? motion.S : 1;
    const a = (state.yaw + motion.heading) * Math.PI / 180, e = state.pitch * Math.PI / 180;
    const [ca, sa, ce, se] = [Math.cos(a), Math.sin(a), Math.cos(e), Math.sin(e)];
    const [w, h] = [canvas.clientWidth / panels, canvas.clientHeight], size = motion.size[state.follow ? 'follow' : 'still'];
    const [across, along, up] = [state.fit.yaw, state.fit.yaw + 90, state.fit.pitch].map(d => Math.abs(Math.cos(d * Math.PI / 180)));
    const wide = size.x * across + size.z * along, deep = size.x * along + size.z * across, tall = size.y * up + deep * Math.sqrt(1 - up * up);
    const scale = state.zoom * Math.min(w / (wide * 1.15), (h - 12) / (tall * 1.12));   // as the chosen view needs it; turning changes nothing
    const root = state.follow ? motion.root(state.frame) : motion.middle;
    const target = [root[0], state.follow && motion.climbs ? root[1] : motion.middle[1], root[2]];
    const project = p => {
      const [x, y, z] = [p[0] - target[0], p[1] - target[1], p[2] - target[2]], depth = x * sa + z * ca;
      return [w / 2 + scale * (x * ca - z * sa), h / 2 - scale * (y * ce - depth * se), depth * ce + y * se];
    };
    return {project, scale, w, h, panels, target};
  }
  draw() {
    const {motion, state, canvas} = this, pen = fitCanvas(canvas), colours = motion.palette(state.theme);
    if (!canvas.clientWidth) return;
    const view = this.camera();
    pen.fillStyle = colours.bg;
    pen.fillRect(0, 0, canvas.clientWidth, canvas.clientHeight);
    this.spots = [];
    for (let panel = 0; panel < view.panels; panel++) {
      const shown = state.beside ? [panel] : [...Array(motion.S).keys()];
      pen.save();
      pen.beginPath(); pen.rect(panel * view.w, 0, view.w, view.h); pen.clip();
      pen.translate(panel * view.w, 0);
      if (state.grid) this.drawFloor(pen, view, colours);
      this.drawTrail(pen, view, colours, shown);
      this.drawBones(pen, view, colours, shown);
      for (const s of shown) this.drawJoints(pen, view, colours, shown, s, panel);
      if (state.beside) this.write(pen, motion.words[panel], view.w / 2, 12, colours[motion.names[panel]], 'center');
      pen.restore();
    }
    if (state.errors && motion.hasReference) this.drawScale(pen, colours);
    this.drawAxes(pen, view, colours);
  }
  write(pen, text, x, y, colour, align = 'left', size = 11) {
    pen.font = `${size}px system-ui,"DejaVu Sans",sans-serif`; pen.textBaseline = 'middle'; pen.textAlign = align;
    pen.lineWidth = 3; pen.lineJoin = 'round'; pen.strokeStyle = this.motion.palette(this.state.theme).bg; pen.strokeText(text, x, y);
    pen.fillStyle = colour; pen.fillText(text, x, y);
  }
  line(pen, from, to, colour, width, dash = []) {
    pen.strokeStyle = colour; pen.lineWidth = width; pen.setLineDash(dash); pen.lineCap = 'round';
    pen.beginPath(); pen.moveTo(from[0], from[1]); pen.lineTo(to[0], to[1]); pen.stroke(); pen.setLineDash([]);
  }
  drawFloor(pen, view, colours) {  // a disc of half-metre squares at floor height, kept under the person and, until zoomed, inside the picture
    const {motion, state} = this, cell = 0.5, y = motion.floor, size = motion.size[state.follow ? 'follow' : 'still'];
    const [x0, , z0] = view.target, first = from => Math.ceil((from - radius) / cell) * cell - from;   // the squares stay where they are in the world
    const at = (x, z) => view.project([x0 + x, y, z0 + z]), flat = Math.abs(Math.sin(state.pitch * Math.PI / 180));
    const down = (at(0, 0)[1] - view.h / 2) / state.zoom, room = Math.min(view.w / 2, (view.h / 2 - down) / Math.max(flat, 0.05));
    const radius = Math.max(Math.min(Math.max(size.x, size.z, 2) * 0.7, (room - 4) * state.zoom / view.scale), cell);
    const half = d => Math.sqrt(radius * radius - d * d);
    for (let d = first(x0); d < radius; d += cell) this.line(pen, at(d, -half(d)), at(d, half(d)), colours.floor, 1);
    for (let d = first(z0); d < radius; d += cell) this.line(pen, at(-half(d), d), at(half(d), d), colours.floor, 1);
    const rim = [...Array(73).keys()].map(n => at(radius * Math.cos(n * Math.PI / 36), radius * Math.sin(n * Math.PI / 36)));
    rim.slice(1).forEach((point, n) => this.line(pen, rim[n], point, colours.floor, 1));
  }
  drawAxes(pen, view, colours) {
    const origin = [28, view.h - 30], start = view.project(view.target);
    ['x', 'y', 'z'].forEach((name, axis) => {
      const code = this.motion.axes[axis], along = Math.abs(code) - 1;
      const tip = view.project(view.target.map((v, n) => v + (n === along ? Math.sign(code) * 16 / view.scale : 0)));
      const end = [origin[0] + tip[0] - start[0], origin[1] + tip[1] - start[1]];
      this.line(pen, origin, end, colours.dim, 1);
      if (Math.hypot(end[0] - origin[0], end[1] - origin[1]) > 5)
        this.write(pen, name, end[0] + (end[0] - origin[0]) * 0.35, end[1] + (end[1] - origin[1]) * 0.35, colours.dim, 'center', 10);
    });
  }
  drawBones(pen, view, colours, shown) {
    const {motion, state} = this, t = state.frame, bones = [];
    for (const s of shown) for (const [a, b] of motion.edges) {
      const ends = [a, b].map(k => motion.point(s, t, k)), whole = ends[0] && ends[1];
      const [from, to] = whole ? ends : [a, b].map((k, n) => ends[n] || motion.ghost(s, t, k));
      if (!from || !to) continue;
      const [p, q] = [view.project(from), view.project(to)];
      bones.push({s, a, b, p, q, whole, depth: p[2] + q[2]});
    }
    // Apart, near bones cover far ones. Overlaid, each skeleton is thinner than the one below it, so that none hides another.
    const layer = shown.length > 1;
    bones.sort((one, two) => (layer && one.s - two.s) || one.depth - two.depth);
    for (const {s, a, b, p, q, whole} of bones) {
      const colour = colours[motion.names[s]], wide = motion.fine * ((motion.sides[b] === 'L' ? 2 : 3.5) + (layer ? [3.5, 1.2, 0][s] : 0));
      const error = state.errors && whole ? motion.meanError(s, t, [a, b]) : null;
      if (!whole) { pen.globalAlpha = 0.6; this.line(pen, p, q, colour, 1, [2, 4]); pen.globalAlpha = 1; continue; }
      if (!layer || s === 0) this.line(pen, p, q, colours.bg, wide + 3 * motion.fine);      // a rim, so that near bones stand out from far ones
      if (layer || error === null) this.line(pen, p, q, colour, wide + (error === null ? 0 : 2.5));
      if (error !== null) this.line(pen, p, q, rampColour(error / motion.errorMax), wide);
    }
  }
  drawJoints(pen, view, colours, shown, s, panel) {
    const {motion, state} = this, t = state.frame;
    for (let k = 0; k < motion.K; k++) {
      const seen = motion.point(s, t, k), where = seen || motion.ghost(s, t, k);
      if (!where) continue;
      const [x, y] = view.project(where), side = motion.sides[k], under = s < shown[shown.length - 1];
      const marked = s === shown[0], r = Math.max(motion.fine, 0.6) * (seen ? (marked ? 3.6 + under : 2.4) : 5);
      this.spots.push({x: x + panel * view.w, y, s, k});
      const picked = state.picked && state.picked.s === s && state.picked.k === k;
      pen.beginPath();
      if (side === 'L') pen.rect(x - r * 0.9, y - r * 0.9, 1.8 * r, 1.8 * r); else pen.arc(x, y, r, 0, 7);
      if (seen) {   // overlaid, the sides are told by the lowest skeleton's joints, and by the shape of all
        pen.fillStyle = side === 'C' || !marked ? colours[motion.names[s]] : colours[side === 'R' ? 'right' : 'left'];
        pen.strokeStyle = marked ? colours[motion.names[s]] : colours.bg; pen.lineWidth = 1; pen.fill(); pen.stroke();
      } else { pen.strokeStyle = colours[motion.names[s]]; pen.lineWidth = 1.5; pen.stroke(); }
      if (picked) { pen.beginPath(); pen.arc(x, y, 9, 0, 7); pen.strokeStyle = colours.ink; pen.lineWidth = 1.5; pen.stroke(); }
      if (state.labels && (s === 0 || state.beside)) this.write(pen, motion.joints[k], x + 8, y - 5, colours.ink, 'left', 10);
    }
  }
  drawTrail(pen, view, colours, shown) {  // the picked joint, one second back and one ahead
    const {motion, state} = this, {picked} = state;
    if (!picked || !shown.includes(picked.s)) return;
    const span = Math.round(motion.rate / motion.step), first = Math.max(0, state.frame - span);
    const last = Math.min(motion.T - 1, state.frame + span);
    for (let t = first + 1; t <= last; t++) {
      const [p, q] = [motion.point(picked.s, t - 1, picked.k), motion.point(picked.s, t, picked.k)];
      if (p && q) this.line(pen, view.project(p), view.project(q), colours[motion.names[picked.s]], t <= state.frame ? 2 : 0.8);
    }
  }
  drawScale(pen, colours) {
    const right = this.canvas.clientWidth - 10, wide = 110, top = this.canvas.clientHeight - 30, bar = pen.createLinearGradient(right - wide, 0, right, 0);
    RAMP.forEach((_, i) => bar.addColorStop(i / (RAMP.length - 1), rampColour(i / (RAMP.length - 1))));
    pen.fillStyle = bar; pen.fillRect(right - wide, top, wide, 7);
    this.write(pen, 'error of a bone, mm', right, top - 9, colours.dim, 'right', 10);
    this.write(pen, '0', right - wide, top + 16, colours.dim, 'left', 10);
    this.write(pen, `${this.motion.errorMax}+`, right, top + 16, colours.dim, 'right', 10);
  }
  pick(x, y) {  // the nearest joint within a fingertip, or null
    const near = this.spots.map(spot => ({...spot, far: Math.hypot(spot.x - x, spot.y - y)})).sort((a, b) => a.far - b.far)[0];
    return near && near.far < 14 ? {s: near.s, k: near.k} : null;
  }
  tell() {      // one line on the picked joint
    const {motion, state} = this, {picked, frame} = state;
    if (!picked) return '';
    const {s, k} = picked, place = motion.point(s, frame, k), error = motion.error(s, frame, k);
    const [x, y, z] = place ? motion.inFile(place).map(value => (1000 * value).toFixed(1)) : [];
    const values = place ? `x ${x}  y ${y}  z ${z} mm` : 'missing here';
    return `${motion.joints[k]}, ${motion.words[s]}: ${values}` + (error === null ? '' : ` · ${error.toFixed(1)} mm from the ${motion.words[0]}`) +
           ` · ${this.missed(k)}`;
  }
  missed(k) {   // a repair is complete: in how many frames it was missing the recording tells
    const {motion} = this, frames = `${motion.T} ${motion.step > 1 || motion.thinned ? 'shown ' : ''}frames`;
    const lacks = motion.words.map((word, s) => [motion.S > 1 ? `${word}: ` : '', motion.gapCount(s, k)]).filter(([, gaps]) => gaps);
    return lacks.length ? lacks.map(([where, gaps]) => `${where}missing in ${gaps} of ${frames}`).join(', ') : `seen in all ${frames}`;
  }
}

// ---- the player: state, controls, keys, mouse

const TOGGLES = [['labels', 'Labels', 'l', 'joint names'], ['grid', 'Floor', 'g', 'floor grid, half-metre squares'],
                 ['errors', 'Error', 'e', 'colour bones by their distance from the reference'],
                 ['beside', 'Beside', 'b', 'skeletons side by side'], ['follow', 'Follow', 'c', 'the camera goes with the person']];

class Player {
  constructor(host, data, options = {}) {
    this.host = host; this.options = {controls: true, part: 'all', ...options};
    this.gutter = this.options.gutter ?? GUTTER;
    this.state = {frame: 0, playing: false, speed: 1, loop: true, zoom: 1, labels: false, grid: true, picked: null, follow: false,
                  beside: false, errors: false, theme: hostTheme(), ...VIEW_OF(data, 'oblique'), fit: VIEW_OF(data, 'oblique')};
    for (const name of ['theme', 'labels', 'beside', 'errors', 'follow']) if (name in data) this.state[name] = data[name];
    this.abort = new AbortController();
    this.ownTheme = 'theme' in data;   // said or chosen; else the host's, also when that changes
    onHostTheme(() => { if (!this.ownTheme) this.dress(hostTheme()); }, this.abort.signal);
    this.load(data);
  }
  load(data) {  // a new motion into the same place
    const motion = this.motion = new Motion(data), {state, host} = this;
    state.frame = clamp(state.frame, 0, motion.T - 1); state.picked = null;
    this.root = element('div', {class: 'mfm', 'data-theme': state.theme, 'data-lm-suppress-shortcuts': 'true'});
    this.root.style.setProperty('--gutter', `${this.gutter}px`);
    this.root.player = this;
    this.root.append(element('style', {}, STYLE));
    this.picture = this.strip = null;
    if (this.options.part !== 'strip') this.buildPicture();
    if (this.options.controls) this.buildScrubber();
    if (this.options.part !== 'picture') this.root.append((this.strip = new Strip(motion, () => state.theme, this.gutter, t => this.seek(t))).canvas);
    if (this.picture) this.buildBar();
    host.replaceChildren(this.root);
    this.sizes?.disconnect();
    this.sizes = new ResizeObserver(() => this.draw());
    for (const part of [this.picture, this.strip]) if (part) this.sizes.observe(part.canvas);
    this.draw();
  }
  buildPicture() {
    const {motion, state, root} = this;
    this.picture = new Picture(motion, state);
    this.figures = motion.names.map(() => element('b'));
    const keys = motion.names.map((name, s) => element('span', {class: 'key'}, element('i', {'data-colour': name}), motion.words[s], this.figures[s]));
    this.time = element('span', {class: 'time'});
    this.info = element('div', {class: 'info', role: 'status'});
    const sides = element('span', {class: 'key sides'}, element('i', {'data-colour': 'right', style: 'width:8px;height:8px;border-radius:4px'}), 'right',
                          element('i', {'data-colour': 'left', style: 'width:8px;height:8px;border-radius:0'}), 'left');
    root.append(element('div', {class: 'head'}, ...(motion.title ? [element('strong', {}, motion.title)] : []), ...keys, sides, this.time),
                this.picture.canvas, this.info);
    if (this.options.height) { this.picture.canvas.style.height = `${this.options.height}px`; this.picture.canvas.style.flex = 'none'; }
    this.listenToPointer(this.picture.canvas);
    root.addEventListener('keydown', event => this.onKey(event), {signal: this.abort.signal});
  }
  buildScrubber() {
    const last = this.motion.T - 1;
    this.playButton = element('button', {type: 'button', 'aria-label': 'Play', title: 'Space'}, '▶');
    this.playButton.addEventListener('click', () => this.play(!this.state.playing));
    this.slider = element('input', {type: 'range', min: 0, max: last, step: 1, value: this.state.frame, 'aria-label': 'Frame'});
    this.slider.disabled = last === 0;
    this.slider.addEventListener('input', () => this.seek(+this.slider.value));
    this.root.append(element('div', {class: 'scrub'}, this.playButton, this.slider));
  }
  buildBar() {
    const bar = element('div', {class: 'bar', role: 'toolbar', 'aria-label': 'View'}), {motion, state} = this;
    const button = (text, label, action) => {
      const node = element('button', {type: 'button', 'aria-label': label, title: label}, text);
      node.addEventListener('click', action); bar.append(node); return node;
    };
    this.toggles = {};
    if (this.options.controls) {
      const speeds = element('select', {'aria-label': 'Speed', title: 'Speed'}, ...SPEEDS.map(s => element('option', {value: s}, `${s}×`)));
      speeds.value = state.speed;
      speeds.addEventListener('change', () => { state.speed = +speeds.value; });
      bar.append(speeds);
      this.toggles.loop = button('Loop', 'start again at the end', () => this.toggle('loop'));
    }
    for (const name of Object.keys(motion.views)) button(name[0].toUpperCase() + name.slice(1), `view: ${name} (${name[0].toUpperCase()})`, () => this.look(name));
    button('−', 'zoom out (-)', () => this.zoom(1 / 1.25));
    button('+', 'zoom in (+)', () => this.zoom(1.25));
    for (const [name, text, key, label] of TOGGLES) {
      if ((name === 'errors' && !motion.hasReference) || (name === 'beside' && motion.S < 2)) continue;
      this.toggles[name] = button(text, `${label} (${key.toUpperCase()})`, () => this.toggle(name));
    }
    this.toggles.theme = button('Light', 'light or dark', () => this.toggle('theme'));
    button('PNG', 'save this picture', () => this.save());
    if (this.options.source) button('HTML', 'save this page', () => this.download('motion.html',
      URL.createObjectURL(new Blob(['<!doctype html>\n', this.options.source], {type: 'text/html'}))));
    this.root.append(bar);
  }
  listenToPointer(canvas) {
    const down = new Map(); let moved = 0;
    canvas.addEventListener('pointerdown', event => { down.set(event.pointerId, event); moved = 0; canvas.setPointerCapture(event.pointerId); });
    canvas.addEventListener('pointermove', event => {
      const before = down.get(event.pointerId);
      if (!before) return;
      const dx = event.clientX - before.clientX, dy = event.clientY - before.clientY;
      moved += Math.abs(dx) + Math.abs(dy);
      if (down.size === 2) {
        const other = [...down.values()].find(e => e.pointerId !== event.pointerId), far = e => Math.hypot(e.clientX - other.clientX, e.clientY - other.clientY);
        this.zoom(far(event) / Math.max(far(before), 1));
      } else if (moved > 3) this.turn(-0.4 * dx, 0.4 * dy);
      down.set(event.pointerId, event);
    });
    const up = event => { down.delete(event.pointerId); };
    canvas.addEventListener('pointerup', event => { up(event); if (moved <= 3) this.choose(this.picture.pick(event.offsetX, event.offsetY)); });
    canvas.addEventListener('pointercancel', up);
    canvas.addEventListener('dblclick', () => this.look('oblique'));
    canvas.addEventListener('wheel', event => {   // only once the picture was clicked, so that a page still scrolls
      if (!event.ctrlKey && document.activeElement !== canvas) return;
      event.preventDefault(); this.zoom(Math.exp(-event.deltaY * 0.0015));
    }, {passive: false});
  }
  onKey(event) {
    const {state, motion} = this, tag = event.target.tagName, far = event.shiftKey ? 10 : 1;
    if (event.ctrlKey || event.metaKey || event.altKey || tag === 'SELECT' || (tag === 'BUTTON' && [' ', 'Enter'].includes(event.key))) return;
    const views = Object.fromEntries(Object.keys(motion.views).map(name => [name[0], () => this.look(name)]));
    const toggles = Object.fromEntries(TOGGLES.map(([name, , key]) => [key, () => this.toggle(name)]));
    const act = {' ': () => this.play(!state.playing), ArrowRight: () => this.seek(state.frame + far), ArrowLeft: () => this.seek(state.frame - far),
      ArrowUp: () => this.zoom(1.25), ArrowDown: () => this.zoom(1 / 1.25), Home: () => this.seek(0), End: () => this.seek(motion.T - 1),
      '+': () => this.zoom(1.25), '=': () => this.zoom(1.25), '-': () => this.zoom(1 / 1.25), Escape: () => this.choose(null),
      ...views, ...toggles}[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act) return;
    act(); event.preventDefault(); event.stopPropagation();
  }
  goTo(number, name) {      // a frame as the recording numbers it, and a point by its name
    const {motion} = this, k = motion.joints.indexOf(name);
    if (Number.isFinite(number)) this.seek(motion.placeOf(number));
    if (k >= 0) this.choose({s: motion.S - 1, k});
  }
  seek(frame, tell = true) {
    frame = clamp(Math.round(frame), 0, this.motion.T - 1);
    if (frame === this.state.frame) return;
    this.state.frame = frame; this.request();
    if (tell) this.options.onFrame?.(frame);
  }
  play(on, tell = true) {
    const {state, motion} = this;
    if (on === state.playing) return;
    if (on && motion.T < 2) return;
    if (on && state.frame === motion.T - 1) this.seek(0);
    state.playing = on;
    if (tell) this.options.onPlay?.(on);
    this.clock = {exact: state.frame, before: performance.now()};
    if (on) requestAnimationFrame(now => this.tick(now));
    this.request();
  }
  tick(now) {  // keeps to the clock: a slow machine skips frames, it does not slow the person down
    const {state, motion, clock} = this;
    if (!state.playing || this.abort.signal.aborted) return;
    if (Math.floor(clock.exact) !== state.frame) clock.exact = state.frame;   // somebody scrubbed meanwhile
    clock.exact += clamp(now - clock.before, 0, 250) / 1000 * motion.rate / motion.step * state.speed;
    clock.before = now;
    if (clock.exact >= motion.T && state.loop) clock.exact %= motion.T;
    if (clock.exact >= motion.T) { this.seek(motion.T - 1); this.play(false); return; }
    this.seek(Math.floor(clock.exact));
    requestAnimationFrame(next => this.tick(next));
  }
  turn(yaw, pitch) { this.state.yaw += yaw; this.state.pitch = clamp(this.state.pitch + pitch, -89, 90); this.request(); }
  zoom(factor) { this.state.zoom = clamp(this.state.zoom * factor, 0.2, 20); this.request(); }
  look(name) { Object.assign(this.state, VIEW_OF(this.motion, name), {fit: VIEW_OF(this.motion, name), zoom: 1}); this.request(); }
  choose(picked) { this.state.picked = picked; this.request(); }
  toggle(name) {
    const {state} = this;
    if (name === 'theme') { this.chooseTheme(state.theme === 'dark' ? 'light' : 'dark'); return; }
    state[name] = !state[name];
    this.request();
  }
  chooseTheme(theme) { this.ownTheme = true; this.dress(theme); }
  dress(theme) {
    this.state.theme = this.root.dataset.theme = theme;
    this.options.onTheme?.(theme, this.ownTheme);
    this.request();
  }
  request() { if (!this.waiting) { this.waiting = true; requestAnimationFrame(() => { this.waiting = false; this.draw(); }); } }
  draw() {
    const {state, motion, root} = this, colours = motion.palette(state.theme);
    this.picture?.draw(); this.strip?.draw(state.frame);
    if (this.picture) {
      this.time.textContent = motion.frameLabel(state.frame);
      this.info.textContent = this.picture.tell() || motion.note || '';
      const all = [...Array(motion.K).keys()];
      this.figures.forEach((figure, s) => { const e = motion.meanError(s, state.frame, all); figure.textContent = e === null ? '' : `${e.toFixed(1)} mm`; });
      root.querySelectorAll('[data-colour]').forEach(node => { node.style.background = colours[node.dataset.colour]; });
      for (const [name, node] of Object.entries(this.toggles)) node.setAttribute('aria-pressed', name === 'theme' ? state.theme === 'light' : state[name]);
    }
    if (this.slider) {
      this.slider.value = state.frame; this.slider.setAttribute('aria-valuetext', motion.frameLabel(state.frame));
      this.playButton.textContent = state.playing ? '❚❚' : '▶'; this.playButton.setAttribute('aria-label', state.playing ? 'Pause' : 'Play');
    }
    root.dataset.frame = state.frame;
    for (let panel = root.closest('.mfm-panel'); panel; panel = panel.parentElement.closest('.mfm-panel')) panel.dataset.theme = state.theme;
    this.drawn = (this.drawn || 0) + 1;
    this.firstDrawn ??= performance.now();
  }
  save() { this.download(`frame_${this.motion.numberOf(this.state.frame)}.png`, this.picture.canvas.toDataURL('image/png')); }
  download(name, address) { const link = element('a', {download: name, href: address}); document.body.append(link); link.click(); link.remove(); }
  destroy() { this.abort.abort(); this.sizes.disconnect(); this.state.playing = false; this.host.replaceChildren(); }
}

const VIEW_OF = (data, name) => ({yaw: data.views[name][0], pitch: data.views[name][1]});

export function mount(host, data, options) { return new Player(host, data, options); }

// ---- anywidget: `frame`, `playing`, `speed`, `loop` and `theme` are traits, so ipywidgets can be linked to them in the browser

function render({model, el}) {
  const set = (name, value) => { model.set(name, value); model.save_changes(); };
  const player = mount(el, model.get('data'), {controls: false, part: model.get('part'), height: model.get('height'), gutter: model.get('gutter'),
    onFrame: frame => set('frame', frame), onPlay: on => set('playing', on), onTheme: (theme, chosen) => { if (chosen) set('theme', theme); }});
  const follow = {
    'change:frame': () => player.seek(model.get('frame'), false), 'change:playing': () => player.play(model.get('playing'), false),
    'change:speed': () => { player.state.speed = SPEEDS[model.get('speed')]; }, 'change:loop': () => { player.state.loop = model.get('loop'); },
    'change:theme': () => { if (model.get('theme') && player.state.theme !== model.get('theme')) player.chooseTheme(model.get('theme')); },
    'change:data': () => player.load(model.get('data'))};
  for (const [event, action] of Object.entries(follow)) model.on(event, action);
  player.seek(model.get('frame'), false);
  return () => { for (const [event, action] of Object.entries(follow)) model.off(event, action); player.destroy(); };
}

export default {render};
