import * as z from 'zod';

/** What tells a process from every other one, beside its id: ids are given again, and other machines have the same. */
export const processOrigin = z.strictObject({
  /** Name of the machine, or of the container. */
  host: z.string().max(255),
  /** As `process.platform` says it. */
  system: z.string().max(20),
  /** Linux: the id of the boot, another one each time that the machine is started. */
  boot: z.string().max(64).optional(),
  /** Linux: which space of process ids it is in; each container has its own. */
  namespace: z.string().max(64).optional(),
  /** When it began. Linux: clock ticks since the boot, as in `/proc/PID/stat`; elsewhere the time, to a few seconds. */
  started: z.string().max(40).optional(),
});
export type ProcessOrigin = z.output<typeof processOrigin>;

export const processIdentity = processOrigin.extend({ pid: z.int().min(1) });
export type ProcessIdentity = z.output<typeof processIdentity>;
