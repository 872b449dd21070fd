import { datasets } from '../data/sets';
import { methods } from '../methods';
import { options } from '../methods/options';
import { serveBatches } from './serve-batches';

/** The thread that prepares batches (a bundle of its own, `batches.js`): it loads neither TF.js nor ONNX Runtime. */
void serveBatches({ datasets, methods, options });
