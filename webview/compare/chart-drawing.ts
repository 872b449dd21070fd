import type { Theme } from '../plots/theme';
import { svg, type Drawing, type SvgNode } from './drawing';

/** An axis of a chart that is drawn into a file. */
export interface ChartAxis {
  readonly title: string;
  readonly low: number;
  readonly high: number;
  readonly logarithmic: boolean;
  readonly ticks: readonly number[];
  readonly text: (value: number) => string;
}

export interface Chart {
  readonly title: string;
  readonly x: ChartAxis;
  readonly y: ChartAxis;
  /** What is inside of the axes, from positions to positions. */
  readonly marks: (x: (value: number) => number, y: (value: number) => number) => readonly SvgNode[];
  /** Absent on a page, where the table is the legend, and the heading the title. */
  readonly legend?: readonly { readonly name: string; readonly colour: string }[];
}

const WIDTH = 720;
const PLOT_HEIGHT = 400;
const LEFT = 64;
const RIGHT = 16;
/** With the title of a file. */
const TITLE = 40;
const NO_TITLE = 10;
const BOTTOM = 48;
const LEGEND_LINE = 18;
const LEGEND_WIDTH = 220;
/** Runs that a legend names. */
const MOST_NAMED = 60;

/** A chart with its title, axes and legend, on the background of the theme. */
export function chartDrawing({ title, x, y, marks, legend }: Chart, theme: Theme): Drawing {
  const all = legend ?? [];
  const topEdge = legend ? TITLE : NO_TITLE;
  const named = all.slice(0, MOST_NAMED);
  const columns = Math.max(1, Math.floor((WIDTH - LEFT) / LEGEND_WIDTH));
  const lines = Math.ceil(named.length / columns) + (all.length > named.length ? 1 : 0);
  const height = topEdge + PLOT_HEIGHT + BOTTOM + lines * LEGEND_LINE + 8;
  const [right, bottom] = [WIDTH - RIGHT, topEdge + PLOT_HEIGHT];
  const toX = position(x, LEFT, right);
  const toY = position(y, bottom, topEdge);
  const font = { 'font-family': 'system-ui, sans-serif', 'font-size': 12, fill: theme.text };
  const text = (words: string, attributes: Readonly<Record<string, string | number>>): SvgNode =>
    svg('text', { ...font, ...attributes }, words);
  const inside: SvgNode[] = [
    ...(legend ? [svg('rect', { width: WIDTH, height, fill: theme.background })] : []),
    ...(legend ? [text(title, { x: LEFT, y: 22, 'font-size': 15, 'font-weight': 600 })] : []),
    ...x.ticks.flatMap((value) => [
      svg('line', { x1: toX(value), x2: toX(value), y1: topEdge, y2: bottom, stroke: theme.grid }),
      text(x.text(value), { x: toX(value), y: bottom + 16, 'text-anchor': 'middle', fill: theme.muted }),
    ]),
    ...y.ticks.flatMap((value) => [
      svg('line', { x1: LEFT, x2: right, y1: toY(value), y2: toY(value), stroke: theme.grid }),
      text(y.text(value), { x: LEFT - 6, y: toY(value) + 4, 'text-anchor': 'end', fill: theme.muted }),
    ]),
    text(x.title, { x: (LEFT + right) / 2, y: bottom + 36, 'text-anchor': 'middle' }),
    text(y.title, {
      transform: `translate(14 ${(topEdge + bottom) / 2}) rotate(-90)`,
      'text-anchor': 'middle',
    }),
    svg(
      'clipPath',
      { id: 'field' },
      svg('rect', { x: LEFT, y: topEdge, width: right - LEFT, height: PLOT_HEIGHT }),
    ),
    svg('g', { 'clip-path': 'url(#field)' }, ...marks(toX, toY)),
    ...named.flatMap(({ name, colour }, at) => {
      const left = LEFT + (at % columns) * LEGEND_WIDTH;
      const top = bottom + BOTTOM + Math.floor(at / columns) * LEGEND_LINE;
      return [
        svg('rect', { x: left, y: top, width: 12, height: 4, fill: colour }),
        text(name.length > 32 ? `${name.slice(0, 31)}…` : name, { x: left + 18, y: top + 6 }),
      ];
    }),
    ...(all.length > named.length
      ? [text(`and ${all.length - named.length} more`, { x: LEFT, y: height - 10 })]
      : []),
  ];
  return { width: WIDTH, height, inside };
}

function position(
  { low, high, logarithmic }: ChartAxis,
  from: number,
  to: number,
): (value: number) => number {
  const of = (value: number): number => (logarithmic ? Math.log10(Math.max(value, Number.MIN_VALUE)) : value);
  const [first, last] = [of(low), of(high)];
  return (value) => from + ((to - from) * (of(value) - first)) / (last - first || 1);
}
