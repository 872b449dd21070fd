import { datasetParameters } from '../dataset-schema';
import type { DatasetDefinition } from '../define-dataset';

/** Every data set, in the order in which people see them. */
export const datasets: readonly DatasetDefinition[] = [{ name: 'cifar10', parameters: datasetParameters }];
