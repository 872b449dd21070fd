import type { RunProgress } from './progress';

let format: Intl.NumberFormat | undefined;

/** `12,345`. Making the first format takes longer than loading everything else that a window begins with. */
function grouped(count: number): string {
  format ??= new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
  return format.format(count);
}

/** What a run is doing: `Decoding data_batch_1.bin`, `Attack 2 of 8: square linf 8/255`. */
export function progressTitle({ phase, detail, pass }: RunProgress): string {
  switch (phase) {
    case 'download':
      return `Downloading ${detail ?? 'data'}`;
    case 'decode':
      return `Decoding ${detail ?? 'data'}`;
    case 'load':
      return `Loading ${detail ?? 'data'}`;
    case 'compile':
      return 'Compiling';
    case 'train':
      return 'Training';
    case 'evaluate':
      return ['Evaluating', passTitle(pass, detail)].filter(Boolean).join(', ');
    case 'corruptions': {
      const which = pass && pass.count > 1 ? ` ${pass.index + 1} of ${pass.count}` : '';
      return `Corruption${which}: ${detail ?? ''}`;
    }
    case 'transfer': {
      const which = pass && pass.count > 1 ? ` ${pass.index + 1} of ${pass.count}` : '';
      return `Network${which}: ${detail ?? ''}`;
    }
    case 'attack': {
      const title = passTitle(pass, detail) || 'attacking';
      return title.charAt(0).toUpperCase() + title.slice(1);
    }
  }
}

/** Which of the passes over the images this is: the first one is without an attack. */
function passTitle(pass: RunProgress['pass'], detail: string | undefined): string {
  const name = detail === undefined ? '' : `: ${detail}`;
  if (!pass) return detail ?? '';
  if (pass.index === 0) return 'clean images';
  return pass.count > 2 ? `attack ${pass.index} of ${pass.count - 1}${name}` : `attack${name}`;
}

/**
 * How much of it is done: `16 of 30 images`, `34.0 MB of 170.0 MB`, `34.0 MB` of nobody knows how much; empty where
 * nothing is counted.
 */
export function progressAmount({ done, total, unit }: RunProgress): string {
  if (total <= 0) return unit === 'bytes' && done > 0 ? bytes(done) : '';
  return unit === 'bytes'
    ? `${bytes(done)} of ${bytes(total)}`
    : `${grouped(done)} of ${grouped(total)} ${unit}`;
}

/** The share that is done, in [0, 1], of all passes where there are several; undefined where nothing is counted. */
export function progressShare({
  done,
  total,
  pass = { index: 0, count: 1 },
}: RunProgress): number | undefined {
  if (total <= 0) return undefined;
  return Math.max(0, Math.min(1, (pass.index + done / total) / pass.count));
}

/** In megabytes or kilobytes (powers of ten). */
function bytes(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(2)} GB`;
  if (count >= 1e6) return `${(count / 1e6).toFixed(1)} MB`;
  if (count >= 1e3) return `${(count / 1e3).toFixed(0)} kB`;
  return `${count} B`;
}
