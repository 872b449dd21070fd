import type { OptionDefinition } from '../define-option';

/** Every option, in the order in which they are laid around a method: the last one outermost. */
export const options: readonly OptionDefinition[] = [];
