import { codeOf } from './error-code';
import { M2atError, messageOf } from '../errors';

/** What a file system refused, in words for the person who ran into it. An M2atError stays as it is. */
export function fileError(error: unknown, file: string): M2atError {
  if (error instanceof M2atError) return error;
  const code = codeOf(error) ?? '';
  const [what, hint] = explain(code);
  return new M2atError('io', what ?? messageOf(error), {
    where: file,
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  });
}

function explain(code: string): [string | undefined, string?] {
  switch (code) {
    case 'ENOSPC':
      return ['the disk is full', 'Free some space, or choose another folder.'];
    case 'EDQUOT':
      return ['your disk quota is used up', 'Free some space, or choose another folder.'];
    case 'EACCES':
    case 'EPERM':
      return ['no permission to write here', 'Choose a folder that you can write to.'];
    case 'EROFS':
      return ['this file system is read-only', 'Choose a folder that you can write to.'];
    case 'ENOTDIR':
    case 'EEXIST':
      return ['a file is in the way of a folder', 'Choose another folder, or move that file.'];
    case 'ENOENT':
      return ['the folder does not exist', 'Was it moved or deleted?'];
    case 'EMFILE':
      return ['too many files are open', 'Close other programs, or raise the limit (ulimit -n).'];
    default:
      return [undefined];
  }
}
