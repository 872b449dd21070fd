import { readGraphModel, type GraphModelOptions } from './graph-model/load-graph-model';
import { asImportedModel } from './layers-model/import-layers-model';
import type { ImportedModel } from './imported-model';
import { readLayersModel } from './layers-model/layers-model-file';
import { findModelFile, isGraphModel, readModelJson } from './model-json';

/**
 * Loads a TF.js model that classifies images, a layers or a graph model.
 * @param file a model.json, or the folder that holds it
 * @returns the model, and the model.json that was read
 * @throws M2atError `checkpoint` for whatever is wrong with it, `unsupported` for an op that is not supported
 */
export async function importTfjsModel(
  file: string,
  options: GraphModelOptions = {},
): Promise<{ model: ImportedModel; modelFile: string }> {
  const modelFile = await findModelFile(file);
  const json = await readModelJson(modelFile);
  const model = isGraphModel(json)
    ? await readGraphModel(json, modelFile, options)
    : asImportedModel(await readLayersModel(json, modelFile), options.outputName);
  return { model, modelFile };
}
