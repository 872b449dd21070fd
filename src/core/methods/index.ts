import { avmixup } from './avmixup/definition';
import type { MethodDefinition } from './define-method';
import { fgsmRs } from './fgsm-rs/definition';
import { m2at } from './m2at/definition';
import { mixup } from './mixup/definition';
import { pgdAt } from './pgd-at/definition';
import { standard } from './standard/definition';

/** Every training method, in the order in which people see them. */
export const methods: readonly MethodDefinition[] = [standard, mixup, fgsmRs, pgdAt, avmixup, m2at];
