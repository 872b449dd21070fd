// The page of everything that an experiment or a command line can name, from the lists themselves. `npm run schema` writes
// it; a test compares.

/** What an attack looks at, in the order of the page. */
const seen = { gradients: 'gradients', scores: 'logits', decisions: 'decisions' };

const code = (value) => `\`${String(value)}\``;
const cell = (text) => String(text ?? '').replaceAll('|', '\\|');

function table(titles, rows) {
  const line = (cells) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n');
}

/** A default as an experiment file would have it; where it depends on other keys, the description says it. */
function shown(value) {
  if (value === undefined) return '';
  return code(typeof value === 'string' ? value : JSON.stringify(value));
}

function parametersOf({ name, parameters }, toJsonSchema) {
  const { properties = {} } = toJsonSchema(parameters, { io: 'input', unrepresentable: 'any' });
  const rows = Object.entries(properties)
    .filter(([key]) => key !== 'name')
    .map(([key, { default: usual, description }]) => [code(key), shown(usual), description]);
  return rows.length === 0 ? '' : `### ${code(name)}\n\n${table(['key', 'default', 'meaning'], rows)}`;
}

/**
 * The text of the page, not formatted yet.
 * @param toJsonSchema zod's `toJSONSchema`
 */
export function listsPage({ attacks, datasets, formats, methods, options }, toJsonSchema) {
  const parameters = (list) => list.map((entry) => parametersOf(entry, toJsonSchema)).filter(Boolean);
  const about = ({ parameters }) => parameters.shape.name.description;
  return [
    '# What can be named',
    'Every training method, attack, data set and format of this version, with its keys: the same that the completions of an' +
      ' experiment file and the help of the command line show. `npm run schema` writes this page from the lists in the code.',
    '## Training methods',
    'What they do is in [methods.md](methods.md).',
    ...parameters(methods),
    '## Options of any method',
    'Which method takes which is in [methods.md](methods.md#options-of-any-method).',
    table(
      ['option', 'meaning'],
      options.map(({ name, schema }) => [code(name), schema.description]),
    ),
    ...parameters(options.map(({ name, schema }) => ({ name, parameters: schema }))),
    '## Attacks',
    'How they do it is in [attacks.md](attacks.md). Those that see logits or decisions need no gradient.',
    table(
      ['attack', 'sees', 'norms', 'looks for', 'targeted', ''],
      attacks.map((attack) => [
        code(attack.name),
        seen[attack.sees],
        attack.norms.map(code).join(', '),
        attack.kind === 'ensemble'
          ? 'what its attacks do'
          : attack.minimal
            ? 'the smallest'
            : 'within epsilon',
        attack.untargeted === undefined ? 'yes' : '',
        about(attack),
      ]),
    ),
    ...parameters(attacks),
    '## Data sets',
    'Where their files come from is in [data.md](data.md).',
    table(
      ['data set', '', 'classes', 'images', 'size'],
      datasets.map(({ name, title, facts }) => [
        code(name),
        title,
        ...(facts
          ? [
              facts.classNames.length,
              Object.entries(facts.counts)
                .map(([split, count]) => `${count} ${split}`)
                .join(', '),
              `${facts.height} x ${facts.width} x ${facts.channels}`,
            ]
          : ['any', 'any', 'any']),
      ]),
    ),
    ...parameters(datasets),
    '## Formats of model files',
    'What of them can be read is in [models.md](models.md).',
    table(
      ['format', '', 'files'],
      formats.map(({ id, title, files }) => [code(id), title, code(files.pattern)]),
    ),
  ].join('\n\n');
}
