import { assertAtMost } from './read-limited';
import { withOpenFile, type ReadOptions } from './open-for-reading';
import { withoutMark } from './text';

export interface LineLimits {
  /** Of the whole file. */
  readonly maxBytes: number;
  /** Of a line, without its end. */
  readonly maxLineBytes: number;
  /** Where to begin, in bytes; default: at the beginning. */
  readonly from?: number;
}

export interface Line {
  readonly text: string;
  /** Whether it is longer than the limit: then the text is its beginning only. */
  readonly cut: boolean;
  /** Whether a line break follows. */
  readonly ended: boolean;
}

/** Of a longer text so many bytes are read at once. */
const PIECE = 1 << 18;
const SMALLEST_PIECE = 1 << 12;

/**
 * The lines of a text file in UTF-8, one after the other, without the whole of it in memory. What follows the last line
 * break is a line too, unless it is empty.
 * @param take returns true when it wants no more
 * @returns where the line begins that has no line break yet, or the end of the file
 * @throws M2atError with the code of the options for something else than a file, or a larger one, also when it grows while
 * it is read; the file system's own errors as they are
 */
export function readLines(
  file: string,
  { maxBytes, maxLineBytes, from = 0 }: LineLimits,
  take: (line: Line) => boolean | undefined,
  options: ReadOptions = {},
): Promise<number> {
  return withOpenFile(file, options, async ({ handle, size }) => {
    assertAtMost(size, maxBytes, file, options);
    const piece = Buffer.allocUnsafeSlow(Math.max(SMALLEST_PIECE, Math.min(PIECE, size - from)));
    const lines = new LineCollector(maxLineBytes, take);
    let complete = from;
    for (let position = from; ;) {
      const { bytesRead } = await handle.read(piece, 0, piece.length, position);
      if (bytesRead === 0) break;
      const last = piece.lastIndexOf(0x0a, bytesRead - 1);
      if (last >= 0) complete = position + last + 1;
      position += bytesRead;
      assertAtMost(position, maxBytes, file, options);
      if (lines.add(piece.subarray(0, bytesRead))) break;
    }
    lines.end();
    return complete;
  });
}

/** Puts lines together from pieces of a text, and holds no more than the longest that is wanted. */
export class LineCollector {
  private parts: Buffer[] = [];
  private length = 0;
  private first = true;

  constructor(
    private readonly maxLineBytes: number,
    private readonly take: (line: Line) => boolean | undefined,
  ) {}

  /** @returns true when no more is wanted. The piece may be overwritten afterwards. */
  add(piece: Buffer): boolean {
    let from = 0;
    for (let at = piece.indexOf(0x0a); at >= 0; at = piece.indexOf(0x0a, from)) {
      this.keep(piece.subarray(from, at));
      from = at + 1;
      if (this.finish(true)) return true;
    }
    this.keep(piece.subarray(from));
    return false;
  }

  /** What is there without a line break. */
  end(): void {
    if (this.length > 0) this.finish(false);
  }

  private keep(part: Buffer): void {
    const wanted = part.subarray(0, Math.max(0, this.maxLineBytes - this.length));
    if (wanted.length > 0) this.parts.push(Buffer.from(wanted));
    this.length += part.length;
  }

  private finish(ended: boolean): boolean {
    const whole = Buffer.concat(this.parts).toString('utf8');
    const text = this.first ? withoutMark(whole) : whole;
    const cut = this.length > this.maxLineBytes;
    this.parts = [];
    this.length = 0;
    this.first = false;
    return this.take({ text, cut, ended }) === true;
  }
}
