import * as z from 'zod';

/** What the entries of a list are told apart by. */
export interface Named {
  readonly name: string;
}

/** Schema of an object whose `name` is the name of an entry. */
export type NamedSchema<Output extends Named = Named> = z.ZodType<
  Output,
  Named & Readonly<Record<string, unknown>>
> &
  z.core.$ZodTypeDiscriminable;

/** The same schema with more keys. @throws TypeError for one that is not an object's */
export function withKeys<Output extends Named, Keys extends z.ZodRawShape>(
  schema: NamedSchema<Output>,
  keys: Keys,
): NamedSchema<Output & z.output<z.ZodObject<Keys>>> {
  if (!(schema instanceof z.ZodObject)) throw new TypeError('Only an object has keys.');
  const extended: z.ZodType = schema.safeExtend(keys);
  // That it has its own keys as well is lost, as those are known only as the keys of any object.
  return extended as NamedSchema<Output & z.output<z.ZodObject<Keys>>>;
}

/** One entry of the list, with its parameters, by its name. @throws RangeError for an empty list */
export function oneOf<Output extends Named>(
  list: readonly { readonly parameters: NamedSchema<Output> }[],
): NamedSchema<Output> {
  const [first, ...others] = list.map(({ parameters }) => parameters);
  if (!first) throw new RangeError('A list of definitions is empty.');
  return others.length === 0 ? first : z.discriminatedUnion('name', [first, ...others]);
}
