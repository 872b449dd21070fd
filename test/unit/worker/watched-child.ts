import { writeSync } from 'node:fs';
import { holdOpenRun } from '../../../src/core/runs/open-runs';
import { watchHost } from '../../../src/worker/watch-host';

/**
 * A process that watches its host with the grace that it is told, and is busy for ever in one call: with an open run,
 * if it is told so.
 */
const [grace = '0', run = 'none'] = process.argv.slice(2);
watchHost(Number(grace));
if (run === 'open') holdOpenRun();
writeSync(2, `stuck ${process.pid}\n`);
for (;;);
