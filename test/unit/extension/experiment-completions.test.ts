import assert from 'node:assert/strict';
import { parseExperiment } from '../../../src/core/experiment/parse-experiment';
import {
  completionsAt,
  hoverAt,
  type Completion,
} from '../../../src/extension/experiment/experiment-completions';

/** `|` is where the cursor is. */
function at(marked: string): Completion[] {
  const offset = marked.indexOf('|');
  return completionsAt(marked.replace('|', ''), offset);
}
const labels = (marked: string): string[] => at(marked).map(({ label }) => label);

/** The text after the completion with this label, with the snippet's placeholders filled in. */
function accepted(marked: string, label: string): string {
  const text = marked.replace('|', '');
  const chosen = at(marked).find((completion) => completion.label === label);
  assert.ok(chosen, `${label} is not offered`);
  const inserted = chosen.snippet
    .replace(/\$\{1:((?:[^}\\]|\\.)*)\}/, '$1')
    .replace('$1', '')
    .replace(/\\(.)/g, '$1');
  return text.slice(0, chosen.offset) + inserted + text.slice(chosen.offset + chosen.length);
}

describe('completions in an experiment file', () => {
  it('offer the keys that are not there yet', () => {
    const keys = labels('{ "name": "a", | }');
    assert.ok(keys.includes('"dataset"') && keys.includes('"runs"'));
    assert.ok(!keys.includes('"name"'));
    assert.ok(labels('{ "na|": "a" }').includes('"name"'), 'the key that is being changed is offered');
  });

  it('offer the keys of the method and of the attack that the file names', () => {
    assert.deepEqual(labels('{ "method": { "name": "standard", | } }'), []);
    assert.ok(labels('{ "method": { "name": "m2at", "| } }').includes('"mixBeta"'));
    assert.deepEqual(labels('{ "method": { | } }'), ['"name"']);
    const attack = '{ "evaluation": { "during": { "attacks": [{ "name": "square", | }] } } }';
    assert.ok(labels(attack).includes('"queries"'));
    assert.ok(labels('{ "method": { "name": "m2at" }, "runs": [{ "method": { | } }] }').includes('"mask"'));
  });

  it('offer the values that can be listed, and the default', () => {
    assert.deepEqual(labels('{ "model": { "name": | } }'), [
      '"small-cnn"',
      '"preact-resnet"',
      '"resnet"',
      '"wide-resnet"',
      '"checkpoint"',
    ]);
    assert.deepEqual(labels('{ "method": { "name": "m2at", "randomStart": | } }'), ['true', 'false']);
    assert.deepEqual(labels('{ "method": { "name": "m2at", "epsilon": | } }'), ['"8/255"']);
    assert.ok(labels('{ "evaluation": { "during": { "attacks": [{ "name": "|" }] } } }').includes('"fgsm"'));
    const target = '{ "evaluation": { "during": { "attacks": [{ "name": "pgd", "target": | }] } } }';
    assert.ok(labels(target).includes('"least-likely"'));
  });

  it('offer the paths of a sweep, and the values that each can go through', () => {
    assert.deepEqual(labels('{ "sweep": { | } }'), ['"grid"', '"zip"', '"seeds"']);
    const file =
      '"method": { "name": "m2at" }, "evaluation": { "final": { "attacks": [{ "name": "pgd" }] } }';
    const paths = labels(`{ ${file}, "sweep": { "grid": { "seed": [1], | } } }`);
    for (const path of ['method.epsilon', 'training.epochs', 'evaluation.final.attacks.0.steps', 'device']) {
      assert.ok(paths.includes(`"${path}"`), `${path} in ${paths.join()}`);
    }
    assert.ok(!paths.includes('"seed"') && !paths.includes('"name"') && !paths.includes('"method.beta"'));
    assert.ok(labels('{ "sweep": { "zip": { "device": [ | ] } } }').includes('"onnx-cpu"'));
    const text = `{ ${file}, "sweep": { "grid": { "method.epsilon": ["4/255"] } } }`;
    const [key, value] = [text.indexOf('"method.epsilon"') + 3, text.indexOf('"4/255"') + 3];
    assert.equal(hoverAt(text, key)?.title, 'method.epsilon');
    assert.match(hoverAt(text, key)?.lines.join(' ') ?? '', /A list of values\./);
    assert.equal(hoverAt(text, value)?.title, 'method.epsilon');
  });

  it('leave JSON behind', () => {
    assert.equal(accepted('{ "see| }', '"seed"'), '{ "seed": 0 }');
    assert.equal(accepted('{ "see|": 3 }', '"seed"'), '{ "seed": 3 }');
    assert.equal(accepted('{ | "name": "a" }', '"seed"'), '{ "seed": 0, "name": "a" }');
    assert.equal(
      accepted('{ "model": { "name": "sma|" } }', '"small-cnn"'),
      '{ "model": { "name": "small-cnn" } }',
    );
    const text = accepted(
      '{"dataset":{"name":"cifar10"},"model":{"name":"small-cnn"},"method":{"name":|}}',
      '"standard"',
    );
    assert.equal(parseExperiment(text).runs?.length, 1);
  });
});

describe('hovers in an experiment file', () => {
  const hover = (marked: string) => hoverAt(marked.replace('|', ''), marked.indexOf('|'));

  it('say what a key and a value are', () => {
    const key = hover('{ "method": { "name": "m2at", "eps|ilon": "4/255" } }');
    assert.deepEqual(key, {
      title: 'epsilon',
      lines: [
        'Largest perturbation, for pixels in [0, 1]. Default: 8/255 for linf, 0.5 for l2.',
        'A number or text.',
      ],
      offset: 30,
      length: 9,
    });
    const attack = hover('{ "evaluation": { "during": { "attacks": [{ "name": "fg|sm" }] } } }');
    assert.match(attack?.lines[0] ?? '', /"fgsm": One step along the sign of the gradient/);
    assert.equal(hover('{ "unkn|own": 3 }'), undefined);
    assert.equal(hover('{ | }'), undefined);
  });
});
