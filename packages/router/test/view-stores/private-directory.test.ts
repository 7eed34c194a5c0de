import { chmod, lstat, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ensurePrivateDirectory } from '../../src/view-stores/private-directory.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'private-'));
});

afterEach(async () => {
  vi.restoreAllMocks();
  await rm(root, { recursive: true });
});

async function modeOf(path: string): Promise<number> {
  return (await lstat(path)).mode & 0o777;
}

async function made(path: string, mode: number): Promise<string> {
  await mkdir(path);
  await chmod(path, mode);
  return path;
}

const refusing = (path: string, reason: string): unknown =>
  expect.objectContaining({
    name: 'RouterError',
    code: 'INVALID_OPTION',
    message: expect.stringMatching(new RegExp(`${path} .*${reason}`)),
  });

describe('ensurePrivateDirectory', () => {
  it('creates what is missing, for its user alone', async () => {
    const leaf = join(root, 'a', 'b');
    await ensurePrivateDirectory(leaf);
    expect(await modeOf(join(root, 'a'))).toBe(0o700);
    expect(await modeOf(leaf)).toBe(0o700);
    await ensurePrivateDirectory(leaf);
  });

  it.each([0o777, 0o755, 0o750, 0o701, 0o704])('refuses one of mode %o', async (mode) => {
    const leaf = await made(join(root, 'open'), mode);
    await expect(ensurePrivateDirectory(leaf)).rejects.toEqual(refusing(leaf, 'chmod 700'));
    expect(await modeOf(leaf)).toBe(mode);
  });

  it('refuses one in a level that others can write, as they could put another in its place', async () => {
    const level = await made(join(root, 'level'), 0o777);
    const leaf = await made(join(level, 'leaf'), 0o700);
    await expect(ensurePrivateDirectory(leaf)).rejects.toEqual(refusing(level, 'mode 777'));
    await chmod(level, 0o755);
    await ensurePrivateDirectory(leaf);
  });

  it('refuses one that belongs to somebody else', async () => {
    const uid = process.getuid!();
    vi.spyOn(process, 'getuid').mockReturnValue(uid + 1);
    await expect(ensurePrivateDirectory(root)).rejects.toEqual(refusing(root, `belongs to user ${uid}`));
  });

  it('refuses a symbolic link, as the directory or on the way to it', async () => {
    const real = await made(join(root, 'real'), 0o700);
    const alias = join(root, 'alias');
    await symlink(real, alias);
    await expect(ensurePrivateDirectory(alias)).rejects.toEqual(refusing(alias, 'symbolic link'));
    await expect(ensurePrivateDirectory(join(alias, 'leaf'))).rejects.toEqual(
      refusing(alias, 'symbolic link'),
    );
  });

  it('refuses a link to nowhere, and a file', async () => {
    const dangling = join(root, 'dangling');
    await symlink(join(root, 'nowhere'), dangling);
    await expect(ensurePrivateDirectory(dangling)).rejects.toEqual(refusing(dangling, 'symbolic link'));
    const file = join(root, 'file');
    await writeFile(file, '');
    await expect(ensurePrivateDirectory(file)).rejects.toEqual(refusing(file, 'not a directory'));
    await expect(ensurePrivateDirectory(join(file, 'leaf'))).rejects.toEqual(
      refusing(join(file, 'leaf'), 'cannot be created'),
    );
  });

  it('refuses the temporary directory itself, which is open to all', async () => {
    const shared = await made(join(root, 'shared'), 0o1777);
    await expect(ensurePrivateDirectory(shared)).rejects.toEqual(refusing(shared, 'open to other users'));
    await ensurePrivateDirectory(join(shared, 'mine'));
  });

  it('asks for neither owner nor mode where there are none', async () => {
    const leaf = await made(join(root, 'open'), 0o777);
    const { getuid } = process;
    Reflect.deleteProperty(process, 'getuid');
    try {
      await ensurePrivateDirectory(leaf);
    } finally {
      process.getuid = getuid!;
    }
  });
});
