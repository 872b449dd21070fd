import type { ImageOutcome } from '../attacks/evaluation/evaluation';
import { isGoal } from '../attacks/parameters/moved';
import type { Prediction } from '../attacks/base/predictions';
import { attackTitle } from '../attacks/plan/attack-title';
import { budgetOf, hasNorm, isMinimalNorm, normOf } from '../attacks/parameters/known-attack';
import type { ResolvedAttack } from '../attacks/plan/resolve-attack';
import { chooseGallery, type GalleryPlaces } from '../report/gallery-choice';
import { adversarialHeading, cleanHeading, perturbationHeading } from '../methods/preview-columns';
import { joinRows, pixelRow, type TileShape } from '../runs/picture';
import { rowsText } from '../runs/gallery-files';
import { encodePng } from '../runs/png-file';
import type { SampleGrid } from '../records/run-files';
import type { Samples } from '../runs/sample-files';

const MOST_IMAGES = 48;
/** Of a picture, with its three columns. */
const MOST_PIXELS = 3_000_000;
export const GALLERY_COLUMNS = 3;

interface Attacked {
  readonly position: number;
  readonly outcome: ImageOutcome;
}

/**
 * Pictures of one attack: clean image, perturbation, adversarial image. Which images are shown depends on the
 * outcomes alone, and only the pixels of those are kept.
 */
export class AttackGallery {
  private readonly attacked: Attacked[] = [];
  private readonly pixels = new Map<number, Uint8Array>();
  private readonly places: GalleryPlaces;
  private chosen: readonly Attacked[] = [];

  /** @param attackIndex its place in the report */
  constructor(
    private readonly attackIndex: number,
    private readonly attack: ResolvedAttack,
    private readonly shape: TileShape,
    private readonly classNames: readonly string[],
  ) {
    const [height, width] = shape;
    const fitting = Math.floor(MOST_PIXELS / (GALLERY_COLUMNS * height * width));
    this.places = {
      places: Math.max(1, Math.min(MOST_IMAGES, fitting)),
      byNorm: isMinimalNorm(attack),
    };
  }

  /** Takes note of a batch. The pixels of what is chosen now are asked for by {@link missing}. */
  enter(positions: readonly number[], outcomes: readonly ImageOutcome[]): void {
    for (const [n, position] of positions.entries()) {
      const outcome = outcomes[n];
      if (outcome) this.attacked.push({ position, outcome });
    }
    const candidates = this.attacked.map(({ outcome }) => ({
      label: outcome.label,
      // With a minimal norm above its epsilon a network is fooled as well.
      fooled: outcome.broken || (this.places.byNorm && isGoal(outcome)),
      norm: outcome.norm,
    }));
    this.chosen = chooseGallery(candidates, this.places).flatMap((n) => this.attacked[n] ?? []);
    const shown = new Set(this.chosen.map(({ position }) => position));
    for (const position of this.pixels.keys()) if (!shown.has(position)) this.pixels.delete(position);
  }

  /** What is chosen and has no pixels yet. */
  missing(): Attacked[] {
    return this.chosen.filter(({ position }) => !this.pixels.has(position));
  }

  /** @param clean and `adversarial`: [H, W, C] */
  show(position: number, clean: Float32Array, adversarial: Float32Array): void {
    const delta = adversarial.map((value, i) => value - (clean[i] ?? NaN));
    const tiles = [
      { kind: 'image', values: clean },
      { kind: 'perturbation', values: delta },
      { kind: 'image', values: adversarial },
    ] as const;
    this.pixels.set(position, pixelRow(tiles, this.shape, this.scale()));
  }

  /** The same from the pixels of an earlier picture, [H, 3 W, 3]. */
  showAgain(position: number, row: Uint8Array): void {
    this.pixels.set(position, row);
  }

  /** @param clean of all images, by position. Undefined while there is nothing to show. */
  async samples(clean: readonly Prediction[]): Promise<Samples | undefined> {
    const shown = this.chosen.flatMap((one) => {
      const pixels = this.pixels.get(one.position);
      return pixels ? [{ ...one, pixels }] : [];
    });
    if (shown.length === 0) return undefined;
    const [height, width] = this.shape;
    const grid: SampleGrid = {
      step: this.attacked.length,
      epoch: 0,
      imageSize: { height, width },
      columns: [
        { key: 'x', title: 'clean', ...cleanHeading, kind: 'image' },
        { key: 'delta', title: 'perturbation', ...perturbationHeading, kind: 'perturbation' },
        { key: 'xAdv', title: attackTitle(this.attack), ...adversarialHeading, kind: 'image' },
      ],
      rows: shown.map(({ position, outcome }) => ({
        index: outcome.index,
        label: outcome.label,
        ...(hasNorm(this.attack) && { norm: outcome.norm }),
        predictions: {
          x: { label: outcome.cleanPrediction, confidence: clean[position]?.confidence ?? 0 },
          xAdv: { label: outcome.adversarialPrediction, confidence: outcome.adversarialConfidence },
        },
      })),
      classNames: [...this.classNames],
      attack: this.attackIndex,
    };
    const pixels = joinRows(shown.map((one) => one.pixels));
    const size = [GALLERY_COLUMNS * width, height * shown.length] as const;
    return { grid, png: await encodePng(pixels, ...size, rowsText(grid)) };
  }

  /** What perturbations are amplified by: epsilon where it bounds pixels, otherwise each by its largest change. */
  private scale(): number | undefined {
    const budget = normOf(this.attack) === 'linf' ? budgetOf(this.attack) : Infinity;
    return Number.isFinite(budget) && !this.places.byNorm ? budget : undefined;
  }
}
