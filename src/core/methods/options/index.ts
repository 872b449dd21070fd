import type { OptionDefinition } from '../define-option';
import { awp } from './awp/definition';
import { cutmix } from './cutmix/definition';
import { cutout } from './cutout/definition';
import { ema } from './ema/definition';
import { epsilonWarmup } from './epsilon-warmup/definition';
import { gradientClip } from './gradient-clip/definition';
import { labelSmoothing } from './label-smoothing/definition';
import { mixup } from './mixup/definition';

/** Every option, in the order in which they are laid around a method: the last one outermost. */
export const options: readonly OptionDefinition[] = [
  labelSmoothing,
  mixup,
  cutmix,
  cutout,
  epsilonWarmup,
  gradientClip,
  awp,
  ema,
];
