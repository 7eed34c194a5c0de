import { describe, expect, it } from 'vitest';
import { Secret } from '../src/secret.ts';

const text = 'correct horse battery staple';
const said = [Buffer.from('hello'), Buffer.from('challenge')];

describe('a secret', () => {
  it('is the same as text and as its bytes', () => {
    const [one, other] = [new Secret(text), new Secret(Buffer.from(text))];
    expect(other.isProved(one.prove('dialler', said), 'dialler', said)).toBe(true);
    expect(other.tlsKey).toEqual(one.tlsKey);
  });

  it('is proved for one role and for what was said, part by part', () => {
    const secret = new Secret(text);
    const proof = secret.prove('dialler', said);
    expect(secret.isProved(proof, 'acceptor', said)).toBe(false);
    expect(secret.isProved(proof, 'dialler', [Buffer.from('hellochal'), Buffer.from('lenge')])).toBe(false);
    expect(secret.isProved(proof, 'dialler', [...said, Buffer.alloc(0)])).toBe(false);
    expect(secret.isProved(proof.subarray(1), 'dialler', said)).toBe(false);
    expect(new Secret(`${text}!`).isProved(proof, 'dialler', said)).toBe(false);
  });

  it('gives keys that do not tell it, nor each other', () => {
    const secret = new Secret(text);
    expect(Buffer.from(secret.tlsKey).toString()).not.toContain(text);
    expect(secret.prove('dialler', said)).not.toEqual(secret.prove('acceptor', said));
    expect(JSON.stringify(secret)).not.toContain(text);
  });

  it.each<[what: string, secret: unknown]>([
    ['15 bytes', 'x'.repeat(15)],
    ['nothing', ''],
    ['a number', 1234567890123456],
    ['an object', { length: 16 }],
  ])('is refused if it is %s, without being told', (_what, secret) => {
    expect(() => new Secret(secret as string)).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        message: expect.not.stringContaining('xxx'),
      }),
    );
  });
});
