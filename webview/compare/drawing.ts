/** An element of SVG, or text inside of one. */
export type SvgNode =
  string | { readonly name: string; readonly attributes: Attributes; readonly inside: readonly SvgNode[] };
type Attributes = Readonly<Record<string, string | number | undefined>>;

/** A drawing, for the page and for files. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly inside: readonly SvgNode[];
}

export function svg(name: string, attributes: Attributes, ...inside: readonly SvgNode[]): SvgNode {
  return { name, attributes, inside };
}

const SPACE = 'http://www.w3.org/2000/svg';

function rootOf({ width, height, inside }: Drawing, attributes: Attributes): SvgNode {
  return svg('svg', { viewBox: `0 0 ${width} ${height}`, ...attributes }, ...inside);
}

/** The drawing on the page; it is as wide as there is room. */
export function drawnElement(made: Drawing, label: string): SVGElement {
  const root = elementOf(rootOf(made, { role: 'img', 'aria-label': label, class: 'drawing' }));
  if (!(root instanceof SVGElement)) throw new TypeError('The root of a drawing is an element.');
  return root;
}

function elementOf(node: SvgNode): Node {
  if (typeof node === 'string') return document.createTextNode(node);
  const made = document.createElementNS(SPACE, node.name);
  for (const [key, value] of entriesOf(node.attributes)) made.setAttribute(key, value);
  made.append(...node.inside.map(elementOf));
  return made;
}

/** The drawing as a file. */
export function svgFile(made: Drawing): string {
  const { width, height } = made;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${textOf(rootOf(made, { xmlns: SPACE, width, height }))}\n`;
}

function textOf(node: SvgNode): string {
  if (typeof node === 'string') return escaped(node);
  const given = entriesOf(node.attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`);
  const content = node.inside.map(textOf).join('');
  return content === ''
    ? `<${node.name}${given.join('')}/>`
    : `<${node.name}${given.join('')}>${content}</${node.name}>`;
}

function entriesOf(attributes: Attributes): [string, string][] {
  return Object.entries(attributes).flatMap(([key, value]): [string, string][] =>
    value === undefined ? [] : [[key, typeof value === 'number' ? String(Number(value.toFixed(2))) : value]],
  );
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** The drawing as a PNG, twice as fine. @throws Error where the browser can't draw it */
export async function pngOf(made: Drawing): Promise<Uint8Array<ArrayBuffer>> {
  const address = URL.createObjectURL(new Blob([svgFile(made)], { type: 'image/svg+xml' }));
  try {
    const picture = new Image();
    picture.src = address;
    await picture.decode();
    const canvas = document.createElement('canvas');
    canvas.width = 2 * made.width;
    canvas.height = 2 * made.height;
    canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((done) => {
      canvas.toBlob(done, 'image/png');
    });
    if (!blob) throw new Error('The picture is empty.');
    return new Uint8Array(await blob.arrayBuffer());
  } finally {
    URL.revokeObjectURL(address);
  }
}
