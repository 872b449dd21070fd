import path from 'node:path';
import * as z from 'zod';
import { M2atError } from '../../errors';
import { readError } from '../../files/open-for-reading';
import { readLimited } from '../../files/read-limited';
import { readZipMember, type ZipMember } from '../read-zip-member';
import { MAX_PICTURE_BYTES } from './picture';

const names = z.array(z.string()).readonly();

/** Where pictures are, by their index. */
export const pictureStore = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('files'),
    /** Absolute. */
    folder: z.string(),
    /** Inside of it, with slashes. */
    names,
  }),
  z.object({
    kind: z.literal('zip'),
    file: z.string(),
    names,
    /** Of each: where its header is, how long it is, and whether it is deflated. */
    headers: z.custom<Float64Array>((value) => value instanceof Float64Array),
    bytes: z.custom<Uint32Array>((value) => value instanceof Uint32Array),
    deflated: z.custom<Uint8Array>((value) => value instanceof Uint8Array),
    /** What to do where it is damaged. */
    hint: z.string(),
  }),
]);
export type PictureStore = Readonly<z.output<typeof pictureStore>>;

const hint = 'Was the folder changed? Leave the picture out, or put it back, and start again.';

/**
 * Pictures in a zip, which stay packed in it.
 * @throws M2atError `data` when one is not there
 */
export function zipStore(
  file: string,
  members: ReadonlyMap<string, ZipMember>,
  names: readonly string[],
  hint: string,
): PictureStore {
  const found = names.map((name) => {
    const member = members.get(name);
    if (member) return member;
    throw new M2atError('data', `there is no ${name} in it`, { where: file, hint });
  });
  return {
    ...{ kind: 'zip', file, names, hint },
    headers: Float64Array.from(found, ({ header }) => header),
    bytes: Uint32Array.from(found, ({ bytes }) => bytes),
    deflated: Uint8Array.from(found, ({ deflated }) => Number(deflated)),
  };
}

/** For people: which picture it is. */
export function placeOf(store: PictureStore, index: number): string {
  const name = store.names[index] ?? '';
  return path.join(store.kind === 'files' ? store.folder : store.file, name);
}

/**
 * The file of a picture.
 * @throws M2atError `data` when it is gone, damaged, too large, or a link that leads out of the folder
 */
export async function readPicture(store: PictureStore, index: number): Promise<Buffer> {
  if (store.kind === 'zip') {
    const { file, headers, bytes, deflated } = store;
    const member = { header: headers[index] ?? 0, bytes: bytes[index] ?? 0, deflated: deflated[index] === 1 };
    return readZipMember(file, member, MAX_PICTURE_BYTES, store.hint);
  }
  const file = placeOf(store, index);
  const options = { code: 'data', hint, within: store.folder } as const;
  return readLimited(file, MAX_PICTURE_BYTES, options).catch((error: unknown) => {
    throw readError(error, file, options);
  });
}
