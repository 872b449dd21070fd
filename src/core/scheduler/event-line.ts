import type { RunEvent } from '../records/run-event';

export type LineLevel = 'info' | 'warn' | 'error';

/** What a log says of an event of a run; undefined for what is to be looked at. */
export function eventLine(event: RunEvent): { readonly level: LineLevel; readonly text: string } | undefined {
  switch (event.type) {
    case 'log':
      return { level: event.level, text: event.text };
    case 'record': {
      const { id, status, message } = event.record;
      return { level: 'info', text: `${id} is ${status}${message ? `: ${message}` : ''}` };
    }
    case 'metric': {
      const { row } = event;
      if (row.kind !== 'evaluation') return undefined;
      const split = row.split ? `, ${row.split}` : '';
      const text = `epoch ${row.epoch}${split}: clean ${row.cleanAccuracy}, robust ${row.robustAccuracy}`;
      return { level: 'info', text };
    }
    default:
      return undefined;
  }
}

/** A line of a job's output. */
export function outputLine(level: LineLevel, text: string): string {
  return `${new Date().toISOString()} ${level.padEnd(5)} ${text.replaceAll('\n', '\n  ')}\n`;
}

/** What a line of a job's output says; what is not of {@link outputLine} was written by a library. */
export function parseOutputLine(line: string): { readonly level: LineLevel; readonly text: string } {
  const match = /^\d{4}-\S+ (info|warn|error) +(.*)$/.exec(line);
  const level = (['info', 'warn', 'error'] as const).find((one) => one === match?.[1]);
  return level ? { level, text: match?.[2] ?? '' } : { level: 'warn', text: line };
}
