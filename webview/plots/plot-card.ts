import { legendValues, type LegendValue } from './legend-values';
import { visibleIndices, type PlotData } from './plot-values';
import type { PlotContent, PlotFrame } from './plot-frame';
import { DataTable } from '../controls/data-table';
import { element, setAttribute, setText } from '../controls/dom';
import { Legend } from './legend';
import { LinePlot, type StepRange } from './line-plot';
import { scrubKeys } from './scrub-keys';
import { TableToggle } from '../controls/table-toggle';
import type { Theme } from './theme';

export interface PlotCardEvents {
  onZoom: (range: StepRange | undefined) => void;
  onToggleTable: (asTable: boolean) => void;
}

export interface PlotSettings {
  readonly range: StepRange | undefined;
  readonly theme: Theme;
  /** What a plot without points says. */
  readonly waiting: string;
}

/** A table is for reading: it follows a run at this pace, in milliseconds. */
const TABLE_INTERVAL = 1000;

/** One plot with its title and legend, and the same numbers as a table. */
export class PlotCard {
  readonly element: HTMLElement;
  readonly #frame: PlotFrame;
  readonly #plot: LinePlot;
  readonly #legend: Legend;
  readonly #where = element('span', { class: 'plot-step' });
  readonly #table = new DataTable();
  readonly #toggle: TableToggle;
  readonly #empty = element('p', { class: 'empty' });
  readonly #field: HTMLElement;
  #data: PlotData = { steps: [], values: [] };
  #range: StepRange | undefined;
  #cursor: number | undefined;
  #asTable = false;
  #tableDrawn = 0;

  constructor(frame: PlotFrame, events: PlotCardEvents) {
    this.#frame = frame;
    this.#legend = new Legend(frame);
    this.#plot = new LinePlot(frame, {
      onCursor: (index) => {
        this.#cursor = index;
        this.#showLegend();
      },
      onZoom: events.onZoom,
    });
    this.#toggle = new TableToggle(titleInside(frame.title), events.onToggleTable);
    this.#field = element(
      'div',
      {
        class: 'plot-field',
        attributes: {
          tabindex: '0',
          role: 'slider',
          'aria-label': `${frame.title} plot, ${frame.axis.name}`,
        },
      },
      this.#plot.element,
      this.#empty,
    );
    scrubKeys(this.#field, {
      steps: () => this.#data.steps,
      visible: () => visibleIndices(this.#data.steps, this.#range),
      current: () => this.#shownCursor(),
      moveTo: (index) => {
        this.#plot.setCursor(index === undefined ? undefined : this.#data.steps[index]);
      },
      zoom: events.onZoom,
      narrowest: frame.axis.narrowest,
    });
    const id = `plot-${frame.id}`;
    this.element = element(
      'section',
      { class: 'card plot-card', attributes: { 'aria-labelledby': id, 'data-plot': frame.id } },
      element(
        'header',
        { class: 'card-header' },
        element('h3', { text: frame.title, title: frame.description, attributes: { id } }),
        this.#where,
        this.#toggle.element,
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
    this.#toggle.set(asTable);
  }

  draw(content: PlotContent, settings: PlotSettings): void {
    this.#data = content.data(this.#plot.width);
    this.#range = settings.range;
    const empty = this.#data.steps.length === 0;
    setText(this.#empty, empty ? settings.waiting : '');
    this.#field.classList.toggle('is-empty', empty);
    if (this.#asTable) {
      const now = performance.now();
      if (now - this.#tableDrawn >= TABLE_INTERVAL || this.#tableDrawn === 0) {
        this.#tableDrawn = now;
        this.#table.show(content.table());
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
    const { steps } = this.#data;
    const index = this.#shownCursor() ?? visibleIndices(steps, this.#range)[1];
    const step = steps[index];
    const values = legendValues(this.#frame, this.#data, index);
    this.#legend.show(values);
    setText(this.#where, step === undefined ? '' : this.#frame.axis.text(step));
    this.#describe(step, values);
  }

  /** The cursor, where it is on a point that is shown: after a zoom its point may be out of sight, or another one. */
  #shownCursor(): number | undefined {
    const [first, last] = visibleIndices(this.#data.steps, this.#range);
    const cursor = this.#cursor;
    return cursor !== undefined && first <= cursor && cursor <= last ? cursor : undefined;
  }

  #describe(step: number | undefined, shown: ReadonlyMap<string, LegendValue>): void {
    const { steps } = this.#data;
    const [first, last] = visibleIndices(steps, this.#range);
    setAttribute(this.#field, 'aria-valuemin', String(steps[first] ?? 0));
    setAttribute(this.#field, 'aria-valuemax', String(steps[last] ?? 0));
    setAttribute(this.#field, 'aria-valuenow', String(step ?? 0));
    const values = this.#frame.lines.map(({ id, label }) => {
      const { text, note } = shown.get(id) ?? { text: '', note: '' };
      return `${label} ${text}${note === '' ? '' : ` (${note})`}`;
    });
    setAttribute(
      this.#field,
      'aria-valuetext',
      step === undefined ? 'no data yet' : `${this.#frame.axis.text(step)}: ${values.join(', ')}`,
    );
  }
}

/** A title in the middle of a sentence; names such as L2 stay as they are. */
function titleInside(title: string): string {
  return title.charAt(0).toLowerCase() + title.slice(1);
}
