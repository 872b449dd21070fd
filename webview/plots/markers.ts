import type uPlot from 'uplot';

/** Draws the points of a series as circles or diamonds, so that lines differ by more than their colour. */
export function markerPaths(shape: 'circle' | 'diamond', radius: number): uPlot.Series.Points.PathBuilder {
  return (u, seriesIndex, from, to, filtered) => {
    const xs = u.data[0];
    const ys = u.data[seriesIndex] ?? [];
    const scale = u.series[seriesIndex]?.scale ?? 'y';
    const size = radius * devicePixelRatio;
    const path = new Path2D();
    const add = (index: number) => {
      const x = xs[index];
      const y = ys[index];
      if (x === undefined || y === undefined || y === null) return;
      const left = u.valToPos(x, 'x', true);
      const top = u.valToPos(y, scale, true);
      if (shape === 'circle') {
        path.moveTo(left + size, top);
        path.arc(left, top, size, 0, 2 * Math.PI);
      } else {
        path.moveTo(left, top - size * 1.25);
        path.lineTo(left + size * 1.25, top);
        path.lineTo(left, top + size * 1.25);
        path.lineTo(left - size * 1.25, top);
        path.closePath();
      }
    };
    if (filtered) filtered.forEach(add);
    else for (let index = from; index <= to; index++) add(index);
    return { stroke: path, fill: path };
  };
}
