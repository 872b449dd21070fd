import path from 'node:path';

/** The repository. The bundles that this module ends up in lie in `out/`. */
export const root = path.dirname(__dirname);
