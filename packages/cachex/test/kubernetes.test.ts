import { describe, expect, it } from 'vitest';
import { pod, statefulSet } from '../src/kubernetes.ts';
import { ManualClock } from './manual-clock.ts';

const env = { POD_NAME: 'users-2', POD_IP: '10.1.2.3', POD_NAMESPACE: 'shop' };

function refusal(message: RegExp): unknown {
  return expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringMatching(message) });
}

describe('a pod', () => {
  it('is found at its address, under its name', async () => {
    expect(await pod({ env })).toEqual({
      id: 'users-2',
      listen: 'tls://0.0.0.0:7700',
      advertise: 'tls://10.1.2.3:7700',
    });
    expect(await pod({ env: { ...env, POD_IP: 'fd00::3' }, port: 80, scheme: 'tcp' })).toEqual({
      id: 'users-2',
      listen: 'tcp://[::]:80',
      advertise: 'tcp://[fd00::3]:80',
    });
  });

  it('has the end of a long name, which is where names of one set differ', async () => {
    const { id } = await pod({ env: { ...env, POD_NAME: `${'long-'.repeat(20)}7d9f-x2x` } });
    expect(id).toMatch(/-7d9f-x2x$/);
    expect(id).toHaveLength(64);
  });

  it('waits until its name in a service leads to it', async () => {
    const clock = new ManualClock();
    const answers: (readonly string[] | Error)[] = [
      new Error('ENOTFOUND'),
      ['10.9.9.9'],
      ['10.9.9.9', '10.1.2.3'],
    ];
    const asked: string[] = [];
    const resolve = async (host: string): Promise<readonly string[]> => {
      asked.push(host);
      const answer = answers.shift()!;
      if (answer instanceof Error) throw answer;
      return answer;
    };
    let found: unknown;
    const waiting = pod({ env, service: 'users-pods', resolve, clock }).then((address) => {
      found = address;
    });
    for (const times of [1, 2]) {
      await new Promise(setImmediate);
      expect([asked.length, found]).toEqual([times, undefined]);
      clock.advance(500);
    }
    await waiting;
    expect(found).toEqual({
      id: 'users-2',
      listen: 'tls://0.0.0.0:7700',
      advertise: 'tls://users-2.users-pods.shop.svc:7700',
    });
    expect(new Set(asked)).toEqual(new Set(['users-2.users-pods.shop.svc']));
  });

  it.each<[what: string, resolve: () => Promise<string[]>, message: RegExp]>([
    [
      'leads elsewhere',
      async () => ['10.9.9.9'],
      /^service: users-2.users-pods.shop.svc leads to 10.9.9.9, not to/,
    ],
    ['leads nowhere', async () => [], /leads to nowhere, not to this pod at 10.1.2.3; is it headless/],
    ['is never answered', () => new Promise(() => {}), /leads to nowhere/],
  ])('says so if its name in a service %s for too long', async (_what, resolve, message) => {
    const clock = new ManualClock();
    const waiting = pod({ env, service: 'users-pods', resolve, clock, within: '1s' });
    const refused = expect(waiting).rejects.toThrow(refusal(message) as Error);
    for (let n = 0; n < 4; n += 1) {
      await new Promise(setImmediate);
      clock.advance(500);
    }
    await refused;
  });

  it.each<[options: object, message: RegExp]>([
    [{ env: {} }, /^POD_NAME: it is not in the environment; .*metadata\.name/],
    [{ env: { POD_NAME: 'a' } }, /^POD_IP: .*status\.podIP/],
    [{ env: { ...env, POD_NAMESPACE: '' }, service: 'a' }, /^POD_NAMESPACE: .*metadata\.namespace/],
    [{ env, port: 0 }, /^port: 0 is not a port/],
    [{ env, scheme: 'http' }, /^scheme: 'http' is neither/],
    [{ env, service: 'a.b' }, /^service: 'a\.b' is not a name/],
    [{ env, within: -1 }, /^within: /],
    [{ env, ports: 1 }, /^unknown option 'ports'; did you mean 'port'\?$/],
  ])('refuses %j', async (options, message) => {
    await expect(pod(options)).rejects.toThrow(refusal(message) as Error);
  });
});

describe('the pods of a StatefulSet', () => {
  it('are a fixed list', () => {
    expect(statefulSet({ name: 'users', service: 'users-pods', replicas: 2, namespace: 'shop' })).toEqual([
      { id: 'users-0', address: 'tls://users-0.users-pods.shop.svc:7700' },
      { id: 'users-1', address: 'tls://users-1.users-pods.shop.svc:7700' },
    ]);
  });

  it.each<[options: object, message: RegExp]>([
    [{ service: 'a', replicas: 1 }, /^name: /],
    [{ name: 'a', replicas: 1 }, /^service: /],
    [{ name: 'a', service: 'b' }, /^replicas: undefined is not a number of pods/],
    [{ name: 'a', service: 'b', replicas: 1.5 }, /^replicas: 1\.5 is not/],
    [{ name: 'a', service: 'b', replicas: 1, weight: 2 }, /^unknown option 'weight'/],
  ])('refuses %j', (options, message) => {
    expect(() => statefulSet({ namespace: 'shop', ...options } as never)).toThrow(refusal(message) as Error);
  });
});
