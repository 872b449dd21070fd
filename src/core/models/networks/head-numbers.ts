import { Random } from '../../random';

/**
 * Gives the weights of a new last layer, then its biases: uniform in ±1 / sqrt(inputs), as PyTorch's Linear.
 * @returns the next number
 */
export function headNumbers(inputs: number, seed: number): () => number {
  const bound = 1 / Math.sqrt(inputs);
  const random = Random.keyed(seed, 'head');
  return () => bound * (2 * random.uniform() - 1);
}
