import os from 'node:os';

/** One line that names the machine: processor, operating system, Node. */
export function machineLine(threads: number): string {
  const cores = os.cpus();
  const memory = Math.round(os.totalmem() / 2 ** 30);
  return (
    `${cores.length} x ${cores[0]?.model.trim() ?? 'CPU'}, ${memory} GiB, ${os.type()} ${os.arch()}, ` +
    `Node ${process.version}, ${threads} thread${threads === 1 ? '' : 's'}`
  );
}

/**
 * Nominal single-precision GFLOP/s: threads x clock x operations a cycle. The clock is what the operating system
 * reports, which is not the boost clock; virtual machines may report none.
 * @param flopsPerCycle of one core: 32 for AVX2 with two FMA units (and AVX-512 in two halves, as Zen 4), 64 for
 * AVX-512 with two units, 16 for NEON with two
 */
export function nominalGflops(
  threads: number,
  flopsPerCycle: number,
  megahertz = os.cpus()[0]?.speed ?? 0,
): number | undefined {
  return megahertz > 0 ? (threads * megahertz * flopsPerCycle) / 1000 : undefined;
}
