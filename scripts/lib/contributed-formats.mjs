// What package.json and the page say of model files, by the list of their formats. `npm run schema` writes it; a test
// compares.

/** What the page calls the formats that reports name. */
export function formatNames(formats) {
  return Object.fromEntries(formats.map(({ id, title }) => [id, title]));
}

/** The manifest with the menus and the activation that follow from the formats. */
export function withFormats(manifest, formats) {
  const patterns = [...new Set(formats.map(({ files }) => files.pattern))];
  const names = patterns.filter((pattern) => !pattern.startsWith('*'));
  const byExtension = patterns
    .filter((pattern) => pattern.startsWith('*'))
    .map((pattern) => `resourceExtname == ${pattern.slice(1)}`);
  const byName = [...names.map((name) => `resourceFilename == ${name}`), ...byExtension];
  const clauses = {
    // A whole name says little: there the content of the file counts.
    'editor/title': [...byExtension, 'm2at.activeCheckpoint'],
    'editor/title/context': byName,
    'explorer/context': byName,
  };
  const changed = Object.entries(clauses).map(([menu, clause]) => [
    menu,
    manifest.contributes.menus[menu].map((item) =>
      item.command === 'm2at.attackCheckpoint'
        ? { ...item, when: `resourceScheme == file && (${clause.join(' || ')})` }
        : item,
    ),
  ]);
  const menus = { ...manifest.contributes.menus, ...Object.fromEntries(changed) };
  const others = manifest.activationEvents.filter((event) => !/^workspaceContains:\*\*\/[^*]/.test(event));
  const activating = names.map((name) => `workspaceContains:**/${name}`);
  return {
    ...manifest,
    // Before the folder of the runs.
    activationEvents: others.toSpliced(-1, 0, ...activating),
    contributes: { ...manifest.contributes, menus },
  };
}
