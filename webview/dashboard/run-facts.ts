import { commitText } from '../../src/core/report/version-text';
import { formatNames } from '../text/format-names';
import type { RunState } from '../state/run-state';
import { shortPath } from '../text/short-path';

/** What a run is about, in short parts that stand beside its status. */
export function runFacts({ record, report }: RunState): string[] {
  if (!record) return [];
  const source = record.source === undefined ? undefined : shortPath(record.source);
  const parts =
    record.kind === 'train'
      ? ['Training', record.device, source, commitText(record)]
      : report
        ? [
            'Attack',
            shortPath(report.checkpoint),
            formatNames[report.format] ?? report.format,
            shortPath(report.dataset),
            `seed ${report.seed}`,
            report.device,
          ]
        : ['Attack', record.device, source];
  return parts.filter((part) => part !== undefined);
}
