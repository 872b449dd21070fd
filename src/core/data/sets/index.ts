import type { DatasetDefinition } from '../define-dataset';
import { cifar10 } from './cifar10';

/** Every data set, in the order in which people see them. Checkpoints that name none were trained on the first. */
export const datasets: readonly DatasetDefinition[] = [cifar10];
