import { float32, type NdArray } from '../../engine/arrays/nd-array';
import type { Random } from '../../random';
import type { MaskParameters } from './parameters';

/**
 * Binary masks, one an image: 1 where the first partial image keeps the perturbation, 0 where the second does.
 * That the mask is binary is the paper's; its distribution is a choice of this project. The expected area is
 * one half by default, but less for the rectangle, which is clipped to the image: 0.31 on 32 x 32.
 * @returns float32 [count, height, width, 1], each entry 0 or 1
 */
export function drawMasks(
  count: number,
  height: number,
  width: number,
  parameters: MaskParameters,
  random: Random,
): NdArray<'float32'> {
  const masks = new Float32Array(count * height * width);
  for (let n = 0; n < count; n++) {
    const mask = masks.subarray(n * height * width, (n + 1) * height * width);
    drawMask({ mask, height, width }, parameters, random);
  }
  return float32(masks, [count, height, width, 1]);
}

interface Canvas {
  readonly mask: Float32Array;
  readonly height: number;
  readonly width: number;
}

function drawMask(canvas: Canvas, parameters: MaskParameters, random: Random): void {
  switch (parameters.shape) {
    case 'rectangle': {
      drawRectangle(canvas, parameters.alpha, random);
      return;
    }
    case 'bernoulli': {
      drawCells(canvas, 1, parameters.probability, random);
      return;
    }
    case 'grid': {
      drawCells(canvas, parameters.cell, parameters.probability, random);
      return;
    }
    case 'half': {
      drawHalf(canvas, random);
      return;
    }
  }
}

/**
 * The CutMix box (Yun et al., ICCV 2019): centre uniform over the image, sides (H, W) * sqrt(1 - r) in whole
 * pixels with r ~ Beta(alpha, alpha), clipped to the image.
 */
function drawRectangle(canvas: Canvas, alpha: number, random: Random): void {
  const { height, width } = canvas;
  const side = Math.sqrt(1 - random.beta(alpha, alpha));
  const boxHeight = Math.floor(height * side);
  const boxWidth = Math.floor(width * side);
  const top = random.int(height) - Math.floor(boxHeight / 2);
  const left = random.int(width) - Math.floor(boxWidth / 2);
  fillBox(canvas, top, left, top + boxHeight, left + boxWidth);
}

/** Square cells, each 1 with the given probability; those at the right and bottom edge may be cut. */
function drawCells(canvas: Canvas, cell: number, probability: number, random: Random): void {
  for (let top = 0; top < canvas.height; top += cell) {
    for (let left = 0; left < canvas.width; left += cell) {
      if (random.uniform() < probability) fillBox(canvas, top, left, top + cell, left + cell);
    }
  }
}

/** The top, bottom, left or right half. An odd side gives its middle row or column to the bottom or right half. */
function drawHalf(canvas: Canvas, random: Random): void {
  const { height, width } = canvas;
  const middle = Math.floor(height / 2);
  const centre = Math.floor(width / 2);
  switch (random.int(4)) {
    case 0: {
      fillBox(canvas, 0, 0, middle, width);
      return;
    }
    case 1: {
      fillBox(canvas, middle, 0, height, width);
      return;
    }
    case 2: {
      fillBox(canvas, 0, 0, height, centre);
      return;
    }
    default: {
      fillBox(canvas, 0, centre, height, width);
      return;
    }
  }
}

function fillBox(
  { mask, height, width }: Canvas,
  top: number,
  left: number,
  bottom: number,
  right: number,
): void {
  for (let y = Math.max(0, top); y < Math.min(height, bottom); y++) {
    mask.fill(1, y * width + Math.max(0, left), y * width + Math.min(width, Math.max(0, right)));
  }
}
