import type { OptionDefinition } from '../define-option';
import { epsilonWarmup } from './epsilon-warmup/definition';
import { gradientClip } from './gradient-clip/definition';

/** Every option, in the order in which they are laid around a method: the last one outermost. */
export const options: readonly OptionDefinition[] = [epsilonWarmup, gradientClip];
