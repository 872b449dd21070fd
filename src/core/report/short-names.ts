/**
 * Files by the ends of their paths, as long as they have to be to tell the files apart; `model.json` alone says nothing.
 * @param files different ones
 */
export function shortNames(files: readonly string[]): ReadonlyMap<string, string> {
  const tails = files.map((file) => file.split(/[\\/]/));
  const longest = Math.max(1, ...tails.map(({ length }) => length));
  for (let length = 1; length < longest; length++) {
    const names = tails.map((parts) => parts.slice(-length).join('/'));
    if (new Set(names).size < files.length || names.includes('model.json')) continue;
    return new Map(files.map((file, at) => [file, names[at] ?? file]));
  }
  return new Map(files.map((file) => [file, file]));
}
