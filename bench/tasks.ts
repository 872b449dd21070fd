/** What is timed, by the names that both sides know. */
export const tasks = [
  { id: 'm2at-step', title: 'M2AT step (PGD-10)' },
  { id: 'pgd-at-step', title: 'PGD-AT step (PGD-10)' },
  { id: 'sgd-step', title: 'SGD step' },
  { id: 'pgd-20', title: 'PGD-20 attack' },
  { id: 'clean-epoch', title: 'clean epoch of 10 batches' },
  { id: 'forward', title: 'logits in eval mode' },
] as const;

export type BenchTask = (typeof tasks)[number]['id'];

/** Batches in the clean epoch. */
export const EPOCH_BATCHES = 10;

export const taskIds: readonly BenchTask[] = tasks.map(({ id }) => id);

/** Wall time, or the CPU time of the process with all its threads: that one can be compared on a busy machine, too. */
export type Clock = 'wall' | 'cpu';
