/**
 * ESLint's selectors for code of the extension that shows text past `src/extension/show`, where every text is made
 * plain. They are lists of what is allowed, so that a way to show text which comes later is refused as well.
 */

const message =
  'Show text with src/extension/show, which makes it plain: a name in a message can be a command link otherwise.';

/** Members of `vscode.window` that show no text. */
const window = [
  'activeTextEditor',
  'visibleTextEditors',
  'onDid\\w+',
  'showTextDocument',
  'tabGroups',
  'createTextEditorDecorationType',
  'createTreeView',
  'createWebviewPanel',
  'registerWebviewPanelSerializer',
];

/** Classes of `vscode` that hold no text to show. */
const classes = [
  'CancellationTokenSource',
  'EventEmitter',
  'Position',
  'Range',
  'RelativePattern',
  'Selection',
  'SnippetString',
  'TextEdit',
  'ThemeColor',
  'ThemeIcon',
  'WorkspaceEdit',
];

/** Properties of VS Code's objects that are shown, wherever they are assigned. */
const shown = [
  'badge',
  'contentText',
  'description',
  'detail',
  'documentation',
  'label',
  'message',
  'placeholder',
  'prompt',
  'text',
  'title',
  'tooltip',
  'validationMessage',
];

/** Parts of `vscode` that have texts of their own, or open what is outside the editor. */
const parts = ['chat', 'comments', 'debug', 'env', 'lm', 'notebooks', 'scm', 'tasks', 'tests'];

const one = (names) => `/^(${names.join('|')})$/`;

export const shownText = [
  `MemberExpression[object.object.name='vscode'][object.property.name='window']:not([property.name=${one(window)}])`,
  `NewExpression[callee.object.name='vscode']:not([callee.property.name=${one(classes)}])`,
  `MemberExpression[object.name='vscode'][property.name=${one(parts)}]`,
  `AssignmentExpression[left.property.name=${one(shown)}]`,
  `Property[key.name='contentText']`,
  `CallExpression[callee.property.name='executeCommand'] > Literal[value=/^(vscode\\.open|revealFileInOS$)/]`,
  // The whole window, or all of vscode, under another name, or a member by an expression.
  `:not(MemberExpression) > MemberExpression[object.name='vscode'][property.name='window']`,
  `:not(MemberExpression, TSQualifiedName, ImportNamespaceSpecifier) > Identifier[name='vscode']`,
  `MemberExpression[computed=true][object.name='vscode']`,
  `MemberExpression[computed=true][object.object.name='vscode']`,
  `ImportDeclaration[source.value='vscode'] > :not(ImportNamespaceSpecifier[local.name='vscode'], Literal)`,
  `:matches(ExportAllDeclaration, ExportNamedDeclaration, ImportExpression)[source.value='vscode']`,
  `TSExternalModuleReference[expression.value='vscode']`,
  `CallExpression[callee.name='require'][arguments.0.value='vscode']`,
].map((selector) => ({ selector, message }));

/** The same for the dashboard: text becomes nodes, never HTML, and nothing in it is an address. */
export const htmlSinks = [
  `MemberExpression[property.name=/^(innerHTML|outerHTML|srcdoc|insertAdjacentHTML|createContextualFragment|parseFromString|setHTMLUnsafe|write|writeln|href)$/]`,
  `CallExpression[callee.name=/^(element|configured)$/] > Literal.arguments:first-child[value=/^(a|base|embed|iframe|link|object|script)$/]`,
].map((selector) => ({
  selector,
  message: 'The dashboard shows what others wrote: set textContent, and make no links.',
}));
