import path from 'node:path';
import { Command } from 'commander';
import { M2atError } from '../../core/errors';
import { chooseRuns } from '../../core/experiment/choose-runs';
import { loadExperiment } from '../../core/experiment/load-experiment';
import type { Settings } from '../../core/experiment/set-settings';
import { trainJob } from '../../core/jobs/train-job';
import type { Registry } from '../../core/registry/registry';
import { queueTraining } from '../queue-training';
import { runTraining, type TrainingFlags } from '../run-training';
import { output } from '../terminal';
import { setOption } from './setting-flag';
import { addTrainingFlags } from './training-flags';

interface SweepFlags extends TrainingFlags {
  readonly run?: string[];
  readonly set?: Settings;
  readonly list?: true;
}

export function sweepCommand(registry: Registry): Command {
  const command = new Command('sweep')
    .description('Train every run that the sweep of an experiment file makes, or list them.')
    .argument('<file>', 'experiment file, *.m2at.json, with a "sweep"')
    .option('--list', 'print the names of the runs, and train none')
    .option('--run <name...>', 'only these runs, or all of an entry of "runs"')
    .addOption(setOption('change a setting of every run, such as training.epochs=10; may be repeated'));
  return addTrainingFlags(command)
    .addHelpText(
      'after',
      `
"sweep": { "grid": { "method.epsilon": ["4/255", "8/255"] }, "zip": { … }, "seeds": 3 } makes a run of every combination.
A run that fails does not end the others; the exit code is 1 then. The table at the end has a row a run and, where settings
are repeated with seeds, one a setting: mean ± standard deviation over the seeds.
m2at train does the same of such a file.`,
    )
    .action((file: string, flags: SweepFlags) => sweep(file, flags, registry));
}

async function sweep(file: string, flags: SweepFlags, registry: Registry): Promise<void> {
  const { set, run } = flags;
  const runs = await loadExperiment(file, registry, set);
  if (!runs.some(({ swept }) => swept)) {
    throw new M2atError('bad-input', 'has no "sweep"', {
      where: file,
      hint: 'Add one, such as "sweep": { "seeds": 3 }, or train its runs as they are with: m2at train FILE',
    });
  }
  if (!flags.list) {
    const title = path.basename(file, '.m2at.json');
    if (flags.queue) {
      await queueTraining({ title, file, set, runs: run }, flags, registry);
      return;
    }
    await runTraining(title, flags, registry, (setup) => trainJob({ ...setup, file, set, runs: run }));
    return;
  }
  const chosen = chooseRuns(runs, run, file);
  if (flags.json)
    output.json(chosen.map(({ name, setting }) => ({ name, ...(setting !== undefined && { setting }) })));
  else output.write(`${chosen.map(({ name }) => `${name}\n`).join('')}\n${chosen.length} runs\n`);
}
