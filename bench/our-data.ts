import { memoryImages, type MemoryImages } from '../src/core/data/memory-images';
import { Random } from '../src/core/random';

export const CLASSES = 10;
export const SIDE = 32;

/** Those of CIFAR-10; `torch_peer.py` has the same. */
export const NORMALIZATION = { mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] };

/** Images of the size of CIFAR-10's with random pixels and labels: times don't depend on what is in an image. */
export function randomImages(count: number): MemoryImages {
  const random = Random.keyed(0, 'bench');
  const images = Uint8Array.from({ length: count * SIDE * SIDE * 3 }, () => random.int(256));
  const labels = Int32Array.from({ length: count }, () => random.int(CLASSES));
  return memoryImages({ split: 'train', images, labels, count, height: SIDE, width: SIDE, channels: 3 });
}
