import { boxResize } from '../corruptions/base/box-resize';
import type { ImageBytes } from '../corruptions/base/image-bytes';
import type { CorruptionResult } from '../corruptions/measure-corruptions';
import type { SampleGrid } from '../records/run-files';
import type { Samples } from './grid-file';
import { decodePng, encodePng } from './png-file';

/** Larger images are shown smaller. */
const LARGEST = 96;

export interface ShownImage {
  readonly image: ImageBytes;
  readonly index: number;
  readonly label: number;
  readonly classNames: readonly string[];
}

/** One image under each corruption, a row each, and each severity, a column each; the first row is the image as it is. */
export class CorruptionPictures {
  private readonly rows: SampleGrid['rows'] = [];
  private tiles: Uint8Array[] = [];
  private readonly size: { readonly height: number; readonly width: number };

  constructor(
    private readonly shown: ShownImage,
    private readonly severities: readonly number[],
  ) {
    const { height, width } = shown.image;
    const scale = Math.min(1, LARGEST / Math.max(height, width));
    this.size = {
      height: Math.max(1, Math.round(scale * height)),
      width: Math.max(1, Math.round(scale * width)),
    };
    this.add(severities.map(() => ({ pixels: shown.image.pixels, answer: undefined })));
  }

  /** A row: one corruption under its severities. */
  add(results: readonly CorruptionResult['shown'][]): void {
    const { index, label, image } = this.shown;
    const predictions = results.flatMap(({ answer }, n) =>
      answer
        ? [[String(this.severities[n]), { label: answer.label, confidence: answer.confidence }] as const]
        : [],
    );
    this.rows.push({ index, label, predictions: Object.fromEntries(predictions) });
    for (const { pixels } of results) this.tiles.push(this.tileOf({ ...image, pixels }));
  }

  /**
   * Takes the rows of an earlier process.
   * @returns false where the pictures are not those of this image
   */
  async restore({ grid, png }: Samples, rows: number): Promise<boolean> {
    const { height, width } = this.size;
    const columns = this.severities.length;
    const fits =
      grid.imageSize.height === height &&
      grid.imageSize.width === width &&
      grid.columns.length === columns &&
      grid.rows.length === rows &&
      grid.rows.every(({ index }) => index === this.shown.index);
    const pixels = fits ? await decodePng(png, columns * width, rows * height) : undefined;
    if (!pixels) return false;
    this.rows.splice(0, this.rows.length, ...grid.rows);
    this.tiles = Array.from({ length: rows * columns }, (_, n) => {
      const tile = new Uint8Array(height * width * 3);
      for (let y = 0; y < height; y++) {
        const line = (Math.floor(n / columns) * height + y) * columns + (n % columns);
        tile.set(pixels.subarray(line * width * 3, (line + 1) * width * 3), y * width * 3);
      }
      return tile;
    });
    return true;
  }

  async samples(): Promise<Samples> {
    const { height, width } = this.size;
    const columns = this.severities.length;
    const pixels = new Uint8Array(this.tiles.length * height * width * 3);
    for (const [n, tile] of this.tiles.entries()) {
      for (let y = 0; y < height; y++) {
        const line = (Math.floor(n / columns) * height + y) * columns + (n % columns);
        pixels.set(tile.subarray(y * width * 3, (y + 1) * width * 3), line * width * 3);
      }
    }
    const grid: SampleGrid = {
      step: 0,
      epoch: 0,
      imageSize: this.size,
      columns: this.severities.map((severity) => ({
        key: String(severity),
        title: `Severity ${severity}`,
        kind: 'corrupted',
      })),
      rows: [...this.rows],
      classNames: [...this.shown.classNames],
    };
    return { grid, png: await encodePng(pixels, columns * width, this.rows.length * height) };
  }

  /** Red, green and blue, as large as a tile. */
  private tileOf(image: ImageBytes): Uint8Array {
    const { height, width } = this.size;
    const { pixels, channels } = boxResize(image, height, width);
    if (channels === 3) return pixels;
    const tile = new Uint8Array(height * width * 3);
    for (let i = 0; i < tile.length; i++) tile[i] = pixels[Math.floor(i / 3) * channels] ?? 0;
    return tile;
  }
}
