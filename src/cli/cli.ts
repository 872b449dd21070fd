#!/usr/bin/env node
import { CommanderError } from 'commander';
import { exitCodeOf, M2atError, messageOf } from '../core/errors';
import { createProgram } from './program';

// A reader such as `head` that has seen enough is no failure of ours; jobs stop by their own listener.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

createProgram()
  .parseAsync()
  .catch((error: unknown) => {
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
