import { attacks } from '../attacks';
import type { AttackEntry } from '../attacks/base/define-attack';
import type { DatasetDefinition } from '../data/define-dataset';
import { datasets } from '../data/sets';
import { methods } from '../methods';
import type { MethodDefinition } from '../methods/define-method';
import type { OptionDefinition } from '../methods/define-option';
import { options } from '../methods/options';
import { formats } from '../models/formats';
import type { FormatDefinition } from '../models/formats/define-format';
import { recipes } from '../recipes';
import type { Recipe } from '../recipes/recipe';

/** What can be named in an experiment or on a command line: a list for each kind. Entry points take it as an argument. */
export interface Registry {
  readonly attacks: readonly AttackEntry[];
  readonly datasets: readonly DatasetDefinition[];
  readonly formats: readonly FormatDefinition[];
  readonly methods: readonly MethodDefinition[];
  readonly options: readonly OptionDefinition[];
  readonly recipes: readonly Recipe[];
}

/** What comes with this program. */
export const builtIn: Registry = { attacks, datasets, formats, methods, options, recipes };
