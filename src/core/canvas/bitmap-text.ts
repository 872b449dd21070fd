import font from 'oled-font-5x7';

/** Columns and rows of a character, with the gaps beside and below it. */
const ADVANCE = font.width + 1;
const LINE = font.height + 2;

/** Pixels of one colour space, [height, width, 3]. */
export interface Canvas {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array<ArrayBuffer>;
}

export type Colour = readonly [red: number, green: number, blue: number];

export function createCanvas(width: number, height: number, [red, green, blue]: Colour): Canvas {
  const pixels = new Uint8Array(width * height * 3);
  for (let i = 0; i < pixels.length; i += 3) {
    pixels[i] = red;
    pixels[i + 1] = green;
    pixels[i + 2] = blue;
  }
  return { width, height, pixels };
}

/** Width and height of a text of one line, in pixels. */
export function textSize(text: string, scale: number): { readonly width: number; readonly height: number } {
  return { width: Array.from(text).length * ADVANCE * scale, height: LINE * scale };
}

/** The text, shortened with an ellipsis of dots until it is at most so wide. */
export function fitText(text: string, width: number, scale: number): string {
  const room = Math.floor(width / (ADVANCE * scale));
  const characters = Array.from(text);
  return characters.length <= room ? text : `${characters.slice(0, Math.max(0, room - 2)).join('')}..`;
}

/** Draws a text of one line; what lies outside is left out, and a character that the font lacks is a question mark. */
export function drawText(
  { width, height, pixels }: Canvas,
  text: string,
  {
    x,
    y,
    scale,
    colour,
  }: { readonly x: number; readonly y: number; readonly scale: number; readonly colour: Colour },
): void {
  for (const [n, character] of Array.from(text).entries()) {
    const glyph = glyphOf(character);
    for (let column = 0; column < font.width; column++) {
      const bits = font.fontData[glyph * font.width + column] ?? 0;
      for (let row = 0; row < font.height; row++) {
        if (((bits >> row) & 1) === 0) continue;
        const left = x + (n * ADVANCE + column) * scale;
        const top = y + row * scale;
        for (let dy = 0; dy < scale; dy++) {
          for (let dx = 0; dx < scale; dx++) {
            const [px, py] = [left + dx, top + dy];
            if (px < 0 || py < 0 || px >= width || py >= height) continue;
            pixels.set(colour, (py * width + px) * 3);
          }
        }
      }
    }
  }
}

function glyphOf(character: string): number {
  const index = font.lookup.indexOf(character);
  return index < 0 ? font.lookup.indexOf('?') : index;
}
