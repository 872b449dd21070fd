import type { DatasetParameters } from '../data/define-dataset';
import { messageOf, type M2atError } from '../errors';
import type { ModelOutput } from '../models/choose-output';
import type { FoundInputSpec } from '../models/input/input-spec';
import { builtIn, type Registry } from '../registry/registry';
import { datasetOf } from '../runs/checkpoint-data';
import { loadClassifier } from '../attacking/classifier';

/** What has to be known of a model before it is attacked; plain data. */
export interface ModelInspection extends FoundInputSpec {
  /** Absolute path of the file that was read. */
  readonly modelFile: string;
  /** Id of its format. */
  readonly format: string;
  /** As the file declares it; null where it leaves a dimension open. */
  readonly inputShape: readonly (number | null)[];
  /** Every output that the file declares. */
  readonly outputs: readonly ModelOutput[];
  /** Where the file tells it. */
  readonly classes: number | undefined;
  /** Why only attacks by forward passes run on it: names op, node and opset. Absent where every attack does. */
  readonly noGradient: M2atError | undefined;
  /** It is a checkpoint of a version without checksums. */
  readonly unverified: boolean;
  /** The data set that the checkpoint was trained on, as far as that is known. */
  readonly dataset: DatasetParameters | undefined;
  /** Why the data set that the checkpoint names can't be used. */
  readonly datasetProblem: string | undefined;
}

/**
 * Loads a model, finds out what it is and wants, and disposes it.
 * @param checkpoint a file of one of the formats, or a folder that holds a `model.json`
 * @param outputName of several outputs, the one with the class scores; absent: that of the sidecar, or the likeliest
 * @throws M2atError as `loadClassifier`
 */
export async function inspectModel(
  checkpoint: string,
  outputName?: string,
  { datasets, formats }: Registry = builtIn,
): Promise<ModelInspection> {
  const { model, noGradient, modelFile, ...found } = await loadClassifier(formats, checkpoint, {
    outputName,
  });
  const { spec, origins, assumed, sidecar } = found;
  try {
    const { format, inputShape, classes, metadata } = model;
    const data = await datasetOf(datasets, { modelFile, metadata }).then(
      (dataset) => ({ dataset, datasetProblem: undefined }),
      (error: unknown) => ({ dataset: undefined, datasetProblem: messageOf(error) }),
    );
    const outputs = model.output?.all ?? [];
    return {
      ...{ modelFile, format, inputShape, outputs, classes },
      unverified: model.verified === false,
      ...{ spec, origins, assumed, sidecar, noGradient, ...data },
    };
  } finally {
    model.dispose();
  }
}
