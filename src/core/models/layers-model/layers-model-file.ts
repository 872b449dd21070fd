import * as tf from '@tensorflow/tfjs';
import { currentBackend } from '../../engine/arrays/current-backend';
import { sizeOf } from '../../engine/arrays/nd-array';
import { M2atError, messageOf } from '../../errors';
import { checkTopology } from './check-topology';
import { closeBudget, openBudget } from './declared-zeros';
import { layersModelFile, type LayersModelFile } from './layers-model-schema';
import { declaredNumbers, readLayerWeights, type LayerWeight } from './layer-weights';
import { registerKerasActivations } from './keras-activations';
import { verifyDescription, type ModelChecksums } from '../model-checksums';
import { isGraphModel } from '../is-graph-model';
import { findModelFile, readModelJson, whatWorks } from '../model-json';

/** Numbers in any value of a network, for one image: half a gibibyte. */
const maxElements = 2 ** 27;

/** Stands in for heights and widths that a model leaves open. */
export const openSide = 224;

export interface EncodedModel {
  readonly modelJson: string;
  readonly weights: Uint8Array;
}

/**
 * A model in the TF.js layers format, which `tf.loadLayersModel` reads: the text of model.json and one weight file.
 * @param weightsFile the name that the weight file will have beside model.json
 * @param metadata kept as `userDefinedMetadata`
 */
export function encodeLayersModel(
  model: tf.LayersModel,
  { weightsFile, metadata }: { weightsFile: string; metadata: Record<string, unknown> },
): EncodedModel {
  const variables = model.weights.map((weight) => ({
    name: weight.originalName,
    shape: weight.shape,
    values: weight.read().dataSync<'float32'>(),
  }));
  const weights = new Uint8Array(variables.reduce((sum, { values }) => sum + values.byteLength, 0));
  let offset = 0;
  for (const { values } of variables) {
    weights.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), offset);
    offset += values.byteLength;
  }
  const manifest = variables.map(({ name, shape }) => ({ name, shape, dtype: 'float32' }));
  const modelJson = JSON.stringify({
    format: 'layers-model',
    generatedBy: `TensorFlow.js tfjs-layers v${tf.version['tfjs-layers']}`,
    convertedBy: null,
    modelTopology: model.toJSON(undefined, false),
    weightsManifest: [{ paths: [weightsFile], weights: manifest }],
    userDefinedMetadata: metadata,
  });
  return { modelJson, weights };
}

export interface LoadedModel {
  readonly model: tf.LayersModel;
  readonly metadata: Record<string, unknown>;
  /** The model.json that was read. */
  readonly modelFile: string;
  /** What it and its weights agree with; undefined where it has none. */
  readonly checksums?: ModelChecksums | undefined;
}

/**
 * Loads a TF.js layers model that classifies images. The file is taken for hostile: nothing outside its folder is
 * read, nothing is allocated that its weight files don't cover, and only built-in layers are built.
 * @param file a model.json, or the folder that holds it
 * @throws M2atError `checkpoint` for whatever is wrong with it, `unsupported` for graph models
 */
export async function loadLayersModel(file: string): Promise<LoadedModel> {
  const modelFile = await findModelFile(file);
  return readLayersModel(await readModelJson(modelFile), modelFile);
}

/** The same from the content of a model.json. */
export async function readLayersModel(json: unknown, modelFile: string): Promise<LoadedModel> {
  const content = parseModelFile(json, modelFile);
  const checksums = verifyDescription(json, modelFile);
  const groups = content.weightsManifest;
  const budget = openBudget(declaredNumbers(groups));
  try {
    const topology = checkTopology(content.modelTopology, budget, modelFile);
    const weights = await readLayerWeights(groups, modelFile, checksums?.weights);
    const model = await buildModel(topology, modelFile);
    try {
      assertImageClassifier(model, modelFile);
      assertSizes(model, modelFile);
      setWeights(model, weights, modelFile);
    } catch (error) {
      model.dispose();
      throw error;
    }
    return { model, metadata: content.userDefinedMetadata ?? {}, modelFile, checksums };
  } finally {
    closeBudget(budget);
  }
}

