import type { AttackEntry } from './base/define-attack';
import { boundary } from './decisions/boundary-definition';
import { hopSkipJump } from './decisions/hop-skip-jump-definition';
import { autoAttack } from './ensembles/autoattack';
import { apgdCe, apgdDlr, apgdTargeted } from './gradient/apgd-definition';
import { fgsm } from './gradient/fgsm-definition';
import { pgd } from './gradient/pgd-definition';
import { bim, fgsmRs, miFgsm } from './gradient/pgd-variants-definition';
import { cw } from './minimal-norm/cw-definition';
import { deepFool } from './minimal-norm/deepfool-definition';
import { ead } from './minimal-norm/ead-definition';
import { fab, fabTargeted } from './minimal-norm/fab-definition';
import { jsma } from './minimal-norm/jsma-definition';
import { nes } from './scores/nes-definition';
import { simba } from './scores/simba-definition';
import { spatial } from './scores/spatial-definition';
import { spsa } from './scores/spsa-definition';
import { square } from './scores/square-definition';

export type { AttackEntry } from './base/define-attack';

/** Every attack, in the order in which people see them. */
export const attacks: readonly AttackEntry[] = [
  fgsm,
  fgsmRs,
  bim,
  miFgsm,
  pgd,
  apgdCe,
  apgdDlr,
  apgdTargeted,
  deepFool,
  fab,
  fabTargeted,
  cw,
  ead,
  jsma,
  square,
  simba,
  nes,
  spsa,
  hopSkipJump,
  boundary,
  spatial,
  autoAttack,
];
