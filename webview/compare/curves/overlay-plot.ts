import uPlot from 'uplot';
import { element } from '../../controls/dom';
import type { StepRange } from '../../plots/line-plot';
import type { Theme } from '../../plots/theme';
import { lowerBound } from '../../state/column';
import type { Polyline } from './polyline';

/** One run's curve in a plot of several. */
export interface OverlayLine {
  readonly run: string;
  readonly name: string;
  readonly colour: string;
  readonly line: Polyline;
  /** The same before it was smoothed, drawn faintly behind it. */
  readonly raw?: Polyline | undefined;
  /** Its points are far from each other: each has a mark. */
  readonly marks: boolean;
}

export interface OverlayFrame {
  readonly xTitle: string;
  readonly yTitle: string;
  readonly yText: (value: number) => string;
  readonly xTick: (value: number) => string;
  readonly logarithmic: boolean;
  /** A share, from 0 to at most 1. */
  readonly isShare: boolean;
}

export interface OverlayEvents {
  readonly onCursor: (x: number | undefined) => void;
  readonly onZoom: (range: StepRange | undefined) => void;
}

/** Points of a line for each pixel: more can't be told apart, and fewer while it is being zoomed. */
const DENSITY = 1.5;
/** Points of all lines together in one frame. */
const MOST_POINTS = 120_000;
/** The same in each frame of a movement, which is drawn again when it has ended. */
const MOST_WHILE_MOVING = 12_000;

/** Many curves over one axis: uPlot draws the axes, and has the cursor; the lines are drawn from what they look like from afar. */
export class OverlayPlot {
  readonly element = element('div', { class: 'line-plot overlay-plot' });
  readonly #events: OverlayEvents;
  #plot: uPlot | undefined;
  #lines: readonly OverlayLine[] = [];
  #frame: OverlayFrame | undefined;
  #key = '';
  #xRange: StepRange = [0, 1];
  #yRange: StepRange = [0, 1];
  #emphasis: string | undefined;
  #moving = false;

  constructor(events: OverlayEvents) {
    this.#events = events;
    new ResizeObserver(() => {
      if (this.#plot && this.element.clientWidth > 0) this.#plot.setSize(this.#size);
    }).observe(this.element);
  }

  get #size(): { width: number; height: number } {
    return { width: this.element.clientWidth, height: this.element.clientHeight };
  }

