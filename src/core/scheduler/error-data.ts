import { M2atError, messageOf } from '../errors';
import type { ErrorData } from './job-files';

/** An error as data; what is no M2atError is a defect. */
export function dataOf(error: unknown): ErrorData {
  const { code, what, where, lines, hint } =
    error instanceof M2atError ? error : new M2atError('internal', messageOf(error), { cause: error });
  return {
    code,
    what,
    ...(where && { where }),
    ...(lines.length > 0 && { lines: [...lines] }),
    ...(hint && { hint }),
  };
}

/** The error that crossed as data. */
export function errorOf({ code, what, where, lines, hint }: ErrorData): M2atError {
  return new M2atError(code, what, {
    ...(where !== undefined && { where }),
    ...(lines !== undefined && { lines }),
    ...(hint !== undefined && { hint }),
  });
}
