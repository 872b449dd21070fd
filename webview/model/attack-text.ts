import type { AttackReport } from '../../src/core/runs/run-files';
import * as format from './format';

type Attack = AttackReport['attacks'][number];

/** The parameters of an attack as short text: `linf, eps 8/255, step 2/255, 20 steps, random start`. */
export function attackText(parameters: Attack['parameters']): string {
  const parts: string[] = [];
  switch (parameters.name) {
    case 'fgsm':
      parts.push('linf', `eps ${format.budget(parameters.epsilon)}`);
      break;
    case 'pgd':
      parts.push(parameters.norm);
      if (parameters.epsilon !== undefined) parts.push(`eps ${format.budget(parameters.epsilon)}`);
      if (parameters.stepSize !== undefined) parts.push(`step ${format.budget(parameters.stepSize)}`);
      parts.push(format.counted(parameters.steps, 'step'));
      if (parameters.restarts > 1) parts.push(format.counted(parameters.restarts, 'restart'));
      parts.push(parameters.randomStart ? 'random start' : 'no random start');
      break;
  }
  if ('targeted' in parameters && parameters.targeted) parts.push('targeted');
  return parts.join(', ');
}
