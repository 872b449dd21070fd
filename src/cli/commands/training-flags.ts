import type { Command } from 'commander';
import { deviceOption, ignoreMemoryOption, jsonOption, rootOption, threadsOption } from './common';

/** What every command that trains takes: `TrainingFlags` of run-training.ts. */
export const addTrainingFlags = (command: Command): Command =>
  command
    .addOption(deviceOption())
    .addOption(threadsOption())
    .addOption(ignoreMemoryOption())
    .addOption(rootOption())
    .addOption(jsonOption());
