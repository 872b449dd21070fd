/** What a job computes on, as far as it is known. */
export type Place =
  | { readonly kind: 'cpu' }
  /** A GPU; without an index, whichever is free. */
  | { readonly kind: 'gpu'; readonly index?: number }
  /** The one or the other: nobody has found out yet what `auto` takes. */
  | { readonly kind: 'unknown' };

/**
 * @param device as an experiment or a flag names it, such as `auto`, `onnx-cpu` or `onnx-cuda:1`
 * @param gpus that are known to be there
 */
export function placeOf(device: string, gpus: number): Place {
  const [name = '', index] = device.split(':');
  if (name === 'auto') return { kind: gpus > 0 ? 'gpu' : 'unknown' };
  if (name === 'onnx-cpu' || name === 'tfjs-cpu') return { kind: 'cpu' };
  if (name === 'tensorflow') return { kind: 'unknown' };
  return { kind: 'gpu', ...(index !== undefined && { index: Number(index) }) };
}

export interface Due {
  /** Its place among those that wait. */
  readonly waiting: number;
  /** The GPU that it is given. */
  readonly gpu?: number;
}

/**
 * Which jobs begin now. The order counts: none begins that would take the device of one before it, which waits.
 * @param active where those compute that are at work
 * @param waiting where those are to compute that wait, in their order
 */
export function dueJobs(
  active: readonly Place[],
  waiting: readonly Place[],
  { runsPerDevice, gpus }: { readonly runsPerDevice: number; readonly gpus: number },
): Due[] {
  const taken = new Taken(active, Math.max(1, gpus));
  const due: Due[] = [];
  const blocked: Place[] = [];
  for (const [n, place] of waiting.entries()) {
    const gpu = place.kind === 'gpu' ? (place.index ?? taken.freestGpu()) : undefined;
    const at: Place = gpu === undefined ? place : { kind: 'gpu', index: gpu };
    if (taken.count(at) < runsPerDevice && !blocked.some((other) => mayBeSame(other, at))) {
      due.push({ waiting: n, ...(gpu !== undefined && { gpu }) });
      taken.add(at);
    } else blocked.push(place);
  }
  return due;
}

/** The GPU with the fewest jobs, for one that is started whatever is due. */
export function freestGpu(active: readonly Place[], gpus: number): number {
  return new Taken(active, Math.max(1, gpus)).freestGpu();
}

function mayBeSame(a: Place, b: Place): boolean {
  if (a.kind === 'unknown' || b.kind === 'unknown') return true;
  if (a.kind === 'cpu' || b.kind === 'cpu') return a.kind === b.kind;
  return a.index === undefined || b.index === undefined || a.index === b.index;
}

class Taken {
  private readonly places: Place[] = [];

  constructor(
    active: readonly Place[],
    private readonly gpus: number,
  ) {
    // One that names no GPU has taken the first.
    for (const place of active)
      this.add(place.kind === 'gpu' ? { kind: 'gpu', index: place.index ?? 0 } : place);
  }

  add(place: Place): void {
    this.places.push(place);
  }

  /** Jobs that are there, or may be. */
  count(place: Place): number {
    return this.places.filter((other) => mayBeSame(place, other)).length;
  }

  freestGpu(): number {
    const counts = Array.from({ length: this.gpus }, (_, index) => this.count({ kind: 'gpu', index }));
    return counts.indexOf(Math.min(...counts));
  }
}
