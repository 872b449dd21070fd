import { plotData } from './plot-data';
import { plotDefinitions } from './plot-definitions';
import { stepFrame } from './step-frame';
import { plotTable } from './plot-table';
import type { RunState } from '../../state/run-state';
import { isOver } from '../../state/run-state';
import { button } from '../../controls/button';
import { element, setText } from '../../controls/dom';
import type { Host } from '../../state/host';
import type { StepRange } from '../../plots/line-plot';
import { PlotCard } from '../../plots/plot-card';
import { readTheme } from '../../plots/theme';

/** All plots of a training run, with what they share: smoothing, zoom, cursor. */
export class PlotsSection {
  readonly element: HTMLElement;
  readonly #cards: readonly PlotCard[];
  readonly #host: Host;
  readonly #resetZoom: HTMLElement;
  readonly #redraw: () => void;
  #range: StepRange | undefined;
  #theme = readTheme();

  constructor(host: Host, redraw: () => void) {
    this.#host = host;
    this.#redraw = redraw;
    this.#cards = plotDefinitions.map((definition) => {
      const card = new PlotCard(stepFrame(definition), {
        onZoom: (range) => {
          this.#zoom(range);
        },
        onToggleTable: (asTable) => {
          const others = host.saved.tables.filter((id) => id !== definition.id);
          host.save({ tables: asTable ? [...others, definition.id] : others });
          card.setAsTable(asTable);
          redraw();
        },
      });
      card.setAsTable(host.saved.tables.includes(definition.id));
      card.observeSize(redraw);
      return card;
    });
    this.#resetZoom = button({
      label: 'Show all steps',
      icon: 'zoomOut',
      appearance: 'icon',
      onClick: () => {
        this.#zoom(undefined);
      },
    });
    this.#resetZoom.hidden = true;
    this.element = element(
      'section',
      { class: 'section', attributes: { 'aria-labelledby': 'metrics-title' } },
      element(
        'header',
        { class: 'section-header' },
        element('h2', { text: 'Metrics', attributes: { id: 'metrics-title' } }),
        element('div', { class: 'section-tools' }, this.#resetZoom, this.#smoothingControl()),
      ),
      element(
        'div',
        { class: 'plot-grid-frame' },
        element('div', { class: 'plot-grid' }, ...this.#cards.map((card) => card.element)),
      ),
    );
  }

  draw(state: RunState): void {
    const settings = {
      range: this.#range,
      theme: this.#theme,
      waiting: waitingFor(state),
    };
    const { series } = state;
    const view = { range: this.#range, smoothing: this.#host.saved.smoothing };
    this.#cards.forEach((card, at) => {
      const definition = plotDefinitions[at];
      if (!definition) return;
      const content = {
        data: (width: number) => plotData(definition, series, { ...view, width }),
        table: () => plotTable(definition, series),
      };
      card.draw(content, settings);
    });
  }

  restyle(): void {
    this.#theme = readTheme();
    for (const card of this.#cards) card.restyle(this.#theme);
  }

  #zoom(range: StepRange | undefined): void {
    this.#range = range;
    this.#resetZoom.hidden = range === undefined;
    this.#redraw();
  }

  #smoothingControl(): HTMLElement {
    const value = element('output', { class: 'slider-value', text: this.#host.saved.smoothing.toFixed(2) });
    const slider = element('input', {
      attributes: { type: 'range', min: '0', max: '0.99', step: '0.01' },
    });
    slider.value = String(this.#host.saved.smoothing);
    slider.addEventListener('input', () => {
      this.#host.save({ smoothing: slider.valueAsNumber });
      setText(value, slider.valueAsNumber.toFixed(2));
      this.#redraw();
    });
    return element(
      'label',
      { class: 'slider', title: 'Weight of the moving average; the faint line shows the values as measured' },
      element('span', { text: 'Smoothing' }),
      slider,
      value,
    );
  }
}

function waitingFor({ record }: RunState): string {
  if (!record) return 'Waiting for the run…';
  return isOver(record)
    ? 'The run ended before its first training step.'
    : 'The line appears with the first training step.';
}
