import { M2atError } from '../../errors';
import type { DType, TypedArrays } from '../arrays/nd-array';
import { programPlace } from './program-place';
import type { Attributes, GraphNode, Initializer } from './graph';

/** A list of nodes that is being filled: the main graph, or the body of a Loop. */
export interface Scope {
  readonly depth: number;
  readonly parent: Scope | undefined;
  readonly nodes: GraphNode[];
}

export interface NodeOptions {
  readonly domain?: string;
  readonly sameShape?: boolean;
}

/**
 * Collects ONNX nodes. Equal nodes are emitted once; a node inside a Loop body that depends on nothing of
 * the body is emitted in the enclosing graph, so loop-invariant work (filter layouts) runs once.
 */
export class GraphBuilder {
  readonly root: Scope = { depth: 0, parent: undefined, nodes: [] };
  readonly initializers: Initializer[] = [];
  private scope = this.root;
  private names = 0;
  private readonly scopeOf = new Map<string, Scope>();
  private readonly emitted = new Map<string, string[]>();
  private readonly constants = new Map<string, string>();
  /** Called with the name of each new node. */
  onNode: ((name: string) => void) | undefined;

  /** Emits a node with one output and returns its name; an empty input name is an absent optional input. */
  node(
    op: string,
    inputs: readonly string[],
    attributes: Attributes = {},
    options: NodeOptions = {},
  ): string {
    const [name] = this.nodes(op, inputs, 1, attributes, options);
    if (name === undefined) throw new M2atError('internal', `The node ${op} has no output.`);
    return name;
  }

  /** Emits a node with several outputs. */
  nodes(
    op: string,
    inputs: readonly string[],
    count: number,
    attributes: Attributes = {},
    { domain = '', sameShape = false }: NodeOptions = {},
  ): string[] {
    const key = `${domain}:${op}:${count}|${inputs.join()}|${JSON.stringify(attributes)}`;
    const known = this.emitted.get(key);
    if (known) return known;
    const scope = this.innermost(inputs);
    const outputs = Array.from({ length: count }, () => this.fresh('t', scope));
    scope.nodes.push({ op, domain, inputs: [...inputs], outputs, attributes, sameShape });
    this.emitted.set(key, outputs);
    this.onNode?.(outputs[0] ?? '');
    return outputs;
  }

  /**
   * Emits a node that draws random numbers: every call is another node, and stays in the scope being filled, so that
   * each round of a Loop draws anew.
   */
  draw(op: string, attributes: Attributes): string {
    const name = this.fresh('t', this.scope);
    this.scope.nodes.push({ op, domain: '', inputs: [], outputs: [name], attributes });
    this.onNode?.(name);
    return name;
  }

  /** A new name that belongs to the scope being filled: an input of the graph or of a Loop body. */
  input(prefix: string): string {
    return this.fresh(prefix, this.scope);
  }

  /** A new name that belongs to the main graph, wherever it is first read. */
  graphInput(prefix: string): string {
    return this.fresh(prefix, this.root);
  }

  /** A name of its own for a result of the scope being filled: one value may be returned twice, or be an input. */
  output(name: string): string {
    this.innermost([name]);
    const output = this.fresh('out', this.scope);
    this.scope.nodes.push({ op: 'Identity', domain: '', inputs: [name], outputs: [output], attributes: {} });
    return output;
  }

  /** Runs `fill` with a new scope for a Loop body and returns the scope with its result. */
  body<T>(fill: () => T): { scope: Scope; result: T } {
    const scope: Scope = { depth: this.scope.depth + 1, parent: this.scope, nodes: [] };
    this.scope = scope;
    try {
      return { scope, result: fill() };
    } finally {
      this.scope = scope.parent ?? this.root;
    }
  }

  /** Adds a Loop node, whose inputs and captures come from enclosing scopes. */
  loop(node: Omit<GraphNode, 'outputs' | 'domain' | 'op'>, outputs: number): string[] {
    const names = Array.from({ length: outputs }, () => this.fresh('t', this.scope));
    this.scope.nodes.push({ ...node, op: 'Loop', domain: '', outputs: names });
    return names;
  }

  /** An int64 constant: a vector, or a scalar for a plain number. */
  int64(value: readonly number[] | number): string {
    const list = typeof value === 'number' ? [value] : value;
    return this.constant(`i${typeof value}:${list.join()}`, {
      dtype: 'int64',
      shape: typeof value === 'number' ? [] : [list.length],
      bytes: new Uint8Array(BigInt64Array.from(list, BigInt).buffer),
    });
  }

  /** A scalar constant. */
  scalar(value: number, dtype: DType = 'float32'): string {
    const array =
      dtype === 'float32'
        ? Float32Array.of(value)
        : dtype === 'int32'
          ? Int32Array.of(value)
          : Uint8Array.of(value ? 1 : 0);
    const key = `s${dtype}:${Object.is(value, -0) ? '-0' : value}`;
    return this.constant(key, { dtype, shape: [], bytes: bytesOf(array) });
  }

  /** A float32 constant of any shape, by value. */
  tensor<T extends DType>(data: TypedArrays[T], shape: readonly number[], dtype: T): string {
    const name = this.fresh('c', this.root);
    this.initializers.push({ name, dtype, shape, bytes: bytesOf(data.slice()) });
    return name;
  }

  /** A float32 constant that is stored once for all that ask for it by the same purpose and shape. */
  sharedTensor(purpose: string, data: Float32Array, shape: readonly number[]): string {
    return this.constant(`t${purpose}:${shape.join()}`, { dtype: 'float32', shape, bytes: bytesOf(data) });
  }

  /** True when `name` can be read from the scope being filled. */
  isVisible(name: string): boolean {
    const owner = this.scopeOf.get(name);
    for (let scope: Scope | undefined = this.scope; scope; scope = scope.parent) {
      if (scope === owner) return true;
    }
    return owner === undefined;
  }

  private constant(key: string, value: Omit<Initializer, 'name'>): string {
    const known = this.constants.get(key);
    if (known) return known;
    const name = this.fresh('k', this.root);
    this.initializers.push({ name, ...value });
    this.constants.set(key, name);
    return name;
  }

  private fresh(prefix: string, scope: Scope): string {
    const name = `${prefix}${this.names++}`;
    this.scopeOf.set(name, scope);
    return name;
  }

  private innermost(inputs: readonly string[]): Scope {
    let innermost = this.root;
    for (const input of inputs) {
      if (!input) continue;
      if (!this.isVisible(input)) {
        throw new M2atError('unsupported', 'A value of a compiled loop is used outside of the loop.', {
          ...programPlace(),
          hint: 'Return it as state of the loop; variables are not assigned, and gradients not taken, across it.',
        });
      }
      const scope = this.scopeOf.get(input) ?? this.root;
      if (scope.depth > innermost.depth) innermost = scope;
    }
    return innermost;
  }
}

function bytesOf(array: Float32Array | Int32Array | Uint8Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
