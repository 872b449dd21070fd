import path from 'node:path';
import { readLayersModel, type LoadedModel } from '../layers-model/layers-model-file';
import { isOnnxNetwork } from '../is-onnx-network';
import { findModelFile, readModelJson } from '../model-json';
import { onnxFileOf, readOnnxDescription } from '../onnx/training/onnx-checkpoint';

/**
 * Loads a network that can be trained, or that was: a TF.js layers model, or the checkpoint of a training that began with an
 * ONNX file. The file is taken for hostile.
 * @param file a model.json, or the folder that holds it
 * @throws M2atError `checkpoint` for whatever is wrong with it, `unsupported` for graph models of TF.js
 */
export async function loadNetwork(file: string): Promise<LoadedModel> {
  const modelFile = await findModelFile(file);
  return readNetwork(await readModelJson(modelFile), modelFile);
}

/** The same from the content of a model.json. */
export async function readNetwork(json: unknown, modelFile: string): Promise<LoadedModel> {
  if (!isOnnxNetwork(json)) return readLayersModel(json, modelFile);
  return { ...(await readOnnxDescription(json, modelFile)), modelFile };
}

/**
 * The ONNX file that a person means: itself, or that of a checkpoint; undefined for anything else.
 * @param file a file, or the folder that holds a model.json
 * @throws M2atError `checkpoint` when there is none
 */
export async function onnxFile(file: string): Promise<string | undefined> {
  if (file.toLowerCase().endsWith('.onnx')) return path.resolve(file);
  const modelFile = await findModelFile(file);
  const json = await readModelJson(modelFile);
  return isOnnxNetwork(json) ? onnxFileOf(json, modelFile) : undefined;
}
