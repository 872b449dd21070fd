import { Command, InvalidArgumentError, Option } from 'commander';
import path from 'node:path';
import { attackParameters, type AttackParameters } from '../../core/attacks/attack-schema';
import { describeIssue } from '../../core/experiment/describe-issue';
import { M2atError } from '../../core/errors';
import { attackRun } from '../../core/runs/attack-run';
import type { RunEvent } from '../../core/runs/run-event';
import type { AttackReport } from '../../core/runs/run-files';
import { runDirectory } from '../../core/runs/run-store';
import { interruptible } from '../interrupt';
import { RunView } from '../run-view';
import { clock, percent, table } from '../table';
import {
  deviceOption,
  jsonOption,
  printJson,
  rootOption,
  threadsOption,
  wholeNumber,
  type ComputeFlags,
} from './common';

const ATTACKS = ['fgsm', 'pgd'];

interface AttackFlags extends ComputeFlags {
  readonly attack: string[];
  readonly norm?: string;
  readonly eps?: string;
  readonly stepSize?: string;
  readonly steps?: number;
  readonly restarts?: number;
  readonly targeted?: true;
  readonly n: number;
  readonly seed: number;
  readonly root: string;
  readonly failUnder?: number;
  readonly json?: true;
}

export function attackCommand(): Command {
  return new Command('attack')
    .description('Attack a checkpoint: clean accuracy, robust accuracy under each attack, worst case.')
    .argument('<checkpoint>', "a TF.js model.json, a folder that holds one, or a run's checkpoint folder")
    .addOption(
      new Option('--attack <names>', 'attacks, with commas between them: fgsm, pgd')
        .argParser(attackNames)
        .default(ATTACKS),
    )
    .addOption(new Option('--norm <norm>', 'norm of pgd').choices(['linf', 'l2']))
    .option('--eps <number>', 'perturbation budget, such as 8/255')
    .option('--step-size <number>', 'step of pgd, such as 2/255')
    .addOption(new Option('--steps <count>', 'steps of pgd').argParser(wholeNumber(1)))
    .addOption(new Option('--restarts <count>', 'random restarts of pgd').argParser(wholeNumber(1)))
    .option('--targeted', 'push towards the next class instead of away from the label')
    .addOption(new Option('-n, --n <count>', 'test images').argParser(wholeNumber(1)).default(500))
    .addOption(
      new Option('--seed <number>', 'seed of the random starts').argParser(wholeNumber(0)).default(0),
    )
    .addOption(deviceOption())
    .addOption(threadsOption())
    .addOption(rootOption())
    .addOption(
      new Option('--fail-under <share>', 'exit code 3 when robust accuracy is below').argParser(share),
    )
    .addOption(jsonOption())
    .addHelpText('after', '\nWith --json the report is printed as one JSON object.')
    .action(attack);
}

async function attack(checkpoint: string, flags: AttackFlags): Promise<void> {
  const view = new RunView();
  const signal = interruptible((text) => {
    view.print(text);
  });
  const onEvent = (run: string, event: RunEvent): void => {
    if (!flags.json) view.onEvent(run, event);
  };
  try {
    const { record, report } = await attackRun({
      checkpoint,
      attacks: flags.attack.map((name) => parametersOf(name, flags)),
      count: flags.n,
      seed: flags.seed,
      device: flags.device ?? 'auto',
      threads: flags.threads ?? 0,
      root: flags.root,
      signal,
      onEvent,
    });
    view.end();
    if (flags.json) printJson(report);
    else
      process.stdout.write(
        `${summary(report)}\nReport: ${path.relative('.', runDirectory(flags.root, record.id))}\n`,
      );
    if (signal.aborted) process.exitCode = 130;
    else if (flags.failUnder !== undefined && report.robustAccuracy < flags.failUnder) process.exitCode = 3;
  } finally {
    view.end();
  }
}

function parametersOf(name: string, flags: AttackFlags): AttackParameters {
  const { norm, eps, stepSize, steps, restarts, targeted } = flags;
  const common = { name, ...(eps !== undefined && { epsilon: eps }), ...(targeted && { targeted }) };
  const given =
    name === 'pgd'
      ? {
          ...common,
          ...(norm && { norm }),
          ...(stepSize !== undefined && { stepSize }),
          ...(steps !== undefined && { steps }),
          ...(restarts !== undefined && { restarts }),
        }
      : common;
  const parsed = attackParameters.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap((issue) => describeIssue(issue, given));
  throw new M2atError(
    'bad-input',
    problems.map((problem) => `${problem.path.join('.')} ${problem.message}`).join('; '),
    {
      where: `attack ${name}`,
      hint: 'See m2at attack --help.',
    },
  );
}

function summary(report: AttackReport): string {
  const rows = [
    ['clean', percent(report.cleanAccuracy), ''],
    ...report.attacks.map(({ title, robustAccuracy, seconds }) => [
      title,
      percent(robustAccuracy),
      clock(seconds),
    ]),
    ...(report.attacks.length > 1 ? [['worst case', percent(report.robustAccuracy), '']] : []),
  ];
  const warnings = report.warnings.map((warning) => `warning: ${warning}\n`).join('');
  return `\n${report.checkpoint}: ${report.count} test images of ${report.dataset}\n\n${table(['', 'accuracy', 'time'], rows)}\n${warnings}`;
}

function attackNames(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !ATTACKS.includes(name));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`"${unknown}" is none of: ${ATTACKS.join(', ')}.`);
  return names;
}

function share(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError('It must be a number from 0 to 1.');
  return value;
}
