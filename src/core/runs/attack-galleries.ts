import { decode } from 'fast-png';
import { curveGroups, type AttackPlan } from '../attacks/attack-plan';
import type { JudgedBatch } from '../attacks/evaluator';
import type { Prediction } from '../attacks/predictions';
import { budgetOf } from '../attacks/resolve-attack';
import { AttackGallery, GALLERY_COLUMNS } from './attack-gallery';
import type { JournalStart } from './attack-journal';
import type { AttackStore } from './attack-store';
import { readGalleries } from './gallery-files';
import type { TileShape } from './picture';
import { runFile } from './run-paths';
import type { RunWriter } from './run-writer';
import type { Samples } from './sample-files';

/** Between two updates, in milliseconds. */
const UPDATE_PERIOD = 1000;
/** Encoding pictures takes at most one of so many parts of the time. */
const PATIENCE = 20;

/** The galleries of an attack run: one an attack; of a curve only those with its smallest and its largest epsilon. */
export class AttackGalleries {
  private readonly galleries: ReadonlyMap<number, AttackGallery>;
  private readonly changed = new Set<number>();
  private nextAt = -Infinity;
  private clean: readonly Prediction[] = [];

  constructor(
    plan: AttackPlan,
    private readonly shape: TileShape,
    classNames: readonly string[],
    private readonly writer: RunWriter,
  ) {
    this.galleries = new Map(
      shownAttacks(plan).flatMap((place): [number, AttackGallery][] => {
        const attack = plan.attacks[place];
        return attack ? [[place, new AttackGallery(place, attack.parameters, shape, classNames)]] : [];
      }),
    );
  }

  /** Takes the pictures of a batch, and writes what has changed, when it is time. @throws M2atError `io` */
  async add(
    { attackIndex, entered, clean, adversarial }: JudgedBatch,
    cleanPredictions: readonly Prediction[],
  ): Promise<void> {
    this.clean = cleanPredictions;
    const gallery = this.galleries.get(attackIndex);
    if (!gallery) return;
    const { positions, images } = entered;
    gallery.enter(positions, images);
    this.changed.add(attackIndex);
    const size = clean.data.length / positions.length;
    for (const { position } of gallery.missing()) {
      const n = positions.indexOf(position);
      if (n < 0) continue;
      const [from, to] = [n * size, (n + 1) * size];
      gallery.show(position, clean.data.slice(from, to), adversarial.data.slice(from, to));
    }
    if (performance.now() >= this.nextAt) await this.write();
  }

  /** The same for the batches of an earlier process. @throws M2atError `io` */
  async restore({ batches, clean }: JournalStart, store: AttackStore): Promise<void> {
    this.clean = clean;
    for (const { attackIndex, entered } of batches) {
      this.galleries.get(attackIndex)?.enter(entered.positions, entered.images);
      this.changed.add(attackIndex);
    }
    const before = new Map(
      (await readGalleries(this.writer.file(runFile.gallery))).map((found) => [found.grid.attack, found]),
    );
    for (const [place, gallery] of this.galleries) {
      const pictures = rowsOf(before.get(place), this.shape);
      for (const { position, outcome } of gallery.missing()) {
        if (store.holds(place, outcome)) {
          const { clean: original, adversarial } = await store.readAt(place, [position]);
          gallery.show(position, original.data, adversarial.data);
          continue;
        }
        // An ensemble does not store what withstood; its last picture has it.
        const row = pictures.get(outcome.index);
        if (row) gallery.showAgain(position, row);
      }
    }
  }

  /** Writes what has changed. @throws M2atError `io` */
  async write(): Promise<void> {
    const start = performance.now();
    for (const place of this.changed) {
      const samples = await this.galleries.get(place)?.samples(this.clean);
      if (samples) await this.writer.gallery(samples);
    }
    this.changed.clear();
    const now = performance.now();
    this.nextAt = now + Math.max(UPDATE_PERIOD, PATIENCE * (now - start));
  }
}

function shownAttacks(plan: AttackPlan): number[] {
  const curves = curveGroups(plan);
  return [...plan.attacks.keys()].filter((place) => {
    const attack = plan.attacks[place];
    if (!attack || !curves.has(attack.group)) return true;
    const epsilons = plan.groups[attack.group]?.epsilons;
    const epsilon = budgetOf(attack.parameters);
    return epsilon === epsilons?.[0] || epsilon === epsilons?.at(-1);
  });
}

/** The rows of a picture by the index of their image; none of one that is damaged or has another size. */
function rowsOf(samples: Samples | undefined, [height, width]: TileShape): ReadonlyMap<number, Uint8Array> {
  const rows = new Map<number, Uint8Array>();
  if (!samples) return rows;
  const { grid, png } = samples;
  try {
    const picture = decode(png);
    const size = 3 * height * GALLERY_COLUMNS * width;
    const fits =
      picture.channels === 3 && picture.depth === 8 && picture.data.length === size * grid.rows.length;
    if (!fits) return rows;
    const bytes = Uint8Array.from(picture.data);
    for (const [n, { index }] of grid.rows.entries())
      rows.set(index, bytes.subarray(n * size, (n + 1) * size));
  } catch {
    // Pictures are made anew from what comes.
  }
  return rows;
}
