import type { TableSource } from '../text/table-source';
import type { Curve, PlotData } from './plot-values';

/** Names of VS Code's chart colours. */
export type ChartColour = 'blue' | 'orange' | 'green' | 'purple' | 'red' | 'yellow' | 'foreground';

/** How a line looks, whatever it shows. */
export interface LineStyle {
  readonly id: string;
  readonly label: string;
  readonly colour: ChartColour;
  /** Drawn in the background, for context. */
  readonly quiet: boolean;
  readonly marker?: 'circle' | 'diamond';
}

/** The horizontal axis of a plot. */
export interface PlotAxis {
  /** What it counts, in a word. */
  readonly name: string;
  /** A position of the cursor in words: `step 369`. */
  readonly text: (x: number) => string;
  /** The label of a tick; empty where it has none. */
  readonly tick: (x: number) => string;
  /** Half of the narrowest range that keys zoom to. */
  readonly narrowest: number;
  /** Plots with the same one share their cursor. */
  readonly cursor: string;
}

/** Everything about a plot but its numbers. */
export interface PlotFrame {
  readonly id: string;
  readonly title: string;
  /** Says what the axes mean, for people who hover or listen. */
  readonly description: string;
  readonly format: (value: number | null | undefined) => string;
  /** `fraction`: at least 0, at most 1. `zero`: from 0. `fit`: as the data. */
  readonly range: 'fraction' | 'zero' | 'fit';
  readonly lines: readonly LineStyle[];
  /** In the order of the plot's values. */
  readonly curves: readonly Curve[];
  readonly axis: PlotAxis;
}

/** The numbers of a plot. */
export interface PlotContent {
  /** As many points as a plot of this width (pixels) can show. */
  readonly data: (width: number) => PlotData;
  readonly table: () => TableSource;
}
