import * as tf from '@tensorflow/tfjs';
import { M2atError } from '../../errors';
import { programPlace } from '../graph/program-place';
import { saved } from './gradient';

/**
 * The gradient of an Einsum, which TF.js lacks: that of one operand is an Einsum of dy and the other one. A label
 * that only this operand has was summed over, so its gradient is the same along it.
 */
export function registerEinsumGradient(): void {
  tf.registerGradient({
    kernelName: 'Einsum',
    saveAllInputs: true,
    gradFunc: (dy, operands, { equation }) => {
      const [left = '', output = ''] = text(equation).replace(/\s/g, '').split('->');
      const terms = left.split(',');
      const whole = Array.isArray(dy) ? saved(dy, 0) : dy;
      return Object.fromEntries(
        terms.map((_, i) => [String(i), () => operandGradient(whole, output, operands, terms, i)]),
      );
    },
  });
}

function operandGradient(
  dy: tf.Tensor,
  output: string,
  operands: readonly tf.Tensor[],
  terms: readonly string[],
  index: number,
): tf.Tensor {
  const term = terms[index] ?? '';
  const labels = Array.from(term);
  if (new Set(labels).size < labels.length)
    throw new M2atError(
      'unsupported',
      `An einsum that takes a diagonal (${term}) has no gradient.`,
      programPlace(),
    );
  const others = terms.filter((_, i) => i !== index);
  const known = labels.filter((label) => output.includes(label) || others.join('').includes(label));
  const partial = tf.einsum(
    `${[output, ...others].join(',')}->${known.join('')}`,
    dy,
    ...operands.filter((_, i) => i !== index),
  );
  const { shape } = saved(operands, index);
  const lazy = shape.map((size, i) => (known.includes(labels[i] ?? '') ? size : 1));
  return tf.broadcastTo(tf.reshape(partial, lazy), shape);
}

function text(attribute: tf.Attribute | undefined): string {
  if (typeof attribute === 'string') return attribute;
  throw new TypeError('The equation of an einsum is text.');
}
