import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { codeOf } from '../files/error-code';
import { M2atError, messageOf } from '../errors';

export interface Download {
  readonly url: string;
  /** Size and checksum that the file must have. */
  readonly bytes: number;
  readonly sha256: string;
  /** How long to wait for the response to begin, ms. */
  readonly connectTimeout: number;
  readonly signal?: AbortSignal | undefined;
  /** Called after each chunk with the bytes so far. */
  readonly onBytes?: (done: number) => void;
}

/** A response that stays silent for so long is given up, ms. */
const stallTimeout = 60_000;

/**
 * Hands the body of a URL to `consume` as a stream and checks its size and SHA-256 on the way.
 * @throws M2atError `io` when the host can't be reached, refuses or stops early; `data` when the content is
 * not the expected one; `cancelled` when the signal aborts
 */
export async function download(
  o: Download,
  consume: (body: Readable, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const controller = new AbortController();
  const timeout = new Watchdog(() => {
    controller.abort();
  });
  const cancel = (): void => {
    controller.abort();
  };
  o.signal?.addEventListener('abort', cancel);
  const hash = createHash('sha256');
  let received = 0;
  try {
    if (o.signal?.aborted) cancel();
    timeout.start(o.connectTimeout);
    const response = await fetch(o.url, {
      signal: controller.signal,
      headers: { 'accept-encoding': 'identity' },
    });
    if (!response.ok || !response.body) {
      throw new M2atError('io', `the server answered ${response.status} ${response.statusText}`.trim(), {
        where: o.url,
      });
    }
    const chunks: AsyncIterable<Uint8Array> = response.body;
    const checked = async function* (): AsyncGenerator<Uint8Array> {
      for await (const chunk of chunks) {
        timeout.start(stallTimeout);
        hash.update(chunk);
        received += chunk.length;
        if (received > o.bytes) throw wrongSize(o, `more than ${o.bytes}`);
        o.onBytes?.(received);
        yield chunk;
      }
      timeout.stop();
      // Before the consumer sees the end: a short body is reported as such, not as a damaged archive.
      if (received !== o.bytes) throw wrongSize(o, String(received));
    };
    await consume(Readable.from(checked()), controller.signal);
    const sha256 = hash.digest('hex');
    if (sha256 !== o.sha256) throw wrongContent(o, sha256);
  } catch (error) {
    throw explain(error, o, { timedOut: timeout.fired, received });
  } finally {
    timeout.stop();
    o.signal?.removeEventListener('abort', cancel);
    controller.abort();
  }
}

function explain(error: unknown, o: Download, state: { timedOut: boolean; received: number }): unknown {
  if (o.signal?.aborted) return new M2atError('cancelled', 'the download was cancelled', { where: o.url });
  if (state.timedOut) {
    const what =
      state.received === 0
        ? `no answer within ${o.connectTimeout / 1000} s`
        : `nothing arrived for ${stallTimeout / 1000} s, after ${state.received} of ${o.bytes} bytes`;
    return new M2atError('io', what, { where: o.url });
  }
  if (error instanceof M2atError) return error;
  // undici: "fetch failed" before the response, "terminated" within it; the reason is the cause.
  if (error instanceof TypeError) {
    const reason = error.cause ?? error;
    const detail = messageOf(reason) || (codeOf(reason) ?? '');
    const what =
      state.received === 0
        ? `the host can't be reached (${detail})`
        : `the connection broke after ${state.received} of ${o.bytes} bytes (${detail})`;
    return new M2atError('io', what, { where: o.url, cause: error });
  }
  return error;
}

function wrongSize(o: Download, actual: string): M2atError {
  return new M2atError('data', `got ${actual} bytes, expected ${o.bytes}`, { where: o.url });
}

function wrongContent(o: Download, actual: string): M2atError {
  return new M2atError('data', `SHA-256 is ${actual}, expected ${o.sha256}`, { where: o.url });
}

/** A timer that is wound up again by each sign of life. */
class Watchdog {
  fired = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly bark: () => void) {}

  start(ms: number): void {
    this.stop();
    this.timer = setTimeout(() => {
      this.fired = true;
      this.bark();
    }, ms);
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}
