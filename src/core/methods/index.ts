import type { MethodDefinition } from './define-method';
import { m2atParameters, pgdAtParameters, standardParameters } from './method-schema';

/** Every training method, in the order in which people see them. */
export const methods: readonly MethodDefinition[] = [
  { name: 'standard', parameters: standardParameters },
  { name: 'pgd-at', parameters: pgdAtParameters },
  { name: 'm2at', parameters: m2atParameters },
];
