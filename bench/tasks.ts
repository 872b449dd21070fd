/**
 * What is timed, by the names that both sides know. `passes`: as many forward passes it is about, a backward pass
 * being one for the input and one for the filters.
 */
export const tasks = [
  { id: 'm2at-step', title: 'M2AT step (PGD-10)', passes: 23 },
  { id: 'pgd-at-step', title: 'PGD-AT step (PGD-10)', passes: 23 },
  { id: 'sgd-step', title: 'SGD step', passes: 3 },
  { id: 'pgd-20', title: 'PGD-20 attack', passes: 40 },
  { id: 'clean-epoch', title: 'clean epoch of 10 batches', passes: 30 },
  { id: 'forward', title: 'logits in eval mode', passes: 1 },
] as const;

export type BenchTask = (typeof tasks)[number]['id'];

/** Batches in the clean epoch. */
export const EPOCH_BATCHES = 10;

export const taskIds: readonly BenchTask[] = tasks.map(({ id }) => id);

/** Wall time, or the CPU time of the process with all its threads: that one can be compared on a busy machine, too. */
export type Clock = 'wall' | 'cpu';
