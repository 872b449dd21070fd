import { element, setChildren } from '../../controls/dom';
import type { StepRange } from '../../plots/line-plot';
import { PlotCard } from '../../plots/plot-card';
import { readTheme } from '../../plots/theme';
import { saveAsTable } from '../../state/host';
import { defineSection } from '../define-section';
import { titledSection } from '../titled-section';
import { curvePlots, type CurvePlot } from './curve-plots';

interface Shown {
  readonly card: PlotCard;
  /** Lines and title: another one needs another card. */
  readonly key: string;
  plot: CurvePlot;
  range: StepRange | undefined;
}

/** Accuracy against epsilon: one plot a norm. */
export const curvesSection = defineSection({
  kinds: ['attack'],
  parts: ['record', 'report'],
  place: 'main',
  open({ host }) {
    const grid = element('div', { class: 'plot-grid' });
    const frame = element('div', { class: 'plot-grid-frame' }, grid);
    let shown: Shown[] = [];
    let theme = readTheme();
    const drawCard = ({ card, plot, range }: Shown) => {
      card.draw(plot.content, { range, theme, waiting: 'No image was attacked yet.' });
    };
    const make = (plot: CurvePlot, key: string): Shown => {
      const { id } = plot.frame;
      const card = new PlotCard(plot.frame, {
        onZoom: (range) => {
          made.range = range;
          drawCard(made);
        },
        onToggleTable: (asTable) => {
          saveAsTable(host, id, asTable);
          card.setAsTable(asTable);
          drawCard(made);
        },
      });
      const made: Shown = { card, key, plot, range: undefined };
      card.setAsTable(host.saved.tables.includes(id));
      card.observeSize(() => {
        drawCard(made);
      });
      return made;
    };
    return {
      element: titledSection('curves', 'Accuracy against epsilon', [], frame),
      draw({ report }) {
        const known = new Map(shown.map((one) => [one.key, one]));
        shown = curvePlots(report?.analysis?.curves ?? []).map((plot) => {
          const key = JSON.stringify(plot.frame);
          return Object.assign(known.get(key) ?? make(plot, key), { plot });
        });
        const cards = shown.map(({ card }) => card.element);
        setChildren(grid, cards);
        for (const one of shown) drawCard(one);
        return shown.length > 0;
      },
      restyle() {
        theme = readTheme();
        for (const { card } of shown) card.restyle(theme);
      },
    };
  },
});
