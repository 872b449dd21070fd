import { printable, shortened } from './printable';

/**
 * What kind of trouble an {@link M2atError} reports. Every boundary (worker RPC, command line, editor)
 * carries the code, so that each can react without reading the message.
 */
export const errorCodes = [
  /** A file or value that the user wrote is wrong. */
  'bad-input',
  /** A data set is missing, truncated or altered. */
  'data',
  /** A checkpoint is missing, truncated, unsafe or no model. */
  'checkpoint',
  /** A run can't be gone on with, only begun again: no checkpoint of it can be read. */
  'no-checkpoint',
  /** The request is valid, but this version can't do it (an op without a lowering, say). */
  'unsupported',
  /** No device that was asked for can be used. */
  'device',
  /** There is not enough of it. */
  'memory',
  /** The network, or a file system, refused. */
  'io',
  /** The workspace is not trusted. */
  'untrusted',
  /** The user cancelled. */
  'cancelled',
  /** A defect of this program. */
  'internal',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

export interface ErrorDetails {
  /** Where: a file path, optionally followed by a field path such as `method.epsilon`. */
  readonly where?: string | undefined;
  /** What else is to be said of it, a line each. */
  readonly lines?: readonly string[];
  /** What the reader can do about it, as a full sentence. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/**
 * An error written for the person who reads it: what was wrong, where, and what to do. Its message can be shown anywhere:
 * what came from a file is escaped, its line breaks are its own, and it has 2000 characters at most.
 */
export class M2atError extends Error {
  override readonly name = 'M2atError';
  readonly where: string | undefined;
  readonly lines: readonly string[];
  readonly hint: string | undefined;

  constructor(
    readonly code: ErrorCode,
    readonly what: string,
    details: ErrorDetails = {},
  ) {
    super(messageFrom(what, details), details.cause === undefined ? undefined : { cause: details.cause });
    this.where = details.where;
    this.lines = details.lines ?? [];
    this.hint = details.hint;
  }
}

/** Nobody reads more: of longer parts, which are names and values from files, the middle is left out. */
const LONGEST = { message: 2000, what: 900, lines: 700, hint: 300 } as const;

function messageFrom(what: string, { where, lines = [], hint }: ErrorDetails): string {
  const texts = [
    where ? `${where}: ${what}` : what,
    ...lines.map((line) => `  ${line}`),
    ...(hint ? [hint] : []),
  ];
  const message = texts.map(printable).join('\n');
  if (message.length <= LONGEST.message) return message;
  const most = (place: number): number => {
    if (place === 0) return LONGEST.what;
    return place <= lines.length ? Math.floor(LONGEST.lines / lines.length) : LONGEST.hint;
  };
  return texts.map((text, place) => shortened(printable(text), most(place))).join('\n');
}

/** Process exit codes of the command line (`docs/cli.md`). */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof M2atError)) return 1;
  switch (error.code) {
    case 'bad-input':
    case 'data':
    case 'checkpoint':
    case 'no-checkpoint':
    case 'unsupported':
    case 'device':
    case 'memory':
    case 'untrusted':
      return 2;
    case 'cancelled':
      return 130;
    case 'io':
    case 'internal':
      return 1;
  }
}

/** What is wrong, for a message that says itself where. */
export function problemOf(error: unknown): string {
  return error instanceof M2atError ? error.what : messageOf(error);
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The same as one line, for logs and lists. */
export function lineOf(error: unknown): string {
  return messageOf(error)
    .split(/\s*\n\s*/)
    .join(' ');
}
