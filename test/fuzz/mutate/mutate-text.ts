import type { Random } from '../../../src/core/random';
import { howMany, mutateBytes, pick } from './mutate-bytes';
import { mutateJson } from './mutate-json';

/** Values as text, beyond what JSON.stringify writes: numbers out of range, no JSON at all, deep, long, unseen. */
const rawValues: readonly string[] = [
  ...[
    '1e999',
    '-1e999',
    '-0',
    '0.0',
    '1E400',
    '1e-400',
    '9007199254740993',
    '123456789012345678901234567890',
  ],
  ...[
    'NaN',
    'Infinity',
    '-Infinity',
    '0x10',
    '010',
    '+1',
    '.5',
    '1.',
    'undefined',
    'True',
    "'text'",
    '',
    ',',
  ],
  ...[
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '"\\u001b]0;title\\u0007\\u001b[31mred"',
    '"\\u0000"',
    '"a\\r\\nb\\nc"',
  ],
  ...[
    '"\\u202egnp.exe"',
    '"\\u2028"',
    '"\\u0085"',
    '"\\u009b31m"',
    '"tab\there"',
    '"line\nbreak"',
    '"\u001b[2J"',
  ],
  ...['"[a](command:workbench.action.quit)"', '"$(rm -rf ~)"', '"<script>alert(1)</script>"', '"%s%n%d"'],
  ...[
    '{"__proto__": {"spoilt": true}}',
    '{"constructor": {"prototype": {"spoilt": true}}}',
    '{"": 1, "": 2}',
  ],
  ...['[[],[[]],{}]', '"8/0"', '"0/0"', '"1e999/255"', '"-8/255"', '"8/255/2"', '"٣"', '"１２"', '"\ufeff"'],
];

const long = (random: Random): string => `"${pick(random, ['x', '\\n', '\\u001b', '😀', 'ä'])}"`;

/** A text of a JSON value, odd ones only. */
function rawValue(random: Random): string {
  switch (random.int(12)) {
    case 0: {
      const depth = 10 ** (1 + random.int(5));
      const [open, close] = pick(random, [
        ['[', ']'],
        ['{"a":', '}'],
        ['[{"name":', '}]'],
      ] as const);
      return `${open.repeat(depth)}1${random.int(3) ? close.repeat(depth) : ''}`;
    }
    case 1: {
      const unit = long(random).slice(1, -1);
      return `"${unit.repeat(10 ** (1 + random.int(5)))}"`;
    }
    case 2:
      return `[${Array.from({ length: 10 ** (1 + random.int(4)) }, () => '0').join()}]`;
    case 3:
      return `{${Array.from({ length: 10 ** (1 + random.int(4)) }, (_, n) => `"k${n}":${n}`).join()}}`;
    default:
      return pick(random, rawValues);
  }
}

/** Changes of a whole text that readers of text files trip over. */
const wholes: Readonly<Record<string, (text: string, random: Random) => string | Buffer>> = {
  'a byte order mark': (text) => `\ufeff${text}`,
  'two byte order marks': (text) => `\ufeff\ufeff${text}`,
  'UTF-16': (text) => Buffer.from(`\ufeff${text}`, 'utf16le'),
  'UTF-16 without a mark': (text) => Buffer.from(text, 'utf16le'),
  'Latin 1': (text) => Buffer.from(`${text}/* é */`, 'latin1'),
  CRLF: (text) => text.replaceAll('\n', '\r\n'),
  'lone CR': (text) => text.replaceAll('\n', '\r'),
  'NUL at the end': (text) => `${text}\0\0\0`,
  'NUL at the start': (text) => `\0${text}`,
  'text after the end': (text) => `${text}\n{}`,
  'a comment': (text) => `// a comment\n${text}/* another`,
  'trailing commas': (text) => text.replaceAll(/([\]}])/g, ',$1'),
  'no commas': (text) => text.replaceAll(',', ' '),
  'single quotes': (text) => text.replaceAll('"', "'"),
  empty: () => '',
  'white space': () => ' \n\t\r\n',
  'white space, much': (text) => ' '.repeat(100_000) + text,
  'a Git LFS pointer': () =>
    `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 12345\n`,
  'a conflict of Git': (text) => `<<<<<<< HEAD\n${text}\n=======\n${text}\n>>>>>>> other\n`,
  'a page': () => '<!DOCTYPE html><html><body>404</body></html>',
  'a line': (text, random) =>
    text
      .split('\n')
      .toSpliced(random.int(text.split('\n').length), 1)
      .join('\n'),
  'lines exchanged': (text) => text.split('\n').reverse().join('\n'),
  repeated: (text) => text + text,
};

