import * as tf from '@tensorflow/tfjs';
import { onCpu } from '../../engine/tracing/host-storage';
import { M2atError } from '../../errors';
import type { HostArray, Graph, GraphNode } from './graph';

/**
 * How a weight is stored: as in the file, or as TF.js wants the filter of a convolution, [height, width, in, out],
 * and of a convolution channel by channel, [height, width, channel, multiplier].
 */
export type WeightForm = 'plain' | 'filter' | 'depthwise';

/** The form in which a node reads an input that is a weight. */
export function weightForm(node: GraphNode, index: number, shape: readonly number[]): WeightForm {
  if (node.op !== 'Conv' || node.domain !== '' || index !== 1 || shape.length !== 4) return 'plain';
  const group = node.attributes.get('group');
  return typeof group === 'number' && group > 1 && shape[1] === 1 ? 'depthwise' : 'filter';
}

/** A tensor from ONNX's order into another form. Depthwise: every group has one input channel. */
export function inForm(tensor: tf.Tensor, form: WeightForm, groups: number): tf.Tensor {
  if (form === 'plain') return tensor;
  if (form === 'filter') return tf.transpose(tensor, [2, 3, 1, 0]);
  const [outputs = 1, , height = 1, width = 1] = tensor.shape;
  return tf.transpose(tf.reshape(tensor, [groups, outputs / groups, height, width]), [2, 3, 0, 1]);
}

export function groupsOf({ attributes }: GraphNode): number {
  const group = attributes.get('group');
  return typeof group === 'number' ? group : 1;
}

/** Ops whose weights make everything NaN when one of them is infinite. */
const linear = new Set(['Conv', 'Gemm', 'MatMul', 'BatchNormalization']);

/** The floating-point constants of a graph as variables of TF.js, in every form that its nodes read. */
export class Weights {
  private readonly stored = new Map<HostArray, Map<WeightForm, tf.Variable>>();

  /** @throws M2atError `checkpoint` for weights that are not finite, or of a shape that their convolution can't have */
  constructor({ nodes, constants, output, modelFile }: Graph) {
    try {
      for (const node of nodes) {
        node.inputs.forEach((name, index) => {
          const weight = constants.get(name);
          if (weight?.dtype !== 'float' || weight.data.length < 2) return;
          assertNumbers(weight, linear.has(node.op), `${modelFile}: weight ${name}`);
          this.store(weight, node, index, `${modelFile}: node ${node.name}`);
        });
      }
      if (constants.has(output))
        throw new M2atError('checkpoint', 'its output is a constant', { where: modelFile });
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  get variables(): tf.Variable[] {
    return [...this.stored.values()].flatMap((forms) => [...forms.values()]);
  }

  get(array: HostArray, form: WeightForm): tf.Variable | undefined {
    return this.stored.get(array)?.get(form);
  }

  dispose(): void {
    tf.dispose(this.variables);
    this.stored.clear();
  }

  private store(weight: HostArray, node: GraphNode, index: number, where: string): void {
    const form = weightForm(node, index, weight.shape);
    const forms = this.stored.get(weight) ?? new Map<WeightForm, tf.Variable>();
    this.stored.set(weight, forms);
    if (forms.has(form)) return;
    const groups = groupsOf(node);
    if (form === 'depthwise' && (weight.shape[0] ?? 0) % groups !== 0) {
      throw new M2atError('checkpoint', `${weight.shape[0] ?? 0} filters in ${groups} groups`, { where });
    }
    const variable = onCpu(() => tf.tidy(() => tf.variable(stored(weight, form, groups), false)));
    forms.set(form, variable);
  }
}

function stored(weight: HostArray, form: WeightForm, groups: number): tf.Tensor {
  const { data, shape } = weight;
  if (form !== 'filter') return inForm(tf.tensor(data, [...shape], 'float32'), form, groups);
  // TF.js's own transposition takes seconds for the filters of a ResNet-50.
  const [outputs = 1, inputs = 1, height = 1, width = 1] = shape;
  const taps = height * width;
  const moved = new Float32Array(data.length);
  for (let output = 0; output < outputs; output++) {
    for (let input = 0; input < inputs; input++) {
      const from = (output * inputs + input) * taps;
      for (let tap = 0; tap < taps; tap++) {
        moved[(tap * inputs + input) * outputs + output] = data[from + tap] ?? 0;
      }
    }
  }
  return tf.tensor(moved, [height, width, inputs, outputs], 'float32');
}

function assertNumbers({ data }: HostArray, finite: boolean, where: string): void {
  const index = data.findIndex((value) => (finite ? !Number.isFinite(value) : Number.isNaN(value)));
  if (index < 0) return;
  throw new M2atError('checkpoint', `holds ${data[index] ?? NaN} at ${index}`, {
    where,
    hint: 'The training that wrote it diverged. Use an earlier checkpoint.',
  });
}
