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

/** A task of the list, or a step of a training method by its name, such as `m2at-step`. */
export type BenchTask = (typeof tasks)[number]['id'] | `${string}-step`;

/** The task that is a step of the training method. */
export function stepOf(method: string): BenchTask {
  return `${method}-step`;
}

/** Batches in the clean epoch. */
export const EPOCH_BATCHES = 10;

export const taskIds: readonly BenchTask[] = tasks.map(({ id }) => id);

/** Wall time, or the CPU time of the process with all its threads: that one can be compared on a busy machine, too. */
export const clocks = ['wall', 'cpu'] as const;
export type Clock = (typeof clocks)[number];
