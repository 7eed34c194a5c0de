import { link, mkdtemp, readdir, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { viewStoreSuite } from '../../src/testing/view-store-suite.ts';
import type { View } from '../../src/view.ts';
import { encodeView } from '../../src/view-json.ts';
import { defaultDirectory, directoryStore } from '../../src/view-stores/directory.ts';
import { firstView } from '../arbitraries.ts';

vi.mock('node:fs/promises', async (original) => {
  const fs = await original<typeof import('node:fs/promises')>();
  return { ...fs, link: vi.fn(fs.link), readdir: vi.fn(fs.readdir) };
});

viewStoreSuite({ describe, it }, 'directory', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'views-'));
  return {
    open: () => directoryStore({ directory }),
    close: () => rm(directory, { recursive: true }),
  };
});

const viewAt = (epoch: number, birth = 'birth'): View => ({ ...firstView(8), epoch, birth });
const nameOf = (epoch: number): string => `view-${String(epoch).padStart(16, '0')}.json`;
const epochsOf = (names: readonly string[]): number[] =>
  names.map((name) => Number(/^view-(\d+)\.json$/.exec(name)?.[1])).sort((a, b) => a - b);

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'views-'));
});

afterEach(async () => {
  vi.resetAllMocks();
  await rm(directory, { recursive: true });
});

/** Does something between the moment a writer looked at the directory and the moment it links its view. */
function beforeLink(interfere: () => Promise<void>): void {
  const original = vi.mocked(link).getMockImplementation()!;
  vi.mocked(link).mockImplementationOnce(async (from, to) => {
    await interfere();
    await original(from, to);
  });
}

/** Does something between the moment a writer linked its view and the moment it looks again. */
function afterLink(interfere: () => Promise<void>): void {
  const original = vi.mocked(link).getMockImplementation()!;
  vi.mocked(link).mockImplementationOnce(async (from, to) => {
    await original(from, to);
    await interfere();
  });
}

async function advance(from: number, to: number): Promise<void> {
  const other = directoryStore({ directory });
  for (let epoch = from; epoch < to; epoch += 1) await other.compareAndSet(epoch, viewAt(epoch + 1, 'other'));
  await other.close();
}

