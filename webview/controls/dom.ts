import { printableLines } from '../../src/core/printable';

export interface ElementOptions {
  readonly class?: string;
  readonly text?: string;
  readonly title?: string;
  /** Attributes; `style` is not allowed here: the content security policy refuses it. */
  readonly attributes?: Readonly<Record<string, string>>;
}

export type Child = Node | string | undefined;

/**
 * Makes an element. Text is always set as text, never as HTML, and what would not be seen in it, or would turn the text
 * around it, is shown.
 */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  options: ElementOptions = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  return configured(document.createElement(tag), options, children);
}

/** Makes a custom element of the webview toolkit, such as `vscode-button`. */
export function toolkitElement(
  tag: `vscode-${string}`,
  options: ElementOptions = {},
  ...children: readonly Child[]
): HTMLElement {
  return configured(document.createElement(tag), options, children);
}

/** Sets an element's text where it differs, so that a selection inside survives. */
export function setText(target: Element, text: string): void {
  const shown = printableLines(text);
  if (target.textContent !== shown) target.textContent = shown;
}

/** Sets an element's children where they differ, so that the focus stays in them. */
export function setChildren(target: Element, children: readonly Element[]): void {
  const same = children.length === target.children.length;
  if (!same || children.some((child, at) => child !== target.children[at]))
    target.replaceChildren(...children);
}

/** Sets or removes an attribute. */
export function setAttribute(target: Element, name: string, value: string | undefined): void {
  if (value === undefined) target.removeAttribute(name);
  else if (target.getAttribute(name) !== value) target.setAttribute(name, value);
}

function configured<E extends HTMLElement>(made: E, options: ElementOptions, children: readonly Child[]): E {
  if (options.class) made.className = options.class;
  if (options.text !== undefined) made.textContent = printableLines(options.text);
  if (options.title !== undefined) made.title = printableLines(options.title);
  for (const [name, value] of Object.entries(options.attributes ?? {})) made.setAttribute(name, value);
  for (const child of children) {
    if (child !== undefined) made.append(typeof child === 'string' ? printableLines(child) : child);
  }
  return made;
}
