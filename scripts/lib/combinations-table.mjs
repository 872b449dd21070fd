// The table of docs/methods.md that says which options a method takes, and which options go together, from what the code
// refuses. `npm run schema` writes it; a test compares.

const begin = '<!-- combinations: written by npm run schema -->';
const end = '<!-- end of combinations -->';
const code = (value) => `\`${String(value)}\``;
const line = (cells) => `| ${cells.join(' | ')} |`;

/** With which settings of its own something refuses, in words. */
function conditionOf(owner, { when }) {
  const parts = Object.entries(when).map(
    ([key, { values, byDefault }]) =>
      `\`${key}\` ${values.map((value) => code(JSON.stringify(value))).join(' or ')}${byDefault ? ' (the default)' : ''}`,
  );
  return parts.length === 0 ? '' : `${code(owner)} with ${parts.join(' and ')}: `;
}

/**
 * The table and its notes, not formatted yet.
 * @param refusals `ofMethod(method)` and `ofOption(option)` give what each refuses
 * @param settings keys beside the options that can be refused
 */
export function combinationsTable({ methods, options }, { ofMethod, ofOption }, settings = []) {
  const columns = [...options.map(({ name }) => name), ...settings];
  const notes = [];
  const noteOf = (text) => {
    if (!notes.includes(text)) notes.push(text);
    return notes.indexOf(text) + 1;
  };
  /** What two refuse of each other. */
  const cell = (found) => {
    if (found.length === 0) return 'yes';
    const numbers = found.map(({ owner, refusal }) => noteOf(conditionOf(owner, refusal) + refusal.reason));
    const always = found.some(({ refusal }) => Object.keys(refusal.when).length === 0);
    return `${always ? 'no' : 'yes, but'} (${[...new Set(numbers)].join(', ')})`;
  };
  const between = new Map(options.map((option) => [option.name, ofOption(option)]));
  const refusedBy = (name, key) =>
    (between.get(name) ?? [])
      .filter((refusal) => refusal.key === key)
      .map((refusal) => ({ owner: name, refusal }));
  const rows = [
    ...methods.map((method) => {
      const refusals = ofMethod(method);
      return [
        `**${method.name}**`,
        ...columns.map((key) =>
          cell(
            refusals
              .filter((refusal) => refusal.key === key)
              .map((refusal) => ({ owner: method.name, refusal })),
          ),
        ),
      ];
    }),
    ...options.map(({ name }) => [
      `**${name}**`,
      ...columns.map((key) => (key === name ? '' : cell([...refusedBy(name, key), ...refusedBy(key, name)]))),
    ]),
  ];
  return [
    [
      line(['', ...columns.map((key) => code(settings.includes(key) ? `training.${key}` : key))]),
      line(['', ...columns].map(() => '---')),
      ...rows.map(line),
    ].join('\n'),
    notes.map((note, index) => `${index + 1}. ${note}.`).join('\n'),
  ].join('\n\n');
}

/** A page with the table in its place. */
export function withCombinations(page, table) {
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error(`the page has no place for the table: ${begin} … ${end}`);
  return `${before}${begin}\n\n${table}\n\n${end}${after}`;
}

/** The table that a page has. */
export function combinationsOf(page) {
  return page.split(begin)[1]?.split(end)[0] ?? '';
}
