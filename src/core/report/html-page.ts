import { createHash } from 'node:crypto';
import { printable } from '../printable';

/** Script and style of a page. */
export interface PageBundle {
  readonly script: string;
  readonly style: string;
}

export interface PageContent extends PageBundle {
  readonly title: string;
  /** What the page shows, as JSON. */
  readonly state: unknown;
  /** Shown above, such as what is left out; may be empty. */
  readonly notes: readonly string[];
  /** For readers without scripts. */
  readonly plain: PlainTable;
}

/** The numbers alone. */
export interface PlainTable {
  readonly heading: string;
  readonly titles: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** What more there is. */
  readonly after: string;
  readonly warnings: readonly string[];
}

/** Where the page's script finds its state. */
export const STATE_ELEMENT = 'm2at-report';

const NOTE_STYLE = `
.m2at-note { margin: 0; padding: 0.5rem 1rem; font: 13px/1.4 system-ui, sans-serif; border-bottom: 1px solid #8886; }
.m2at-plain { margin: 1rem; font: 14px/1.5 system-ui, sans-serif; }
.m2at-plain td { padding: 0.1rem 1.5rem 0.1rem 0; }
`;

/** Controls try what style sheets can do with an empty one. */
const EMPTY = '';

/**
 * A page that needs nothing but itself: scripts and styles are inside, its policy names them by their hashes, and lets
 * nothing be loaded or sent.
 */
export function htmlPage({ title, script, style, state, notes, plain }: PageContent): string {
  const code = inlineScript(script);
  const css = inlineStyle(style);
  const policy = [
    `default-src 'none'`,
    `script-src ${hash(code)}`,
    `style-src ${[css, NOTE_STYLE, EMPTY].map(hash).join(' ')}`,
    // Pictures are made from the state, in memory.
    'img-src data: blob:',
    'font-src data:',
    `base-uri 'none'`,
    `form-action 'none'`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<style>${css}</style>
<style>${NOTE_STYLE}</style>
</head>
<body>
${notes.map((note) => `<p class="m2at-note">${escaped(note)}</p>\n`).join('')}<noscript>
${plainHtml(plain)}</noscript>
<div id="app"></div>
<script type="application/json" id="${STATE_ELEMENT}">${inlineJson(state)}</script>
<script>${code}</script>
</body>
</html>
`;
}

function plainHtml({ heading, titles, rows, after, warnings }: PlainTable): string {
  const cells = rows.map((row) => `<tr>${row.map((text) => `<td>${escaped(text)}</td>`).join('')}</tr>\n`);
  const list = warnings.map((warning) => `<li>${escaped(warning)}</li>\n`);
  return `<div class="m2at-plain">
<h1>${escaped(heading)}</h1>
<table>
<tr>${titles.map((title) => `<th>${escaped(title)}</th>`).join('')}</tr>
${cells.join('')}</table>
${list.length > 0 ? `<h2>Warnings</h2>\n<ul>\n${list.join('')}</ul>\n` : ''}<p>${escaped(after)}</p>
</div>
`;
}

/** JSON that can't end the element it is in. */
function inlineJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

/** A reader of HTML would take these for the end of the script, or for a comment. */
function inlineScript(script: string): string {
  return withoutMap(script)
    .replace(/<\/(script)/gi, '<\\/$1')
    .replaceAll('<!--', '<\\!--');
}

function inlineStyle(style: string): string {
  return withoutMap(style).replace(/<\/(style)/gi, '<\\/$1');
}

/** As a browser reads it, which is what the hash is of; the source map stays behind. */
function withoutMap(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/\/\/# sourceMappingURL=\S*\s*$|\/\*# sourceMappingURL=[^*]*\*\/\s*$/, '');
}

function hash(text: string): string {
  return `'sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}'`;
}

function escaped(text: string): string {
  return printable(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
