import * as tf from '@tensorflow/tfjs';
import type { Graph, GraphNode, HostArray } from './graph';

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

/** A form, and the groups of the convolution that reads it. */
export interface StoredForm {
  readonly form: WeightForm;
  readonly groups: number;
}

/** The shape of a tensor in a form. @param shape in ONNX's order */
export function storedShape(shape: readonly number[], { form, groups }: StoredForm): number[] {
  const [outputs = 1, inputs = 1, height = 1, width = 1] = shape;
  if (form === 'plain') return [...shape];
  return form === 'filter' ? [height, width, inputs, outputs] : [height, width, groups, outputs / groups];
}

/** A tensor from a form into ONNX's order. */
export function fromForm(tensor: tf.Tensor, shape: readonly number[], { form }: StoredForm): tf.Tensor {
  if (form === 'plain') return tensor;
  if (form === 'filter') return tf.transpose(tensor, [3, 2, 0, 1]);
  return tf.reshape(tf.transpose(tensor, [2, 3, 0, 1]), [...shape]);
}

/** A weight of the file in a form. */
export function stored(weight: Pick<HostArray, 'data' | 'shape'>, { form, groups }: StoredForm): tf.Tensor {
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

/** The numbers of a tensor in a form, in ONNX's order. */
export function fileOrder(
  values: Float32Array,
  shape: readonly number[],
  { form }: Pick<StoredForm, 'form'>,
): Float32Array {
  if (form === 'plain') return values;
  // Depthwise: outputs are the channels' multiples one after the other, and so is the order in which they are stored.
  const [outputs = 1, inputs = 1, height = 1, width = 1] = shape;
  const taps = height * width;
  const moved = new Float32Array(values.length);
  for (let tap = 0; tap < taps; tap++) {
    for (let input = 0; input < inputs; input++) {
      const from = (tap * inputs + input) * outputs;
      for (let output = 0; output < outputs; output++) {
        moved[(output * inputs + input) * taps + tap] = values[from + output] ?? 0;
      }
    }
  }
  return moved;
}

/** The form that all readers of a weight want: as in the file, where they differ. */
export function storedFormOf(
  { nodes }: Pick<Graph, 'nodes'>,
  name: string,
  shape: readonly number[],
): StoredForm {
  const wanted = nodes.flatMap((node) =>
    node.inputs.flatMap((input, index) =>
      input === name ? [{ form: weightForm(node, index, shape), groups: groupsOf(node) }] : [],
    ),
  );
  const [first = { form: 'plain', groups: 1 }] = wanted;
  const agree = wanted.every(({ form, groups }) => form === first.form && groups === first.groups);
  return agree ? first : { form: 'plain', groups: 1 };
}
