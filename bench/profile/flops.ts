import type { NodeRun } from './read-profile';

const product = (shape: readonly number[] = []): number => shape.reduce((a, b) => a * b, 1);

/** Floating-point operations of a convolution or matrix product as executed, padding channels included; else 0. */
export function flopsOf({ op, inputs, outputs }: NodeRun): number {
  const [a = [], b = []] = inputs;
  switch (op) {
    case 'Conv':
    case 'FusedConv':
      return 2 * product(outputs[0]) * product(b.slice(1));
    case 'ConvTranspose':
      return 2 * product(a) * product(b.slice(1));
    case 'MatMul':
    case 'FusedMatMul':
      return 2 * product(outputs[0]) * (a.at(-1) ?? 0);
    case 'Gemm':
    case 'FusedGemm':
      // (M K) (K N) / (M N) is K squared, whichever side is transposed.
      return 2 * product(outputs[0]) * Math.sqrt((product(a) * product(b)) / product(outputs[0]));
    default:
      return 0;
  }
}