/**
 * A JSON text, damaged: most often a part of it that is odd as a value or as a text, or twice; sometimes the text as a whole,
 * or its bytes.
 */
export function mutateText(text: string, json: unknown, random: Random): { bytes: Buffer; label: string } {
  switch (random.int(10)) {
    case 0:
      return mutateBytes(Buffer.from(text), random);
    case 1: {
      const [label, change] = pick(random, Object.entries(wholes));
      return { bytes: Buffer.from(change(text, random)), label };
    }
    case 2:
    case 3:
    case 4: {
      const { text: bytes, label } = mutateJson(JSON.stringify(json), random);
      return { bytes: Buffer.from(bytes), label };
    }
    default: {
      let changed = JSON.stringify(json);
      const labels: string[] = [];
      for (let times = howMany(random); times > 0; times--) {
        const at = random.int(changed.length);
        const label = rawValue(random);
        changed = withRaw(changed, at, label, random);
        labels.push(label.slice(0, 60));
      }
      return { bytes: Buffer.from(changed), label: labels.join('; ') };
    }
  }
}

/** The scalar or key at or after a place of a JSON text, replaced, or given twice. */
function withRaw(text: string, at: number, raw: string, random: Random): string {
  const scalar = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null/g;
  scalar.lastIndex = at;
  // A place inside of a text finds its end: what is replaced then is no JSON either.
  const found = scalar.exec(text);
  if (!found) return `${text}${raw}`;
  const end = found.index + found[0].length;
  if (random.int(6) === 0)
    return `${text.slice(0, found.index)}${found[0]}:${raw},${text.slice(found.index)}`;
  return text.slice(0, found.index) + raw + text.slice(end);
}

/** The same for texts of one JSON value a line: one line is damaged, left out, repeated or moved. */
export function mutateLines(text: string, random: Random): { bytes: Buffer; label: string } {
  const lines = text.split('\n').slice(0, -1);
  const at = random.int(lines.length);
  const line = lines[at] ?? '';
  const joined = (changed: readonly string[]): Buffer =>
    Buffer.from(changed.map((one) => `${one}\n`).join(''));
  switch (random.int(8)) {
    case 0:
      return mutateBytes(Buffer.from(text), random);
    case 1: {
      const [label, change] = pick(random, Object.entries(wholes));
      return { bytes: Buffer.from(change(text, random)), label };
    }
    case 2:
      return { bytes: joined(lines.toSpliced(at, 1)), label: `without line ${at}` };
    case 3:
      return { bytes: joined(lines.toSpliced(random.int(lines.length), 0, line)), label: `line ${at} twice` };
    case 4: {
      const to = random.int(lines.length);
      const changed = lines.toSpliced(at, 1);
      return { bytes: joined(changed.toSpliced(to, 0, line)), label: `line ${at} moved to ${to}` };
    }
    default: {
      const { bytes, label } = mutateText(line, JSON.parse(line), random);
      const start = joined(lines.slice(0, at));
      return {
        bytes: Buffer.concat([start, bytes, Buffer.from('\n'), joined(lines.slice(at + 1))]),
        label: `line ${at}: ${label}`,
      };
    }
  }
}
