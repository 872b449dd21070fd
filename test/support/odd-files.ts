import { execFileSync } from 'node:child_process';
import { mkdir, open, symlink, writeFile } from 'node:fs/promises';

/** What can be in the place of a file that a program wants to read, and what it then has to say. */
export interface OddFile {
  readonly what: string;
  /** Puts it there. */
  readonly make: (file: string) => Promise<void>;
  readonly expected: RegExp;
}

const notRegular = /is no regular file|is a folder, no regular file/;

/** The text of Git LFS in the place of a file. */
export const lfsPointer = [
  'version https://git-lfs.github.com/spec/v1',
  'oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393',
  'size 12345',
  '',
].join('\n');

const files: readonly OddFile[] = [
  { what: 'a folder', make: (file) => mkdir(file).then(), expected: notRegular },
  { what: 'a file of 10 GB', make: sparse, expected: /\d bytes/ },
  {
    what: 'a Git LFS pointer',
    make: (file) => writeFile(file, lfsPointer),
    expected: /is a Git LFS pointer[^]*`git lfs pull` fetches it/,
  },
];

const onUnix: readonly OddFile[] = [
  {
    what: 'a named pipe',
    make: (file) => {
      execFileSync('mkfifo', [file]);
      return Promise.resolve();
    },
    expected: notRegular,
  },
  { what: 'a link to /dev/zero', make: (file) => symlink('/dev/zero', file), expected: notRegular },
];

/** Costs no space: nothing is written. */
async function sparse(file: string): Promise<void> {
  const handle = await open(file, 'w');
  try {
    await handle.truncate(10 * 2 ** 30);
  } finally {
    await handle.close();
  }
}

function linked({ what, make, expected }: OddFile): OddFile {
  return {
    what: `a link to ${what}`,
    make: async (file) => {
      await make(`${file}.target`);
      await symlink(`${file}.target`, file);
    },
    expected,
  };
}

/** Each, and on systems that have them links to each. */
export const oddFiles: readonly OddFile[] =
  process.platform === 'win32' ? files : [...files, ...onUnix, ...[...files, ...onUnix].map(linked)];
