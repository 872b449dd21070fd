import { existsSync } from 'node:fs';
import path from 'node:path';

/** Of a run's directory the last checkpoint, which a training would go on from; any other place as it is. */
export function lastCheckpointOf(place: string): string {
  const last = path.join(place, 'checkpoints', 'last');
  return existsSync(last) ? last : place;
}
