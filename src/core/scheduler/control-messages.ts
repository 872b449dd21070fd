import { RequestType, RequestType0 } from 'vscode-jsonrpc/node';
import * as z from 'zod';

/** The first request of a connection; any other before it ends the connection. */
export const hello = new RequestType<{ readonly token: string }, { readonly version: 1 }, void>('m2at/hello');
export const helloParams = z.object({ token: z.string().max(100) });

export const commandNames = ['stop', 'pause', 'resume', 'evaluate'] as const;
/**
 * `stop`: at the next batch, with a checkpoint. `pause`: the same, and the device is free until `resume`. `evaluate`: a
 * training run is evaluated after the step at hand.
 */
export type CommandName = (typeof commandNames)[number];

export const commandRequests = {
  stop: new RequestType0<null, void>('m2at/stop'),
  pause: new RequestType0<null, void>('m2at/pause'),
  resume: new RequestType0<null, void>('m2at/resume'),
  evaluate: new RequestType0<null, void>('m2at/evaluate'),
} as const satisfies Record<CommandName, unknown>;

/** `control.json` in a run's directory, from a viewer on another machine. */
export const controlFile = z.object({
  /** Of the run's record. */
  token: z.string().max(100),
  command: z.enum(commandNames),
});
