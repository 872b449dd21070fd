#!/usr/bin/env node
import { CommanderError } from 'commander';
import { inspect } from 'node:util';
import { exitCodeOf, M2atError, messageOf } from '../core/errors';
import { builtIn } from '../core/registry/registry';
import { createProgram } from './program';
import { guardConsole, messages, output } from './terminal';

guardConsole();

// A reader such as `head` that has seen enough is no failure of ours; jobs stop by their own listener.
for (const stream of [output, messages]) stream.onBroken(() => undefined);

createProgram(builtIn)
  .parseAsync()
  .catch((error: unknown) => {
    if (error instanceof CommanderError) {
      // Commander has printed its message; help and version are no errors.
      process.exitCode = error.exitCode === 0 ? 0 : 2;
      return;
    }
    process.exitCode = exitCodeOf(error);
    if (error instanceof M2atError) {
      if (error.code !== 'cancelled') messages.write(`m2at: ${error.message}\n`);
    } else {
      messages.write(`m2at: ${messageOf(error)}\n\n${inspect(error)}\n`);
    }
  });
