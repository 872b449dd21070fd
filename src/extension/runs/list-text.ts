import { attackProgress, epochs } from '../format';
import type { HostRunState } from './run-state';

/** All that lists, lenses and the status bar may say of a run: what differs in something else looks the same there. */
export function listText({ record, progress }: Pick<HostRunState, 'record' | 'progress'>): string {
  return JSON.stringify([{ ...record, progress: epochs(record) }, attackProgress(progress)]);
}
