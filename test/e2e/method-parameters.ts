/** A method with its defaults. */
export function parametersOf(name: string, _folder: string): Promise<{ readonly name: string }> {
  return Promise.resolve({ name });
}
