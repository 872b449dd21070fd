import * as z from 'zod';
import { M2atError } from '../errors';
import { sha256, sha256OfJson } from '../files/sha256';

const digest = z.string().regex(/^[0-9a-f]{64}$/);

/**
 * `checksums` of a model.json that this program wrote: SHA-256 of what it was saved with. Other programs pass over it,
 * and a model that they save has none.
 */
const modelChecksums = z.strictObject({
  /** Of the bytes of the weight file. */
  weights: digest,
  /** Of the optimizer's state. */
  optimizer: digest,
  /** Of everything in model.json but these checksums and the metadata, in canonical form. */
  topology: digest,
  /** Of `userDefinedMetadata`, in canonical form. */
  metadata: digest,
});
export type ModelChecksums = z.output<typeof modelChecksums>;

/** The text of a model.json, with the checksums of it and of the files that belong to it. */
export function withChecksums(
  modelJson: string,
  { weights, optimizer }: { readonly weights: Uint8Array; readonly optimizer: Uint8Array },
): string {
  const json = z.looseObject({}).parse(JSON.parse(modelJson));
  const checksums: ModelChecksums = {
    weights: sha256(weights),
    optimizer: sha256(optimizer),
    ...descriptionSums(json),
  };
  return JSON.stringify({ ...json, checksums });
}

/**
 * Compares a model.json with its checksums.
 * @returns those of its files; undefined where it has none
 * @throws M2atError `checkpoint` for one that is not as it was saved
 */
export function verifyDescription(json: unknown, modelFile: string): ModelChecksums | undefined {
  const description = z.looseObject({}).safeParse(json).data;
  if (description?.checksums === undefined) return undefined;
  const stored = modelChecksums.safeParse(description.checksums);
  if (!stored.success) throw changed('its checksums are damaged', modelFile, modelFile);
  const { topology, metadata } = descriptionSums(description);
  if (stored.data.topology !== topology)
    throw changed('the SHA-256 of its topology differs', modelFile, modelFile);
  if (stored.data.metadata !== metadata)
    throw changed('the SHA-256 of its metadata differs', modelFile, modelFile);
  return stored.data;
}

/** @throws M2atError `checkpoint` for bytes that are not those that were saved */
export function verifyBytes(bytes: Uint8Array, expected: string, file: string, modelFile: string): void {
  if (sha256(bytes) !== expected) throw changed('its SHA-256 differs', file, modelFile);
}

function descriptionSums(
  json: Readonly<Record<string, unknown>>,
): Pick<ModelChecksums, 'topology' | 'metadata'> {
  const { userDefinedMetadata = null, ...rest } = json;
  const topology = { ...rest, checksums: undefined };
  return { topology: sha256OfJson(topology), metadata: sha256OfJson(userDefinedMetadata) };
}

function changed(what: string, where: string, modelFile: string): M2atError {
  return new M2atError('checkpoint', `is not as it was saved: ${what}`, {
    where,
    hint:
      'It is damaged, or was changed: take another checkpoint or a copy. If the change was on purpose, remove the key ' +
      `"checksums" from ${modelFile}: it is then read unverified.`,
  });
}

/** For a checkpoint of a version without checksums. */
export function unverifiedText(file: string): string {
  return `${file} is of a version without checksums: it is unverified.`;
}
