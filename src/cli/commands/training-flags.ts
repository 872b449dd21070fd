import { Option, type Command } from 'commander';
import { deviceOption, ignoreMemoryOption, jsonOption, rootOption, threadsOption } from './common';

/** What every command that trains takes: `TrainingFlags` of run-training.ts. */
export const addTrainingFlags = (command: Command): Command =>
  command
    .addOption(deviceOption())
    .addOption(threadsOption())
    .addOption(ignoreMemoryOption())
    .addOption(
      new Option(
        '--queue',
        'wait in the queue until a device is free, in a process of its own; this command ends at once',
      ),
    )
    .addOption(rootOption())
    .addOption(jsonOption());
