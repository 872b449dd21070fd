import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { attackTitle } from '../../src/core/attacks/plan/attack-title';
import { float32, type NdArray } from '../../src/core/engine/arrays/nd-array';
import { withAnalysis } from '../../src/core/report/analyse-report';
import { withFacts } from '../../src/core/report/known-report';
import { writeGallery } from '../../src/core/runs/gallery-files';
import { encodePicture } from '../../src/core/runs/picture';
import type { AttackReport, RunRecord, SampleGrid } from '../../src/core/records/run-files';
import { runDirectory, runFile } from '../../src/core/records/run-paths';
import { named } from '../unit/attacks/named';

type Attack = AttackReport['attacks'][number];
type ImageResult = Attack['images'][number];

export const classNames = ['airplane', 'ship', 'frog'];
/** Images of the run; their labels go round, and every sixth is wrong before any attack. */
export const imageCount = 30;
const SIZE = 6;

export const attackRecord: RunRecord = {
  version: 1,
  id: '2026-01-02-030405-attack-0001',
  kind: 'attack',
  name: 'three classes',
  status: 'done',
  startedAt: '2026-01-02T03:04:05.000Z',
  endedAt: '2026-01-02T03:05:05.000Z',
  device: 'onnx-cpu',
  versions: { m2at: '0.0.1' },
};

interface Wanted {
  readonly parameters: object;
  readonly group: number;
  /** Whether it breaks an image, by its index. */
  readonly breaks: (index: number) => boolean;
  readonly norm: (index: number) => number;
}

const linf = { epsilon: '8/255' };
const wanted: readonly Wanted[] = [
  { parameters: { name: 'apgd-ce', ...linf }, group: 0, breaks: (n) => n % 2 === 0, norm: () => 8 / 255 },
  { parameters: { name: 'square', ...linf }, group: 0, breaks: (n) => n % 9 === 1, norm: () => 8 / 255 },
  { parameters: { name: 'deepfool' }, group: 1, breaks: () => true, norm: (n) => 0.1 + n / 20 },
  {
    parameters: { name: 'fgsm', epsilon: '2/255' },
    group: 2,
    breaks: (n) => n % 8 === 0,
    norm: () => 2 / 255,
  },
];

/** The report of an attack run as the product writes it: an ensemble, a minimal-norm attack, and a point of a curve. */
export function madeReport(): AttackReport {
  const attacks: Attack[] = [];
  for (const one of wanted) attacks.push(attackOf(one, attacks));
  const last = (group: number) => attacks.findLast((attack) => attack.group === group)?.robustAccuracy ?? 0;
  const report: AttackReport = {
    version: 1,
    checkpoint: '/models/three/model.json',
    format: 'layers-model',
    dataset: 'cifar10',
    count: imageCount,
    selected: imageCount,
    seed: 7,
    device: 'onnx-cpu',
    cleanAccuracy: imagesRight() / imageCount,
    robustAccuracy: last(0),
    warnings: ['Square lowered the accuracy by more than 0.2 points: gradients may be masked.'],
    classNames,
    batchSize: 16,
    groups: [
      { title: 'autoattack standard linf 8/255', ensemble: true, robustAccuracy: last(0), adversarial: 'a' },
      { title: 'deepfool l2', ensemble: false, robustAccuracy: last(1), adversarial: 'b' },
      {
        title: 'fgsm linf',
        ensemble: false,
        epsilons: [2 / 255],
        robustAccuracy: last(2),
        adversarial: 'c',
      },
    ],
    attacks,
  };
  return withFacts(withAnalysis(report));
}

/** Pictures of one of its attacks: the images that it attacked. */
export function madeGallery(
  report: AttackReport,
  place: number,
): { grid: SampleGrid; png: Uint8Array<ArrayBuffer> } {
  const attack = report.attacks[place];
  if (!attack) throw new RangeError(`There is no attack ${place}.`);
  const images = attack.images.filter(
    ({ cleanPrediction, label, carriedFrom }) => cleanPrediction === label && carriedFrom === undefined,
  );
  const shade = (of: (image: ImageResult) => number): NdArray<'float32'> =>
    float32(
      new Float32Array(images.flatMap((image) => Array.from({ length: SIZE * SIZE * 3 }, () => of(image)))),
      [images.length, SIZE, SIZE, 3],
    );
  const png = encodePicture(
    [
      { kind: 'image', data: shade(({ index }) => index / imageCount) },
      { kind: 'perturbation', data: shade(({ norm }) => norm) },
      { kind: 'image', data: shade(({ index }) => 1 - index / imageCount) },
    ],
    images.length,
    1,
  );
  const grid: SampleGrid = {
    step: 0,
    epoch: 0,
    imageSize: { height: SIZE, width: SIZE },
    columns: [
      { key: 'x', title: 'clean', kind: 'image' },
      { key: 'delta', title: 'perturbation', kind: 'perturbation' },
      { key: 'xAdv', title: attack.title, kind: 'image' },
    ],
    rows: images.map((image) => ({
      index: image.index,
      label: image.label,
      norm: image.norm,
      predictions: {
        x: { label: image.cleanPrediction, confidence: 0.9 },
        xAdv: { label: image.adversarialPrediction, confidence: confidenceOf(image.index) },
      },
    })),
    classNames,
    attack: place,
  };
  return { grid, png };
}

/** Writes the run below a root, as the product would have. */
export async function writeAttackRun(root: string): Promise<AttackReport> {
  const folder = runDirectory(root, attackRecord.id);
  const report = madeReport();
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, runFile.record), JSON.stringify(attackRecord));
  await writeFile(path.join(folder, runFile.report), JSON.stringify(report));
  for (const place of [0, 1, 2]) {
    await writeGallery(path.join(folder, runFile.gallery), madeGallery(report, place));
  }
  return report;
}

function attackOf({ parameters, group, breaks, norm }: Wanted, before: readonly Attack[]): Attack {
  const resolved = named(parameters);
  const images = Array.from({ length: imageCount }, (_, index): ImageResult => {
    const label = index % classNames.length;
    const clean = isRight(index) ? label : (label + 1) % classNames.length;
    const image = { index, label, cleanPrediction: clean, cleanConfidence: 0.9 };
    const carriedFrom = before.findIndex(
      (attack) => attack.group === group && attack.images[index]?.broken === true,
    );
    const carried = before[carriedFrom]?.images[index];
    if (carried) return { ...carried, carriedFrom };
    const broken = isRight(index) && breaks(index);
    return {
      ...image,
      adversarialPrediction: broken ? (label + 1 + (index % 2)) % classNames.length : clean,
      adversarialConfidence: confidenceOf(index),
      broken,
      norm: isRight(index) ? norm(index) : 0,
      loss: index / 10,
    };
  });
  const robust = images.filter(({ broken, index }) => isRight(index) && !broken).length;
  return {
    title: attackTitle(resolved),
    group,
    parameters: resolved.parameters,
    robustAccuracy: robust / imageCount,
    seconds: 2,
    images,
  };
}

function isRight(index: number): boolean {
  return index % 6 !== 5;
}

function imagesRight(): number {
  return Array.from({ length: imageCount }, (_, index) => index).filter(isRight).length;
}

function confidenceOf(index: number): number {
  return 0.4 + ((index * 7) % imageCount) / 60;
}
