// An ESLint rule: what a file imports lies in its own room, or in one that its room may import from.
import path from 'node:path';
import { forbidden, roomOf } from '../rooms.mjs';

const belowRoot = (cwd, file) => path.relative(cwd, file).split(path.sep).join('/');

/** @type {import('eslint').Rule.RuleModule} */
const importsDown = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      above: 'Imports go down only: {{to}} is above {{from}} (scripts/lib/rooms.mjs).',
      beside: '{{from}} and {{to}} know nothing of each other (scripts/lib/rooms.mjs).',
      unseen: '{{from}} imports nothing from {{to}} (scripts/lib/rooms.mjs).',
    },
  },
  create(context) {
    const { cwd, filename } = context;
    const from = roomOf(belowRoot(cwd, filename));
    if (from === undefined) return {};
    const check = (source) => {
      const name = source?.type === 'TSLiteralType' ? source.literal.value : source?.value;
      if (typeof name !== 'string' || !name.startsWith('.')) return;
      const to = roomOf(belowRoot(cwd, path.resolve(path.dirname(filename), name)));
      const why = to === undefined ? undefined : forbidden(from, to);
      if (why !== undefined) context.report({ node: source, messageId: why, data: { from, to } });
    };
    return {
      ImportDeclaration: ({ source }) => check(source),
      ExportNamedDeclaration: ({ source }) => check(source),
      ExportAllDeclaration: ({ source }) => check(source),
      ImportExpression: ({ source }) => check(source),
      TSImportType: ({ argument, source }) => check(source ?? argument),
      TSExternalModuleReference: ({ expression }) => check(expression),
      'CallExpression[callee.name="require"]': (call) => check(call.arguments[0]),
    };
  },
};

export default { rules: { 'imports-down': importsDown } };