function parseModelFile(json: unknown, modelFile: string): LayersModelFile {
  if (isGraphModel(json)) {
    throw new M2atError('unsupported', "TF.js graph models can't be loaded as layers models", {
      where: modelFile,
      hint: whatWorks,
    });
  }
  const parsed = layersModelFile.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new M2atError('checkpoint', `no TF.js layers model: ${issue?.message ?? 'wrong content'}`, {
    where: `${modelFile}: ${issue?.path.join('.') ?? ''}`.replace(/: $/, ''),
    hint: whatWorks,
  });
}

export async function buildModel(modelTopology: object, modelFile: string): Promise<tf.LayersModel> {
  registerKerasActivations();
  currentBackend();
  try {
    return await tf.loadLayersModel({ load: () => Promise.resolve({ modelTopology }) });
  } catch (error) {
    throw new M2atError('checkpoint', `the model can't be built: ${messageOf(error)}`, {
      where: `${modelFile}: modelTopology`,
      hint: 'TF.js does not know layers of this form, or they do not fit together: convert the model to a graph model or to ONNX.',
      cause: error,
    });
  }
}

function assertImageClassifier(model: tf.LayersModel, modelFile: string): void {
  const [input] = model.inputs;
  const fits =
    model.inputs.length === 1 &&
    input?.shape.length === 4 &&
    model.outputs.some(({ shape }) => shape.length === 2 && typeof shape[1] === 'number');
  if (!fits) {
    const shapes = (tensors: readonly tf.SymbolicTensor[]): string =>
      tensors.map(({ shape }) => `[${shape.map((size) => size ?? 'N').join(', ')}]`).join(' and ');
    throw new M2atError(
      'checkpoint',
      `no image classifier: it takes ${shapes(model.inputs)} and returns ${shapes(model.outputs)}`,
      { where: modelFile, hint: 'Expected one input [N, H, W, C] and an output [N, classes].' },
    );
  }
}

/** No layer may make more numbers of an image than any classifier does. */
function assertSizes(model: tf.LayersModel, modelFile: string): void {
  for (const layer of model.layers) {
    if (layer instanceof tf.LayersModel) assertSizes(layer, modelFile);
    for (const { outputTensors } of layer.inboundNodes) {
      for (const { shape } of outputTensors) {
        const sizes = shape.slice(1);
        const known = sizes.map((size) => size ?? openSide);
        if (known.every((size) => size > 0) && sizeOf(known) <= maxElements) continue;
        const text = sizes.map((size) => size ?? '?').join(', ');
        throw new M2atError('checkpoint', `the layer makes [${text}] of an image`, {
          where: `${modelFile}: layer ${layer.name}`,
          hint: `Nothing may be empty, nor have more than ${maxElements} numbers.`,
        });
      }
    }
  }
}

/** Names and shapes have to agree exactly. */
function setWeights(model: tf.LayersModel, weights: readonly LayerWeight[], modelFile: string): void {
  const stored = new Map(weights.map((weight) => [weight.name, weight]));
  const where = `${modelFile}: weightsManifest`;
  for (const variable of model.weights) {
    const weight = stored.get(variable.originalName);
    stored.delete(variable.originalName);
    if (!weight) {
      throw new M2atError('checkpoint', `the weight ${variable.originalName} is missing`, { where });
    }
    if (weight.shape.join() !== variable.shape.join()) {
      throw new M2atError(
        'checkpoint',
        `the weight ${weight.name} has shape [${weight.shape.join(', ')}], the model needs [${variable.shape.join(', ')}]`,
        { where },
      );
    }
    try {
      tf.tidy(() => {
        variable.write(tf.tensor(weight.values, [...weight.shape]));
      });
    } catch (error) {
      // A constraint is applied to what is written.
      throw new M2atError('checkpoint', `the weight ${weight.name} can't be set: ${messageOf(error)}`, {
        where,
        hint: 'TF.js has no such constraint: leave it out, it matters in training only.',
        cause: error,
      });
    }
  }
  const [extra] = stored.keys();
  if (extra !== undefined) {
    throw new M2atError('checkpoint', `the weight ${extra} belongs to no layer`, { where });
  }
}
