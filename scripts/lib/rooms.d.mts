export const rooms: readonly (readonly string[])[];
export const sees: Readonly<Record<string, readonly string[]>>;
export function roomOf(file: string): string | undefined;
export function forbidden(from: string, to: string): 'above' | 'beside' | 'unseen' | undefined;
