import { iconButton } from '../../controls/button';
import { element, setText } from '../../controls/dom';
import type { StepRange } from '../../plots/line-plot';
import { PlotCard } from '../../plots/plot-card';
import { readTheme } from '../../plots/theme';
import { saveAsTable } from '../../state/host';
import type { RunState } from '../../state/run-state';
import { defineSection, type SectionPage } from '../define-section';
import { titledSection } from '../titled-section';
import { plotData } from './plot-data';
import { plotDefinitions, plotsOf, type PlotDefinition } from './plot-definitions';
import { plotTable } from './plot-table';
import { stepFrame } from './step-frame';

/** Plots rest at least this many times as long as they took to draw. */
const PAUSES = 4;

/** All plots of a training run, with what they share: smoothing, zoom, cursor. */
export const metricsSection = defineSection({
  kinds: ['train'],
  parts: ['record', 'steps', 'evaluations'],
  place: 'main',
  open(page) {
    const { host, redraw } = page;
    let range: StepRange | undefined;
    let theme = readTheme();
    let drawn = { at: 0, took: 0 };
    let postponed = false;
    const zoom = (to: StepRange | undefined) => {
      range = to;
      resetZoom.hidden = to === undefined;
      redraw();
    };
    const resetZoom = iconButton('Show all steps', 'zoomOut', () => {
      zoom(undefined);
    });
    resetZoom.hidden = true;
    const cards = new Map<string, PlotCard>();
    const grid = element('div', { class: 'plot-grid' });
    const cardOf = (definition: PlotDefinition): PlotCard => {
      const known = cards.get(definition.id);
      if (known) return known;
      const card = new PlotCard(stepFrame(definition), {
        onZoom: zoom,
        onToggleTable: (asTable) => {
          saveAsTable(host, definition.id, asTable);
          card.setAsTable(asTable);
          redraw();
        },
      });
      card.setAsTable(host.saved.tables.includes(definition.id));
      card.observeSize(redraw);
      cards.set(definition.id, card);
      grid.append(card.element);
      return card;
    };
    plotDefinitions.forEach(cardOf);
    const drawPlots = (state: RunState) => {
      const { series } = state;
      const view = { range, smoothing: host.saved.smoothing };
      const settings = { range, theme, waiting: waitingFor(state) };
      for (const definition of plotsOf(series)) {
        const content = {
          data: (width: number) => plotData(definition, series, { ...view, width }),
          table: () => plotTable(definition, series),
        };
        cardOf(definition).draw(content, settings);
      }
    };
    const tools = element('div', { class: 'section-tools' }, resetZoom, smoothingControl(page));
    return {
      element: titledSection(
        'metrics',
        'Metrics',
        [tools],
        element('div', { class: 'plot-grid-frame' }, grid),
      ),
      /** Long runs take long to draw: what only adds steps leaves the page most of the time for people. */
      draw(state, changed) {
        const begin = performance.now();
        const wait = drawn.at + PAUSES * drawn.took - begin;
        if (wait <= 0 || [...changed].some((part) => part !== 'steps')) {
          drawPlots(state);
          const end = performance.now();
          drawn = { at: end, took: end - begin };
        } else if (!postponed) {
          postponed = true;
          setTimeout(() => {
            postponed = false;
            redraw();
          }, wait);
        }
        return true;
      },
      restyle() {
        theme = readTheme();
        for (const card of cards.values()) card.restyle(theme);
      },
    };
  },
});

function smoothingControl({ host, redraw }: SectionPage): HTMLElement {
  const value = element('output', { class: 'slider-value', text: host.saved.smoothing.toFixed(2) });
  const slider = element('input', { attributes: { type: 'range', min: '0', max: '0.99', step: '0.01' } });
  slider.value = String(host.saved.smoothing);
  slider.addEventListener('input', () => {
    host.save({ smoothing: slider.valueAsNumber });
    setText(value, slider.valueAsNumber.toFixed(2));
    redraw();
  });
  return element(
    'label',
    { class: 'slider', title: 'Weight of the moving average; the faint line shows the values as measured' },
    element('span', { text: 'Smoothing' }),
    slider,
    value,
  );
}

function waitingFor({ record, isAtEnd }: RunState): string {
  if (!record) return 'Waiting for the run…';
  return isAtEnd
    ? 'The run ended before its first training step.'
    : 'The line appears with the first training step.';
}
