import type { AttackReport, EvaluationRow, RunRecord } from '../../../../src/core/records/run-files';
import { attackRow, trainingRows } from '../../../../src/core/report/compare/compared-rows';
import type { ComparedRow } from '../../../../src/core/report/compare/compared-row';
import { flatSettings } from '../../../../src/core/report/compare/flat-settings';
import { evaluationRow, runRecord } from '../../webview/rows';

/** Settings of a training on CIFAR-10. */
export const experiment = (method: object = { name: 'pgd-at' }, seed = 0): object => ({
  ...{ name: 'compared', seed, dataset: { name: 'cifar10', trainCount: 100, testCount: 500 }, method },
});

export const final = (robust: number, change: Partial<EvaluationRow> = {}): EvaluationRow =>
  evaluationRow(100, {
    ...{ final: true, count: 500, cleanAccuracy: 0.6, robustAccuracy: robust },
    attacks: [{ attack: 'pgd-20 linf 8/255', robustAccuracy: robust, seconds: 1 }],
    ...change,
  });

export interface Training {
  readonly settings?: object;
  readonly finals?: readonly EvaluationRow[];
  readonly latest?: EvaluationRow;
  readonly attacks?: readonly { readonly record: RunRecord; readonly report: AttackReport }[];
}

/** The rows of a training that is done. */
export function trained(
  name: string,
  training: Training = {},
  change: Partial<RunRecord> = {},
): ComparedRow[] {
  const { settings = experiment(), finals = [final(0.3)], latest, attacks = [] } = training;
  return trainingRows({
    record: runRecord({ id: `run-${name}`, name, status: 'done', ...change }),
    ...{ settings: flatSettings(settings), finals, latest, seconds: 90, sampleSteps: [10, 20] },
    attacks: attacks.map((attack) => ({ ...attack, source: flatSettings(attackSource) })),
  });
}

const attackSource = { kind: 'dataset', parameters: { name: 'cifar10', testCount: 500 } };

/** An attack with PGD-20 on these images of CIFAR-10's test, of a checkpoint of a run. */
export function attacked(
  of: string,
  robustAccuracy: number,
  indices: readonly number[],
  change: Partial<AttackReport> = {},
): { readonly record: RunRecord; readonly report: AttackReport } {
  const image = { label: 1, cleanPrediction: 1, adversarialPrediction: 2, broken: true, norm: 0.03, loss: 1 };
  return {
    record: runRecord({
      ...{
        id: `attack-${of}`,
        kind: 'attack',
        name: of,
        status: 'done',
        endedAt: '2026-01-02T03:05:05.000Z',
      },
      source: `/elsewhere/.m2at/runs/run-${of}/checkpoints/last/model.json`,
    }),
    report: {
      ...{ version: 1, checkpoint: 'x', format: 'm2at', dataset: 'cifar10', count: indices.length, seed: 0 },
      ...{ device: 'onnx-cpu', cleanAccuracy: 0.6, robustAccuracy, warnings: [] },
      attacks: [
        {
          ...{ title: 'pgd-20 linf 8/255', parameters: { name: 'pgd', norm: 'linf', epsilon: 8 / 255 } },
          ...{ robustAccuracy, seconds: 1, images: indices.map((index) => ({ ...image, index })) },
        },
      ],
      ...change,
    },
  };
}

/** The row of an attack on a checkpoint of no run. */
export function attackAlone(name: string, robustAccuracy: number, indices: readonly number[]): ComparedRow {
  const { record, report } = attacked(name, robustAccuracy, indices);
  const own = { ...record, source: `/models/${name}.onnx` };
  return attackRow(own, { record: own, report, source: flatSettings(attackSource) });
}

export const first = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
