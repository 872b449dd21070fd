export function isInstalled(folder: string): Promise<boolean>;
