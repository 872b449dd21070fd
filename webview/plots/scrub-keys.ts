import type { StepRange } from './line-plot';

export interface ScrubTarget {
  steps: () => readonly number[];
  /** Indices of the first and the last step that is shown. */
  visible: () => readonly [first: number, last: number];
  /** Index of the cursor's point; undefined while there is no cursor. */
  current: () => number | undefined;
  moveTo: (index: number | undefined) => void;
  zoom: (range: StepRange | undefined) => void;
  /** Half of the narrowest range to zoom to. */
  narrowest: number;
}

/**
 * Keys of a focused plot: arrows move the cursor by a hundredth of the points, Page Up and Down by a tenth,
 * Home and End to the ends; plus zooms in around the cursor, minus or 0 show everything, Escape takes the cursor away.
 */
export function scrubKeys(field: HTMLElement, target: ScrubTarget): void {
  field.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !handle(event.key, target)) return;
    event.preventDefault();
  });
  field.addEventListener('blur', () => {
    target.moveTo(undefined);
  });
}

function handle(key: string, target: ScrubTarget): boolean {
  const steps = target.steps();
  if (steps.length === 0) return false;
  const [first, last] = target.visible();
  const count = last - first + 1;
  const current = target.current() ?? last;
  const small = Math.max(1, Math.round(count / 100));
  const large = Math.max(1, Math.round(count / 10));
  const move = (by: number) => {
    target.moveTo(Math.max(first, Math.min(last, current + by)));
  };
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowDown':
      move(-small);
      return true;
    case 'ArrowRight':
    case 'ArrowUp':
      move(small);
      return true;
    case 'PageDown':
      move(-large);
      return true;
    case 'PageUp':
      move(large);
      return true;
    case 'Home':
      target.moveTo(first);
      return true;
    case 'End':
      target.moveTo(last);
      return true;
    case '+':
    case '=': {
      const range = around([steps[first] ?? 0, steps[last] ?? 0], steps[current] ?? 0, target.narrowest);
      if (range) target.zoom(range);
      return true;
    }
    case '-':
    case '0':
      target.zoom(undefined);
      return true;
    case 'Escape':
      target.moveTo(undefined);
      return true;
    default:
      return false;
  }
}

/** Half of the shown steps, with the cursor in the middle where there is room; undefined: it is narrow enough. */
function around([first, last]: StepRange, cursor: number, narrowest: number): StepRange | undefined {
  const half = (last - first) / 4;
  if (half <= 0 || half < narrowest) return undefined;
  const middle = Math.max(first + half, Math.min(last - half, cursor));
  return [middle - half, middle + half];
}