describe('directoryStore', () => {
  it('leaves one file a view and nothing else', async () => {
    await advance(0, 3);
    expect((await readdir(directory)).sort()).toEqual([nameOf(1), nameOf(2), nameOf(3)]);
    expect(await readFile(join(directory, nameOf(2)), 'utf8')).toBe(encodeView(viewAt(2, 'other')));
  });

  it('leaves no temporary file when it loses', async () => {
    const store = directoryStore({ directory });
    beforeLink(() => advance(0, 1));
    expect(await store.compareAndSet(0, viewAt(1, 'late'))).toBe(false);
    expect(await readdir(directory)).toEqual([nameOf(1)]);
    expect((await store.read())?.birth).toBe('other');
  });

  it('keeps the last 64 views', async () => {
    await advance(0, 70);
    expect(epochsOf(await readdir(directory))).toEqual(Array.from({ length: 64 }, (_, index) => index + 7));
  });

  it('has won when others have built on its view by the time it looks again', async () => {
    const store = directoryStore({ directory });
    await advance(0, 5);
    afterLink(() => advance(6, 9));
    expect(await store.compareAndSet(5, viewAt(6, 'mine'))).toBe(true);
    expect(epochsOf(await readdir(directory))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('does not claim a win when it slept until its name was free again', async () => {
    const store = directoryStore({ directory });
    await advance(0, 5);
    beforeLink(() => advance(5, 70));
    await expect(store.compareAndSet(5, viewAt(6, 'sleeper'))).rejects.toThrow('unknown');
    expect(await readdir(directory)).not.toContain(nameOf(6));
    expect(await store.read()).toEqual(viewAt(70, 'other'));
  });

  it('reads again when the newest view was dropped before it could read it', async () => {
    const store = directoryStore({ directory });
    await advance(0, 3);
    vi.mocked(readdir).mockResolvedValueOnce([nameOf(2), nameOf(9)] as never);
    expect(await store.read()).toEqual(viewAt(3, 'other'));
  });

  it('reads a file once, and again if another one has its name', async () => {
    const store = directoryStore({ directory });
    await advance(0, 3);
    const view = await store.read();
    expect(await store.read()).toBe(view);
    const other = join(directory, 'other');
    await writeFile(other, encodeView(viewAt(3, 'another')));
    await rename(other, join(directory, nameOf(3)));
    expect(await store.read()).toEqual(viewAt(3, 'another'));
  });

  it('rejects rather than answer that it is empty when its files cannot be listed', async () => {
    const store = directoryStore({ directory });
    await store.compareAndSet(0, viewAt(1));
    vi.mocked(readdir).mockRejectedValueOnce(Object.assign(new Error('EIO'), { code: 'EIO' }));
    await expect(store.read()).rejects.toThrow('EIO');
  });

  it.each(['', '{}', encodeView(viewAt(6)).slice(0, -1), encodeView(viewAt(3))])(
    'names a file that holds no view, or another one: %j',
    async (text) => {
      const store = directoryStore({ directory });
      await advance(0, 5);
      await writeFile(join(directory, nameOf(6)), text);
      const refused = expect.objectContaining({
        code: 'PROTOCOL',
        message: expect.stringContaining(join(directory, nameOf(6))),
      });
      await expect(store.read()).rejects.toEqual(refused);
      await expect(store.compareAndSet(0, viewAt(1))).rejects.toEqual(refused);
      await expect(store.compareAndSet(5, viewAt(6))).rejects.toEqual(refused);
    },
  );

  it('pays no attention to files of other names', async () => {
    await writeFile(join(directory, 'view-9.json'), '');
    await writeFile(join(directory, `${nameOf(9)}.bak`), '');
    await writeFile(join(directory, 'node.sock'), '');
    const store = directoryStore({ directory });
    expect(await store.read()).toBeUndefined();
    expect(await store.compareAndSet(0, viewAt(1))).toBe(true);
  });

  it('says so when the file system has no hard links', async () => {
    const store = directoryStore({ directory });
    vi.mocked(link).mockRejectedValueOnce(Object.assign(new Error('link'), { code: 'EPERM' }));
    await expect(store.compareAndSet(0, viewAt(1))).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('no hard links'),
    });
    await store.close();
    expect(await readdir(directory)).toEqual([]);
  });

  it('removes temporary files of dead writers once they are a minute old', async () => {
    // No process has a number this high: Linux stops at 2^22.
    const dead = '.view-99999999-abc.tmp';
    const recent = '.view-99999999-xyz.tmp';
    const alive = `.view-${process.pid}-abc.tmp`;
    const wallTime = 1_800_000_000_000;
    for (const [name, age] of [
      [dead, 61],
      [recent, 59],
      [alive, 3600],
    ] as const) {
      await writeFile(join(directory, name), '');
      await utimes(join(directory, name), wallTime / 1000 - age, wallTime / 1000 - age);
    }
    const store = directoryStore({ directory, clock: { ...systemClock, wallTime: () => wallTime } });
    await store.compareAndSet(0, viewAt(1));
    await store.close();
    expect((await readdir(directory)).sort()).toEqual([alive, recent, nameOf(1)].sort());
  });

  it('writes under a name that no other writer uses', async () => {
    const names: string[] = [];
    const note = vi.mocked(link).getMockImplementation()!;
    vi.mocked(link).mockImplementation(async (from, to) => {
      names.push(basename(String(from)));
      await note(from, to);
    });
    const store = directoryStore({ directory });
    await Promise.all([1, 2, 3].map(() => store.compareAndSet(0, viewAt(1))));
    expect(new Set(names).size).toBe(3);
    for (const name of names) expect(name).toMatch(new RegExp(`^\\.view-${process.pid}-\\w{12}\\.tmp$`));
  });
});

describe('defaultDirectory', () => {
  it('is short, and one for each user and cluster', () => {
    const place = defaultDirectory('shop');
    expect(place).toBe(defaultDirectory('shop'));
    expect(place).not.toBe(defaultDirectory('shop2'));
    expect(place).toBe(join(tmpdir(), `cachex-${process.getuid?.() ?? 'user'}`, '8d9001d32c6a703d'));
  });

  it('leaves room for the names of sockets, however long the path of the temporary directory is', () => {
    vi.stubEnv('TMPDIR', `/${'long/'.repeat(20)}`);
    const place = defaultDirectory('shop');
    vi.unstubAllEnvs();
    expect(place).toBe(`/tmp/cachex-${process.getuid?.() ?? 'user'}/8d9001d32c6a703d`);
  });

  it('keeps names out of the path', () => {
    expect(basename(defaultDirectory('../../etc/passwd'))).toMatch(/^[0-9a-f]{16}$/);
  });
});

describe('a symbolic link', () => {
  it('is refused as the directory, whatever it points to', async () => {
    const alias = join(directory, 'alias');
    await symlink(directory, alias);
    await expect(directoryStore({ directory: alias }).read()).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining(alias),
    });
  });
});
