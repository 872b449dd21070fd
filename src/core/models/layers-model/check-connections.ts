import * as z from 'zod';
import { M2atError } from '../../errors';

const source = z.tuple([z.string(), z.int().min(0), z.int().min(0)], z.unknown());

const connected = z.array(
  z.looseObject({
    name: z.string(),
    class_name: z.string(),
    config: z.unknown(),
    inbound_nodes: z.array(z.array(source)).optional(),
  }),
);

const named = z.looseObject({ name: z.string() });

const withInput = new Set(['InputLayer', 'Functional', 'Model', 'Sequential']);

/**
 * Checks that the calls of a functional model's layers can be made one after the other: TF.js would wait forever for a
 * result that never comes.
 * @param layers `config.layers` of the model
 * @throws M2atError `checkpoint` for two layers of one name, a cycle, or a call on a result that is not there
 */
export function checkConnections(layers: readonly unknown[], where: string): void {
  const parsed = connected.safeParse(layers);
  if (!parsed.success) {
    const path = parsed.error.issues[0]?.path.join('.') ?? '';
    throw new M2atError('checkpoint', 'no layers that are connected', { where: `${where}.${path}` });
  }
  assertOneNameEach(parsed.data, where);
  // How many times each layer has been called; inputs and models were, when they were made.
  const made = new Map<string, number>();
  let open = parsed.data.flatMap(({ name, class_name, inbound_nodes = [] }) => {
    made.set(name, withInput.has(class_name) ? 1 : 0);
    // A call on nothing is passed over by TF.js, so that it has no result.
    return inbound_nodes.filter(({ length }) => length > 0).map((sources) => ({ name, sources }));
  });
  while (open.length > 0) {
    const left = open.filter(({ name, sources }) => {
      if (!sources.every(([layer, call]) => call < (made.get(layer) ?? 0))) return true;
      made.set(name, (made.get(name) ?? 0) + 1);
      return false;
    });
    if (left.length === open.length) {
      throw new M2atError(
        'checkpoint',
        `the layer ${left[0]?.name ?? ''} waits for a result that never comes`,
        {
          where,
          hint: 'inbound_nodes names a layer or a call that is not there: convert or save the model again.',
        },
      );
    }
    open = left;
  }
}

/** TF.js finds layers by the name beside `class_name` and their calls by the one in `config`: it takes both to be one. */
function assertOneNameEach(layers: z.output<typeof connected>, where: string): void {
  const seen = new Set<string>();
  layers.forEach(({ name, config }, i) => {
    const problem = (what: string): M2atError =>
      new M2atError('checkpoint', what, {
        where: `${where}[${i}].name`,
        hint: 'Every layer of a model needs a name of its own: rename it in model.json, or save the model again.',
      });
    if (seen.has(name)) throw problem(`two layers are named ${JSON.stringify(name)}`);
    // A JavaScript object, as TF.js keeps layers in, has these without anybody having put them there.
    if (name in {}) throw problem(`no layer can be named ${JSON.stringify(name)}`);
    const inner = named.safeParse(config);
    if (inner.success && inner.data.name !== name) {
      throw problem(`a layer has two names, ${JSON.stringify(name)} and ${JSON.stringify(inner.data.name)}`);
    }
    seen.add(name);
  });
}
