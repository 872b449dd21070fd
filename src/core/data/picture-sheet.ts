import { createCanvas, drawText, fitText, textSize, type Canvas, type Colour } from '../canvas/bitmap-text';
import { readPixels } from './batch';
import type { ImageSource } from './image-source';

const PAPER: Colour = [255, 255, 255];
const INK: Colour = [32, 32, 32];
const PALE: Colour = [120, 120, 120];
const [MARGIN, GAP, NAME_WIDTH] = [16, 4, 200];
/** Small images are enlarged to about so many pixels, large ones made smaller. */
const TILE = 72;
const ROWS = 20;
/** More classes are not drawn. */
const MOST_CLASSES = 200;

/** Classes, images of each, and their order on the sheet. */
interface Shown {
  readonly label: number;
  readonly name: string;
  readonly count: number;
  /** In the source. */
  readonly indices: readonly number[];
}

/**
 * A sheet of pictures: a row for each class with its name, how many images it has, and the first of them. Classes that
 * have none are rows without pictures.
 * @param title above the rows
 * @throws M2atError as the source's `read`
 */
export async function pictureSheet(
  source: ImageSource,
  classNames: readonly string[],
  title: string,
  signal?: AbortSignal,
): Promise<Canvas> {
  const each = classNames.length <= ROWS ? 10 : classNames.length <= 50 ? 5 : 3;
  const classes = shownClasses(source, classNames, each);
  const { width, height, channels } = source;
  const size = tileSize(height, width);
  const rows = Math.min(ROWS, classes.length);
  const block = NAME_WIDTH + each * (size.width + GAP);
  const blocks = Math.ceil(classes.length / ROWS);
  const top = MARGIN + 2 * textSize(title, 2).height;
  const canvas = createCanvas(
    Math.max(2 * MARGIN + blocks * (block + MARGIN), 2 * MARGIN + textSize(title, 2).width),
    top + rows * (size.height + GAP) + MARGIN,
    PAPER,
  );
  drawText(canvas, title, { x: MARGIN, y: MARGIN, scale: 2, colour: INK });
  const pixels = await readPixels(
    source,
    classes.flatMap(({ indices }) => indices),
    signal,
  );
  const scale = pixels instanceof Float32Array ? 255 : 1;
  let next = 0;
  for (const [n, { name, count, indices }] of classes.entries()) {
    const x = MARGIN + Math.floor(n / ROWS) * (block + MARGIN);
    const y = top + (n % ROWS) * (size.height + GAP);
    drawText(canvas, fitText(name, NAME_WIDTH - GAP, 2), { x, y: y + 4, scale: 2, colour: INK });
    drawText(canvas, String(count), { x, y: y + 4 + textSize('', 2).height, scale: 1, colour: PALE });
    for (const [place] of indices.entries()) {
      const from = next++ * height * width * channels;
      const image = pixels.subarray(from, from + height * width * channels);
      const at = { x: x + NAME_WIDTH + place * (size.width + GAP), y };
      drawImage(canvas, { image, height, width, channels, scale }, { ...at, ...size });
    }
  }
  return canvas;
}

function shownClasses({ labels }: ImageSource, classNames: readonly string[], each: number): Shown[] {
  const found = classNames.map(() => ({ count: 0, indices: [] as number[] }));
  for (const [index, label] of labels.entries()) {
    const one = found[label];
    if (!one) continue;
    one.count++;
    if (one.indices.length < each) one.indices.push(index);
  }
  return found
    .map((one, label) => ({ ...one, label, name: classNames[label] ?? String(label) }))
    .slice(0, MOST_CLASSES);
}

/** Whole multiples, or a whole part, so that no pixel is invented. */
function tileSize(height: number, width: number): { readonly height: number; readonly width: number } {
  const longer = Math.max(height, width);
  const factor = longer <= TILE ? Math.floor(TILE / longer) : 1 / Math.ceil(longer / (2 * TILE));
  return { height: Math.ceil(height * factor), width: Math.ceil(width * factor) };
}

interface Image {
  readonly image: ArrayLike<number>;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** What a value is multiplied by to be a byte. */
  readonly scale: number;
}

/** Each pixel of the sheet is the mean of those that it stands for, or the one that it is a part of. */
function drawImage(
  canvas: Canvas,
  { image, height, width, channels, scale }: Image,
  tile: { readonly x: number; readonly y: number; readonly height: number; readonly width: number },
): void {
  for (let y = 0; y < tile.height; y++) {
    const [y0, y1] = range(y, tile.height, height);
    for (let x = 0; x < tile.width; x++) {
      const [x0, x1] = range(x, tile.width, width);
      for (let c = 0; c < 3; c++) {
        const channel = Math.min(c, channels - 1);
        let sum = 0;
        for (let v = y0; v < y1; v++) {
          for (let u = x0; u < x1; u++) sum += image[(v * width + u) * channels + channel] ?? 0;
        }
        const mean = (sum * scale) / ((y1 - y0) * (x1 - x0));
        canvas.pixels[((tile.y + y) * canvas.width + tile.x + x) * 3 + c] = Math.round(mean);
      }
    }
  }
}

/** The pixels of the image, from and up to, that pixel n of so many of the tile stands for. */
function range(n: number, tile: number, image: number): [from: number, to: number] {
  const from = Math.floor((n * image) / tile);
  return [from, Math.max(from + 1, Math.floor(((n + 1) * image) / tile))];
}
