import type { AttackReport, SampleGrid } from '../../../src/core/records/run-files';
import { attackNorm, normName, normText } from '../../text/attack-norm';
import { className } from '../../text/class-name';
import * as format from '../../text/format';
import {
  everything,
  firstGallery,
  galleryClasses,
  galleryCounts,
  galleryRows,
  imageCounts,
  ordersOf,
  outcomesIn,
} from './gallery-view';
import { emptyText, galleryCaption } from './gallery-text';
import type { Samples } from '../../../src/core/records/run-state';
import { onlyCorruptions } from '../../state/only-corruptions';
import type { RunState } from '../../state/run-state';
import { button } from '../../controls/button';
import { element, setText } from '../../controls/dom';
import { GalleryControls } from './gallery-controls';
import type { Host } from '../../state/host';
import { Mosaic } from '../../pictures/mosaic';
import { SampleDialog, type SampleFact } from '../../pictures/sample-dialog';
import { SampleTable } from '../../pictures/sample-table';
import { TileSize } from '../../pictures/tile-size';
import { defineSection, type OpenSection } from '../define-section';
import { titledSection } from '../titled-section';

/** Rows that are shown at first, and added by a click. */
const ROWS = 12;
/** Decoded pictures that are kept, for people who go back and forth between attacks. */
const DECODED = 3;
/** The place of a gallery that does not know its own. */
const NO_PLACE = -1;

