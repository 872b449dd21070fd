/** ONNX Runtime's own constants: what it rounds to, its first region, and the largest step of its growth. */
const ALIGNMENT = 256;
const FIRST_REGION = 2 ** 20;
const LARGEST_REGION = 2 ** 30;
/** A free piece is cut unless less than half of it, and less than this, would be left over. */
const LARGEST_REST = 2 ** 27;
/** Memory is touched in pages; a coarser grain is as good here. */
const GRAIN = 2 ** 14;

interface Chunk {
  readonly region: Uint8Array;
  readonly offset: number;
  size: number;
  free: boolean;
  previous: Chunk | undefined;
  next: Chunk | undefined;
}

/**
 * ONNX Runtime's arena (`BFCArena`, which grows by powers of two) without the memory: pieces are taken from the smallest
 * free one that has room, and joined with their neighbours when they are given back. What was touched once stays resident.
 */
export class Arena {
  private readonly free: Chunk[] = [];
  private region = FIRST_REGION;
  private grains = 0;

  /** Bytes that were touched so far. */
  get touched(): number {
    return this.grains * GRAIN;
  }

  allocate(bytes: number): Chunk {
    const rounded = Math.max(1, Math.ceil(bytes / ALIGNMENT)) * ALIGNMENT;
    const chunk = this.take(rounded) ?? this.extend(rounded);
    const rest = chunk.size - rounded;
    if (chunk.size >= 2 * rounded || rest >= LARGEST_REST) {
      const { region, offset, next } = chunk;
      const after: Chunk = {
        region,
        offset: offset + rounded,
        size: rest,
        free: true,
        previous: chunk,
        next,
      };
      if (next) next.previous = after;
      chunk.next = after;
      chunk.size = rounded;
      this.insert(after);
    }
    this.touch(chunk.region, chunk.offset, bytes);
    return chunk;
  }

  release(chunk: Chunk): void {
    chunk.free = true;
    let whole = chunk;
    const { next } = chunk;
    if (next?.free) {
      this.remove(next);
      join(whole, next);
    }
    const { previous } = whole;
    if (previous?.free) {
      this.remove(previous);
      join(previous, whole);
      whole = previous;
    }
    this.insert(whole);
  }

  private take(bytes: number): Chunk | undefined {
    const at = this.place(bytes);
    const [chunk] = this.free.splice(at, 1);
    if (chunk) chunk.free = false;
    return chunk;
  }

  private extend(bytes: number): Chunk {
    let grown = false;
    while (this.region < bytes && this.region < LARGEST_REGION) {
      this.region *= 2;
      grown = true;
    }
    const size = Math.max(bytes, this.region);
    if (!grown) this.region = Math.min(2 * this.region, LARGEST_REGION);
    return {
      region: new Uint8Array(Math.ceil(size / GRAIN)),
      offset: 0,
      size,
      free: false,
      previous: undefined,
      next: undefined,
    };
  }

  private touch(region: Uint8Array, from: number, bytes: number): void {
    const end = Math.ceil((from + bytes) / GRAIN);
    for (let grain = Math.floor(from / GRAIN); grain < end; grain++) {
      if (region[grain] === 0) {
        region[grain] = 1;
        this.grains++;
      }
    }
  }

  private insert(chunk: Chunk): void {
    chunk.free = true;
    this.free.splice(this.place(chunk.size), 0, chunk);
  }

  private remove(chunk: Chunk): void {
    let at = this.place(chunk.size);
    while (this.free[at] !== chunk) at++;
    this.free.splice(at, 1);
  }

  /** Where the first free piece of at least so many bytes is: they are in ascending order. */
  private place(bytes: number): number {
    let [low, high] = [0, this.free.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.free[middle]?.size ?? 0) < bytes) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export type { Chunk };

function join(first: Chunk, second: Chunk): void {
  first.size += second.size;
  first.next = second.next;
  if (second.next) second.next.previous = first;
}
