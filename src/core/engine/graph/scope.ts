const scopes: string[] = [];

/** Names what `build` adds to a program (a layer, say), for the errors of the compiler. */
export function inScope<T>(name: string, build: () => T): T {
  scopes.push(name);
  try {
    return build();
  } finally {
    scopes.pop();
  }
}

/** The names of the enclosing scopes, outermost first, joined by `/`; empty outside of any. */
export function currentScope(): string {
  return scopes.join('/');
}
