import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { namesIn } from '../../files/list-folder';
import { readText } from '../../files/text';

/** The GPU that WebGPU would use, as far as it can be told without asking ONNX Runtime, which says nothing of it. */
export interface AdapterGuess {
  readonly name?: string;
  /** It computes on the CPU; undefined where that can't be told. */
  readonly software?: boolean;
  /** Why there is none at all. */
  readonly missing?: string;
}

/** Names that drivers which compute on the CPU have. */
const softwareNames = /swiftshader|llvmpipe|lvp|lavapipe|softpipe|basic render|warp|\bcpu\b|fallback/i;

export function isSoftware(name: string): boolean {
  return softwareNames.test(name);
}

/**
 * Finds out about the adapter: from the optional npm package `webgpu` where it is installed, else on Linux from
 * the Vulkan drivers that are installed. Never throws.
 */
export async function guessAdapter(): Promise<AdapterGuess> {
  return (await askDawn()) ?? (process.platform === 'linux' ? guessFromVulkan() : {});
}

const adapterInfo = z.object({
  vendor: z.string().default(''),
  architecture: z.string().default(''),
  device: z.string().default(''),
  description: z.string().default(''),
  isFallbackAdapter: z.boolean().default(false),
});

/** Runs in a process of its own, so that a second copy of Dawn can't disturb ONNX Runtime's. */
const question = `
const { create } = require(process.argv[1]);
create([]).requestAdapter({ powerPreference: 'high-performance' }).then((adapter) => {
  const info = adapter?.info;
  const { vendor, architecture, device, description, isFallbackAdapter } = info ?? {};
  console.log(JSON.stringify(info ? { vendor, architecture, device, description, isFallbackAdapter } : null));
  process.exit(0);
});`;

async function askDawn(): Promise<AdapterGuess | undefined> {
  try {
    const dawn = createRequire(__filename).resolve('webgpu');
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', question, dawn], {
      timeout: 30_000,
      // VS Code's executable is Node only with this.
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
    });
    const info = adapterInfo.nullable().parse(JSON.parse(stdout));
    if (!info) return { missing: 'no WebGPU adapter was found' };
    const { vendor, architecture, device, description, isFallbackAdapter } = info;
    const name = [description || device, vendor, architecture].filter(Boolean).join(', ');
    return { name, software: isFallbackAdapter || isSoftware(name) };
  } catch {
    // Not installed, or it does not run here: then the drivers have to do.
    return undefined;
  }
}

/** The Vulkan drivers of this machine, by the names of their manifests (nvidia_icd.json, lvp_icd.x86_64.json, …). */
export async function guessFromVulkan(): Promise<AdapterGuess> {
  const drivers = await vulkanDrivers();
  if (drivers.length === 0) {
    return { missing: 'no Vulkan driver is installed (such as nvidia_icd.json or radeon_icd.x86_64.json)' };
  }
  const hardware = drivers.filter((driver) => !isSoftware(driver));
  if (hardware.length === 0) return { name: drivers.map(driverName).join(', '), software: true };
  // Drivers of cards that the machine lacks may be installed beside a software one.
  if (hardware.length < drivers.length && !(await hasGpu())) {
    return { name: drivers.filter(isSoftware).map(driverName).join(', '), software: true };
  }
  const nvidia = hardware.some((driver) => driver.includes('nvidia')) ? await nvidiaModel() : undefined;
  return { name: nvidia ?? hardware.map(driverName).join(' or ') };
}

/** `vk_swiftshader_icd.json` is `swiftshader`. */
function driverName(file: string): string {
  return path
    .basename(file)
    .replace(/\.json$/, '')
    .replace(/(^vk_)|(_icd.*$)/g, '');
}

async function vulkanDrivers(): Promise<string[]> {
  const { VK_DRIVER_FILES, VK_ICD_FILENAMES, VK_ADD_DRIVER_FILES } = process.env;
  const named = VK_DRIVER_FILES ?? VK_ICD_FILENAMES;
  if (named) return split(named);
  const { XDG_CONFIG_HOME, XDG_CONFIG_DIRS, XDG_DATA_HOME, XDG_DATA_DIRS } = process.env;
  const folders = [
    XDG_CONFIG_HOME ?? path.join(homedir(), '.config'),
    ...split(XDG_CONFIG_DIRS ?? '/etc/xdg'),
    '/etc',
    XDG_DATA_HOME ?? path.join(homedir(), '.local', 'share'),
    ...split(XDG_DATA_DIRS ?? '/usr/local/share:/usr/share'),
  ].map((folder) => path.join(folder, 'vulkan', 'icd.d'));
  const lists = await Promise.all([...new Set(folders)].map(listed));
  return [...split(VK_ADD_DRIVER_FILES ?? ''), ...lists.flat().filter((file) => file.endsWith('.json'))];
}

async function hasGpu(): Promise<boolean> {
  const devices = [...(await listed('/dev')), ...(await listed('/dev/dri'))];
  return devices.some((name) => /^(nvidia\d+|renderD\d+|dxg)$/.test(name));
}

/** What NVIDIA's kernel driver calls the first card. */
export async function nvidiaModel(): Promise<string | undefined> {
  const folder = '/proc/driver/nvidia/gpus';
  const [card] = await listed(folder);
  if (card === undefined) return undefined;
  const information = await readText(path.join(folder, card, 'information'), 1 << 16).catch(() => '');
  return /^Model:\s*(.+)$/m.exec(information)?.[1];
}

async function listed(folder: string): Promise<string[]> {
  return namesIn(folder);
}

function split(list: string): string[] {
  return list.split(path.delimiter).filter(Boolean);
}
