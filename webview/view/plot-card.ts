import * as format from '../model/format';
import { curvesOf, plotData, valueAt, type PlotData } from '../model/plot-data';
import type { PlotDefinition } from '../model/plot-definitions';
import { plotTable } from '../model/plot-table';
import type { RunSeries } from '../model/run-series';
import { button } from './button';
import { DataTable } from './data-table';
import { element, setAttribute, setText } from './dom';
import { icon } from './icons';
import { Legend } from './legend';
import { LinePlot, type StepRange } from './line-plot';
import { scrubKeys } from './scrub-keys';
import type { Theme } from './theme';

export interface PlotCardEvents {
  onZoom: (range: StepRange | undefined) => void;
  onToggleTable: (asTable: boolean) => void;
}

export interface PlotSettings {
  readonly range: StepRange | undefined;
  readonly smoothing: number;
  readonly theme: Theme;
  /** What a plot without points says. */
  readonly waiting: string;
}

/** A table is for reading: it follows a run at this pace, in milliseconds. */
const TABLE_INTERVAL = 1000;

/** One plot with its title and legend, and the same numbers as a table. */
export class PlotCard {
  readonly element: HTMLElement;
  readonly #definition: PlotDefinition;
  readonly #plot: LinePlot;
  readonly #legend: Legend;
  readonly #where = element('span', { class: 'plot-step' });
  readonly #table = new DataTable();
  readonly #toggle: HTMLElement;
  readonly #empty = element('p', { class: 'empty' });
  readonly #field: HTMLElement;
  #data: PlotData = { steps: [], values: [] };
  #cursor: number | undefined;
  #asTable = false;
  #tableDrawn = 0;

  constructor(definition: PlotDefinition, events: PlotCardEvents) {
    this.#definition = definition;
    this.#legend = new Legend(definition);
    this.#plot = new LinePlot(definition, {
      onCursor: (index) => {
        this.#cursor = index;
        this.#showLegend();
      },
      onZoom: events.onZoom,
    });
    this.#toggle = button({
      label: `Show ${definition.title.toLowerCase()} as a table`,
      icon: 'table',
      appearance: 'icon',
      onClick: () => {
        events.onToggleTable(!this.#asTable);
      },
    });
    this.#field = element(
      'div',
      {
        class: 'plot-field',
        attributes: { tabindex: '0', role: 'slider', 'aria-label': `${definition.title} plot, step` },
      },
      this.#plot.element,
      this.#empty,
    );
    scrubKeys(this.#field, {
      steps: () => this.#data.steps,
      current: () => this.#cursor,
      moveTo: (index) => {
        this.#plot.setCursor(index === undefined ? undefined : this.#data.steps[index]);
      },
      zoom: events.onZoom,
    });
    const id = `plot-${definition.id}`;
    this.element = element(
      'section',
      { class: 'card plot-card', attributes: { 'aria-labelledby': id, 'data-plot': definition.id } },
      element(
        'header',
        { class: 'card-header' },
        element('h3', { text: definition.title, title: definition.description, attributes: { id } }),
        this.#where,
        this.#toggle,
      ),
      this.#legend.element,
      this.#field,
      this.#table.element,
    );
    this.#table.element.hidden = true;
  }

  /** Calls back when the width that a plot can use has changed. */
  observeSize(resized: () => void): void {
    new ResizeObserver(() => {
      this.#plot.resize();
      resized();
    }).observe(this.#field);
  }

  setAsTable(asTable: boolean): void {
    this.#asTable = asTable;
    this.#field.hidden = asTable;
    this.#table.element.hidden = !asTable;
    this.#tableDrawn = 0;
    setAttribute(this.#toggle, 'aria-pressed', String(asTable));
    const label = `Show ${this.#definition.title.toLowerCase()} as a ${asTable ? 'plot' : 'table'}`;
    setAttribute(this.#toggle, 'aria-label', label);
    this.#toggle.title = label;
    this.#toggle.replaceChildren(icon(asTable ? 'plot' : 'table'));
  }

  draw(series: RunSeries, settings: PlotSettings): void {
    const width = this.#plot.width;
    this.#data = plotData(this.#definition, series, { ...settings, width });
    const empty = this.#data.steps.length === 0;
    setText(this.#empty, empty ? settings.waiting : '');
    this.#field.classList.toggle('is-empty', empty);
    if (this.#asTable) {
      const now = performance.now();
      if (now - this.#tableDrawn >= TABLE_INTERVAL || this.#tableDrawn === 0) {
        this.#tableDrawn = now;
        this.#table.show(plotTable(this.#definition, series));
      }
    } else {
      this.#plot.draw(this.#data, settings.range, settings.theme);
    }
    this.#showLegend();
  }

  restyle(theme: Theme): void {
    this.#plot.restyle(theme);
  }

  #showLegend(): void {
    const { steps, values } = this.#data;
    const index = this.#cursor ?? steps.length - 1;
    const texts = new Map<string, string>();
    curvesOf(this.#definition).forEach(({ line, role }, at) => {
      if (role === 'value') texts.set(line, this.#definition.format(valueAt(values[at] ?? [], index)));
    });
    const step = steps[index];
    this.#legend.show(texts);
    setText(this.#where, step === undefined ? '' : `step ${format.integer(step)}`);
    this.#describe(steps, index, texts);
  }

  #describe(steps: readonly number[], index: number, texts: ReadonlyMap<string, string>): void {
    const step = steps[index];
    setAttribute(this.#field, 'aria-valuemin', String(steps[0] ?? 0));
    setAttribute(this.#field, 'aria-valuemax', String(steps.at(-1) ?? 0));
    setAttribute(this.#field, 'aria-valuenow', String(step ?? 0));
    const values = this.#definition.lines.map(({ id, label }) => `${label} ${texts.get(id) ?? ''}`);
    setAttribute(
      this.#field,
      'aria-valuetext',
      step === undefined ? 'no data yet' : `Step ${format.integer(step)}: ${values.join(', ')}`,
    );
  }
}
