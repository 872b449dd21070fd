import { M2atError } from '../../core/errors';
import type { ErrorData } from '../../protocol/worker-protocol';

/** The error that crossed as data. */
export function errorOf({ code, what, where, lines, hint }: ErrorData): M2atError {
  return new M2atError(code, what, {
    ...(where !== undefined && { where }),
    ...(lines !== undefined && { lines }),
    ...(hint !== undefined && { hint }),
  });
}
