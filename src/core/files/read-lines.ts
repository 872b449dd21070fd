import { assertAtMost } from './read-limited';
import { withOpenFile, type ReadOptions } from './open-for-reading';

export interface LineLimits {
  /** Of the whole file. */
  readonly maxBytes: number;
  /** Of a line, without its end. */
  readonly maxLineBytes: number;
  /** Where to begin, in bytes; default: at the beginning. */
  readonly from?: number;
}

interface LineEnd {
  /** Whether it is longer than the limit: then the text is its beginning only. */
  readonly cut: boolean;
  /** Whether a line break follows. */
  readonly ended: boolean;
}

export interface Line extends LineEnd {
  readonly text: string;
}

export interface ByteLine extends LineEnd {
  /** Its text in UTF-8; overwritten once the next one is read. */
  readonly bytes: Buffer;
}

/** Of a longer text so many bytes are read at once. */
const PIECE = 1 << 20;
const SMALLEST_PIECE = 1 << 12;

const LINE_BREAK = 0x0a;
/** What some editors begin a file with. */
const MARK = Buffer.from('\u{feff}');
const NOTHING = Buffer.alloc(0);

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
  limits: LineLimits,
  take: (line: Line) => boolean | undefined,
  options: ReadOptions = {},
): Promise<number> {
  return readByteLines(file, limits, (line) => take(textOf(line)), options);
}

/** The same, for whoever looks at the bytes before a text is made of them. */
export function readByteLines(
  file: string,
  { maxBytes, maxLineBytes, from = 0 }: LineLimits,
  take: (line: ByteLine) => boolean | undefined,
  options: ReadOptions = {},
): Promise<number> {
  return withOpenFile(file, options, async ({ handle, size }) => {
    assertAtMost(size, maxBytes, file, options);
    const piece = Buffer.allocUnsafeSlow(Math.max(SMALLEST_PIECE, Math.min(PIECE, size - from)));
    const lines = new ByteLineCollector(maxLineBytes, take);
    let complete = from;
    for (let position = from; ;) {
      const { bytesRead } = await handle.read(piece, 0, piece.length, position);
      if (bytesRead === 0) break;
      const last = piece.lastIndexOf(LINE_BREAK, bytesRead - 1);
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
class ByteLineCollector {
  private parts: Buffer[] = [];
  private length = 0;
  private first = true;

  constructor(
    private readonly maxLineBytes: number,
    private readonly take: (line: ByteLine) => boolean | undefined,
  ) {}

  /** @returns true when no more is wanted. The piece may be overwritten afterwards. */
  add(piece: Buffer): boolean {
    let from = 0;
    for (let at = piece.indexOf(LINE_BREAK); at >= 0; at = piece.indexOf(LINE_BREAK, from)) {
      const end = this.wanted(piece.subarray(from, at));
      from = at + 1;
      if (this.finish(end, true)) return true;
    }
    const rest = this.wanted(piece.subarray(from));
    if (rest.length > 0) this.parts.push(Buffer.from(rest));
    return false;
  }

  /** What is there without a line break. */
  end(): void {
    if (this.length > 0) this.finish(NOTHING, false);
  }

  /** What is held of a part that comes next in its line. */
  private wanted(part: Buffer): Buffer {
    const room = Math.max(0, this.maxLineBytes - this.length);
    this.length += part.length;
    return part.length <= room ? part : part.subarray(0, room);
  }

  private finish(end: Buffer, ended: boolean): boolean {
    const whole = this.parts.length === 0 ? end : Buffer.concat([...this.parts, end]);
    const bytes =
      this.first && whole.subarray(0, MARK.length).equals(MARK) ? whole.subarray(MARK.length) : whole;
    const cut = this.length > this.maxLineBytes;
    this.parts = [];
    this.length = 0;
    this.first = false;
    return this.take({ bytes, cut, ended }) === true;
  }
}

/** The same, of texts. */
export class LineCollector extends ByteLineCollector {
  constructor(maxLineBytes: number, take: (line: Line) => boolean | undefined) {
    super(maxLineBytes, (line) => take(textOf(line)));
  }
}

function textOf({ bytes, cut, ended }: ByteLine): Line {
  return { text: bytes.toString('utf8'), cut, ended };
}
