import { curveGroups, type AttackPlan } from '../attacks/plan/attack-plan';
import type { AttackOutcome, Evaluation, ImageOutcome } from '../attacks/evaluation/evaluation';
import { DRAWS_VERSION } from '../attacks/base/image-streams';
import type { Device } from '../engine/devices/device';
import { withIntervals } from '../report/accuracy-intervals';
import { inputSpecFile } from '../models/input/input-spec-schema';
import { targetCounts } from '../report/target-counts';
import type { AttackImages } from './attack-images';
import { adversarialPath } from './attack-store';
import type { Classifier } from './classifier';
import { deviceRecordOf } from '../runs/device-reporter';
import type { AttackReport } from '../records/run-files';

/** What a report says besides its results: all that its numbers depend on. */
export interface ReportContext {
  readonly classifier: Classifier;
  readonly classes: number;
  readonly device: Device;
  readonly images: AttackImages;
  readonly plan: AttackPlan;
  readonly indices: readonly number[];
  readonly seed: number;
  readonly batchSize: number;
  readonly eightBit?: boolean | undefined;
  readonly versions: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
}

/** An evaluation as it is written, without the analysis. */
export function reportOf(evaluation: Evaluation, context: ReportContext): AttackReport {
  const { classifier, images, plan, indices, seed, batchSize, device, versions, warnings } = context;
  const input = inputOf(classifier, context.classes);
  return withIntervals({
    version: 1,
    checkpoint: classifier.modelFile,
    format: classifier.model.format,
    dataset: images.name,
    count: evaluation.count,
    selected: indices.length,
    seed,
    draws: DRAWS_VERSION,
    device: device.name,
    deviceDetails: deviceRecordOf(device),
    cleanAccuracy: evaluation.cleanAccuracy,
    robustAccuracy: evaluation.robustAccuracy,
    warnings: [...warnings],
    classNames: [...(images.classNames.length > 0 ? images.classNames : (classifier.spec.classNames ?? []))],
    ...(input ? { input } : {}),
    batchSize,
    ...(context.eightBit ? { eightBit: true } : {}),
    versions: { ...versions },
    groups: groupsOf(evaluation, plan),
    attacks: evaluation.attacks.map((attack) => ({
      title: attack.title,
      group: attack.group,
      parameters: attack.parameters,
      robustAccuracy: attack.robustAccuracy,
      ...targetResults(attack, plan),
      seconds: attack.seconds,
      invalid: attack.invalid,
      survivesRounding: survivorsOf(attack.images),
      images: attack.images.map(({ loss, adversarialConfidence, ...image }, n) => ({
        ...image,
        loss: Number.isFinite(loss) ? loss : null,
        cleanConfidence: rounded(evaluation.clean[n]?.confidence ?? 0),
        adversarialConfidence: rounded(adversarialConfidence),
      })),
    })),
  });
}

/** Those that an earlier attack of the ensemble found are counted there. */
function survivorsOf(images: readonly ImageOutcome[]): { count: number; of: number } {
  const own = images.filter(
    ({ carriedFrom, survivesRounding }) => carriedFrom === undefined && survivesRounding !== undefined,
  );
  return { count: own.filter(({ survivesRounding }) => survivesRounding).length, of: own.length };
}

/** A curve leaves out what a smaller epsilon has moved: its attacks don't say how often each reaches its target. */
function targetResults(attack: AttackOutcome, plan: AttackPlan): Partial<AttackReport['attacks'][number]> {
  const counts = curveGroups(plan).has(attack.group) ? undefined : targetCounts(attack);
  if (!counts) return {};
  const { attacked, leftOut, reached, misclassified } = counts;
  const share = (part: number): number | null => (attacked === 0 ? null : part / attacked);
  return { attacked, leftOut, targetSuccess: share(reached), misclassified: share(misclassified) };
}

function groupsOf({ attacks }: Evaluation, plan: AttackPlan): AttackReport['groups'] {
  return plan.groups.flatMap(({ title, ensemble, epsilons }, group) => {
    const last = attacks.filter((attack) => attack.group === group).at(-1);
    if (!last) return [];
    const { robustAccuracy } = last;
    const adversarial = adversarialPath(plan, group);
    return [
      { title, ensemble, ...(epsilons ? { epsilons: [...epsilons] } : {}), robustAccuracy, adversarial },
    ];
  });
}

/**
 * What the network takes and returns, as its sidecar would say it, and where that is known from; the names of classes have a
 * place of their own in the report.
 */
export function inputOf(
  { spec, origins, model }: Pick<Classifier, 'spec' | 'origins' | 'model'>,
  classes: number,
): AttackReport['input'] {
  const told = Object.entries(spec).filter(
    ([key, value]) => key !== 'classNames' && value !== null && value !== undefined && value !== '',
  );
  const { data } = inputSpecFile.safeParse(Object.fromEntries(told));
  if (!data) return undefined;
  const { normalizes, output } = model;
  const otherOutputs = (output?.all ?? []).map(({ name }) => name).filter((name) => name !== output?.name);
  return {
    ...data,
    classes,
    ...(normalizes ? { normalizes: { mean: [...normalizes.mean], std: [...normalizes.std] } } : {}),
    ...(otherOutputs.length > 0 ? { otherOutputs } : {}),
    origins,
  };
}

function rounded(confidence: number): number {
  return Number(confidence.toFixed(6));
}
