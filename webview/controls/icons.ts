const SVG = 'http://www.w3.org/2000/svg';

/** Outlines on a 16 x 16 field, drawn with a stroke in the colour of the text. */
const outlines = {
  stop: 'M4 4h8v8H4z',
  pause: 'M5.5 3v10M10.5 3v10',
  resume: 'M5 3.5v9l7.5-4.5z',
  modify: 'M2.5 13.5l.8-3.2 7.4-7.4 2.4 2.4-7.4 7.4zM9.2 4.4l2.4 2.4',
  attack: 'M9.5 1.5 3.5 9h4l-1 5.5 6-7.5h-4z',
  transfer: 'M3 5h10M10 2l3 3-3 3M13 11H3M6 8l-3 3 3 3',
  log: 'M3 4h10M3 8h10M3 12h6',
  folder: 'M1.5 12.5v-9h4.5l1.5 2h7v7z',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  table: 'M2 3h12v10H2zM2 6.5h12M2 9.8h12M6.5 6.5V13',
  plot: 'M2 2v12h12M4.5 10.5l3-4 2.5 2 3.5-5',
  previous: 'M10 3 5 8l5 5',
  next: 'M6 3l5 5-5 5',
  close: 'M3.5 3.5l9 9M12.5 3.5l-9 9',
  right: 'M3 8.5l3.2 3.2L13 5',
  wrong: 'M4 4l8 8M12 4l-8 8',
  clock: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 4.5V8l2.5 1.5',
  spinner: 'M8 2a6 6 0 1 1-6 6',
  done: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM5.2 8.2l2 2 3.6-4',
  stopped: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM6 6h4v4H6z',
  paused: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM6.5 5.5v5M9.5 5.5v5',
  failed: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM6 6l4 4M10 6l-4 4',
  warning: 'M8 2 1.5 13.5h13zM8 6.5v3.5M8 11.6v.6',
  star: 'M8 2l1.8 3.9 4.2.5-3.1 2.9.8 4.2L8 11.4l-3.7 2.1.8-4.2L2 6.4l4.2-.5z',
  note: 'M3 2.5h10v8l-3 3H3zM10 13.5v-3h3M5.5 5.5h5M5.5 8h3',
  tag: 'M2.5 2.5h5l6 6-5 5-6-6zM5.2 5.2h.1',
  flag: 'M4 14V2.5M4 3h8l-2 2.8 2 2.7H4',
  difference: 'M3 2.5h4v11H3zM9 2.5h4v11H9zM5 6v4M3.6 8h2.8M9.8 8h2.4',
  open: 'M6 6l5 0M6 3l5 5-5 5',
  columns: 'M2.5 2.5h11v11h-11zM6 2.5v11M10 2.5v11',
  pin: 'M6 2.5h4l-.6 5 2.1 2h-7l2.1-2zM8 9.5V14',
  save: 'M8 2v8M5 7l3 3 3-3M3 13.5h10',
  picture: 'M2.5 3h11v10h-11zM2.5 11l3.5-4 3 3 2-2 2.5 3M10.5 6h.1',
  zoomOut: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.3 10.3 14 14M5 7h4',
} as const;

export type IconName = keyof typeof outlines;

/** A picture for the eye only: the text beside it, or the label of its button, says the same. */
export function icon(name: IconName, className = ''): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('class', `icon icon-${name} ${className}`.trim());
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', outlines[name]);
  svg.append(path);
  return svg;
}

/** The key of a line in a legend: a short stroke with the line's marker. */
export function lineKey(marker: 'circle' | 'diamond' | undefined): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 20 10');
  svg.setAttribute('class', 'line-key');
  svg.setAttribute('aria-hidden', 'true');
  const shapes = ['M1 5h18'];
  if (marker === 'circle') shapes.push('M10 1.8a3.2 3.2 0 1 0 0 6.4 3.2 3.2 0 0 0 0-6.4z');
  if (marker === 'diamond') shapes.push('M10 1l4 4-4 4-4-4z');
  for (const shape of shapes) {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('d', shape);
    svg.append(path);
  }
  return svg;
}
