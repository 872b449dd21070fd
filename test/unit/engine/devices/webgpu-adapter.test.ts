import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { guessFromVulkan, isSoftware } from '../../../../src/core/engine/devices/webgpu-adapter';

describe('the guess at the WebGPU adapter', () => {
  it('knows the names of adapters that compute on the CPU', () => {
    for (const name of ['SwiftShader driver 5.0.0', 'llvmpipe (LLVM 15)', 'Microsoft Basic Render Driver'])
      assert.ok(isSoftware(name), name);
    for (const name of [
      'NVIDIA H200',
      'Apple M3',
      'AMD Radeon RX 7900',
      'Intel(R) Arc',
      'radeon_icd.x86_64.json',
    ])
      assert.ok(!isSoftware(name), name);
  });

  describe('from the Vulkan drivers of the machine', () => {
    const names = [
      'VK_DRIVER_FILES',
      'VK_ICD_FILENAMES',
      'VK_ADD_DRIVER_FILES',
      'XDG_CONFIG_HOME',
      'XDG_CONFIG_DIRS',
      'XDG_DATA_HOME',
      'XDG_DATA_DIRS',
    ];
    const kept = new Map<string, string | undefined>();
    before(() => {
      for (const name of names) kept.set(name, process.env[name]);
    });
    afterEach(() => {
      for (const [name, value] of kept) {
        if (value === undefined) Reflect.deleteProperty(process.env, name);
        else process.env[name] = value;
      }
    });

    it('is a software one where all that are named are', async () => {
      process.env.VK_DRIVER_FILES = ['/a/vk_swiftshader_icd.json', '/b/lvp_icd.x86_64.json'].join(
        path.delimiter,
      );
      assert.deepEqual(await guessFromVulkan(), { name: 'swiftshader, lvp', software: true });
    });

    it('names the driver of a card, and leaves open what it is', async () => {
      process.env.VK_DRIVER_FILES = '/a/radeon_icd.x86_64.json';
      assert.deepEqual(await guessFromVulkan(), { name: 'radeon' });
    });

    it('looks where the Vulkan loader looks, and says when nothing is there', async () => {
      const folder = await mkdtemp(path.join(tmpdir(), 'm2at-vulkan-'));
      try {
        for (const name of names.slice(0, 3)) Reflect.deleteProperty(process.env, name);
        for (const name of names.slice(3)) process.env[name] = folder;
        // Drivers of the machine itself may lie in /etc.
        const machine = await guessFromVulkan();
        const drivers = path.join(folder, 'vulkan', 'icd.d');
        await mkdir(drivers, { recursive: true });
        await writeFile(path.join(drivers, 'lvp_icd.x86_64.json'), '{}');
        const found = await guessFromVulkan();
        if (machine.missing === undefined) return;
        assert.match(machine.missing, /no Vulkan driver is installed/);
        assert.deepEqual(found, { name: 'lvp', software: true });
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  });
});
