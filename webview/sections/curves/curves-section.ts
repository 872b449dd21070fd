import { curvePlots, type CurvePlot } from './curve-plots';
import type { RunState } from '../../state/run-state';
import { element } from '../../controls/dom';
import type { Host } from '../../state/host';
import type { StepRange } from '../../plots/line-plot';
import { PlotCard } from '../../plots/plot-card';
import { readTheme } from '../../plots/theme';

interface Shown {
  readonly card: PlotCard;
  /** Lines and title: another one needs another card. */
  readonly key: string;
  plot: CurvePlot;
  range: StepRange | undefined;
}

/** Accuracy against epsilon: one plot a norm. */
export class CurvesSection {
  readonly #grid = element('div', { class: 'plot-grid' });
  readonly element = element(
    'section',
    { class: 'section', attributes: { 'aria-labelledby': 'curves-title' } },
    element(
      'header',
      { class: 'section-header' },
      element('h2', { text: 'Accuracy against epsilon', attributes: { id: 'curves-title' } }),
    ),
    element('div', { class: 'plot-grid-frame' }, this.#grid),
  );
  readonly #host: Host;
  #shown: Shown[] = [];
  #theme = readTheme();

  constructor(host: Host) {
    this.#host = host;
  }

  draw({ report }: RunState): void {
    const plots = curvePlots(report?.analysis?.curves ?? []);
    this.element.hidden = plots.length === 0;
    const known = new Map(this.#shown.map((one) => [one.key, one]));
    this.#shown = plots.map((plot) => {
      const key = JSON.stringify(plot.frame);
      const shown = known.get(key) ?? this.#make(plot, key);
      shown.plot = plot;
      return shown;
    });
    const cards = this.#shown.map(({ card }) => card.element);
    if (
      cards.length !== this.#grid.children.length ||
      cards.some((card, at) => card !== this.#grid.children[at])
    ) {
      this.#grid.replaceChildren(...cards);
    }
    for (const shown of this.#shown) this.#drawCard(shown);
  }

  restyle(): void {
    this.#theme = readTheme();
    for (const { card } of this.#shown) card.restyle(this.#theme);
  }

  #make(plot: CurvePlot, key: string): Shown {
    const { id } = plot.frame;
    const card = new PlotCard(plot.frame, {
      onZoom: (range) => {
        shown.range = range;
        this.#drawCard(shown);
      },
      onToggleTable: (asTable) => {
        const others = this.#host.saved.tables.filter((other) => other !== id);
        this.#host.save({ tables: asTable ? [...others, id] : others });
        card.setAsTable(asTable);
        this.#drawCard(shown);
      },
    });
    const shown: Shown = { card, key, plot, range: undefined };
    card.setAsTable(this.#host.saved.tables.includes(id));
    card.observeSize(() => {
      this.#drawCard(shown);
    });
    return shown;
  }

  #drawCard({ card, plot, range }: Shown): void {
    card.draw(plot.content, { range, theme: this.#theme, waiting: 'No image was attacked yet.' });
  }
}
