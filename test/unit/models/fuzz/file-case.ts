import { Random } from '../../../../src/core/random';
import { mutateBytes, pick } from './mutate-bytes';
import { mutateJson } from './mutate-json';
import { mutateNpy } from './mutate-npy';
import { mutateOnnx } from './mutate-onnx';
import type { FileKind, SeedFiles } from './seed-files';

/** Files of which one is damaged. */
export interface FileCase {
  readonly seed: number;
  readonly kind: FileKind;
  readonly main: string;
  readonly files: ReadonlyMap<string, Buffer>;
  /** What they were, and what was done to them. */
  readonly label: string;
}

/** Shares of the kinds in a hundred: what has most code behind it most often. */
const shares: readonly (readonly [FileKind, number])[] = [
  ['onnx', 50],
  ['layers', 20],
  ['graph', 20],
  ['npy', 10],
];

/** The damaged files of a seed: always the same ones. */
export function fileCase(originals: readonly SeedFiles[], seed: number): FileCase {
  const random = Random.keyed(seed, 'file-fuzz');
  const kind = kindAt(random.int(100));
  const original = pick(
    random,
    originals.filter((candidate) => candidate.kind === kind),
  );
  const others = [...original.files.keys()].filter((name) => name !== original.main);
  const other = others.length > 0 && random.int(6) === 0 ? pick(random, others) : undefined;
  const name = other ?? original.main;
  const content = original.files.get(name) ?? Buffer.alloc(0);
  const byFormat = other === undefined && random.int(3) > 0;
  const { bytes, label } = byFormat ? mutateFormat(kind, content, random) : mutateBytes(content, random);
  const files = new Map(original.files).set(name, bytes);
  return { seed, kind, main: original.main, files, label: `${original.name}, ${name}: ${label}` };
}

function kindAt(share: number): FileKind {
  let from = 0;
  for (const [kind, size] of shares) {
    from += size;
    if (share < from) return kind;
  }
  return 'onnx';
}

function mutateFormat(kind: FileKind, content: Buffer, random: Random): { bytes: Buffer; label: string } {
  switch (kind) {
    case 'onnx':
      return mutateOnnx(content, random);
    case 'npy':
      return mutateNpy(content, random);
    case 'layers':
    case 'graph': {
      const { text, label } = mutateJson(content.toString('utf8'), random);
      return { bytes: Buffer.from(text), label };
    }
  }
}
