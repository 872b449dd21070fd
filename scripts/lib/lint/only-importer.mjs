// An ESLint plugin: names of packages that one module alone may write, because what it does first must come first.

/**
 * Refuses a string that names a package, or a file in it: as the source of an import of any form, of types too, and in
 * any other place from where it could get into one. Keys and sentences are left alone.
 */
const onlyImporter = {
  meta: {
    type: 'problem',
    schema: [
      {
        type: 'object',
        properties: { package: { type: 'string' }, importer: { type: 'string' }, why: { type: 'string' } },
        required: ['package', 'importer', 'why'],
        additionalProperties: false,
      },
    ],
    messages: { other: '{{package}} is imported by {{importer}} alone: {{why}}' },
  },
  create(context) {
    const [{ package: name, importer, why }] = context.options;
    const named = new RegExp(String.raw`^(\S*[/\\])?${name}([/\\]\S*)?$`);
    const check = (node, text) => {
      if (typeof text === 'string' && named.test(text) && !isKey(node))
        context.report({ node, messageId: 'other', data: { package: name, importer, why } });
    };
    return {
      Literal: (node) => check(node, node.value),
      TemplateElement: (node) => check(node, node.value.cooked),
    };
  },
};

/** `{ 'name': … }` and `versions['name']` load nothing. */
function isKey({ parent, ...node }) {
  if (parent.type === 'MemberExpression') return parent.property.range[0] === node.range[0];
  return /Property|PropertySignature/.test(parent.type) && parent.key?.range[0] === node.range[0];
}

export default { rules: { 'only-importer': onlyImporter } };
