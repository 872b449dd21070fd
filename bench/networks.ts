import type { ModelParameters } from '../src/core/models/networks/model-schema';

export interface BenchNetwork {
  /** For `--networks`. */
  readonly id: string;
  readonly title: string;
  readonly batch: number;
  /** Counted runs of each task, unless asked otherwise. */
  readonly repetitions: number;
  readonly model: ModelParameters;
}

/** PyTorch's conventions, for both sides: the same work, and the same numbers. */
export const pytorch = { padding: 'pytorch', variance: 'unbiased' } as const;

/** The networks of the benchmarks, on 32 x 32 images with ten classes. */
export const networks: readonly BenchNetwork[] = [
  {
    id: 'small-cnn',
    title: 'small CNN 16-32-48-96',
    batch: 128,
    repetitions: 7,
    model: { name: 'small-cnn', widths: [16, 32, 48, 96], hidden: 64, ...pytorch },
  },
  {
    id: 'preact-resnet',
    title: 'PreAct-ResNet-18 shape, width 16',
    batch: 64,
    repetitions: 7,
    model: { name: 'preact-resnet', blocks: [2, 2, 2, 2], width: 16, ...pytorch },
  },
  {
    id: 'wide-resnet',
    title: 'WRN-28-4',
    batch: 32,
    repetitions: 5,
    model: { name: 'wide-resnet', depth: 28, width: 4, ...pytorch },
  },
];
