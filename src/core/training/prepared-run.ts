import type { CorruptedImages } from '../corruptions/corrupted-source';
import type { CorruptionParameters } from '../corruptions/corruption-parameters';
import type { Device, NodeFallback } from '../engine/devices/device';
import type { FullExperiment } from '../experiment/resolve-experiment';
import type { planTraining } from '../experiment/training-plan';
import type { CheckpointMetadata } from '../runs/checkpoint-store';
import type { Trainer } from './trainer';
import type { TrainingData } from './training-data';
import type { assertTrainingFits } from './training-memory';

/** Everything a training loop needs, loaded. */
export interface PreparedRun {
  readonly device: Device;
  /** Nodes that fell back on the device before, for other runs of its group. */
  readonly earlierFallbacks: ReadonlySet<NodeFallback>;
  /** With what the images decided: which of them are held out. */
  readonly experiment: FullExperiment;
  readonly dataset: TrainingData;
  readonly trainer: Trainer;
  readonly plan: ReturnType<typeof planTraining>;
  /** What the final evaluation measures under corruptions. */
  readonly corrupted:
    | {
        readonly parameters: CorruptionParameters;
        readonly images: CorruptedImages;
        readonly indices: readonly number[];
        readonly seed: number;
      }
    | undefined;
  /** Whether the method's inner attack is a single step. */
  readonly singleStep: boolean;
  /** What is said of the memory that it needs. */
  readonly memory: Awaited<ReturnType<typeof assertTrainingFits>>;
  /** Why batches are made on this thread, when no other could be started. */
  readonly noBatchThread: string | undefined;
  /** The checkpoint that the run goes on from. */
  readonly from: CheckpointMetadata | undefined;
  /** It is the one in `checkpoints/last`. */
  readonly fromLatest: boolean;
  /** What is wrong with others that would have come first. */
  readonly warnings: readonly string[];
  /** Why nobody knows whether the checkpoint is as it was saved. */
  readonly unverified: string | undefined;
  /** What the network began with, where it was a file. */
  readonly begins: string | undefined;
  dispose(): Promise<void>;
}
