import assert from 'node:assert/strict';
import { M2atError } from '../../../src/core/errors';
import { checkTopology } from '../../../src/core/models/layers-model/check-topology';

interface Layer {
  readonly class_name: string;
  readonly name?: string;
  readonly config: object;
  readonly inbound_nodes?: unknown;
}

const calls = (...sources: readonly (readonly string[])[]): unknown =>
  sources.map((names) => names.map((name) => [name, 0, 0, {}]));
const layer = (class_name: string, name: string, inbound: unknown, config: object = {}): Layer => ({
  class_name,
  name,
  config: { name, ...config },
  inbound_nodes: inbound,
});
const image = layer('InputLayer', 'image', [], { batch_input_shape: [null, 8, 8, 1] });
const net = (layers: readonly object[], name = 'net'): Layer => ({
  class_name: 'Functional',
  name,
  config: { name, layers, input_layers: [['image', 0, 0]], output_layers: [['last', 0, 0]] },
});
const called = (model: Layer, inbound: unknown): Layer => ({ ...model, inbound_nodes: inbound });

/** Calls a network that it is given so many times, one after the other. */
function callingOften(inner: Layer, times: number, name: string): Layer {
  const node = (source: string, call: number): unknown => [[source, call, 0, {}]];
  const inbound = Array.from({ length: times }, (_, i) =>
    i === 0 ? node('image', 0) : node(String(inner.name), i),
  );
  return net([image, called(inner, inbound), layer('ReLU', 'last', calls([String(inner.name)]))], name);
}

function check(topology: Layer): Readonly<Record<string, unknown>> {
  return checkTopology({ ...topology }, 0, 'model.json');
}

/** Each of these kept TF.js busy for ever, or for as long as nobody would wait. */
describe('a topology without an end is refused', () => {
  const last = layer('ReLU', 'last', calls(['image']));
  const cases: readonly (readonly [string, Layer, RegExp])[] = [
    ['two layers of one name', net([image, last, last]), /two layers are named "last"/],
    [
      'two layers of one name, inside a model',
      net([image, called(net([image, last, last], 'inner'), calls(['image'])), last]),
      /config\.layers\[1\]\.config\.layers\[2\]\.name: two layers are named "last"/,
    ],
    [
      'two layers of one inner name',
      net([image, last, { ...layer('ReLU', 'other', calls(['image'])), config: { name: 'last' } }]),
      /a layer has two names, "other" and "last"/,
    ],
    ['a layer without a name', net([image, { ...last, name: undefined }]), /no layers that are connected/],
    ['a layer named as what every object has', net([image, layer('ReLU', 'constructor', [])]), /constructor/],
    [
      'a layer on its own result',
      net([image, layer('ReLU', 'last', calls(['last']))]),
      /the layer last waits for a result that never comes/,
    ],
    [
      'two layers that wait for each other',
      net([image, layer('ReLU', 'a', calls(['last'])), layer('ReLU', 'last', calls(['a']))]),
      /the layer a waits for/,
    ],
    [
      'two models that wait for each other',
      net([
        image,
        called(net([image, last], 'a'), calls(['b'])),
        layer('ReLU', 'b', calls(['last'])),
        layer('ReLU', 'last', calls(['b'])),
      ]),
      /waits for a result/,
    ],
    [
      'a call on a call that is not made',
      net([image, layer('ReLU', 'last', [[['image', 1, 0, {}]]])]),
      /waits for/,
    ],
    [
      'a call on a layer that is not there',
      net([image, layer('ReLU', 'last', calls(['gone']))]),
      /waits for/,
    ],
    [
      'calls under a key that TF.js takes for the one that is checked',
      net([image, { ...last, inboundNodes: calls(['last']) }]),
      /the key "inboundNodes" is not written as in a model\.json/,
    ],
    ['the same with underscores', net([image, { ...last, inbound__nodes: [] }]), /"inbound__nodes"/],
    [
      'an axis so far below 0 that adding the rank does not change it',
      net([image, layer('Dot', 'last', calls(['image', 'image']), { axes: -1e17 })]),
      /there is no axis -100000000000000000/,
    ],
    [
      'one such axis of two',
      net([image, layer('Dot', 'last', calls(['image', 'image']), { axes: [1, -1e9] })]),
      /there is no axis -1000000000/,
    ],
    [
      'models that call models that call models',
      [1, 2, 3, 4, 5].reduce((inner, depth) => callingOften(inner, 10, `net${depth}`), net([image, last])),
      /calls more than 5000 layers/,
    ],
    [
      'more layers than any network has',
      net([image, ...Array.from({ length: 5000 }, (_, i) => layer('ReLU', `r${i}`, calls(['image'])))]),
      /calls more than 5000 layers/,
    ],
    [
      'a layer on more values than any network has',
      net([image, layer('Add', 'last', calls(Array.from({ length: 5000 }, () => 'image')))]),
      /calls more than 5000 layers/,
    ],
  ];
  for (const [name, topology, message] of cases) {
    it(name, () => {
      assert.throws(
        () => check(topology),
        (error: unknown) => {
          assert.ok(error instanceof M2atError, String(error));
          assert.equal(error.code, 'checkpoint');
          assert.match(error.message, message);
          assert.match(error.where ?? '', /^model\.json: modelTopology/);
          return true;
        },
      );
    });
  }

  it('but a network may call its layers and models several times', () => {
    const shared = callingOften(net([image, last], 'shared'), 10, 'outer');
    check(net([image, called(shared, calls(['image'], ['image'])), layer('ReLU', 'last', calls(['outer']))]));
  });

  it('and a layer without a name of its own gets the one that it is called by', () => {
    const { config } = check(net([image, { ...last, config: {} }]));
    assert.match(JSON.stringify(config), /"config":\{"name":"last"\}/);
  });
});
