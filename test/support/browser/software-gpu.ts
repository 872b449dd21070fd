import { constants } from 'node:os';
import path from 'node:path';
import { messageOf } from '../../../src/core/errors';
import { provisionBrowser } from './browser-package';

/** glibc's flag for a library that stays loaded after it is closed; Node has no name for it. */
const RTLD_NODELETE = 0x1000;

/** The software GPU of the tests, by the name that its driver has. */
export const softwareGpu = 'swiftshader';

let prepared: Promise<string | undefined> | undefined;

/**
 * Makes this process see one GPU, Chromium's SwiftShader, which computes on the CPU. Resolves to the reason where
 * that can't be done: its Vulkan driver and loader come from a package for Linux x64. Call it before ONNX Runtime
 * uses WebGPU for the first time.
 */
export function prepareSoftwareGpu(): Promise<string | undefined> {
  prepared ??= prepare();
  return prepared;
}

async function prepare(): Promise<string | undefined> {
  try {
    const folder = path.dirname((await provisionBrowser()).path);
    const driver = path.join(folder, 'vk_swiftshader_icd.json');
    process.env.VK_DRIVER_FILES = driver;
    process.env.VK_ICD_FILENAMES = driver;
    loadForGood(path.join(folder, 'libvulkan.so.1'));
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** Loads a library that is no Node module, so that another one finds it by its name wherever it is. */
function loadForGood(file: string): void {
  try {
    process.dlopen({ exports: {} }, file, constants.dlopen.RTLD_NOW | RTLD_NODELETE);
  } catch (error) {
    if (!messageOf(error).includes('did not self-register')) throw error;
  }
}
