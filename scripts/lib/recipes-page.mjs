// The page of recipes, from their list. `npm run schema` writes it; a test compares.

const cell = (text) => String(text).replaceAll('|', '\\|');
const line = (cells) => `| ${cells.map(cell).join(' | ')} |`;

/** The text of the page, not formatted yet. */
export function recipesPage({ recipes }) {
  return [
    '# Recipes',
    'A recipe is a setting that a paper reports results of. `"recipe": "trades-wrn-34-10"` in an experiment file fills network,' +
      " method, options, schedule, weight decay and batch below the file's own keys, and an entry of `runs` may name another" +
      ' one: recipe, then file, then entry, each laid over the one before. So a file with a recipe needs a data set and nothing' +
      ' else, and `"training": { "epochs": 30 }` beside it changes that number alone. `experiment.json` of the run states every' +
      ' number, and the name of the recipe.',
    'Every recipe says in so many words whose conventions it follows: padding, running variance, and what weight decay acts on.' +
      ' What is not as in its source is in the table. Crops of 32 with padding 4 and flips are common to all; images are' +
      ' normalised inside of the network by mean and deviation of the data set.',
    [
      line(['recipe', 'what it trains', 'source', 'what differs here']),
      line(['---', '---', '---', '---']),
      ...recipes.map(({ name, title, source, differences }) =>
        line([`\`${name}\``, title, source, `${differences.join('; ')}.`]),
      ),
    ].join('\n'),
    '## What they fill',
    recipes
      .map(
        ({ name, fills }) => `### \`${name}\`\n\n\`\`\`json\n${JSON.stringify(fills, undefined, 2)}\n\`\`\``,
      )
      .join('\n\n'),
  ].join('\n\n');
}
