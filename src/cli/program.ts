import { Command } from 'commander';
import { version } from '../../package.json';
import { printableLines, shortened } from '../core/printable';
import type { Registry } from '../core/registry/registry';
import { attackCommand } from './commands/attack';
import { compareCommand } from './commands/compare';
import { dataCommand } from './commands/data';
import { devicesCommand } from './commands/devices';
import { evaluateCommand } from './commands/evaluate';
import { markCommand } from './commands/mark';
import { queueCommand } from './commands/queue';
import { reportCommand } from './commands/report';
import { runsCommand } from './commands/runs';
import { sweepCommand } from './commands/sweep';
import { trainCommand } from './commands/train';
import { messages, output } from './terminal';

/** Characters. */
const LONGEST_ERROR = 1500;

/** The command line: it throws a CommanderError where commander would end the process. */
export function createProgram(registry: Registry): Command {
  const program = new Command('m2at')
    .description('Train robust image classifiers with M2AT and its baselines, and attack checkpoints.')
    .version(version)
    .showHelpAfterError('(add --help for the options)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        output.write(text);
      },
      writeErr: (text) => {
        messages.write(text);
      },
      // It quotes arguments as they are.
      outputError: (text, write) => {
        write(shortened(printableLines(text), LONGEST_ERROR));
      },
    })
    .addCommand(trainCommand(registry))
    .addCommand(sweepCommand(registry))
    .addCommand(attackCommand(registry))
    .addCommand(evaluateCommand(registry))
    .addCommand(devicesCommand())
    .addCommand(dataCommand(registry))
    .addCommand(runsCommand())
    .addCommand(queueCommand())
    .addCommand(markCommand())
    .addCommand(compareCommand())
    .addCommand(reportCommand())
    .addHelpText(
      'after',
      `
Exit codes:
  0    done
  1    the network, a file system or this program failed
  2    bad input: a flag, an experiment file, data, a checkpoint, a device
  3    attack --fail-under: robust accuracy is below the threshold
  130  stopped by Ctrl-C; a run that had begun was saved (128 + its number for another signal while none had)

Every command has --help.`,
    );
  inherit(program);
  return program;
}

/** Sub-commands don't inherit how the parent ends and explains itself. */
function inherit(parent: Command): void {
  for (const command of parent.commands) {
    command.copyInheritedSettings(parent);
    inherit(command);
  }
}
