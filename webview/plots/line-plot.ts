import uPlot from 'uplot';
import type { PlotData } from './plot-values';
import type { PlotFrame } from './plot-frame';
import { measured, percent } from '../text/format';
import { element } from '../controls/dom';
import { markerPaths } from './markers';
import type { Theme } from './theme';

export type StepRange = readonly [number, number];

export interface LinePlotEvents {
  /** The cursor moved to a point of the data, or left (undefined). */
  onCursor: (index: number | undefined) => void;
  /** The user chose a range of steps, or all of them (undefined). */
  onZoom: (range: StepRange | undefined) => void;
}

/** One uPlot canvas: draws {@link PlotData}, shares its cursor with the other plots. */
export class LinePlot {
  readonly element = element('div', { class: 'line-plot' });
  readonly #frame: PlotFrame;
  readonly #events: LinePlotEvents;
  #plot: uPlot | undefined;
  #range: StepRange | undefined;
  #data: uPlot.AlignedData = [[]];

  constructor(frame: PlotFrame, events: LinePlotEvents) {
    this.#frame = frame;
    this.#events = events;
  }

  /** Width of the field in CSS pixels; 0 while it is not shown. */
  get width(): number {
    return this.element.clientWidth;
  }

  get #size(): { width: number; height: number } {
    return { width: this.element.clientWidth, height: this.element.clientHeight };
  }

  draw(data: PlotData, range: StepRange | undefined, theme: Theme): void {
    this.#data = [data.steps, ...data.values];
    this.#range = range;
    if (this.#plot) this.#plot.setData(this.#data);
    else this.restyle(theme);
  }

  /** Makes the plot anew: uPlot takes colours and fonts only at the start. */
  restyle(theme: Theme): void {
    this.#plot?.destroy();
    this.#plot = undefined;
    if (this.width === 0 || this.#data[0].length === 0) return;
    this.#plot = new uPlot(this.#options(theme), this.#data, this.element);
  }

  resize(): void {
    if (this.#plot && this.width > 0) this.#plot.setSize(this.#size);
  }

  /** Puts the cursor on a step; undefined takes it away. */
  setCursor(step: number | undefined): void {
    const plot = this.#plot;
    if (!plot) return;
    const left = step === undefined ? -10 : plot.valToPos(step, 'x');
    plot.setCursor({ left, top: step === undefined ? -10 : plot.over.clientHeight / 2 });
  }

  #options(theme: Theme): uPlot.Options {
    const axis = {
      stroke: theme.muted,
      font: theme.font,
      grid: { stroke: theme.grid, width: 1 },
      ticks: { show: false },
    };
    return {
      ...this.#size,
      padding: [10, 18, 0, 0],
      legend: { show: false },
      scales: {
        x: { time: false, range: (_, low, high) => this.#xRange(low, high) },
        y: { range: (_, low, high) => this.#yRange(low, high) },
      },
      axes: [
        { ...axis, size: 26, gap: 6, values: (_, splits) => splits.map(this.#frame.axis.tick) },
        {
          ...axis,
          gap: 6,
          size: (_, values) =>
            18 + 6.4 * Math.max(0, ...((values as string[] | null) ?? []).map((v) => v.length)),
          values: (_, splits) => splits.map((value) => this.#axisValue(value)),
        },
      ],
      series: [{}, ...this.#series(theme)],
      cursor: {
        y: false,
        sync: { key: this.#frame.axis.cursor, scales: ['x', null] },
        drag: { x: true, y: false, setScale: false },
        bind: {
          dblclick: () => () => {
            this.#events.onZoom(undefined);
            return null;
          },
        },
        points: { size: 7, width: 1.5 },
      },
      hooks: {
        setCursor: [
          (u) => {
            this.#events.onCursor(u.cursor.idx ?? undefined);
          },
        ],
        setSelect: [
          (u) => {
            this.#select(u);
          },
        ],
      },
    };
  }

  #series(theme: Theme): uPlot.Series[] {
    const lines = new Map(this.#frame.lines.map((line) => [line.id, line]));
    return this.#frame.curves.flatMap((curve) => {
      const line = lines.get(curve.line);
      if (!line) return [];
      const stroke = theme.chart[line.colour];
      const raw = curve.role === 'raw';
      const points: uPlot.Series.Points = line.marker
        ? { show: true, stroke, fill: stroke, paths: markerPaths(line.marker, 3) }
        : { show: false };
      return {
        label: line.label,
        scale: 'y',
        stroke,
        alpha: raw ? 0.28 : line.quiet ? 0.6 : 1,
        width: raw || line.quiet ? 1 : 1.75,
        spanGaps: false,
        points,
      };
    });
  }

  #xRange(low: number | null, high: number | null): uPlot.Range.MinMax {
    if (this.#range) return [this.#range[0], this.#range[1]];
    if (low === null || high === null) return [0, 1];
    return low === high ? [low - 1, high + 1] : [low, high];
  }

  #yRange(low: number | null, high: number | null): uPlot.Range.MinMax {
    if (low === null || high === null) return [0, 1];
    switch (this.#frame.range) {
      case 'fraction':
        return [0, Math.min(1, Math.max(0.1, high * 1.1))];
      case 'zero':
        return [0, high > 0 ? high * 1.1 : 1];
      case 'fit':
        return uPlot.rangeNum(low, high, 0.08, true);
    }
  }

  #axisValue(value: number): string {
    return this.#frame.range === 'fraction' ? percent(value, 0) : measured(value);
  }

  #select(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width < 4) return;
    const range: StepRange = [plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')];
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.#events.onZoom(range);
  }
}
