import { compareColumns, rowName } from '../../../src/core/report/compare/compare-columns';
import type { ComparedCurve, ComparedRow, Measurement } from '../../../src/core/report/compare/compared-row';
import { paretoFront } from '../../../src/core/report/compare/pareto-front';
import { Choice } from '../../controls/choice';
import { element, setChildren } from '../../controls/dom';
import { normName } from '../../text/attack-norm';
import * as format from '../../text/format';
import { ChartCard } from '../chart-card';
import type { Chart } from '../chart-drawing';
import type { ComparePage, CompareSection } from '../compare-section';
import { niceTicks } from '../curves/nice-ticks';
import { svg, type SvgNode } from '../drawing';

/** A row that was measured both clean and under an attack, on the same images. */
interface ScatterPoint {
  readonly row: ComparedRow;
  readonly x: number;
  readonly y: number;
  readonly clean: Measurement;
  readonly robust: Measurement;
}

/** Of so few points each has its name beside it; of more those that no other one is better than. */
const MOST_NAMED = 8;

/** What robustness costs: clean accuracy against that under an attack, and accuracy against the size of perturbations. */
export function scatterSection(page: ComparePage): CompareSection {
  const { host, state, redraw } = page;
  const against = new Choice('Attack', redraw);
  const scatter = new ChartCard(page, 'scatter', {
    title: 'Clean and robust accuracy',
    about:
      'A point a network, with the 95 % intervals of both; the line is what no other one is better than both ways',
  });
  const cards = new Map<string, ChartCard>();
  const grid = element('div', { class: 'plot-grid' });
  return {
    element: element(
      'section',
      { class: 'section', attributes: { 'aria-labelledby': 'scatter-title' } },
      element(
        'header',
        { class: 'section-header' },
        element('h2', { text: 'Accuracy and robustness', attributes: { id: 'scatter-title' } }),
        element('div', { class: 'section-tools' }, against.element),
      ),
      element('div', { class: 'plot-grid-frame' }, grid),
    ),
    parts: ['rows'],
    draw() {
      const rows = state.rows.filter(({ record }) => !host.saved.hidden.includes(record.id));
      const columns = compareColumns(state.rows).filter(({ kind }) => kind === 'accuracy');
      const robust = columns.filter(({ id }) => !isClean(id));
      against.setOptions(
        robust.map(({ id, title, images = '' }) => ({ value: id, text: `${title} · ${images}` })),
      );
      against.element.hidden = robust.length < 2;
      const points = pointsOf(rows, against.value);
      if (points.length > 0) scatter.draw(scatterChart(points, page), scatterTable(points));
      const curves = curveGroups(rows).map(([key, lines]) => {
        const [first] = lines;
        const { title = '', images = '', norm = '' } = first?.curve ?? {};
        const name = `Accuracy against ${normName(norm)} epsilon`;
        const card =
          cards.get(key) ??
          new ChartCard(page, key, { title: name, note: `${title}, ${images}`, about: title });
        cards.set(key, card);
        card.draw(curveChart(`${name}: ${title}, ${images}`, lines, page), curveTable(lines));
        return card.element;
      });
      setChildren(grid, [...(points.length > 0 ? [scatter.element] : []), ...curves]);
      return points.length > 0 || curves.length > 0;
    },
  };
}

function isClean(id: string): boolean {
  return id.startsWith('accuracy ["clean"');
}

function pointsOf(rows: readonly ComparedRow[], column: string): ScatterPoint[] {
  return rows.flatMap((row): ScatterPoint[] => {
    const robust = row.measurements.findLast(({ key }) => `accuracy ${key}` === column);
    const clean = row.measurements.findLast(
      (one) => one.kind === 'clean' && one.imagesKey === robust?.imagesKey,
    );
    return robust && clean ? [{ row, clean, robust, x: clean.accuracy, y: robust.accuracy }] : [];
  });
}

const share = (value: number): string => format.percent(value, 0);

/** A bit more than what is in it. */
function rangeOf(values: readonly number[]): { readonly low: number; readonly high: number } {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = Math.max(0.02, 0.08 * (high - low));
  return { low: Math.max(0, low - room), high: Math.min(1, high + room) };
}

