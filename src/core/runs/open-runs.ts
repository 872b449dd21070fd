/** Runs of this process that write to their directories: its end would lose what they have not saved yet. */
let open = 0;

const listeners = new Set<(open: boolean) => void>();

/** Says that a run has something to save from now on. @returns says that it has not any more; may be called again */
export function holdOpenRun(): () => void {
  let held = true;
  open++;
  if (open === 1) tell();
  return () => {
    if (!held) return;
    held = false;
    open--;
    if (open === 0) tell();
  };
}

/** Calls the listener now, and whenever there begins or ceases to be an open run. @returns stops that */
export function onOpenRuns(listener: (open: boolean) => void): () => void {
  listeners.add(listener);
  listener(open > 0);
  return () => {
    listeners.delete(listener);
  };
}

/**
 * Handles signals while a run is open, and only then: at any other time a signal ends the process as if there was no
 * handler, whatever call it is in.
 * @returns stops that
 */
export function handleWhileOpen(
  signals: Partial<Record<NodeJS.Signals, NodeJS.SignalsListener>>,
): () => void {
  const handlers = Object.entries(signals);
  let handling = false;
  const handle = (isOpen: boolean): void => {
    if (isOpen === handling) return;
    handling = isOpen;
    for (const [name, handler] of handlers) {
      if (isOpen) process.on(name, handler);
      else process.off(name, handler);
    }
  };
  const stop = onOpenRuns(handle);
  return () => {
    stop();
    handle(false);
  };
}

function tell(): void {
  for (const listener of listeners) listener(open > 0);
}
