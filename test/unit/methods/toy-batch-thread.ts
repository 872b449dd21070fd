import { methods } from '../../../src/core/methods';
import { serveBatches } from '../../../src/core/training/serve-batches';
import { stability } from './stability/definition';

serveBatches([...methods, stability]);