function scatterChart(points: readonly ScatterPoint[], { colours, theme }: ComparePage): Chart {
  const ends = (one: Measurement): number[] => [one.accuracy, ...(one.interval ?? [])];
  const [x, y] = [
    rangeOf(points.flatMap(({ clean }) => ends(clean))),
    rangeOf(points.flatMap(({ robust }) => ends(robust))),
  ];
  const front = paretoFront(points);
  const [first] = points;
  const { text: ink } = theme();
  const labels = new Labels();
  return {
    title: `Clean accuracy and ${first?.robust.title ?? ''}, ${first?.robust.images ?? ''}`,
    x: { ...x, title: 'Clean accuracy', logarithmic: false, ticks: niceTicks(x.low, x.high, 8), text: share },
    y: {
      ...y,
      title: `Accuracy under ${first?.robust.title ?? ''}`,
      logarithmic: false,
      ticks: niceTicks(y.low, y.high, 6),
      text: share,
    },
    marks: (toX, toY) => [
      svg('path', {
        d: front
          .map((point, at) => `${at === 0 ? 'M' : 'L'}${toX(point.x).toFixed(1)} ${toY(point.y).toFixed(1)}`)
          .join(''),
        ...{
          class: 'pareto-front',
          fill: 'none',
          stroke: ink,
          'stroke-width': 1,
          'stroke-dasharray': '5 4',
          opacity: 0.6,
        },
      }),
      ...points.map((point) => {
        const { row, clean, robust } = point;
        const colour = colours().get(row.record.id) ?? ink;
        const [left, top] = [toX(point.x), toY(point.y)];
        const isOnFront = front.includes(point);
        const line = { stroke: colour, 'stroke-width': 1, opacity: 0.5 };
        const [low, high] = clean.interval ?? [point.x, point.x];
        const [bottom, above] = robust.interval ?? [point.y, point.y];
        return svg(
          'g',
          { class: `scatter-point${isOnFront ? ' is-on-front' : ''}`, 'data-row': row.key },
          svg('line', { x1: toX(low), x2: toX(high), y1: top, y2: top, ...line }),
          svg('line', { x1: left, x2: left, y1: toY(bottom), y2: toY(above), ...line }),
          // The best network of a run beside its last one is hollow.
          svg('circle', {
            ...{ cx: left, cy: top, r: isOnFront ? 6 : 5, stroke: colour, 'stroke-width': 2 },
            fill: row.network?.startsWith('best') ? 'none' : colour,
          }),
          ...(isOnFront || points.length <= MOST_NAMED
            ? labels.at(left + 9, top - 6, shortened(rowName(row)), ink)
            : []),
          svg(
            'title',
            {},
            `${rowName(row)}: clean ${format.percent(point.x)}, ${robust.title} ${format.percent(point.y)}`,
          ),
        );
      }),
    ],
    legend: points.map(({ row }) => ({ name: rowName(row), colour: colours().get(row.record.id) ?? ink })),
  };
}

/** Width of a letter and height of a line, about. */
const LETTER = 6;
const LINE = 13;

/** Names beside points; one that would lie on another is left out. */
class Labels {
  readonly #placed: { readonly x: number; readonly y: number; readonly width: number }[] = [];

  at(x: number, y: number, text: string, fill: string): SvgNode[] {
    const width = LETTER * text.length;
    const isTaken = this.#placed.some(
      (other) => Math.abs(other.y - y) < LINE && x < other.x + other.width && other.x < x + width,
    );
    if (isTaken) return [];
    this.#placed.push({ x, y, width });
    return [svg('text', { x, y, fill, 'font-size': 11, 'font-family': 'system-ui, sans-serif' }, text)];
  }
}

function shortened(name: string): string {
  return name.length > 28 ? `…${name.slice(-27)}` : name;
}

function scatterTable(points: readonly ScatterPoint[]) {
  const front = new Set<unknown>(paretoFront(points));
  const sorted = [...points].sort((a, b) => b.y - a.y);
  const [first] = points;
  return {
    caption: 'Clean and robust accuracy, the most robust first',
    columns: [
      { label: 'Run', numeric: false },
      { label: 'Clean', numeric: true },
      { label: first?.robust.title ?? 'Robust', numeric: true },
      { label: 'On the front', numeric: false },
    ],
    count: sorted.length,
    row: (at: number) => {
      const point = sorted[at];
      if (!point) return { cells: [] };
      const { row, clean, robust } = point;
      return {
        cells: [
          rowName(row),
          format.percentWithin(clean.accuracy, clean.interval),
          format.percentWithin(robust.accuracy, robust.interval),
          front.has(point) ? 'yes' : '',
        ],
      };
    },
  };
}

