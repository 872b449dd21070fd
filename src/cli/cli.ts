#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { version } from '../../package.json';
import { exitCodeOf, M2atError, messageOf } from '../core/errors';
import { attackCommand } from './commands/attack';
import { dataCommand } from './commands/data';
import { evaluateCommand } from './commands/evaluate';
import { devicesCommand } from './commands/devices';
import { reportCommand } from './commands/report';
import { runsCommand } from './commands/runs';
import { trainCommand } from './commands/train';

const program = new Command('m2at')
  .description('Train robust image classifiers with M2AT and its baselines, and attack checkpoints.')
  .version(version)
  .showHelpAfterError('(add --help for the options)')
  .exitOverride()
  .addCommand(trainCommand())
  .addCommand(attackCommand())
  .addCommand(evaluateCommand())
  .addCommand(devicesCommand())
  .addCommand(dataCommand())
  .addCommand(runsCommand())
  .addCommand(reportCommand())
  .addHelpText(
    'after',
    `
Exit codes:
  0    done
  1    the network, a file system or this program failed
  2    bad input: a flag, an experiment file, data, a checkpoint, a device
  3    attack --fail-under: robust accuracy is below the threshold
  130  stopped by Ctrl-C; a run that had begun was saved

Every command has --help.`,
  );

/** Sub-commands don't inherit how the parent ends and explains itself. */
function inherit(parent: Command): void {
  for (const command of parent.commands) {
    command.copyInheritedSettings(parent);
    inherit(command);
  }
}
inherit(program);

// A reader such as `head` that has seen enough is no failure of ours; jobs stop by their own listener.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

program.parseAsync().catch((error: unknown) => {
  if (error instanceof CommanderError) {
    // Commander has printed its message; help and version are no errors.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
    return;
  }
  process.exitCode = exitCodeOf(error);
  if (error instanceof M2atError) {
    if (error.code !== 'cancelled') console.error(`m2at: ${error.message}`);
  } else {
    console.error(`m2at: ${messageOf(error)}\n`, error);
  }
});
