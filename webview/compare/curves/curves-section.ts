import { iconButton } from '../../controls/button';
import { Choice } from '../../controls/choice';
import { element, setChildren, setText } from '../../controls/dom';
import type { StepRange } from '../../plots/line-plot';
import * as format from '../../text/format';
import type { ComparePage, CompareSection } from '../compare-section';
import { CurveCard } from './curve-card';
import { CurveLines, curvePlots, type AxisName, type CurvePlot } from './curve-lines';
import type { OverlayFrame } from './overlay-plot';

const AXES: Readonly<Record<AxisName, { readonly title: string; readonly tick: (x: number) => string }>> = {
  step: {
    title: 'Step',
    tick: (x) => (Number.isInteger(x) ? (x >= 10_000 ? `${format.measured(x / 1000)}k` : String(x)) : ''),
  },
  epoch: { title: 'Epoch', tick: format.measured },
  time: { title: 'Time of work', tick: format.clock },
};

/** Plots that are shown unless somebody asks for more. */
const MOST_AT_FIRST = 6;

/** `25 %`, and `2.5 %` where that is no whole number. */
function shareText(share: number): string {
  return format.percent(share, Math.abs(100 * share - Math.round(100 * share)) < 1e-6 ? 0 : 1);
}

/** How the runs went: their curves over one another, with one cursor and one zoom. */
export function curvesSection(page: ComparePage): CompareSection {
  const { host, state, redraw } = page;
  const lines = new CurveLines();
  const cards = new Map<string, CurveCard>();
  let range: StepRange | undefined;
  let asked = false;
  const zoom = (to: StepRange | undefined): void => {
    range = to;
    reset.hidden = to === undefined;
    for (const card of cards.values()) card.zoom(to);
  };
  const reset = iconButton('Show all of the training', 'zoomOut', () => {
    zoom(undefined);
  });
  reset.hidden = true;
  const axis = new Choice('Over', () => {
    const chosen = (Object.keys(AXES) as AxisName[]).find((name) => name === axis.value) ?? 'step';
    host.save({ axis: chosen });
    // A place on one axis is no place on another.
    zoom(undefined);
    draw();
  });
  axis.setOptions(Object.entries(AXES).map(([value, { title }]) => ({ value, text: title })));
  const logarithmic = element('input', { attributes: { type: 'checkbox' } });
  logarithmic.checked = host.saved.logarithmic;
  logarithmic.addEventListener('change', () => {
    host.save({ logarithmic: logarithmic.checked });
    draw();
  });
  const smoothing = element('input', { attributes: { type: 'range', min: '0', max: '0.99', step: '0.01' } });
  smoothing.value = String(host.saved.smoothing);
  const smoothingValue = element('output', { class: 'slider-value', text: host.saved.smoothing.toFixed(2) });
  smoothing.addEventListener('input', () => {
    host.save({ smoothing: smoothing.valueAsNumber });
    setText(smoothingValue, smoothing.valueAsNumber.toFixed(2));
    draw();
  });
  const more = new Choice('Also', () => {
    redraw();
  });
  const grid = element('div', { class: 'plot-grid' });
  const caption = element('span', { class: 'section-caption' });
  const cardOf = (plot: CurvePlot): CurveCard => {
    const known = cards.get(plot.id);
    if (known) return known;
    const card = new CurveCard(page, plot, {
      onZoom: zoom,
      onCursor: (x) => {
        for (const other of cards.values()) if (other !== card || x === undefined) other.setCursor(x);
        card.showValues(x);
        // Pictures are of steps.
        if (host.saved.axis === 'step') page.cursor.set(x);
      },
    });
    cards.set(plot.id, card);
    return card;
  };
  const draw = (): boolean => {
    const all = state.trained;
    const rows = all.filter(({ record }) => !host.saved.hidden.includes(record.id));
    const plots = curvePlots(rows, state);
    const others = plots.slice(MOST_AT_FIRST);
    more.element.hidden = others.length === 0;
    more.setOptions([
      { value: '', text: 'nothing more' },
      ...others.map(({ id, title }) => ({ value: id, text: title })),
    ]);
    axis.value = host.saved.axis;
    const shown = [...plots.slice(0, MOST_AT_FIRST), ...others.filter(({ id }) => id === more.value)];
    setChildren(
      grid,
      shown.map((plot) => cardOf(plot).element),
    );
    for (const plot of shown) {
      const { title, tick } = AXES[host.saved.axis];
      const frame: OverlayFrame = {
        ...{
          xTitle: title,
          xTick: tick,
          yTitle: plot.isShare ? 'Accuracy' : plot.title,
          isShare: plot.isShare,
        },
        yText: (value) => (plot.isShare ? shareText(value) : format.measured(value)),
        logarithmic: host.saved.logarithmic,
      };
      cardOf(plot).draw(plot, lines.linesOf(plot, rows, state, host.saved, page.colours()), frame, range);
    }
    setText(
      caption,
      rows.length === all.length ? '' : `${rows.length} of ${format.counted(all.length, 'run')}`,
    );
    return shown.length > 0 || all.length > 0;
  };
  return {
    element: element(
      'section',
      { class: 'section', attributes: { 'aria-labelledby': 'curves-title' } },
      element(
        'header',
        { class: 'section-header' },
        element('h2', { text: 'Training curves', attributes: { id: 'curves-title' } }),
        caption,
        element(
          'div',
          { class: 'section-tools' },
          reset,
          more.element,
          axis.element,
          element('label', { class: 'check' }, logarithmic, element('span', { text: 'Logarithmic' })),
          element(
            'label',
            { class: 'slider' },
            element('span', { text: 'Smoothing' }),
            smoothing,
            smoothingValue,
          ),
        ),
      ),
      element('div', { class: 'plot-grid-frame' }, grid),
    ),
    parts: ['rows', 'series'],
    draw() {
      if (!asked && state.trained.length > 0) {
        asked = true;
        host.post({ type: 'series', wanted: true });
      }
      return draw();
    },
  };
}
