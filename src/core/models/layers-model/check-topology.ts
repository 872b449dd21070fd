import { M2atError } from '../../errors';
import { checkConnections } from './check-connections';
import { assertFewCalls } from './count-calls';
import { declaredZeros } from './declared-zeros';
import { allowedLayers } from './layer-allowlist';

type Json = Readonly<Record<string, unknown>>;

/** Nesting of models in models; TF.js recurses over it. */
const maxDepth = 16;
/** Axes of any array of a network. */
const maxRank = 8;

/**
 * Checks every layer of a topology against the allowlist.
 * @param topology `modelTopology` of a model.json
 * @param budget what its weights may draw on
 * @returns a copy whose weights start as {@link declaredZeros}
 * @throws M2atError `checkpoint` for an unknown layer class, or JSON that describes no model
 */
export function checkTopology(topology: Json, budget: number, modelFile: string): Json {
  // Keras's converter wraps the model; TF.js itself does not.
  const { model_config } = topology;
  assertFewCalls(isObject(model_config) ? model_config : topology, maxDepth, `${modelFile}: modelTopology`);
  if (typeof topology.keras_version === 'string' && !topology.keras_version.startsWith('tfjs-')) {
    assertSampledAlike(isObject(model_config) ? model_config : topology, `${modelFile}: modelTopology`, 0);
  }
  if (isObject(model_config)) {
    return {
      ...topology,
      model_config: checkLayer(model_config, budget, `${modelFile}: modelTopology.model_config`, 0),
    };
  }
  return checkLayer(topology, budget, `${modelFile}: modelTopology`, 0);
}

/** @param name what a functional model calls its layer; TF.js would invent another one for a layer without one */
function checkLayer(layer: unknown, budget: number, where: string, depth: number, name?: unknown): Json {
  if (!isObject(layer) || typeof layer.class_name !== 'string' || !('config' in layer)) {
    throw new M2atError('checkpoint', 'no layer: class_name and config are missing', {
      where,
      hint: 'It is no TF.js layers model, as tf.LayersModel.save or the converter writes it.',
    });
  }
  const { class_name: className, config } = layer;
  if (depth > maxDepth) {
    throw new M2atError('checkpoint', `models are nested more than ${maxDepth} deep`, { where });
  }
  if (!Object.hasOwn(allowedLayers, className)) {
    throw new M2atError('checkpoint', `the layer class ${JSON.stringify(className)} is not supported`, {
      where: `${where}.class_name`,
      hint: `Supported are ${Object.keys(allowedLayers).sort().join(', ')}.`,
    });
  }
  assertPythonic(layer, where);
  // An old Sequential is a bare list of layers.
  if (Array.isArray(config)) {
    const layers = config.map((inner, i) => checkLayer(inner, budget, `${where}.config[${i}]`, depth + 1));
    return { ...layer, config: name === undefined ? layers : { name, layers } };
  }
  if (!isObject(config)) throw new M2atError('checkpoint', 'no object', { where: `${where}.config` });
  assertPythonic(config, `${where}.config`);
  assertUnderstood(className, config, where);
  assertNearAxes(config.axes, `${where}.config.axes`);
  const checked: Record<string, unknown> = { ...(name === undefined ? {} : { name }), ...config };
  for (const initializer of allowedLayers[className] ?? []) {
    checked[initializer] = declaredZeros(budget);
  }
  if (Array.isArray(config.layers)) {
    const connected = className !== 'Sequential';
    if (connected) checkConnections(config.layers, `${where}.config.layers`);
    checked.layers = config.layers.map((inner: unknown, i) => {
      const called = connected && isObject(inner) ? inner.name : undefined;
      return checkLayer(inner, budget, `${where}.config.layers[${i}]`, depth + 1, called);
    });
  }
  return { ...layer, config: checked };
}

/** TF.js takes `inboundNodes` for `inbound_nodes`, and the last one of the two; only the latter was checked. */
function assertPythonic(object: Json, where: string): void {
  for (const key of Object.keys(object)) {
    if (!/[A-Z]|__|_$/.test(key)) continue;
    throw new M2atError('checkpoint', `the key ${JSON.stringify(key)} is not written as in a model.json`, {
      where,
      hint: 'Keys are words in lower case with _ between them, as in inbound_nodes: save the model again.',
    });
  }
}

/** TF.js adds the rank to a negative axis until it is none. */
function assertNearAxes(axes: unknown, where: string): void {
  for (const axis of [axes].flat()) {
    if (axis === undefined || axis === null || (typeof axis === 'number' && Math.abs(axis) <= maxRank))
      continue;
    throw new M2atError('checkpoint', `there is no axis ${JSON.stringify(axis)}`, { where });
  }
}

/** Settings of Keras that TF.js passes over, though they change what the layer computes. */
const ignored: Readonly<Record<string, readonly (readonly [name: string, harmless: unknown])[]>> = {
  Conv1D: [['groups', 1]],
  Conv2D: [['groups', 1]],
  Conv2DTranspose: [
    ['output_padding', undefined],
    ['dilation_rate', 1],
  ],
  DepthwiseConv2D: [['dilation_rate', 1]],
  LeakyReLU: [['negative_slope', undefined]],
  ReLU: [
    ['negative_slope', 0],
    ['threshold', 0],
  ],
  GlobalAveragePooling2D: [['keepdims', false]],
  GlobalMaxPooling2D: [['keepdims', false]],
};

/** TF.js takes other points than Keras when it enlarges linearly: corners of pixels, not their centres. */
function assertSampledAlike({ class_name: className, config }: Json, where: string, depth: number): void {
  if (depth > maxDepth || !isObject(config)) return;
  if (className === 'UpSampling2D' && config.interpolation === 'bilinear') {
    throw new M2atError(
      'unsupported',
      "TF.js's UpSampling2D takes other points than Keras's when it is bilinear",
      {
        where: `${where}: layer ${String(config.name)}`,
        hint: 'Convert the model to a TF.js graph model or to ONNX.',
      },
    );
  }
  if (!Array.isArray(config.layers)) return;
  for (const layer of config.layers) if (isObject(layer)) assertSampledAlike(layer, where, depth + 1);
}

function assertUnderstood(className: string, config: Json, where: string): void {
  for (const [name, harmless] of ignored[className] ?? []) {
    const value = config[name];
    if (value === undefined || value === null || [value].flat().every((one) => one === harmless)) continue;
    throw new M2atError('unsupported', `TF.js's ${className} has no ${name} of ${JSON.stringify(value)}`, {
      where: `${where}.config.${name}`,
      hint: 'Convert the model to a TF.js graph model or to ONNX.',
    });
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
