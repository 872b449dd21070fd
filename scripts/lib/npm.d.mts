export function findNpm(): string;
export function runNpm(args: readonly string[], options: { cwd: string }): Promise<void>;
