/** What the thread that watches the host is given. */
export interface HostWatchData {
  /** Process id of the host. */
  readonly host: number;
  /** One number, shared: 1 while a run is open. */
  readonly open: Int32Array;
  /** Milliseconds that an open run has to save itself once the host is gone. */
  readonly grace: number;
}

/** Written out rather than a schema: the thread is started with every worker, and should load nothing. */
export function isHostWatchData(value: unknown): value is HostWatchData {
  return (
    typeof value === 'object' &&
    value !== null &&
    'host' in value &&
    typeof value.host === 'number' &&
    'open' in value &&
    value.open instanceof Int32Array &&
    'grace' in value &&
    typeof value.grace === 'number'
  );
}
