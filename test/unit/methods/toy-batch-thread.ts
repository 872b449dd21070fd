import { datasets } from '../../../src/core/data/sets';
import { methods } from '../../../src/core/methods';
import { options } from '../../../src/core/methods/options';
import { serveBatches } from '../../../src/core/training/serve-batches';
import { stripes } from '../data/adding-a-dataset-example';
import { stability } from './stability/definition';

void serveBatches({ datasets: [...datasets, stripes], methods: [...methods, stability], options });
