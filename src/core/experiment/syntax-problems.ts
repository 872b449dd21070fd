import { createScanner, printParseErrorCode, type ParseError } from 'jsonc-parser';

/** Something that makes a text no JSON, as a sentence; offsets in UTF-16 units. */
export interface SyntaxProblem {
  readonly message: string;
  readonly offset: number;
  readonly length: number;
}

/** Each has to be looked for from the beginning of the text. */
const MAX_COMMAS = 20;

/**
 * Sentences for what the parser complained of. A missing comma is the one mistake after which it goes on as if nothing
 * had happened; whatever follows another one may be its consequence, so only the first is told.
 */
export function syntaxProblems(text: string, errors: readonly ParseError[]): SyntaxProblem[] {
  if (text.trim() === '') {
    const message =
      'The file is empty: an experiment is an object in braces, such as { "dataset": …, "model": …, "method": … }.';
    return [{ message, offset: 0, length: 0 }];
  }
  const onlyCommas = errors.every(({ error }) => printParseErrorCode(error) === 'CommaExpected');
  return errors.slice(0, onlyCommas ? MAX_COMMAS : 1).map((error) => syntaxProblem(text, error));
}

function syntaxProblem(text: string, { error, offset, length }: ParseError): SyntaxProblem {
  const code = printParseErrorCode(error);
  // A comma is missing after the entry before, and not where the next one begins.
  const end = code === 'CommaExpected' ? endOfTokenBefore(text, offset) : undefined;
  const at = end ?? offset;
  const [what, remedy] = words(code, text.slice(offset, offset + length));
  const message = `The file is not valid JSON: ${what} at ${position(text, at)}${remedy}.`;
  return end === undefined ? { message, offset, length } : { message, offset: end - 1, length: 1 };
}

/** What is wrong, and after the position what to do about it. */
function words(code: string, found: string): readonly [string, string] {
  switch (code) {
    case 'CommaExpected':
      return ['a comma is missing', ', between this entry and the next'];
    case 'ColonExpected':
      return ['a colon is missing', ', between the key and its value'];
    case 'PropertyNameExpected':
      return ['a key is expected', ': text in double quotes, such as "epochs", followed by a colon'];
    case 'ValueExpected':
      return ['a value is missing', ': a number, true, false, text in double quotes, a list or an object'];
    case 'CloseBraceExpected':
      return ['a closing brace } is missing', ': an object that was opened before is still open'];
    case 'CloseBracketExpected':
      return ['a closing bracket ] is missing', ': a list that was opened before is still open'];
    case 'EndOfFileExpected':
      return ['something follows the end of the experiment', '; delete it, or the brace that ends too early'];
    case 'InvalidNumberFormat':
    case 'UnexpectedEndOfNumber':
      return [`${brief(found)} is not a number`, '; write numbers like 0.5, -3 or 1e-4'];
    case 'InvalidCommentToken':
      return ['this is not a comment', '; comments begin with // or stand between /* and */'];
    case 'UnexpectedEndOfComment':
      return ['the comment that begins is never closed', ': it ends with */'];
    case 'UnexpectedEndOfString':
      return ['the text that begins is never closed', ': it ends with a double quote, on the same line'];
    case 'InvalidUnicode':
      return ['\\u in a text is not followed by four hexadecimal digits', ', as in \\u00e9'];
    case 'InvalidEscapeCharacter':
      return ['a backslash in a text is followed by what it can not escape', '; write \\\\ for a backslash'];
    case 'InvalidCharacter':
      return ['a text has a control character', ', such as a tab; write \\t for it'];
    default:
      return [
        `${brief(found)} is not understood`,
        '; keys and texts stand in double quotes, and other words than true, false and null do not exist',
      ];
  }
}

function brief(found: string): string {
  return found.length > 30 ? `${found.slice(0, 29)}…` : found;
}

function endOfTokenBefore(text: string, offset: number): number | undefined {
  const scanner = createScanner(text, true);
  let end: number | undefined;
  for (;;) {
    scanner.scan();
    // At the end of the text the scanner stays where it is.
    if (scanner.getTokenOffset() >= offset || scanner.getTokenLength() === 0) return end;
    end = scanner.getTokenOffset() + scanner.getTokenLength();
  }
}

/** `line 3, column 14`, both from 1. */
function position(text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n');
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}
