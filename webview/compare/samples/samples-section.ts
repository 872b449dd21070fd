import type { ComparedRow } from '../../../src/core/report/compare/compared-row';
import type { Samples } from '../../../src/core/records/run-state';
import { element, setAttribute, setChildren, setText } from '../../controls/dom';
import { Mosaic } from '../../pictures/mosaic';
import { SampleDialog } from '../../pictures/sample-dialog';
import { SampleTable } from '../../pictures/sample-table';
import * as format from '../../text/format';
import type { ComparePage, CompareSection } from '../compare-section';

/** Side of a tile, CSS pixels: several runs stand beside each other. */
const TILE = 44;
/** Runs whose pictures are shown; the table says which. */
const MOST_RUNS = 12;

/** Sample pictures of the runs beside each other, with a slider through the training. */
export function samplesSection(page: ComparePage): CompareSection {
  const { host, state } = page;
  const cards = new Map<string, SampleCard>();
  const dialog = new SampleDialog();
  const asked = new Set<string>();
  /** What the slider says; undefined: the latest there is. */
  let wanted: number | undefined;
  /** Where the cursor of the curves is, which goes before. */
  let pointed: number | undefined;
  let steps: readonly number[] = [];
  const slider = element('input', {
    attributes: { type: 'range', min: '0', step: '1', 'aria-label': 'Step of the sample pictures' },
  });
  const where = element('output', { class: 'slider-value' });
  slider.addEventListener('input', () => {
    const at = slider.valueAsNumber;
    wanted = at >= steps.length - 1 ? undefined : steps[at];
    draw();
  });
  page.cursor.listen((step) => {
    pointed = step;
    draw();
  });
  const grid = element('div', { class: 'samples-side-by-side' });
  const note = element('p', { class: 'section-caption' });
  const draw = (): boolean => {
    const all = state.trained.filter(
      ({ record, sampleSteps }) => sampleSteps.length > 0 && !host.saved.hidden.includes(record.id),
    );
    const rows = all.slice(0, MOST_RUNS);
    steps = [...new Set(rows.flatMap(({ sampleSteps }) => sampleSteps))].sort((a, b) => a - b);
    const step = pointed ?? wanted ?? steps.at(-1) ?? 0;
    slider.max = String(Math.max(0, steps.length - 1));
    const place = Math.max(
      0,
      steps.findLastIndex((one) => one <= step),
    );
    if (document.activeElement !== slider || pointed !== undefined) slider.value = String(place);
    const text =
      pointed === undefined && wanted === undefined
        ? `step ${format.integer(step)}, the latest`
        : `step ${format.integer(Math.round(step))}`;
    setText(where, text);
    setAttribute(slider, 'aria-valuetext', text);
    slider.disabled = steps.length < 2;
    setText(
      note,
      all.length > rows.length
        ? `Of ${rows.length} of ${format.counted(all.length, 'run')}; clear the marks of others in the table to see more`
        : '',
    );
    for (const row of rows) drawRun(row, step);
    setChildren(
      grid,
      rows.flatMap(({ record }) => cards.get(record.id)?.element ?? []),
    );
    return rows.length > 0;
  };
  const drawRun = ({ record, sampleSteps }: ComparedRow, step: number): void => {
    const card = cards.get(record.id) ?? new SampleCard(dialog);
    cards.set(record.id, card);
    const at = sampleSteps.findLast((one) => one <= step) ?? sampleSteps[0];
    card.title(record.name, page.colours().get(record.id) ?? '');
    if (at === undefined) return;
    const samples = state.samples.get(record.id)?.get(at);
    if (samples) card.show(samples);
    const key = `${record.id} ${at}`;
    if (samples || asked.has(key)) return;
    asked.add(key);
    host.post({ type: 'samples', run: record.id, step: at });
  };
  return {
    element: element(
      'section',
      { class: 'section', attributes: { 'aria-labelledby': 'samples-title' } },
      element(
        'header',
        { class: 'section-header' },
        element('h2', { text: 'Samples', attributes: { id: 'samples-title' } }),
        note,
        element(
          'label',
          { class: 'slider section-tools' },
          element('span', { text: 'Training' }),
          slider,
          where,
        ),
      ),
      grid,
      dialog.element,
    ),
    parts: ['rows', 'samples'],
    draw,
  };
}

/** The pictures of one run. */
class SampleCard {
  readonly element: HTMLElement;
  readonly #dialog: SampleDialog;
  readonly #table: SampleTable;
  readonly #key = element('span', { class: 'run-key' });
  readonly #name = element('h3');
  readonly #where = element('span', { class: 'section-caption' });
  #mosaic: Mosaic | undefined;
  #shown: Samples | undefined;

  constructor(dialog: SampleDialog) {
    this.#dialog = dialog;
    this.#table = new SampleTable((position) => {
      if (this.#mosaic) this.#dialog.open(this.#mosaic, rowsOf(this.#mosaic), position);
    });
    this.#table.setSize(TILE, true);
    this.element = element(
      'section',
      { class: 'card compared-samples' },
      element('header', { class: 'card-header' }, this.#key, this.#name, this.#where),
      this.#table.element,
    );
  }

  title(name: string, colour: string): void {
    setText(this.#name, name);
    this.#key.style.background = colour;
    setAttribute(this.element, 'aria-label', `Samples of ${name}`);
  }

  show(samples: Samples): void {
    if (this.#shown === samples) return;
    this.#shown = samples;
    Mosaic.decode(samples).then(
      (mosaic) => {
        if (this.#shown !== samples) {
          mosaic.close();
          return;
        }
        this.#mosaic?.close();
        this.#mosaic = mosaic;
        const { step, epoch } = mosaic.grid;
        setText(this.#where, `step ${format.integer(step)}, epoch ${format.epoch(epoch)}`);
        this.#table.show(mosaic, rowsOf(mosaic));
      },
      (error: unknown) => {
        setText(this.#where, `The pictures can't be shown. ${String(error)}`);
      },
    );
  }
}

function rowsOf({ grid }: Mosaic): number[] {
  return [...grid.rows.keys()];
}
