import { datasets } from '../../../src/core/data/sets';
import { methods } from '../../../src/core/methods';
import { serveBatches } from '../../../src/core/training/serve-batches';
import { stability } from './stability/definition';

void serveBatches({ datasets, methods: [...methods, stability] });
