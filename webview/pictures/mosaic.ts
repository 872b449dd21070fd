import type { SampleGrid } from '../../src/core/records/run-files';
import type { Samples } from '../../src/core/records/run-state';

/** The decoded picture of a sample grid, cut into tiles. */
export class Mosaic {
  readonly grid: SampleGrid;
  readonly #bitmap: ImageBitmap;

  private constructor(grid: SampleGrid, bitmap: ImageBitmap) {
    this.grid = grid;
    this.#bitmap = bitmap;
  }

  /** Throws when the picture is no PNG, or smaller than the grid says. */
  static async decode({ grid, png }: Samples): Promise<Mosaic> {
    const copy = new Uint8Array(png);
    const bitmap = await createImageBitmap(new Blob([copy], { type: 'image/png' }), {
      premultiplyAlpha: 'none',
      colorSpaceConversion: 'none',
    });
    const { width, height } = grid.imageSize;
    if (bitmap.width < width * grid.columns.length || bitmap.height < height * grid.rows.length) {
      throw new RangeError(
        `The picture has ${bitmap.width} x ${bitmap.height} pixels; ` +
          `${grid.columns.length} x ${grid.rows.length} tiles of ${width} x ${height} don't fit.`,
      );
    }
    return new Mosaic(grid, bitmap);
  }

  /** Draws a tile at its own resolution; style sheets scale it. */
  draw(canvas: HTMLCanvasElement, row: number, column: number): void {
    const { width, height } = this.grid.imageSize;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const context = canvas.getContext('2d');
    context?.drawImage(this.#bitmap, column * width, row * height, width, height, 0, 0, width, height);
  }

  close(): void {
    this.#bitmap.close();
  }
}
