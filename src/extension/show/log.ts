import * as vscode from 'vscode';
import { printable } from '../../core/printable';

type LogLevel = 'info' | 'warn' | 'error';

/** What the extension tells whoever looks: the channel "M2AT" of the Output panel. */
export interface Log extends Readonly<Record<LogLevel, (text: string) => void>> {
  show(): void;
  dispose(): void;
}

/** Every entry begins with its time: lines of a text that has several are indented, so that none looks like an entry. */
export function createLog(name: string): Log {
  const channel = vscode.window.createOutputChannel(name, { log: true });
  const lines = (text: string): string => text.split(/\r?\n/).map(printable).join('\n    ');
  return {
    info: (text) => {
      channel.info(lines(text));
    },
    warn: (text) => {
      channel.warn(lines(text));
    },
    error: (text) => {
      channel.error(lines(text));
    },
    show: () => {
      channel.show();
    },
    dispose: () => {
      channel.dispose();
    },
  };
}
