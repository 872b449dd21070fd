import { parseTree, type Node, type ParseError } from 'jsonc-parser';
import { placeTooDeep, TOO_DEEP } from '../files/json';
import type { SyntaxProblem } from './syntax-problems';

/** An experiment's text is no longer, in UTF-16 units; its file has no more bytes. */
export const MAX_EXPERIMENT_LENGTH = 1 << 20;

/**
 * The syntax tree of an experiment's text, as far as there is one; undefined for a text that nothing is looked for in
 * ({@link textProblem}). A byte order mark counts as white space.
 */
export function experimentTree(text: string, errors: ParseError[] = []): Node | undefined {
  if (textProblem(text)) return undefined;
  return parseTree(text.replace(/^\uFEFF/, ' '), errors, { allowTrailingComma: true });
}

/** Why a text is not even taken apart: it is too long, or nested so deep that walking over it would not end well. */
export function textProblem(text: string): SyntaxProblem | undefined {
  if (text.length > MAX_EXPERIMENT_LENGTH) {
    const message = `The file has ${text.length} characters; an experiment has at most ${MAX_EXPERIMENT_LENGTH}.`;
    return { message, offset: 0, length: 1 };
  }
  const offset = placeTooDeep(text);
  return offset < 0 ? undefined : { message: `The file ${TOO_DEEP}.`, offset, length: 1 };
}
