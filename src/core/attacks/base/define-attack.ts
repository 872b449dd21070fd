import { M2atError } from '../../errors';
import type { Named, NamedSchema } from '../../named-schema';
import type { AttackParameters, Norm } from '../parameters/attack-parameters';
import { targetRuleOf } from '../parameters/target-rule';
import type { Attack, CreateAttack } from './attack';

import type { ForwardVictim } from './forward-victim';
import type { CreateScoreAttack } from './score-model';
import type { Victim } from './victim';

/** Schema of an attack's parameters: every key with its default and a description, that of `name` says what the attack is. */
export type AttackSchema<Given extends AttackParameters = AttackParameters> = NamedSchema<Given> & {
  readonly shape: Readonly<Record<string, unknown>> & {
    readonly name: { readonly value: string; readonly description?: string | undefined };
  };
};

/** Parameters as somebody gives them: any of them may be left out. */
export type AttackRequest = Named & Readonly<Record<string, unknown>>;

/** Steps of one length within a ball, each of them taken with every image. */
export interface Steps {
  readonly epsilon: number;
  readonly stepSize: number;
  readonly steps: number;
}

/** What is known of an attack whatever its parameters are. */
export interface AttackFacts {
  /** As sentences call it: `Square`. */
  readonly title: string;
  /** The gradient of the network, its logits, or only the class that it decides for. */
  readonly sees: 'gradients' | 'scores' | 'decisions';
  /** It looks for the smallest perturbation, instead of the best one within epsilon: a larger one doesn't count. */
  readonly minimal?: true;
  /** What perturbations can be measured by, the usual first; none: what it does to an image has no norm to speak of. */
  readonly norms: readonly Norm[];
  /** Titles say its steps with its name: `pgd-20`. */
  readonly stepsInTitle?: true;
  /** Titles say a loss that is not its usual one before its name: `CW-PGD-20`. */
  readonly lossInTitle?: true;
  /** Why it has no targeted form, and what has one; absent where it takes `targetParameters`. */
  readonly untargeted?: string;
  /** Name of an attack that breaks no fewer images within the same epsilon, unless it is misled. */
  readonly weakerThan?: string;
  /** Where it breaks more images than the attacks by gradients do, the gradients are masked. */
  readonly control?: true;
}

/** An attack: what everybody may know of it. What computes is loaded when the attack is bound to a network. */
export interface AttackDefinition extends AttackFacts {
  readonly kind: 'attack';
  readonly name: string;
  readonly parameters: AttackSchema;
  /**
   * States every parameter: also defaults that depend on others, and how a targeted attack aims.
   * @throws ZodError for parameters that it does not take
   */
  readonly complete: (parameters: AttackRequest) => AttackParameters;
  /** Whether results depend on random numbers. */
  readonly draws: (parameters: AttackParameters) => boolean;
  /** Of an attack of PGD's kind. */
  readonly steps: (parameters: AttackParameters) => Steps | undefined;
  /**
   * Loads the attack and binds it to a network.
   * @throws M2atError `unsupported` for an attack by gradients where there are only forward passes
   */
  readonly bind: (victim: Victim | ForwardVictim, parameters: AttackParameters) => Promise<Attack>;
}

interface Spec<Given extends AttackParameters, Usual extends object, Create> extends Omit<
  AttackFacts,
  'sees'
> {
  readonly parameters: AttackSchema<Given>;
  /** Defaults that depend on other parameters. */
  readonly usual: (given: Given) => Usual;
  /** By default results depend on random numbers. */
  readonly draws?: (parameters: Given & Usual) => boolean;
  readonly steps?: (parameters: Given & Usual) => Steps | undefined;
  /** Imports the file that computes, so that a definition can be read without loading that. */
  readonly load: () => Promise<Create>;
}

/** An attack that follows gradients. */
export function defineAttack<Given extends AttackParameters, Usual extends object>(
  spec: Spec<Given, Usual, CreateAttack<Given & Usual>>,
): AttackDefinition {
  return defined({ ...spec, sees: 'gradients' }, async (victim, parameters) => {
    if (!('scores' in victim)) return (await spec.load())(victim, parameters);
    const { name } = spec.parameters.shape;
    throw new M2atError('unsupported', `${name.value} needs gradients, and this network has none`);
  });
}

/** An attack that needs forward passes only. */
export function defineScoreAttack<Given extends AttackParameters, Usual extends object>(
  spec: Spec<Given, Usual, CreateScoreAttack<Given & Usual>> & { readonly sees: 'scores' | 'decisions' },
): AttackDefinition {
  return defined(spec, async (victim, parameters) => {
    const create = await spec.load();
    if ('scores' in victim) return create(victim.scores, parameters);
    const { withScoreModel } = await import('./score-model');
    return withScoreModel(victim, create, parameters);
  });
}

function defined<Given extends AttackParameters, Usual extends object>(
  spec: Omit<Spec<Given, Usual, unknown>, 'load'> & Pick<AttackFacts, 'sees'>,
  bind: (victim: Victim | ForwardVictim, parameters: Given & Usual) => Promise<Attack>,
): AttackDefinition {
  const full = (parameters: unknown): Given & Usual => {
    const given = spec.parameters.parse(parameters);
    return { ...given, ...spec.usual(given) };
  };
  return {
    ...spec,
    kind: 'attack',
    name: spec.parameters.shape.name.value,
    complete: (parameters) => {
      const all = full(parameters);
      const target = targetRuleOf(all);
      return target === undefined ? all : { ...all, targeted: true, target };
    },
    draws: (parameters) => spec.draws?.(full(parameters)) ?? true,
    steps: (parameters) => spec.steps?.(full(parameters)),
    bind: (victim, parameters) => bind(victim, full(parameters)),
  };
}

/** Several attacks by one name; each leaves out what those before it have broken. */
export interface EnsembleDefinition extends Pick<AttackFacts, 'title' | 'sees' | 'norms' | 'untargeted'> {
  readonly kind: 'ensemble';
  readonly name: string;
  readonly parameters: AttackSchema;
  /** States every parameter. @throws ZodError for parameters that it does not take */
  readonly complete: (parameters: AttackRequest) => AttackParameters;
  /** Its attacks, in order. One that does not take the parameters is left out, and told of. */
  readonly members: (parameters: AttackParameters) => readonly AttackRequest[];
  /** What tells those of its name apart, such as `standard`, and which one it is. */
  readonly variants: readonly string[];
  readonly variant: (parameters: AttackParameters) => string;
  /** What is wrong with it on a network of so few classes. */
  readonly fewClasses: (classes: number) => string | undefined;
}

/** What can be asked for by a name. */
export type AttackEntry = AttackDefinition | EnsembleDefinition;

export function defineEnsemble<Given extends AttackParameters>(
  spec: Pick<EnsembleDefinition, 'title' | 'sees' | 'norms' | 'untargeted' | 'variants' | 'fewClasses'> & {
    readonly parameters: AttackSchema<Given>;
    readonly complete: (given: Given) => Given;
    readonly members: (parameters: Given) => readonly AttackRequest[];
    readonly variant: (parameters: Given) => string;
  },
): EnsembleDefinition {
  const full = (parameters: unknown): Given => spec.complete(spec.parameters.parse(parameters));
  return {
    ...spec,
    kind: 'ensemble',
    name: spec.parameters.shape.name.value,
    complete: full,
    members: (parameters) => spec.members(full(parameters)),
    variant: (parameters) => spec.variant(full(parameters)),
  };
}
