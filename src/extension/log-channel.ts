import * as vscode from 'vscode';
import { printableLines } from '../core/printable';

/** The extension's log. Whatever comes in, names, paths and the output of workers, is escaped on the way. */
export function createLogChannel(): vscode.LogOutputChannel {
  const channel = vscode.window.createOutputChannel('M2AT', { log: true });
  const write =
    (level: 'trace' | 'debug' | 'info' | 'warn') =>
    (message: string, ...more: unknown[]): void => {
      channel[level](printableLines(message), ...more);
    };
  return Object.assign(Object.create(channel) as vscode.LogOutputChannel, {
    trace: write('trace'),
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: (error: string | Error, ...more: unknown[]): void => {
      channel.error(typeof error === 'string' ? printableLines(error) : error, ...more);
    },
  });
}
