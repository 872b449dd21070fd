import path from 'node:path';
import type { AttackRequest } from '../attacks/base/define-attack';
import { planAttacks, type AttackPlan } from '../attacks/plan/attack-plan';
import { inOrder, type CorruptionParameters } from '../corruptions/corruption-parameters';
import { DRAWS_VERSION } from '../attacks/base/image-streams';
import type { Dataset } from '../data/dataset';
import type { NamedDataset } from '../data/named-dataset';
import { findDataset, resolveDataset } from '../data/load-dataset';
import type { ImageArrays } from '../data/image-arrays';
import type { DeviceChoice } from '../engine/devices/device-choice';
import { saveInputSpec } from '../models/input/input-spec';
import type { InputSpecFile } from '../models/input/input-spec-schema';
import { printable } from '../printable';
import { builtIn } from '../registry/registry';
import { repositoryState } from '../repository/repository-state';
import { assertPlainPath } from '../text-schema';
import type { AttackSource } from '../records/attack-files';
import { storedPlan, type KnownAttackTask } from '../runs/known-task';
import { selectImages } from './attack-images';
import { attackLoaded, type AttackingOptions, type AttackResult } from './attack-loaded';
import { datasetOf } from '../runs/checkpoint-data';
import { loadClassifier, type Classifier } from './classifier';
import { assertCanRun, newRecord } from '../runs/run-lifecycle';
import { supervised } from '../runs/supervised';
import { newRunId } from '../records/run-paths';
import { readTargets } from './target-file';

/** Images in one call of the network; larger ones make better use of a GPU. */
const BATCH = 64;
export interface AttackRunOptions extends AttackingOptions {
  /** A file of one of the formats, or a folder that holds a `model.json`. */
  readonly checkpoint: string;
  /** None: only corruptions are measured. */
  readonly attacks: readonly AttackRequest[];
  /** Measures common corruptions after the attacks. */
  readonly corruptions?: CorruptionParameters | undefined;
  /** What the network takes and returns, where its sidecar and its file don't say it; it comes before them. */
  readonly input?: InputSpecFile | undefined;
  /** Writes `input` into the sidecar. */
  readonly saveInput?: boolean | undefined;
  /** Whether other conventions of input may be tried where nothing declares it; true by default. */
  readonly probe?: boolean | undefined;
  /** Every attack leaves out what those before it have broken. */
  readonly ensemble?: boolean | undefined;
  /** Measures the attacks that have a fixed epsilon with each of these, too. */
  readonly epsilons?: readonly number[] | undefined;
  /** At most so many images; absent: all. */
  readonly count?: number | undefined;
  /** Images by their index; absent: the first ones. */
  readonly indices?: readonly number[] | undefined;
  /** Draws the images at random by the seed, instead of taking the first ones. */
  readonly shuffle?: boolean | undefined;
  /** Images from files; absent: the test images of a data set. */
  readonly arrays?: ImageArrays | undefined;
  /** Absent: the one that the checkpoint was trained on, as far as that is known. */
  readonly dataset?: NamedDataset | undefined;
  /** For attacks with the target `file`: a `.npy` with a class for each image of the array or data set, or each selected one. */
  readonly targets?: string | undefined;
  readonly seed: number;
  readonly batchSize?: number | undefined;
  /** Puts examples on the 8-bit grid, inside the ball, before they are judged. */
  readonly eightBit?: boolean | undefined;
  readonly device: DeviceChoice;
  /** CPU threads; 0 means all cores. */
  readonly threads: number;
}

/**
 * Attacks a checkpoint and writes a run directory with the report, which fills while the attacks go on.
 * @returns the report: of all images, or of those that were done when the run was stopped
 * @throws M2atError for bad input, before a directory is made; `cancelled` when it was stopped before there was
 * anything to report; and for whatever else ends the run, after it was written to the record
 */
export async function attackRun(options: AttackRunOptions): Promise<AttackResult> {
  const { root, ensemble, epsilons, input, saveInput, registry = builtIn } = options;
  const { attacks, formats } = registry;
  const corruptions = options.corruptions && inOrder(options.corruptions);
  const plan =
    corruptions && options.attacks.length === 0
      ? { attacks: [], groups: [] }
      : planAttacks(attacks, options.attacks, { ensemble, epsilons });
  await assertCanRun(root);
  const classifier = await loadClassifier(formats, options.checkpoint, input, attacks);
  try {
    if (saveInput) await saveInputSpec(classifier.modelFile, input ?? {});
    const name = nameOf(classifier);
    const record = newRecord({
      ...{ id: newRunId('attack', name), kind: 'attack', name },
      source: classifier.modelFile,
    });
    return await supervised(options, record, async (writer) => {
      await writer.update({ git: await repositoryState(root) });
      const source = await sourceOf(options, classifier);
      const choose = (available: number): Promise<KnownAttackTask> =>
        taskOf({ ...options, corruptions }, { classifier, plan, source, available });
      const wanted = { count: options.count, batchSize: options.batchSize };
      return attackLoaded(options, { classifier, plan, source, choose, writer, wanted });
    });
  } finally {
    classifier.model.dispose();
  }
}

async function sourceOf(
  { arrays, dataset, resources, registry: { datasets } = builtIn }: AttackRunOptions,
  { modelFile, model, spec }: Classifier,
): Promise<AttackSource | Dataset> {
  if (arrays) {
    for (const file of [arrays.images, arrays.labels]) assertPlainPath(path.resolve(file));
    return { kind: 'arrays', images: path.resolve(arrays.images), labels: path.resolve(arrays.labels) };
  }
  if (resources?.dataset) return resources.dataset;
  const { metadata } = model;
  const said = dataset
    ? resolveDataset(datasets, dataset)
    : await datasetOf(datasets, { modelFile, metadata });
  const { forNetwork } = findDataset(datasets, said.name);
  return { kind: 'dataset', parameters: forNetwork ? await forNetwork(said, spec) : said };
}

async function taskOf(
  options: AttackRunOptions,
  {
    classifier,
    plan,
    source,
    available,
  }: {
    classifier: Classifier;
    plan: AttackPlan;
    source: AttackSource | Dataset;
    available: number;
  },
): Promise<KnownAttackTask> {
  const { count, indices, shuffle, seed, device, threads, targets, corruptions } = options;
  const chosen = selectImages(available, { count, indices, seed: shuffle ? seed : undefined });
  return {
    version: 1,
    checkpoint: classifier.modelFile,
    ...('kind' in source ? { source } : {}),
    ...(options.input ? { input: options.input } : {}),
    ...(options.probe === undefined ? {} : { probe: options.probe }),
    ...storedPlan(plan),
    ...(corruptions ? { corruptions } : {}),
    indices: chosen,
    ...(targets === undefined ? {} : { targets: await readTargets(targets, { available, indices: chosen }) }),
    seed,
    draws: DRAWS_VERSION,
    batchSize: Math.min(options.batchSize ?? BATCH, chosen.length),
    ...(options.eightBit ? { eightBit: true } : {}),
    device,
    threads,
  };
}

/** What people call an attack on a network. */
export function nameOf({ model, modelFile }: Classifier): string {
  const { experiment } = model.metadata;
  if (experiment !== undefined && experiment !== '') return printable(experiment);
  const { name, dir } = path.parse(modelFile);
  return name === 'model' ? path.basename(dir) || name : name;
}