interface CurveLine {
  readonly row: ComparedRow;
  readonly curve: ComparedCurve;
}

/** Curves that can be compared, together. */
function curveGroups(rows: readonly ComparedRow[]): [key: string, lines: CurveLine[]][] {
  const groups = new Map<string, CurveLine[]>();
  for (const row of rows) {
    const latest = new Map(row.curves.map((curve) => [curve.key, curve]));
    for (const curve of latest.values())
      groups.set(curve.key, [...(groups.get(curve.key) ?? []), { row, curve }]);
  }
  return [...groups];
}

function curveChart(title: string, lines: readonly CurveLine[], { colours, theme }: ComparePage): Chart {
  const { text: ink } = theme();
  const isLinf = lines[0]?.curve.norm === 'linf';
  const scale = isLinf ? 255 : 1;
  const high =
    scale * Math.max(...lines.flatMap(({ curve }) => curve.points.map(({ epsilon }) => epsilon)), 1e-9);
  const top = Math.max(
    ...lines.flatMap(({ curve }) => curve.points.map(({ robustAccuracy }) => robustAccuracy)),
    0.1,
  );
  const colourOf = ({ row }: CurveLine): string => colours().get(row.record.id) ?? ink;
  return {
    title,
    x: {
      ...{ title: isLinf ? 'Epsilon (of 255)' : 'Epsilon', low: 0, high, logarithmic: false },
      ...{ ticks: niceTicks(0, high, 8), text: format.measured },
    },
    y: {
      ...{ title: 'Accuracy', low: 0, high: Math.min(1, top * 1.08), logarithmic: false },
      ...{ ticks: niceTicks(0, Math.min(1, top * 1.08), 6), text: share },
    },
    marks: (toX, toY) => lines.map((line) => drawnCurve(line, colourOf(line), (x) => toX(scale * x), toY)),
    legend: lines.map((line) => ({ name: rowName(line.row), colour: colourOf(line) })),
  };
}

function drawnCurve(
  { row, curve }: CurveLine,
  colour: string,
  toX: (epsilon: number) => number,
  toY: (share: number) => number,
): SvgNode {
  const places = curve.points.map(
    ({ epsilon, robustAccuracy }) => [toX(epsilon), toY(robustAccuracy)] as const,
  );
  return svg(
    'g',
    { class: 'epsilon-curve', 'data-row': row.key },
    svg('path', {
      d: places
        .map(([left, top], at) => `${at === 0 ? 'M' : 'L'}${left.toFixed(1)} ${top.toFixed(1)}`)
        .join(''),
      ...{ fill: 'none', stroke: colour, 'stroke-width': 1.75 },
    }),
    ...(places.length <= 20 ? places.map(([cx, cy]) => svg('circle', { cx, cy, r: 3, fill: colour })) : []),
    svg('title', {}, rowName(row)),
  );
}

function curveTable(lines: readonly CurveLine[]) {
  const isLinf = lines[0]?.curve.norm === 'linf';
  const all = new Set(lines.flatMap(({ curve }) => curve.points.map(({ epsilon }) => epsilon)));
  const epsilons = [...all].sort((a, b) => a - b);
  return {
    caption: 'Accuracy against epsilon',
    columns: [
      { label: 'Epsilon', numeric: true },
      ...lines.map(({ row }) => ({ label: rowName(row), numeric: true })),
    ],
    count: epsilons.length,
    row: (at: number) => {
      const epsilon = epsilons[at] ?? 0;
      return {
        cells: [
          isLinf ? format.budget(epsilon) : format.measured(epsilon),
          ...lines.map(({ curve }) => {
            const point = curve.points.find((one) => one.epsilon === epsilon);
            return format.percentWithin(point?.robustAccuracy, point?.robustAccuracyInterval);
          }),
        ],
      };
    },
  };
}
