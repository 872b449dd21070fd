import { curveGroups, type AttackPlan } from '../attacks/plan/attack-plan';
import type { JudgedBatch } from '../attacks/evaluation/evaluator';
import type { Prediction } from '../attacks/base/predictions';
import { budgetOf } from '../attacks/parameters/known-attack';
import { AttackGallery, GALLERY_COLUMNS } from './attack-gallery';
import type { JournalStart } from './attack-journal';
import type { AttackStore } from './attack-store';
import { readGalleryPicture, removeGalleries, type GalleryPicture } from '../runs/gallery-files';
import type { TileShape } from '../runs/picture';
import { decodePng } from '../runs/png-file';
import { runFile } from '../records/run-paths';
import type { RunWriter } from '../runs/run-writer';

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
        return attack ? [[place, new AttackGallery(place, attack, shape, classNames)]] : [];
      }),
    );
  }

  /** Begins anew: what an earlier process left belongs to a state that was lost. @throws M2atError `io` */
  async begin(clean: readonly Prediction[]): Promise<void> {
    this.clean = clean;
    await this.remove([...this.galleries.keys()]);
  }

  /**
   * Takes the pictures of a batch, before its line is in the journal. An ensemble does not store what withstood, so the
   * picture that has it is written at once: who goes on after that line finds it.
   * @throws M2atError `io`
   */
  async add(batch: JudgedBatch, store: Pick<AttackStore, 'holds'>): Promise<void> {
    const { attackIndex, entered, clean, adversarial } = batch;
    const gallery = this.galleries.get(attackIndex);
    if (!gallery) return;
    const { positions, images } = entered;
    gallery.enter(positions, images);
    this.changed.add(attackIndex);
    const size = clean.data.length / positions.length;
    let isStored = true;
    for (const { position, outcome } of gallery.missing()) {
      const n = positions.indexOf(position);
      if (n < 0) continue;
      const [from, to] = [n * size, (n + 1) * size];
      gallery.show(position, clean.data.slice(from, to), adversarial.data.slice(from, to));
      isStored &&= store.holds(attackIndex, outcome);
    }
    if (!isStored) await this.writeOne(attackIndex);
  }

  /** The same for the batches of an earlier process. @throws M2atError `io` */
  async restore({ batches, clean }: JournalStart, store: AttackStore): Promise<void> {
    this.clean = clean;
    for (const { attackIndex, entered } of batches) {
      this.galleries.get(attackIndex)?.enter(entered.positions, entered.images);
      this.changed.add(attackIndex);
    }
    await this.remove([...this.galleries.keys()].filter((place) => !this.changed.has(place)));
    const folder = this.writer.file(runFile.gallery);
    for (const [place, gallery] of this.galleries) {
      const pictures = await rowsOf(await readGalleryPicture(folder, place), this.shape);
      for (const { position, outcome } of gallery.missing()) {
        if (store.holds(place, outcome)) {
          const { clean: original, adversarial } = await store.readAt(place, [position]);
          gallery.show(position, original.data, adversarial.data);
          continue;
        }
        const row = pictures.get(outcome.index);
        if (row) gallery.showAgain(position, row);
      }
    }
  }

  /** Writes what has changed, when it is time. @throws M2atError `io` */
  async writeSometimes(): Promise<void> {
    if (performance.now() >= this.nextAt) await this.write();
  }

  /** Writes what has changed, and says what could not be shown again. @throws M2atError `io` */
  async finish(): Promise<void> {
    await this.write();
    for (const [place, gallery] of this.galleries) {
      const lost = gallery.missing().length;
      if (lost === 0) continue;
      const text = `${lost} images that withstood attack ${place} are left out of its gallery, which was damaged or removed.`;
      await this.writer.log('warn', text);
    }
  }

  /** Writes what has changed. @throws M2atError `io` */
  async write(): Promise<void> {
    const start = performance.now();
    for (const place of this.changed) await this.writeOne(place);
    const now = performance.now();
    this.nextAt = now + Math.max(UPDATE_PERIOD, PATIENCE * (now - start));
  }

  private async writeOne(place: number): Promise<void> {
    const samples = await this.galleries.get(place)?.samples(this.clean);
    if (samples) await this.writer.gallery(samples);
    this.changed.delete(place);
  }

  private remove(places: readonly number[]): Promise<void> {
    return removeGalleries(this.writer.file(runFile.gallery), places);
  }
}

function shownAttacks(plan: AttackPlan): number[] {
  const curves = curveGroups(plan);
  return [...plan.attacks.keys()].filter((place) => {
    const attack = plan.attacks[place];
    if (!attack || !curves.has(attack.group)) return true;
    const epsilons = plan.groups[attack.group]?.epsilons;
    const epsilon = budgetOf(attack);
    return epsilon === epsilons?.[0] || epsilon === epsilons?.at(-1);
  });
}

/** The rows of a picture by the index of their image; none of one that is damaged or has another size. */
async function rowsOf(
  found: GalleryPicture | undefined,
  [height, width]: TileShape,
): Promise<ReadonlyMap<number, Uint8Array>> {
  const rows = new Map<number, Uint8Array>();
  if (!found) return rows;
  const { png, indices } = found;
  const pixels = await decodePng(png, GALLERY_COLUMNS * width, height * indices.length);
  const size = 3 * height * GALLERY_COLUMNS * width;
  if (pixels) indices.forEach((index, n) => rows.set(index, pixels.subarray(n * size, (n + 1) * size)));
  return rows;
}
