import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { CommanderError, type Command } from 'commander';
import { builtIn } from '../../../src/core/registry/registry';
import { createProgram } from '../../../src/cli/program';
import { M2atError } from '../../../src/core/errors';
import { Random } from '../../../src/core/random';
import { contentOf, oneFile, type FuzzTarget } from '../fuzz-target';
import { pick } from '../mutate/mutate-bytes';

const NAME = 'arguments.json';
/** No such model: the flags were taken when only it is missing. */
const NOWHERE = 'nowhere.onnx';

/** Commands whose flags are tried; those that open devices or download are only parsed. */
const commands = ['train', 'attack', 'evaluate', 'runs', 'report', 'devices', 'data'];

const texts: readonly string[] = [
  ...[
    '',
    ' ',
    '0',
    '1',
    '-1',
    '1.5',
    '1e999',
    '-0',
    'NaN',
    'Infinity',
    '0x10',
    '1_000',
    '٣',
    '8/255',
    '-8/255',
    '8/0',
  ],
  ...[
    '1/255,2/255',
    ',',
    '0,0',
    '0,255',
    '-1,1',
    '255,0',
    '0.5,0.5,0.5',
    '1e308,1e308',
    '0',
    'next',
    'label+2',
    'label+',
  ],
  ...[
    'label+99999999999999999999',
    'least-likely',
    '7',
    'x.npy',
    'queries=1000',
    'queries=',
    '=1',
    'steps=1e999',
    'queries=-1',
  ],
  ...[
    '__proto__=1',
    'constructor=1',
    'epsilon=nan',
    'a=b=c',
    'fgsm,pgd',
    'autoattack',
    'pgd,',
    'apgd-ce',
    'cw,deepfool',
  ],
  ...[
    'linf',
    'l2',
    'l1',
    'l0',
    'NHWC',
    'probabilities',
    'auto',
    'onnx-cpu',
    'standard',
    'rand',
    'cifar10',
    'fetch',
  ],
  ...[
    '../../etc',
    '/',
    '.',
    '--',
    '-',
    '-n',
    '--json',
    '--no-probe',
    '\x1b[2J',
    'a\nb',
    '\x00',
    '\ud800',
    '\u202e',
    '😀',
  ],
  ...[
    '2026-11-22-181530-m2at-3f2a',
    '../x',
    '$(id)',
    '`id`',
    '%s',
    'x'.repeat(5000),
    '\x1b]0;t\x07'.repeat(400),
  ],
  ...['constructor', 'toString', '__proto__', 'hasOwnProperty', NOWHERE, 'nothing.m2at.json'],
];

/** Arguments of the command line, which name no file that exists: nothing is trained, attacked or downloaded. */
export async function flagsTarget(folder: string): Promise<FuzzTarget> {
  await mkdir(folder, { recursive: true });
  const known = createProgram(builtIn);
  return {
    input(seed) {
      const random = Random.keyed(seed, 'fuzz-flags');
      const name = pick(random, commands);
      const command = known.commands.find((one) => one.name() === name);
      const list = random.int(30) === 0 ? [pick(random, texts)] : [name];
      if (name === 'attack' && random.int(8) > 0) list.push(NOWHERE);
      for (let times = random.int(6); times > 0; times--) list.push(...argument(command, random));
      return oneFile(
        NAME,
        JSON.stringify(list),
        list.map((text) => JSON.stringify(text.slice(0, 40))).join(' '),
      );
    },
    async attempt(input) {
      const list = JSON.parse(contentOf(input, NAME).toString('utf8')) as string[];
      const told: string[] = [];
      const program = createProgram(builtIn);
      listen(program, told);
      // Runs are looked for in this process's folder: they must not be those of whoever started it.
      process.chdir(folder);
      try {
        await program.parseAsync(list, { from: 'user' });
        return 'accepted';
      } catch (error) {
        if (error instanceof CommanderError) {
          return error.exitCode === 0 ? 'accepted' : { refused: [told.join('') || error.message] };
        }
        if (error instanceof M2atError && error.where?.endsWith(path.join(folder, NOWHERE)))
          return 'accepted';
        throw error;
      } finally {
        process.chdir('/');
        process.exitCode = undefined;
        for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.removeAllListeners(signal);
        for (const stream of [process.stdout, process.stderr]) stream.removeAllListeners('error');
      }
    },
  };
}

/** A flag that the command has, with a value that it may have or any other; or anything else. */
function argument(command: Command | undefined, random: Random): string[] {
  const options = command?.options ?? [];
  const option = random.int(8) && options.length > 0 ? pick(random, options) : undefined;
  if (!option) return [pick(random, texts)];
  const flag = option.long ?? option.short ?? '--';
  if (!option.required && !option.optional && !option.variadic) return [flag];
  const value = option.argChoices && random.int(3) ? pick(random, option.argChoices) : pick(random, texts);
  return random.int(3) ? [flag, value] : [`${flag}=${value}`];
}

/** What commander tells is kept, and commands that compute or download do nothing. */
function listen(command: Command, told: string[]): void {
  command.configureOutput({ writeOut: () => undefined, writeErr: (text) => void told.push(text) });
  if (['devices', 'fetch'].includes(command.name())) command.action(() => undefined);
  for (const one of command.commands) listen(one, told);
}
