import type { MethodDefinition } from './define-method';
import { avmixup } from './avmixup/definition';
import { fgsmRs } from './fgsm-rs/definition';
import { free } from './free/definition';
import { hat } from './hat/definition';
import { iat } from './iat/definition';
import { m2at } from './m2at/definition';
import { mart } from './mart/definition';
import { mixup } from './mixup/definition';
import { nFgsm } from './n-fgsm/definition';
import { pgdAt } from './pgd-at/definition';
import { score } from './score/definition';
import { standard } from './standard/definition';
import { trades } from './trades/definition';

/** Every training method, in the order in which people see them. */
export const methods: readonly MethodDefinition[] = [
  standard,
  mixup,
  fgsmRs,
  nFgsm,
  free,
  pgdAt,
  trades,
  mart,
  hat,
  score,
  avmixup,
  iat,
  m2at,
];
