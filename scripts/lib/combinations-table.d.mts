import type { MethodDefinition } from '../../src/core/methods/define-method';
import type { OptionDefinition } from '../../src/core/methods/define-option';
import type { Refusal } from '../../src/core/methods/refusal-conditions';
import type { Registry } from '../../src/core/registry/registry';

export function combinationsTable(
  lists: Pick<Registry, 'methods' | 'options'>,
  refusals: {
    readonly ofMethod: (method: MethodDefinition) => readonly Refusal[];
    readonly ofOption: (option: OptionDefinition) => readonly Refusal[];
  },
  settings?: readonly string[],
): string;
export function withCombinations(page: string, table: string): string;
export function combinationsOf(page: string): string;
