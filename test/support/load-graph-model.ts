import { readGraphModel, type GraphModelOptions } from '../../src/core/models/graph-model/load-graph-model';
import type { ImportedModel } from '../../src/core/models/imported-model';
import { findModelFile, readModelJson } from '../../src/core/models/model-json';

/** @param checkpoint a model.json, or the folder that holds it */
export async function loadGraphModel(
  checkpoint: string,
  options: GraphModelOptions = {},
): Promise<ImportedModel> {
  const modelFile = await findModelFile(checkpoint);
  return readGraphModel(await readModelJson(modelFile), modelFile, options);
}
