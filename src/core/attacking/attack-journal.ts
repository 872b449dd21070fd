import { hasCode } from '../files/error-code';
import type { NetworkCheck } from '../attacks/evaluation/attack-warnings';
import type { JudgedBatch, StoredBatch } from '../attacks/evaluation/evaluator';
import type { Prediction } from '../attacks/base/predictions';
import { writeFileAtomic } from '../files/atomic-file';
import { appendToFile } from '../files/own-file';
import { attackStateLine, type AttackStateLine } from '../records/attack-files';
import { parseJson } from '../files/json';
import { readError } from '../files/open-for-reading';
import { readLines, type Line } from '../files/read-lines';
import { sealJson, unsealJson } from '../files/sealed-json';
import { tolerant } from '../tolerant';

/** Of an image under an attack some 250 bytes are written; the first line has some 100 of each image. */
const LIMITS = { maxBytes: 500_000_000, maxLineBytes: 2 ** 27 } as const;

type CleanLine = Extract<AttackStateLine, { kind: 'clean' }>;
type BatchLine = Extract<AttackStateLine, { kind: 'batch' }>;

/** A batch of an earlier process. */
export interface JournalBatch extends StoredBatch {
  readonly sha256: string;
}

/** How far an evaluation had come. */
export interface JournalStart {
  readonly clean: readonly Prediction[];
  readonly check: NetworkCheck;
  /** In the order in which they were done. */
  readonly batches: readonly JournalBatch[];
}

/**
 * `attack-state.jsonl`: what an interrupted attack goes on from. One line for the clean images, then one for each
 * batch, each flushed to the disk before the batch counts; a torn last line is as if it had never been.
 */
export class AttackJournal {
  constructor(private readonly file: string) {}

  /**
   * Reads what is there, up to the first line that is damaged, and cuts the rest off.
   * @param isStored whether the images of a batch are still as they were written
   * @returns undefined when not even the clean images are there
   * @throws M2atError `io`
   */
  async recover(isStored: (batch: JournalBatch) => Promise<boolean>): Promise<JournalStart | undefined> {
    const lines = await this.readLines();
    const read = startOf(lines);
    const batches: JournalBatch[] = [];
    for (const batch of read?.batches ?? []) {
      if (!(await isStored(batch))) break;
      batches.push(batch);
    }
    const kept = read ? lines.slice(0, 1 + batches.length) : [];
    await writeFileAtomic(this.file, kept.map((line) => `${line}\n`).join(''));
    return read && { ...read, batches };
  }

  /**
   * What is there, up to the first line that is damaged; the file stays as it is.
   * @returns undefined when not even the clean images are there
   * @throws M2atError `io`
   */
  async read(): Promise<JournalStart | undefined> {
    return startOf(await this.readLines());
  }

  /** Begins anew with the clean images. @throws M2atError `io` */
  async begin(clean: readonly Prediction[], check: NetworkCheck): Promise<void> {
    const predictions = clean.map(({ label, confidence, loss }): [number, number, number | null] => [
      label,
      confidence,
      finite(loss),
    ]);
    const ranked = clean.map(({ second, leastLikely }): [number | null, number | null] => [
      second ?? null,
      leastLikely ?? null,
    ]);
    const isRanked = clean.some(({ second }) => second !== undefined);
    await writeFileAtomic(
      this.file,
      text({ kind: 'clean', predictions, ...(isRanked && { ranked }), check }),
    );
  }

  /** @param sha256 of what the batch wrote. @throws M2atError `io` */
  async add(
    { attackIndex, batch, entered, predictions, seconds }: JudgedBatch,
    sha256: string,
  ): Promise<void> {
    const images = entered.positions.flatMap((position, n) => {
      const image = entered.images[n];
      if (!image) return [];
      const { index, label, adversarialPrediction, broken, target, misclassified, norm, loss } = image;
      const { survivesRounding, noStart } = image;
      const confidence = predictions[n]?.confidence ?? 0;
      return [
        {
          position,
          index,
          label,
          prediction: adversarialPrediction,
          confidence,
          broken,
          target,
          misclassified,
          norm,
          loss: finite(loss),
          ...(survivesRounding === undefined ? {} : { survivesRounding }),
          ...(noStart && { noStart }),
        },
      ];
    });
    const { invalid } = entered;
    const line = text({ kind: 'batch', attack: attackIndex, batch, seconds, invalid, sha256, images });
    await appendToFile(this.file, line, { sync: true });
  }

  /** Those that have an end: what follows the last line break is a torn line. */
  private async readLines(): Promise<string[]> {
    const lines: string[] = [];
    const take = ({ text, cut, ended }: Line): boolean => {
      if (ended && !cut) lines.push(text);
      return cut;
    };
    await readLines(this.file, LIMITS, take).catch((error: unknown) => {
      if (!hasCode(error, 'ENOENT')) throw readError(error, this.file);
    });
    return lines;
  }
}

function startOf(lines: readonly string[]): JournalStart | undefined {
  const [first, ...rest] = lines.map(parseLine);
  if (first?.kind !== 'clean') return undefined;
  const batches: JournalBatch[] = [];
  for (const line of rest) {
    if (line?.kind !== 'batch') break;
    batches.push(batchOf(line));
  }
  return { clean: cleanOf(first), check: first.check, batches };
}

function text(line: AttackStateLine): string {
  return `${sealJson(JSON.stringify(line))}\n`;
}

function parseLine(line: string): AttackStateLine | undefined {
  try {
    return tolerant(attackStateLine).safeParse(parseJson(unsealJson(line).json, '')).data;
  } catch {
    return undefined;
  }
}

function cleanOf({ predictions, ranked }: CleanLine): Prediction[] {
  return predictions.map(([label, confidence, loss], n) => ({
    label,
    confidence,
    loss: lossOf(loss, confidence),
    ...(ranked && { second: ranked[n]?.[0] ?? undefined, leastLikely: ranked[n]?.[1] ?? undefined }),
  }));
}

function batchOf({ attack, batch, seconds, invalid, sha256, images }: BatchLine): JournalBatch {
  return {
    attackIndex: attack,
    batch,
    seconds,
    sha256,
    entered: {
      positions: images.map(({ position }) => position),
      invalid,
      images: images.map(
        ({ prediction, confidence, loss, target, misclassified, survivesRounding, noStart, ...image }) => ({
          index: image.index,
          label: image.label,
          cleanPrediction: image.label,
          adversarialPrediction: prediction,
          broken: image.broken,
          ...(target !== undefined && { target, misclassified }),
          norm: image.norm,
          loss: lossOf(loss, confidence),
          adversarialConfidence: confidence,
          ...(survivesRounding === undefined ? {} : { survivesRounding }),
          ...(noStart && { noStart }),
        }),
      ),
    },
  };
}

/** Both NaN and infinity were written as null; only with an infinite loss the network knows a class. */
function lossOf(loss: number | null, confidence: number): number {
  return loss ?? (confidence > 0 ? Infinity : NaN);
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
