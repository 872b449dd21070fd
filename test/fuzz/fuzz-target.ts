/** A damaged input: the files that a parser reads, by their names; of a parser of values, one file with their JSON. */
export interface FuzzInput {
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** What it was, and what was done to it. */
  readonly label: string;
}

/**
 * What became of an input that did not make the parser throw: it was read, or refused with messages for people (where a
 * parser reports problems instead of throwing).
 */
export type Attempt = 'accepted' | { readonly refused: readonly string[] };

/** A parser, and damaged inputs for it. */
export interface FuzzTarget {
  /** The input of a seed: always the same. */
  input(seed: number): FuzzInput;
  /**
   * Has an input read as the product reads it. What it throws is judged: a clear M2atError refuses the input, anything
   * else is a finding.
   * @throws Finding for an input that is accepted and comes out wrong
   */
  attempt(input: FuzzInput, seed: number): Promise<Attempt>;
  close?(): Promise<void>;
}

/** Something that must not be: an accepted input with shapes that are no numbers, other numbers without a word, … */
export class Finding extends Error {}

/** @throws Finding */
export function assertFound(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Finding(what);
}

/** An input of one text or file. */
export function oneFile(name: string, content: string | Uint8Array, label: string): FuzzInput {
  return { files: new Map([[name, Buffer.from(content)]]), label };
}

export function contentOf({ files }: FuzzInput, name: string): Buffer {
  return Buffer.from(files.get(name) ?? Buffer.alloc(0));
}
