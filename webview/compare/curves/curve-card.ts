import { button } from '../../controls/button';
import { DataTable } from '../../controls/data-table';
import { element, setAttribute, setChildren, setText } from '../../controls/dom';
import { TableToggle } from '../../controls/table-toggle';
import type { StepRange } from '../../plots/line-plot';
import { lowerBound } from '../../state/column';
import { chartDrawing } from '../chart-drawing';
import type { ComparePage } from '../compare-section';
import { pngOf, svg, svgFile, type Drawing, type SvgNode } from '../drawing';
import { saveFile } from '../save-file';
import type { CurvePlot } from './curve-lines';
import { logarithmicTicks, niceTicks } from './nice-ticks';
import { OverlayPlot, type OverlayFrame, type OverlayLine } from './overlay-plot';
import type { Polyline } from './polyline';

/** A movement has ended when nothing has come of it for so long. */
const SETTLED_MS = 150;
/** Runs whose values at the cursor are named, the largest first. */
const MOST_NAMED = 8;

export interface CurveCardEvents {
  readonly onCursor: (x: number | undefined) => void;
  readonly onZoom: (range: StepRange | undefined) => void;
}

/** A plot in which runs are overlaid, with what they are at the cursor, and the same as a table and as a picture. */
export class CurveCard {
  readonly element: HTMLElement;
  readonly #page: ComparePage;
  readonly #plot: OverlayPlot;
  readonly #field: HTMLElement;
  readonly #note = element('span', { class: 'section-caption' });
  readonly #where = element('span', { class: 'plot-step' });
  readonly #readout = element('ul', { class: 'curve-readout' });
  readonly #table = new DataTable();
  #asTable = false;
  #isInView = false;
  #settling: ReturnType<typeof setTimeout> | undefined;
  #shown:
    | { plot: CurvePlot; lines: readonly OverlayLine[]; frame: OverlayFrame; range: StepRange | undefined }
    | undefined;

