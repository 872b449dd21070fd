/** The end of a path that tells files apart: `last/model.json` rather than `model.json`. */
export function shortPath(path: string): string {
  const parts = path.split(/[\\/]/).filter((part) => part !== '');
  const generic = parts.at(-1) === 'model.json';
  return parts.slice(generic ? -2 : -1).join('/');
}
