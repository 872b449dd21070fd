import path from 'node:path';
import { Command } from 'commander';
import { M2atError } from '../../core/errors';
import type { Settings } from '../../core/experiment/set-settings';
import { resumeJob } from '../../core/jobs/resume-job';
import { trainJob, type TrainJob } from '../../core/jobs/train-job';
import type { Registry } from '../../core/registry/registry';
import { queueTraining } from '../queue-training';
import { runTraining, type TrainingFlags } from '../run-training';
import { setOption } from './setting-flag';
import { addTrainingFlags } from './training-flags';

interface TrainFlags extends TrainingFlags {
  readonly run?: string[];
  readonly like?: string;
  readonly set?: Settings;
  readonly resume?: string;
  readonly fromStart?: true;
}

export function trainCommand(registry: Registry): Command {
  const command = new Command('train')
    .description('Train the run or the runs of an experiment file, or resume a stopped run.')
    .argument('[file]', 'experiment file, *.m2at.json')
    .option('--run <name...>', 'only these runs of the file')
    .option('--like <run>', 'do what this training run did; --set changes it')
    .addOption(
      setOption(
        'with FILE or --like: change a setting, such as method.epsilon=4/255 or training.epochs=10; may be repeated',
      ),
    )
    .option('--resume <id>', 'continue this stopped run')
    .option('--from-start', 'with --resume: begin it again at step 0, and give up what it has done');
  return addTrainingFlags(command)
    .addHelpText(
      'after',
      `
--set takes a dotted path and a JSON value; what is no JSON is text, and null takes the default. A number is the place in a
list: evaluation.final.attacks.0.epsilon=2/255. Where a name changes (method.name=trades), the other keys beside it go.
With --json every event of the runs is a line {"run", "event"}, and the last line is {"runs": [records]}.
Ctrl-C stops at the next batch and saves a checkpoint (exit code 130); --resume continues from it.`,
    )
    .action((file: string | undefined, flags: TrainFlags) => train(file, flags, registry));
}

async function train(file: string | undefined, flags: TrainFlags, registry: Registry): Promise<void> {
  assertOne(file, flags);
  if (flags.fromStart && flags.resume === undefined) {
    throw new M2atError('bad-input', '--from-start is about a run that is resumed', {
      where: 'm2at train',
      hint: 'A new run starts at step 0 anyway; name the old one with --resume <id>.',
    });
  }
  const { resume: id, fromStart, run: runs } = flags;
  const title = path.basename(file ?? id ?? flags.like ?? '', '.m2at.json');
  if (flags.queue) {
    if (id !== undefined) {
      throw new M2atError('bad-input', '--queue is about a new run', {
        where: 'm2at train --resume',
        hint: 'Leave it out: a run that is resumed goes on at once.',
      });
    }
    await queueTraining({ title, ...whatToTrain(file, flags), runs }, flags, registry);
    return;
  }
  await runTraining(title, flags, registry, async ({ onBegin, ...setup }) =>
    id === undefined
      ? trainJob({ ...setup, onBegin, ...whatToTrain(file, flags), runs })
      : [await resumeJob({ ...setup, id, fromStart })],
  );
}

/** @throws M2atError `bad-input` unless the flags say one thing to do */
function assertOne(file: string | undefined, { like, resume, set, run }: TrainFlags): void {
  if ([file, like, resume].filter((given) => given !== undefined).length !== 1) {
    throw new M2atError('bad-input', 'name either an experiment file, --like <run> or --resume <id>', {
      where: 'm2at train',
      hint: 'For example: m2at train examples/quickstart.m2at.json',
    });
  }
  if (set && resume !== undefined) {
    throw new M2atError('bad-input', "--set can't be changed when a run is resumed", {
      where: 'm2at train --resume',
      hint: `A run goes on with what it began with. For another one: m2at train --like ${resume} --set …`,
    });
  }
  if (run && file === undefined) {
    throw new M2atError('bad-input', '--run picks runs of an experiment file, and none is named', {
      where: 'm2at train',
    });
  }
}

function whatToTrain(
  file: string | undefined,
  { like, set }: TrainFlags,
): Pick<TrainJob, 'file' | 'like' | 'set'> {
  return like === undefined ? { file, set } : { like: { run: like, set: set ?? {} } };
}