  constructor(page: ComparePage, { id, title, about }: CurvePlot, events: CurveCardEvents) {
    this.#page = page;
    this.#plot = new OverlayPlot(events);
    const heading = `curve-${id.replaceAll(/\W+/g, '-')}`;
    const toggle = new TableToggle(title.toLowerCase(), (asTable) => {
      this.#asTable = asTable;
      toggle.set(asTable);
      this.#field.hidden = asTable;
      this.#readout.hidden = asTable;
      this.#table.element.hidden = !asTable;
      this.#redraw();
    });
    this.#table.element.hidden = true;
    this.#field = element(
      'div',
      {
        class: 'plot-field',
        attributes: {
          tabindex: '0',
          role: 'img',
          'aria-label': `${title} of the runs; as a table with the button above`,
        },
      },
      this.#plot.element,
    );
    this.#field.addEventListener('keydown', (event) => {
      if (event.key !== '0' && event.key !== '-' && event.key !== 'Escape') return;
      event.preventDefault();
      events.onZoom(undefined);
    });
    this.element = element(
      'section',
      { class: 'card plot-card', attributes: { 'aria-labelledby': heading, 'data-curve': id } },
      element(
        'header',
        { class: 'card-header' },
        element('h3', { text: title, title: about, attributes: { id: heading } }),
        this.#note,
        this.#where,
        button({
          label: 'SVG',
          appearance: 'icon',
          title: `Save ${title} as SVG`,
          icon: 'save',
          onClick: () => {
            this.#save('svg');
          },
        }),
        button({
          label: 'PNG',
          appearance: 'icon',
          title: `Save ${title} as PNG`,
          icon: 'picture',
          onClick: () => {
            this.#save('png');
          },
        }),
        toggle.element,
      ),
      this.#field,
      this.#readout,
      this.#table.element,
    );
    new IntersectionObserver((entries) => {
      const before = this.#isInView;
      this.#isInView = entries.at(-1)?.isIntersecting ?? false;
      if (this.#isInView && !before) this.#redraw();
    }).observe(this.element);
  }

  draw(
    plot: CurvePlot,
    lines: readonly OverlayLine[],
    frame: OverlayFrame,
    range: StepRange | undefined,
  ): void {
    this.#shown = { plot, lines, frame, range };
    setText(this.#note, plot.note);
    this.#redraw();
  }

  /** Shows another part of the same: roughly while that goes on, and as well as it can be when it has ended. */
  zoom(range: StepRange | undefined): void {
    if (!this.#shown) return;
    this.#shown = { ...this.#shown, range };
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      this.#redraw();
    }, SETTLED_MS);
    if (!this.#isInView || this.#asTable) return;
    const { lines, frame } = this.#shown;
    this.#plot.draw(lines, frame, range, this.#page.theme(), true);
  }

  /** Puts the cursor where another plot has it. */
  setCursor(x: number | undefined): void {
    this.#plot.setCursor(x);
    this.showValues(x);
  }

  emphasise(run: string | undefined): void {
    this.#plot.emphasise(run);
  }

  #redraw(): void {
    if (!this.#shown) return;
    const { plot, lines, frame, range } = this.#shown;
    if (!this.#asTable) {
      // What nobody sees is drawn when it comes into sight.
      if (this.#isInView) this.#plot.draw(lines, frame, range, this.#page.theme());
      this.showValues(undefined);
      return;
    }
    this.#table.show({
      caption: `${plot.title}: ${plot.about}`,
      columns: ['Run', 'Last', 'Lowest', 'Highest'].map((label, at) => ({ label, numeric: at > 0 })),
      count: lines.length,
      row: (at) => {
        const one = lines[at];
        const values = [...((one?.raw ?? one?.line)?.y ?? [])].filter((value) => !Number.isNaN(value));
        const [low, high] = values.reduce(
          ([a, b], value) => [Math.min(a, value), Math.max(b, value)],
          [Infinity, -Infinity],
        );
        return { cells: [one?.name ?? '', ...[values.at(-1), low, high].map(plot.text)] };
      },
    });
  }

  /** What the runs are at a position, or at the end of what is shown. */
  showValues(x: number | undefined): void {
    if (!this.#shown || this.#asTable) return;
    const { plot, lines, frame, range } = this.#shown;
    const at = x ?? range?.[1] ?? Infinity;
    const values = lines.flatMap(({ run, name, colour, line, raw }) => {
      const value = valueAt(raw ?? line, at);
      return value === undefined ? [] : [{ run, name, colour, value }];
    });
    values.sort((a, b) => b.value - a.value);
    setText(
      this.#where,
      x === undefined ? '' : `${frame.xTitle.toLowerCase()} ${frame.xTick(x) || String(Math.round(x))}`,
    );
    const shown = values.slice(0, MOST_NAMED);
    const more = values.length - shown.length;
    const entries = shown.map(({ run, name, colour, value }) => {
      const key = element('span', { class: 'run-key' });
      key.style.background = colour;
      const entry = element(
        'li',
        {},
        key,
        element('span', { text: name }),
        element('b', { text: plot.text(value) }),
      );
      entry.addEventListener('pointerenter', () => {
        this.#plot.emphasise(run);
      });
      entry.addEventListener('pointerleave', () => {
        this.#plot.emphasise(undefined);
      });
      return entry;
    });
    if (more > 0) entries.push(element('li', { class: 'muted', text: `and ${more} more` }));
    setChildren(this.#readout, entries);
    setAttribute(
      this.#field,
      'aria-description',
      shown.map(({ name, value }) => `${name} ${plot.text(value)}`).join(', '),
    );
  }

  #save(kind: 'svg' | 'png'): void {
    const made = this.#drawing();
    if (!made) return;
    const name = `${this.#shown?.plot.title.replaceAll(/[^\w.-]+/g, '-').slice(0, 60) ?? 'curves'}.${kind}`;
    if (kind === 'svg') saveFile(this.#page.host, name, svgFile(made));
    else
      void pngOf(made).then((png) => {
        saveFile(this.#page.host, name, png);
      });
  }

  #drawing(): Drawing | undefined {
    if (!this.#shown) return undefined;
    const { plot, lines, frame } = this.#shown;
    const { x, y } = this.#plot.ranges;
    const lower = { logarithmic: false, ticks: niceTicks(...x, 8), low: x[0], high: x[1] };
    const upright = {
      ...{ logarithmic: frame.logarithmic, low: y[0], high: y[1] },
      ticks: frame.logarithmic ? logarithmicTicks(...y) : niceTicks(...y, 6),
    };
    return chartDrawing(
      {
        title: plot.note === '' ? plot.title : `${plot.title}, ${plot.note}`,
        x: { ...lower, title: frame.xTitle, text: (value) => frame.xTick(value) || String(value) },
        y: { ...upright, title: frame.yTitle, text: frame.yText },
        marks: (toX, toY) => lines.map((one) => drawnLine(one, x, toX, toY)),
        legend: lines,
      },
      this.#page.theme(),
    );
  }
}

/** Points of a line in a file. */
const MOST_POINTS = 1500;

function drawnLine(
  { line, colour }: OverlayLine,
  [low, high]: StepRange,
  toX: (value: number) => number,
  toY: (value: number) => number,
): SvgNode {
  const parts: string[] = [];
  let isDown = false;
  const from = Math.max(0, lowerBound(line.x, low) - 1);
  line.visit(from, Math.min(line.length, lowerBound(line.x, high) + 2), MOST_POINTS, (place) => {
    const value = line.y[place] ?? NaN;
    if (Number.isNaN(value)) {
      isDown = false;
      return;
    }
    parts.push(`${isDown ? 'L' : 'M'}${toX(line.x[place] ?? 0).toFixed(1)} ${toY(value).toFixed(1)}`);
    isDown = true;
  });
  return svg('path', { d: parts.join(''), fill: 'none', stroke: colour, 'stroke-width': 1.5 });
}

/** The last value at or before a position; undefined where there is none. */
function valueAt({ x, y }: Polyline, at: number): number | undefined {
  let place = lowerBound(x, at);
  if (x[place] !== at) place--;
  for (; place >= 0; place--) {
    const value = y[place] ?? NaN;
    if (!Number.isNaN(value)) return value;
  }
  return undefined;
}
