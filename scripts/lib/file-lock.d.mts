export function withLock<T>(lock: string, task: () => Promise<T>, onWait?: () => void): Promise<T>;
