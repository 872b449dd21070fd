// The rooms of the product, from the lowest: a file imports from its own room and from those before it. Rooms in one list
// know nothing of each other. docs/architecture.md says what each is for; lint holds the imports against this.

export const rooms = [
  ['src/core'],
  ['src/core/files'],
  ['src/core/processes'],
  // What version control says of a folder, without asking it.
  ['src/core/repository'],
  ['src/core/memory'],
  ['src/core/canvas'],
  ['src/core/engine/runtime', 'src/core/engine/arrays'],
  ['src/core/engine/graph'],
  ['src/core/engine/tracing'],
  ['src/core/engine/gradients', 'src/core/engine/ops'],
  ['src/core/engine/kernels'],
  ['src/core/engine/compile'],
  ['src/core/engine/sessions'],
  ['src/core/engine/devices'],
  // The compiler as a library.
  ['src/core/engine'],
  ['src/core/data'],
  // Common corruptions of images, and a network's answers under them.
  ['src/core/corruptions'],
  ['src/core/models/networks'],
  ['src/core/models'],
  ['src/core/models/input'],
  // Networks of files as one form, and its operators.
  ['src/core/models/graph'],
  ['src/core/models/layers-model', 'src/core/models/graph-model', 'src/core/models/onnx'],
  // Networks that are trained, of layers and of graphs: their checkpoints.
  ['src/core/models/trained'],
  // The list of formats.
  ['src/core/models/formats'],
  ['src/core/attacks/parameters'],
  ['src/core/attacks/base'],
  ['src/core/attacks/budget'],
  [
    ...['src/core/attacks/gradient', 'src/core/attacks/minimal-norm', 'src/core/attacks/scores'],
    ...['src/core/attacks/decisions', 'src/core/attacks/ensembles'],
  ],
  ['src/core/attacks/plan'],
  ['src/core/attacks/evaluation'],
  // The list of attacks.
  ['src/core/attacks'],
  ['src/core/methods'],
  // Settings of papers, by name.
  ['src/core/recipes'],
  // The lists of attacks, data sets, formats and methods.
  ['src/core/registry'],
  ['src/core/records'],
  ['src/core/report'],
  ['src/core/experiment'],
  ['src/core/runs'],
  // Jobs as processes of their own: what they are to do, who does them, how they are reached.
  ['src/core/scheduler'],
  ['src/core/attacking', 'src/core/training'],
  ['src/core/jobs'],
  ['src/protocol'],
  ['src/worker', 'src/cli', 'src/extension', 'webview'],
  ['webview/text'],
  ['webview/state'],
  ['webview/controls'],
  ['webview/plots', 'webview/pictures'],
  ['webview/sections'],
  ['webview/dashboard', 'webview/compare'],
  ['webview/pages'],
];

/**
 * Rooms that, with the rooms in them, see some of those before them only: what computes stays out of the editor's process
 * and of the page.
 */
export const sees = {
  'src/protocol': [
    ...['src/core', 'src/core/data', 'src/core/models/input', 'src/core/registry', 'src/core/records'],
    'src/core/report',
    ...['src/core/corruptions', 'src/core/engine/devices', 'src/core/scheduler'],
  ],
  'src/extension': [
    ...['src/core', 'src/core/files', 'src/core/models', 'src/core/models/input', 'src/core/models/formats'],
    ...[
      'src/core/attacks',
      'src/core/attacks/plan',
      'src/core/registry',
      'src/core/records',
      'src/core/report',
    ],
    ...[
      'src/core/corruptions',
      'src/core/experiment',
      'src/core/runs',
      'src/core/scheduler',
      'src/protocol',
      'src/core/engine/devices',
    ],
  ],
  webview: ['src/core', 'src/core/attacks/parameters', 'src/core/records', 'src/core/report', 'src/protocol'],
};

const names = rooms.flat();

const isIn = (file, room) => file === room || file.startsWith(`${room}/`);

/** The room of a file or folder, by its path below the root; undefined for what is in none. */
export function roomOf(file) {
  const inside = names.filter((name) => isIn(file, name));
  return inside.sort((a, b) => b.length - a.length)[0];
}

/** Why one room may not import from another; undefined where it may. */
export function forbidden(from, to) {
  if (from === to) return undefined;
  const level = (room) => rooms.findIndex((list) => list.includes(room));
  if (level(to) > level(from)) return 'above';
  if (level(to) === level(from)) return 'beside';
  const top = Object.keys(sees).find((room) => isIn(from, room));
  return top && !isIn(to, top) && !sees[top].includes(to) ? 'unseen' : undefined;
}