  /**
   * @param range of x that is shown; undefined: all of it
   * @param moving it is one of many frames: fewer points will do
   */
  draw(
    lines: readonly OverlayLine[],
    frame: OverlayFrame,
    range: StepRange | undefined,
    theme: Theme,
    moving = false,
  ): void {
    this.#lines = lines;
    this.#frame = frame;
    this.#moving = moving;
    this.#xRange = range ?? extentOf(lines.map(({ line }) => line.x));
    this.#yRange = this.#valueRange();
    const key = JSON.stringify([frame.logarithmic, frame.xTitle, frame.yTitle, theme]);
    const data: uPlot.AlignedData = [[...this.#xRange], [...this.#yRange]];
    if (this.#plot && this.#key === key) {
      this.#plot.setData(data);
      return;
    }
    this.#plot?.destroy();
    this.#plot = undefined;
    if (this.element.clientWidth === 0) return;
    this.#key = key;
    this.#plot = new uPlot(this.#options(frame, theme), data, this.element);
    this.#zoomByWheel(this.#plot);
  }

  /** Puts the cursor on a position of x; undefined takes it away. */
  setCursor(x: number | undefined): void {
    const plot = this.#plot;
    if (!plot) return;
    const left = x === undefined ? -10 : plot.valToPos(x, 'x');
    plot.setCursor({ left, top: x === undefined ? -10 : plot.over.clientHeight / 2 }, false);
  }

  /** Draws one run above the others. */
  emphasise(run: string | undefined): void {
    if (this.#emphasis === run) return;
    this.#emphasis = run;
    this.#plot?.redraw(false);
  }

  /** What is shown. */
  get ranges(): { readonly x: StepRange; readonly y: StepRange } {
    return { x: this.#xRange, y: this.#yRange };
  }

  #options(frame: OverlayFrame, theme: Theme): uPlot.Options {
    const axis = {
      stroke: theme.muted,
      font: theme.font,
      labelFont: theme.font,
      labelSize: 18,
      labelGap: 2,
      grid: { stroke: theme.grid, width: 1 },
      ticks: { show: false },
    };
    const text = (value: number): string => this.#frame?.yText(value) ?? '';
    return {
      ...this.#size,
      padding: [10, 14, 0, 0],
      legend: { show: false },
      scales: {
        x: { time: false, range: () => [...this.#xRange] },
        // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- uPlot's names of these are types only
        y: { distr: frame.logarithmic ? 3 : 1, range: () => [...this.#yRange] },
      },
      axes: [
        {
          ...axis,
          label: frame.xTitle,
          size: 26,
          gap: 6,
          values: (_, splits) => splits.map((value) => this.#frame?.xTick(value) ?? ''),
        },
        {
          ...axis,
          label: frame.yTitle,
          gap: 6,
          size: (_, values) =>
            18 + 6.4 * Math.max(0, ...((values as string[] | null) ?? []).map((value) => value.length)),
          // On a logarithmic axis some splits have no label.
          values: (_, splits) =>
            splits.map((value) => ((value as number | null) === null ? '' : text(value))),
        },
      ],
      series: [{}, { show: true, stroke: 'transparent', width: 0, points: { show: false } }],
      cursor: {
        y: false,
        points: { show: false },
        drag: { x: true, y: false, setScale: false },
        bind: {
          dblclick: () => () => {
            this.#events.onZoom(undefined);
            return null;
          },
        },
      },
      hooks: {
        draw: [
          (plot) => {
            this.#drawLines(plot);
          },
        ],
        setCursor: [
          (plot) => {
            const { left = -1 } = plot.cursor;
            this.#events.onCursor(left < 0 ? undefined : plot.posToVal(left, 'x'));
          },
        ],
        setSelect: [
          (plot) => {
            const { left, width } = plot.select;
            if (width < 4) return;
            const range: StepRange = [plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')];
            plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            this.#events.onZoom(range);
          },
        ],
      },
    };
  }

  /** The wheel zooms around the pointer while Ctrl is held: without, it scrolls the page. */
  #zoomByWheel(plot: uPlot): void {
    plot.over.addEventListener(
      'wheel',
      (event) => {
        if (!event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        const [low, high] = this.#xRange;
        const [first, last] = extentOf(this.#lines.map(({ line }) => line.x));
        const at = plot.posToVal(event.clientX - plot.over.getBoundingClientRect().left, 'x');
        const factor = 1.15 ** Math.sign(event.deltaY);
        const range: StepRange = [
          Math.max(first, at - (at - low) * factor),
          Math.min(last, at + (high - at) * factor),
        ];
        if (range[0] <= first && range[1] >= last) this.#events.onZoom(undefined);
        else if (range[1] > range[0]) this.#events.onZoom(range);
      },
      { passive: false },
    );
  }

  #drawLines(plot: uPlot): void {
    const { ctx, bbox } = plot;
    const budget = this.#moving ? MOST_WHILE_MOVING : MOST_POINTS;
    const width = (DENSITY * bbox.width) / devicePixelRatio;
    const most = Math.max(24, Math.min(width, budget / Math.max(1, this.#lines.length)));
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.lineJoin = 'bevel';
    const last = this.#lines.filter(({ run }) => run === this.#emphasis);
    const others = this.#lines.filter(({ run }) => run !== this.#emphasis);
    // Where there are many, what they look like before they are smoothed would hide them.
    const withRaw = this.#lines.length <= 12;
    for (const one of [...others, ...last]) {
      const isLast = one.run === this.#emphasis;
      ctx.strokeStyle = one.colour;
      ctx.fillStyle = one.colour;
      if (one.raw && (withRaw || isLast)) {
        ctx.globalAlpha = 0.25;
        ctx.lineWidth = devicePixelRatio;
        ctx.stroke(this.#path(plot, one.raw, most));
      }
      ctx.globalAlpha = this.#emphasis === undefined || isLast ? 1 : 0.35;
      ctx.lineWidth = (isLast ? 2.5 : this.#moving ? 1 : 1.5) * devicePixelRatio;
      ctx.stroke(this.#path(plot, one.line, most));
      if (one.marks) ctx.fill(this.#marks(plot, one.line));
    }
    ctx.restore();
  }

  #positions(plot: uPlot): [toX: (value: number) => number, toY: (value: number) => number] {
    const isLogarithmic = this.#frame?.logarithmic === true;
    return [
      positionsOf(plot, this.#xRange, { isUpright: false, isLogarithmic: false }),
      positionsOf(plot, this.#yRange, { isUpright: true, isLogarithmic }),
    ];
  }

  #visible({ x, length }: Polyline): [from: number, to: number] {
    const [low, high] = this.#xRange;
    // One point more on each side, so that lines run to the edge.
    return [Math.max(0, lowerBound(x, low) - 1), Math.min(length, lowerBound(x, high) + 2)];
  }

  #path(plot: uPlot, line: Polyline, most: number): Path2D {
    const path = new Path2D();
    const [from, to] = this.#visible(line);
    const { x, y } = line;
    const [toX, toY] = this.#positions(plot);
    let isDown = false;
    line.visit(from, to, most, (place) => {
      const value = y[place] ?? NaN;
      if (Number.isNaN(value)) {
        isDown = false;
        return;
      }
      const [left, top] = [toX(x[place] ?? 0), toY(value)];
      if (isDown) path.lineTo(left, top);
      else path.moveTo(left, top);
      isDown = true;
    });
    return path;
  }

  #marks(plot: uPlot, line: Polyline): Path2D {
    const path = new Path2D();
    const size = 2.5 * devicePixelRatio;
    const [toX, toY] = this.#positions(plot);
    for (let place = 0; place < line.length; place++) {
      const value = line.y[place] ?? NaN;
      if (Number.isNaN(value)) continue;
      const [left, top] = [toX(line.x[place] ?? 0), toY(value)];
      path.moveTo(left + size, top);
      path.arc(left, top, size, 0, 2 * Math.PI);
    }
    return path;
  }

  /** Of what is shown of x. */
  #valueRange(): StepRange {
    let [low, high] = [Infinity, -Infinity];
    const isLogarithmic = this.#frame?.logarithmic === true;
    for (const { line } of this.#lines) {
      const [from, to] = this.#visible(line);
      line.visit(from, to, 64, (place) => {
        const value = line.y[place] ?? NaN;
        if (!Number.isFinite(value) || (isLogarithmic && value <= 0)) return;
        if (value < low) low = value;
        if (value > high) high = value;
      });
    }
    if (low > high) return isLogarithmic ? [0.1, 1] : [0, 1];
    if (isLogarithmic) return low === high ? [low / 2, high * 2] : [low / 1.1, high * 1.1];
    if (this.#frame?.isShare) return [0, Math.min(1, Math.max(0.1, high * 1.1))];
    const room = 0.06 * (high - low || Math.abs(high) || 1);
    return [low - room, high + room];
  }
}

/** From a value to canvas pixels, without uPlot's looking up of scales for every point. */
function positionsOf(
  { bbox: { left, top, width, height } }: uPlot,
  [first, last]: StepRange,
  { isUpright, isLogarithmic }: { readonly isUpright: boolean; readonly isLogarithmic: boolean },
): (value: number) => number {
  const of = (value: number): number => (isLogarithmic ? Math.log10(value) : value);
  const [low, high] = [of(first), of(last)];
  if (!isUpright) return (value) => left + (width * (of(value) - low)) / (high - low);
  // What has no logarithm is below everything.
  return (value) =>
    isLogarithmic && value <= 0
      ? top + 2 * height
      : top + height - (height * (of(value) - low)) / (high - low);
}

function extentOf(lists: readonly Float64Array[]): StepRange {
  let [low, high] = [Infinity, -Infinity];
  for (const list of lists) {
    const [first, last] = [list[0], list.at(-1)];
    if (first !== undefined && first < low) low = first;
    if (last !== undefined && last > high) high = last;
  }
  if (low > high) return [0, 1];
  return low === high ? [low - 1, high + 1] : [low, high];
}
