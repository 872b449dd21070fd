import * as format from '../text/format';
import type { Samples } from '../../src/core/records/run-state';
import type { RunState } from '../state/run-state';
import { element, setText } from '../controls/dom';
import type { Host } from '../state/host';
import { Mosaic } from '../pictures/mosaic';
import { SampleDialog } from '../pictures/sample-dialog';
import { SampleTable } from '../pictures/sample-table';
import { TileSize } from '../pictures/tile-size';
import { defineSection, type OpenSection } from './define-section';
import { titledSection } from './titled-section';

/** The sample grid of a training run: a few fixed training images. */
class SamplesSection implements OpenSection {
  readonly #dialog = new SampleDialog();
  readonly #table: SampleTable;
  readonly #size: TileSize;
  readonly #caption = element('span', { class: 'section-caption' });
  readonly #empty = element('p', { class: 'empty' });
  readonly element: HTMLElement;
  #mosaic: Mosaic | undefined;
  #shown: Samples | undefined;

  constructor(host: Host) {
    this.#table = new SampleTable((position) => {
      if (this.#mosaic) this.#dialog.open(this.#mosaic, allRows(this.#mosaic), position);
    });
    const card = element('div', { class: 'card samples-card' }, this.#empty, this.#table.element);
    this.#size = new TileSize(host, card, this.#table);
    this.element = titledSection(
      'samples',
      'Samples',
      [this.#caption, element('div', { class: 'section-tools' }, this.#size.element)],
      card,
      this.#dialog.element,
    );
  }

  draw(state: RunState): boolean {
    const { samples } = state;
    setText(this.#empty, this.#mosaic ? '' : waitingFor(state));
    if (samples && samples !== this.#shown) {
      this.#shown = samples;
      void this.#decode(samples);
    }
    return true;
  }

  async #decode(samples: Samples): Promise<void> {
    try {
      const mosaic = await Mosaic.decode(samples);
      if (this.#shown !== samples) {
        mosaic.close();
        return;
      }
      this.#mosaic?.close();
      this.#mosaic = mosaic;
      this.#show(mosaic);
      this.#dialog.update(mosaic, allRows(mosaic));
    } catch (error) {
      setText(this.#empty, `The sample pictures can't be shown. ${String(error)}`);
    }
  }

  #show(mosaic: Mosaic): void {
    const { grid } = mosaic;
    setText(this.#empty, '');
    const images = format.counted(grid.rows.length, 'training image');
    setText(
      this.#caption,
      `${images} at step ${format.integer(grid.step)}, epoch ${format.epoch(grid.epoch)}`,
    );
    this.#table.show(mosaic, allRows(mosaic));
    this.#size.fit(grid.columns.length);
  }
}

export const samplesSection = defineSection({
  kinds: ['train'],
  parts: ['record', 'samples'],
  place: 'side',
  open: ({ host }) => new SamplesSection(host),
});

function allRows({ grid }: Mosaic): number[] {
  return [...grid.rows.keys()];
}

function waitingFor({ isAtEnd }: RunState): string {
  if (isAtEnd) return 'This run has no sample pictures.';
  return 'Pictures of a few fixed training images appear here during training, with what the method makes of them.';
}
