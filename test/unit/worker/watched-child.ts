import { writeSync } from 'node:fs';
import { watchHost } from '../../../src/worker/watch-host';

/** A process that watches its host, and is busy for ever in one call. */
watchHost();
writeSync(2, `stuck ${process.pid}\n`);
for (;;);
