import path from 'node:path';
import type { AttackPlan } from '../attacks/plan/attack-plan';
import type { NetworkCheck } from '../attacks/evaluation/attack-warnings';
import { gatherRows } from '../attacks/base/batch-rows';
import { toEightBit } from '../attacks/base/eight-bit';
import type { EnteredBatch, ImageOutcome } from '../attacks/evaluation/evaluation';
import type { JudgedBatch } from '../attacks/evaluation/evaluator';
import { isMoved } from '../attacks/parameters/moved';
import type { Prediction } from '../attacks/base/predictions';
import { gatherImages, gatherLabels } from '../data/batch';
import type { ImageSource } from '../data/image-source';
import { encodeNpyLabels } from '../data/npy';
import { float32, type NdArray } from '../engine/arrays/nd-array';
import { AdversarialFile } from './adversarial-file';
import { writeFileAtomic } from '../files/atomic-file';
import { makeOwnFolder } from '../files/own-folders';
import { AttackJournal, type JournalBatch, type JournalStart } from './attack-journal';
import { sha256OfFile } from '../files/sha256-of-file';
import { runFile } from '../records/run-paths';

const RESTORED_AT_ONCE = 64;
/** With `/` on every system, as the arrays beside it are named. */
export const LABELS_PATH = `${runFile.adversarial}/labels.npy`;

/** float32 [N, H, W, C] */
export interface StoredImages {
  readonly clean: NdArray<'float32'>;
  readonly adversarial: NdArray<'float32'>;
}

/** The images that a run attacks. */
export interface StoredSelection {
  readonly set: ImageSource;
  readonly indices: readonly number[];
  /** What stands where there is no example is rounded to 8 bits, as the examples are. */
  readonly eightBit?: boolean | undefined;
}

/**
 * What an attack run keeps as it goes on: the adversarial images of each group with the labels beside them, and the
 * journal to resume from.
 */
export class AttackStore {
  private readonly journal: AttackJournal;
  private files: AdversarialFile[] = [];

  constructor(
    private readonly folder: string,
    private readonly plan: AttackPlan,
    private readonly selection: StoredSelection,
  ) {
    this.journal = new AttackJournal(path.join(folder, runFile.attackState));
  }

  /** Makes the files that are not there yet. @throws M2atError `io` */
  async open(): Promise<void> {
    const { plan, folder } = this;
    const { set, indices } = this.selection;
    await makeOwnFolder(path.join(folder, runFile.adversarial));
    await writeFileAtomic(path.join(folder, runFile.labels), encodeNpyLabels(gatherLabels(set, indices)));
    const shape = [indices.length, set.height, set.width, set.channels];
    for (const group of plan.groups.keys()) {
      const file = path.join(folder, adversarialPath(plan, group));
      this.files.push(
        await AdversarialFile.open(file, shape, async (from, to) =>
          this.unbroken(await gatherImages(set, indices.slice(from, to))),
        ),
      );
    }
  }

  /** How far the run had come; undefined when it has to begin. @throws M2atError `io` */
  async recover(): Promise<JournalStart | undefined> {
    const start = await this.journal.recover(async (batch) => {
      const file = this.fileOf(batch.attackIndex);
      return file !== undefined && (await file.sha256(this.positionsOf(batch))) === batch.sha256;
    });
    await this.restoreClean(start?.batches ?? []);
    return start;
  }

  /** The SHA-256 of the files beside the journal, by their paths in the run directory. @throws M2atError `io` */
  async checksums(): Promise<Record<string, string>> {
    const { plan, folder } = this;
    const paths = [...plan.groups.keys()].map((group) => adversarialPath(plan, group));
    const sums: Record<string, string> = {};
    for (const name of [...paths, LABELS_PATH]) sums[name] = await sha256OfFile(path.join(folder, name));
    return sums;
  }

  /** What no batch of the journal has written is told by nothing else than the images that are attacked. */
  private async restoreClean(batches: readonly JournalBatch[]): Promise<void> {
    const { set, indices } = this.selection;
    for (const file of this.files.filter(({ existed }) => existed)) {
      const own = batches.filter(({ attackIndex }) => this.fileOf(attackIndex) === file);
      const written = new Set(own.flatMap((batch) => this.positionsOf(batch)));
      const others = [...indices.keys()].filter((position) => !written.has(position));
      for (let from = 0; from < others.length; from += RESTORED_AT_ONCE) {
        const positions = others.slice(from, from + RESTORED_AT_ONCE);
        const images = await gatherImages(
          set,
          positions.map((position) => indices[position] ?? 0),
        );
        await file.restore(positions, this.unbroken(images));
      }
    }
  }

  private positionsOf(batch: JournalBatch): number[] {
    return this.written(batch).map((n) => batch.entered.positions[n] ?? 0);
  }

  /** @throws M2atError `io` */
  begin(clean: readonly Prediction[], check: NetworkCheck): Promise<void> {
    return this.journal.begin(clean, check);
  }

  /** Writes the images of a batch and, when they are on the disk, its line of the journal. @throws M2atError `io` */
  async add(batch: JudgedBatch): Promise<void> {
    const { adversarial, clean, entered, attackIndex } = batch;
    const file = this.fileOf(attackIndex);
    if (!file) throw new RangeError(`there is no attack ${attackIndex}`);
    const rows = this.written(batch);
    const others = [...entered.positions.keys()].filter((row) => !rows.includes(row));
    const at = (row: number): number => entered.positions[row] ?? 0;
    // A process that was killed before its line of the journal may have left examples there.
    await file.write(others.map(at), this.unbroken(gatherRows(clean, others)));
    const sha256 = await file.write(rows.map(at), gatherRows(adversarial, rows));
    await this.journal.add(batch, sha256);
  }

  /** The images that the group of an attack stores at positions, and the clean ones. @throws M2atError `io` */
  async readAt(attackIndex: number, positions: readonly number[]): Promise<StoredImages> {
    const { set, indices } = this.selection;
    const clean = await gatherImages(
      set,
      positions.map((position) => indices[position] ?? 0),
    );
    return { clean, adversarial: (await this.fileOf(attackIndex)?.read(positions)) ?? clean };
  }

  /** Whether what an attack did to an image is stored. */
  holds(attackIndex: number, image: ImageOutcome | undefined): boolean {
    const group = this.plan.groups[this.plan.attacks[attackIndex]?.group ?? -1];
    return (image !== undefined && isMoved(image)) || !group?.ensemble;
  }

  async close(): Promise<void> {
    for (const file of this.files) await file.close();
    this.files = [];
  }

  /** What the file holds of clean images. */
  private unbroken(images: NdArray<'float32'>): NdArray<'float32'> {
    return this.selection.eightBit ? float32(toEightBit(images.data), images.shape) : images;
  }

  private fileOf(attackIndex: number): AdversarialFile | undefined {
    return this.files[this.plan.attacks[attackIndex]?.group ?? -1];
  }

  /**
   * The rows of a batch that go to its file. Those of an attack that stands alone: all. In an ensemble the file holds
   * the worst case: examples that fool, and the clean image where none does.
   */
  private written({ attackIndex, entered }: { attackIndex: number; entered: EnteredBatch }): number[] {
    return [...entered.positions.keys()].filter((row) => this.holds(attackIndex, entered.images[row]));
  }
}

/** Where the adversarial images of a group are, relative to the run directory; with `/` on every system. */
export function adversarialPath({ groups }: AttackPlan, group: number): string {
  return `${runFile.adversarial}/${group}-${groups[group]?.name ?? 'attack'}.npy`;
}
