import type * as tf from '@tensorflow/tfjs';
import { takesNorm, takesPadding, zeroPaddingOf, type ZeroPadding } from './convolution-layer';

/** One call of a layer. Values are named by the ids of TF.js's symbolic tensors. */
export interface Step {
  readonly layer: tf.layers.Layer;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** A BatchNormalization that also does the ReLU after it, which has no step of its own then. */
  readonly relu: boolean;
  /** A Conv2D that also does the ZeroPadding2D before it, which has no step of its own then. */
  readonly padding?: ZeroPadding | undefined;
  /** Of a Conv2D that also does the BatchNormalization after it, and with `relu` the ReLU after that: that layer. */
  readonly norm?: tf.layers.Layer | undefined;
}

export interface Plan {
  readonly inputs: readonly number[];
  readonly steps: readonly Step[];
  readonly outputs: readonly number[];
}

const plans = new WeakMap<tf.LayersModel, Plan>();
const foldedPlans = new WeakMap<tf.LayersModel, Plan>();

/** The calls of a model's layers in an order in which each input is there before it is used. */
export function planOf(model: tf.LayersModel): Plan {
  const known = plans.get(model);
  if (known) return known;
  const inputs = model.inputs.map(({ id }) => id);
  const outputs = model.outputs.map(({ id }) => id);
  const plan = { inputs, outputs, steps: fusePadding(fuseRelu(order(model), outputs), outputs) };
  plans.set(model, plan);
  return plan;
}

/** The same with each BatchNormalization joined with the convolution before it, where nothing else reads that one's result. */
export function foldedPlanOf(model: tf.LayersModel): Plan {
  const known = foldedPlans.get(model);
  if (known) return known;
  const { steps, ...ends } = planOf(model);
  const plan = { ...ends, steps: foldNorms(steps, ends.outputs) };
  foldedPlans.set(model, plan);
  return plan;
}

/** Depth first from the outputs. */
function order(model: tf.LayersModel): Step[] {
  const done = new Set(model.inputs.map(({ id }) => id));
  const steps: Step[] = [];
  const visit = (tensor: tf.SymbolicTensor): void => {
    if (done.has(tensor.id)) return;
    tensor.inputs.forEach(visit);
    const call = tensor.sourceLayer.inboundNodes[tensor.nodeIndex];
    const outputs = call ? call.outputTensors : [tensor];
    for (const { id } of outputs) done.add(id);
    steps.push({
      layer: tensor.sourceLayer,
      inputs: tensor.inputs.map(({ id }) => id),
      outputs: outputs.map(({ id }) => id),
      relu: false,
    });
  };
  model.outputs.forEach(visit);
  return steps;
}

/** Joins each BatchNormalization with a ReLU that is the only reader of its result. */
function fuseRelu(steps: readonly Step[], outputs: readonly number[]): Step[] {
  const readers = readersOf(steps);
  const fused = new Set<Step>();
  return steps.flatMap((step) => {
    if (fused.has(step)) return [];
    const [result = -1] = step.outputs;
    const [reader, ...others] = readers.get(result) ?? [];
    const alone = reader !== undefined && others.length === 0 && !outputs.includes(result);
    if (step.layer.getClassName() !== 'BatchNormalization' || !alone || !isRelu(reader.layer)) return [step];
    fused.add(reader);
    return [{ ...step, outputs: reader.outputs, relu: true }];
  });
}

/** Joins each ZeroPadding2D with the convolutions after it, where nothing else reads its result. */
function fusePadding(steps: readonly Step[], outputs: readonly number[]): Step[] {
  const readers = readersOf(steps);
  const joined = new Map<number, { readonly from: readonly number[]; readonly padding: ZeroPadding }>();
  for (const { layer, inputs, outputs: results } of steps) {
    const padding = zeroPaddingOf(layer);
    const [result = -1] = results;
    const after = readers.get(result) ?? [];
    if (!padding || outputs.includes(result) || !after.every((step) => takesPadding(step.layer))) continue;
    joined.set(result, { from: inputs, padding });
  }
  return steps.flatMap((step) => {
    if (step.outputs.some((id) => joined.has(id))) return [];
    const [first = -1] = step.inputs;
    const before = joined.get(first);
    return [before ? { ...step, inputs: before.from, padding: before.padding } : step];
  });
}

function foldNorms(steps: readonly Step[], outputs: readonly number[]): Step[] {
  const readers = readersOf(steps);
  const folded = new Set<Step>();
  return steps.flatMap((step) => {
    if (folded.has(step)) return [];
    const [result = -1] = step.outputs;
    const [reader, ...others] = readers.get(result) ?? [];
    const alone = reader !== undefined && others.length === 0 && !outputs.includes(result);
    if (!alone || reader.layer.getClassName() !== 'BatchNormalization' || !takesNorm(step.layer))
      return [step];
    folded.add(reader);
    return [{ ...step, outputs: reader.outputs, norm: reader.layer, relu: reader.relu }];
  });
}

/** The steps that read each value. */
function readersOf(steps: readonly Step[]): Map<number, Step[]> {
  const readers = new Map<number, Step[]>();
  for (const step of steps) {
    for (const id of step.inputs) readers.set(id, [...(readers.get(id) ?? []), step]);
  }
  return readers;
}

function isRelu(layer: tf.layers.Layer): boolean {
  const kind = layer.getClassName();
  const config = layer.getConfig();
  if (kind === 'ReLU') return config.maxValue === undefined || config.maxValue === null;
  return kind === 'Activation' && config.activation === 'relu';
}