/** The attacked images of an attack run: clean, perturbation, adversarial, by attack and with filters. */
class GallerySection implements OpenSection {
  readonly #dialog = new SampleDialog();
  readonly #table: SampleTable;
  readonly #size: TileSize;
  readonly #controls = new GalleryControls(
    () => {
      this.#choose();
    },
    () => {
      this.#pin();
      this.#limit = ROWS;
      this.#show();
    },
  );
  readonly #caption = element('span', { class: 'section-caption' });
  readonly #empty = element('p', { class: 'empty' });
  readonly #more = button({
    label: 'Show more',
    appearance: 'secondary',
    onClick: () => {
      this.#limit += ROWS;
      this.#show();
    },
  });
  readonly element: HTMLElement;
  #galleries: ReadonlyMap<number, Samples> = new Map();
  #report: AttackReport | undefined;
  /** The attack that was picked, or that somebody began to look through; until then, the one with the most to see. */
  #picked: number | undefined;
  #decoded = new Map<Samples, Mosaic>();
  #wanted: Samples | undefined;
  #mosaic: Mosaic | undefined;
  #rows: readonly number[] = [];
  #limit = ROWS;

  constructor(host: Host) {
    this.#table = new SampleTable((position) => {
      this.#pin();
      if (this.#mosaic) this.#dialog.open(this.#mosaic, this.#rows, position, this.#factsOf);
    });
    const card = element(
      'div',
      { class: 'card samples-card gallery-card' },
      this.#controls.element,
      this.#empty,
      this.#table.element,
      element('div', { class: 'more' }, this.#more),
    );
    card.addEventListener('focusin', () => {
      this.#pin();
    });
    this.#size = new TileSize(host, card, this.#table);
    this.element = titledSection(
      'gallery',
      'Gallery',
      [this.#caption, element('div', { class: 'section-tools' }, this.#size.element)],
      card,
      this.#dialog.element,
    );
  }

  draw(state: RunState): boolean {
    this.#report = state.report;
    if (onlyCorruptions(state)) return false;
    // Runs of the first versions have one grid, which names its attack only in a title.
    const { galleries, samples } = state;
    this.#galleries = galleries.size > 0 || !samples ? galleries : new Map([[NO_PLACE, samples]]);
    for (const [message, mosaic] of this.#decoded) {
      if ([...this.#galleries.values()].includes(message) || mosaic === this.#mosaic) continue;
      mosaic.close();
      this.#decoded.delete(message);
    }
    if (this.#galleries.size === 0) setText(this.#empty, waitingFor(state));
    this.#controls.setAttacks(
      [...this.#galleries]
        .sort(([a], [b]) => a - b)
        .map(([place, { grid }]) => ({ place, title: titleOf(grid) })),
    );
    const place = this.#place();
    if (place === undefined) {
      this.#controls.element.hidden = true;
      this.#table.element.hidden = true;
      this.#more.hidden = true;
    } else {
      this.#controls.attack = place;
      this.#want(this.#galleries.get(place));
    }
    return true;
  }

  #place(): number | undefined {
    if (this.#picked !== undefined && this.#galleries.has(this.#picked)) return this.#picked;
    return firstGallery(this.#galleries, this.#report);
  }

  #choose(): void {
    this.#picked = this.#controls.attack;
    this.#limit = ROWS;
    this.#want(this.#galleries.get(this.#picked));
  }

  /** What somebody is busy with does not give way to an attack that has more to see by now. */
  #pin(): void {
    if (this.#picked !== undefined || !this.#mosaic) return;
    this.#picked = this.#mosaic.grid.attack ?? NO_PLACE;
    this.#controls.attack = this.#picked;
    const message = this.#galleries.get(this.#picked);
    if (message !== this.#wanted) this.#want(message);
  }

  /** Only what is shown is decoded. */
  #want(message: Samples | undefined): void {
    if (!message) return;
    this.#wanted = message;
    const known = this.#decoded.get(message);
    if (known) this.#use(known);
    else void this.#decode(message);
  }

  async #decode(message: Samples): Promise<void> {
    try {
      const mosaic = await Mosaic.decode(message);
      if (this.#wanted !== message) {
        mosaic.close();
        return;
      }
      this.#decoded.set(message, mosaic);
      this.#use(mosaic);
      for (const [oldest, other] of this.#decoded) {
        if (this.#decoded.size <= DECODED) break;
        if (other === mosaic) continue;
        other.close();
        this.#decoded.delete(oldest);
      }
    } catch (error) {
      if (this.#wanted !== message) return;
      this.#table.element.hidden = true;
      setText(this.#empty, `The pictures can't be shown. ${String(error)}`);
    }
  }

  #use(mosaic: Mosaic): void {
    this.#mosaic = mosaic;
    this.#show();
    this.#dialog.update(mosaic, this.#rows);
  }

  #show(): void {
    const mosaic = this.#mosaic;
    if (!mosaic) return;
    const { grid } = mosaic;
    const outcomeOf = outcomesIn(grid, this.#report);
    const { labels, predicted } = galleryClasses(grid);
    const name = (label: number) => className(grid, label);
    this.#controls.setClasses(labels, predicted, name);
    this.#controls.setOrders(ordersOf(grid));
    const choice = this.#controls.choice;
    const attack = this.#report?.attacks[grid.attack ?? NO_PLACE];
    const through = this.#report?.analysis?.attacks?.[grid.attack ?? NO_PLACE]?.images;
    const counts = imageCounts(attack, choice, through);
    this.#controls.setCounts(galleryCounts(grid, choice, outcomeOf), counts);
    this.#rows = galleryRows(grid, choice, outcomeOf);
    const shown = this.#rows.slice(0, this.#limit);
    this.#controls.element.hidden = false;
    setText(this.#empty, shown.length === 0 ? emptyText(choice.outcome, counts) : '');
    this.#table.element.hidden = shown.length === 0;
    const left = this.#rows.length - shown.length;
    this.#more.hidden = left === 0;
    setText(
      this.#more,
      `Show ${Math.min(ROWS, left)} more of ${format.counted(this.#rows.length, 'picture')}`,
    );
    const all = galleryCounts(grid, everything, outcomeOf);
    setText(this.#caption, galleryCaption(titleOf(grid), all, imageCounts(attack, everything, through)));
    this.#table.show(mosaic, shown, (row) => this.#factsOf(row).map(({ short }) => short));
    this.#size.fit(grid.columns.length);
  }

  readonly #factsOf = (row: SampleGrid['rows'][number]): SampleFact[] => {
    const attack = this.#report?.attacks[this.#mosaic?.grid.attack ?? -1];
    const norm = attack && attackNorm(attack);
    if (row.norm === undefined || norm === undefined) return [];
    const value = normText(norm, row.norm);
    return [{ name: `${normName(norm)} norm`, value, short: `${normName(norm)} ${value}` }];
  };
}

export const gallerySection = defineSection({
  kinds: ['attack'],
  parts: ['record', 'report', 'galleries', 'samples', 'corruptions'],
  place: 'side',
  open: ({ host }) => new GallerySection(host),
});

/** The title of the adversarial column is the attack that made it. */
function titleOf(grid: SampleGrid): string {
  return grid.columns.at(-1)?.title ?? 'attack';
}

function waitingFor({ isAtEnd }: RunState): string {
  return isAtEnd
    ? 'This run has no pictures.'
    : 'Clean, perturbation and adversarial pictures appear when the first images were attacked.';
}
