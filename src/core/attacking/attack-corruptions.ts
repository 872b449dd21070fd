import { Evaluator } from '../attacks/evaluation/evaluator';
import { isCancelled } from '../cancellation';
import type { CorruptedImages } from '../corruptions/corrupted-source';
import type { CorruptionParameters } from '../corruptions/corruption-parameters';
import type { CorruptionTable } from '../records/corruption-files';
import type { AttackReport } from '../records/run-files';
import { reportCorruptions } from '../runs/corruption-reporter';
import { readCorruptions } from '../runs/corruption-store';
import type { RunWriter } from '../runs/run-writer';
import type { AttackTask } from './attack-task';

interface MeasuredCorruptions {
  readonly victim: AttackTask['victim'];
  readonly attacked: AttackTask['images'];
  readonly indices: readonly number[];
  readonly seed: number;
  readonly batchSize: number;
  readonly parameters: CorruptionParameters;
  readonly images: CorruptedImages;
  readonly report: AttackReport;
}

/**
 * Measures the network of an attack run under corruptions, on the images that were attacked.
 * @returns `stopped`, with what was measured, when it was cancelled
 */
export async function attackCorruptions(
  writer: RunWriter,
  { victim, attacked, batchSize, report, ...measured }: MeasuredCorruptions,
  { signal, resumed }: { readonly signal: AbortSignal; readonly resumed: boolean | undefined },
): Promise<{ readonly status: 'done' | 'stopped'; readonly corruptions?: CorruptionTable | undefined }> {
  const { set, name, classNames } = attacked;
  const evaluator = new Evaluator(victim, [], batchSize);
  try {
    const corruptions = await reportCorruptions(writer, {
      ...measured,
      ...{ set, dataset: name, batchSize, signal, resumed },
      classNames: classNames.length > 0 ? classNames : (report.classNames ?? []),
      cleanAccuracy: report.cleanAccuracy,
      classify: (images, labels, stop) => evaluator.predict(images, labels, stop),
    });
    return { status: 'done', corruptions };
  } catch (error) {
    if (!isCancelled(error)) throw error;
    const { record } = await readCorruptions(writer.folder);
    return { status: 'stopped', corruptions: record?.table };
  } finally {
    await evaluator.dispose();
  }
}
