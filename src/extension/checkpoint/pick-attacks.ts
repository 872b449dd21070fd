import * as vscode from 'vscode';
import { pgdParameters } from '../../core/attacks/attack-schema';
import type { AttackRequest } from '../../protocol/worker-protocol';

type Attack = AttackRequest['attacks'][number];

interface AttackItem extends vscode.QuickPickItem {
  /** Absent: the user is asked. */
  readonly attack?: Attack;
}

const MOST_IMAGES = 10_000;

/** Lets the user choose one or more attacks; undefined when the choice was dismissed. */
export async function pickAttacks(): Promise<Attack[] | undefined> {
  const items: AttackItem[] = [
    {
      label: 'FGSM',
      description: 'L-inf 8/255',
      detail: 'One gradient step: quick, weak',
      attack: { name: 'fgsm', epsilon: '8/255' },
      picked: true,
    },
    {
      label: 'PGD-20',
      description: 'L-inf 8/255',
      detail: '20 steps of 2/255 from a random start: the usual measure',
      attack: { name: 'pgd', norm: 'linf', epsilon: '8/255', stepSize: '2/255', steps: 20 },
      picked: true,
    },
    {
      label: 'PGD-20',
      description: 'L2 0.5',
      detail: '20 steps within a Euclidean ball',
      attack: { name: 'pgd', norm: 'l2', epsilon: 0.5, steps: 20 },
    },
    { label: 'PGD with another budget…', detail: 'Norm, epsilon and steps of your choice' },
  ];
  const picked = await vscode.window.showQuickPick(items, {
    canPickMany: true,
    placeHolder: 'Attacks; the robust accuracy is the worst case over them',
    matchOnDescription: true,
  });
  if (!picked || picked.length === 0) return undefined;
  const attacks = picked.flatMap(({ attack }) => attack ?? []);
  if (attacks.length === picked.length) return attacks;
  const custom = await askPgd();
  return custom && [...attacks, custom];
}

async function askPgd(): Promise<Attack | undefined> {
  const norms = [
    {
      label: 'L-inf',
      description: 'each pixel changes by at most epsilon',
      norm: 'linf' as const,
      example: '8/255',
    },
    {
      label: 'L2',
      description: 'the Euclidean norm of the change is at most epsilon',
      norm: 'l2' as const,
      example: '0.5',
    },
  ];
  const norm = await vscode.window.showQuickPick(norms, { placeHolder: 'Norm of the perturbation' });
  if (!norm) return undefined;
  const epsilon = await vscode.window.showInputBox({
    prompt: 'Epsilon, for pixels in [0, 1]: a number or a fraction such as 8/255',
    value: norm.example,
    validateInput: (text) => {
      const parsed = pgdParameters.safeParse({ name: 'pgd', norm: norm.norm, epsilon: text });
      if (parsed.success && parsed.data.epsilon !== 0) return undefined;
      return parsed.error?.issues[0]?.message ?? 'must be above 0';
    },
  });
  if (epsilon === undefined) return undefined;
  const steps = await askWhole('Steps', '20', 1000);
  return steps === undefined ? undefined : { name: 'pgd', norm: norm.norm, epsilon, steps };
}

/** Lets the user choose how many test images to attack. */
export async function pickCount(): Promise<number | undefined> {
  const items = [
    { label: '100', description: 'quick look', count: 100 },
    { label: '500', description: 'within about 2 % of the whole test set', count: 500 },
    { label: '1000', description: '', count: 1000 },
    { label: '10000', description: 'the whole CIFAR-10 test set', count: MOST_IMAGES },
    { label: 'Another number…', description: '', count: undefined },
  ];
  const picked = await vscode.window.showQuickPick(items, { placeHolder: 'Test images to attack' });
  if (!picked) return undefined;
  return picked.count ?? askWhole('Test images to attack', '200', MOST_IMAGES);
}

async function askWhole(prompt: string, value: string, most: number): Promise<number | undefined> {
  const text = await vscode.window.showInputBox({
    prompt,
    value,
    validateInput: (input) =>
      /^\d+$/.test(input) && Number(input) >= 1 && Number(input) <= most
        ? undefined
        : `Enter a whole number from 1 to ${most}.`,
  });
  return text === undefined ? undefined : Number(text);
}
