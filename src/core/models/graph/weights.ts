import * as tf from '@tensorflow/tfjs';
import { onCpu } from '../../engine/tracing/host-storage';
import { M2atError } from '../../errors';
import type { HostArray, Graph, GraphNode } from './graph';
import { groupsOf, stored, weightForm, type WeightForm } from './weight-forms';

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
    const variable = onCpu(() => tf.tidy(() => tf.variable(stored(weight, { form, groups }), false)));
    forms.set(form, variable);
  }
}

function assertNumbers({ data }: HostArray, finite: boolean, where: string): void {
  const index = data.findIndex((value) => (finite ? !Number.isFinite(value) : Number.isNaN(value)));
  if (index < 0) return;
  throw new M2atError('checkpoint', `holds ${data[index] ?? NaN} at ${index}`, {
    where,
    hint: 'The training that wrote it diverged. Use an earlier checkpoint.',
  });
}
