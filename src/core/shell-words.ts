/** What a POSIX shell takes as it is, wherever it stands in a command. */
const PLAIN = /^[\w@%+:,./-][\w@%+=:,./-]*$/;

/** A command line of `m2at` with these arguments, quoted for a POSIX shell. */
export function commandText(args: readonly string[]): string {
  return ['m2at', ...args.map(quoted)].join(' ');
}

function quoted(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
