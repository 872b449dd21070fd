import * as tf from '@tensorflow/tfjs';
import { inScope } from '../../engine/graph/scope';
import { M2atError } from '../../errors';
import { GraphLayer } from '../graph/graph-layer';
import { asInput, asOutput } from '../gradient-taps';
import { batchNormLayer, channelAffine, type BatchNormMode } from '../networks/batch-norm-layer';
import { convolutionLayer, foldedConvolution } from './convolution-layer';
import { foldedPlanOf, planOf, type Step } from './graph-plan';

export interface ForwardOptions extends BatchNormMode {
  /** `train`: statistics of the batch; `eval`: the moving averages. A frozen BatchNormalization is always eval. */
  readonly batchNorm: 'train' | 'eval';
  /** Move the moving averages towards the statistics of this batch; only with `train`. */
  readonly updateStatistics: boolean;
  /** With `eval` alone: a BatchNormalization is a part of the convolution before it. The same but for rounding, and faster. */
  readonly foldNorms?: boolean | undefined;
}

/**
 * Runs a layers model on a batch: the same values as `model.apply`, but with a choice of what BatchNormalization
 * does, and with BatchNormalization and ReLU as one op. Differentiable; reads no value, so it can be traced.
 * @param x [N, H, W, C], pixels in [0, 1]
 * @returns [N, classes], the model's (first) output: logits for the models of this project
 * @throws M2atError `unsupported` in train mode for a layer that draws random numbers, such as Dropout
 */
export function forward(model: tf.LayersModel, x: tf.Tensor, o: ForwardOptions): tf.Tensor {
  const [output] = runModel(model, [x], o);
  if (!output) throw new M2atError('checkpoint', 'the model has no output', { where: model.name });
  return output;
}

function runModel(model: tf.LayersModel, inputs: readonly tf.Tensor[], o: ForwardOptions): tf.Tensor[] {
  const plan = o.foldNorms && o.batchNorm === 'eval' ? foldedPlanOf(model) : planOf(model);
  if (plan.inputs.length !== inputs.length) {
    throw new M2atError('unsupported', `the model has ${plan.inputs.length} inputs, got ${inputs.length}`, {
      where: model.name,
    });
  }
  const values = new Map<number, tf.Tensor>();
  plan.inputs.forEach((id, index) => {
    const value = inputs[index];
    if (value) values.set(id, value);
  });
  const read = (id: number): tf.Tensor => {
    const value = values.get(id);
    if (!value)
      throw new M2atError('internal', `a value of the model ${model.name} was used before it was there`);
    return value;
  };
  for (const step of plan.steps) {
    const { layer } = step;
    // The layers of a network in the network are looked at one by one.
    const node = layer instanceof tf.LayersModel ? undefined : { name: layer.name, op: layer.getClassName() };
    const inputs = step.inputs.map((id) => (node ? asInput(node, read(id)) : read(id)));
    const results = inScope(layer.name, () => runLayer(step, inputs, o));
    step.outputs.forEach((id, index) => {
      const result = results[index];
      if (result) values.set(id, node ? asOutput(node, result) : result);
    });
  }
  return plan.outputs.map(read);
}

function runLayer({ layer, relu, padding, norm }: Step, inputs: tf.Tensor[], o: ForwardOptions): tf.Tensor[] {
  if (layer instanceof tf.LayersModel) return runModel(layer, inputs, o);
  const [x] = inputs;
  if (layer instanceof GraphLayer && x) return [layer.run(x, o)];
  if (norm && x) {
    const y = foldedConvolution(layer, x, padding, (shape) => channelAffine(norm, shape));
    return [relu ? tf.relu(y) : y];
  }
  if (layer.getClassName() === 'BatchNormalization' && x) return [batchNormLayer(layer, x, relu, o)];
  if (o.batchNorm === 'train') assertDeterministic(layer);
  const convolved = x && convolutionLayer(layer, x, padding);
  if (convolved) return [convolved];
  // Without `training`, layers run in inference mode: Dropout passes its input on.
  const output = layer.apply(x && inputs.length === 1 ? x : inputs);
  return (Array.isArray(output) ? output : [output]).map((value) => {
    if (value instanceof tf.Tensor) return value;
    throw new M2atError('internal', `the layer ${layer.name} returned no tensor`);
  });
}

const randomLayers = new Set([
  'Dropout',
  'SpatialDropout1D',
  'GaussianNoise',
  'GaussianDropout',
  'AlphaDropout',
]);

/** Programs hold no randomness, and what is inside a wrapper is out of reach: refuse, rather than train wrongly. */
function assertDeterministic(layer: tf.layers.Layer): void {
  const kind = layer.getClassName();
  const { rate, stddev } = layer.getConfig();
  if (randomLayers.has(kind) && (rate ?? stddev) !== 0) {
    throw new M2atError('unsupported', `training a model with a ${kind} layer`, {
      where: `layer ${layer.name}`,
      hint: 'Remove the layer, or set its rate to 0. Attacks work: there the layer passes its input on.',
    });
  }
  if ('layer' in layer && layer.layer instanceof tf.layers.Layer) {
    throw new M2atError('unsupported', `training a model with a ${kind} layer`, {
      where: `layer ${layer.name}`,
      hint: 'Apply the inner layer directly.',
    });
  }
}
